"""Vectors times matrices, and sums of products over positions: the building blocks of all cells.

A function with an argument `block` works on `plan.block` columns, beginning at that one.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any, NamedTuple

from numba import njit
from numba.core import types
from numba.extending import overload

from rnn_core.kernels.machine.lanes import fma, rolled, total, zeros
from rnn_core.kernels.machine.memory import load, load_apart, load_like, store, transpose_tile
from rnn_core.kernels.network.plan import REGISTER


@njit(forceinline=True)
def add_product(plan, even, vector, start, matrix, rows, block):
    """even + vector[start:] @ matrix[rows:]. It goes down the rows with two sums, so that one multiplication need not
    wait for the one before.
    """
    odd = zeros(plan.members, plan.block)
    for j in range(0, plan.hidden, 2):
        even = fma(vector[start + j], load(matrix, rows + j * plan.width + block, plan.block), even)
        odd = fma(vector[start + j + 1], load(matrix, rows + (j + 1) * plan.width + block, plan.block), odd)
    return even + odd


@njit(forceinline=True)
def add_transposed_product(plan, even, vector, start, W, W_T, k, block):
    """even + vector[start:] @ W_h' of gate k, summed as in `add_product`.

    For one network it reads rows of the transpose. For several side by side each number is itself a row, so W_h can be
    read down its columns.
    """
    if plan.members == 1:
        return add_product(plan, even, vector, start, W_T, k * plan.width * plan.width, block)
    odd = zeros(plan.members, plan.block)
    first_row = plan.to_W_h + (k * plan.hidden + block) * plan.width
    for j in range(0, plan.hidden, 2):
        even = fma(vector[start + j], load_apart(W, first_row + j, plan.width, plan.block), even)
        odd = fma(vector[start + j + 1], load_apart(W, first_row + j + 1, plan.width, plan.block), odd)
    return even + odd


@njit(forceinline=True)
def to_logit(plan, W, states, t):
    """h[t+1] W_hy + b_y."""
    products = zeros(plan.members, plan.lanes)
    for block in range(0, plan.width, plan.lanes):
        h = load(states, (t + 1) * plan.width + block, plan.lanes)
        products = fma(h, load(W, plan.to_W_hy + block, plan.lanes), products)
    logit = total(products, plan.members)
    return logit + W[plan.to_b_y] if plan.bias else logit


@njit(forceinline=True)
def from_inputs(plan, W, inputs, k, t, block):
    """x[t] W_x + b, of gate k; an Elman cell's only matrix is k = 0."""
    z = load(W, plan.to_b + k * plan.width + block, plan.block) if plan.bias else zeros(plan.members, plan.block)
    for i in range(plan.inputs):
        z = fma(inputs[plan.inputs * t + i], load(W, (k * plan.inputs + i) * plan.width + block, plan.block), z)
    return z


class AtOnce(NamedTuple):
    """Takes the place of updates if each is summed only once: they are not kept, but applied at once."""

    W: Any  # the parameters
    learning_rate: Any  # a number, or one for each member


def so_far(updates, to, nothing, afresh):
    """The sum in updates[to] so far, of the size of `nothing`; `nothing` if `afresh`."""


def take(updates, to, sums):
    """Store `sums` as updates[to]."""


@overload(so_far, jit_options={"forceinline": True})
def choose_so_far(updates, to, nothing, afresh):
    """What `so_far` compiles to."""
    if isinstance(updates, types.BaseNamedTuple):
        return lambda updates, to, nothing, afresh: nothing
    return lambda updates, to, nothing, afresh: nothing if afresh else load_like(updates, to, nothing)


@overload(take, jit_options={"forceinline": True})
def choose_take(updates, to, sums):
    """What `take` compiles to."""
    if isinstance(updates, types.BaseNamedTuple):

        def step(updates, to, sums) -> None:
            store(updates.W, to, fma(updates.learning_rate, sums, load_like(updates.W, to, sums)))

        return step
    return lambda updates, to, sums: store(updates, to, sums)  # noqa: PLW0108


@njit(forceinline=True)
def add_over_time(plan, updates, to, begin, factors, factor, factor_step, vectors, vector, vector_step, afresh):
    """Add factors[factor + t factor_step] times the block at vectors[vector + t vector_step], for t from `begin`, to
    the block at updates[to]; start at zero if `afresh`.
    """
    row = so_far(updates, to, zeros(plan.members, plan.block), afresh)
    for t in range(begin, plan.positions):
        row = fma(factors[factor + t * factor_step], load(vectors, vector + t * vector_step, plan.block), row)
    take(updates, to, row)


@njit(forceinline=True)
def add_matrix_updates(plan, sequence, updates, k, deltas, at_input, at_state, step, afresh, block):
    """Add each position's part of the updates of W_x, W_h and b of gate k: x[t] delta[t], h[t] delta[t] and delta[t].

    deltas: memory in which the delta at the input's product begins at at_input + t step, and the delta at the state's
    product at at_state + t step. They are the same for all gates but one of the GRU. An Elman cell has
    only k = 0.
    """
    for i in range(plan.inputs):
        to = (k * plan.inputs + i) * plan.width + block
        add_over_time(plan, updates, to, 0, sequence.inputs, i, plan.inputs, deltas, at_input + block, step, afresh)
    for j in range(plan.hidden if plan.members == 1 else rolled(plan.hidden)):
        to = plan.to_W_h + (k * plan.hidden + j) * plan.width + block
        add_over_time(plan, updates, to, 1, sequence.states, j, plan.width, deltas, at_state + block, step, afresh)
    if plan.bias:
        to = plan.to_b + k * plan.width + block
        row = so_far(updates, to, zeros(plan.members, plan.block), afresh)
        for t in range(plan.positions):
            row = row + load(deltas, at_input + t * step + block, plan.block)
        take(updates, to, row)


@njit(forceinline=True)
def add_output_updates(plan, sequence, updates, afresh, block):
    """Add each position's part of the updates of W_hy and, with the first block, of b_y: h[t+1] output_delta[t] and
    output_delta[t].
    """
    deltas, states = sequence.output_deltas, sequence.states
    add_over_time(plan, updates, plan.to_W_hy + block, 0, deltas, 0, 1, states, plan.width + block, plan.width, afresh)
    if plan.bias and block == 0:
        number = so_far(updates, plan.to_b_y, zeros(plan.members, 1), afresh)
        for t in range(plan.positions):
            number = number + deltas[t]
        take(updates, plan.to_b_y, number)


@njit(forceinline=True)
def transpose(plan, W, W_T):
    """Copy each W_h to its transpose, tile by tile. Columns of a transpose beyond `hidden` hold what follows W_h."""
    for k in range(plan.matrices):
        for row in range(0, plan.width, REGISTER):
            for column in range(0, plan.width, REGISTER):
                source = plan.to_W_h + (k * plan.hidden + row) * plan.width + column
                target = (k * plan.width + column) * plan.width + row
                transpose_tile(W, source, W_T, target, plan.width)
