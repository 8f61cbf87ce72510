"""A run without a server: cases that can't be tested over the wire, such as a trainer that breaks."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Timer
from typing import Any

import numpy as np
import pytest

from app.frames import Form
from app.problems import problem_of
from app.refusals import Refusal
from app.services.beginnings import Beginning
from app.services.compiler import Compiler
from app.services.cores import Cores, Share
from app.services.keeper import Keeper
from app.services.live_run import LiveRun
from app.services.viewer import Farewell, Viewer
from rnn_core import Trainer, TrainingConfig
from rnn_core.network.initializers import initial_parameters
from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.snapshot import Snapshot
from rnn_core.trainer import Advance
from tests.app.serving import DIVERGING, LONG
from tests.app.wire import Frame, parse_frame
from tests.patience import PATIENCE

MakeRun = Callable[..., LiveRun]


@pytest.fixture
async def make_run() -> AsyncIterator[MakeRun]:
    """Makes runs, which are shut down after the test."""
    cores = Cores(1)
    compiler = Compiler("numpy")
    runs: list[LiveRun] = []

    def make(speed: float | None = None, **config: Any) -> LiveRun:
        run = LiveRun(
            f"run-{len(runs)}",
            len(runs),
            "A run",
            Beginning.fresh(TrainingConfig(**{"max_iterations": LONG, **config}), "numpy"),
            speed=speed,
            cores=cores,
            compiler=compiler,
            keeper=Keeper(None),
        )
        runs.append(run)
        return run

    yield make
    for run in runs:
        await run.shut_down(Farewell.ENDING, "end")
    cores.shutdown()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.001)


class BrokenTrainer(Trainer):
    """Breaks at a given iteration."""

    breaks_at = 5

    def advance(self, iterations: Any) -> Advance:
        if self.iteration + iterations > self.breaks_at:
            raise ArithmeticError("the abacus jammed")
        return super().advance(iterations)


def broken(run: LiveRun) -> LiveRun:
    run.training.trainer = BrokenTrainer(run.snapshot.config, "numpy")
    return run


@pytest.mark.parametrize("command", ["start", "step"])
async def test_a_trainer_that_breaks_fails_the_run_and_keeps_what_was_done(
    make_run: MakeRun, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = broken(make_run())
    viewer = Viewer()
    with run.watched_by(viewer):
        await run.step(3)
        await (run.start() if command == "start" else run.step(1000))
        await until(lambda: run.state == "failed")
        assert run.snapshot.iteration >= 3
        assert len(run.errors) == run.snapshot.iteration
        assert run.detail is not None
        assert "ArithmeticError" in run.detail
        assert "abacus" not in run.detail, "the text of an inner error is for the log"
        assert "abacus" in caplog.text
        assert run.predict(9, 60).expected == 69
        for forbidden in (run.start(), run.step(1)):
            with pytest.raises(Refusal) as problem:
                await forbidden
            assert problem_of(problem.value).status == 409
            assert "Reset" in problem.value.detail
        await run.pause()
        assert run.state == "failed"
        texts = [item for item in [await viewer.next() for _ in range(len(viewer._texts))] if isinstance(item, str)]
        assert '"state":"failed"' in texts[-1]
        last = await viewer.next()
        assert isinstance(last, bytes)
        assert parse_frame(last).state == "failed"
    await run.reset(None)
    assert run.status().model_dump() | {"state": "ready", "detail": None, "generation": 1} == run.status().model_dump()
    await run.step(10)
    assert run.snapshot.iteration == 10


async def test_a_failed_run_leaves_others_alone(make_run: MakeRun, caplog: pytest.LogCaptureFixture) -> None:
    bad, good = broken(make_run()), make_run()
    await asyncio.gather(bad.start(), good.start())
    await until(lambda: bad.state == "failed")
    here = good.snapshot.iteration
    await until(lambda: good.snapshot.iteration > here)
    await good.pause()
    assert good.state == "paused"


async def test_a_reset_draws_its_weights_once(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()
    await run.step(5)
    drawn, draw = [], initial_parameters

    def counted(shapes: Shapes, init: str, random: np.random.RandomState) -> Parameters:
        drawn.append(init)
        return draw(shapes, init, random)

    monkeypatch.setattr("rnn_core.trainer.initial_parameters", counted)
    await run.reset({"seed": 3})
    assert drawn == ["uniform"]
    expected = Trainer(TrainingConfig(seed=3), "numpy").parameters
    for name, weights in run.snapshot.parameters.items():
        np.testing.assert_array_equal(weights, expected[name])
    await run.step(5)
    assert run.snapshot.iteration == 5


async def test_a_snapshot_does_not_change_while_the_run_goes_on(make_run: MakeRun) -> None:
    run = make_run()
    await run.step(10)
    snapshot = run.snapshot
    before = {name: weights.copy() for name, weights in snapshot.parameters.items()}
    await run.step(500)
    assert snapshot.iteration == 10
    for name, weights in before.items():
        np.testing.assert_array_equal(snapshot.parameters[name], weights)


async def test_however_a_run_is_commanded_its_numbers_are_the_trainers(make_run: MakeRun) -> None:
    run = make_run()
    await run.step(7)
    await run.start()
    await until(lambda: run.snapshot.iteration > 50)
    await run.change({"speed": 1000.0})
    await run.change({"learning_rate": 0.2})
    at = run.snapshot.iteration
    await until(lambda: run.snapshot.iteration > at + 20)
    await run.pause()
    await run.step(3)
    trainer = Trainer(run.snapshot.config, "numpy")
    errors = trainer.advance(at).errors.tolist()
    trainer.set_learning_rate(0.2)
    errors += trainer.advance(run.snapshot.iteration - at).errors.tolist()
    assert run.errors.slice(0, len(run.errors)).tolist() == errors


async def test_a_step_shorter_than_a_frames_interval_is_published_once(make_run: MakeRun) -> None:
    run = make_run()
    shown: list[Frame] = []

    class Noting(Viewer):
        def show(self, frame: bytes, form: Form = Form.PLAIN) -> None:
            shown.append(parse_frame(frame))

    with run.watched_by(Noting()):
        for done in range(1, 6):
            await run.step(1)
            assert [frame.iteration for frame in shown] == list(range(done + 1))
    assert [frame.errors.size for frame in shown] == [0, 1, 1, 1, 1, 1]


async def test_nothing_is_encoded_while_nobody_watches(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> bytes:
        raise AssertionError("a frame was encoded")

    monkeypatch.setattr("app.services.live_run.encode_frame", fail)
    run = make_run()
    await run.start()
    await until(lambda: run.snapshot.iteration > 100)
    await run.pause()
    await run.step(5)
    await run.reset(None)
    assert run.state == "ready"


async def test_a_frame_is_encoded_once_for_all_viewers(make_run: MakeRun) -> None:
    run = make_run()
    got: list[list[bytes]] = [[], [], []]

    class Keeping(Viewer):
        def __init__(self, kept: list[bytes]) -> None:
            super().__init__()
            self.kept = kept

        def show(self, frame: bytes, form: Form = Form.PLAIN) -> None:
            self.kept.append(frame)

    one, two, three = (Keeping(kept) for kept in got)
    with run.watched_by(one), run.watched_by(two), run.watched_by(three):
        await run.step(1)
        assert got[0][-1] is got[1][-1] is got[2][-1]


async def test_a_learning_rate_changes_only_so_often(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.live_run.MAX_RECORDED", 3)
    run = make_run(speed=None, hidden_size=2, bits=2)
    for rate in (0.2, 0.3, 0.4):
        await run.change({"learning_rate": rate})
        await run.step(1)
    before = run.snapshot.changes
    assert before == ((0, 0.2), (1, 0.3), (2, 0.4))
    await run.start()
    with pytest.raises(Refusal) as problem:
        await run.change({"learning_rate": 0.5, "name": "Other", "speed": 7.0})
    assert problem_of(problem.value).status == 409
    assert "Reset it" in problem.value.detail
    assert (run.snapshot.changes, run.name, run.speed) == (before, "A run", None), "nothing was changed"
    here = run.snapshot.iteration
    await until(lambda: run.snapshot.iteration > here)
    await run.change({"learning_rate": 0.4, "speed": 7.0})
    assert run.speed == 7.0, "what is so already is no change"
    await run.reset(None)
    await run.change({"learning_rate": 0.5})
    assert run.snapshot.changes == ((0, 0.5),)


async def test_changes_at_one_iteration_are_one(make_run: MakeRun) -> None:
    run = make_run()
    await run.step(5)
    for rate in (0.2, 0.3, 0.2, 0.7):
        await run.change({"learning_rate": rate})
    assert list(run.snapshot.changes) == [(5, 0.7)]
    await run.change({"learning_rate": 0.1})
    assert list(run.snapshot.changes) == [], "it is as it was"


async def test_setting_the_rate_in_force_leaves_the_plan_and_another_takes_its_place(make_run: MakeRun) -> None:
    run = make_run(speed=50)
    run.training.trainer.plan([(1, 0.5), (10**6, 0.7)])
    run.snapshot = run.training.trainer.snapshot()
    await run.start()
    await until(lambda: run.snapshot.iteration > 1)
    await run.change({"learning_rate": 0.5})
    assert run.snapshot.changes == ((1, 0.5), (10**6, 0.7))
    await run.change({"learning_rate": 0.6})
    assert [rate for _, rate in run.snapshot.changes] == [0.5, 0.6]


async def test_however_often_its_speed_changes_a_run_does_no_more_than_time_earns(make_run: MakeRun) -> None:
    run = make_run(speed=300)
    await run.start()
    began, turns = time.monotonic(), 0
    while run.snapshot.iteration < 200 or turns <= 100:
        turns += 1
        await run.change({"speed": (300.0, 301.0)[turns % 2]})
        await asyncio.sleep(0.001)
    assert run.snapshot.iteration <= 1 + 301 * (time.monotonic() - began)


async def test_a_run_that_is_gone_takes_no_commands(make_run: MakeRun) -> None:
    run = make_run()
    await run.start()
    await run.shut_down(Farewell.DELETED, "gone")
    here = run.snapshot.iteration
    for command in (run.start(), run.pause(), run.step(1), run.reset(None), run.change({"speed": 1.0})):
        with pytest.raises(Refusal) as problem:
            await command
        assert problem_of(problem.value).status == 404
    await asyncio.sleep(0)
    assert run.snapshot.iteration == here


async def test_shutting_down_closes_viewers_with_the_code_and_only_once(make_run: MakeRun) -> None:
    run, viewer = make_run(), Viewer()
    with run.watched_by(viewer):
        await run.shut_down(Farewell.DELETED, "gone")
        await run.shut_down(Farewell.ENDING, "end")
        items = [await viewer.next() for _ in range(3)]
        assert items[-1] == (Farewell.DELETED, "gone")


@asynccontextmanager
async def no_thread_free(run: LiveRun) -> AsyncIterator[None]:
    """All who train wait for a thread, as long as this lasts."""
    release = threading.Event()
    blocked = asyncio.wrap_future(run._cores.submit_for(Share(), release.wait))
    try:
        yield
    finally:
        release.set()
        await blocked


async def test_a_pause_in_the_queue_for_a_thread_need_not_wait_for_it(make_run: MakeRun) -> None:
    busy, waiting = make_run(), make_run()
    async with no_thread_free(busy):
        await waiting.start()
        async with asyncio.timeout(PATIENCE):
            await waiting.pause()
        assert (waiting.state, waiting.snapshot.iteration) == ("paused", 0)
    await waiting.step(2)
    assert waiting.snapshot.iteration == 2


async def test_while_a_slow_disk_is_written_to_the_event_loop_goes_on(make_run: MakeRun) -> None:
    run = make_run()
    await run.step(20)
    truth = run.errors.slice(0, 20).tolist()
    viewer = Viewer()
    run.errors._lock.acquire()  # as by a thread that writes errors
    writing = Timer(60, run.errors._lock.release)  # so that the test ends also where the event loop waits
    writing.start()
    try:
        with run.watched_by(viewer):
            run.audience.shown = 15
            run.audience.publish(20)
            assert isinstance(await viewer.next(), str)
            frame = await viewer.next()
        reading = asyncio.create_task(run.travel.errors(3, 7))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not reading.done()
        assert run.errors._lock.locked(), "nobody on the event loop waited until it was released"
    finally:
        writing.cancel()
        if run.errors._lock.locked():
            run.errors._lock.release()
    assert isinstance(frame, bytes)
    assert parse_frame(frame).errors.tolist() == np.float32(truth[15:]).tolist()
    assert (await reading).tolist() == truth[3:7]


async def test_when_a_run_that_would_go_on_by_itself_is_paused_all_who_watch_are_told(make_run: MakeRun) -> None:
    run, viewer = make_run(), Viewer()
    await run.start()
    await run.suspend("The disk is full.")
    with run.watched_by(viewer):
        assert '"detail":"The disk is full."' in viewer._texts[-1]
        viewer._texts.clear()
        assert await run.pause()
        assert len(viewer._texts) == 1
        assert '"detail":null' in viewer._texts[0]
        assert not await run.pause()
        assert len(viewer._texts) == 1, "there is nothing more to tell"
    await run.recover()
    assert run.state == "paused"


async def test_a_run_that_waits_for_its_next_iteration_goes_on_at_once_when_its_speed_changes(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(speed=1e-6)  # the next iteration is due in days
    waits, really = asyncio.Event(), run.training._sleep

    async def noted(seconds: float) -> None:
        waits.set()
        await really(seconds)

    monkeypatch.setattr(run.training, "_sleep", noted)
    await run.start()
    async with asyncio.timeout(PATIENCE):
        await waits.wait()
    assert run.snapshot.iteration == 1, "the first one is due at once"
    await run.change({"speed": None})
    await until(lambda: run.snapshot.iteration > 1)


@pytest.mark.parametrize("command", ["start", "step"])
@pytest.mark.parametrize(
    ("config", "state"), [({"max_iterations": 30}, "finished"), (DIVERGING, "diverged"), ({}, "paused")]
)
async def test_the_moment_after_which_nothing_can_follow_is_kept_and_that_of_a_mere_pause_is_not(
    make_run: MakeRun, config: dict[str, Any], state: str, command: str
) -> None:
    run = make_run(**config)
    if command == "step":
        await run.step(40)
    else:
        await run.start()
        await until(lambda: run.state != "running" or (state == "paused" and run.snapshot.iteration > 0))
        await run.pause()
    assert run.state == state
    assert (run.keyframes.last == run.snapshot.iteration > 0) == (state != "paused")


async def without_trace(run: LiveRun) -> Snapshot:
    """Bring a run to where it stands without the trace of its last iteration, as when it comes from a disk; the same
    moment with its trace.
    """
    await run.step(5)
    whole = run.snapshot
    run.snapshot = replace(whole, trace=None)
    run.training.stand(run.snapshot)
    return whole


async def test_a_last_trace_that_was_computed_again_is_taken_over_and_shown(make_run: MakeRun) -> None:
    run, viewer = make_run(), Viewer()
    whole = await without_trace(run)
    with run.watched_by(viewer):
        viewer._frame = None
        await run.recall(replace(whole, iteration=4))
        assert (run.snapshot.trace, viewer._frame) == (None, None), "of another moment it is not"
        await run.recall(whole)
        assert run.snapshot.trace is whole.trace
        frame = viewer._frame
        assert frame is not None
        viewer._frame = None
        await run.recall(whole)
        assert viewer._frame is None, "what is there need not be shown again"
    await run.step(1)
    assert run.snapshot.iteration == 6


async def test_a_last_trace_that_comes_while_the_run_trains_changes_nothing(make_run: MakeRun) -> None:
    run = make_run()
    whole = await without_trace(run)
    async with no_thread_free(run):
        await run.start()
        trainer, here = run.training.trainer, run.snapshot
        await run.recall(whole)
        assert run.snapshot is here
        assert run.training.trainer is trainer, "which is about to train"
    await until(lambda: run.snapshot.iteration > 5)
    await run.pause()
    alone = Trainer(run.snapshot.config, "numpy")
    assert alone.advance(run.snapshot.iteration).errors.tolist() == run.errors.slice(0, LONG).tolist()


async def test_a_last_trace_that_waited_for_a_step_does_not_take_the_run_back(make_run: MakeRun) -> None:
    run = make_run()
    whole = await without_trace(run)
    async with no_thread_free(run):
        step = asyncio.create_task(run.step(3))
        await until(run._commands.locked)
        recalled = asyncio.create_task(run.recall(whole))
        await asyncio.sleep(0)
    await asyncio.gather(step, recalled)
    assert run.snapshot.iteration == 8
    await run.step(1)
    assert run.snapshot.iteration == len(run.errors) == 9
