"""From descent directions to updates, over the flat parameter vector of any cell.

An optimizer returns the updates, without the learning rate: parameters += learning_rate * updates. Its memory is a
plain dict of arrays that is never changed in place. So to undo an iteration, its new memory is simply not used.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from rnn_core.types import Array

State = Mapping[str, Array]


class Optimizer(Protocol):
    """A rule for updates."""

    def initial_state(self, size: int) -> State:
        """The memory before the first step, for `size` parameters."""
        ...

    def step(self, state: State, descent: Array) -> tuple[Array, State]:
        """One step.

        Args:
            state: the memory so far; not changed.
            descent: (P,) minus the gradient.

        Returns:
            updates (P,), without the learning rate, and the new memory.
        """
        ...


class Sgd:
    """Plain gradient descent: u = g."""

    def initial_state(self, size: int) -> State:
        """No memory."""
        return {}

    def step(self, state: State, descent: Array) -> tuple[Array, State]:
        """The descent direction itself."""
        return descent, state


class Momentum:
    """Momentum: v <- 0.9 v + g, u = v, so that parameters += learning_rate v.

    The idea is Polyak's (1964, "Some methods of speeding up the convergence of iteration methods"). This is the form of
    `torch.optim.SGD`: the velocity is a sum of descent directions, and the current learning rate multiplies all of it.
    Sutskever et al. (2013, "On the importance of initialization and momentum in deep learning", equations 1 and 2) keep
    the rate inside: v <- 0.9 v + learning_rate g, parameters += v. At a constant rate both do the same. When the rate
    changes they differ: here the change acts at once on the whole velocity, there only on later descent directions.
    """

    decay = 0.9

    def initial_state(self, size: int) -> State:
        """velocity (P,), zero."""
        return {"velocity": np.zeros(size)}

    def step(self, state: State, descent: Array) -> tuple[Array, State]:
        """The running velocity."""
        velocity = self.decay * state["velocity"] + descent
        return velocity, {"velocity": velocity}


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1): u = m^ / (sqrt(v^) + 1e-8).

    m <- 0.9 m + 0.1 g, v <- 0.999 v + 0.001 g^2, and the hats divide by 1 - 0.9^t and 1 - 0.999^t, which undoes the
    bias towards the zero start.
    """

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def initial_state(self, size: int) -> State:
        """first_moment (P,), second_moment (P,), both zero, and steps (1,), how many were made."""
        return {"first_moment": np.zeros(size), "second_moment": np.zeros(size), "steps": np.zeros(1)}

    def step(self, state: State, descent: Array) -> tuple[Array, State]:
        """The bias-corrected mean over the root of the bias-corrected mean square."""
        steps = state["steps"] + 1.0
        first = self.beta1 * state["first_moment"] + (1.0 - self.beta1) * descent
        second = self.beta2 * state["second_moment"] + (1.0 - self.beta2) * descent * descent
        second += 0.0 * (descent * descent)  # a square that overflows is divergence, even if 0.001 of it does not
        mean = first / (1.0 - self.beta1**steps)
        mean_square = second / (1.0 - self.beta2**steps)
        updates = mean / (np.sqrt(mean_square) + self.epsilon)
        return updates, {"first_moment": first, "second_moment": second, "steps": steps}


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": Sgd, "momentum": Momentum, "adam": Adam}


SMALL, TINY = 1e-140, 1e-290
"""Squares of numbers below `SMALL` may underflow; factors below `TINY` have fewer digits than others."""


def clip_by_norm(descent: Array, limit: float) -> Array:
    """Shorten a vector to the length `limit` if it is longer, in the same direction. Any size is allowed.

    Squares of very large numbers overflow, and squares of very small ones vanish. Then the vector is measured in units
    of its largest entry.

    Args:
        descent: (P,).
        limit: above 0.

    Returns:
        (P,) of length `limit` at most; the same vector if it is not longer, or not finite.

    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
    """
    norm = float(np.linalg.norm(descent))
    if SMALL < norm < np.inf and limit / norm > TINY:
        return descent * (limit / norm) if norm > limit else descent
    largest = float(np.abs(descent).max())
    if not 0.0 < largest < np.inf:
        return descent
    unit = descent / largest
    norm = float(np.linalg.norm(unit))
    return unit * (limit / norm) if norm > limit / largest else descent
