"""How well a network has learned its task: over every problem, if there are few enough; otherwise over a sample, and
over hard problems.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.engines.engine import Engine, make_engine
from rnn_core.engines.progress import Examination
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.records import Record
from rnn_core.tasks import TASKS
from rnn_core.types import Array, Integers

MAX_PROBLEMS = 2**20
"""The largest number of problems of which all are tried."""

SAMPLE = 2**16
"""The size of the sample if there are more: the same problems each time, drawn in the way of training, but from a
separate stream. See `Task.some_problems`.
"""

WORST = 10


@dataclass(frozen=True, eq=False)
class Evaluation(Record):
    """What a network gets right at the width of its training.

    For a sample, `accuracy` and `bit_accuracy` are estimates for problems drawn in the way of training. They say little
    about problems that need a long memory, because few of those are drawn. So hard problems are tried beside it.

    An output that is not a number counts as the wrong bit.

    Attributes:
        problems: how many were tried, hard ones not counted.
        sampled: whether they are a sample, not all problems.
        accuracy: the share of problems with every bit of the result right, from 0 to 1.
        bit_accuracy: (T,) the share of problems with the bit at this position right, least significant first.
        hard_problems: how many hard problems were tried beside a sample; see `Task.hard_problems`. 0 if all problems
            were tried, and for a task that has no hard ones.
        hard_right: how many of them have every bit of the result right.
        worst: (k, operands) the operands of the problems with the largest error, largest first, hard ones included.
        worst_errors: (k,) their errors, sums over positions of abs(target - output).
    """

    problems: int
    sampled: bool
    accuracy: float
    bit_accuracy: Array
    hard_problems: int
    hard_right: int
    worst: Integers
    worst_errors: Array

    @property
    def hard_accuracy(self) -> float | None:
        """The share of hard problems with the result right, from 0 to 1; None if none were tried."""
        return self.hard_right / self.hard_problems if self.hard_problems else None

    @property
    def flawless(self) -> bool:
        """Whether every problem that was tried is right, hard ones included. These are all problems of the task only if
        `sampled` is false.
        """
        return self.accuracy == 1.0 and self.hard_right == self.hard_problems


def is_sampled(config: TrainingConfig) -> bool:
    """Whether the task has more problems than are tried."""
    return make_task(config).problem_count > MAX_PROBLEMS


def evaluate(config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None) -> Evaluation:
    """Try a network on all problems of its width. If there are more than 2**20, try it on a fixed sample of 2**16, and
    also on hard ones, some thousands at most.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        engine: a key of `ENGINES`; None for the default. The compiled one releases the GIL.

    Raises:
        EngineError: no such engine.
    """
    return result_of(evaluation(config, parameters, engine))


def evaluation(
    config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None, piece: int = MAX_PROBLEMS
) -> Pieces[Evaluation]:
    """The same as `evaluate`, with the same numbers, in pieces of `piece` problems, rounded up to a multiple of what
    the engine computes together.
    """
    task = make_task(config)
    problems = _some_problems(config.task, config.bits)
    laid_out = Parameters.of(make_cell(config).shapes, parameters)
    examiner, sampled = make_engine(engine, config), len(problems) < task.problem_count
    piece = -(-piece // examiner.together) * examiner.together
    found = yield from _examination(examiner, laid_out, problems, piece)
    worst, worst_errors = problems[found.worst], found.worst_errors
    hard, hard_right = problems[:0], 0
    if sampled:
        hard = task.hard_problems().copy()  # the kernel would be compiled once more for a read-only array
    if len(hard):
        beside = yield from _examination(examiner, laid_out, hard, piece)
        hard_right = beside.right
        worst = np.concatenate([worst, hard[beside.worst]])
        worst_errors = np.concatenate([worst_errors, beside.worst_errors])
        worst, first = np.unique(worst, axis=0, return_index=True)  # the sample may hold a hard one, too
        ranked = np.lexsort((first, -worst_errors[first]))[:WORST]
        worst, worst_errors = worst[ranked], worst_errors[first][ranked]
    return Evaluation(
        problems=len(problems),
        sampled=sampled,
        accuracy=found.accuracy,
        bit_accuracy=found.bit_accuracy,
        hard_problems=len(hard),
        hard_right=hard_right,
        worst=worst,
        worst_errors=worst_errors,
    )


@lru_cache(maxsize=2)
def _some_problems(task: str, bits: int) -> Integers:
    """The problems that are tried, kept because many evaluations may run at once. They take up to 16 MB."""
    return TASKS[task](bits).some_problems(MAX_PROBLEMS, SAMPLE)


def _examination(examiner: Engine, parameters: Parameters, problems: Integers, piece: int) -> Pieces[Examination]:
    found = None
    for start in range(0, len(problems), piece):
        yield
        part = examiner.examine(parameters, problems[start : start + piece], WORST)
        found = part if found is None else found.followed_by(part, WORST)
    assert found is not None
    return found
