"""A second Elman network with its losses: one problem, one position and one unit at a time.

The oracle for the cell is slow and plain. It can nudge every pre-activation, so that the deltas can be checked
as gradients at the pre-activations. The gated cells are in `plain_gated`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": logistic,
    "tanh": math.tanh,
    "relu": lambda x: x if x > 0.0 else 0.0,
}


def positions(
    weights: Mapping[str, Array],
    inputs: Array,
    activation: str,
    hidden_nudges: Array | None = None,
) -> Iterator[tuple[list[float], list[float], float]]:
    """Pre-activations, hidden state and logit, position after position, of one problem with inputs (T, I).

    Nudges are added to the pre-activations.
    """
    units = len(weights["W_hh"])
    state = [0.0] * units
    for t, x in enumerate(inputs):
        sums = []
        for u in range(units):
            total = sum(float(x[i] * weights["W_xh"][i, u]) for i in range(len(x)))
            total += sum(state[v] * float(weights["W_hh"][v, u]) for v in range(units))
            total += float(weights["b_h"][u]) if "b_h" in weights else 0.0
            total += float(hidden_nudges[t, u]) if hidden_nudges is not None else 0.0
            sums.append(total)
        state = [FUNCTIONS[activation](total) for total in sums]
        logit = sum(state[u] * float(weights["W_hy"][u, 0]) for u in range(units))
        logit += float(weights["b_y"][0]) if "b_y" in weights else 0.0
        yield sums, state, logit


def outputs_of(weights: Mapping[str, Array], inputs: Array, activation: str = "sigmoid") -> list[float]:
    """P(bit = 1) at each position of one problem."""
    return [logistic(logit) for _, _, logit in positions(weights, inputs, activation)]


Walk = Callable[[Mapping[str, Array], Array, Array | None], Iterator[tuple[Any, list[float], float]]]
"""A cell at work on one problem: from (weights, inputs (T, I), nudges (T, H) or None) it yields at each position other
values of the cell, the hidden state and the logit."""


def elman(activation: str) -> Walk:
    """The Elman cell as a walk."""

    def walk(
        weights: Mapping[str, Array], inputs: Array, nudges: Array | None
    ) -> Iterator[tuple[list[float], list[float], float]]:
        return positions(weights, inputs, activation, nudges)

    return walk


def loss_of(
    walk: Walk,
    weights: Mapping[str, Array],
    inputs: Array,
    targets: Array,
    loss: str,
    hidden_nudges: Array | None = None,
    logit_nudges: Array | None = None,
) -> float:
    """The loss summed over positions and batch: inputs (T, B, I), targets (T, B), nudges (T, B, H) and (T, B)."""
    total = 0.0
    for k in range(inputs.shape[1]):
        nudges = None if hidden_nudges is None else hidden_nudges[:, k]
        for t, (_, _, logit) in enumerate(walk(weights, inputs[:, k], nudges)):
            output = logistic(logit + (0.0 if logit_nudges is None else float(logit_nudges[t, k])))
            target = float(targets[t, k])
            if loss == "squared_error":
                total += (target - output) ** 2 / 2
            else:
                total -= target * math.log(output) + (1 - target) * math.log(1 - output)
    return total


def slope(function: Callable[[Array], float], at: Array, direction: Array, step: float = 1e-5) -> float:
    """The derivative of `function` at a point in a direction, by central differences."""
    return (function(at + step * direction) - function(at - step * direction)) / (2 * step)


def slopes(function: Callable[[Array], float], at: Array) -> Array:
    """The gradient of `function`, entry by entry, by central differences."""
    gradient = np.empty_like(at)
    for index in np.ndindex(*at.shape):
        unit = np.zeros_like(at)
        unit[index] = 1.0
        gradient[index] = slope(function, at, unit)
    return gradient
