"""The functions that hidden units apply to their input, and their slopes, written in terms of the output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rnn_core.types import Array


def sigmoid(x: Array) -> Array:
    """The logistic function 1 / (1 + e^-x), elementwise, from 0 to 1.

    Far below zero e^-x overflows to infinity. Its reciprocal is the right answer, 0. NumPy warns about the overflow;
    the trainer silences the warning around its loop.
    """
    return 1.0 / (1.0 + np.exp(-x))


class Elementwise(Protocol):
    """A function of one array, elementwise."""

    def __call__(self, x: Array, /) -> Array:
        """The function's values, of the shape of `x`."""
        ...


@dataclass(frozen=True)
class Activation:
    """A nonlinearity f and its derivative.

    Attributes:
        function: f(x).
        slope: f'(x), given f(x). For all three functions the output alone gives the slope, so backpropagation needs no
            pre-activations. Source: Goodfellow, Bengio & Courville 2016, section 6.3.
    """

    function: Elementwise
    slope: Elementwise


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, lambda output: output * (1.0 - output)),
    "tanh": Activation(np.tanh, lambda output: 1.0 - output * output),
    "relu": Activation(lambda x: np.maximum(x, 0.0), lambda output: (output > 0.0).astype(np.float64)),
}
