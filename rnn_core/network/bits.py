"""Whole numbers as bits and back, least significant first."""

import numpy as np

from rnn_core.types import Integers


def bits_of(numbers: Integers, length: int) -> Integers:
    """Whole numbers as bits, least significant first, along a new last axis.

    Args:
        numbers: any shape, each from 0 to 2**length - 1.
        length: T, how many bits.

    Returns:
        (..., T) zeros and ones.
    """
    return (np.asarray(numbers, dtype=np.int64)[..., None] >> np.arange(length)) & 1


def number_of(bits: Integers) -> Integers:
    """The inverse of `bits_of`: (..., T) bits, least significant first, to whole numbers (...)."""
    return np.asarray(bits, dtype=np.int64) @ (np.int64(1) << np.arange(np.shape(bits)[-1]))
