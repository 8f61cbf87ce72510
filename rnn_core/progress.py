"""What engines answer."""

from dataclasses import dataclass

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
        accuracy: the share with the result right, every bit of it, from 0 to 1.
        bit_accuracy: (T,) the share with the bit at this position right, least significant first.
        worst: (k,) indices of the problems with the largest error, largest first, of equal ones the earlier first.
        worst_errors: (k,) their errors, sums over positions of abs(target - output).
    """

    accuracy: float
    bit_accuracy: Array
    worst: Integers
    worst_errors: Array
