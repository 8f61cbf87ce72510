r"""The Elman cell: the simple recurrent network, with backpropagation through time (BPTT) written out by hand.

Forward, for the positions t = 0, 1, .. T-1. The state before the first one is h_0 = 0::

    a_t = x_t W_xh + h_t W_hh + b_h     what the hidden units receive: this position's bits, and the memory
    h_t+1 = f(a_t)                      hidden state: the new memory
    z_t = h_t+1 W_hy + b_y              logit
    o_t = sigmoid(z_t)                  output: the probability that the bit is 1

Backward, for t = T-1, .. 1, 0. Nothing comes after the last position: dh_T = 0. Every d is minus the gradient of the
loss L with respect to the number in its name, so it points downhill. dh_t is the gradient at a_t, inside f::

    do_t = -dL/dz_t                                   from the loss
    dh_t = (do_t W_hy' + dh_t+1 W_hh') * f'(a_t)      from this bit, and from all later bits

The second line is the whole of "through time". The state h_t+1 was used twice: for its own output, and for the next
state. So the two demands on it add up. The weights were used at every position. So the demands on them add up as well::

    dW_xh += x_t' dh_t      dW_hh += h_t' dh_t      dW_hy += h_t+1' do_t      db_h += dh_t      db_y += do_t

Learning is then `W += learning_rate * dW`.

Sources: Elman 1990, "Finding structure in time"; Werbos 1990, "Backpropagation through time: what it does and how to
do it". Names in the script that this project grew from: W_xh = synapse_0, W_hy = synapse_1, W_hh = synapse_h,
h = layer_1_values, o = layer_2, do = layer_2_deltas, dh = layer_1_delta. docs/learn/ reads both side by side.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units. Time begins at the least significant
bit, as carrying does.
"""

# ruff: noqa: N806  (the formulas write matrices as capitals)

from collections.abc import Mapping

import numpy as np

from rnn_core.cells.cell import Activity, Cell, Memory, forget_after_infinity
from rnn_core.network.activations import ACTIVATIONS, sigmoid
from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.types import Array


class ElmanCell(Cell):
    """The cell for given sizes: it knows the shapes of its parameters, not their values."""

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
        # The script initializes the matrices in this order.
        weights: Shapes = {"W_xh": (inputs, hidden_size), "W_hy": (hidden_size, 1), "W_hh": (hidden_size, hidden_size)}
        biases: Shapes = {"b_h": (hidden_size,), "b_y": (1,)} if bias else {}
        self.shapes = {**weights, **biases}

    def forward(self, parameters: Mapping[str, Array], inputs: Array, start: Memory | None = None) -> Activity:
        """Read the inputs position after position, carrying the state along.

        Args:
            parameters: W_xh (I, H), W_hh (H, H), W_hy (H, 1) and, with biases, b_h (H,), b_y (1,).
            inputs: (T, B, I) bits as 0.0 and 1.0, least significant first.
            start: the memory before the first position; None for zeros.

        Returns:
            States and outputs of all positions.
        """
        W_xh, W_hh, W_hy = (parameters[name] for name in ("W_xh", "W_hh", "W_hy"))
        b_h, b_y = (parameters["b_h"], parameters["b_y"]) if self.bias else (0.0, 0.0)
        f = self.activation.function
        x = inputs  # (T, B, I)
        T, B, H = len(x), x.shape[1], self.hidden_size

        a = np.empty((T, B, H))
        h = np.zeros((T + 1, B, H))
        if start is not None:
            h[0] = start.hidden_state
        z = np.empty((T, B, 1))
        for t in range(T):
            a[t] = x[t] @ W_xh + h[t] @ W_hh + b_h  # (B, H)
            h[t + 1] = f(a[t])  # (B, H)
            z[t] = h[t + 1] @ W_hy + b_y  # (B, 1)

        logits = z[:, :, 0]  # (T, B)
        forget_after_infinity(logits, h, a)
        return Activity(inputs, h, logits, sigmoid(logits))

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """Send the output deltas back through time.

        Args:
            parameters: as for `forward`, the same values.
            activity: what `forward` returned.
            output_deltas: (T, B) do: minus the loss gradient at the logits.

        Returns:
            dh, (T, B, H): minus the loss gradient at a, inside f. And minus the gradient for every parameter, summed
            over positions and batch, in the form of `parameters`.
        """
        W_hh, W_hy = parameters["W_hh"], parameters["W_hy"]
        slope = self.activation.slope
        x, h = activity.inputs, activity.hidden_states  # (T, B, I), (T+1, B, H)
        do = output_deltas[:, :, np.newaxis]  # (T, B, 1)
        T = len(x)

        descent = Parameters(self.shapes)  # zeros
        dW_xh, dW_hh, dW_hy = (descent[name] for name in ("W_xh", "W_hh", "W_hy"))
        dh = np.zeros_like(h)  # (T+1, B, H)
        for t in reversed(range(T)):
            dh[t] = (do[t] @ W_hy.T + dh[t + 1] @ W_hh.T) * slope(h[t + 1])  # (B, H)
            dW_xh += x[t].T @ dh[t]
            dW_hh += h[t].T @ dh[t]
            dW_hy += h[t + 1].T @ do[t]
        if self.bias:
            descent["b_h"][...] = dh.sum(axis=(0, 1))
            descent["b_y"][...] = do.sum(axis=(0, 1))
        return dh[:T], descent

    def state_deltas(self, parameters: Mapping[str, Array], output_deltas: Array, hidden_deltas: Array) -> Array:
        """See `Cell.state_deltas`: do_t W_hy' + dh_t+1 W_hh', the sum in the formulas before f'."""
        demands = output_deltas[:, :, np.newaxis] @ parameters["W_hy"].T  # (T, B, H)
        demands[:-1] += hidden_deltas[1:] @ parameters["W_hh"].T
        return demands
