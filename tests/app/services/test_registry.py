import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.problems import problem_of
from app.refusals import Refusal
from app.services import branches, residency, stored_runs
from app.services.keeper import Keeper
from app.services.live_run import LiveRun
from app.services.registry import Registry
from app.services.residency import MAX_RUNS
from app.services.viewer import Viewer
from app.storage.rows import Row
from rnn_core import TrainingConfig
from rnn_core.pieces import Pieces
from tests.app.services.test_keeper import CONFIG, hasty, kept, refused
from tests.app.services.test_travel import Endless

assert hasty  # a fixture for all tests here


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    registry = Registry(Settings())
    await registry.open()
    yield registry
    await registry.close()


async def test_main_is_there_from_the_start_and_stays(registry: Registry) -> None:
    main = await registry.get("main")
    assert (main.state, main.speed, main.snapshot.config) == ("ready", 300, TrainingConfig())
    with pytest.raises(Refusal) as problem:
        await registry.delete("main")
    assert problem_of(problem.value).status == 409
    assert [status.id for status in registry.statuses()] == ["main"]


async def test_runs_are_listed_in_the_order_of_their_creation_under_lasting_ids(registry: Registry) -> None:
    made = [await registry.create(None, TrainingConfig(), None) for _ in range(5)]
    await registry.delete(made[1].id)
    made.append(await registry.create("Mine", TrainingConfig(), 5.0))
    assert [status.id for status in registry.statuses()] == ["main", *(run.id for run in made if run is not made[1])]
    assert len({run.id for run in made}) == 6
    assert all(re.fullmatch(r"[a-z0-9-]{1,32}", run.id) for run in made)
    assert len({run.name for run in made}) == 6


async def test_there_are_at_most_32_runs(registry: Registry) -> None:
    for _ in range(31):
        await registry.create(None, TrainingConfig(), None)
    assert len(registry.statuses()) == MAX_RUNS == 32
    with pytest.raises(Refusal) as problem:
        await registry.create(None, TrainingConfig(), None)
    answer = problem_of(problem.value)
    assert answer.status == 503
    assert answer.headers is not None
    assert "Retry-After" in answer.headers


async def test_closing_stops_every_run_and_may_be_done_twice(registry: Registry) -> None:
    runs = [await registry.get("main"), await registry.create(None, TrainingConfig(), None)]
    for run in runs:
        await run.start()
    await registry.close()
    done = [run.snapshot.iteration for run in runs]
    await registry.close()
    assert [run.snapshot.iteration for run in runs] == done


@pytest.fixture
async def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Registry]:
    """A registry that has all the runs in memory that it may have: of two, one could make room."""
    monkeypatch.setattr(residency, "MAX_RUNS", 2)
    monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
    async with kept(tmp_path) as registry:
        await registry.create(None, CONFIG, None)
        yield registry


def unwritten(monkeypatch: pytest.MonkeyPatch, registry: Registry, run: LiveRun, *writes: Callable[[], None]) -> None:
    """Have a run that is to be written as often as there are `writes`, which are done instead."""
    left = list(writes)

    async def save(saved: LiveRun) -> None:
        assert saved is run
        left.pop(0)()

    monkeypatch.setattr(run, "pending", lambda: left or None)
    monkeypatch.setattr(registry.keeper, "save", save)


async def test_a_run_that_somebody_comes_for_while_it_is_written_does_not_make_room(
    crowded: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await crowded.get("run-2")
    with monkeypatch.context() as patch:
        unwritten(patch, crowded, run, lambda: run.audience.viewers.add(Viewer()))
        assert "in use just now" in await refused(crowded.create(None, CONFIG, None), 503)
    assert crowded.in_memory("run-2") is run
    assert len(crowded.statuses()) == 2


async def test_a_run_whose_history_grows_while_it_is_written_is_written_until_all_of_it_is_there(
    crowded: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await crowded.get("run-2")
    written: list[int] = []
    with monkeypatch.context() as patch:
        unwritten(patch, crowded, run, *(lambda: written.append(1) for _ in range(3)))
        await crowded._residency.make_room(at_once=True)
    assert len(written) == 3
    assert crowded.in_memory("run-2") is None
    assert crowded.on_disk("run-2") is not None


async def test_a_run_that_is_deleted_while_it_comes_from_the_disk_stays_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(5)
    async with kept(tmp_path) as registry:
        stored = registry._residency._stored
        beginning_of = stored.beginning_of

        async def then_deleted(*rows: Row) -> Any:
            found = await beginning_of(*rows)
            await registry.delete(run.id)
            return found

        monkeypatch.setattr(stored, "beginning_of", then_deleted)
        assert "There is no run" in await refused(registry.get(run.id), 404)
        assert registry.in_memory(run.id) is None


async def test_a_branch_of_a_run_that_is_reset_when_all_is_computed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(Settings(engine="numpy"), Keeper(None))
    await registry.open()
    try:
        parent = await registry.create("Parent", CONFIG, None)
        await parent.step(20)
        compute = registry.jobs.compute

        async def then_reset(pieces: Pieces[Any], *how: Any) -> Any:
            found = await compute(pieces, *how)
            await parent.reset(None)
            return found

        monkeypatch.setattr(registry.jobs, "compute", then_reset)
        assert "Parent was reset meanwhile" in await refused(registry.branched(parent.id, 20, {}), 409)
    finally:
        await registry.close()


async def test_what_is_computed_for_a_branch_ends_when_the_other_run_is_reset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endless = Endless()
    monkeypatch.setattr(branches, "_with", endless)
    registry = Registry(Settings(engine="numpy"), Keeper(None))
    await registry.open()
    try:
        parent = await registry.create("Parent", CONFIG, None)
        await parent.step(20)
        branching = asyncio.create_task(registry.branched(parent.id, 20, {}))
        assert await asyncio.to_thread(endless.began.wait, 60)
        await parent.reset(None)
        assert await asyncio.to_thread(endless.ended.wait, 60)
        assert "Parent was reset meanwhile" in await refused(branching, 409)
    finally:
        await registry.close()


async def test_the_end_of_the_server_ends_what_is_computed_for_a_run_that_came_from_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(5)
    endless = Endless()
    monkeypatch.setattr(stored_runs, "replayed", endless)
    monkeypatch.setattr(stored_runs, "PATIENCE", 0.0)
    async with kept(tmp_path) as registry:
        assert (await registry.get(run.id)).snapshot.trace is None
        assert await asyncio.to_thread(endless.began.wait, 60)
    assert await asyncio.to_thread(endless.ended.wait, 60)
