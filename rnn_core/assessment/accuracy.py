"""How much of its task a network gets right, at a bounded cost. The history of a run consists of these numbers."""

from collections.abc import Mapping
from functools import lru_cache

from rnn_core.config import TrainingConfig
from rnn_core.engines.engine import make_engine
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.tasks import TASKS
from rnn_core.types import Array, Integers

COST = 2**27
"""The most that one accuracy may cost: problems * bits * hidden_size**2, in products of the recurrent matrix."""

MOST = 2**16
"""The largest number of problems that are tried."""

LEAST = 2**10
"""The smallest number of problems that are tried, however large the network is, if the task has as many."""


def problems_of(config: TrainingConfig) -> Integers:
    """The problems that the history of a run is measured on, (n, operands), the same ones each time. Read only.

    All problems if for their number n, n * bits * hidden_size**2 is at most `COST` and n is at most `MOST`. Otherwise a
    sample; its size is the largest power of two for which this holds, but at least `LEAST`.
    """
    fitting = COST // (config.bits * config.hidden_size**2)
    return _some_problems(config.task, config.bits, max(LEAST, min(MOST, 2 ** (fitting.bit_length() - 1))))


@lru_cache(maxsize=8)
def _some_problems(task: str, bits: int, most: int) -> Integers:
    # Not marked as read-only: the kernel would have to be compiled once more for such an array.
    return TASKS[task](bits).some_problems(most, most)


def sample_of(config: TrainingConfig) -> int | None:
    """The size of the sample that `problems_of` gives; None if it gives all problems."""
    problems = len(problems_of(config))
    return problems if problems < make_task(config).problem_count else None


def accuracy_of(config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None) -> float:
    """The share of `problems_of` with every bit of the result right, from 0 to 1.

    If these are all problems, it is the accuracy of `rnn_core.evaluate`.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        engine: a key of `ENGINES`; None for the default. The compiled one releases the GIL.

    Raises:
        EngineError: no such engine.
    """
    laid_out = Parameters.of(make_cell(config).shapes, parameters)
    return make_engine(engine, config).examine(laid_out, problems_of(config), worst=0).accuracy
