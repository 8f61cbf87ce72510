"""The compiled training loop: many iterations in one call, GIL released, allocation-free.

Cell, loss and optimizer are the small kernels beside this file; here they are only put in order. Parameters are
copied into padded scratch memory and back, so between calls nothing exists but what the caller holds: however
iterations are cut into calls, the bits are the same.

A plan may have several members: networks of one form, each with its own weights and problems, that have nothing to do
with each other. They take turns at every position, so that the processor, where it waits for one network's state,
computes another's. Each does the same operations in the same order as alone, so its bits are the same.
"""
# ruff: noqa: ANN001, ANN201, N803, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rnn_core.kernels.cell import add_updates, backward_at, forward_at
from rnn_core.kernels.courtesy import step_aside
from rnn_core.kernels.losses import compare
from rnn_core.kernels.memory import aligned, at, stack
from rnn_core.kernels.optimizers import add, clip, optimize, scale
from rnn_core.kernels.products import transpose
from rnn_core.kernels.sequence import Sequence, clear, member, spread_bits

Array = NDArray[np.float64]


class Trace(NamedTuple):
    """The last iteration done by each of M members, of a batch its first problem; all float64, C order, T positions, H
    hidden units, G gates.
    """

    inputs: Array  # (M, T, inputs)
    targets: Array  # (M, T)
    outputs: Array  # (M, T)
    hidden_states: Array  # (M, T + 1, H), row 0 is the zero start
    output_deltas: Array  # (M, T)
    hidden_deltas: Array  # (M, T, H)
    gates: Array  # (M, G, T, H), in the order of the cell's `gates`
    cell_states: Array  # (M, T + 1, H), row 0 is the zero start; (M, 0, H) for a cell that has none
    updates: Array  # (M, P), in the order of the parameters


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
def show(plan, sequence, updates, trace, m):
    """Copy what happened in member m's sequence, and its updates, to the trace."""
    for t in range(plan.positions):
        for i in range(plan.inputs):
            trace.inputs[m, t, i] = sequence.inputs[plan.inputs * t + i]
        trace.targets[m, t], trace.outputs[m, t] = sequence.targets[t], sequence.outputs[t]
        trace.output_deltas[m, t] = sequence.output_deltas[t]
        for j in range(plan.hidden):
            trace.hidden_deltas[m, t, j] = sequence.deltas[t * plan.width + j]
            for k in range(plan.gates):
                trace.gates[m, k, t, j] = sequence.gates[(t * plan.gate_rows + k) * plan.width + j]
    for t in range(plan.positions + 1):
        for j in range(plan.hidden):
            trace.hidden_states[m, t, j] = sequence.states[t * plan.width + j]
            if plan.cell_states_size:
                trace.cell_states[m, t, j] = sequence.cell_states[t * plan.width + j]
    unpack(plan, updates, trace.updates[m])


@njit(forceinline=True)
def descend(plan, scratch, sequences, operands, answers, k, errors, humble):
    """Of each member fill errors[:, k] and the updates, for now minus the gradient, both summed over the batch."""
    for m in range(plan.members):
        errors[m, k] = 0.0
    for back in range(plan.batch):  # the first problem last: its trace stays
        problem = k * plan.batch + plan.batch - 1 - back
        if humble and problem % plan.problems_at_a_stretch == 0:
            step_aside()
        for m in range(plan.members):
            spread_bits(plan, operands[m], answers[m], problem, member(plan, sequences, m))
        for t in range(plan.positions):
            for m in range(plan.members):
                forward_at(plan, at(scratch, m * plan.member_size), member(plan, sequences, m), t)
        for m in range(plan.members):
            W, sequence = at(scratch, m * plan.member_size), member(plan, sequences, m)
            if back == 0:
                transpose(plan, W, at(W, plan.to_transposed))
            errors[m, k] += compare(plan, sequence.logits, sequence.targets, sequence.outputs, sequence.output_deltas)
        for t in range(plan.positions - 1, -1, -1):
            for m in range(plan.members):
                W = at(scratch, m * plan.member_size)
                backward_at(plan, W, at(W, plan.to_transposed), member(plan, sequences, m), t)
        for m in range(plan.members):
            W = at(scratch, m * plan.member_size)
            add_updates(plan, member(plan, sequences, m), at(W, plan.padded_size), back == 0)


