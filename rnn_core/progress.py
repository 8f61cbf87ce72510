"""What engines answer."""

from dataclasses import dataclass

import numpy as np

from rnn_core.optimizers import State
from rnn_core.trace import Trace
from rnn_core.types import Array, Integers


@dataclass(frozen=True, eq=False)
class Progress:
    """What an engine did with the problems it was given.

    Attributes:
        errors: (k,) the error of each iteration done; fewer than were asked for means that the next one diverged.
        optimizer_state: the optimizer's memory after them.
        trace: of the last one done, or None when none was.
    """

    errors: Array
    optimizer_state: State
    trace: Trace | None


@dataclass(frozen=True, eq=False)
class Examination:
    """What a network got right of the problems it was given.

    Attributes:
        problems: how many there were.
        right: how many of them have the result right, every bit of it.
        right_bits: (T,) how many have the bit at this position right, least significant first.
        worst: (k,) indices of the problems with the largest error, largest first, of equal ones the earlier first.
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
        """That of these problems and, after them, the `other` ones; it names `worst` problems, at most."""
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
