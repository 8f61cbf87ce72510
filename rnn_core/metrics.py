"""How good the outputs are, in numbers that people read."""

import numpy as np

from rnn_core.types import Array, Integers


def absolute_error(outputs: Array, targets: Array) -> Array:
    """The error this project draws: sum over positions of abs(target - output), the mean over the batch.

    Args:
        outputs: (n, T, B) P(bit = 1), of n iterations.
        targets: (n, T, B) bits.

    Returns:
        (n,) each between 0 and T; always answering one half gives T / 2.
    """
    iterations, length, batch = outputs.shape
    mean: Array = np.abs(targets - outputs).reshape(iterations, length * batch).sum(axis=1) / batch
    return mean


def predicted_bits(outputs: Array) -> Integers:
    """1 where an output exceeds 0.5, else 0, of the shape of `outputs`."""
    return (outputs > 0.5).astype(np.int64)


def bit_accuracy(outputs: Array, targets: Array) -> float:
    """The share of bits that are right, from 0 to 1, over (T, B)."""
    return float(np.mean(predicted_bits(outputs) == targets))


def sequence_accuracy(outputs: Array, targets: Array) -> float:
    """The share of problems with every bit right, from 0 to 1, over (T, B)."""
    return float(np.mean(np.all(predicted_bits(outputs) == targets, axis=0)))
