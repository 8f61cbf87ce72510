"""Going back to any moment of a run. The moment is computed again from an earlier keyframe.

This computing is a job. Equal questions share one job. The job is cancelled if nobody waits for the answer any more, or
if the run is reset or deleted.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, Protocol, TypeVar

import numpy as np

from rnn_core import Prediction
from rnn_core.assessment.prediction import predict
from rnn_core.checkpoint import CheckpointError, decode_checkpoint
from rnn_core.pieces import Pieces, in_one
from rnn_core.provenance import provenance
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text
from rnn_core.travel import recompute
from rnn_core.types import Array

from ..refusals import Conflict, Missing
from ..storage.store import STRETCH
from .compiler import Compiler
from .error_series import ErrorSeries
from .jobs import Jobs
from .keeper import Keeper
from .keyframes import Keyframes
from .parting import Differing, Look, Parted
from .recorded import compared_until, pieces_of
from .replay import Replayed, Way, answers_along, last_sound, replayed

logger = logging.getLogger(__name__)

R = TypeVar("R")

REPLAYED = 2**28
"""How much may be computed again to answer one problem at several moments, in iterations times their cost: about a
tenth of a second.
"""

PIECE = 2**16
"""Errors of a long range that are in memory at a time."""


class Travelled(Protocol):
    """What going back needs of a run."""

    id: str
    name: str
    snapshot: Snapshot
    errors: ErrorSeries
    keyframes: Keyframes

    def check(self) -> None:
        """Check that the run still exists."""
        ...

    def predict(self, a: int | None, b: int | None = None, c: int | None = None) -> Prediction:
        """What the network answers now."""
        ...


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a run when a question is asked: all from one generation.

    Attributes:
        snapshot: where the run stands.
        keyframes: moments from which its past is computed again.
        errors: the errors of its iterations so far.
    """

    snapshot: Snapshot
    keyframes: Keyframes
    errors: ErrorSeries


class WasReset(Conflict):
    """The past that was asked for is no longer the run's."""


