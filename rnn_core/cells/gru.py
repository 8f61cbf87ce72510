r"""The gated recurrent unit (GRU), with backpropagation through time written out by hand. Read `elman` first.

Forward, for the positions t = 0, 1, .. T-1. The state before the first one is h_0 = 0, and * is elementwise::

    z_t = sigmoid(x_t W_xz + h_t W_hz + b_z)          update gate: how much of the old state stays
    r_t = sigmoid(x_t W_xr + h_t W_hr + b_r)          reset gate: how much of it the candidate may see
    n_t = tanh(x_t W_xn + r_t * (h_t W_hn) + b_n)     candidate for the new state
    h_t+1 = z_t * h_t + (1 - z_t) * n_t               hidden state: a mixture of both
    o_t = sigmoid(h_t+1 W_hy + b_y)                   output: the probability that the bit is 1

Where z is 1 the state stays as it is, and so does the gradient on its way back: the product of slopes that makes
gradients vanish in a simple network is 1 there.

Backward, for t = T-1, .. 1, 0, starting from asked = 0. Every d is minus the gradient of the loss with respect to the
number in its name, for the gates inside their sigmoid or tanh. dh_t is the gradient at h_t+1, and `asked` is what the
later positions ask of that state::

    dh_t = do_t W_hy' + asked
    dz_t = dh_t * (h_t - n_t) * z_t * (1 - z_t)
    dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
    dr_t = dn_t * (h_t W_hn) * r_t * (1 - r_t)
    asked = dh_t * z_t + dz_t W_hz' + dr_t W_hr' + (dn_t * r_t) W_hn'

    dW_xz += x_t' dz_t   dW_xr += x_t' dr_t   dW_xn += x_t' dn_t           db_z += dz_t   db_r += dr_t   db_n += dn_t
    dW_hz += h_t' dz_t   dW_hr += h_t' dr_t   dW_hn += h_t' (dn_t * r_t)   dW_hy += h_t+1' do_t          db_y += do_t

Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical machine
translation", arXiv:1406.1078v1. In that first version, and here, the reset gate acts on the product h W_hn, as in cuDNN
and PyTorch (`torch.nn.GRUCell` with recurrent biases of zero). In later versions of the paper it acts on h before the
product.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units.
"""

# ruff: noqa: N806  (the formulas write matrices as capitals)

from collections.abc import Mapping

import numpy as np

from rnn_core.cells.cell import Activity, Cell, Memory, forget_after_infinity
from rnn_core.network.activations import sigmoid
from rnn_core.network.parameters import Parameters, Shapes
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

    def forward(self, parameters: Mapping[str, Array], inputs: Array, start: Memory | None = None) -> Activity:
        """See `Cell.forward`; the gates are `update` z, `reset` r and `candidate` n."""
        W_xz, W_xr, W_xn = (parameters[f"W_x{gate}"] for gate in "zrn")  # (I, H) each
        W_hz, W_hr, W_hn = (parameters[f"W_h{gate}"] for gate in "zrn")  # (H, H) each
        W_hy = parameters["W_hy"]  # (H, 1)
        b_z, b_r, b_n, b_y = (parameters[f"b_{name}"] if self.bias else 0.0 for name in "zrny")
        x = inputs  # (T, B, I)
        T, B, H = len(x), x.shape[1], self.hidden_size

        h = np.zeros((T + 1, B, H))
        if start is not None:
            h[0] = start.hidden_state
        z, r, n = (np.empty((T, B, H)) for _ in "zrn")
        inside = np.empty((3, T, B, H))  # what goes into the gates' sigmoids and tanh
        logits = np.empty((T, B, 1))
        for t in range(T):
            inside[0, t] = x[t] @ W_xz + h[t] @ W_hz + b_z  # (B, H)
            inside[1, t] = x[t] @ W_xr + h[t] @ W_hr + b_r  # (B, H)
            z[t], r[t] = sigmoid(inside[0, t]), sigmoid(inside[1, t])
            inside[2, t] = x[t] @ W_xn + r[t] * (h[t] @ W_hn) + b_n  # (B, H)
            n[t] = np.tanh(inside[2, t])
            h[t + 1] = z[t] * h[t] + (1 - z[t]) * n[t]
            logits[t] = h[t + 1] @ W_hy + b_y  # (B, 1)

        logits = logits[:, :, 0]  # (T, B)
        forget_after_infinity(logits, h, *inside)
        return Activity(x, h, logits, sigmoid(logits), {"update": z, "reset": r, "candidate": n})

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """See `Cell.bptt`; hidden_deltas are the dh of the formulas."""
        W_hz, W_hr, W_hn = (parameters[f"W_h{gate}"] for gate in "zrn")
        W_hy = parameters["W_hy"]
        x, h = activity.inputs, activity.hidden_states  # (T, B, I), (T+1, B, H)
        z, r, n = (activity.gates[gate] for gate in self.gates)  # (T, B, H) each
        do = output_deltas[:, :, np.newaxis]  # (T, B, 1)
        T = len(x)

        descent = Parameters(self.shapes)  # zeros
        dW_xz, dW_xr, dW_xn = (descent[f"W_x{gate}"] for gate in "zrn")
        dW_hz, dW_hr, dW_hn = (descent[f"W_h{gate}"] for gate in "zrn")
        dW_hy = descent["W_hy"]
        dh, dz, dr, dn = (np.empty_like(z) for _ in range(4))  # (T, B, H) each
        asked = np.zeros_like(h[0])  # (B, H)
        for t in reversed(range(T)):
            dh[t] = do[t] @ W_hy.T + asked  # (B, H)
            dz[t] = dh[t] * (h[t] - n[t]) * z[t] * (1 - z[t])
            dn[t] = dh[t] * (1 - z[t]) * (1 - n[t] ** 2)
            dr[t] = dn[t] * (h[t] @ W_hn) * r[t] * (1 - r[t])
            asked = dh[t] * z[t] + dz[t] @ W_hz.T + dr[t] @ W_hr.T + (dn[t] * r[t]) @ W_hn.T

            dW_xz += x[t].T @ dz[t]
            dW_xr += x[t].T @ dr[t]
            dW_xn += x[t].T @ dn[t]
            dW_hz += h[t].T @ dz[t]
            dW_hr += h[t].T @ dr[t]
            dW_hn += h[t].T @ (dn[t] * r[t])
            dW_hy += h[t + 1].T @ do[t]
        if self.bias:
            for name, d in (("b_z", dz), ("b_r", dr), ("b_n", dn), ("b_y", do)):
                descent[name][...] = d.sum(axis=(0, 1))
        return dh, descent
