"""How wrong the outputs are, and in which direction each logit should go."""

from typing import Protocol

import numpy as np

from rnn_core.types import Array


class Loss(Protocol):
    """A loss over outputs o = sigmoid(z) and target bits y, all (T, B)."""

    def value(self, logits: Array, outputs: Array, targets: Array) -> float:
        """L, summed over positions and batch."""
        ...

    def output_deltas(self, outputs: Array, targets: Array) -> Array:
        """(T, B) minus dL/dz."""
        ...


class SquaredError:
    """L = sum (y - o)^2 / 2, the script's loss.

    With o = sigmoid(z), do/dz = o (1 - o), so -dL/dz = (y - o) o (1 - o). A confident output hardly moves, right or
    wrong, because the sigmoid is flat there.
    """

    def value(self, logits: Array, outputs: Array, targets: Array) -> float:
        """L, summed over positions and batch."""
        return float(0.5 * np.sum((targets - outputs) ** 2))

    def output_deltas(self, outputs: Array, targets: Array) -> Array:
        """(T, B) (y - o) o (1 - o)."""
        return (targets - outputs) * (outputs * (1.0 - outputs))


class CrossEntropy:
    """L = sum log(1 + e^z) - y z, the binary cross-entropy in terms of logits. It neither overflows nor takes log 0.

    -dL/dz = y - o: the slope of the sigmoid cancels, so a confident mistake is corrected most.
    Source: Goodfellow, Bengio & Courville 2016, section 6.2.2.2.
    """

    def value(self, logits: Array, outputs: Array, targets: Array) -> float:
        """L, summed over positions and batch."""
        return float(np.sum(np.logaddexp(0.0, logits) - targets * logits))

    def output_deltas(self, outputs: Array, targets: Array) -> Array:
        """(T, B) y - o."""
        return targets - outputs


LOSSES: dict[str, type[Loss]] = {"squared_error": SquaredError, "cross_entropy": CrossEntropy}
