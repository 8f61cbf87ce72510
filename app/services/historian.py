"""Looks at the networks of all runs at their scheduled moments, in the background: training goes first.

One thread for the whole server. What trains hands over the weights of its scheduled moments, which wait there to be
looked at. What nobody handed over is computed again from a keyframe: the early moments of a run that trains at full
speed, those of a run that was stored before they were looked at, those that a branch takes over from its parent.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Protocol, TypeVar

import numpy as np

from app.refusals import Refusal
from app.scheduling import yield_to_others
from app.services.compiler import Compiler
from app.services.cores import Cores
from app.services.error_series import ErrorSeries
from app.services.history import History, Weights
from app.services.keeper import ending
from app.services.keyframes import Keyframes
from app.services.replay import last_sound
from rnn_core import Trainer
from rnn_core.assessment.accuracy import accuracy_of
from rnn_core.snapshot import Snapshot
from rnn_core.travel import follow, recompute
from rnn_core.types import Array

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_SECONDS = 0.1
"""Between two looks whether there is something to do."""

FULL = 0.5
"""Cores that training takes before it counts as training at full speed."""

LITTLE = 0.015
"""The share of the time that is worked in while something trains at full speed."""

WINDOW_SECONDS = 0.03
"""Over so long it is measured what training takes."""

PIECE_COST = 2**22
"""What is computed again in one go, in iterations times their cost: about a millisecond."""

MOST_COST = 2**34
"""What may be computed again for one place, in the same measure: some seconds. What takes longer stays unknown."""


class Recorded(Protocol):
    """A run, as far as its history goes."""

    id: str
    snapshot: Snapshot
    errors: ErrorSeries
    keyframes: Keyframes
    history: History

    def check(self) -> None:
        """See that the run is still there."""
        ...

    async def keyframe(self, iteration: int) -> Snapshot | None:
        """A keyframe that is on disk; None where it is damaged."""
        ...


class Lost(Exception):
    """An accuracy that can't be known: the keyframe is damaged, or what is computed again is not what the run did."""


class Thrift:
    """How much of the time the background may work: what training leaves, and little while that runs at full speed."""

    def __init__(self, cores: Cores) -> None:
        self._cores = cores
        self._seen, self._worked = time.monotonic(), cores.worked
        self._taken = 0.0
        self._debt = 0.0

    def _share(self) -> float:
        now, worked = time.monotonic(), self._cores.worked
        if now - self._seen >= WINDOW_SECONDS:
            self._taken = (worked - self._worked) / (now - self._seen)
            self._seen, self._worked = now, worked
        return LITTLE if self._taken > FULL else 1.0 - self._taken

    def work(self, do: Callable[[], T], check: Callable[[], None]) -> T:
        """Wait for what was done before, then do something. `check` is called meanwhile; what it raises ends it."""
        self._rest(check)
        began = time.monotonic()  # where others use the cores, too, it is in training's way for longer than it computes
        try:
            return do()
        finally:
            self._debt += time.monotonic() - began

    def _rest(self, check: Callable[[], None]) -> None:
        """Work of t seconds at a share s of a core is followed by t / s - t without work."""
        waited = 0.0
        while True:
            check()
            rest = self._debt * (1.0 / self._share() - 1.0) - waited
            if rest <= 0.0:
                self._debt = 0.0
                return
            began = time.monotonic()
            time.sleep(min(rest, WINDOW_SECONDS))
            waited += time.monotonic() - began


@dataclass(eq=False)
class Walk:
    """A way through the past of a run that is under way, from a keyframe to before the next.

    Attributes:
        history: the one it is for; a reset gives the run another.
        trainer: where it has come to.
        stop: where the next keyframe stands, or None.
    """

    history: History
    trainer: Trainer
    stop: int | None

    def leads_to(self, place: int) -> bool:
        """Whether that lies before it."""
        return self.trainer.iteration <= place and (self.stop is None or place < self.stop)


