"""What cells with gates share: the rows that are kept for each position, and the products with each gate's matrices.

For each position `plan.gate_rows` hidden vectors are kept: one for each gate, by its number k, and one more; and the
same number of deltas. Gate k has matrix k of W_x, of W_h and of the transposes, and bias k.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.machine.lanes import zeros
from rnn_core.kernels.machine.memory import load, store
from rnn_core.kernels.machine.products import add_product, add_transposed_product, from_inputs


@njit(forceinline=True)
def row_of(plan, k, t):
    """Where row k of position t begins."""
    return (t * plan.gate_rows + k) * plan.width


@njit(forceinline=True)
def load_row(plan, rows, k, t, block):
    """A block of row k of position t."""
    return load(rows, row_of(plan, k, t) + block, plan.block)


@njit(forceinline=True)
def store_row(plan, rows, k, t, block, value):
    """Write a block of row k of position t."""
    store(rows, row_of(plan, k, t) + block, value)


@njit(forceinline=True)
def from_state(plan, even, W, states, k, t, block):
    """even + h[t] W_h of gate k; the state before position 0 is zero."""
    if t > 0:
        matrix = plan.to_W_h + k * plan.hidden * plan.width
        even = add_product(plan, even, states, t * plan.width, W, matrix, block)
    return even


@njit(forceinline=True)
def at_gate(plan, W, sequence, k, t, block):
    """x[t] W_x + h[t] W_h + b of gate k."""
    return from_state(plan, from_inputs(plan, W, sequence.inputs, k, t, block), W, sequence.states, k, t, block)


@njit(forceinline=True)
def asked(plan, W, W_T, gate_deltas, k, row, t, block):
    """delta W_h' of gate k: what position t asks of the state before it. The delta is in row `row`."""
    nothing = zeros(plan.members, plan.block)
    return add_transposed_product(plan, nothing, gate_deltas, row_of(plan, row, t), W, W_T, k, block)
