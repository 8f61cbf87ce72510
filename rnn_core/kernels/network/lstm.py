"""Long short-term memory, compiled: the same formulas as the reference, on padded memory, one position at a time.

    i[t] = sigmoid(x[t] W_xi + h[t] W_hi + b_i)     f[t], o[t] likewise     g[t] = tanh(x[t] W_xg + h[t] W_hg + b_g)
    c[t+1] = f[t] c[t] + i[t] g[t]                  h[t+1] = o[t] tanh(c[t+1])

Memory is as in `elman.py` and `gates.py`. Row t + 1 of the cell states is the memory after position t. Padding needs
care only in dh: weights there are zero, so g, c and h are zero.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.machine.lanes import first, fma, zeros
from rnn_core.kernels.machine.memory import load, store
from rnn_core.kernels.machine.products import add_matrix_updates, add_output_updates, to_logit
from rnn_core.kernels.network.activations import sigmoid, sigmoid_derivative, tanh
from rnn_core.kernels.network.gates import asked, at_gate, load_row, row_of, store_row

INPUT, FORGET, CANDIDATE, OUTPUT = 0, 1, 2, 3  # i, f, g, o
SHOWN = 4  # the row of tanh(c)
MEMORY = 4  # the row, among the deltas, of dc


@njit(forceinline=True)
def forward_at(plan, W, sequence, t):
    """Fill gates[t], cell_states[t + 1], states[t + 1] and logits[t]."""
    gates, cell_states = sequence.gates, sequence.cell_states
    for block in range(0, plan.width, plan.block):
        i = sigmoid(at_gate(plan, W, sequence, INPUT, t, block))
        f = sigmoid(at_gate(plan, W, sequence, FORGET, t, block))
        g = tanh(at_gate(plan, W, sequence, CANDIDATE, t, block))
        o = sigmoid(at_gate(plan, W, sequence, OUTPUT, t, block))
        c = fma(f, load(cell_states, t * plan.width + block, plan.block), i * g)
        shown = tanh(c)
        h = o * shown
        store_row(plan, gates, INPUT, t, block, i)
        store_row(plan, gates, FORGET, t, block, f)
        store_row(plan, gates, CANDIDATE, t, block, g)
        store_row(plan, gates, OUTPUT, t, block, o)
        store_row(plan, gates, SHOWN, t, block, shown)
        store(cell_states, (t + 1) * plan.width + block, c)
        store(sequence.states, (t + 1) * plan.width + block, h)
    sequence.logits[t] = to_logit(plan, W, sequence.states, t)


@njit(forceinline=True)
def backward_at(plan, W, W_T, sequence, t):
    """Fill deltas[t], which is dh, and gate_deltas[t]."""
    gates, gate_deltas = sequence.gates, sequence.gate_deltas
    for block in range(0, plan.width, plan.block):
        dh = sequence.output_deltas[t] * load(W, plan.to_W_hy + block, plan.block)
        dc = zeros(plan.members, plan.block)
        if t + 1 < plan.positions:
            dh = dh + asked(plan, W, W_T, gate_deltas, INPUT, INPUT, t + 1, block)
            dh = dh + asked(plan, W, W_T, gate_deltas, FORGET, FORGET, t + 1, block)
            dh = dh + asked(plan, W, W_T, gate_deltas, CANDIDATE, CANDIDATE, t + 1, block)
            dh = dh + asked(plan, W, W_T, gate_deltas, OUTPUT, OUTPUT, t + 1, block)
            dc = load_row(plan, gate_deltas, MEMORY, t + 1, block) * load_row(plan, gates, FORGET, t + 1, block)
        dh = first(dh, (plan.hidden - block) * plan.members)
        i, f = load_row(plan, gates, INPUT, t, block), load_row(plan, gates, FORGET, t, block)
        g, o = load_row(plan, gates, CANDIDATE, t, block), load_row(plan, gates, OUTPUT, t, block)
        shown = load_row(plan, gates, SHOWN, t, block)
        before = load(sequence.cell_states, t * plan.width + block, plan.block)
        dc = fma(dh * o, 1.0 - shown * shown, dc)
        store(sequence.deltas, t * plan.width + block, dh)
        store_row(plan, gate_deltas, INPUT, t, block, dc * g * sigmoid_derivative(i))
        store_row(plan, gate_deltas, FORGET, t, block, dc * before * sigmoid_derivative(f))
        store_row(plan, gate_deltas, CANDIDATE, t, block, dc * i * (1.0 - g * g))
        store_row(plan, gate_deltas, OUTPUT, t, block, dh * shown * sigmoid_derivative(o))
        store_row(plan, gate_deltas, MEMORY, t, block, dc)


@njit(forceinline=True)
def add_updates(plan, sequence, updates, afresh):
    """Add each position's part of the update of every parameter; start at zero if `afresh`."""
    deltas, step = sequence.gate_deltas, plan.gate_rows * plan.width
    for block in range(0, plan.width, plan.block):
        for k in range(plan.gates):
            delta = row_of(plan, k, 0)
            add_matrix_updates(plan, sequence, updates, k, deltas, delta, delta, step, afresh, block)
        add_output_updates(plan, sequence, updates, afresh, block)
