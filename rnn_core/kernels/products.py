"""Vectors times matrices, and sums of products over positions: what all cells are made of.

Where a function takes a `block`, it works on `plan.lanes` columns, the first of which that is.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.lanes import fma, zeros
from rnn_core.kernels.memory import load, store, transpose_tile
from rnn_core.kernels.plan import REGISTER


@njit(forceinline=True)
def add_product(plan, even, vector, start, matrix, rows, block):
    """even + vector[start:] @ matrix[rows:]. It runs down the rows with two sums, so that one multiplication need not
    wait for the one before.
    """
    odd = zeros(plan.lanes)
    for j in range(0, plan.hidden, 2):
        even = fma(vector[start + j], load(matrix, rows + j * plan.width + block, plan.lanes), even)
        odd = fma(vector[start + j + 1], load(matrix, rows + (j + 1) * plan.width + block, plan.lanes), odd)
    return even + odd


@njit(forceinline=True)
def from_inputs(plan, W, inputs, k, t, block):
    """x[t] W_x + b, of gate k; an Elman cell's only matrix is k = 0."""
    z = load(W, plan.to_b + k * plan.width + block, plan.lanes) if plan.bias else zeros(plan.lanes)
    for i in range(plan.inputs):
        z = fma(inputs[plan.inputs * t + i], load(W, (k * plan.inputs + i) * plan.width + block, plan.lanes), z)
    return z


@njit(forceinline=True)
def add_over_time(plan, updates, to, begin, factors, factor, factor_step, vectors, vector, vector_step, afresh):
    """Add factors[factor + t factor_step] times the block at vectors[vector + t vector_step], for t from `begin`, to
    the block at updates[to], to zero if `afresh`.
    """
    row = zeros(plan.lanes) if afresh else load(updates, to, plan.lanes)
    for t in range(begin, plan.positions):
        row = fma(factors[factor + t * factor_step], load(vectors, vector + t * vector_step, plan.lanes), row)
    store(updates, to, row)


@njit(forceinline=True)
def add_matrix_updates(plan, sequence, updates, k, deltas, at_input, at_state, step, afresh, block):
    """Add what each position contributes to W_x, W_h and b of gate k: x[t] delta[t], h[t-1] delta[t] and delta[t].

    deltas: memory in which the delta at the input's product begins at at_input + t step, and that at the state's
    product at at_state + t step; of all gates but one of the GRU they are the same. An Elman cell's matrices are k = 0.
    """
    for i in range(plan.inputs):
        to = (k * plan.inputs + i) * plan.width + block
        add_over_time(plan, updates, to, 0, sequence.inputs, i, plan.inputs, deltas, at_input + block, step, afresh)
    for j in range(plan.hidden):
        to = plan.to_W_h + (k * plan.hidden + j) * plan.width + block
        add_over_time(plan, updates, to, 1, sequence.states, j, plan.width, deltas, at_state + block, step, afresh)
    if plan.bias:
        to = plan.to_b + k * plan.width + block
        row = zeros(plan.lanes) if afresh else load(updates, to, plan.lanes)
        for t in range(plan.positions):
            row = row + load(deltas, at_input + t * step + block, plan.lanes)
        store(updates, to, row)


@njit(forceinline=True)
def add_output_updates(plan, sequence, updates, afresh, block):
    """Add what each position contributes to W_hy and, with the first block, to b_y: h[t] output_delta[t] and
    output_delta[t].
    """
    deltas, states = sequence.output_deltas, sequence.states
    add_over_time(plan, updates, plan.to_W_hy + block, 0, deltas, 0, 1, states, plan.width + block, plan.width, afresh)
    if plan.bias and block == 0:
        number = 0.0 if afresh else updates[plan.to_b_y]
        for t in range(plan.positions):
            number += deltas[t]
        updates[plan.to_b_y] = number


@njit(forceinline=True)
def transpose(plan, W, W_T):
    """Copy each W_h to its transpose, tile by tile; columns beyond `hidden` of a transpose hold what follows W_h."""
    for k in range(plan.matrices):
        for row in range(0, plan.width, REGISTER):
            for column in range(0, plan.width, REGISTER):
                source = plan.to_W_h + (k * plan.hidden + row) * plan.width + column
                target = (k * plan.width + column) * plan.width + row
                transpose_tile(W, source, W_T, target, plan.width)
