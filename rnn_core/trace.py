"""Everything that happened in one iteration, and a prediction: what the rest of the project shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnn_core.parameters import Parameters
from rnn_core.records import Record
from rnn_core.types import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Record):
    """One iteration in full: its problem (of a batch, the first), forward, backward, update. Never written again.

    Made with the weights before the update: weights after - learning_rate * updates. Time runs from the least
    significant bit.

    Attributes:
        iteration: which one, counted from 0.
        a: the first operand.
        b: the second operand, None where the task has but one.
        c: the third operand, None where the task has none.
        error: sum over positions of abs(target - output), the mean over the batch.
        inputs: (T, I) bits that came in.
        targets: (T,) bits that should come out.
        outputs: (T,) P(bit = 1).
        hidden_states: (T+1, H), row 0 is the zero start.
        output_deltas: (T,) minus the loss gradient at the logits.
        hidden_deltas: (T, H) minus the loss gradient at the hidden pre-activations; of a gated cell, at the states.
        gates: (T, H) each, by the names in the cell's `gates`; empty for a cell without.
        cell_states: (T+1, H), row 0 is the zero start; None for a cell that has none.
        learning_rate: the one in force.
        updates: what the optimizer added, before the learning rate, by the names of the parameters.
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
    """What a network answers to one problem. Bits and probabilities run most significant first, as people write.

    Attributes:
        task: the task's name.
        a: the first operand.
        b: the second operand, None where the task has but one.
        c: the third operand, None where the task has none.
        expected: the true result; of a yes-or-no task 1 or 0.
        predicted: the network's.
        correct: whether they agree.
        width: how many positions were run: the run's bits, or more where the result needs them.
        bits: the operands, `expected` and `predicted` (what should come out and what did), each `width` zeros and ones.
        probabilities: `width` outputs P(bit = 1), unrounded.
        beyond_training: whether an operand lies outside of what training draws.
        overflow: True where an output is not a number, since the network's numbers left their range, else None. Such an
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
