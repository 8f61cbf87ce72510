"""The results of engines."""

from dataclasses import dataclass

import numpy as np

from rnn_core.network.optimizers import State
from rnn_core.trace import Trace
from rnn_core.types import Array, Integers


@dataclass(frozen=True, eq=False)
class Progress:
    """What an engine did with the problems it was given.

    Attributes:
        errors: (k,) the error of each iteration done. If they are fewer than asked for, the next iteration diverged.
        optimizer_state: the optimizer's memory after them.
        trace: that of the last one done; None if none was done.
    """

    errors: Array
    optimizer_state: State
    trace: Trace | None


@dataclass(frozen=True, eq=False)
class Examination:
    """How many of the given problems a network got right.

    Attributes:
        problems: how many there were.
        right: how many of them have every bit of the result right.
        right_bits: (T,) how many have the bit at this position right, least significant first.
        worst: (k,) indices of the problems with the largest errors, largest first; among equal ones the earlier first.
        worst_errors: (k,) their errors, sums over positions of abs(target - output).
    """

    problems: int
    right: int
    right_bits: Integers
    worst: Integers
    worst_errors: Array

    @property
    def accuracy(self) -> float:
        """The share with the result right, from 0 to 1."""
        return self.right / self.problems

    @property
    def bit_accuracy(self) -> Array:
        """(T,) the share with the bit at this position right, least significant first."""
        shares: Array = self.right_bits / self.problems
        return shares

    def followed_by(self, other: "Examination", worst: int) -> "Examination":
        """The examination of these problems followed by the `other` ones. It names at most `worst` problems."""
        places = np.concatenate([self.worst, self.problems + other.worst])
        errors = np.concatenate([self.worst_errors, other.worst_errors])
        ranked = np.argsort(-errors, kind="stable")[:worst]
        return Examination(
            problems=self.problems + other.problems,
            right=self.right + other.right,
            right_bits=self.right_bits + other.right_bits,
            worst=places[ranked],
            worst_errors=errors[ranked],
        )