class Historian:
    """Completes the histories of runs, one point at a time."""

    def __init__(self, cores: Cores, compiler: Compiler) -> None:
        """Begin with nothing to do. `cores` are the threads that train, which go first."""
        self._compiler = compiler
        self._thrift = Thrift(cores)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="historian", initializer=yield_to_others)
        self._turns = count(1)
        self._task: asyncio.Task[None] | None = None
        self._walk: Walk | None = None
        self._ended = False

    def watch(self, runs: Callable[[], Iterable[Recorded]]) -> None:
        """Complete the histories of these runs, from now on."""
        self._task = asyncio.create_task(self._work(runs), name="complete histories")

    async def close(self) -> None:
        """Let go of what is under way; for the server's end."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work(self, runs: Callable[[], Iterable[Recorded]]) -> None:
        while True:
            if not await self._do_one(list(runs())):
                await asyncio.sleep(LOOK_SECONDS)

    async def _do_one(self, runs: Sequence[Recorded]) -> bool:
        """See to one point, of the run that was seen to least lately; whether there was one.

        Runs whose engine is not ready wait: nothing is compiled for this alone.
        """
        ready = sorted((run for run in runs if self._engine(run)), key=lambda run: run.history.turn)
        for run in ready:
            if run.history.waiting:
                place, weights = run.history.next_waiting()
                await self._settle(run, [place], partial(self._look, run, weights))
                return True
        lacking = {run.history: (run, missing) for run in ready if (missing := run.history.missing(run.snapshot))}
        if self._walk is not None:
            # It goes on to its end: begun anew for every point it would cost more.
            walked = lacking.get(self._walk.history)
            ahead = [place for place in walked[1] if self._walk.leads_to(place)] if walked else []
            if walked and ahead:
                await self._settle(walked[0], ahead, partial(self._go, walked[0], self._walk, ahead[0]))
                return True
            self._walk = None
        for run, missing in lacking.values():
            await self._begin(run, missing)
            return True
        return False

    def _engine(self, run: Recorded) -> str | None:
        return self._compiler.ready(run.snapshot.config)

    async def _begin(self, run: Recorded, missing: Sequence[int]) -> None:
        """See to the first missing point after the last keyframe that has any after it."""
        history, snapshot = run.history, run.snapshot
        if missing[0] < run.keyframes.first:
            history.give_up([place for place in missing if place < run.keyframes.first])
            return
        if missing[-1] == snapshot.iteration:
            await self._settle(run, missing[-1:], partial(self._look, run, snapshot.parameters))
            return
        keyframes = run.keyframes.until(snapshot.iteration)
        start = run.keyframes.latest(missing[-1])[0]
        stop = next((place for place, _ in keyframes if place > start), None)
        ahead = [place for place in missing if place >= start]

        async def walk() -> float:
            keyframe = await self._keyframe(run, start)
            trainer = recompute(keyframe, keyframe.iteration, snapshot.changes, self._engine(run))
            self._walk = Walk(history, trainer, stop)
            return await self._go(run, self._walk, ahead[0])

        await self._settle(run, ahead, walk)

    async def _keyframe(self, run: Recorded, start: int) -> Snapshot:
        """The keyframe there or, where that is damaged, one before it of the same training.

        Raises:
            Lost: there is none.
            Refusal: the run is gone, or was reset.
        """
        history = run.history

        async def fetch(place: int) -> Snapshot | None:
            keyframe = await run.keyframe(place)
            self._check(run, history)  # on disk may be another generation's by now
            return keyframe

        keyframe = await last_sound(run.keyframes.before(start + 1), run.snapshot.config.to_dict(), fetch)
        if keyframe is None:
            raise Lost(f"what could be computed again from iteration {start} on is damaged")
        return keyframe

    async def _settle(self, run: Recorded, places: Sequence[int], find: Callable[[], Awaitable[float]]) -> None:
        """Find the accuracy at the first of these places; where that can't be, give all of them up."""
        history = run.history
        history.turn = next(self._turns)
        try:
            share = await find()
        except Refusal:  # the run is gone, or was reset
            self._walk = None
        except Exception as error:
            self._walk = None
            history.give_up(places)
            if isinstance(error, Lost):  # as of a run that another machine has trained: its answers say so
                logger.info("run %s: no accuracy at %s moments from %s on: %s", run.id, len(places), places[0], error)
            else:
                logger.exception("run %s: no accuracy at %s moments from %s on", run.id, len(places), places[0])
        else:
            history.add(places[0], share)

    async def _look(self, run: Recorded, weights: Weights) -> float:
        """The accuracy of a network that is at hand."""
        config, engine = run.snapshot.config, self._engine(run)
        look = partial(accuracy_of, config, weights, engine)
        return await self._computed(run, partial(self._thrift.work, look))

    async def _go(self, run: Recorded, walk: Walk, place: int) -> float:
        """The accuracy at a place that a walk leads to.

        Raises:
            Lost: it takes too long, or it is not the way that the run went.
        """
        trainer, changes, series, engine = walk.trainer, run.snapshot.changes, run.errors, self._engine(run)
        if (place - trainer.iteration) * trainer.config.cost > MOST_COST:
            raise Lost("it would take too long")
        piece = max(1, PIECE_COST // trainer.config.cost)

        def work(check: Callable[[], None]) -> float:
            while trainer.iteration < place:
                begun, goal = trainer.iteration, min(trainer.iteration + piece, place)
                errors = self._thrift.work(partial(follow, trainer, goal, changes), check)
                if not _agree(errors, begun, series):
                    raise Lost(f"computed again, the iterations from {begun} to {goal} have other errors")
            return self._thrift.work(partial(accuracy_of, trainer.config, trainer.parameters, engine), check)

        return await self._computed(run, work)

    async def _computed(self, run: Recorded, work: Callable[[Callable[[], None]], float]) -> float:
        """What `work` finds in the thread, given a check to call again and again.

        Raises:
            Refusal: the run is gone, or was reset.
        """
        check = partial(self._check, run, run.history)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, check)

    def _check(self, run: Recorded, history: History) -> None:
        run.check()
        if self._ended or run.history is not history:
            raise ending()


def _agree(errors: Array, start: int, series: ErrorSeries) -> bool:
    """Whether errors that were computed again, from iteration `start` on, are those of the series where it has them."""
    stop = start + len(errors)
    return start < series.first or not series.is_exact(start, stop) or np.array_equal(errors, series.slice(start, stop))
