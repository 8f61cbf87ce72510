"""How good the outputs are, in numbers that people read."""

import numpy as np

from rnn_core.types import Array, Integers


def absolute_error(outputs: Array, targets: Array) -> Array:
    """The error that this project draws: the sum over positions of abs(target - output), mean over the batch.

    Args:
        outputs: (n, T, B) P(bit = 1) of n iterations.
        targets: (n, T, B) bits.

    Returns:
        (n,) each between 0 and T; always answering one half gives T / 2.
    """
    iterations, length, batch = outputs.shape
    mean: Array = np.abs(targets - outputs).reshape(iterations, length * batch).sum(axis=1) / batch
    return mean


def predicted_bits(outputs: Array) -> Integers:
    """1 where an output exceeds 0.5, else 0, in the shape of `outputs`."""
    return (outputs > 0.5).astype(np.int64)


def settled(outputs: Array, targets: Array) -> Array:
    """The outputs, but with the wrong bit in the place of each that is not a number.

    A network that is close to diverging may leave the range of numbers on problems that training has not shown it. Then
    it has no answer, and that counts as completely wrong: 0 where the target is 1, and 1 where it is 0.

    Args:
        outputs: P(bit = 1), or NaN, of any shape.
        targets: bits, of the same shape.
    """
    return np.where(np.isnan(outputs), 1.0 - targets, outputs)
