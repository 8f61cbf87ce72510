"""A run that lives on the server: its commands, its training in the background, and those who watch it."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any

from app.frames import MAX_ERRORS, encode_frame
from app.messages import Accuracy, RunStatus, State, WrongAnswer
from app.problems import Problem
from app.services.compiler import Compiler
from app.services.error_series import ErrorSeries
from app.services.pacer import Pacer
from app.services.rate_meter import RateMeter
from app.services.viewer import Viewer
from rnn_core import Evaluation, Prediction, Trainer, TrainingConfig, evaluate
from rnn_core.config import checked_learning_rate
from rnn_core.prediction import Forward, predict
from rnn_core.snapshot import Snapshot
from rnn_core.types import Array

logger = logging.getLogger(__name__)

SHARED_SECONDS = 0.25
"""For so long an evaluation serves all who ask while the run goes on."""

MAX_ACCURACIES = 1000
"""Evaluations remembered; of more, every other one is forgotten."""

FRAME_SECONDS = 1 / 30
"""Frames are published at most this often."""


class LiveRun:
    """One run. All methods run on the event loop; only `_work` runs in the executor's threads.

    Between slices of training the run takes over an immutable snapshot; predictions, frames and checkpoints read that
    and nothing else. Commands are taken one at a time.

    Attributes:
        id: as in its address.
        name: as people call it.
        state: as in the table of the design.
        detail: why it stopped, or None.
        generation: counts resets.
        snapshot: where it stands.
        errors: of all iterations of this generation.
        viewers: who watches.
    """

    def __init__(
        self,
        run_id: str,
        name: str,
        config: TrainingConfig,
        *,
        speed: float | None,
        executor: Executor,
        compiler: Compiler,
    ) -> None:
        self.id = run_id
        self.name = name
        self.state: State = "ready"
        self.detail: str | None = None
        self.generation = 0
        self.viewers: set[Viewer] = set()
        self._executor = executor
        self._compiler = compiler
        self._evaluation: asyncio.Task[Accuracy] | None = None
        self._pacer = Pacer(speed)
        self._meter = RateMeter()
        self._commands = asyncio.Lock()
        self._loop_task: asyncio.Task[None] | None = None
        self._queued: Future[tuple[int, Snapshot, float]] | None = None
        self._halting = False
        self._deleted = False
        self._wake = asyncio.Event()
        self._published_at = 0.0
        self._evaluated, self._evaluated_at = (-1, -1), 0.0
        self._begin(config)

    def _begin(self, config: TrainingConfig) -> None:
        self._trainer = Trainer(config, self._compiler.default)
        self.snapshot: Snapshot = self._trainer.snapshot()
        self.errors = ErrorSeries()
        self._accuracies: list[tuple[int, float]] = []
        self._published_iteration = 0

    # What is asked of a run

    @property
    def speed(self) -> float | None:
        """Iterations a second while running; None is unlimited."""
        return self._pacer.speed

    def status(self) -> RunStatus:
        """Where the run stands."""
        snapshot = self.snapshot
        return RunStatus.model_construct(
            id=self.id,
            name=self.name,
            state=self.state,
            generation=self.generation,
            iteration=snapshot.iteration,
            config=snapshot.config.to_dict(),
            changes=list(snapshot.changes),
            learning_rate=snapshot.learning_rate,
            speed=self.speed,
            error=None if snapshot.trace is None else snapshot.trace.error,
            iterations_per_second=self._rate(),
            viewers=len(self.viewers),
            detail=self.detail,
        )

    def predict(self, a: int | None, b: int | None = None, c: int | None = None) -> Prediction:
        """What the network answers now.

        Raises:
            OperandError: these are no problem of the run's task.
        """
        config = self.snapshot.config
        return predict(config, self.snapshot.parameters, a, b, c, forward=self._compiler.forward(config))

    async def accuracy(self) -> Accuracy:
        """How much of its task the network gets right now, over all problems; computed once an iteration."""
        here = (self.generation, self.snapshot.iteration)
        now = time.monotonic()
        fresh = self.state == "running" and self._evaluated[0] == here[0] and now < self._evaluated_at + SHARED_SECONDS
        if self._evaluation is None or not (fresh or self._evaluated == here):
            self._evaluated, self._evaluated_at = here, now
            self._evaluation = asyncio.create_task(self._evaluate(self.snapshot, self.generation))
        return await asyncio.shield(self._evaluation)

    async def _evaluate(self, snapshot: Snapshot, generation: int) -> Accuracy:
        engine = await asyncio.shield(self._compiler.prepare(snapshot.config))
        loop = asyncio.get_running_loop()
        found, worst = await loop.run_in_executor(
            self._executor, _evaluate, snapshot, engine, self._compiler.forward(snapshot.config)
        )
        history = self._accuracies if generation == self.generation else []
        if not history or history[-1][0] < snapshot.iteration:
            history.append((snapshot.iteration, found.accuracy))
        if len(history) > MAX_ACCURACIES:
            del history[1:-1:2]
        return Accuracy(
            run=self.id,
            generation=generation,
            iteration=snapshot.iteration,
            problems=found.problems,
            sampled=found.sampled,
            accuracy=found.accuracy,
            bit_accuracy=found.bit_accuracy.tolist(),
            worst=worst,
            history=list(history),
        )

    def _rate(self) -> float:
        if self.state != "running":
            return 0.0
        rate = self._meter.rate(time.monotonic())
        # Right after a start there is little to measure; but no run is faster than it is told to be.
        return round(rate if self.speed is None else min(rate, self.speed), 1)

    # Commands

    async def start(self) -> None:
        """Train on, until paused, finished or diverged.

        Raises:
            Problem: 409 where there is nothing left to train.
        """
        async with self._command():
            if self.state == "running":
                return
            if self.state not in ("ready", "paused"):
                raise self._conflict("start", "Reset it first.")
            self.state = "running"
            self._announce()
            self._launch()

    async def pause(self) -> None:
        """Stop training after the slice under way. Without effect where nothing runs."""
        async with self._command():
            await self._halt()
            if self.state == "running":
                self.state = "paused"
                self._announce()
                self._publish()

    async def step(self, iterations: int) -> None:
        """Do that many iterations, or as many as are left, at full speed.

        Raises:
            Problem: 409 where the run is running or there is nothing left to train.
        """
        async with self._command():
            if self.state not in ("ready", "paused"):
                raise self._conflict("step", "Pause it first." if self.state == "running" else "Reset it first.")
            target = self.snapshot.iteration + iterations
            pacer = Pacer(None)
            try:
                await self._ready_the_engine()
                while self.state in ("ready", "paused") and self.snapshot.iteration < target and not self._deleted:
                    self._publish_if_due()
                    await self._slice(pacer, target - self.snapshot.iteration)
            except Exception as error:
                self._fail(error)
            if self.state == "ready":
                self.state = "paused"  # not before: frames of a state come after its status
            self._announce()
            self._publish()

    async def reset(self, changes: dict[str, Any] | None) -> None:
        """Begin anew, with the run's own config or with `changes` merged onto the default.

        Raises:
            ConfigError: the config is refused; the run goes on as it was.
        """
        config = None if changes is None else TrainingConfig.from_mapping(changes)
        async with self._command():
            await self._halt()
            self._begin(config or self.snapshot.config)
            self._pacer = Pacer(self.speed)
            self.generation += 1
            self.state = "ready"
            self.detail = None
            self._announce()
            self._publish()

    async def change(self, values: dict[str, Any]) -> None:
        """Change `name`, `speed` or `learning_rate`, of which only those given.

        Raises:
            ConfigError: the learning rate is refused; nothing was changed.
        """
        if "learning_rate" in values:
            checked_learning_rate(values["learning_rate"])
        async with self._command():
            if "name" in values:
                self.name = values["name"]
            if "speed" in values:
                self._pacer.set_speed(values["speed"], time.monotonic())
                self._wake.set()
            if "learning_rate" in values:
                await self._halt()
                self._trainer.set_learning_rate(values["learning_rate"])
                self.snapshot = self._trainer.snapshot()
                if self.state == "running":
                    self._launch()
            self._announce()

    async def shut_down(self, code: int, reason: str) -> None:
        """Stop for good, in any state, and close the viewers."""
        self._deleted = True  # ends a step under way
        self._wake.set()
        async with self._commands:
            await self._halt()
            for viewer in self.viewers:
                viewer.close(code, reason)

    @asynccontextmanager
    async def _command(self) -> AsyncIterator[None]:
        """One command at a time; none on a run that is gone."""
        async with self._commands:
            if self._deleted:
                raise Problem(HTTPStatus.NOT_FOUND, f"{self.name} has been deleted.")
            yield

    def _conflict(self, command: str, instead: str) -> Problem:
        why = f" {self.detail}" if self.detail else ""
        return Problem(HTTPStatus.CONFLICT, f"{self.name} is {self.state}, so it can't {command}.{why} {instead}")

    # Training

    def _launch(self) -> None:
        self._meter.clear()
        self._meter.mark(time.monotonic(), self.snapshot.iteration)
        self._loop_task = asyncio.create_task(self._train(), name=f"train {self.id}")

    async def _halt(self) -> None:
        """End the training task after the slice under way. The state stays as it is."""
        if self._loop_task is not None:
            self._halting = True
            self._wake.set()
            if self._queued is not None:
                self._queued.cancel()  # a slice that waits for a thread need not be waited for
            await self._loop_task
            self._loop_task = None
            self._halting = False

    async def _train(self) -> None:
        try:
            await self._ready_the_engine()
            while self.state == "running" and not self._halting:
                seconds = self._pacer.wait(time.monotonic())
                if seconds > 0:
                    await self._sleep(seconds)
                    continue
                await self._slice(self._pacer, self._pacer.take(time.monotonic()))
                if self.state == "running":
                    self._publish_if_due()
                # Also where slices end as fast as they begin, others get their turn.
                await asyncio.sleep(0)
        except Exception as error:
            self._fail(error)
        if self.state != "running":
            self._announce()
            self._publish()

    async def _ready_the_engine(self) -> None:
        """Wait until the engine is compiled, or the run is told to stop."""
        engine = self._compiler.prepare(self.snapshot.config)
        while not engine.done() and not self._halting and not self._deleted:
            self._wake.clear()
            woken = asyncio.create_task(self._wake.wait())
            await asyncio.wait({engine, woken}, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
        if engine.done() and engine.result() != self._trainer.engine:
            self._trainer = Trainer.restore(self._trainer.snapshot(), engine.result())
        self._pacer.start(time.monotonic())

    async def _sleep(self, seconds: float) -> None:
        """Wait until iterations are due, or something changed."""
        self._wake.clear()
        if self._halting:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _slice(self, pacer: Pacer, iterations: int) -> None:
        """Train in the executor, and take over the result."""
        iterations = min(iterations, pacer.budget)
        self._queued = self._executor.submit(_work, self._trainer, self.errors, iterations)
        try:
            done, snapshot, seconds = await asyncio.wrap_future(self._queued)
        except asyncio.CancelledError:
            if self._halting and self._queued is not None and self._queued.cancelled():
                return
            raise
        finally:
            self._queued = None
        pacer.measured(done, seconds)
        self.snapshot = snapshot
        self.errors.reveal(done)
        self._meter.mark(time.monotonic(), snapshot.iteration)
        if snapshot.diverged:
            self.state = "diverged"
            self.detail = (
                f"Iteration {snapshot.iteration} was undone, because its numbers would not be finite. "
                "A smaller learning rate may help."
            )
        elif snapshot.iteration >= snapshot.config.max_iterations:
            self.state = "finished"
            self.detail = f"All {snapshot.config.max_iterations} iterations are done."

    def _fail(self, error: Exception) -> None:
        log_id = secrets.token_hex(4)
        logger.error("%s: run %s failed", log_id, self.id, exc_info=error)
        self.state = "failed"
        self.detail = f"The trainer failed ({type(error).__name__}); the server's log tells more under {log_id}."

    # Viewers

    @contextmanager
    def watched_by(self, viewer: Viewer) -> Iterator[None]:
        """Count a viewer in for as long as the context lasts, and tell it where the run stands."""
        if not self.viewers:  # nobody was sent what happened meanwhile, nor will be
            self._published_iteration = self.snapshot.iteration
        self.viewers.add(viewer)
        viewer.tell(self._status_message())
        viewer.show(self._frame(self.errors.slice(0, 0)))
        try:
            yield
        finally:
            self.viewers.discard(viewer)

    def _status_message(self) -> str:
        return f'{{"type":"status","run":{self.status().model_dump_json()}}}'

    def _frame(self, errors: Array) -> bytes:
        return encode_frame(self.snapshot, errors, generation=self.generation, state=self.state, rate=self._rate())

    def _announce(self) -> None:
        """Tell all viewers the status."""
        if self.viewers:
            message = self._status_message()
            for viewer in self.viewers:
                viewer.tell(message)

    def _publish_if_due(self) -> None:
        """Show a frame, where there is something new and the last one was long enough ago."""
        new = self.snapshot.iteration > self._published_iteration
        if new and time.monotonic() - self._published_at >= FRAME_SECONDS:
            self._publish()

    def _publish(self) -> None:
        """Show all viewers a frame, encoded once."""
        if self.viewers:
            here = self.snapshot.iteration
            frame = self._frame(self.errors.slice(max(self._published_iteration, here - MAX_ERRORS), here))
            for viewer in self.viewers:
                viewer.show(frame)
            self._published_iteration = self.snapshot.iteration
            self._published_at = time.monotonic()


def _work(trainer: Trainer, series: ErrorSeries, iterations: int) -> tuple[int, Snapshot, float]:
    """One slice, in a thread: how many iterations were done, where the trainer stands, and the seconds it took."""
    began = time.perf_counter()
    errors = trainer.advance(iterations).errors
    series.store(errors)  # here, since a disk may take longer than the event loop should wait
    return len(errors), trainer.snapshot(), time.perf_counter() - began


def _evaluate(snapshot: Snapshot, engine: str, forward: Forward | None) -> tuple[Evaluation, list[WrongAnswer]]:
    """An evaluation, in a thread, and its worst problems with the network's answers."""
    found = evaluate(snapshot.config, snapshot.parameters, engine)
    worst = []
    for operands, error in zip(found.worst.tolist(), found.worst_errors.tolist(), strict=True):
        answer = predict(snapshot.config, snapshot.parameters, *operands, forward=forward)
        named = {"a": answer.a, "b": answer.b, "c": answer.c}
        worst.append(WrongAnswer(**named, expected=answer.expected, predicted=answer.predicted, error=error))
    return found, worst
