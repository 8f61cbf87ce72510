"""Iterations computed once more, in a thread, until somebody says that they are no longer wanted."""

from collections.abc import Callable, Sequence

import numpy as np

from rnn_core import Prediction, Trainer
from rnn_core.snapshot import Snapshot
from rnn_core.travel import follow, recompute
from rnn_core.types import Array

PIECE = 100
"""Iterations at a time: whoever wants an end to it waits for no more."""


def compute_again(
    keyframe: Snapshot,
    start: int,
    stop: int,
    changes: Sequence[tuple[int, float]],
    engine: str,
    check: Callable[[], None],
) -> tuple[Trainer, Array]:
    """A trainer where `stop` iterations are done, bit by bit as it was then, and the errors of those from `start` on.

    Args:
        keyframe: the run at `start` or before.
        start: where the errors begin.
        stop: how many iterations are done in the end.
        changes: the run's learning-rate changes.
        engine: the one that trained the run.
        check: called again and again; what it raises ends it.

    Raises:
        ValueError: the run never came so far.
    """
    trainer = recompute(keyframe, keyframe.iteration, changes, engine)
    _walk(trainer, start, changes, check)
    return trainer, _walk(trainer, stop, changes, check)


def answer_along(
    keyframe: Snapshot,
    places: Sequence[int],
    operands: Sequence[int],
    changes: Sequence[tuple[int, float]],
    engine: str,
    check: Callable[[], None],
) -> list[tuple[int, Prediction]]:
    """What the network answered to one problem at several moments, each with its number of iterations done.

    Args:
        keyframe: the run at the first of them or before.
        places: the moments, in order.
        operands: of the problem.
        changes: the run's learning-rate changes.
        engine: the one that trained the run.
        check: called again and again; what it raises ends it.

    Raises:
        ValueError: the run never came so far.
    """
    trainer = recompute(keyframe, keyframe.iteration, changes, engine)
    answers = []
    for place in places:
        _walk(trainer, place, changes, check)
        answers.append((place, trainer.predict(*operands)))
    return answers


def _walk(trainer: Trainer, goal: int, changes: Sequence[tuple[int, float]], check: Callable[[], None]) -> Array:
    """Take a trainer along to where `goal` iterations are done, piece by piece; the errors on the way."""
    errors = [np.empty(0)]
    while trainer.iteration < goal:
        check()
        errors.append(follow(trainer, min(trainer.iteration + PIECE, goal), changes))
    return np.concatenate(errors)
