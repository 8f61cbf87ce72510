"""What all recurrent cells have in common: named parameters, a pass forward, and one back through time."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import numpy as np

from rnn_core.parameters import Parameters, Shapes
from rnn_core.types import Array


@dataclass(frozen=True)
class Activity:
    """What a forward pass leaves behind for the backward pass.

    T positions, B problems in the batch, I inputs a position, H hidden units.

    Attributes:
        inputs: (T, B, I) the bits that came in.
        hidden_states: (T+1, B, H); row 0 is the zero state before the first bit, row t+1 the state after position t.
        logits: (T, B) z, before the sigmoid.
        outputs: (T, B) P(bit = 1).
        gates: (T, B, H) each, by the names in the cell's `gates`; empty for a cell without.
        cell_states: (T+1, B, H), row 0 zero, or None for a cell that has no state beside the hidden one.
    """

    inputs: Array
    hidden_states: Array
    logits: Array
    outputs: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell_states: Array | None = None


def forget_after_infinity(logits: Array, *pre_activations: Array) -> None:
    """Make the logits NaN where the network has no answer any more: from the position on at which a pre-activation is
    infinite, and where a logit itself is.

    What f makes of an infinite number may look sound: sigmoid, tanh and, far below zero, relu are flat there. But
    whether a sum whose parts leave the range of numbers ends at plus infinity, at minus infinity or is not a number at
    all depends on the order in which it is taken. As NaN it stays what it is in every order: no answer.

    Args:
        logits: (T, B), changed in place.
        pre_activations: (T, B, H) each, what went into the units' nonlinearities.
    """
    if all(isfinite(numbers.sum()) for numbers in (logits, *pre_activations)):  # the usual case, at little cost
        return
    lost = np.zeros(logits.shape, dtype=bool)  # (T, B)
    for numbers in pre_activations:
        lost |= ~np.isfinite(numbers).all(axis=2)
    logits[np.logical_or.accumulate(lost) | ~np.isfinite(logits)] = np.nan


class Cell(ABC):
    """A recurrent cell for given sizes: it knows the shapes of its parameters, not their values.

    Attributes:
        name: its key in a configuration.
        gates: what its gates are called, in the order in which they are shown.
        hidden_size: H, units in the state.
        bias: whether there are biases.
        shapes: of the parameters by name, in the order in which the matrices are drawn.
    """

    name: ClassVar[str]
    gates: ClassVar[tuple[str, ...]] = ()
    hidden_size: int
    bias: bool
    shapes: Shapes

    @abstractmethod
    def forward(self, parameters: Mapping[str, Array], inputs: Array) -> Activity:
        """Read the inputs position after position, carrying the state along.

        Args:
            parameters: by name, of the shapes in `shapes`.
            inputs: (T, B, I) bits as 0.0 and 1.0, least significant first.

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
            hidden_deltas, (T, B, H): minus the loss gradient at the hidden units, of an Elman cell at their
            pre-activations, of a gated cell at the hidden state; and minus the gradient for every parameter, summed
            over positions and batch, in the form of `parameters`.
        """