class Travel:
    """Computes the past of a run again, while the run trains on."""

    def __init__(self, run: Travelled, jobs: Jobs, compiler: Compiler, keeper: Keeper) -> None:
        """Go back in `run`. Its keyframes may be only on disk."""
        self._run = run
        self._jobs = jobs
        self._compiler = compiler
        self._keeper = keeper

    def _known(self) -> Known:
        return Known(self._run.snapshot, self._run.keyframes, self._run.errors)

    async def moment(self, iteration: int) -> Snapshot:
        """The run after `iteration` iterations, bit for bit, with the trace of the last iteration if it is known.

        Raises:
            Parted: this machine computes something else than the run recorded.
            Refusal: as `look`.
        """
        look = await self.look(iteration)
        if look.differing is not None and not look.sound:
            raise look.differing.problem()
        return look.snapshot

    async def look(self, iteration: int) -> Look:
        """The run after `iteration` iterations. If this machine computes something else than the run recorded, the
        answer holds what it computes, and says so. A moment that was kept is always as it was.

        Raises:
            Parted: what this machine computes does not reach this iteration.
            Missing: the run has not reached this iteration, or its past is not known so far back.
            WasReset: the run was reset meanwhile.
        """
        known = self._known()
        snapshot, keyframes = known.snapshot, known.keyframes
        if iteration > snapshot.iteration or iteration < keyframes.first:
            first, last = keyframes.first, snapshot.iteration
            detail = Text(
                "{name} has the iterations from {first} to {last}, but not {iteration}.",
                name=self._run.name,
                first=first,
                last=last,
                iteration=iteration,
            )
            raise Missing(detail)
        if iteration == snapshot.iteration and (snapshot.trace is not None or iteration == 0):
            return _as_it_was(snapshot)
        question = keyframes, "look", iteration
        return await self._jobs.shared(question, partial(self._look, known, iteration))

    async def _look(self, known: Known, iteration: int) -> Look:
        snapshot, series = known.snapshot, known.errors
        replay = await self._replayed(known, iteration, iteration)
        if replay.parts_at is None and replay.snapshot is not None:
            return _as_it_was(replay.snapshot)
        kept = snapshot if iteration == snapshot.iteration else await self._kept(known, iteration)
        if kept is not None and kept.trace is not None:
            return _as_it_was(kept)
        differing = await self._differing(known, replay.parts_at or 0, iteration, kept is not None)
        if kept is not None:  # the learning rate may have been changed there after the keyframe was kept
            shown = recompute(kept, kept.iteration, snapshot.changes, "numpy", snapshot.edits).snapshot()
        elif replay.snapshot is not None:
            shown = replay.snapshot
        else:
            raise differing.problem()
        exact = iteration > series.first and series.is_exact(iteration - 1, iteration)
        error = float((await asyncio.to_thread(series.slice, iteration - 1, iteration))[0]) if exact else None
        if error is not None and shown.trace is not None:
            differing = replace(differing, errors=(error, shown.trace.error))
        return Look(shown, error, differing)

    def landmarks(self, most: int) -> list[int]:
        """Some of the moments that are kept, at most so many, from the first to the latest."""
        places = self._run.keyframes.places
        chosen = np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int)
        return [places[k] for k in chosen]

    async def kept(self, iteration: int) -> Look | None:
        """A moment that is kept. The trace of its last iteration may be missing. None if it is damaged or forgotten.

        Raises:
            WasReset: the run was reset meanwhile.
        """
        kept = await self._kept(self._known(), iteration)
        return None if kept is None else _as_it_was(kept)

    async def errors(self, start: int, stop: int) -> Array:
        """The exact errors of the iterations from `start` to before `stop`: from the series or, if the series holds
        only summaries of them, computed again.

        Raises:
            Parted: this machine computes something else than the run recorded.
        """
        known = self._known()
        start, stop = max(start, known.errors.first), min(stop, len(known.errors))
        if start >= stop or known.errors.is_exact(start, stop):
            return await asyncio.to_thread(known.errors.slice, start, stop)
        question = known.keyframes, "errors", start, stop
        replay = await self._jobs.shared(question, partial(self._replayed, known, start, stop))
        if replay.parts_at is not None:
            detail = Text(
                "Some of these errors of {name} were not kept one by one, but only the smallest, mean and largest of "
                "every {stretch} iterations. This machine computes other errors. Ask for a summary with points.",
                name=self._run.name,
                stretch=STRETCH,
            )
            raise Parted(detail)
        return replay.errors_between(start, stop)

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Array]:
        """The same as `errors`, one piece after the other: all of them at once may take too much memory. `start` and
        `stop` are within the run.

        Raises:
            Refusal: as `moment`. Errors that are exact in the series are read to the end even after a reset.
        """
        series, keyframes = self._run.errors, self._run.keyframes
        for begin in range(start, stop, PIECE):
            end = min(begin + PIECE, stop)
            if series.is_exact(begin, end):
                yield await self._jobs.compute(in_one(partial(series.slice, begin, end)))
            else:
                self.expect(keyframes)
                yield await self.errors(begin, end)

    async def answers(
        self, operands: Sequence[int], start: int, stop: int, points: int
    ) -> tuple[list[tuple[int, Prediction]], Differing | None]:
        """What the network answered to one problem at several moments of training.

        Args:
            operands: a problem of the run's task.
            start: iterations done at the first answer; not before the past that is known.
            stop: iterations done at the last answer; not after where the run stands.
            points: maximum number of answers.

        Returns:
            (iterations done, answer) in order, and the first place where this machine computes something else than the
            run recorded, or None. The answers are evenly spaced if that takes little computing, else at keyframes. At a
            damaged keyframe there is no answer. After a reset meanwhile, there are only the answers found before it. If
            this machine computes something else, there are only the answers of moments that were kept.
        """
        known = self._known()
        start, stop = max(start, known.keyframes.first), min(stop, known.snapshot.iteration)
        if start > stop:
            return [], None
        now = [(stop, self._run.predict(*operands))] if stop == known.snapshot.iteration else []
        question = known.keyframes, "answers", *operands, start, stop, points, len(now)
        before, differing = await self._jobs.shared(
            question, partial(self._answers, known, operands, start, stop, points)
        )
        return before + now, differing

    async def _answers(
        self, known: Known, operands: Sequence[int], start: int, stop: int, points: int
    ) -> tuple[list[tuple[int, Prediction]], Differing | None]:
        """The same as `answers`, without the moment where the run stands."""
        snapshot, keyframes = known.snapshot, known.keyframes
        wanted = {round(place) for place in np.linspace(stop, start, points)}
        if (stop - keyframes.latest(start)[0]) * snapshot.config.cost > REPLAYED:
            wanted = {keyframes.latest(place)[0] for place in wanted}
        found: list[tuple[int, Prediction]] = []
        differing = None
        for place, group in groupby(sorted(wanted - {snapshot.iteration}), lambda at: keyframes.latest(at)[0]):
            keyframe = keyframes.latest(place)[1] or await self.keyframe(place)
            if self._run.keyframes is not keyframes:
                return found, None  # the run was reset meanwhile: for its old generation this is enough
            if keyframe is None:
                continue
            places = list(group)
            try:
                answers, parts_at = await self._computed(known, answers_along, keyframe, places, operands)
            except WasReset:
                return found, None
            if parts_at is not None:
                if place >= start and not answers:
                    answers = [(place, predict(keyframe.config, keyframe.parameters, *operands))]
                differing = differing or await self._differing(known, parts_at, places[-1], False)
            found += answers
        return found, differing

    async def _replayed(self, known: Known, start: int, stop: int) -> Replayed:
        """Compute the run again until `stop` iterations are done, with the errors from `start` on."""
        snapshot, keyframes = known.snapshot, known.keyframes
        # The last iteration has to be computed, too, for its trace. At iteration 0 there is no trace.
        before = keyframes.before(start if start == stop else start + 1)
        # After the next keyframe the run may go on with another configuration, engine or machine.
        limit = keyframes.after(stop - 1) or snapshot.iteration
        beyond = max(stop, min(limit, compared_until(known.errors, stop)))
        keyframe = await last_sound(before, snapshot.config.to_dict(), partial(self._fetched, known))
        if keyframe is None:
            detail = Text(
                "The stored networks from which {name} could be computed again are damaged.", name=self._run.name
            )
            raise Missing(detail)
        return await self._computed(known, replayed, keyframe, stop, beyond)

    async def _fetched(self, known: Known, iteration: int) -> Snapshot | None:
        """A keyframe that is on disk; None if it is damaged."""
        keyframe = await self.keyframe(iteration)
        self.expect(known.keyframes)  # the disk may hold another generation by now
        return keyframe

    async def _kept(self, known: Known, iteration: int) -> Snapshot | None:
        """The keyframe at exactly this iteration, or None."""
        place, held = known.keyframes.latest(iteration)
        if place != iteration:
            return None
        return held or await self._fetched(known, iteration)

    async def _differing(self, known: Known, parts_at: int, moment: int, kept: bool) -> Differing:
        """What to say about a moment if the computation parts from the record on the way to it."""
        snapshot, keyframes = known.snapshot, known.keyframes
        trained = keyframes.after(parts_at)  # what computed this keyframe computed that iteration, too
        then = snapshot if trained is None else keyframes.latest(trained)[1] or await self.keyframe(trained)
        here = provenance(await self._compiler.engine(snapshot.config))
        around = keyframes.latest(moment - 1)[0], keyframes.after(moment) or snapshot.iteration
        return Differing(
            name=self._run.name,
            iteration=parts_at,
            then=None if then is None else then.provenance,
            here=here,
            moment=moment,
            sound=(moment,) if kept else around,
        )

    async def _computed(self, known: Known, work: Callable[..., Pieces[R]], keyframe: Snapshot, *how: Any) -> R:
        """What `work` computes from a keyframe, with the engine for the keyframe's configuration.

        Raises:
            WasReset: the run was reset meanwhile.
            Refusal: the run was deleted, or the server is about to end.
        """
        engine = await self._compiler.engine(keyframe.config)
        way = Way(known.snapshot.changes, engine, partial(pieces_of, known.errors), known.snapshot.edits)

        def check() -> None:
            self._run.check()
            self.expect(known.keyframes)

        return await self._jobs.compute(work(keyframe, *how, way), check)

    def expect(self, keyframes: Keyframes) -> None:
        """Check that the run still has this past.

        Raises:
            WasReset: the run was reset meanwhile.
        """
        if self._run.keyframes is not keyframes:
            raise WasReset(Text("{name} was reset meanwhile. Ask again.", name=self._run.name))

    async def keyframe(self, iteration: int) -> Snapshot | None:
        """A keyframe that is on disk; None if it is damaged."""
        data = await self._keeper.call(lambda store: store.snapshot(self._run.id, iteration))
        try:
            return None if data is None else await self._jobs.compute(in_one(partial(decode_checkpoint, data)))
        except CheckpointError:
            logger.exception("a keyframe of run %s is damaged", self._run.id)
            return None


def _as_it_was(snapshot: Snapshot) -> Look:
    return Look(snapshot, None if snapshot.trace is None else snapshot.trace.error)
