"""The initial values of weights."""

from collections.abc import Callable

import numpy as np

from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.types import Array


def uniform(random: np.random.RandomState, shape: tuple[int, ...]) -> Array:
    """Uniform in [-1, 1): the script's `2 * random - 1`."""
    return 2.0 * random.random_sample(shape) - 1.0


def glorot(random: np.random.RandomState, shape: tuple[int, ...]) -> Array:
    """Uniform in [-r, r) with r = sqrt(6 / (rows + columns)).

    That keeps variances equal forwards and backwards. Source: Glorot & Bengio 2010, equation 16.
    """
    return float(np.sqrt(6.0 / sum(shape))) * uniform(random, shape)


INITIALIZERS: dict[str, Callable[[np.random.RandomState, tuple[int, ...]], Array]] = {
    "uniform": uniform,
    "glorot": glorot,
}


def initial_parameters(shapes: Shapes, init: str, random: np.random.RandomState) -> Parameters:
    """Draw the matrices of `shapes` in their order; biases (one axis) begin at zero and draw nothing."""
    parameters = Parameters(shapes)
    for name, shape in shapes.items():
        if len(shape) > 1:
            parameters[name][...] = INITIALIZERS[init](random, shape)
    return parameters
