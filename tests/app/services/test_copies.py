"""Copies of visitors: how many, how large, when they rest, and when they are swept up."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.access.names import ANIMALS, COLOURS, called
from app.access.people import PRESENTER, Person, asked_by_person
from app.languages import speaking
from app.refusals import Busy, Conflict, Forbidden, Refusal, TooMany
from app.services import copies, copy_limits, residency
from app.services.copies import HOUR, REST_SECONDS, RESTS, SWEEP_SECONDS, Caretaker
from app.services.cores import COST_OF_COPIES, Share
from app.services.live_run import LiveRun
from app.services.registry import Registry
from app.services.viewer import Viewer
from rnn_core import TrainingConfig
from tests.app.services.test_keeper import kept

ADA, BOB = "ada", "bob"


pytestmark = pytest.mark.usefixtures("hurried")


async def copy_for(registry: Registry, owner: str, run: str = "main") -> LiveRun:
    """A visitor's copy of a run as it is at its beginning."""
    return await registry.create_branched(None, await registry.branched(run, 0, {}), 300.0, owner=owner)


def listed(registry: Registry, person: Person) -> list[str]:
    with asked_by_person(person):
        statuses = registry.statuses()
        assert [status.model_dump_json() for status in statuses] == [
            status.model_dump_json() for status in statuses if status.model_dump_json() in registry.listed()
        ]
        return [status.id for status in statuses]


async def test_a_copy_is_listed_for_its_owner_and_the_presenter_alone(registry: Registry) -> None:
    run = await copy_for(registry, ADA)
    assert listed(registry, Person("visitor", ADA)) == ["main", run.id]
    assert listed(registry, Person("visitor", BOB)) == listed(registry, Person("visitor")) == ["main"]
    assert listed(registry, PRESENTER) == ["main", run.id]
    assert registry.owned_by(ADA) == [run.id]
    assert registry.owned_by(BOB) == registry.owned_by("") == []
    assert await registry.whose(run.id) == (run.name, ADA)
    assert await registry.whose("main") == ("Main", None)


async def test_a_copy_is_called_after_its_owner_so_that_the_presenter_can_tell_them_apart(registry: Registry) -> None:
    mine, yours = await copy_for(registry, ADA), await copy_for(registry, BOB)
    assert mine.name == f"{called(ADA)} from 0"
    assert re.fullmatch(r"[A-Z][a-z]+ [a-z]+ from 0", mine.name)
    assert mine.name != yours.name
    names = {called(f"{number}") for number in range(5000)}
    assert names == {f"{colour} {animal}" for colour in COLOURS for animal in ANIMALS}
    with speaking("zh"):
        assert not re.search("[a-z]", (await copy_for(registry, BOB)).name)


