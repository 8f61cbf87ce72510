"""Runs and a disk that refuses writes, in one process: what is stopped and refused. Nothing is lost."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.problems import problem_of
from app.refusals import Refusal
from app.services import keeper as keeping
from app.services import residency, stored_runs
from app.services.allowance import Allowance
from app.services.error_series import ErrorSeries
from app.services.keeper import Keeper
from app.services.live_run import DELETED, STOPPED, LiveRun
from app.services.registry import Registry
from app.services.stored_runs import StoredRuns
from app.storage.database import default_url, open_database
from app.storage.store import Saved, Store
from rnn_core import Trainer, TrainingConfig
from tests.app.services.test_live_run import until
from tests.app.serving import LONG
from tests.patience import PATIENCE
from tests.rnn_core.compare import bits_of_trace, state_of

CONFIG = TrainingConfig(bits=4, hidden_size=4, max_iterations=LONG)


@pytest.fixture(autouse=True)
def hasty(hurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SAVE_SECONDS", 0.02)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(keeping, "WORK_RATE", 10.0)


@asynccontextmanager
async def kept(folder: Path) -> AsyncIterator[Registry]:
    """The runs of a server, without the server."""
    engine, notice = open_database(default_url(folder))
    registry = Registry(Settings(engine="numpy"), Keeper(Store(engine), notice))
    await registry.open()
    try:
        yield registry
    finally:
        await registry.close()


class Disk:
    """A disk that refuses writes while it is full."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        writer: type = Store,
        names: Sequence[str] = ("save", "probe", "delete", "undelete", "take_back"),
    ) -> None:
        self.full = False
        self.refused = 0
        for name in names:
            monkeypatch.setattr(writer, name, self._guarded(getattr(writer, name)))

    def _guarded(self, write: Any) -> Any:
        def guarded(*arguments: Any, **named: Any) -> Any:
            if self.full:
                self.refused += 1
                error = sqlite3.OperationalError("database or disk is full")
                raise OperationalError("INSERT", {}, error)
            return write(*arguments, **named)

        return guarded


def as_trained(run: LiveRun) -> None:
    """Check that a run is where an uninterrupted trainer would be, with all its errors."""
    trainer = Trainer(run.snapshot.config, "numpy")
    errors = trainer.advance(run.snapshot.iteration).errors
    assert state_of(run.snapshot) == state_of(trainer)
    assert run.errors.slice(0, LONG).tolist() == errors.tolist()


def execute(folder: Path, sql: str) -> None:
    """Execute SQL in the database while nobody uses it."""
    connection = sqlite3.connect(folder / "runs.sqlite3")
    with connection:
        connection.execute(sql)
    connection.close()


async def refused(command: Any, status: int = 507) -> str:
    with pytest.raises(Refusal) as problem:
        await command
    assert problem_of(problem.value).status == status
    return problem.value.detail


async def test_after_much_work_the_database_rests_so_that_others_can_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spent(Allowance):
        def take(self, amount: float, now: float) -> float:
            taken.append(amount)
            return 0.1

    def work(_: Store) -> float:
        began = time.thread_time()
        while time.thread_time() < began + 0.03:
            pass
        return time.monotonic()

    taken = list[float]()
    monkeypatch.setattr(keeping, "Allowance", Spent)
    monkeypatch.setattr(keeping, "WORK_BURST", 0.02)
    engine, _ = open_database(default_url(tmp_path))
    keeper = Keeper(Store(engine))
    worked = await keeper.call(work)
    began = await keeper.call(lambda _: time.monotonic())
    assert began >= worked + 0.1
    assert taken[0] == 0.02, "a long piece counts as no more than what can be saved up"
    assert taken[1] < 0.02
    await keeper.close([])


