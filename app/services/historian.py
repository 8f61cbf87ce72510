"""Computes the accuracy of all runs at their scheduled moments, and what they get wrong there, in the background.
Training goes first.

The whole server has one thread for this. Training hands over the weights of scheduled moments; they wait in the run's
history. Moments that were not handed over are computed again from a keyframe: the early moments of a run that trains at
full speed, moments of a run that was stored before they were evaluated, and moments that a branch takes over from its
parent.
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

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.accuracy import accuracy_of
from rnn_core.assessment.marks import Marks, marks_in_pieces
from rnn_core.assessment.milestones import floor_of
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot
from rnn_core.travel import follow, recompute
from rnn_core.types import Array

from ..refusals import Refusal
from ..scheduling import yield_to_others
from .compiler import Compiler
from .cores import Cores
from .error_series import ErrorSeries
from .history import History, Weights
from .keeper import ending
from .keyframes import Keyframes
from .replay import last_sound

logger = logging.getLogger(__name__)

T = TypeVar("T")

Found = tuple[float, Marks]
"""What the historian finds out about a moment: the accuracy, and what the network got wrong."""

LOOK_SECONDS = 0.1
"""Seconds between two checks whether there is something to do."""

FULL = 0.5
"""If training uses more cores than this, it counts as training at full speed."""

LITTLE = 0.015
"""The share of the time in which this thread works while a run trains at full speed."""

WINDOW_SECONDS = 0.03
"""Seconds over which the use of the cores by training is measured."""

PIECE_COST = 2**22
"""What is computed again in one piece, in iterations times their cost: about a millisecond."""

MOST_COST = 2**34
"""What may be computed again for one place, in the same unit: some seconds. What takes longer stays unknown."""


class Recorded(Protocol):
    """What the historian needs of a run."""

    id: str
    snapshot: Snapshot
    errors: ErrorSeries
    keyframes: Keyframes
    history: History

    def check(self) -> None:
        """Check that the run still exists."""
        ...

    async def keyframe(self, iteration: int) -> Snapshot | None:
        """A keyframe that is on disk; None if it is damaged."""
        ...

    def find_milestones(self) -> None:
        """Look whether there are new milestones, because the history knows more."""
        ...


class Lost(Exception):
    """An accuracy can't be known: the keyframe is damaged, or the computation gives something else than the run did."""


class Thrift:
    """How much of the time the background may work: the time that training leaves, and little if it leaves none."""

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
        """Rest for the work done before, then call `do`. `check` is called meanwhile; what it raises ends the wait."""
        self._rest(check)
        began = time.monotonic()  # elapsed time: on busy cores this work delays training for longer than it computes
        try:
            return do()
        finally:
            self._debt += time.monotonic() - began

    def _rest(self, check: Callable[[], None]) -> None:
        """After t seconds of work at a share s of a core, rest for t / s - t seconds."""
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
    """A computation through the past of a run that is not done yet, from a keyframe to before the next one.

    Attributes:
        history: the history that it completes; after a reset the run has another.
        trainer: computes the run again, and stands where the walk has come to.
        stop: the iteration of the next keyframe, or None.
    """

    history: History
    trainer: Trainer
    stop: int | None

    def leads_to(self, place: int) -> bool:
        """Whether the walk still comes to this iteration."""
        return self.trainer.iteration <= place and (self.stop is None or place < self.stop)


