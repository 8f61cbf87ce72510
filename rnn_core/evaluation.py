"""How well a network has learned its task: exactly, over every problem there is, where they can be counted out."""

from collections.abc import Mapping
from dataclasses import dataclass

from rnn_core.config import TrainingConfig
from rnn_core.engine import make_engine
from rnn_core.network import make_cell, make_task
from rnn_core.parameters import Parameters
from rnn_core.records import Record
from rnn_core.types import Array, Integers

MAX_PROBLEMS = 2**20
"""Up to so many problems all of them are tried."""

SAMPLE = 2**16
"""Of more, so many: the same ones each time, drawn uniformly with seed 0."""

WORST = 10


@dataclass(frozen=True, eq=False)
class Evaluation(Record):
    """What a network gets right at the width of its training.

    Attributes:
        problems: how many were tried.
        sampled: whether they are a sample rather than all there are.
        accuracy: the share of problems with the result right, every bit of it, from 0 to 1.
        bit_accuracy: (T,) the share of problems with the bit at this position right, least significant first.
        worst: (k, operands) the operands of the problems with the largest error, largest first.
        worst_errors: (k,) their errors, sums over positions of abs(target - output).
    """

    problems: int
    sampled: bool
    accuracy: float
    bit_accuracy: Array
    worst: Integers
    worst_errors: Array


def evaluate(config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None) -> Evaluation:
    """Try a network on all problems of its width, or, where there are more than 2**20, on a fixed sample of 2**16.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        engine: a key of `ENGINES`; None for the default. The compiled one releases the GIL.

    Raises:
        EngineError: no such engine.
    """
    task = make_task(config)
    problems = task.some_problems(MAX_PROBLEMS, SAMPLE)
    laid_out = Parameters.of(make_cell(config).shapes, parameters)
    found = make_engine(engine, config).examine(laid_out, problems, WORST)
    return Evaluation(
        problems=len(problems),
        sampled=len(problems) < task.problem_count,
        accuracy=found.accuracy,
        bit_accuracy=found.bit_accuracy,
        worst=problems[found.worst],
        worst_errors=found.worst_errors,
    )