async def test_while_the_disk_is_full_training_rests_and_afterwards_goes_on_with_nothing_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(monkeypatch)
    async with kept(tmp_path) as registry:
        run, other = [await registry.create(None, CONFIG, None) for _ in range(2)]
        await run.start()
        await other.step(3)
        disk.full = True
        await until(lambda: run.state == "paused")
        assert run.detail is not None
        assert "database or disk is full" in run.detail
        assert registry.keeper.status().state == "trouble"
        for command in (
            run.start(),
            other.step(1),
            run.reset(None),
            run.change({"name": "Other"}),
            registry.create(None, CONFIG, None),
            registry.delete(other.id),
        ):
            assert "database or disk is full" in await refused(command)
        await other.pause()
        assert (other.state, other.snapshot.iteration) == ("paused", 3)
        assert await registry.get(other.id) is other, "a refused deletion deletes nothing"
        assert run.predict(1, 2).expected == 3
        assert (await run.travel.moment(1)).iteration == 1
        stood = run.snapshot.iteration
        disk.full = False
        await until(lambda: run.state == "running" and run.snapshot.iteration > stood)
        assert run.detail is None
        assert registry.keeper.status().state == "kept"
        assert len(registry.statuses()) == 3
        await run.pause()
    as_trained(run)
    assert caplog.text.count("can't be stored") == 1, "said once, not again and again"
    async with kept(tmp_path) as registry:
        back = await registry.get(run.id)
        assert (back.state, back.snapshot.iteration) == ("paused", run.snapshot.iteration)
        as_trained(back)


async def test_a_disk_that_is_written_to_in_small_but_not_in_full_stays_in_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.start()
        disk = Disk(monkeypatch)
        probe, probed = Store.probe, 0

        def small(store: Store) -> None:
            nonlocal probed
            probed += 1

        monkeypatch.setattr(Store, "probe", small)
        disk.full = True
        await until(lambda: probed > 3)
        assert registry.keeper.trouble is not None
        assert run.state == "paused"
        monkeypatch.setattr(Store, "probe", probe)
        disk.full = False
        await until(lambda: run.state == "running")
    assert caplog.text.count("can't be stored") == 1


async def test_whoever_pauses_meanwhile_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.start()
        disk.full = True
        await until(lambda: run.state == "paused")
        await run.pause()
        assert run.detail is None
        disk.full = False
        await until(lambda: registry.keeper.trouble is None)
        assert run.state == "paused"


async def test_a_long_step_does_not_keep_others_from_resting_and_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    async with kept(tmp_path) as registry:
        stepping = await registry.create(None, TrainingConfig(max_iterations=LONG), None)
        step = asyncio.create_task(stepping.step(LONG))
        await until(lambda: stepping.snapshot.iteration > 0)
        disk.full = True
        assert "full" in await refused(step)
        assert stepping.state == "paused"
        disk.full = False
        await until(lambda: registry.keeper.trouble is None)
    as_trained(stepping)


async def test_a_reset_during_a_save_is_what_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        save, held = Store.save, asyncio.Event()
        loop, free = asyncio.get_running_loop(), Event()

        def slow(store: Store, runs: list[Saved]) -> None:
            loop.call_soon_threadsafe(held.set)
            assert free.wait(PATIENCE)
            save(store, runs)

        monkeypatch.setattr(Store, "save", slow)
        step = asyncio.create_task(run.step(5))
        await held.wait()
        reset = asyncio.create_task(run.reset(None))
        await until(run._commands.locked)
        free.set()
        await asyncio.gather(step, reset)
    async with kept(tmp_path) as registry:
        back = await registry.get(run.id)
        assert (back.generation, back.snapshot.iteration, back.state, len(back.errors)) == (1, 0, "ready", 0)


