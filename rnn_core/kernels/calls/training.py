"""The compiled training loop: many iterations in one call, with the GIL released and without allocations.

Cell, loss and optimizer are the small kernels beside this file; this file calls them in order. Parameters are copied
into padded scratch memory and back. So between calls there is no other state than what the caller holds, and the bits
are the same however iterations are cut into calls.

A plan may have several members: independent networks of one form, each with its own weights and problems. They are
computed side by side. Every number is a vector with one lane for each member, in memory too, where the axis over
members is the last. Each member does the same operations in the same order as alone, so its bits are the same.
"""
# ruff: noqa: ANN001, ANN201, N803, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

from rnn_core.engines.kernel_cache import kernel
from rnn_core.kernels.machine.lanes import lane, rolled, total, zeros
from rnn_core.kernels.machine.memory import aligned, at, memory_of
from rnn_core.kernels.machine.products import AtOnce, transpose
from rnn_core.kernels.machine.yielding import yield_core
from rnn_core.kernels.network.cell import add_updates, backward_at, forward_at
from rnn_core.kernels.network.losses import compare
from rnn_core.kernels.network.optimizers import add, clip, optimize, scale, wrong_in
from rnn_core.kernels.network.sequence import clear, lay_out, spread_bits

Array = NDArray[np.float64]


class TraceArrays(NamedTuple):
    """The last iteration done by each of M members, with the first problem of its batch. All are float64 in C order; T
    positions, H hidden units, G gates.
    """

    inputs: Array  # (T, inputs, M)
    targets: Array  # (T, M)
    outputs: Array  # (T, M)
    hidden_states: Array  # (T + 1, H, M), row 0 is the zero start
    output_deltas: Array  # (T, M)
    hidden_deltas: Array  # (T, H, M)
    gates: Array  # (G, T, H, M), in the order of the cell's `gates`
    cell_states: Array  # (T + 1, H, M), row 0 is the zero start; (0, H, M) for a cell that has none
    updates: Array  # (P, M), in the order of the parameters


@njit(forceinline=True)
def pack(plan, flat, padded):
    """Copy the rows of a flat vector of parameters to padded memory, with zeros between them."""
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
def show(plan, sequence, updates, trace):
    """Copy the sequence and the updates to the trace."""
    inputs, targets, outputs = (
        memory_of(trace.inputs, plan.members),
        memory_of(trace.targets, plan.members),
        memory_of(trace.outputs, plan.members),
    )
    output_deltas, hidden_deltas = (
        memory_of(trace.output_deltas, plan.members),
        memory_of(trace.hidden_deltas, plan.members),
    )
    hidden_states, cell_states = (
        memory_of(trace.hidden_states, plan.members),
        memory_of(trace.cell_states, plan.members),
    )
    gates = memory_of(trace.gates, plan.members)
    for t in range(plan.positions):
        for i in range(plan.inputs):
            inputs[plan.inputs * t + i] = sequence.inputs[plan.inputs * t + i]
        targets[t], outputs[t], output_deltas[t] = sequence.targets[t], sequence.outputs[t], sequence.output_deltas[t]
        for j in range(plan.hidden):
            hidden_deltas[t * plan.hidden + j] = sequence.deltas[t * plan.width + j]
            for k in range(plan.gates):
                gate = sequence.gates[(t * plan.gate_rows + k) * plan.width + j]
                gates[(k * plan.positions + t) * plan.hidden + j] = gate
    for t in range(plan.positions + 1):
        for j in range(plan.hidden):
            hidden_states[t * plan.hidden + j] = sequence.states[t * plan.width + j]
            if plan.cell_states_size:
                cell_states[t * plan.hidden + j] = sequence.cell_states[t * plan.width + j]
    unpack(plan, updates, memory_of(trace.updates, plan.members))


@njit(forceinline=True)
def descend(plan, W, sequence, operands, answers, k, updates, low_priority, positions):
    """Fill the updates, at this point minus the gradient, and return the error. Both are sums over the batch.

    positions: T, as an argument. Loops with a length known here would be unrolled before the functions in them are
    inlined, however long they are.
    """
    W_T = at(W, plan.to_transposed)
    error = zeros(plan.members, 1)
    for back in range(plan.batch):  # the first problem comes last, so that its trace stays
        problem = k * plan.batch + plan.batch - 1 - back
        if low_priority and problem % plan.problems_at_a_stretch == 0:
            yield_core()
        spread_bits(plan, operands, answers, problem, sequence)
        for t in range(positions):
            forward_at(plan, W, sequence, t)
        if back == 0 and plan.members == 1:
            transpose(plan, W, W_T)
        error = error + compare(plan, sequence.logits, sequence.targets, sequence.outputs, sequence.output_deltas)
        for t in range(positions - 1, -1, -1):
            backward_at(plan, W, W_T, sequence, t)
        add_updates(plan, sequence, updates, back == 0)
    return error


