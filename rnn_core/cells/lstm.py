r"""Long short-term memory (LSTM), with backpropagation through time written out by hand. Read `elman` first.

Forward, for the positions t = 0, 1, .. T-1. The states before the first one are h_0 = c_0 = 0, and * is elementwise::

    i_t = sigmoid(x_t W_xi + h_t W_hi + b_i)     input gate: how much of the candidate is written
    f_t = sigmoid(x_t W_xf + h_t W_hf + b_f)     forget gate: how much of the memory stays
    g_t = tanh(x_t W_xg + h_t W_hg + b_g)        candidate for the memory
    o_t = sigmoid(x_t W_xo + h_t W_ho + b_o)     output gate: how much of the memory is shown
    c_t+1 = f_t * c_t + i_t * g_t                cell state: the memory
    h_t+1 = o_t * tanh(c_t+1)                    hidden state: what of it is shown
    y_t = sigmoid(h_t+1 W_hy + b_y)              output: the probability that the bit is 1

The memory is only scaled and added to. Where f is 1 it stays as it is, and so does the gradient on its way back: the
constant error carousel.

Backward, for t = T-1, .. 1, 0, starting from asked_h = asked_c = 0. Every d is minus the gradient of the loss with
respect to the number in its name, for the gates inside their sigmoid or tanh. dh_t and dc_t are the gradients at h_t+1
and c_t+1. `asked` is what the later positions ask of these states::

    dh_t = dy_t W_hy' + asked_h
    do_t = dh_t * tanh(c_t+1) * o_t * (1 - o_t)
    dc_t = dh_t * o_t * (1 - tanh(c_t+1)^2) + asked_c
    di_t = dc_t * g_t * i_t * (1 - i_t)
    df_t = dc_t * c_t * f_t * (1 - f_t)
    dg_t = dc_t * i_t * (1 - g_t^2)
    asked_c = dc_t * f_t
    asked_h = di_t W_hi' + df_t W_hf' + dg_t W_hg' + do_t W_ho'

    dW_xk += x_t' dk_t   dW_hk += h_t' dk_t   db_k += dk_t   for k = i, f, g, o     dW_hy += h_t+1' dy_t   db_y += dy_t

Sources: Hochreiter & Schmidhuber 1997, "Long short-term memory"; the forget gate is from Gers, Schmidhuber & Cummins
2000, "Learning to forget: continual prediction with LSTM". No peepholes. The same as `torch.nn.LSTMCell` with recurrent
biases of zero.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units.
"""

# ruff: noqa: N806  (the formulas write matrices as capitals)

from collections.abc import Mapping

import numpy as np

from rnn_core.cells.cell import Activity, Cell, Memory, forget_after_infinity
from rnn_core.network.activations import sigmoid
from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.types import Array


