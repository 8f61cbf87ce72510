"""What all recurrent cells have in common: named parameters, a forward pass, and a backward pass through time."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import numpy as np

from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.types import Array, Integers


@dataclass(frozen=True)
class Memory:
    """All that a cell carries from one position to the next, for B problems.

    Attributes:
        hidden_state: (B, H). NaN if the network has no answer any more; see `forget_after_infinity`.
        cell_state: (B, H); None for a cell that has only the hidden state.
    """

    hidden_state: Array
    cell_state: Array | None = None

    def at(self, problems: Integers) -> "Memory":
        """The memory of these problems, by their places in the batch. A place may be named several times."""
        return Memory(self.hidden_state[problems], None if self.cell_state is None else self.cell_state[problems])


@dataclass(frozen=True)
class Activity:
    """What a forward pass keeps for the backward pass.

    T positions, B problems in the batch, I inputs a position, H hidden units.

    Attributes:
        inputs: (T, B, I) the bits that came in.
        hidden_states: (T+1, B, H); row 0 is the state before the first bit, zero if nothing came before; row t+1 is the
            state after position t.
        logits: (T, B) z, before the sigmoid.
        outputs: (T, B) P(bit = 1).
        gates: (T, B, H) each, by the names in the cell's `gates`; empty for a cell without gates.
        cell_states: (T+1, B, H), row 0 is that before the first bit; None for a cell that has only the hidden state.
    """

    inputs: Array
    hidden_states: Array
    logits: Array
    outputs: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell_states: Array | None = None

    @property
    def memory(self) -> Memory:
        """What is carried on after the last position."""
        return Memory(self.hidden_states[-1], None if self.cell_states is None else self.cell_states[-1])


def forget_after_infinity(logits: Array, hidden_states: Array, *pre_activations: Array) -> None:
    """Make logits NaN if the network has no answer any more: all logits from the first position on at which a
    pre-activation is infinite, with the hidden states there, and each logit that is itself infinite.

    f of an infinite number may look sound: sigmoid, tanh and, far below zero, relu are flat there. But the parts of a
    sum may leave the range of numbers. Then the order of the additions decides whether the sum is plus infinity, minus
    infinity or NaN. Made NaN, it is the same in every order: no answer.

    Args:
        logits: (T, B), changed in place.
        hidden_states: (T+1, B, H), changed in place.
        pre_activations: (T, B, H) each, the inputs of the units' nonlinearities.
    """
    if all(isfinite(numbers.sum()) for numbers in (logits, *pre_activations)):  # the usual case, at little cost
        return
    lost = np.zeros(logits.shape, dtype=bool)  # (T, B)
    for numbers in pre_activations:
        lost |= ~np.isfinite(numbers).all(axis=2)
    lost = np.logical_or.accumulate(lost)
    logits[lost | ~np.isfinite(logits)] = np.nan
    hidden_states[1:][lost] = np.nan


class Cell(ABC):
    """A recurrent cell for given sizes: it knows the shapes of its parameters, not their values.

    Attributes:
        name: its key in a configuration.
        gates: the names of its gates, in the order in which they are shown.
        hidden_size: H, the number of units in the state.
        bias: whether there are biases.
        shapes: those of the parameters by name, in the order in which the matrices are initialized.
    """

    name: ClassVar[str]
    gates: ClassVar[tuple[str, ...]] = ()
    hidden_size: int
    bias: bool
    shapes: Shapes

    @abstractmethod
    def forward(self, parameters: Mapping[str, Array], inputs: Array, start: Memory | None = None) -> Activity:
        """Read the inputs position after position, carrying the state along.

        Args:
            parameters: by name, of the shapes in `shapes`.
            inputs: (T, B, I) bits as 0.0 and 1.0, least significant first.
            start: the memory before the first position, to go on where other positions ended; None for zeros.

        Returns:
            States and outputs of all positions.
        """

    @abstractmethod
    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """Send the output deltas back through time.

        Args:
            parameters: as for `forward`, the same values.
            activity: what `forward` returned.
            output_deltas: (T, B) minus the loss gradient at the logits.

        Returns:
            hidden_deltas, (T, B, H): minus the loss gradient at the hidden units (for an Elman cell at their
            pre-activations, for a gated cell at the hidden state). And minus the gradient for every parameter, summed
            over positions and batch, in the form of `parameters`.
        """

    def state_deltas(self, parameters: Mapping[str, Array], output_deltas: Array, hidden_deltas: Array) -> Array:
        """Minus the loss gradient at the hidden state after each position, from what `bptt` took and returned.

        Args:
            parameters: as for `bptt`.
            output_deltas: (T, B), as for `bptt`.
            hidden_deltas: (T, B, H), as `bptt` returned them.

        Returns:
            (T, B, H): what this position's output and all later positions ask of the state.
        """
        return hidden_deltas
