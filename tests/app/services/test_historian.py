"""Every run's accuracy at every scheduled moment, in the background, for runs of any origin, watched or not."""

import asyncio
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from app.services import historian as completing
from app.services.cores import Cores, Share
from app.services.glance import glance
from app.services.historian import FULL, LITTLE, Thrift
from app.services.history import entries
from app.services.live_run import LiveRun
from app.storage import schema
from app.storage.database import default_url, open_database
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.schedule import moments
from rnn_core.checkpoint import Opened
from rnn_core.travel import follow
from tests.app.services.test_keeper import kept
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("hurried")

SMALL = TrainingConfig(bits=4, hidden_size=4, max_iterations=3000)
LEARNING = TrainingConfig(bits=3, cell="lstm", hidden_size=4, bias=True, optimizer="adam", learning_rate=0.05)
"""An LSTM that learns within some hundred iterations."""


async def complete(*runs: LiveRun) -> None:
    async with asyncio.timeout(PATIENCE):
        while any(run.pending_accuracies for run in runs):
            await asyncio.sleep(0.01)


async def ended(run: LiveRun) -> None:
    async with asyncio.timeout(PATIENCE):
        while run.state == "running":
            await asyncio.sleep(0.01)


def truth(config: TrainingConfig, places: list[int], *changes: tuple[int, float]) -> list[tuple[int, float]]:
    """The exact accuracies of a run that nobody interrupted."""
    trainer, found = Trainer(config, "numpy"), []
    for place in places:
        follow(trainer, place, changes)
        found.append((place, evaluate(config, trainer.parameters, "numpy").accuracy))
    return found


