"""The Elman cell, compiled: the same formulas as the reference, on padded memory.

    h[t] = activate(x[t] W_xh + h[t-1] W_hh + b_h)        z[t] = h[t] W_hy + b_y

`W` is all parameters, laid out as `Plan` says. A vector over the hidden units is `plan.width` numbers, zero beyond
`plan.hidden`. Products run down the rows with two sums, so that one multiplication need not wait for the one before.
"""
# ruff: noqa: ANN001, ANN201, N802, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.activations import activate, activation_derivative
from rnn_core.kernels.lanes import first, fma, total, zeros
from rnn_core.kernels.memory import load, store, transpose_tile
from rnn_core.kernels.plan import REGISTER


@njit(forceinline=True)
def add_product(plan, even, vector, start, matrix, rows, block):
    """even + vector[start:] @ matrix[rows:], in the columns of one block."""
    odd = zeros(plan.lanes)
    for j in range(0, plan.hidden, 2):
        even = fma(vector[start + j], load(matrix, rows + j * plan.width + block, plan.lanes), even)
        odd = fma(vector[start + j + 1], load(matrix, rows + (j + 1) * plan.width + block, plan.lanes), odd)
    return even + odd


@njit(forceinline=True)
def forward(plan, W, inputs, states, logits):
    """Fill states[1:] (T + 1, width) and logits (T,) from inputs (T, inputs)."""
    for t in range(plan.positions):
        logit = zeros(plan.lanes)
        for block in range(0, plan.width, plan.lanes):
            z = load(W, plan.to_b_h + block, plan.lanes) if plan.bias else zeros(plan.lanes)
            for i in range(plan.inputs):
                z = fma(inputs[plan.inputs * t + i], load(W, i * plan.width + block, plan.lanes), z)
            if t > 0:
                z = add_product(plan, z, states, t * plan.width, W, plan.to_W_hh, block)
            h = first(activate(plan, z), plan.hidden - block)
            store(states, (t + 1) * plan.width + block, h)
            logit = fma(h, load(W, plan.to_W_hy + block, plan.lanes), logit)
        logits[t] = total(logit) + W[plan.to_b_y] if plan.bias else total(logit)


@njit(forceinline=True)
def bptt(plan, W, W_hh_T, states, output_deltas, deltas):
    """Fill deltas (T, width), last position first: (W_hh delta[t+1] + W_hy output_delta[t]) times the derivative at
    h[t].
    """
    for back in range(plan.positions):
        t = plan.positions - 1 - back
        for block in range(0, plan.width, plan.lanes):
            g = output_deltas[t] * load(W, plan.to_W_hy + block, plan.lanes)
            if back > 0:
                g = add_product(plan, g, deltas, (t + 1) * plan.width, W_hh_T, 0, block)
            h = load(states, (t + 1) * plan.width + block, plan.lanes)
            store(deltas, t * plan.width + block, first(g * activation_derivative(plan, h), plan.hidden - block))


@njit(forceinline=True)
def add_updates(plan, inputs, states, output_deltas, deltas, updates, afresh):
    """Add what each position contributes, x[t] delta[t], h[t-1] delta[t], h[t] output_delta[t], to zero if `afresh`."""
    for block in range(0, plan.width, plan.lanes):
        for i in range(plan.inputs):
            row = zeros(plan.lanes) if afresh else load(updates, i * plan.width + block, plan.lanes)
            for t in range(plan.positions):
                row = fma(inputs[plan.inputs * t + i], load(deltas, t * plan.width + block, plan.lanes), row)
            store(updates, i * plan.width + block, row)
        for j in range(plan.hidden):
            to_row = plan.to_W_hh + j * plan.width + block
            row = zeros(plan.lanes) if afresh else load(updates, to_row, plan.lanes)
            for t in range(1, plan.positions):
                row = fma(states[t * plan.width + j], load(deltas, t * plan.width + block, plan.lanes), row)
            store(updates, to_row, row)
        row = zeros(plan.lanes) if afresh else load(updates, plan.to_W_hy + block, plan.lanes)
        for t in range(plan.positions):
            row = fma(output_deltas[t], load(states, (t + 1) * plan.width + block, plan.lanes), row)
        store(updates, plan.to_W_hy + block, row)
        if plan.bias:
            row = zeros(plan.lanes) if afresh else load(updates, plan.to_b_h + block, plan.lanes)
            for t in range(plan.positions):
                row = row + load(deltas, t * plan.width + block, plan.lanes)
            store(updates, plan.to_b_h + block, row)
    if plan.bias:
        number = 0.0 if afresh else updates[plan.to_b_y]
        for t in range(plan.positions):
            number += output_deltas[t]
        updates[plan.to_b_y] = number


@njit(forceinline=True)
def transpose_W_hh(plan, W, W_hh_T):
    """Copy W_hh to its transpose, tile by tile; columns beyond `hidden` of the transpose hold what follows W_hh."""
    for row in range(0, plan.width, REGISTER):
        for column in range(0, plan.width, REGISTER):
            source, target = plan.to_W_hh + row * plan.width + column, column * plan.width + row
            transpose_tile(W, source, W_hh_T, target, plan.width)