async def test_a_change_right_after_a_pause_is_kept_though_a_keyframe_stands_there(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.start()
        await until(lambda: run.snapshot.iteration > 5)
        await asyncio.gather(run.pause(), run.change({"learning_rate": 0.5}))
        await run.step(3)
        here = state_of(run.snapshot)
        place = run.snapshot.iteration
    async with kept(tmp_path) as registry:
        back = await registry.get(run.id)
        assert state_of(back.snapshot) == here
        assert back.snapshot.changes == ((place - 3, 0.5),)
        await until(lambda: back.snapshot.trace is not None)


async def test_a_run_that_diverged_is_so_after_a_restart(tmp_path: Path) -> None:
    config = TrainingConfig(activation="relu", loss="cross_entropy", learning_rate=0.5)
    async with kept(tmp_path) as registry:
        run = await registry.create(None, config, None)
        await run.step(100)
        assert run.state == "diverged"
    async with kept(tmp_path) as registry:
        back = await registry.get(run.id)
        assert (back.state, back.snapshot.diverged, back.detail) == ("diverged", True, run.detail)
        await until(lambda: back.snapshot.trace is not None)


async def test_a_last_trace_that_is_late_is_there_once_it_has_been_computed_unless_the_run_went_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        runs = [await registry.create(None, CONFIG, None) for _ in range(2)]
        for run in runs:
            await run.step(5)
        trace = runs[0].snapshot.trace
    monkeypatch.setattr(stored_runs, "PATIENCE", 0.0)
    free = asyncio.Event()
    computed = StoredRuns._replayed

    async def late(stored: StoredRuns, *arguments: Any) -> Any:
        await free.wait()
        return await computed(stored, *arguments)

    monkeypatch.setattr(StoredRuns, "_replayed", late)
    async with kept(tmp_path) as registry:
        waiting, going = [await registry.get(run.id) for run in runs]
        assert waiting.snapshot.trace is None
        await going.step(1)
        here = going.snapshot
        free.set()
        await until(lambda: not registry._stored._recalling)
        assert bits_of_trace(waiting.snapshot.trace) == bits_of_trace(trace)
        assert going.snapshot is here
        await waiting.step(3)
        as_trained(waiting)
    free.clear()
    async with kept(tmp_path) as registry:  # which ends though nothing has been computed
        assert (await registry.get(waiting.id)).snapshot.trace is None


async def test_two_people_fetch_one_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with kept(tmp_path) as registry:
        made = await registry.create(None, CONFIG, None)
        await made.step(5)
    async with kept(tmp_path) as registry:
        runs = await asyncio.gather(*(registry.get(made.id) for _ in range(5)))
        assert len({id(run) for run in runs}) == 1


async def test_a_run_that_is_deleted_while_it_is_fetched_stays_deleted(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        made = await registry.create(None, CONFIG, None)
        await made.step(5)
    async with kept(tmp_path) as registry:
        fetch = asyncio.create_task(registry.get(made.id))
        await asyncio.sleep(0)
        await registry.delete(made.id)
        await refused(fetch, 404)
        assert await registry.find(made.id) is None
        assert [status.id for status in registry.statuses()] == ["main"]
        assert (await registry.undelete(made.id)).iteration == 5
        assert (await registry.get(made.id)).snapshot.iteration == 5
        await refused(registry.undelete(made.id), 409)


async def test_a_running_run_that_is_deleted_comes_back_where_it_was(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("Mine", CONFIG, None)
        await run.start()
        await until(lambda: run.snapshot.iteration > 10)
        await registry.delete(run.id)
        status = await registry.undelete(run.id)
        assert (status.state, status.detail, status.name) == ("paused", DELETED, "Mine")
        back = await registry.get(run.id)
        as_trained(back)
        assert back.snapshot.iteration == run.snapshot.iteration


async def test_runs_that_rest_make_room_and_come_back_but_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residency, "MAX_RUNS", 3)
    monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
    async with kept(tmp_path) as registry:
        runs = [await registry.create(None, CONFIG, None) for _ in range(2)]
        for run in runs:
            await run.step(5)
        await runs[0].start()
        third = await registry.create(None, CONFIG, None)
        assert registry.in_memory(runs[1].id) is None
        assert registry.in_memory(runs[0].id) is runs[0]
        assert [status.iteration for status in registry.statuses()][2:] == [5, 0]
        await third.start()
        await refused(registry.get(runs[1].id), 503)
        await third.pause()
        back = await registry.get(runs[1].id)
        assert back is not runs[1]
        assert registry.in_memory(third.id) is None
        as_trained(back)
        await back.step(5)
        as_trained(back)


async def test_a_moment_that_is_computed_while_the_run_is_reset_is_not_of_two_generations(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(2500)
        moment = asyncio.create_task(run.travel.moment(1200))
        await asyncio.sleep(0)
        await run.reset({"seed": 9})
        (found,) = await asyncio.gather(moment, return_exceptions=True)
        if isinstance(found, Refusal):
            assert problem_of(found).status == 409
        else:
            assert not isinstance(found, BaseException)
            assert (found.iteration, found.config) == (1200, CONFIG)


async def test_moments_are_the_trainers_own_with_keyframes_on_disk_and_without_a_sound_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(2300)
        whole = Store.snapshot

        def first_only(store: Store, run_id: str, iteration: int) -> bytes | None:
            return None if iteration else whole(store, run_id, 0)

        for _ in range(2):
            for place in (0, 1, 999, 1000, 1001, 2300):
                trainer = Trainer(CONFIG, "numpy")
                trainer.advance(place)
                moment = await run.travel.moment(place)
                assert state_of(moment) == state_of(trainer)
                assert (moment.trace is None) == (place == 0)
            monkeypatch.setattr(Store, "snapshot", first_only)
        monkeypatch.setattr(Store, "snapshot", lambda *_: None)
        assert "damaged" in await refused(run.travel.moment(5), 404)


async def test_a_step_keeps_no_moment_of_its_own_and_without_a_store_nothing_waits(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        main = await registry.get("main")
        for _ in range(5):
            await main.step(1)
        assert len(main.keyframes) == 1
    alone = Registry(Settings(engine="numpy"))
    await alone.open()
    main = await alone.get("main")
    await main.step(2500)
    assert len(main.keyframes) > 1
    assert len(main.backlog._keyframes) == 1, "of the beginning"
    assert (await main.travel.moment(1500)).iteration == 1500
    await alone.close()


async def test_thinned_errors_are_computed_again_and_a_branch_knows_which_of_its_own_are_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("app.storage.store.CHUNK", "app.services.backlog.CHUNK", "app.services.branches.CHUNK"):
        monkeypatch.setattr(place, 128)
    monkeypatch.setattr("app.storage.store.FULL_CHUNKS", 1)
    async with kept(tmp_path) as registry:
        made = await registry.create(None, CONFIG, None)
        await made.step(700)
    errors = Trainer(CONFIG, "numpy").advance(700).errors
    async with kept(tmp_path) as registry:
        run = await registry.get(made.id)
        assert not run.errors.is_exact(130, 140)
        assert (await run.travel.errors(0, 700)).tolist() == errors.tolist()
        branched = await registry.create_branch(None, run.id, 300, {}, None)
        await branched.step(100)
    async with kept(tmp_path) as registry:
        back = await registry.get(branched.id)
        assert (await back.travel.errors(0, 400)).tolist() == errors[:400].tolist()
        assert back.errors.is_exact(384, 400)
        stride, low, _, high = back.errors.summary(128, 256, 2)
        assert stride == 64
        pieces = errors[128:256].reshape(2, 64)
        np.testing.assert_allclose([low, high], [pieces.min(axis=1), pieces.max(axis=1)], rtol=1e-6)


async def test_damaged_errors_are_computed_again_or_said_to_be_lost_and_the_rest_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for place in ("app.storage.store.CHUNK", "app.services.backlog.CHUNK", "app.services.branches.CHUNK"):
        monkeypatch.setattr(place, 128)
    async with kept(tmp_path) as registry:
        made = await registry.create(None, CONFIG, None)
        await made.step(300)
    errors = Trainer(CONFIG, "numpy").advance(320).errors
    execute(tmp_path, "UPDATE errors SET data = x'00' WHERE chunk > 0")
    async with kept(tmp_path) as registry:
        run = await registry.get(made.id)
        assert run.errors.slice(0, 300).tolist() == errors[:300].tolist()
        await run.step(10)
    assert "computed again" in caplog.text
    execute(tmp_path, "UPDATE snapshots SET data = x'00' WHERE iteration = 0")
    async with kept(tmp_path) as registry:
        run = await registry.get(made.id)
        assert (run.errors.first, run.snapshot.iteration) == (256, 310)
        assert "lost its errors before iteration 256" in caplog.text
        await run.step(10)
        assert run.errors.slice(0, 320).tolist() == errors[256:].tolist()
    async with kept(tmp_path) as registry:
        run = await registry.get(made.id)
        assert run.errors.slice(0, 320).tolist() == errors[256:].tolist()


async def test_a_branch_of_a_long_run_reads_none_of_the_keyframes_that_it_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        for _ in range(7):  # a keyframe comes at the end of a slice, and a step ends one
            await run.step(500)
        await run.start()
        await run.pause()
        assert len(run.keyframes) > 3
        await registry._historian.close()  # which reads keyframes by itself
        read: list[int] = []
        whole = Store.snapshot

        def noting(store: Store, run_id: str, iteration: int) -> bytes | None:
            read.append(iteration)
            return whole(store, run_id, iteration)

        monkeypatch.setattr(Store, "snapshot", noting)
        branched = await registry.create_branch(None, run.id, 3400, {}, None)
        assert len(read) == 1, "from which the moment is computed"
        taken_over = [place for place, _ in run.keyframes.until(3400)]
        assert [place for place, _ in branched.keyframes.until(3400)] == [*taken_over, 3400]
    async with kept(tmp_path) as registry:
        back = await registry.get(branched.id)
        trainer = Trainer(CONFIG, "numpy")
        trainer.advance(1500)
        assert state_of(await back.travel.moment(1500)) == state_of(trainer)


async def test_a_branch_off_a_run_that_is_reset_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(5)
        moving = registry._residency.moving

        @asynccontextmanager
        async def meanwhile() -> AsyncIterator[None]:
            await run.reset(None)
            async with moving():
                yield

        monkeypatch.setattr(registry._residency, "moving", meanwhile)
        assert "reset" in await refused(registry.create_branch(None, run.id, 3, {}, None), 409)
        assert [status.id for status in registry.statuses()] == ["main", run.id]


async def test_ids_are_not_given_again_though_nothing_is_left_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.room.UNDO_SECONDS", -1.0)
    async with kept(tmp_path) as registry:
        first, second = [await registry.create(None, CONFIG, None) for _ in range(2)]
        await registry.delete(second.id)
        await registry.delete(first.id)
    async with kept(tmp_path) as registry:
        third = await registry.create(None, CONFIG, None)
        assert third.id not in (first.id, second.id)


async def test_a_branch_whose_beginning_is_damaged_is_not_computed_from_anothers_past(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        main = await registry.get("main")
        await main.step(20)
        run = await registry.create_branch(None, "main", 10, {"optimizer": "momentum"}, None)
        await run.step(5)
        there = state_of(run.snapshot)
    connection = sqlite3.connect(tmp_path / "runs.sqlite3")
    with connection:
        connection.execute("UPDATE snapshots SET data = x'00' WHERE run_id = ? AND iteration = 10", (run.id,))
    connection.close()
    async with kept(tmp_path) as registry:
        back = await registry.get(run.id)
        assert {**state_of(back.snapshot), "trace": 0} == {**there, "trace": 0}
        assert "damaged" in await refused(back.travel.moment(12), 404)
        assert (await back.travel.moment(7)).iteration == 7


async def test_at_the_end_all_is_kept_and_nothing_new_is_taken(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        main = await registry.get("main")
        await main.start()
        step = await registry.create(None, CONFIG, None)
        stepping = asyncio.create_task(step.step(LONG))
        await until(lambda: step.snapshot.iteration > 0)
        await registry.close()
        await stepping
        late = (registry.create(None, CONFIG, None), registry.delete(step.id), main.start(), step.step(1), main.pause())
        for command in late:
            assert "about to end" in await refused(command, 503)
        await registry.close()
    async with kept(tmp_path) as registry:
        back = [await registry.get(run.id) for run in (main, step)]
        assert [run.snapshot.iteration for run in back] == [main.snapshot.iteration, step.snapshot.iteration]
        assert [run.detail for run in back] == [STOPPED, None]


async def test_main_begins_anew_where_nothing_of_it_can_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept(tmp_path) as registry:
        await (await registry.get("main")).step(5)
    connection = sqlite3.connect(tmp_path / "runs.sqlite3")
    with connection:
        connection.execute("UPDATE snapshots SET data = x'00'")
    connection.close()
    async with kept(tmp_path) as registry:
        main = await registry.get("main")
        assert (main.state, main.snapshot.iteration) == ("ready", 0)
    assert "damaged on disk" in caplog.text


@pytest.mark.parametrize("told", [True, False], ids=["when told", "by itself"])
async def test_where_the_errors_can_not_be_written_training_rests_and_goes_on_bit_by_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    monkeypatch.setattr("app.services.live_run.ROOM_SECONDS", 0.02)
    async with kept(tmp_path) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(10)
        store = ErrorSeries.store

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(ErrorSeries, "store", full)
        assert "No space left" in await refused(run.step(5))
        await run.start()
        await until(lambda: run.state == "paused")
        assert run.detail is not None
        assert "No space left" in run.detail
        monkeypatch.setattr(ErrorSeries, "store", store)
        if told:
            await run.step(30)
            assert (run.snapshot.iteration, run.status().detail) == (40, None)
        else:
            await until(lambda: run.state == "running" and run.snapshot.iteration > 10)
            await run.pause()
        as_trained(run)
        assert run.idle
