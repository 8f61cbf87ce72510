"""The compiled training loop: many iterations in one call, GIL released, allocation-free.

Cell, loss and optimizer are the small kernels beside this file; here they are only put in order. Parameters are
copied into padded scratch memory and back, so between calls nothing exists but what the caller holds: however
iterations are cut into calls, the bits are the same.
"""
# ruff: noqa: ANN001, ANN201, N803, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rnn_core.kernels.courtesy import step_aside
from rnn_core.kernels.elman import add_updates, bptt, forward, transpose_W_hh
from rnn_core.kernels.losses import compare
from rnn_core.kernels.memory import aligned, at, stack
from rnn_core.kernels.optimizers import add, clip, optimize, scale

Array = NDArray[np.float64]


class Trace(NamedTuple):
    """The last iteration done, of a batch its first problem; all float64, C order, T positions, H hidden units."""

    inputs: Array  # (T, inputs)
    targets: Array  # (T,)
    outputs: Array  # (T,)
    hidden_states: Array  # (T + 1, H), row 0 is the zero start
    output_deltas: Array  # (T,)
    hidden_deltas: Array  # (T, H)
    updates: Array  # flat, in the order of the parameters


@njit(forceinline=True)
def pack(plan, flat, padded):
    """Lay the rows of a flat vector of parameters out in padded memory, zeros between."""
    for i in range(plan.padded_size):
        padded[i] = 0.0
    for i in range(plan.flat_size):
        padded[i // plan.hidden * plan.width + i % plan.hidden] = flat[i]


@njit(forceinline=True)
def unpack(plan, padded, flat):
    """The reverse of `pack`."""
    for i in range(plan.flat_size):
        flat[i] = padded[i // plan.hidden * plan.width + i % plan.hidden]


@njit(forceinline=True)
def spread_bits(plan, operands, answer, problem, inputs, targets):
    """The bits of a problem's operands as inputs (T, inputs) and of its answer as targets (T,), least significant
    first.
    """
    for t in range(plan.positions):
        for i in range(plan.inputs):
            inputs[plan.inputs * t + i] = (operands[problem, i] >> t) & 1
        targets[t] = (answer[problem] >> t) & 1


@njit(forceinline=True)
def iterate(
    plan, W, updates, moments, W_hh_T, operands, answers, step, learning_rate, clip_norm, errors, n, trace, humble
):
    """Run up to n iterations on padded memory and fill errors and trace; return how many came out finite."""
    inputs, targets = stack(plan.inputs_size), stack(plan.padded_positions)
    logits, outputs, output_deltas = (
        stack(plan.padded_positions),
        stack(plan.padded_positions),
        stack(plan.padded_positions),
    )
    states, deltas = stack(plan.sequence_size), stack(plan.sequence_size)
    for t in range(plan.padded_positions):
        logits[t] = targets[t] = 0.0
    for j in range(plan.width):
        states[j] = 0.0

    for k in range(n):
        error = 0.0
        for back in range(plan.batch):  # the first problem last: its trace stays
            problem = k * plan.batch + plan.batch - 1 - back
            if humble and problem % plan.problems_at_a_stretch == 0:
                step_aside()
            spread_bits(plan, operands, answers, problem, inputs, targets)
            forward(plan, W, inputs, states, logits)
            if back == 0:
                transpose_W_hh(plan, W, W_hh_T)
            error += compare(plan, logits, targets, outputs, output_deltas)
            bptt(plan, W, W_hh_T, states, output_deltas, deltas)
            add_updates(plan, inputs, states, output_deltas, deltas, updates, back == 0)
        if plan.batch > 1:
            error /= plan.batch
            scale(plan, updates, 1.0 / plan.batch)
        if plan.clipped:
            clip(plan, updates, clip_norm)
        optimize(plan, updates, moments, step + k + 1)
        if not add(plan, W, updates, learning_rate):
            return k
        errors[k] = error

    for t in range(plan.positions):
        for i in range(plan.inputs):
            trace.inputs[t, i] = inputs[plan.inputs * t + i]
        trace.targets[t], trace.outputs[t], trace.output_deltas[t] = targets[t], outputs[t], output_deltas[t]
        for j in range(plan.hidden):
            trace.hidden_states[t, j] = states[t * plan.width + j]
            trace.hidden_states[t + 1, j] = states[(t + 1) * plan.width + j]
            trace.hidden_deltas[t, j] = deltas[t * plan.width + j]
    unpack(plan, updates, trace.updates)
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def train(
    plan, parameters, moments, operands, answers, step, learning_rate, clip_norm, workspace, errors, trace, humble
):
    """Train for len(errors) iterations, or until one would not be finite; return how many were done.

    plan: `Plan`. parameters (P,) and moments (plan.moments, P): float64, trained in place, in the order `Plan`
    states. operands (n batch, inputs) and answers (n batch,): int64, whose bits are inputs and targets. step:
    iterations done before this call (for Adam). learning_rate, clip_norm: float (clip_norm unused unless
    plan.clipped). workspace (plan.workspace_size,): scratch. errors (n,): filled as far as done. trace: `Trace`,
    filled if at least one iteration was done. humble: whether to step aside, some thousand times a second, for whoever
    waits for this core.
    """
    W = aligned(workspace)
    updates, W_hh_T, padded_moments = at(W, plan.padded_size), at(W, 2 * plan.padded_size), at(W, plan.to_moments)
    n = len(errors)
    while n > 0:
        pack(plan, parameters, W)
        for i in range(plan.padded_size):
            updates[i] = 0.0
        for i in range(plan.moments):
            pack(plan, moments[i], at(padded_moments, i * plan.padded_size))
        done = iterate(
            plan,
            W,
            updates,
            padded_moments,
            W_hh_T,
            operands,
            answers,
            step,
            learning_rate,
            clip_norm,
            errors,
            n,
            trace,
            humble,
        )
        if done == n:
            unpack(plan, W, parameters)
            for i in range(plan.moments):
                unpack(plan, at(padded_moments, i * plan.padded_size), moments[i])
            break
        n = done  # undo the iteration that failed by doing those before it again
    return n
