"""Training of one run in the background: slices in threads, waits between them, and readiness of the engine."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

from app.refusals import Unstored
from app.run_state import RunState
from app.services.audience import Audience
from app.services.compiler import Compiler
from app.services.cores import Cores, Share
from app.services.error_series import ErrorSeries
from app.services.history import Weights, advance
from app.services.pacer import Pacer
from app.services.rate_meter import RateMeter
from rnn_core import Trainer
from rnn_core.provenance import provenance
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

logger = logging.getLogger(__name__)

Met = list[tuple[int, Weights]]
"""Iterations at which the accuracy is to be looked at, and the weights there."""

Worked = tuple[int, Snapshot, Met, float]
"""What became of a slice of training; see `_work`."""


class Trained(Protocol):
    """A run, as far as its training goes."""

    id: str
    name: str
    life: RunState
    snapshot: Snapshot
    errors: ErrorSeries
    audience: Audience

    def take(self, done: int, snapshot: Snapshot, met: Met) -> None:
        """A slice is done: so many iterations, after which it stands there."""
        ...

    def keep_moment(self) -> None:
        """Keep where it stands, to go back to."""
        ...

    def rest_by_itself(self) -> None:
        """Say that training has ended, though nobody told it to."""
        ...

    def await_room(self) -> None:
        """Have it train on once its errors can be written again."""
        ...


class TrainingLoop:
    """Trains a run: on and on, or some iterations. It knows no commands; those come one at a time from the run.

    Attributes:
        trainer: what trains. In a thread while a slice is under way; else on the event loop.
        pacer: how fast.
    """

    def __init__(self, run: Trained, cores: Cores, compiler: Compiler, speed: float | None) -> None:
        """Train `run`, once it is told to, from wherever it stands."""
        self.pacer = Pacer(speed)
        self._run = run
        self._cores = cores
        self._compiler = compiler
        self._share = Share()
        self._meter = RateMeter()
        self._task: asyncio.Task[None] | None = None
        self._queued: Future[Worked] | None = None
        self._halting = False
        self._wake = asyncio.Event()
        self.trainer = Trainer.restore(run.snapshot, compiler.default)

    def stand(self, snapshot: Snapshot) -> None:
        """Train on from there, with the engine as before."""
        self.trainer = Trainer.restore(snapshot, self.trainer.engine)

    def begin_anew(self, snapshot: Snapshot) -> None:
        """Train from there, another beginning, at the same speed; the engine is not known yet."""
        self.pacer = Pacer(self.pacer.speed)
        self.trainer = Trainer.restore(snapshot, self._compiler.default)

    @property
    def rate(self) -> float:
        """Iterations a second, measured over the last second of running; else 0."""
        if not self._run.life.running:
            return 0.0
        rate = self._meter.rate(time.monotonic())
        # Right after a start there is little to measure; but no run is faster than it is told to be.
        return round(rate if self.pacer.speed is None else min(rate, self.pacer.speed), 1)

    def set_speed(self, speed: float | None) -> None:
        """Go on at another speed, at once."""
        self.pacer.set_speed(speed, time.monotonic())
        self.wake()

    def wake(self) -> None:
        """Look again whether to go on: something has changed."""
        self._wake.set()

    def end_soon(self) -> None:
        """The run is gone: wait for nothing, not for a thread either."""
        self.wake()
        if self._queued is not None:
            self._queued.cancel()

    def start(self) -> None:
        """Train on and on, until halted; the first iteration is due at once."""
        self.pacer.start(time.monotonic())
        self.launch()

    def launch(self) -> None:
        """Train on and on, until halted."""
        self._meter.clear()
        self._meter.mark(time.monotonic(), self._run.snapshot.iteration)
        self._task = asyncio.create_task(self._train(), name=f"train {self._run.id}")

    async def halt(self) -> None:
        """End the training task after the slice under way. The run's state stays as it is."""
        if self._task is not None:
            self._halting = True
            self.wake()
            if self._queued is not None:
                self._queued.cancel()  # a slice that waits for a thread need not be waited for
            await self._task
            self._task = None
            self._halting = False

    async def do(self, iterations: int, goes_on: Callable[[], bool]) -> None:
        """Do so many iterations at full speed, as far as the run comes, and as long as `goes_on()`.

        Raises:
            Refusal: `Unstored` where errors can't be written.
        """
        run, pacer, target = self._run, Pacer(None), self._run.snapshot.iteration + iterations
        await self._ready_the_engine()
        while run.life.resting and run.snapshot.iteration < target and goes_on():
            run.audience.publish_if_due(run.snapshot.iteration)
            await self._slice(pacer, target - run.snapshot.iteration)

    def fail(self, error: Exception) -> None:
        """The trainer failed: say so, and keep the rest for the log."""
        log_id = secrets.token_hex(4)
        logger.error("%s: run %s failed", log_id, self._run.id, exc_info=error)
        self._run.life.fail(type(error).__name__, log_id)

    async def _train(self) -> None:
        run = self._run
        try:
            await self._ready_the_engine()
            while run.life.running and not self._halting:
                seconds = self.pacer.wait(time.monotonic())
                if seconds > 0:
                    await self._sleep(seconds)
                    continue
                await self._slice(self.pacer, self.pacer.take(time.monotonic()))
                if run.life.running:
                    run.audience.publish_if_due(run.snapshot.iteration)
                # Also where slices end as fast as they begin, others get their turn.
                await asyncio.sleep(0)
        except Unstored as refusal:
            run.life.pause(refusal.detail, passing=True)
            run.await_room()
        except Exception as error:
            self.fail(error)
        if not run.life.running:
            run.rest_by_itself()

    async def _ready_the_engine(self) -> None:
        """Wait until the engine is compiled, or the run is told to stop."""
        run = self._run
        engine = self._compiler.prepare(run.snapshot.config)
        while not engine.done() and not self._halting and run.life.gone is None:
            self._wake.clear()
            woken = asyncio.create_task(self._wake.wait())
            waits: set[asyncio.Future[Any]] = {engine, woken}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            self.pacer.start(time.monotonic())
        if engine.done() and engine.result() != self.trainer.engine:
            self.trainer = Trainer.restore(self.trainer.snapshot(), engine.result())
        if engine.done() and run.snapshot.provenance != provenance(self.trainer.engine):
            run.keep_moment()  # what comes is computed in another way than what came before

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
        """Train in a thread, and hand the result over."""
        run = self._run
        iterations = min(iterations, pacer.budget)
        # At full speed a stop in every other slice is cheap; where there is time to spare, any number are.
        apart = 2 * pacer.budget if iterations > pacer.budget // 2 else 0
        work = partial(_work, self.trainer, run.errors, iterations, apart)
        self._queued = self._cores.submit_for(self._share, work)
        try:
            done, snapshot, met, seconds = await asyncio.wrap_future(self._queued)
        except asyncio.CancelledError:
            unwanted = self._halting or self._run.life.gone is not None
            if unwanted and self._queued is not None and self._queued.cancelled():
                return
            raise
        except OSError as error:  # the errors could not be written: as if the slice had not been
            self.stand(run.snapshot)
            detail = Text(
                "{name} is paused, for its errors can't be written: {error}. Training goes on by itself when they can.",
                name=run.name,
                error=error.strerror or str(error),
            )
            raise Unstored(detail) from None
        finally:
            self._queued = None
        pacer.measured(done, seconds)
        self._meter.mark(time.monotonic(), snapshot.iteration)
        run.take(done, snapshot, met)
        if snapshot.diverged:
            run.life.diverge(snapshot.iteration)
        elif snapshot.iteration >= snapshot.config.max_iterations:
            run.life.finish(snapshot.config.max_iterations)


def _work(trainer: Trainer, series: ErrorSeries, iterations: int, apart: int) -> Worked:
    """One slice, in a thread: how many iterations were done, where the trainer stands, the weights at scheduled moments
    on the way but for those that lie closer than `apart` iterations together, and the seconds it took.
    """
    began = time.perf_counter()
    errors, met = advance(trainer, iterations, apart)
    series.store(errors)  # here, since a disk may take longer than the event loop should wait
    return len(errors), trainer.snapshot(), met, time.perf_counter() - began
