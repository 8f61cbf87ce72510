"""The gated recurrent unit, compiled: the same formulas as the reference, on padded memory, one position at a time.

    z[t] = sigmoid(x[t] W_xz + h[t] W_hz + b_z)           r[t] = sigmoid(x[t] W_xr + h[t] W_hr + b_r)
    n[t] = tanh(x[t] W_xn + r[t] (h[t] W_hn) + b_n)       h[t+1] = z[t] h[t] + (1 - z[t]) n[t]

Memory is as in `elman.py` and `gates.py`. Padding needs care only in dh: weights there are zero, so n and h are zero.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.machine.lanes import first, fma, zeros
from rnn_core.kernels.machine.memory import load, store
from rnn_core.kernels.machine.products import add_matrix_updates, add_output_updates, from_inputs, to_logit
from rnn_core.kernels.network.activations import sigmoid, sigmoid_derivative, tanh
from rnn_core.kernels.network.gates import asked, at_gate, from_state, load_row, row_of, store_row

UPDATE, RESET, CANDIDATE = 0, 1, 2  # z, r, n
REMEMBERED = 3  # the row of h[t] W_hn
AT_STATE = 3  # the row, among the deltas, of dn r: what n asks of h[t] W_hn


@njit(forceinline=True)
def forward_at(plan, W, sequence, t):
    """Fill gates[t], states[t + 1] and logits[t]."""
    states, gates = sequence.states, sequence.gates
    for block in range(0, plan.width, plan.block):
        z = sigmoid(at_gate(plan, W, sequence, UPDATE, t, block))
        r = sigmoid(at_gate(plan, W, sequence, RESET, t, block))
        remembered = from_state(plan, zeros(plan.members, plan.block), W, states, CANDIDATE, t, block)
        n = tanh(fma(r, remembered, from_inputs(plan, W, sequence.inputs, CANDIDATE, t, block)))
        h = fma(z, load(states, t * plan.width + block, plan.block), (1.0 - z) * n)
        store_row(plan, gates, UPDATE, t, block, z)
        store_row(plan, gates, RESET, t, block, r)
        store_row(plan, gates, CANDIDATE, t, block, n)
        store_row(plan, gates, REMEMBERED, t, block, remembered)
        store(states, (t + 1) * plan.width + block, h)
    sequence.logits[t] = to_logit(plan, W, sequence.states, t)


@njit(forceinline=True)
def backward_at(plan, W, W_T, sequence, t):
    """Fill deltas[t], which is dh, and gate_deltas[t]."""
    gates, deltas, gate_deltas = sequence.gates, sequence.deltas, sequence.gate_deltas
    for block in range(0, plan.width, plan.block):
        dh = sequence.output_deltas[t] * load(W, plan.to_W_hy + block, plan.block)
        if t + 1 < plan.positions:
            kept = load_row(plan, gates, UPDATE, t + 1, block)
            dh = fma(load(deltas, (t + 1) * plan.width + block, plan.block), kept, dh)
            dh = dh + asked(plan, W, W_T, gate_deltas, UPDATE, UPDATE, t + 1, block)
            dh = dh + asked(plan, W, W_T, gate_deltas, RESET, RESET, t + 1, block)
            dh = dh + asked(plan, W, W_T, gate_deltas, CANDIDATE, AT_STATE, t + 1, block)
        dh = first(dh, (plan.hidden - block) * plan.members)
        z, r = load_row(plan, gates, UPDATE, t, block), load_row(plan, gates, RESET, t, block)
        n, remembered = load_row(plan, gates, CANDIDATE, t, block), load_row(plan, gates, REMEMBERED, t, block)
        before = load(sequence.states, t * plan.width + block, plan.block)
        dz = dh * (before - n) * sigmoid_derivative(z)
        dn = dh * (1.0 - z) * (1.0 - n * n)
        dr = dn * remembered * sigmoid_derivative(r)
        store(deltas, t * plan.width + block, dh)
        store_row(plan, gate_deltas, UPDATE, t, block, dz)
        store_row(plan, gate_deltas, RESET, t, block, dr)
        store_row(plan, gate_deltas, CANDIDATE, t, block, dn)
        store_row(plan, gate_deltas, AT_STATE, t, block, dn * r)


@njit(forceinline=True)
def add_updates(plan, sequence, updates, afresh):
    """Add each position's part of the update of every parameter; start at zero if `afresh`."""
    deltas, step = sequence.gate_deltas, plan.gate_rows * plan.width
    dz, dr, dn = row_of(plan, UPDATE, 0), row_of(plan, RESET, 0), row_of(plan, CANDIDATE, 0)
    at_state = row_of(plan, AT_STATE, 0)
    for block in range(0, plan.width, plan.block):
        add_matrix_updates(plan, sequence, updates, UPDATE, deltas, dz, dz, step, afresh, block)
        add_matrix_updates(plan, sequence, updates, RESET, deltas, dr, dr, step, afresh, block)
        add_matrix_updates(plan, sequence, updates, CANDIDATE, deltas, dn, at_state, step, afresh, block)
        add_output_updates(plan, sequence, updates, afresh, block)
