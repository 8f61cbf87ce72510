r"""The Elman cell: the simple recurrent network, with backpropagation through time by hand.

Forward, for positions t = 1 .. T, starting from h_0 = 0::

    h_t = f(x_t W_xh + h_{t-1} W_hh + b_h)      hidden state: this bit pair and what is remembered
    z_t = h_t W_hy + b_y                        logit
    o_t = sigmoid(z_t)                          output: P(bit = 1)

Backward, for t = T .. 1, starting from dh_{T+1} = 0, where a delta is minus the loss gradient at a pre-activation::

    do_t = -dL/dz_t                             output delta, from the loss
    dh_t = (do_t W_hy' + dh_{t+1} W_hh') f'_t   hidden delta: what this bit's error asks for, and what the future asks

The second line is all of "through time": the state h_t served twice, for its own output and for the next state, so the
two demands on it add up. The same weights served at every position, so what they are asked to do adds up as well::

    W_hy += h_t' do_t     W_hh += h_{t-1}' dh_t     W_xh += x_t' dh_t     b_y += do_t     b_h += dh_t

Here the sum on the right is minus the gradient, so adding it (times a learning rate) goes downhill.

Sources: Elman 1990, "Finding structure in time"; Werbos 1990, "Backpropagation through time: what it does and how to
do it". Names in the blog script this project grew from: W_xh = synapse_0, W_hy = synapse_1, W_hh = synapse_h,
hidden_states = layer_1_values, outputs = layer_2, output_deltas = layer_2_deltas, hidden_deltas = layer_1_delta.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units. Time runs from the least significant
bit, as carrying does.
"""

from collections.abc import Mapping

import numpy as np

from rnn_core.activations import ACTIVATIONS, sigmoid
from rnn_core.cells.cell import Activity, Cell, forget_after_infinity
from rnn_core.parameters import Parameters, Shapes
from rnn_core.types import Array


class ElmanCell(Cell):
    """The cell for given sizes: knows the shapes of its parameters, not their values."""

    name = "elman"

    def __init__(self, inputs: int, hidden_size: int, activation: str = "sigmoid", bias: bool = False) -> None:
        """Fix the sizes.

        Args:
            inputs: I, bits that come in at each position.
            hidden_size: H, units in the state.
            activation: f, a key of `ACTIVATIONS`.
            bias: whether b_h and b_y exist.

        Raises:
            KeyError: no such activation.
        """
        self.hidden_size = hidden_size
        self.bias = bias
        self.activation = ACTIVATIONS[activation]
        # In the order in which the matrices are drawn: the script's.
        weights: Shapes = {"W_xh": (inputs, hidden_size), "W_hy": (hidden_size, 1), "W_hh": (hidden_size, hidden_size)}
        biases: Shapes = {"b_h": (hidden_size,), "b_y": (1,)} if bias else {}
        self.shapes = {**weights, **biases}

    def forward(self, parameters: Mapping[str, Array], inputs: Array) -> Activity:
        """Read the inputs position after position, carrying the state along.

        Args:
            parameters: W_xh (I, H), W_hh (H, H), W_hy (H, 1) and, with biases, b_h (H,), b_y (1,).
            inputs: (T, B, I) bits as 0.0 and 1.0, least significant first.

        Returns:
            States and outputs of all positions.
        """
        W_hh = parameters["W_hh"]  # noqa: N806  (the formulas' name)
        f = self.activation.function
        length, batch, _ = inputs.shape
        before_f = inputs.dot(parameters["W_xh"])  # (T, B, H), all positions at once
        if self.bias:
            before_f += parameters["b_h"]

        hidden_states = np.zeros((length + 1, batch, self.hidden_size))  # (T+1, B, H)
        state = hidden_states[0]  # (B, H)
        for t in range(length):
            before_f[t] += state.dot(W_hh)
            state = hidden_states[t + 1] = f(before_f[t])

        logits = hidden_states[1:].dot(parameters["W_hy"][:, 0])  # (T, B)
        if self.bias:
            logits += parameters["b_y"]
        forget_after_infinity(logits, before_f)
        return Activity(inputs, hidden_states, logits, sigmoid(logits))

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """Send the output deltas back through time.

        Args:
            parameters: as for `forward`, the same values.
            activity: what `forward` returned.
            output_deltas: (T, B) minus the loss gradient at the logits.

        Returns:
            hidden_deltas, (T, B, H): minus the loss gradient at the hidden pre-activations; and minus the gradient for
            every parameter, summed over positions and batch, in the form of `parameters`.
        """
        W_hh_transposed = parameters["W_hh"].T  # noqa: N806
        states = activity.hidden_states[1:]  # (T, B, H)
        slopes = self.activation.slope(states)  # (T, B, H)
        own_parts = output_deltas[..., None] * parameters["W_hy"][:, 0]  # (T, B, H) what each bit's error asks for
        length, batch, hidden = states.shape

        hidden_deltas = np.empty_like(states)  # (T, B, H)
        future = np.zeros((batch, hidden))  # (B, H) after the last bit there is none
        for t in reversed(range(length)):
            future = hidden_deltas[t] = (own_parts[t] + future.dot(W_hh_transposed)) * slopes[t]

        # Sums over positions and batch are matrix products over rows (t, b).
        rows = length * batch
        by_row = hidden_deltas.reshape(rows, hidden)
        descent = Parameters(self.shapes)
        descent["W_xh"][...] = activity.inputs.reshape(rows, -1).T.dot(by_row)
        descent["W_hy"][:, 0] = output_deltas.reshape(rows).dot(states.reshape(rows, hidden))
        descent["W_hh"][...] = activity.hidden_states[:-1].reshape(rows, hidden).T.dot(by_row)
        if self.bias:
            descent["b_h"][...] = by_row.sum(axis=0)
            descent["b_y"][...] = output_deltas.sum()
        return hidden_deltas, descent
