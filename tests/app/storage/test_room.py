"""The space that stored runs may take: what makes room, what stays, and that the disk gets free space back."""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Settings
from app.problems import problem_of
from app.refusals import Refusal
from app.services.keeper import Keeper
from app.services.live_run import LiveRun
from app.services.registry import Registry
from app.storage.database import default_url, open_database
from app.storage.locks import FILE
from app.storage.reserve import RESERVE_BYTES, Reserve
from app.storage.room import NoRoom, NoRoomForNew, in_words, thinned
from app.storage.store import Inheritance, Saved, Store
from rnn_core import Trainer, TrainingConfig
from tests.app.services.test_keeper import CONFIG, hasty, kept, refused
from tests.app.services.test_live_run import until
from tests.app.serving import LONG
from tests.app.storage.test_store import ROW
from tests.rnn_core.compare import state_of

assert hasty  # a fixture for all tests here

MB = 2**20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine, 4 * MB)
    yield store
    store.close()


def saved(number: int, size: int = MB, **how: Any) -> Saved:
    """A run with a snapshot of this many bytes."""
    return Saved(replace(ROW, id=f"run-{number}", number=number), b"x" * size, **how)


def free_all(store: Store) -> None:
    while store.free().anything or store.give_back(0):
        pass


def test_deleted_runs_count_and_go_oldest_first_when_room_is_needed(store: Store, tmp_path: Path) -> None:
    store.save([saved(1), saved(2), saved(3)])
    store.delete("run-2")
    store.delete("run-1")
    usage = store.usage()
    assert 3 * MB < usage.used < usage.budget == 4 * MB
    assert 2 * MB < usage.deleted < usage.used
    with pytest.raises(NoRoom) as refusal:
        store.save([saved(3, MB * 3 // 2)])
    assert [row.id for row in store.deleted()] == ["run-1", "run-2"]
    assert store.free(refusal.value.lacking).anything
    assert [row.id for row in store.deleted()] == ["run-1"], "the one that was deleted last can still be brought back"
    assert store.undelete("run-2") is None
    assert store.snapshot("run-2", 10) is None
    store.save([saved(3, MB * 3 // 2)])
    assert store.undelete("run-1") is not None
    assert store.snapshot("run-1", 10) == b"x" * MB
    free_all(store)
    assert (tmp_path / FILE).stat().st_size <= store.usage().used + 64 * 1024


def test_a_new_run_leaves_room_for_those_that_grow(store: Store) -> None:
    store.save([saved(1, keyframes=[(5, b"x" * MB)]), saved(3, MB // 2)])
    with pytest.raises(NoRoomForNew, match="another run"):
        store.save([saved(4, MB + MB // 4)])
    branch = replace(saved(4, MB // 4), inherited=Inheritance("run-1", ROW.generation, (5,)))
    with pytest.raises(NoRoomForNew):
        store.save([branch])
    store.save([saved(3, MB + MB // 4)])
    with pytest.raises(NoRoom, match="delete some") as refusal:
        store.save([saved(3, 2 * MB)])
    assert not isinstance(refusal.value, NoRoomForNew)
    assert not store.free(refusal.value.lacking).anything
    assert [row.id for row in store.rows()] == ["run-1", "run-3"]


def test_what_is_given_back_makes_the_file_smaller_step_by_step(store: Store, tmp_path: Path) -> None:
    store.save([saved(number, MB // 2) for number in range(1, 7)])
    for number in range(1, 6):
        store.delete(f"run-{number}")
    before = (tmp_path / FILE).stat().st_size
    while store.free(4 * MB).anything:
        pass
    assert (tmp_path / FILE).stat().st_size == before, "not at once: that would take its time"
    assert store.give_back()
    assert (tmp_path / FILE).stat().st_size < before - MB
    free_all(store)
    assert (tmp_path / FILE).stat().st_size < before - 2 * MB
    assert store.snapshot("run-6", 10) == b"x" * (MB // 2)


def test_a_file_of_before_is_made_one_that_can_shrink(tmp_path: Path) -> None:
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    store.save([Saved(ROW, b"here", [(0, b"zero")], 0, np.arange(10.0))])
    store.close()
    connection = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    connection.execute("PRAGMA auto_vacuum = NONE")
    connection.execute("VACUUM")
    assert connection.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    connection.close()
    engine, notice = open_database(default_url(tmp_path))
    store = Store(engine)
    assert (notice, store.rows(), store.snapshot(ROW.id, 0)) == (None, [ROW], b"zero")
    with engine.connect() as opened:
        assert opened.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


moments = st.lists(st.integers(1, 10_000_000), min_size=2, max_size=120, unique=True).map(sorted)


@given(moments, st.data())
def test_thinned_keyframes_lie_wider_apart_the_farther_back_and_where_training_changed_they_stay(
    places: list[int], data: Any
) -> None:
    changes = sorted(data.draw(st.sets(st.sampled_from(places), max_size=3)))
    kept_with = [(place, sum(change <= place for change in changes)) for place in places]
    gone = thinned(kept_with, dict.fromkeys(places, 1), len(places))
    left = [place for place in places if place not in gone]
    assert left[0] == places[0]
    assert left[-1] == places[-1]
    training = dict(kept_with)
    for before, after in pairwise(places):
        if training[before] != training[after]:
            assert {before, after} <= set(left)
    for before, after in pairwise(left):
        if after - before > 1 and not any(before < place < after for place in places):
            continue  # nothing has gone there
        assert after - before <= places[-1] - after + 1
    if not changes:
        assert len(left) <= 4 * math.log2(10_000_000), "what stays is few"
    assert thinned(kept_with, dict.fromkeys(places, 1), 1) == gone[:1], "and no more goes than is wanted"


async def test_a_thinned_past_is_computed_again_bit_by_bit_and_branches_keep_what_they_need(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(9000)
        child = await registry.create_branch(None, run.id, 5000, {"optimizer": "momentum"}, None)
        await child.step(4000)
        here = [state_of(await each.travel.moment(7777)) for each in (run, child)]
        counts = [len(each.keyframes) for each in (run, child)]
        await until(lambda: run.pending() is None and child.pending() is None)
        while await registry.keeper._free(1):  # a keyframe at a time, until no more may go
            pass
        assert all(len(each.keyframes) < count for each, count in zip((run, child), counts, strict=True))
        for each, there in zip((run, child), here, strict=True):
            on_disk = await registry.keeper.call(lambda store, each=each: store.keyframes(each.id))  # type: ignore[misc]
            assert [place for place, _ in each.keyframes.until(LONG)] == on_disk
            assert state_of(await each.travel.moment(7777)) == there
        trainer = Trainer(CONFIG, "numpy")
        trainer.advance(4321)
        assert state_of(await child.travel.moment(4321)) == state_of(trainer)
        grandchild = await registry.create_branch(None, child.id, 8000, {}, None)
        assert state_of(grandchild.snapshot) == state_of(await child.travel.moment(8000))


async def test_starting_and_pausing_again_and_again_keeps_no_more_and_more(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, 50.0)
        for _ in range(12):
            here = run.snapshot.iteration
            await run.start()
            await until(lambda here=here: run.snapshot.iteration > here)  # type: ignore[misc]
            await run.pause()
        assert (
            len(await registry.keeper.call(lambda store: store.keyframes(run.id))) <= 1 + run.snapshot.iteration // 1000
        )
        trainer = Trainer(CONFIG, "numpy")
        trainer.advance(run.snapshot.iteration)
        assert state_of(run.snapshot) == state_of(trainer)


@asynccontextmanager
async def small(folder: Path, budget: int) -> Any:
    """A server's runs, which may take this many bytes."""
    engine, _ = open_database(default_url(folder))
    registry = Registry(Settings(engine="numpy"), Keeper(Store(engine, budget)))
    await registry.open()
    try:
        yield registry
    finally:
        await registry.close()


BIG = TrainingConfig(hidden_size=64, optimizer="adam", max_iterations=LONG)
"""Whose keyframes take about a hundred kilobytes."""


async def test_whoever_branches_and_deletes_again_and_again_fills_no_disk(tmp_path: Path) -> None:
    budget = 4 * MB
    async with small(tmp_path, budget) as registry:
        main: LiveRun = await registry.get("main")
        await main.start()
        run = await registry.create(None, BIG, None)
        await run.step(2)
        sizes, last = [], ""
        for _ in range(60):
            branched = await registry.create_branch(None, run.id, 1, {}, None)
            last = branched.id
            await registry.delete(last)
            sizes.append((tmp_path / FILE).stat().st_size)
        assert max(sizes) <= budget
        assert (await registry.keeper.look()).used <= budget
        assert (await registry.undelete(last)).iteration == 1, "what was deleted last can still be brought back"
        assert (main.state, registry.keeper.trouble) == ("running", None)
        here = main.snapshot.iteration
        await until(lambda: main.snapshot.iteration > here)


async def fill(registry: Registry) -> tuple[list[LiveRun], str]:
    """Create runs until one is refused, and return the runs and the refusal."""
    made: list[LiveRun] = []
    while True:
        try:
            made.append(await registry.create(None, BIG, None))
        except Refusal as problem:
            if problem_of(problem).status != 507:
                raise
            return made, problem.detail


async def test_a_budget_that_is_used_up_is_said_in_words_and_whoever_trains_goes_on(tmp_path: Path) -> None:
    async with small(tmp_path, 2 * MB) as registry:
        main = await registry.get("main")
        await main.change({"speed": 20.0})  # so that it does not take the rest itself, however long this lasts
        await main.start()
        made, words = await fill(registry)
        assert "2 MB" in words
        assert "Delete some" in words
        assert len(made) > 3
        here = main.snapshot.iteration
        await until(lambda: main.snapshot.iteration > here)
        assert (main.state, registry.keeper.trouble) == ("running", None)
        for run in made[:2]:
            await registry.delete(run.id)
        await registry.create(None, BIG, None)


async def test_where_nothing_can_make_room_training_rests_until_something_is_deleted(tmp_path: Path) -> None:
    async with small(tmp_path, 2 * MB) as registry:
        main = await registry.get("main")
        made, _ = await fill(registry)
        keeper = registry.keeper
        store = keeper._store
        assert store is not None
        store._budget = 1 * MB  # as if it had been set lower
        assert "may take" in await refused(made[-1].step(1))
        assert keeper.status().state == "trouble"
        assert "RNN_ADDER_STORE_BUDGET" in (keeper.status().detail or "")
        for run in made[:-1]:
            await registry.delete(run.id)
        await until(lambda: keeper.trouble is None)
        await main.step(1)


def test_a_reserve_is_held_while_there_is_room_and_released(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "db")
    for _ in range(2):
        reserve.hold()
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("db.reserve", RESERVE_BYTES)]
    reserve.release()
    assert list(tmp_path.iterdir()) == []
    for nowhere in (Reserve(None), Reserve(tmp_path / "none" / "db")):
        nowhere.hold()
        nowhere.release()


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 kB"), (1, "1 kB"), (3 * MB, "3 MB"), (2560 * MB, "2.5 GB"), (4 * 2**30, "4 GB")]
)
def test_sizes_are_said_as_people_say_them(size: int, words: str) -> None:
    assert in_words(size) == words