@njit(forceinline=True)
def update(plan, W, step, learning_rate, clip_norm):
    """Change one member's parameters by what the optimizer makes of its updates; return whether all are finite."""
    updates = at(W, plan.padded_size)
    if plan.batch > 1:
        scale(plan, updates, 1.0 / plan.batch)
    if plan.clipped:
        clip(plan, updates, clip_norm)
    optimize(plan, updates, at(W, plan.to_moments), step)
    return add(plan, W, updates, learning_rate)


@njit(forceinline=True)
def iterate(plan, scratch, operands, answers, steps, learning_rates, clip_norms, errors, trace, done, humble):
    """Run iterations on padded memory until each member has done all or met one that did not come out finite, and fill
    errors, done (how many were) and, of members that have done all, trace.
    """
    gates = stack(plan.members, plan.gates_size) if plan.gates_on_stack else at(scratch, plan.to_gates)
    gate_deltas = stack(plan.members, plan.gates_size) if plan.gates_on_stack else at(scratch, plan.to_gate_deltas)
    sequences = Sequence(
        stack(plan.members, plan.inputs_size),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.sequence_size),
        stack(plan.members, plan.sequence_size),
        stack(plan.members, plan.cell_states_size),
        gates,
        gate_deltas,
    )
    clear(plan, sequences)
    n = errors.shape[1]
    finite = plan.members
    for m in range(plan.members):
        done[m] = n

    for k in range(n):
        descend(plan, scratch, sequences, operands, answers, k, errors, humble)
        for m in range(plan.members):
            W = at(scratch, m * plan.member_size)
            errors[m, k] /= plan.batch
            if not update(plan, W, steps[m] + k + 1, learning_rates[m], clip_norms[m]) and done[m] == n:
                done[m] = k
                finite -= 1
        if finite == 0:
            return

    for m in range(plan.members):
        if done[m] == n:
            updates = at(scratch, m * plan.member_size + plan.padded_size)
            show(plan, member(plan, sequences, m), updates, trace, m)


@njit(nogil=True, cache=True, error_model="numpy")
def train(
    plan,
    parameters,
    moments,
    operands,
    answers,
    steps,
    learning_rates,
    clip_norms,
    workspace,
    errors,
    trace,
    done,
    humble,
):
    """Train M = plan.members networks for n iterations each, or until one would not be finite.

    plan: `Plan`. parameters (M, P) and moments (M, plan.moments, P): float64, in the order `Plan` states; trained in
    place, those of a member that does not do all n iterations left as they were. operands (M, n batch, inputs) and
    answers (M, n batch): int64, whose bits are inputs and targets. steps (M,): int64, iterations done before this call
    (for Adam). learning_rates, clip_norms (M,): float64 (clip_norms unused unless plan.clipped). workspace
    (plan.workspace_size,): scratch. errors (M, n): filled as far as done. trace: `Trace`, of members that do all of at
    least one iteration. done (M,): int64, filled with how many came out finite. humble: whether to step aside, some
    thousand times a second, for whoever waits for this core.
    """
    scratch = aligned(workspace)
    for m in range(plan.members):
        W = at(scratch, m * plan.member_size)
        updates, padded_moments = at(W, plan.padded_size), at(W, plan.to_moments)
        pack(plan, parameters[m], W)
        for i in range(plan.padded_size):
            updates[i] = 0.0
        for i in range(plan.moments):
            pack(plan, moments[m, i], at(padded_moments, i * plan.padded_size))
    if errors.shape[1] == 0:
        return
    iterate(plan, scratch, operands, answers, steps, learning_rates, clip_norms, errors, trace, done, humble)
    for m in range(plan.members):
        if done[m] == errors.shape[1]:
            W = at(scratch, m * plan.member_size)
            unpack(plan, W, parameters[m])
            for i in range(plan.moments):
                unpack(plan, at(at(W, plan.to_moments), i * plan.padded_size), moments[m, i])
