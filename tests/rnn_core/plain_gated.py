"""The gated cells a second time: one problem, one position and one unit at a time.

They can nudge every hidden state, so that the deltas can be checked as gradients at the hidden states. They are the
oracle for `GruCell` and `LstmCell`, written from the papers' formulas, not from the code of the cells.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tests.rnn_core.plain import logistic

Array = NDArray[np.float64]


class Weights:
    """Weights as lists, which give the sum of one unit at a time."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.lists = {name: values.tolist() for name, values in weights.items()}
        self.units = len(weights["W_hy"])

    def from_input(self, gate: str, unit: int, x: list[float]) -> float:
        """The sum of the inputs, and of the bias if there is one, for a unit of a gate."""
        total: float = self.lists[f"b_{gate}"][unit] if f"b_{gate}" in self.lists else 0.0
        for bit, row in zip(x, self.lists[f"W_x{gate}"], strict=True):
            total += bit * row[unit]
        return total

    def from_state(self, gate: str, unit: int, h: list[float]) -> float:
        """The sum of the previous state for a unit of a gate."""
        total = 0.0
        for value, row in zip(h, self.lists[f"W_h{gate}"], strict=True):
            total += value * row[unit]
        return total

    def logit(self, h: list[float]) -> float:
        """The number to which the output's sigmoid is applied."""
        total: float = self.lists["b_y"][0] if "b_y" in self.lists else 0.0
        for value, row in zip(h, self.lists["W_hy"], strict=True):
            total += value * row[0]
        return total


Known = dict[str, list[float]]


def gru_positions(
    weights: Mapping[str, Array], inputs: Array, hidden_nudges: Array | None = None
) -> Iterator[tuple[Known, list[float], float]]:
    """Gates, hidden state and logit, position after position, of one problem with inputs (T, I)."""
    w = Weights(weights)
    h = [0.0] * w.units
    for t, x in enumerate(inputs.tolist()):
        known: Known = {"update": [], "reset": [], "candidate": []}
        new = []
        for u in range(w.units):
            update = logistic(w.from_input("z", u, x) + w.from_state("z", u, h))
            reset = logistic(w.from_input("r", u, x) + w.from_state("r", u, h))
            candidate = math.tanh(w.from_input("n", u, x) + reset * w.from_state("n", u, h))
            for name, value in zip(known, (update, reset, candidate), strict=True):
                known[name].append(value)
            new.append(candidate + update * (h[u] - candidate))
        h = new if hidden_nudges is None else [a + b for a, b in zip(new, hidden_nudges[t].tolist(), strict=True)]
        yield known, h, w.logit(h)


def lstm_positions(
    weights: Mapping[str, Array], inputs: Array, hidden_nudges: Array | None = None
) -> Iterator[tuple[Known, list[float], float]]:
    """As for the GRU: gates, hidden state and logit. The gates contain the cell state as `cell`."""
    w = Weights(weights)
    h, c = [0.0] * w.units, [0.0] * w.units
    for t, x in enumerate(inputs.tolist()):
        known: Known = {"input": [], "forget": [], "candidate": [], "output": [], "cell": []}
        new = []
        for u in range(w.units):
            write, keep, candidate, show = (w.from_input(gate, u, x) + w.from_state(gate, u, h) for gate in "ifgo")
            write, keep, candidate, show = logistic(write), logistic(keep), math.tanh(candidate), logistic(show)
            memory = keep * c[u] + write * candidate
            for name, value in zip(known, (write, keep, candidate, show, memory), strict=True):
                known[name].append(value)
            new.append(show * math.tanh(memory))
        c = known["cell"]
        h = new if hidden_nudges is None else [a + b for a, b in zip(new, hidden_nudges[t].tolist(), strict=True)]
        yield known, h, w.logit(h)