class Historian:
    """Completes the histories of runs, one point at a time."""

    def __init__(self, cores: Cores, compiler: Compiler) -> None:
        """Begin with nothing to do. `cores` are the threads that train; they go first."""
        self._compiler = compiler
        self._thrift = Thrift(cores)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="historian", initializer=yield_to_others)
        self._turns = count(1)
        self._task: asyncio.Task[None] | None = None
        self._walk: Walk | None = None
        self._ended = False

    def watch(self, runs: Callable[[], Iterable[Recorded]]) -> None:
        """From now on, complete the histories of these runs."""
        self._task = asyncio.create_task(self._work(runs), name="complete histories")

    async def close(self) -> None:
        """Stop when the server ends, without finishing the current work."""
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
        """Find one point, of the run that has waited longest. Return whether there was a point to find.

        Runs whose engine is not ready wait: nothing is compiled only for this.
        """
        ready = sorted((run for run in runs if self._engine(run)), key=lambda run: run.history.turn)
        for run in ready:
            if run.history.waiting:
                place, weights = run.history.next_waiting()
                await self._settle(run, [place], partial(self._look, run, weights))
                return True
        lacking = {run.history: (run, missing) for run in ready if (missing := run.history.missing(run.snapshot))}
        if not lacking:  # runs that an earlier version stored have accuracies, and nothing else
            lacking = {run.history: (run, unmarked) for run in ready if (unmarked := run.history.unmarked())}
        if self._walk is not None:
            # The walk goes on to its end: a new walk for every point would cost more.
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
        """Find the first missing point after the latest keyframe that has missing points after it."""
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

        async def walk() -> Found:
            keyframe = await self._keyframe(run, start)
            trainer = recompute(keyframe, keyframe.iteration, snapshot.changes, self._engine(run), snapshot.edits)
            self._walk = Walk(history, trainer, stop)
            return await self._go(run, self._walk, ahead[0])

        await self._settle(run, ahead, walk)

    async def _keyframe(self, run: Recorded, start: int) -> Snapshot:
        """The keyframe at `start` or, if it is damaged, an earlier one of the same training.

        Raises:
            Lost: there is none.
            Refusal: the run is gone, or was reset.
        """
        history = run.history

        async def fetch(place: int) -> Snapshot | None:
            keyframe = await run.keyframe(place)
            self._check(run, history)  # the disk may hold another generation by now
            return keyframe

        keyframe = await last_sound(run.keyframes.before(start + 1), run.snapshot.config.to_dict(), fetch)
        if keyframe is None:
            raise Lost(f"what could be computed again from iteration {start} on is damaged")
        return keyframe

    async def _settle(self, run: Recorded, places: Sequence[int], find: Callable[[], Awaitable[Found]]) -> None:
        """Find the accuracy at the first of these places. If it can't be found, give up all of them."""
        history = run.history
        history.turn = next(self._turns)
        try:
            share, marks = await find()
        except Refusal:  # the run is gone, or was reset
            self._walk = None
            return
        except Exception as error:
            self._walk = None
            history.give_up(places)
            if isinstance(error, Lost):  # for example because another machine trained the run: its answers say so
                logger.info("run %s: no accuracy at %s moments from %s on: %s", run.id, len(places), places[0], error)
            else:
                logger.exception("run %s: no accuracy at %s moments from %s on", run.id, len(places), places[0])
        else:
            history.add(places[0], share, marks)
        run.find_milestones()

    async def _look(self, run: Recorded, weights: Weights) -> Found:
        """The accuracy of the run's network with these weights, and what it gets wrong."""
        config, engine = run.snapshot.config, self._engine(run)
        return await self._computed(run, partial(self._evaluated, config, weights, engine))

    def _evaluated(
        self, config: TrainingConfig, weights: Weights, engine: str | None, check: Callable[[], None]
    ) -> Found:
        """The same, computed in this thread."""
        pieces = _found(config, weights, engine)
        while True:
            try:
                self._thrift.work(partial(next, pieces), check)
            except StopIteration as end:
                found: Found = end.value
                return found

    async def _go(self, run: Recorded, walk: Walk, place: int) -> Found:
        """The same at a place that a walk leads to.

        Raises:
            Lost: it takes too long, or the computation gives other errors than the run had.
        """
        trainer, series, engine = walk.trainer, run.errors, self._engine(run)
        changes, edits = run.snapshot.changes, run.snapshot.edits
        if (place - trainer.iteration) * trainer.config.cost > MOST_COST:
            raise Lost("it would take too long")
        piece = max(1, PIECE_COST // trainer.config.cost)

        def work(check: Callable[[], None]) -> Found:
            while trainer.iteration < place:
                begun, goal = trainer.iteration, min(trainer.iteration + piece, place)
                errors = self._thrift.work(partial(follow, trainer, goal, changes, edits), check)
                if not _agree(errors, begun, series):
                    raise Lost(f"computed again, the iterations from {begun} to {goal} have other errors")
            return self._evaluated(trainer.config, trainer.parameters, engine, check)

        return await self._computed(run, work)

    async def _computed(self, run: Recorded, work: Callable[[Callable[[], None]], Found]) -> Found:
        """What `work` returns in the thread. It gets a check that it has to call again and again.

        Raises:
            Refusal: the run is gone, or was reset.
        """
        check = partial(self._check, run, run.history)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, check)

    def _check(self, run: Recorded, history: History) -> None:
        run.check()
        if self._ended or run.history is not history:
            raise ending()


def _found(config: TrainingConfig, weights: Weights, engine: str | None) -> Pieces[Found]:
    """The accuracy of a network, and what it gets wrong, in pieces."""
    yield
    share = accuracy_of(config, weights, engine)
    yield
    floor_of(config)  # it is kept, so that the event loop need not compute it to find milestones
    marks = yield from marks_in_pieces(config, weights)
    return share, marks


def _agree(errors: Array, start: int, series: ErrorSeries) -> bool:
    """Whether errors computed again, from iteration `start` on, equal the series; True if the series lacks them."""
    stop = start + len(errors)
    return start < series.first or not series.is_exact(start, stop) or np.array_equal(errors, series.slice(start, stop))
