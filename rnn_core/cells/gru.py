r"""The gated recurrent unit (GRU), with backpropagation through time by hand.

Forward, for positions t = 1 .. T, starting from h_0 = 0, where * is elementwise::

    z_t = sigmoid(x_t W_xz + h_{t-1} W_hz + b_z)          update gate: how much of the old state stays
    r_t = sigmoid(x_t W_xr + h_{t-1} W_hr + b_r)          reset gate: how much of it the candidate may see
    n_t = tanh(x_t W_xn + r_t * (h_{t-1} W_hn) + b_n)     candidate for the new state
    h_t = z_t * h_{t-1} + (1 - z_t) * n_t                 hidden state: a mixture of both
    o_t = sigmoid(h_t W_hy + b_y)                         output: P(bit = 1)

Where z is 1 the state stays as it is, and so does what flows back: the product of slopes that makes gradients vanish in
a simple network is 1 there.

Backward, for t = T .. 1, starting from nothing, where every d is minus the loss gradient at what it is named after, for
the gates at their pre-activations::

    dh_t = do_t W_hy' + (what the next position asks of h_t)
    dz_t = dh_t * (h_{t-1} - n_t) * z_t (1 - z_t)
    dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
    dr_t = dn_t * (h_{t-1} W_hn) * r_t (1 - r_t)
    dh_{t-1} asked for by position t:  dh_t * z_t + dz_t W_hz' + dr_t W_hr' + (dn_t * r_t) W_hn'

    W_xz += x_t' dz_t    W_xr += x_t' dr_t    W_xn += x_t' dn_t    b_z += dz_t   b_r += dr_t   b_n += dn_t
    W_hz += h_{t-1}' dz_t   W_hr += h_{t-1}' dr_t   W_hn += h_{t-1}' (dn_t * r_t)   W_hy += h_t' do_t   b_y += do_t

Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical machine
translation", arXiv:1406.1078v1. This is the variant of that first version, in which the reset gate acts on the product
h W_hn, as cuDNN and PyTorch compute it (`torch.nn.GRUCell`, its recurrent biases zero); in later versions of the paper
it acts on h before the product.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units.
"""

from collections.abc import Mapping

import numpy as np

from rnn_core.activations import sigmoid
from rnn_core.cells.cell import Activity, Cell, forget_after_infinity
from rnn_core.parameters import Parameters, Shapes
from rnn_core.types import Array


class GruCell(Cell):
    """The cell for given sizes; `forward` and `bptt` are the formulas above."""

    name = "gru"
    gates = ("update", "reset", "candidate")

    def __init__(self, inputs: int, hidden_size: int, bias: bool = False) -> None:
        """Fix the sizes.

        Args:
            inputs: I, bits that come in at each position.
            hidden_size: H, units in the state.
            bias: whether b_z, b_r, b_n and b_y exist.
        """
        self.hidden_size = hidden_size
        self.bias = bias
        from_inputs: Shapes = {f"W_x{gate}": (inputs, hidden_size) for gate in "zrn"}
        from_state: Shapes = {f"W_h{gate}": (hidden_size, hidden_size) for gate in "zrn"}
        biases: Shapes = {**{f"b_{gate}": (hidden_size,) for gate in "zrn"}, "b_y": (1,)} if bias else {}
        self.shapes = {**from_inputs, **from_state, "W_hy": (hidden_size, 1), **biases}

    def forward(self, parameters: Mapping[str, Array], inputs: Array) -> Activity:
        """See `Cell.forward`; the gates are `update` z, `reset` r and `candidate` n."""
        p = parameters
        length, batch, _ = inputs.shape
        x_z, x_r, x_n = (inputs.dot(p[f"W_x{gate}"]) for gate in "zrn")  # (T, B, H) each, all positions at once
        if self.bias:
            x_z, x_r, x_n = x_z + p["b_z"], x_r + p["b_r"], x_n + p["b_n"]

        z, r, n = (np.empty_like(x_z) for _ in "zrn")  # (T, B, H)
        hidden_states = np.zeros((length + 1, batch, self.hidden_size))  # (T+1, B, H)
        h = hidden_states[0]  # (B, H)
        for t in range(length):
            x_z[t] += h.dot(p["W_hz"])
            x_r[t] += h.dot(p["W_hr"])
            z[t], r[t] = sigmoid(x_z[t]), sigmoid(x_r[t])
            x_n[t] += r[t] * h.dot(p["W_hn"])
            n[t] = np.tanh(x_n[t])
            h = hidden_states[t + 1] = z[t] * h + (1.0 - z[t]) * n[t]

        logits = hidden_states[1:].dot(p["W_hy"][:, 0])  # (T, B)
        if self.bias:
            logits += p["b_y"]
        forget_after_infinity(logits, x_z, x_r, x_n)
        gates = {"update": z, "reset": r, "candidate": n}
        return Activity(inputs, hidden_states, logits, sigmoid(logits), gates)

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """See `Cell.bptt`; hidden_deltas are the dh of the formulas."""
        p = parameters
        z, r, n = (activity.gates[gate] for gate in self.gates)  # (T, B, H)
        before, after = activity.hidden_states[:-1], activity.hidden_states[1:]  # (T, B, H)
        remembered = before.dot(p["W_hn"])  # (T, B, H) what the reset gate lets through or not
        own_parts = output_deltas[..., None] * p["W_hy"][:, 0]  # (T, B, H) what each bit's error asks for
        length, batch, hidden = after.shape

        hidden_deltas, dz, dr, dn = (np.empty_like(after) for _ in range(4))  # (T, B, H)
        future = np.zeros((batch, hidden))  # (B, H) after the last bit there is none
        for t in reversed(range(length)):
            dh = hidden_deltas[t] = own_parts[t] + future
            dz[t] = dh * (before[t] - n[t]) * (z[t] * (1.0 - z[t]))
            dn[t] = dh * (1.0 - z[t]) * (1.0 - n[t] * n[t])
            dr[t] = dn[t] * remembered[t] * (r[t] * (1.0 - r[t]))
            future = dh * z[t] + dz[t].dot(p["W_hz"].T) + dr[t].dot(p["W_hr"].T) + (dn[t] * r[t]).dot(p["W_hn"].T)

        # Sums over positions and batch are matrix products over rows (t, b).
        rows = length * batch
        x, h = activity.inputs.reshape(rows, -1), before.reshape(rows, hidden)
        descent = Parameters(self.shapes)
        for gate, at_input, at_state in (("z", dz, dz), ("r", dr, dr), ("n", dn, dn * r)):
            descent[f"W_x{gate}"][...] = x.T.dot(at_input.reshape(rows, hidden))
            descent[f"W_h{gate}"][...] = h.T.dot(at_state.reshape(rows, hidden))
            if self.bias:
                descent[f"b_{gate}"][...] = at_input.reshape(rows, hidden).sum(axis=0)
        descent["W_hy"][:, 0] = output_deltas.reshape(rows).dot(after.reshape(rows, hidden))
        if self.bias:
            descent["b_y"][...] = output_deltas.sum()
        return hidden_deltas, descent
