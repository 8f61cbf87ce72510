"""Training of one run in the background: slices in threads, waits between them, and the wait for the engine."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

from rnn_core import Trainer
from rnn_core.assessment.understanding import understanding
from rnn_core.provenance import provenance
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

from ..refusals import Unstored
from ..run_state import STORY, RunState, Speed
from .audience import Audience
from .compiler import Compiler
from .cores import Cores, Share
from .error_series import ErrorSeries
from .history import Weights, advance
from .pacer import Pacer
from .rate_meter import RateMeter
from .story import Story

logger = logging.getLogger(__name__)

Met = list[tuple[int, Weights]]
"""Iterations at which the accuracy has to be computed, and the weights there."""

Worked = tuple[int, Snapshot, Met, float, float | None]
"""The result of a slice of training; see `_work`."""


class Trained(Protocol):
    """What training needs of a run."""

    id: str
    name: str
    life: RunState
    snapshot: Snapshot
    errors: ErrorSeries
    audience: Audience

    def take(self, done: int, snapshot: Snapshot, met: Met) -> None:
        """Take over the result of a slice: `done` iterations were done, and the run stands at `snapshot`."""
        ...

    def keep_moment(self) -> None:
        """Keep the current snapshot as a keyframe."""
        ...

    def rest_by_itself(self) -> None:
        """Tell the viewers that training has ended without a command."""
        ...

    def await_room(self) -> None:
        """Train on when the errors can be written again."""
        ...


class TrainingLoop:
    """Trains a run, without end or for some iterations. The run calls it, one command at a time.

    Attributes:
        trainer: trains the network. A thread uses it during a slice; else the event loop does.
        pacer: keeps the speed.
        speed: what was asked for: a number, None for unlimited, or the story, which changes the pacer's speed.
    """

    def __init__(self, run: Trained, cores: Cores, compiler: Compiler, speed: Speed, share: Share) -> None:
        """Train `run` from where it stands, but only after `start`, `launch` or `do`."""
        self._story: Story | None = None
        self._pace(speed)
        self._run = run
        self._cores = cores
        self._compiler = compiler
        self._share = share
        self._meter = RateMeter()
        self._task: asyncio.Task[None] | None = None
        self._queued: Future[Worked] | None = None
        self._halting = False
        self._wake = asyncio.Event()
        self.trainer = Trainer.restore(run.snapshot, compiler.default)

    def _pace(self, speed: Speed) -> None:
        """Begin with this speed."""
        self.speed = speed
        self.pacer = Pacer(self._number(speed))

    def _number(self, speed: Speed) -> float | None:
        """The pacer's speed to begin with. A story begins anew."""
        if speed == STORY:
            self._story = Story()
            return self._story.speed
        self._story = None
        return speed

    def stand(self, snapshot: Snapshot) -> None:
        """Train on from `snapshot`, with the same engine."""
        self.trainer = Trainer.restore(snapshot, self.trainer.engine)

    def begin_anew(self, snapshot: Snapshot) -> None:
        """Train from `snapshot`, a new beginning, at the same speed. The engine is not known yet."""
        self._pace(self.speed)
        self.trainer = Trainer.restore(snapshot, self._compiler.default)

    @property
    def rate(self) -> float:
        """Iterations per second, measured over the last second of running; 0 if the run is not running."""
        if not self._run.life.running:
            return 0.0
        rate = self._meter.rate(time.monotonic())
        # Right after a start the measurement is rough. No run is faster than its speed.
        return round(rate if self._story or self.pacer.speed is None else min(rate, self.pacer.speed), 1)

    def set_speed(self, speed: Speed) -> None:
        """Change the speed at once."""
        self.speed = speed
        self.pacer.set_speed(self._number(speed), time.monotonic())
        self.wake()

    def wake(self) -> None:
        """End a wait, because something has changed."""
        self._wake.set()

    def end_soon(self) -> None:
        """The run is gone: end all waits, also the wait for a thread."""
        self.wake()
        if self._queued is not None:
            self._queued.cancel()

    def start(self) -> None:
        """Train until halted. The first iteration is due at once."""
        self.pacer.start(time.monotonic())
        self.launch()

    def launch(self) -> None:
        """Train until halted."""
        self._meter.clear()
        self._meter.mark(time.monotonic(), self._run.snapshot.iteration)
        self._task = asyncio.create_task(self._train(), name=f"train {self._run.id}")

    async def halt(self) -> None:
        """End the training task after the current slice. The run's state does not change."""
        if self._task is not None:
            self._halting = True
            self.wake()
            if self._queued is not None:
                self._queued.cancel()  # do not wait for a slice that has not begun
            await self._task
            self._task = None
            self._halting = False

    async def do(self, iterations: int, goes_on: Callable[[], bool]) -> None:
        """Do at most `iterations` iterations at full speed, until the run ends or `goes_on()` is false.

        Raises:
            Refusal: `Unstored` if errors can't be written.
        """
        run, pacer, target = self._run, Pacer(None), self._run.snapshot.iteration + iterations
        await self._ready_the_engine()
        while run.life.resting and run.snapshot.iteration < target and goes_on():
            await self._slice(pacer, target - run.snapshot.iteration)

    def fail(self, error: Exception) -> None:
        """The trainer failed: put the details into the log, and the kind of error into the run's state."""
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
                    run.audience.publish_if_due(run.snapshot.iteration)
                    await self._sleep(seconds)
                    continue
                await self._slice(self.pacer, self.pacer.take(time.monotonic()))
                # Give other tasks a turn, even if slices take no time.
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
            run.keep_moment()  # from here on another engine or machine computes

    async def _sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until something changes."""
        self._wake.clear()
        if self._halting:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _slice(self, pacer: Pacer, iterations: int) -> None:
        """Train for one slice in a thread, and give the result to the run. Meanwhile the viewers are sent where the run
        stood before the slice, if a frame is due: training does not wait for that.
        """
        run = self._run
        iterations = min(iterations, pacer.budget)
        # At full speed a stop in every other slice is cheap. At lower speeds any number of stops is.
        apart = 2 * pacer.budget if iterations > pacer.budget // 2 else 0
        story = self._story if pacer is self.pacer else None
        look = story is not None and story.due(time.monotonic())
        work = partial(_work, self.trainer, run.errors, iterations, apart, look)
        self._queued = self._cores.submit_for(self._share, work)
        run.audience.publish_if_due(run.snapshot.iteration)
        try:
            done, snapshot, met, seconds, understood = await asyncio.wrap_future(self._queued)
        except asyncio.CancelledError:
            unwanted = self._halting or self._run.life.gone is not None
            if unwanted and self._queued is not None and self._queued.cancelled():
                return
            raise
        except OSError as error:  # the errors could not be written: go back to before the slice
            self.stand(run.snapshot)
            detail = Text(
                "{name} is paused because its errors can't be written: {error}. Training goes on by itself when they "
                "can.",
                name=run.name,
                error=error.strerror or str(error),
            )
            raise Unstored(detail) from None
        finally:
            self._queued = None
        self._cores.iterations += done
        pacer.measured(done, seconds)
        if story is not None and story is self._story and understood is not None:
            story.look(understood, time.monotonic())
            pacer.set_speed(story.speed, time.monotonic())
        self._meter.mark(time.monotonic(), snapshot.iteration)
        run.take(done, snapshot, met)
        if snapshot.diverged:
            run.life.diverge(snapshot.iteration)
        elif snapshot.iteration >= snapshot.config.max_iterations:
            run.life.finish(snapshot.config.max_iterations)


def _work(trainer: Trainer, series: ErrorSeries, iterations: int, apart: int, look: bool = False) -> Worked:
    """Do one slice, in a thread. Return the number of iterations done, where the trainer stands, the weights at the
    scheduled moments on the way (not of those closer together than `apart` iterations), the seconds it took, and, if
    that is asked for with `look`, how much the network has understood.
    """
    began = time.perf_counter()
    errors, met = advance(trainer, iterations, apart)
    series.store(errors)  # in this thread, because the disk may be slow and the event loop must not wait
    seconds = time.perf_counter() - began
    understood = understanding(trainer.config, trainer.parameters) if look else None
    return len(errors), trainer.snapshot(), met, seconds, understood
