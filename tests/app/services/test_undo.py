"""The undo of a reset, with and without storage: what comes back, and what does not."""

import asyncio
import sqlite3
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services import live_run
from app.services.live_run import LiveRun
from app.services.registry import Registry
from app.services.viewer import Viewer
from app.storage import room as rooming
from app.storage import store as storing
from app.storage.rows import ASIDE
from rnn_core import TrainingConfig
from tests.app.services.test_keeper import CONFIG, Disk, execute, hasty, kept, refused
from tests.app.services.test_live_run import until
from tests.app.serving import DIVERGING, LONG
from tests.app.wire import parse_frame
from tests.patience import PATIENCE
from tests.rnn_core.compare import bits_of_trace, state_of

assert hasty  # a fixture for all tests here


async def whole(run: LiveRun) -> dict[str, Any]:
    """Everything about a run except its generation and its viewers, when the background has computed what it lacks: its
    last trace, and its accuracies.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while run.snapshot.iteration and (run.history.pending(run.snapshot) or run.snapshot.trace is None):
                await asyncio.sleep(0.01)
    middle = run.snapshot.iteration // 2
    return {
        "status": {**run.status().model_dump(), "generation": None, "viewers": None, "iterations_per_second": None},
        "state": state_of(run.snapshot),
        "trace": bits_of_trace(run.snapshot.trace),
        "errors": run.errors.slice(0, LONG).tolist(),
        "middle": state_of(await run.travel.moment(middle)),
        "accuracies": run.accuracies,
        "begins": run.keyframes.first,
    }


async def test_the_history_before_a_reset_comes_back_as_it_stood_and_goes_on_bit_by_bit(registry: Registry) -> None:
    run = await registry.create("Run", CONFIG, 12.0)
    twin = await registry.create("Twin", CONFIG, None)
    for each in (run, twin):
        await each.step(1700)
        await each.change({"learning_rate": 0.5})
        await each.step(900)
    await run.accuracy()
    before = await whole(run)
    await run.reset({"cell": "gru", "hidden_size": 3})
    assert await registry.undoable(run) == 2600
    viewer = Viewer()
    with run.watched_by(viewer):
        while viewer._texts or viewer._frame is not None:
            await viewer.next()
        await registry.undo_reset(run)
        status, frame = await viewer.next(), await viewer.next()
    assert isinstance(status, str), "the status comes ahead of the frame"
    assert '"generation":2' in status
    assert isinstance(frame, bytes)
    assert (parse_frame(frame).generation, parse_frame(frame).iteration) == (2, 2600)
    assert run.generation == 2
    assert await whole(run) == before
    for each in (run, twin):
        await each.step(500)
    assert {**state_of(run.snapshot)} == {**state_of(twin.snapshot)}
    assert await registry.undoable(run) is None


async def test_a_run_that_trained_when_it_was_reset_comes_back_paused_with_all_of_it(registry: Registry) -> None:
    run = await registry.create(None, CONFIG, None)
    await run.start()
    await until(lambda: run.snapshot.iteration > 2000)
    await run.reset(None)
    stood = await registry.undoable(run)
    assert stood is not None
    await registry.undo_reset(run)
    assert (run.state, run.detail, run.snapshot.iteration, len(run.errors)) == ("paused", None, stood, stood)
    await run.start()
    await until(lambda: run.snapshot.iteration > stood)
    await run.pause()


@pytest.mark.parametrize(
    ("config", "state"), [({"max_iterations": 30}, "finished"), (DIVERGING, "diverged"), ({}, "paused")]
)
async def test_every_end_comes_back_with_its_reason(registry: Registry, config: dict[str, Any], state: str) -> None:
    run = await registry.create(None, TrainingConfig(**config), None)
    await run.step(40)
    before = await whole(run)
    assert before["status"]["state"] == state
    await run.reset(None)
    await registry.undo_reset(run)
    assert await whole(run) == before


async def test_resets_of_a_run_that_has_done_nothing_keep_what_was_there_before(registry: Registry) -> None:
    run = await registry.create(None, CONFIG, None)
    await run.step(20)
    before = await whole(run)
    for seed in range(3):
        await run.reset({"seed": seed})
    await run.change({"learning_rate": 0.7})
    await registry.undo_reset(run)
    assert await whole(run) == before


async def test_the_settings_of_a_run_that_has_done_nothing_come_back_too(registry: Registry) -> None:
    run = await registry.create(None, CONFIG, None)
    await run.change({"learning_rate": 0.7})
    before = await whole(run)
    for seed in range(3):
        await run.reset({"seed": seed})
    await registry.undo_reset(run)
    assert await whole(run) == before


async def test_what_has_gone_on_or_was_never_reset_is_refused_with_the_reason(registry: Registry) -> None:
    run = await registry.create("Any", CONFIG, None)
    assert "Any was not reset" in await refused(registry.undo_reset(run), 409)
    await run.step(5)
    assert await registry.undoable(run) is None
    await run.reset(None)
    await run.step(1)
    here = await whole(run)
    assert "Any has gone on since" in await refused(registry.undo_reset(run), 409)
    assert await whole(run) == here
    await run.reset(None)
    await run.start()
    assert "has gone on since" in await refused(registry.undo_reset(run), 409)
    assert run.state == "running", "what is refused changes nothing"
    await run.pause()
    await run.reset(None)
    await registry.undo_reset(run)
    assert "has gone on since" in await refused(registry.undo_reset(run), 409), "it is undone once"


async def test_after_an_hour_it_is_too_late(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_run, "UNDO_SECONDS", 0.02)
    monkeypatch.setattr(rooming, "UNDO_SECONDS", 0.02)
    run = await registry.create(None, CONFIG, None)
    await run.step(5)
    await run.reset(None)
    await asyncio.sleep(0.05)  # the hour, which no event tells
    assert "within the last hour" in await refused(registry.undo_reset(run), 409)
    assert (run.aside, run.snapshot.iteration) == (None, 0)


async def test_what_is_kept_aside_is_no_run_that_anybody_can_have(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(5)
        await run.reset(None)
        aside = run.id + ASIDE
        assert await registry.deleted() == []
        assert len(registry.statuses()) == 2
        assert await registry.find(aside) is None
        await refused(registry.undelete(aside), 404)
        await refused(registry.delete(aside), 404)
    async with kept(tmp_path) as registry:
        assert [status.id for status in registry.statuses()] == ["main", run.id]
        assert await registry.find(aside) is None
        following = await registry.create(None, CONFIG, None)
        assert following.id == "run-3"


async def test_a_deletion_that_is_undone_leaves_the_reset_undoable(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(1200)
        before = await whole(run)
        await run.reset(None)
        await registry.delete(run.id)
        await registry.undelete(run.id)
        run = await registry.get(run.id)
        await registry.undo_reset(run)
        assert await whole(run) == before


async def test_what_was_put_aside_long_ago_is_swept_and_only_one_history_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts() -> list[int]:
        tables = ("runs", "snapshots", "errors")
        connection = sqlite3.connect(tmp_path / "runs.sqlite3")
        found = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
        connection.close()
        return found

    async with kept(tmp_path) as registry:
        run, other = [await registry.create(None, CONFIG, None) for _ in range(2)]
        nothing = counts()
        for each in (run, other, other):
            await each.step(1500)
            await each.reset(None)
        assert counts()[0] == nothing[0] + 2
        once = counts()
        await other.step(1500)
        await other.reset(None)
        assert counts() == once
        monkeypatch.setattr("app.storage.store.time.time", lambda now=time.time: now() + 3601)
        await registry.delete(other.id)
        await until(lambda: counts() == nothing)


async def test_a_disk_that_is_full_refuses_reset_and_undo_alike_and_the_run_goes_on_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    async with kept(tmp_path) as registry:
        run, other = [await registry.create(None, CONFIG, None) for _ in range(2)]
        await other.step(10)
        await other.reset(None)
        await run.start()
        await until(lambda: run.snapshot.iteration > 10)
        disk.full = True
        assert "full" in await refused(run.reset(None)), "also where nobody knew yet"
        assert (run.generation, run.snapshot.iteration > 10) == (0, True)
        assert "full" in await refused(registry.undo_reset(other))
        assert (other.generation, other.snapshot.iteration) == (1, 0)
        stood = run.snapshot.iteration
        disk.full = False
        await until(lambda: registry.keeper.trouble is None)
        await until(lambda: run.state == "running" and run.snapshot.iteration > stood)
        await registry.undo_reset(other)
        assert (other.generation, other.snapshot.iteration) == (2, 10)
        await run.pause()


async def test_an_undo_that_the_disk_refuses_in_the_middle_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(10)
        before = await whole(run)
        await run.reset(None)
        disk = Disk(monkeypatch)
        aside = storing.Store.aside

        def then_full(store: storing.Store, run_id: str) -> Any:
            disk.full = True
            return aside(store, run_id)

        monkeypatch.setattr(storing.Store, "aside", then_full)
        assert "full" in await refused(registry.undo_reset(run))
        assert (run.generation, run.snapshot.iteration, run.state) == (1, 0, "ready")
        monkeypatch.setattr(storing.Store, "aside", aside)
        disk.full = False
        await until(lambda: registry.keeper.trouble is None)
        await registry.undo_reset(run)
        assert await whole(run) == before


async def test_an_accuracy_that_arrives_in_the_middle_of_an_undo_is_not_written_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(10)
        before = await whole(run)
        await run.reset(None)
        take_back = storing.Store.take_back
        loop = asyncio.get_running_loop()

        def slowly(store: storing.Store, *how: Any) -> None:
            take_back(store, *how)
            asyncio.run_coroutine_threadsafe(run.accuracy(), loop).result(60)

        monkeypatch.setattr(storing.Store, "take_back", slowly)
        await registry.undo_reset(run)
        await until(lambda: run.pending() is None)
        assert await whole(run) == before
    async with kept(tmp_path) as registry:
        assert await whole(await registry.get(run.id)) == before


async def test_damaged_moments_of_what_comes_back_are_computed_again(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(2300)
        before = await whole(run)
        await run.reset(None)
    execute(tmp_path, "UPDATE snapshots SET sha256 = 'x' WHERE iteration > 2000")
    async with kept(tmp_path) as registry:
        run = await registry.get(run.id)
        await registry.undo_reset(run)
        assert await whole(run) == before


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    acts=st.lists(
        st.sampled_from(["step", "reset", "other config", "undo", "rate", "restart", "accuracy"]), max_size=12
    )
)
async def test_whatever_is_done_in_whatever_order_an_undo_gives_what_a_simple_record_says(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("undo")
    aside: dict[str, Any] | None = None
    generation = 0
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(kept(folder))
        run = await registry.get("main")
        for act in acts:
            before = await whole(run)
            if act == "step":
                await run.step(7)
            elif act in ("reset", "other config"):
                aside = before if run.snapshot.iteration or aside is None else aside
                generation += 1
                await run.reset(None if act == "reset" else {"bits": 4, "hidden_size": 3})
            elif act == "rate":
                await run.change({"learning_rate": 0.3})
            elif act == "accuracy":
                await run.accuracy()
            elif act == "restart":
                await stack.aclose()
                registry = await stack.enter_async_context(kept(folder))
                run = await registry.get("main")
                assert await whole(run) == before
            elif run.snapshot.iteration or aside is None:
                await refused(registry.undo_reset(run), 409)
                assert await whole(run) == before
            else:
                generation += 1
                await registry.undo_reset(run)
                assert await whole(run) == aside
                aside = None
            assert run.generation == generation
