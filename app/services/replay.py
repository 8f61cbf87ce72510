"""Replays the past of a run: computes iterations again, piece by piece, from the last sound keyframe.

The result is compared with the recorded errors, because another machine or engine may compute something else.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core import Prediction, Trainer
from rnn_core.edits import Edits
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot
from rnn_core.travel import come_along, recompute
from rnn_core.types import Array

from .pacer import Pacer
from .recorded import Piece, parting

Recorded = Callable[[int, int], Iterable[Piece]]
"""Gives what is recorded of the iterations from one to before another."""


Places = Iterable[tuple[int, Snapshot | None]]
"""Keyframes with their iterations, the latest first; None for one that has to be fetched."""


async def last_sound(
    places: Places,
    config: dict[str, Any],
    fetch: Callable[[int], Awaitable[Snapshot | None]],
    *,
    damaged: bool = False,
) -> Snapshot | None:
    """The last sound keyframe from which the run can be computed again; None if there is none.

    Args:
        places: the keyframes to try.
        config: the run's configuration. If a keyframe is damaged, an earlier one with another configuration is of no
            use: a branch, with changes, may begin at the damaged one.
        fetch: gets a keyframe; None if it is damaged.
        damaged: whether keyframes after these may be damaged.
    """
    for place, held in places:
        keyframe = held or await fetch(place)
        if keyframe is None:
            damaged = True
        else:
            return None if damaged and keyframe.config.to_dict() != config else keyframe
    return None


@dataclass(frozen=True, eq=False)
class Way:
    """How a run's past is computed again. It is the same from any of its keyframes.

    Attributes:
        changes: the run's learning-rate changes.
        engine: the engine that computes.
        recorded: gives the run's recorded errors.
        edits: what was done to its weights.
    """

    changes: Sequence[tuple[int, float]]
    engine: str
    recorded: Recorded
    edits: Edits = ()


@dataclass(frozen=True, eq=False)
class Replayed:
    """The result of a replay.

    Attributes:
        first: the iteration of errors[0], which is the keyframe's.
        errors: the errors from there on.
        snapshot: the run at the iteration that was asked for; None if the replay does not reach it here.
        parts_at: the first iteration whose error differs from the record; None if all are equal.
    """

    first: int
    errors: Array
    snapshot: Snapshot | None
    parts_at: int | None

    def errors_between(self, start: int, stop: int) -> Array:
        """The errors of the iterations from `start` to before `stop`."""
        return self.errors[start - self.first : stop - self.first]


def replayed(keyframe: Snapshot, stop: int, beyond: int, way: Way) -> Pieces[Replayed]:
    """A run after `stop` iterations, computed from a keyframe at or before that.

    Args:
        keyframe: where to begin.
        stop: the number of iterations of the snapshot.
        beyond: the iteration up to which more errors are computed and compared, at `stop` or after.
        way: how to compute.
    """
    trainer, pacer = recompute(keyframe, keyframe.iteration, way.changes, way.engine, way.edits), Pacer(None)
    errors = yield from _walk(trainer, stop, way, pacer)
    snapshot = trainer.snapshot() if trainer.iteration == stop else None
    more = yield from _walk(trainer, beyond, way, pacer)
    errors = np.concatenate([errors, more])
    parts_at = yield from _parts_at(keyframe, errors, beyond, way)
    return Replayed(keyframe.iteration, errors, snapshot, parts_at)


def answers_along(
    keyframe: Snapshot, places: Sequence[int], operands: Sequence[int], way: Way
) -> Pieces[tuple[list[tuple[int, Prediction]], int | None]]:
    """What the network answered to one problem at several moments, each with the number of iterations done, up to where
    the replay differs; and the first iteration whose error differs from the record, or None.

    Args:
        keyframe: the run at the first moment or before.
        places: the moments, in order.
        operands: the problem.
        way: how to compute.
    """
    trainer, pacer = recompute(keyframe, keyframe.iteration, way.changes, way.engine, way.edits), Pacer(None)
    answers, errors = [], [np.empty(0)]
    for place in places:
        errors.append((yield from _walk(trainer, place, way, pacer)))
        if trainer.iteration == place:
            answers.append((place, trainer.predict(*operands)))
    parts_at = yield from _parts_at(keyframe, np.concatenate(errors), places[-1], way)
    return [answer for answer in answers if parts_at is None or answer[0] <= parts_at], parts_at


def _walk(trainer: Trainer, goal: int, way: Way, pacer: Pacer) -> Pieces[Array]:
    """Advance a trainer until `goal` iterations are done, or as far as it comes. Return the errors on the way. The
    pacer learns how many iterations fit into a piece.
    """
    errors = [np.empty(0)]
    while trainer.iteration < goal and not trainer.diverged and not trainer.finished:
        yield
        began = time.perf_counter()
        errors.append(come_along(trainer, min(trainer.iteration + pacer.budget, goal), way.changes, way.edits))
        pacer.measured(len(errors[-1]), time.perf_counter() - began)
    return np.concatenate(errors)


def _parts_at(keyframe: Snapshot, errors: Array, goal: int, way: Way) -> Pieces[int | None]:
    """The first iteration, from the keyframe's on, whose error is missing or differs from the record, or None."""
    start, stop = keyframe.iteration, keyframe.iteration + len(errors)
    for piece in way.recorded(start, stop):
        yield
        place = parting([piece], start, errors)
        if place is not None:
            return place
    return stop if stop < goal else None
