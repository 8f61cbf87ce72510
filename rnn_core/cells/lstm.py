r"""Long short-term memory (LSTM), with backpropagation through time by hand.

Forward, for positions t = 1 .. T, starting from h_0 = c_0 = 0, where * is elementwise::

    i_t = sigmoid(x_t W_xi + h_{t-1} W_hi + b_i)     input gate: how much of the candidate is written
    f_t = sigmoid(x_t W_xf + h_{t-1} W_hf + b_f)     forget gate: how much of the memory stays
    g_t = tanh(x_t W_xg + h_{t-1} W_hg + b_g)        candidate for the memory
    o_t = sigmoid(x_t W_xo + h_{t-1} W_ho + b_o)     output gate: how much of the memory is shown
    c_t = f_t * c_{t-1} + i_t * g_t                  cell state: the memory
    h_t = o_t * tanh(c_t)                            hidden state: what of it is shown
    y_t = sigmoid(h_t W_hy + b_y)                    output: P(bit = 1)

The memory is only ever scaled and added to. Where f is 1 it stays as it is, and so does what flows back along it: the
constant error carousel.

Backward, for t = T .. 1, starting from nothing, where every d is minus the loss gradient at what it is named after, for
the gates at their pre-activations::

    dh_t = dy_t W_hy' + (what the next position asks of h_t)
    do_t = dh_t * tanh(c_t) * o_t (1 - o_t)
    dc_t = dh_t * o_t * (1 - tanh(c_t)^2) + dc_{t+1} * f_{t+1}
    di_t = dc_t * g_t * i_t (1 - i_t)
    df_t = dc_t * c_{t-1} * f_t (1 - f_t)
    dg_t = dc_t * i_t * (1 - g_t^2)
    dh_{t-1} asked for by position t:  di_t W_hi' + df_t W_hf' + dg_t W_hg' + do_t W_ho'

    W_xk += x_t' dk_t    W_hk += h_{t-1}' dk_t    b_k += dk_t   for k = i, f, g, o    W_hy += h_t' dy_t    b_y += dy_t

Sources: Hochreiter & Schmidhuber 1997, "Long short-term memory"; the forget gate is from Gers, Schmidhuber & Cummins
2000, "Learning to forget: continual prediction with LSTM". No peepholes. The same as `torch.nn.LSTMCell`, its recurrent
biases zero.

Shapes: T positions, B problems in the batch, I inputs a position, H hidden units.
"""

from collections.abc import Mapping

import numpy as np

from rnn_core.activations import sigmoid
from rnn_core.cells.cell import Activity, Cell, forget_after_infinity
from rnn_core.parameters import Parameters, Shapes
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

    def forward(self, parameters: Mapping[str, Array], inputs: Array) -> Activity:
        """See `Cell.forward`; the gates are `input` i, `forget` f, `candidate` g and `output` o."""
        p = parameters
        length, batch, _ = inputs.shape
        x_i, x_f, x_g, x_o = (inputs.dot(p[f"W_x{gate}"]) for gate in "ifgo")  # (T, B, H) each, all positions at once
        if self.bias:
            x_i, x_f, x_g, x_o = x_i + p["b_i"], x_f + p["b_f"], x_g + p["b_g"], x_o + p["b_o"]

        i, f, g, o = (np.empty_like(x_i) for _ in "ifgo")  # (T, B, H)
        hidden_states, cell_states = (np.zeros((length + 1, batch, self.hidden_size)) for _ in "hc")  # (T+1, B, H)
        h, c = hidden_states[0], cell_states[0]  # (B, H)
        for t in range(length):
            x_i[t] += h.dot(p["W_hi"])
            x_f[t] += h.dot(p["W_hf"])
            x_g[t] += h.dot(p["W_hg"])
            x_o[t] += h.dot(p["W_ho"])
            i[t], f[t], g[t], o[t] = sigmoid(x_i[t]), sigmoid(x_f[t]), np.tanh(x_g[t]), sigmoid(x_o[t])
            c = cell_states[t + 1] = f[t] * c + i[t] * g[t]
            h = hidden_states[t + 1] = o[t] * np.tanh(c)

        logits = hidden_states[1:].dot(p["W_hy"][:, 0])  # (T, B)
        if self.bias:
            logits += p["b_y"]
        forget_after_infinity(logits, x_i, x_f, x_g, x_o)
        gates = {"input": i, "forget": f, "candidate": g, "output": o}
        return Activity(inputs, hidden_states, logits, sigmoid(logits), gates, cell_states)

    def bptt(
        self, parameters: Mapping[str, Array], activity: Activity, output_deltas: Array
    ) -> tuple[Array, Parameters]:
        """See `Cell.bptt`; hidden_deltas are the dh of the formulas."""
        p = parameters
        assert activity.cell_states is not None
        i, f, g, o = (activity.gates[gate] for gate in self.gates)  # (T, B, H)
        before, after = activity.hidden_states[:-1], activity.hidden_states[1:]  # (T, B, H)
        memory_before, shown = activity.cell_states[:-1], np.tanh(activity.cell_states[1:])  # (T, B, H)
        own_parts = output_deltas[..., None] * p["W_hy"][:, 0]  # (T, B, H) what each bit's error asks for
        length, batch, hidden = after.shape

        hidden_deltas, di, df, dg, do = (np.empty_like(after) for _ in range(5))  # (T, B, H)
        future, future_memory = np.zeros((batch, hidden)), np.zeros((batch, hidden))  # (B, H) after the last bit: none
        for t in reversed(range(length)):
            dh = hidden_deltas[t] = own_parts[t] + future
            do[t] = dh * shown[t] * (o[t] * (1.0 - o[t]))
            dc = dh * o[t] * (1.0 - shown[t] * shown[t]) + future_memory
            di[t] = dc * g[t] * (i[t] * (1.0 - i[t]))
            df[t] = dc * memory_before[t] * (f[t] * (1.0 - f[t]))
            dg[t] = dc * i[t] * (1.0 - g[t] * g[t])
            future_memory = dc * f[t]
            future = di[t].dot(p["W_hi"].T) + df[t].dot(p["W_hf"].T) + dg[t].dot(p["W_hg"].T) + do[t].dot(p["W_ho"].T)

        # Sums over positions and batch are matrix products over rows (t, b).
        rows = length * batch
        x, h = activity.inputs.reshape(rows, -1), before.reshape(rows, hidden)
        descent = Parameters(self.shapes)
        for gate, deltas in (("i", di), ("f", df), ("g", dg), ("o", do)):
            by_row = deltas.reshape(rows, hidden)
            descent[f"W_x{gate}"][...] = x.T.dot(by_row)
            descent[f"W_h{gate}"][...] = h.T.dot(by_row)
            if self.bias:
                descent[f"b_{gate}"][...] = by_row.sum(axis=0)
        descent["W_hy"][:, 0] = output_deltas.reshape(rows).dot(after.reshape(rows, hidden))
        if self.bias:
            descent["b_y"][...] = output_deltas.sum()
        return hidden_deltas, descent