def choose(plan, W, updates, learning_rate):
    """Where sums over positions go: to the updates or, with `plan.at_once`, as a step to the parameters themselves."""


@overload(choose, jit_options={"forceinline": True})
def choose_destination(plan, W, updates, learning_rate):
    """What `choose` compiles to."""
    if plan.plan.at_once:
        return lambda plan, W, updates, learning_rate: AtOnce(W, learning_rate)
    return lambda plan, W, updates, learning_rate: updates


@njit(forceinline=True)
def update(plan, W, steps, k, learning_rate, clip_norms, held):
    """Change the parameters by what the optimizer makes of the updates. Return zero for each member whose parameters
    are all finite.
    """
    updates = at(W, plan.padded_size)
    if plan.batch > 1:
        scale(plan, updates, 1.0 / plan.batch)
    if plan.members == 1:
        for i in range(len(held)):
            updates[held[i]] = 0.0
    if plan.clipped:
        clip(plan, updates, clip_norms)
    optimize(plan, updates, at(W, plan.to_moments), steps, k)
    return add(plan, W, updates, learning_rate)


@njit(forceinline=True)
def iterate(plan, W, operands, answers, steps, learning_rates, clip_norms, held, n, errors, trace, done, low_priority):
    """Run n iterations on padded memory, and fill errors, done and trace as for `train`.

    Parameters that are not finite never become finite again. So with several networks a check at the end is enough.
    """
    sequence = lay_out(plan, W)
    clear(plan, sequence)
    learning_rate, updates = learning_rates[0], at(W, plan.padded_size)
    positions = plan.positions if plan.members == 1 else rolled(plan.positions)
    destination = choose(plan, W, updates, learning_rate)
    done[0] = n
    for k in range(n):
        errors[k] = descend(plan, W, sequence, operands, answers, k, destination, low_priority, positions) / plan.batch
        if not plan.at_once:
            wrong = update(plan, W, steps, k, learning_rate, clip_norms, held)
            if plan.members == 1 and total(wrong, 1) != 0.0:
                done[0] = k
                return
    if plan.at_once:
        add_updates(plan, sequence, updates, True)
    if plan.members > 1:
        wrong = wrong_in(plan, W)
        for m in range(plan.members):
            done[m] = n if lane(wrong, m) == 0.0 else 0
    show(plan, sequence, updates, trace)


@kernel(nogil=True, error_model="numpy")
def train(
    plan,
    parameters,
    moments,
    operands,
    answers,
    steps,
    learning_rates,
    clip_norms,
    held,
    workspace,
    errors,
    trace,
    done,
    low_priority,
):
    """Train M = plan.members networks for n iterations each. A single network stops before it would not be finite.

    plan: `Plan`. parameters (P, M) and moments (plan.moments, P, M): float64, in the order of `Plan`; trained in place,
    but not changed if a single network would not be finite. operands (M, n batch, inputs) and answers (M, n batch):
    int64; their bits are inputs and targets. steps (M,): int64, iterations done before this call (for Adam).
    learning_rates, clip_norms (M,): float64 (clip_norms unused unless plan.clipped). held (K,): int64, the places in
    padded memory that a single network does not train; their moments are zero. workspace (plan.workspace_size,):
    scratch. errors (n, M): filled for the iterations done. trace: `TraceArrays`, filled if all of at least one
    iteration are done. done (M,): int64, filled with the number of finite iterations; with several networks it is 0 for
    one that did not remain finite, and its results are of no use. low_priority: whether to yield this core to other
    threads, some thousand times a second.
    """
    n = errors.shape[0]
    if n == 0:
        return
    W = aligned(memory_of(workspace, plan.members))
    padded_moments, flat_moments = at(W, plan.to_moments), memory_of(moments, plan.members)
    pack(plan, memory_of(parameters, plan.members), W)
    for i in range(plan.padded_size):
        W[plan.padded_size + i] = 0.0  # the updates
    for i in range(plan.moments):
        pack(plan, at(flat_moments, i * plan.flat_size), at(padded_moments, i * plan.padded_size))
    iterate(
        plan,
        W,
        operands,
        answers,
        steps,
        memory_of(learning_rates, plan.members),
        clip_norms,
        held,
        n,
        memory_of(errors, plan.members),
        trace,
        done,
        low_priority,
    )
    if plan.members > 1 or done[0] == n:
        unpack(plan, W, memory_of(parameters, plan.members))
        for i in range(plan.moments):
            unpack(plan, at(padded_moments, i * plan.padded_size), at(flat_moments, i * plan.flat_size))
