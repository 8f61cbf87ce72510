"""Asking a network, trained or not, for one sum."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from rnn_core.config import TrainingConfig, shown
from rnn_core.network import make_cell, make_task
from rnn_core.parameters import Parameters
from rnn_core.trace import Prediction
from rnn_core.types import Array

OPERAND_LIMIT = 2**52
"""Operands of a prediction stay below this, so that the sum is exact in every client's numbers."""

Forward: TypeAlias = Callable[[Parameters, Sequence[int]], list[float]]
"""A compiled network: its outputs P(bit = 1), least significant first, for one problem's operands at the width of
training.
"""

_make_task, _make_cell = lru_cache(256)(make_task), lru_cache(256)(make_cell)  # neither knows a run's numbers


def reference_outputs(
    config: TrainingConfig, parameters: Mapping[str, Array], operands: Sequence[int], width: int
) -> list[float]:
    """The network's outputs P(bit = 1) at `width` positions, least significant first, by the cell itself."""
    # One problem is too little for arrays to pay, but for the network's own.
    inputs = np.array([[[operand >> t & 1 for operand in operands]] for t in range(width)], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # (T, B=1, I) in, (T,) out
        outputs: list[float] = _make_cell(config).forward(parameters, inputs).outputs[:, 0].tolist()
    return outputs


def predict(
    config: TrainingConfig, parameters: Mapping[str, Array], a: int, b: int, forward: Forward | None = None
) -> Prediction:
    """Run the network over the bits of a and b.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: from 0 up to below 2**52.
        b: from 0 up to below 2**52.
        forward: the network compiled, which is used where it can be: at the width of training, with parameters that
            share one vector. It is many times as fast, with the same numbers within rounding.

    Returns:
        The answer. Where the sum needs more positions than training had, the network runs on for as many: an adder
        that carries does not mind.

    Raises:
        ValueError: an operand is not a whole number in that range.
    """
    for name, value in (("a", a), ("b", b)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < OPERAND_LIMIT:
            raise ValueError(f"{name} must be a whole number from 0 to 2**52 - 1, not {shown(value)}")
    a, b = int(a), int(b)
    task = _make_task(config)
    expected = int(task.answer(np.array([a, b], dtype=np.int64)))
    width = max(config.bits, expected.bit_length())
    if forward is not None and width == config.bits and isinstance(parameters, Parameters):
        outputs = forward(parameters, (a, b))
    else:
        outputs = reference_outputs(config, parameters, (a, b), width)
    # A network on the edge of diverging may overflow on other inputs than training's: it then knows nothing.
    known = not math.isnan(sum(outputs))  # all of them between 0 and 1
    probabilities = outputs if known else [0.5 if math.isnan(output) else output for output in outputs]
    bits = [1 if probability > 0.5 else 0 for probability in probabilities]
    predicted = 0
    for bit in reversed(bits):
        predicted = 2 * predicted + bit
    places = range(width - 1, -1, -1)

    def written(number: int) -> list[int]:
        return [number >> t & 1 for t in places]

    return Prediction(
        task=task.name,
        a=a,
        b=b,
        expected=expected,
        predicted=predicted,
        correct=predicted == expected,
        width=width,
        bits={"a": written(a), "b": written(b), "expected": written(expected), "predicted": bits[::-1]},
        probabilities=probabilities[::-1],
        beyond_training=max(a, b) >= task.operand_limit,
    )
