"""Everything that happened in one iteration, and a prediction: the data that the rest of the project shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnn_core.network.parameters import Parameters
from rnn_core.records import Record
from rnn_core.types import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Record):
    """One iteration in full: its problem (the first of a batch), forward, backward, update. It never changes.

    It was made with the weights before the update: weights after - learning_rate * updates. Time begins at the least
    significant bit.

    Attributes:
        iteration: its number, counted from 0.
        a: the first operand.
        b: the second operand; None if the task has only one.
        c: the third operand; None if the task has none.
        error: sum over positions of abs(target - output), the mean over the batch.
        inputs: (T, I) bits that came in.
        targets: (T,) bits that should come out.
        outputs: (T,) P(bit = 1).
        hidden_states: (T+1, H), row 0 is the zero start.
        output_deltas: (T,) minus the loss gradient at the logits.
        hidden_deltas: (T, H) minus the loss gradient at the hidden pre-activations; for a gated cell, at the states.
        gates: (T, H) each, by the names in the cell's `gates`; empty for a cell without gates.
        cell_states: (T+1, H), row 0 is the zero start; None for a cell that has none.
        learning_rate: the one that was used.
        updates: what the optimizer added, without the learning rate, by the names of the parameters.
    """

    iteration: int
    a: int
    b: int | None = None
    c: int | None = None
    error: float
    inputs: Array
    targets: Array
    outputs: Array
    hidden_states: Array
    output_deltas: Array
    hidden_deltas: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell_states: Array | None = None
    learning_rate: float
    updates: Parameters

    @property
    def operands(self) -> tuple[int, ...]:
        """The problem's numbers."""
        return tuple(number for number in (self.a, self.b, self.c) if number is not None)


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction(Record):
    """A network's answer to one problem. Bits and probabilities are most significant first, as people write.

    Attributes:
        task: the task's name.
        a: the first operand.
        b: the second operand; None if the task has only one.
        c: the third operand; None if the task has none.
        expected: the true result; 1 or 0 for a yes-or-no task.
        predicted: the network's result.
        correct: whether they agree.
        width: the number of positions: the run's bits, or more if the result needs them.
        bits: the operands, `expected` and `predicted` (what should come out and what did), each `width` zeros and ones.
        probabilities: `width` outputs P(bit = 1), unrounded.
        beyond_training: whether an operand is outside the range of training.
        overflow: True if an output is not a number, because the network's numbers left their range; else None. Such an
            output counts as the wrong bit, with probability 0 or 1.
    """

    task: str
    a: int
    b: int | None = None
    c: int | None = None
    expected: int
    predicted: int
    correct: bool
    width: int
    bits: dict[str, list[int]]
    probabilities: list[float]
    beyond_training: bool
    overflow: bool | None = None
