"""How much of its task a network gets right, at a bounded cost: what the history of a run is made of."""

from collections.abc import Mapping
from functools import lru_cache

from rnn_core.config import TrainingConfig
from rnn_core.engine import make_engine
from rnn_core.network import make_cell, make_task
from rnn_core.parameters import Parameters
from rnn_core.tasks import TASKS
from rnn_core.types import Array, Integers

COST = 2**27
"""What one look may cost, in products of the recurrent matrix: problems * bits * hidden_size**2."""

MOST = 2**16
"""Problems that are looked at, at most: all there are, or so many of them."""

LEAST = 2**10
"""Problems that are looked at however large the network is, where there are as many."""


def problems_of(config: TrainingConfig) -> Integers:
    """The problems that the history of a run looks at, (n, operands), the same ones each time. Read only.

    All there are where their number n has n * bits * hidden_size**2 up to `COST` and n up to `MOST`; else a sample of
    the largest power of two that has, but at least of `LEAST`.
    """
    fitting = COST // (config.bits * config.hidden_size**2)
    return _some_problems(config.task, config.bits, max(LEAST, min(MOST, 2 ** (fitting.bit_length() - 1))))


@lru_cache(maxsize=8)
def _some_problems(task: str, bits: int, most: int) -> Integers:
    # Not marked as read-only: for such an array the kernel would be compiled once more.
    return TASKS[task](bits).some_problems(most, most)


def sample_of(config: TrainingConfig) -> int | None:
    """How many problems `problems_of` gives, where these are a sample; None where they are all there are."""
    problems = len(problems_of(config))
    return problems if problems < make_task(config).problem_count else None


def accuracy_of(config: TrainingConfig, parameters: Mapping[str, Array], engine: str | None = None) -> float:
    """The share of `problems_of` with the result right, every bit of it, from 0 to 1.

    Where these are all problems, it is the accuracy of `rnn_core.evaluate`.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        engine: a key of `ENGINES`; None for the default. The compiled one releases the GIL.

    Raises:
        EngineError: no such engine.
    """
    laid_out = Parameters.of(make_cell(config).shapes, parameters)
    return make_engine(engine, config).examine(laid_out, problems_of(config), worst=0).accuracy
