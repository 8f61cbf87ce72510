"""The past of a run replayed: iterations computed once more, piece by piece, from the last sound keyframe.

What is computed is compared with the errors that were recorded then: on another machine, or by another engine, it may
be another history.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.services.pacer import Pacer
from app.services.recorded import Piece, parting
from rnn_core import Prediction, Trainer
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot
from rnn_core.travel import come_along, recompute
from rnn_core.types import Array

Recorded = Callable[[int, int], Iterable[Piece]]
"""What is recorded of the iterations from one to before another."""


Places = Iterable[tuple[int, Snapshot | None]]
"""Keyframes by their iteration, the latest first; None for one that has to be fetched."""


async def last_sound(
    places: Places,
    config: dict[str, Any],
    fetch: Callable[[int], Awaitable[Snapshot | None]],
    *,
    damaged: bool = False,
) -> Snapshot | None:
    """The last keyframe that is sound and leads to where the run stands; None where there is none.

    Args:
        places: where to look.
        config: the run's configuration. Behind a damaged keyframe others of another configuration lead elsewhere: a
            branch began where the damage is.
        fetch: gets a keyframe; None where it is damaged.
        damaged: whether what comes after these places may be damaged already.
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
    """How a run's past is computed again, the same from any of its keyframes.

    Attributes:
        changes: the run's learning-rate changes.
        engine: what computes.
        recorded: the run's errors as they were.
    """

    changes: Sequence[tuple[int, float]]
    engine: str
    recorded: Recorded


@dataclass(frozen=True, eq=False)
class Replayed:
    """What came of a replay.

    Attributes:
        first: the iteration of errors[0], that of the keyframe.
        errors: of the iterations from there on.
        snapshot: where all that was asked for is done; None where the numbers do not come so far here.
        parts_at: the first iteration whose error is not the recorded one; None where all is as it was.
    """

    first: int
    errors: Array
    snapshot: Snapshot | None
    parts_at: int | None

    def errors_between(self, start: int, stop: int) -> Array:
        """Those of the iterations from `start` to before `stop`."""
        return self.errors[start - self.first : stop - self.first]


def replayed(keyframe: Snapshot, stop: int, beyond: int, way: Way) -> Pieces[Replayed]:
    """A run where `stop` iterations are done, computed from a keyframe at or before that.

    Args:
        keyframe: where to begin.
        stop: how many iterations are done in the end.
        beyond: so far it is computed on, at `stop` or after, to have more to compare with.
        way: how.
    """
    trainer, pacer = recompute(keyframe, keyframe.iteration, way.changes, way.engine), Pacer(None)
    errors = yield from _walk(trainer, stop, way, pacer)
    snapshot = trainer.snapshot() if trainer.iteration == stop else None
    more = yield from _walk(trainer, beyond, way, pacer)
    errors = np.concatenate([errors, more])
    parts_at = yield from _parts_at(keyframe, errors, beyond, way)
    return Replayed(keyframe.iteration, errors, snapshot, parts_at)


def answers_along(
    keyframe: Snapshot, places: Sequence[int], operands: Sequence[int], way: Way
) -> Pieces[tuple[list[tuple[int, Prediction]], int | None]]:
    """What the network answered to one problem at several moments, each with its number of iterations done, as long as
    all is as it was; and the first iteration whose error is not the recorded one, or None.

    Args:
        keyframe: the run at the first of them or before.
        places: the moments, in order.
        operands: of the problem.
        way: how to compute.
    """
    trainer, pacer = recompute(keyframe, keyframe.iteration, way.changes, way.engine), Pacer(None)
    answers, errors = [], [np.empty(0)]
    for place in places:
        errors.append((yield from _walk(trainer, place, way, pacer)))
        if trainer.iteration == place:
            answers.append((place, trainer.predict(*operands)))
    parts_at = yield from _parts_at(keyframe, np.concatenate(errors), places[-1], way)
    return [answer for answer in answers if parts_at is None or answer[0] <= parts_at], parts_at


def _walk(trainer: Trainer, goal: int, way: Way, pacer: Pacer) -> Pieces[Array]:
    """Take a trainer along to where `goal` iterations are done, or as far as it comes; the errors on the way. The pacer
    learns how many iterations fit into a piece.
    """
    errors = [np.empty(0)]
    while trainer.iteration < goal and not trainer.diverged and not trainer.finished:
        yield
        began = time.perf_counter()
        errors.append(come_along(trainer, min(trainer.iteration + pacer.budget, goal), way.changes))
        pacer.measured(len(errors[-1]), time.perf_counter() - began)
    return np.concatenate(errors)


def _parts_at(keyframe: Snapshot, errors: Array, goal: int, way: Way) -> Pieces[int | None]:
    """The first iteration, from the keyframe's on, whose error is not the recorded one, or that is not there at all."""
    start, stop = keyframe.iteration, keyframe.iteration + len(errors)
    for piece in way.recorded(start, stop):
        yield
        place = parting([piece], start, errors)
        if place is not None:
            return place
    return stop if stop < goal else None