def step_by_step(run: LiveRun, iterations: int, size: int) -> Any:
    async def walk() -> None:
        for _ in range(iterations // size):
            await run.step(size)

    return walk()


async def test_an_unwatched_run_has_its_climb_where_it_was(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("Alone", LEARNING, None)
        await run.step(1000)
        await complete(run)
        places = moments(0, 1000)
        assert run.accuracies == tuple(truth(LEARNING, places))
        shares = dict(run.accuracies)
        assert shares[0] < 0.3
        assert shares[1000] == 1.0
        climb = [place for place, share in run.accuracies if 0.3 < share < 0.9]
        assert len(climb) > 5, "the way up is drawn by many points, and not by a line from before to after"


async def test_histories_are_equal_however_training_was_cut(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        short = replace(SMALL, max_iterations=1200)
        made = [await registry.create(None, short, speed) for speed in (None, None, None, None, 5000.0)]
        small, middle, large, unlimited, paced = made
        await step_by_step(small, 300, 1)
        await small.step(1200)
        await step_by_step(middle, 1200, 150)
        await large.step(1200)
        await unlimited.start()
        await paced.start()
        for run in made:
            await ended(run)
            assert run.state == "finished"
        await complete(*made)
        wanted = tuple(truth(SMALL, moments(0, 1200)))
        for run in made:
            assert run.accuracies == wanted


async def test_two_viewers_are_told_the_same_whoever_came_first(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await run.step(10)
        early = await run.accuracy()
        await run.step(490)
        await complete(run)
        one, two = await asyncio.gather(run.accuracy(), run.accuracy(250))
        seen = await glance(registry, run.id, 0, None, 10)
        assert one.history == two.history == entries(seen.accuracies) == truth(SMALL, moments(0, 500))
        assert (one.iteration, two.iteration) == (500, 250)
        assert set(early.history) <= set(one.history)


async def test_a_learning_rate_that_was_changed_is_changed_where_it_was(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await run.step(205)
        await run.change({"learning_rate": 3.0})
        await run.step(300)
        run.history = type(run.history)((), 0, run.snapshot)  # all of it is computed again
        await complete(run)
        assert run.accuracies == tuple(truth(SMALL, moments(0, 505), (205, 3.0)))


async def test_a_branch_has_its_parents_past_and_an_import_none(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        parent = await registry.create(None, SMALL, None)
        await parent.step(3000)
        await complete(parent)
        changes = {"learning_rate": 1.0, "max_iterations": 4000}
        child = await registry.create_branch(None, parent.id, 3000, changes, None)
        early = await registry.create_branch(None, parent.id, 1234, {}, None)
        past = parent.accuracies[:-1]
        assert child.accuracies == past, "at once; where the parent ended is no end of the child"
        await child.step(500)
        await complete(child, early)
        config = replace(SMALL, max_iterations=4000)
        assert child.accuracies == tuple(truth(config, moments(0, 3500), (3000, 1.0)))
        assert early.accuracies == tuple(point for point in past if point[0] <= 1234)

        moment = await parent.travel.moment(1234)
        brought = await registry.create_import(None, Opened(moment, ()), None)
        await brought.step(300)
        await complete(brought)
        assert brought.accuracies == tuple(truth(SMALL, [1234, *moments(1235, 1534)]))


async def test_a_branch_completes_what_its_parent_had_not_looked_at_yet(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        parent = await registry.create(None, SMALL, None)
        await parent.step(2000)
        parent.history = type(parent.history)((), 0, parent.snapshot)
        child = await registry.create_branch(None, parent.id, 1900, {"optimizer": "adam", "learning_rate": 0.01}, None)
        child.history = type(child.history)((), 0, child.snapshot)
        await child.step(400)
        await complete(parent, child)
        assert parent.accuracies == tuple(truth(SMALL, moments(0, 2000)))
        assert child.accuracies[: len(moments(0, 1900))] == parent.history.until(1900)
        then = await child.travel.moment(2240)
        assert dict(child.accuracies)[2240] == evaluate(then.config, then.parameters, "numpy").accuracy


async def test_a_reset_begins_a_new_history_whatever_is_under_way(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        for _ in range(3):
            await run.step(2000)
            await run.reset({**SMALL.to_dict(), "seed": 5})
        await run.step(200)
        await complete(run)
        assert run.accuracies == tuple(truth(replace(SMALL, seed=5), moments(0, 200)))


async def test_what_was_not_looked_at_before_the_end_is_completed_after_it(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await registry._historian.close()  # as if it had no time
        await run.step(2500)
        assert run.accuracies == ()
        name = run.id
    async with kept(tmp_path) as registry:
        again = await registry.get(name)
        await complete(again)
        assert again.accuracies == tuple(truth(SMALL, moments(0, 2500)))
    async with kept(tmp_path) as registry:
        seen = await glance(registry, name, 0, None, 10)
        assert tuple(seen.accuracies) == again.accuracies, "and kept"
        assert registry.on_disk(name) is not None


async def test_a_damaged_keyframe_leaves_a_gap_only_where_nothing_before_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        for _ in range(3):
            await run.step(1000)
        await complete(run)
        name, whole = run.id, run.accuracies
        assert [place for place, _ in run.keyframes.until(3000)] == [0, 1000, 2000, 3000]
    damage(tmp_path, name, 2000)
    async with kept(tmp_path) as registry:
        run = await registry.get(name)
        run.history = type(run.history)((), 0, run.snapshot)
        await complete(run)
        assert run.accuracies == whole, "one before serves"
    damage(tmp_path, name, 0)
    async with kept(tmp_path) as registry:
        run = await registry.get(name)
        run.history = type(run.history)(whole[:1], 0, run.snapshot)
        await complete(run)
        assert run.accuracies == (whole[0], *(point for point in whole if point[0] >= 1000))
        assert (10, None) in entries(run.accuracies)
    assert "no accuracy at" in caplog.text


def damage(folder: Path, run_id: str, iteration: int) -> None:
    """Replace a keyframe by nonsense, and delete the histories."""
    engine, _ = open_database(default_url(folder))
    table = schema.snapshots
    with engine.begin() as connection:
        place: Any = (table.c.run_id == run_id) & (table.c.iteration == iteration)
        assert connection.execute(update(table).where(place).values(data=b"nonsense")).rowcount == 1
    engine.dispose()


async def test_what_is_not_the_way_that_the_run_went_is_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await run.step(600)
        await complete(run)
        errors = run.errors.slice(0, 600)
        errors = np.where(np.arange(600) == 333, errors + 1e-12, errors)  # another machine trained it
        run.errors = type(run.errors)()
        run.errors.store(errors)
        run.errors.reveal(600)
        run.history = type(run.history)((), 0, run.snapshot)
        await complete(run)
        known = [place for place, _ in run.accuracies]
        assert 0 in known
        assert 600 in known, "where it stands needs no computing"
        assert not any(340 <= place < 600 for place in known)
        assert "have other errors" in caplog.text


async def test_nothing_is_compiled_for_a_history_alone(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, TrainingConfig(bits=5, hidden_size=3), None)
        await asyncio.sleep(3 * completing.LOOK_SECONDS)
        assert run.history.missing(run.snapshot) == [0]
        assert run.pending_accuracies == 0, "nobody waits for it"
        await run.step(1)
        await complete(run)
        assert [place for place, _ in run.accuracies] == [0]


async def test_weights_that_were_dropped_are_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.history.MAX_BYTES", 3000)
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await step_by_step(run, 3000, 10)
        assert len(run.history.waiting) <= 4, "as many as there is room for"
        await complete(run)
        assert run.accuracies == tuple(truth(SMALL, [*moments(0, 3000), 3000]))


async def test_what_would_take_too_long_stays_a_gap_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(completing, "MOST_COST", 50 * SMALL.cost)
    async with kept(tmp_path) as registry:
        run = await registry.create(None, SMALL, None)
        await run.step(3000)
        run.history = type(run.history)((), 0, run.snapshot)
        await complete(run)
        known = dict(run.accuracies)
        assert set(moments(0, 1000)) <= set(known), "from one to the next it is no more"
        assert 3000 in known
        assert "would take too long" in caplog.text


# Thrift


class Training:
    """Threads that train, with the methods that thrift uses."""

    def __init__(self, clock: "Clock", cores: float) -> None:
        self._clock, self._began, self.cores = clock, clock.monotonic(), cores

    @property
    def worked(self) -> float:
        return self.cores * (self._clock.monotonic() - self._began)


class Clock:
    """A time that passes only for those who sleep or work."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)  # less would be lost in rounding


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(completing, "time", clock)
    return clock


def seconds_for(clock: Clock, thrift: Thrift, work: float, times: int) -> float:
    began = clock.now
    for _ in range(times):
        thrift.work(partial(clock.sleep, work), nothing)
    return clock.now - began


def nothing() -> None:
    """Do nothing, and let work go on."""


def test_while_training_takes_a_core_the_background_takes_little(clock: Clock) -> None:
    thrift = Thrift(Training(clock, 1.0))  # type: ignore[arg-type]
    clock.sleep(0.05)
    assert seconds_for(clock, thrift, 0.01, 2) >= 0.01 / LITTLE


def test_while_little_trains_the_background_goes_on(clock: Clock) -> None:
    thrift = Thrift(Training(clock, FULL / 10))  # type: ignore[arg-type]
    clock.sleep(0.05)
    assert seconds_for(clock, thrift, 0.002, 20) < 0.04 / LITTLE / 2


def test_a_rest_ends_when_training_does_and_when_nobody_wants_the_work(clock: Clock) -> None:
    training = Training(clock, 1.0)
    thrift = Thrift(training)  # type: ignore[arg-type]
    clock.sleep(0.05)
    thrift.work(partial(clock.sleep, 0.5), nothing)  # owes more than thirty seconds
    began = clock.now

    def check() -> None:
        if clock.now > began + 0.1:
            raise LookupError

    with pytest.raises(LookupError):
        thrift.work(nothing, check)
    training._began, training.cores = clock.now, 0.0
    thrift.work(nothing, nothing)
    assert clock.now - began < 10


def test_the_cores_know_how_long_they_have_worked() -> None:
    cores, begun, free = Cores(2), Semaphore(0), Event()

    def work() -> None:
        begun.release()
        assert free.wait(PATIENCE)

    began = time.monotonic()
    works = [cores.submit_for(Share(), work) for _ in range(2)]
    for _ in works:
        assert begun.acquire(timeout=PATIENCE)
    time.sleep(0.1)
    under_way = cores.worked
    assert 0.2 <= under_way <= 2 * (time.monotonic() - began), "with what is under way"
    free.set()
    for each in works:
        each.result()
    cores.shutdown()
    done = cores.worked
    assert done >= under_way
    time.sleep(0.05)
    assert cores.worked == done
