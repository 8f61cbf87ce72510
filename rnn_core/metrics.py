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


def settled(outputs: Array, targets: Array) -> Array:
    """Outputs that can be judged: where one is not a number, the wrong bit takes its place.

    A network on the edge of diverging may leave the range of numbers on problems that training has not shown it. It
    then has no answer, and no answer is as wrong as can be: 0 where the target is 1, and 1 where it is 0.

    Args:
        outputs: P(bit = 1), or NaN, of any shape.
        targets: bits, of the same shape.
    """
    return np.where(np.isnan(outputs), 1.0 - targets, outputs)
