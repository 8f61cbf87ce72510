"""The Elman cell, compiled: the same formulas as the reference, on padded memory, one position at a time.

    h[t+1] = activate(x[t] W_xh + h[t] W_hh + b_h)        z[t] = h[t+1] W_hy + b_y

`W` holds all parameters in the layout of `Plan`. A vector over the hidden units is `plan.width` numbers, zero beyond
`plan.hidden`. Row t of the states is the state before position t, row t + 1 the state after it.
"""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit

from rnn_core.kernels.machine.lanes import first
from rnn_core.kernels.machine.memory import load, store
from rnn_core.kernels.machine.products import (
    add_matrix_updates,
    add_output_updates,
    add_product,
    add_transposed_product,
    from_inputs,
    to_logit,
)
from rnn_core.kernels.network.activations import activate, activation_derivative


@njit(forceinline=True)
def forward_at(plan, W, sequence, t):
    """Fill states[t + 1] and logits[t]."""
    for block in range(0, plan.width, plan.block):
        z = from_inputs(plan, W, sequence.inputs, 0, t, block)
        if t > 0:
            z = add_product(plan, z, sequence.states, t * plan.width, W, plan.to_W_h, block)
        h = first(activate(plan, z), (plan.hidden - block) * plan.members)
        store(sequence.states, (t + 1) * plan.width + block, h)
    sequence.logits[t] = to_logit(plan, W, sequence.states, t)


@njit(forceinline=True)
def backward_at(plan, W, W_T, sequence, t):
    """Fill deltas[t]: (W_hh delta[t+1] + W_hy output_delta[t]) times the derivative at h[t+1]."""
    for block in range(0, plan.width, plan.block):
        g = sequence.output_deltas[t] * load(W, plan.to_W_hy + block, plan.block)
        if t + 1 < plan.positions:
            g = add_transposed_product(plan, g, sequence.deltas, (t + 1) * plan.width, W, W_T, 0, block)
        h = load(sequence.states, (t + 1) * plan.width + block, plan.block)
        delta = first(g * activation_derivative(plan, h), (plan.hidden - block) * plan.members)
        store(sequence.deltas, t * plan.width + block, delta)


@njit(forceinline=True)
def add_updates(plan, sequence, updates, afresh):
    """Add each position's x[t] delta[t], h[t] delta[t] and h[t+1] output_delta[t]; start at zero if `afresh`."""
    for block in range(0, plan.width, plan.block):
        add_matrix_updates(plan, sequence, updates, 0, sequence.deltas, 0, 0, plan.width, afresh, block)
        add_output_updates(plan, sequence, updates, afresh, block)
