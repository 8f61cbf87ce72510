"""The loop of the blog script in plain steps: the oracle for the numbers of a whole run.

It shares no code with the project. The names are the script's (`synapse_0` is W_xh and so on), and it goes position by
position, so that nothing is fused that the project fuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ScriptRun:
    """The results of the loop: one error and one problem for each iteration, and the final weights."""

    errors: Array
    problems: list[tuple[int, int]]
    synapse_0: Array
    synapse_h: Array
    synapse_1: Array

    @property
    def weights(self) -> dict[str, Array]:
        """The weights by the usual names of the field."""
        return {"W_xh": self.synapse_0, "W_hh": self.synapse_h, "W_hy": self.synapse_1}


def squash(x: Array) -> Array:
    value: Array = 1 / (1 + np.exp(-x))
    return value


def run_script(
    iterations: int,
    *,
    seed: int = 0,
    bits: int = 8,
    units: int = 16,
    alpha: float = 0.1,
    alpha_changes: Mapping[int, float] | None = None,
) -> ScriptRun:
    """Train for `iterations` iterations. `alpha_changes` maps an iteration to the rate that begins there."""
    random = np.random.RandomState(seed)
    synapse_0 = 2 * random.random_sample((2, units)) - 1
    synapse_1 = 2 * random.random_sample((units, 1)) - 1
    synapse_h = 2 * random.random_sample((units, units)) - 1
    errors = np.zeros(iterations)
    problems = []

    for j in range(iterations):
        alpha = (alpha_changes or {}).get(j, alpha)
        a = int(random.randint(2 ** (bits - 1)))
        b = int(random.randint(2 ** (bits - 1)))
        c = a + b
        problems.append((a, b))

        layer_1_values = [np.zeros(units)]
        layer_2_deltas = []
        inputs = []
        for position in range(bits):
            x = np.array([float(a >> position & 1), float(b >> position & 1)])
            layer_1 = squash(x @ synapse_0 + layer_1_values[-1] @ synapse_h)
            layer_2 = float(squash(layer_1 @ synapse_1)[0])
            miss = (c >> position & 1) - layer_2
            errors[j] += abs(miss)
            layer_2_deltas.append(miss * layer_2 * (1 - layer_2))
            layer_1_values.append(layer_1)
            inputs.append(x)

        change_0, change_1, change_h = np.zeros_like(synapse_0), np.zeros_like(synapse_1), np.zeros_like(synapse_h)
        future = np.zeros(units)
        for position in reversed(range(bits)):
            layer_1, earlier = layer_1_values[position + 1], layer_1_values[position]
            wanted = synapse_h @ future + synapse_1[:, 0] * layer_2_deltas[position]
            future = wanted * layer_1 * (1 - layer_1)
            change_1[:, 0] += layer_1 * layer_2_deltas[position]
            change_h += earlier[:, None] * future
            change_0 += inputs[position][:, None] * future
        synapse_0 += alpha * change_0
        synapse_1 += alpha * change_1
        synapse_h += alpha * change_h

    return ScriptRun(errors, problems, synapse_0, synapse_h, synapse_1)