class LstmCell(Cell):
    """The cell for given sizes; `forward` and `bptt` are the formulas above."""

    name = "lstm"
    gates = ("input", "forget", "candidate", "output")

    def __init__(self, inputs: int, hidden_size: int, bias: bool = False) -> None:
        """Fix the sizes.

        Args:
            inputs: I, bits that come in at each position.
            hidden_size: H, units in the state.
            bias: whether b_i, b_f, b_g, b_o and b_y exist.
        """
        self.hidden_size = hidden_size
        self.bias = bias
        from_inputs: Shapes = {f"W_x{gate}": (inputs, hidden_size) for gate in "ifgo"}
        from_state: Shapes = {f"W_h{gate}": (hidden_size, hidden_size) for gate in "ifgo"}
        biases: Shapes = {**{f"b_{gate}": (hidden_size,) for gate in "ifgo"}, "b_y": (1,)} if bias else {}
        self.shapes = {**from_inputs, **from_state, "W_hy": (hidden_size, 1), **biases}

    def forward(self, parameters: Mapping[str, Array], inputs: Array, start: Memory | None = None) -> Activity:
        """See `Cell.forward`; the gates are `input` i, `forget` f, `candidate` g and `output` o."""
        W_xi, W_xf, W_xg, W_xo = (parameters[f"W_x{gate}"] for gate in "ifgo")  # (I, H) each
        W_hi, W_hf, W_hg, W_ho = (parameters[f"W_h{gate}"] for gate in "ifgo")  # (H, H) each
        W_hy = parameters["W_hy"]  # (H, 1)
        b_i, b_f, b_g, b_o, b_y = (parameters[f"b_{name}"] if self.bias else 0.0 for name in "ifgoy")
        x = inputs  # (T, B, I)
        T, B, H = len(x), x.shape[1], self.hidden_size

        h, c = (np.zeros((T + 1, B, H)) for _ in "hc")
        if start is not None:
            assert start.cell_state is not None
            h[0], c[0] = start.hidden_state, start.cell_state
        i, f, g, o = (np.empty((T, B, H)) for _ in "ifgo")
        inside = np.empty((4, T, B, H))  # what goes into the gates' sigmoids and tanh
        logits = np.empty((T, B, 1))
        for t in range(T):
            inside[0, t] = x[t] @ W_xi + h[t] @ W_hi + b_i  # (B, H)
            inside[1, t] = x[t] @ W_xf + h[t] @ W_hf + b_f  # (B, H)
            inside[2, t] = x[t] @ W_xg + h[t] @ W_hg + b_g  # (B, H)
            inside[3, t] = x[t] @ W_xo + h[t] @ W_ho + b_o  # (B, H)
            i[t], f[t] = sigmoid(inside[0, t]), sigmoid(inside[1, t])
            g[t], o[t] = np.tanh(inside[2, t]), sigmoid(inside[3, t])
            c[t + 1] = f[t] * c[t] + i[t] * g[t]
            h[t + 1] = o[t] * np.tanh(c[t + 1])
            logits[t] = h[t + 1] @ W_hy + b_y  # (B, 1)

        logits = logits[:, :, 0]  # (T, B)
        forget_after_infinity(logits, h, *inside)
        return Activity(x, h, logits, sigmoid(logits), {"input": i, "forget": f, "candidate": g, "output": o}, c)

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """See `Cell.bptt`; hidden_deltas are the dh of the formulas, output_deltas their dy."""
        W_hi, W_hf, W_hg, W_ho = (parameters[f"W_h{gate}"] for gate in "ifgo")
        W_hy = parameters["W_hy"]
        assert activity.cell_states is not None
        x, h, c = activity.inputs, activity.hidden_states, activity.cell_states  # (T, B, I), (T+1, B, H) twice
        i, f, g, o = (activity.gates[gate] for gate in self.gates)  # (T, B, H) each
        dy = output_deltas[:, :, np.newaxis]  # (T, B, 1)
        T = len(x)

        descent = Parameters(self.shapes)  # zeros
        dW_xi, dW_xf, dW_xg, dW_xo = (descent[f"W_x{gate}"] for gate in "ifgo")
        dW_hi, dW_hf, dW_hg, dW_ho = (descent[f"W_h{gate}"] for gate in "ifgo")
        dW_hy = descent["W_hy"]
        dh, di, df, dg, do = (np.empty_like(i) for _ in range(5))  # (T, B, H) each
        asked_h, asked_c = np.zeros_like(h[0]), np.zeros_like(c[0])  # (B, H)
        for t in reversed(range(T)):
            shown = np.tanh(c[t + 1])  # (B, H)
            dh[t] = dy[t] @ W_hy.T + asked_h  # (B, H)
            do[t] = dh[t] * shown * o[t] * (1 - o[t])
            dc = dh[t] * o[t] * (1 - shown**2) + asked_c  # (B, H)
            di[t] = dc * g[t] * i[t] * (1 - i[t])
            df[t] = dc * c[t] * f[t] * (1 - f[t])
            dg[t] = dc * i[t] * (1 - g[t] ** 2)
            asked_c = dc * f[t]
            asked_h = di[t] @ W_hi.T + df[t] @ W_hf.T + dg[t] @ W_hg.T + do[t] @ W_ho.T

            dW_xi += x[t].T @ di[t]
            dW_xf += x[t].T @ df[t]
            dW_xg += x[t].T @ dg[t]
            dW_xo += x[t].T @ do[t]
            dW_hi += h[t].T @ di[t]
            dW_hf += h[t].T @ df[t]
            dW_hg += h[t].T @ dg[t]
            dW_ho += h[t].T @ do[t]
            dW_hy += h[t + 1].T @ dy[t]
        if self.bias:
            for name, d in (("b_i", di), ("b_f", df), ("b_g", dg), ("b_o", do), ("b_y", dy)):
                descent[name][...] = d.sum(axis=(0, 1))
        return dh, descent
