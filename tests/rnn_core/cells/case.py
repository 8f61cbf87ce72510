"""One cell with one loss and random weights: everything that it computes, and a plain rendering to compare it with."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_core.cells import Cell, ElmanCell, GruCell, LstmCell
from rnn_core.network.losses import LOSSES
from rnn_core.network.parameters import Parameters
from tests.rnn_core.plain import Walk, elman, loss_of
from tests.rnn_core.plain_gated import gru_positions, lstm_positions

Array = NDArray[np.float64]

T, H = 4, 3


class Kind(NamedTuple):
    """A kind of cell: its class, the options of the class besides the sizes, and its plain rendering."""

    cell: type[ElmanCell] | type[GruCell] | type[LstmCell]
    options: dict[str, str]
    walk: Walk


KINDS = {
    **{f"elman-{name}": Kind(ElmanCell, {"activation": name}, elman(name)) for name in ("sigmoid", "tanh", "relu")},
    "gru": Kind(GruCell, {}, gru_positions),
    "lstm": Kind(LstmCell, {}, lstm_positions),
}


class Case:
    """A cell with random weights, real inputs instead of bits, random target bits, and what the cell computed."""

    def __init__(self, kind: str, bias: bool, loss: str, batch: int, inputs: int = 2) -> None:
        random = np.random.RandomState(30)
        self.loss, self.walk = loss, KINDS[kind].walk
        self.cell: Cell = KINDS[kind].cell(inputs, H, bias=bias, **KINDS[kind].options)
        self.weights = Parameters(self.cell.shapes)
        self.weights.flat[...] = random.uniform(-1.0, 1.0, self.weights.flat.size)
        self.inputs = random.uniform(-1.0, 1.0, (T, batch, inputs))
        self.targets = random.randint(2, size=(T, batch)).astype(float)
        self.activity = self.cell.forward(self.weights, self.inputs)
        self.output_deltas = LOSSES[loss]().output_deltas(self.activity.outputs, self.targets)
        self.hidden_deltas, self.descent = self.cell.bptt(self.weights, self.activity, self.output_deltas)

    def plainly(self, problem: int) -> list[tuple[Any, list[float], float]]:
        """What the plain rendering computes for one problem of the batch, position by position."""
        return list(self.walk(self.weights, self.inputs[:, problem], None))

    def loss_with(self, flat: Array | None = None, **nudges: Array) -> float:
        """The plain rendering's loss with other weights, or with `hidden_nudges` or `logit_nudges`."""
        weights = self.weights if flat is None else self.weights.like(flat)
        return loss_of(self.walk, weights, self.inputs, self.targets, self.loss, **nudges)