async def test_two_that_are_asked_for_at_once_are_not_three(registry: Registry) -> None:
    asked = [copy_for(registry, ADA) for _ in range(5)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert len([run for run in found if isinstance(run, LiveRun)]) == copy_limits.OF_ONE == 2
    assert len([refusal for refusal in found if isinstance(refusal, TooMany)]) == 3
    await copy_for(registry, BOB)


async def test_all_visitors_together_have_so_many(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_limits, "OF_ALL", 1)
    await copy_for(registry, ADA)
    with pytest.raises(Busy) as refusal:
        await copy_for(registry, BOB)
    assert refusal.value.again_in == 600
    await registry.create(None, TrainingConfig(), None)  # what all share is not kept out


async def test_neither_shared_runs_nor_copies_keep_the_other_out_of_memory(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residency, "MAX_RUNS", 2)
    monkeypatch.setattr(residency, "MAX_COPIES", 1)
    shared = await registry.create(None, TrainingConfig(), None)
    mine = await copy_for(registry, ADA)
    with mine.watched_by(Viewer()), shared.watched_by(Viewer()):
        with pytest.raises(Busy):
            await copy_for(registry, BOB)
        with pytest.raises(Busy):
            await registry.create(None, TrainingConfig(), None)
    if registry.keeper.keeps:
        monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
        await copy_for(registry, BOB)
        assert registry.on_disk(mine.id) is not None, "it rests, so it made room"
        assert registry.in_memory(shared.id) is shared
        assert registry.status(mine.id).private
        assert (await registry.get(mine.id)).owner == ADA, "and comes back as it was"


async def test_a_copy_is_no_larger_than_it_may_be(registry: Registry) -> None:
    wide = await registry.create(None, TrainingConfig(hidden_size=128), None)
    long = await registry.create(None, TrainingConfig(max_iterations=copy_limits.MOST_ITERATIONS + 1), None)
    for run in (wide, long):
        with pytest.raises(Forbidden, match="too large"):
            await copy_for(registry, ADA, run.id)
    mine = await copy_for(registry, ADA)
    with pytest.raises(Forbidden):
        await mine.reset({"hidden_size": 128})
    assert (mine.generation, mine.snapshot.config.hidden_size) == (0, 16)
    await wide.reset({"hidden_size": 100})


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which the registry's copies are looked after. Each look counts a run as unused."""
    clock = Clock()
    monkeypatch.setattr(registry._caretaker, "_clock", clock)
    monkeypatch.setattr("app.services.registry.time.time", clock)
    return clock


async def test_a_copy_that_nobody_watches_rests_after_a_minute_and_a_watched_or_shared_run_trains_on(
    registry: Registry, clock: Clock
) -> None:
    left, watched = await copy_for(registry, ADA), await copy_for(registry, BOB)
    shared = await registry.get("main")
    for run in (left, watched, shared):
        await run.start()
        run.used_at -= REST_SECONDS
    with watched.watched_by(Viewer()):
        await registry._caretaker.look()
        clock.now += REST_SECONDS - 1
        await registry._caretaker.look()
        assert [run.state for run in (left, watched, shared)] == ["running"] * 3
        clock.now += 1
        await registry._caretaker.look()
        assert [run.state for run in (left, watched, shared)] == ["paused", "running", "running"]
        assert left.detail == RESTS
        assert left.idle, "so it may leave memory"
        await left.start()
        assert left.status().state == "running"
        assert left.detail is None


async def test_a_copy_that_nobody_has_used_for_a_day_is_swept_up(registry: Registry, clock: Clock) -> None:
    left, used = await copy_for(registry, ADA), await copy_for(registry, BOB)
    await registry.create(None, TrainingConfig(), None)
    viewer = Viewer()
    with used.watched_by(viewer):
        for _ in range(int(SWEEP_SECONDS / HOUR)):
            left.used_at -= REST_SECONDS
            await registry._caretaker.look()
            clock.now += HOUR
    left.used_at -= REST_SECONDS
    await registry._caretaker.look()
    assert listed(registry, PRESENTER) == ["main", used.id, "run-4"]
    with pytest.raises(Refusal):
        await left.start()
    if registry.keeper.keeps:
        assert await registry.whose(left.id) == (left.name, ADA)
        back = await registry.undelete(left.id)
        assert back.private
        await registry._caretaker.look()
        assert registry.owned_by(ADA) == [left.id], "it is not swept up again at once"


async def test_what_is_only_on_disk_is_swept_up_too(tmp_path: Path, hurried: None) -> None:
    async with kept(tmp_path) as before:
        run = await copy_for(before, ADA)
    async with kept(tmp_path) as after:
        row = after.on_disk(run.id)
        assert row is not None
        assert (row.owner, row.used_at) == (ADA, run.copy_used_at)
        await after._caretaker.look()
        assert after.owned_by(ADA) == [run.id]
        after._residency.shelf[run.id] = replace(row, used_at=(row.used_at or 0.0) - SWEEP_SECONDS)
        await after._caretaker.look()
        assert after.owned_by(ADA) == []


async def test_a_mistake_in_looking_after_copies_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def delete(run_id: str) -> None:
        raise Conflict(run_id)

    caretaker, looks, seen = Caretaker({}, {}, delete), [], asyncio.Event()

    async def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            seen.set()
        raise RuntimeError("a mistake")

    monkeypatch.setattr(copies, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(caretaker, "look", look)
    task = asyncio.create_task(caretaker.work())
    await asyncio.wait_for(seen.wait(), 60)
    task.cancel()
    assert "looking after copies failed" in caplog.text


def test_a_second_of_a_copy_counts_more_than_one_of_what_all_share() -> None:
    shared, mine = Share(), Share(COST_OF_COPIES)
    shared.count(2.0)
    mine.count(2.0)
    assert (shared.seconds, mine.seconds) == (2.0, 16.0)
