"""How well a network has learned its task: exactly, over every problem there is, where they can be counted out; else
over a sample, and over problems that are hard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.engine import Engine, make_engine
from rnn_core.network import make_cell, make_task
from rnn_core.parameters import Parameters
from rnn_core.pieces import Pieces, result_of
from rnn_core.progress import Examination
from rnn_core.records import Record
from rnn_core.tasks import TASKS
from rnn_core.types import Array, Integers

MAX_PROBLEMS = 2**20
"""Up to so many problems all of them are tried."""

SAMPLE = 2**16
"""Of more, so many: the same ones each time, drawn as training draws, from a stream of their own. See
`Task.some_problems`.
"""

WORST = 10


@dataclass(frozen=True, eq=False)
class Evaluation(Record):
    """What a network gets right at the width of its training.

    Of a sample, `accuracy` and `bit_accuracy` are what one may expect of problems drawn as training draws them. They
    say little of problems that need a long memory, since few of those are drawn: hard ones are tried beside it.

    An output that is not a number counts as the wrong bit.

    Attributes:
        problems: how many were tried, hard ones not counted.
        sampled: whether they are a sample rather than all there are.
        accuracy: the share of problems with the result right, every bit of it, from 0 to 1.
        bit_accuracy: (T,) the share of problems with the bit at this position right, least significant first.
        hard_problems: how many hard problems were tried beside a sample; see `Task.hard_problems`. 0 where all problems
            there are were tried, and for a task that has none.
        hard_right: how many of them have the result right, every bit of it.
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
        """The share of hard problems with the result right, from 0 to 1; None where none were tried."""
        return self.hard_right / self.hard_problems if self.hard_problems else None

    @property
    def flawless(self) -> bool:
        """Whether every problem that was tried is right, hard ones included. Only where `sampled` is false does that
        mean every problem there is.
        """
        return self.accuracy == 1.0 and self.hard_right == self.hard_problems


def is_sampled(config: TrainingConfig) -> bool:
    """Whether the task has more problems than are tried."""
    return make_task(config).problem_count > MAX_PROBLEMS


def evaluate(config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None) -> Evaluation:
    """Try a network on all problems of its width. Where there are more than 2**20, try it on a fixed sample of 2**16,
    and beside that on hard ones, some thousands at most.

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
    """The same as `evaluate`, with the same numbers, in pieces of `piece` problems: of as many more as the engine looks
    at together.
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
        hard = task.hard_problems().copy()  # which are read only: for such an array the kernel would be compiled anew
    if len(hard):
        beside = yield from _examination(examiner, laid_out, hard, piece)
        hard_right = beside.right
        worst = np.concatenate([worst, hard[beside.worst]])
        worst_errors = np.concatenate([worst_errors, beside.worst_errors])
        worst, first = np.unique(worst, axis=0, return_index=True)  # a hard one may have been drawn, too
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
    """Those that are tried. Many evaluations may be under way at once, and all there are take up to 16 MB."""
    return TASKS[task](bits).some_problems(MAX_PROBLEMS, SAMPLE)


def _examination(examiner: Engine, parameters: Parameters, problems: Integers, piece: int) -> Pieces[Examination]:
    found = None
    for start in range(0, len(problems), piece):
        yield
        part = examiner.examine(parameters, problems[start : start + piece], WORST)
        found = part if found is None else found.followed_by(part, WORST)
    assert found is not None
    return found
