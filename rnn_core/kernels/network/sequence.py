"""The memory of one problem in one network, position by position. The cells read and fill it."""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from typing import Any, NamedTuple

from numba import njit

from rnn_core.kernels.machine.lanes import bit
from rnn_core.kernels.machine.memory import at, load_apart, memory_of, room
from rnn_core.kernels.network import plan_type  # noqa: F401 (teaches Numba what a plan is)


class SequenceMemory(NamedTuple):
    """A problem and what the network computed, in padded memory. Every row of a hidden vector is `plan.width` numbers.

    In a kernel each field is memory of the plan's members.
    """

    inputs: Any  # (T, inputs)
    targets: Any  # (T,)
    logits: Any  # (T,)
    outputs: Any  # (T,)
    output_deltas: Any  # (T,)
    states: Any  # (T + 1, width), row 0 is the zero start
    deltas: Any  # (T, width), the hidden deltas
    cell_states: Any  # (T + 1, width), row 0 is the zero start; only for an LSTM
    gates: Any  # (T, plan.gate_rows, width)
    gate_deltas: Any  # (T, plan.gate_rows, width)


@njit(inline="always")
def lay_out(plan, W):
    """A sequence's memory: on the stack, or in scratch memory W if it is too large or its size is not a constant.

    Numba inlines it as text. So memory on the stack belongs to the calling kernel and lives as long as that runs.
    """
    to_gates, to_gate_deltas = at(W, plan.to_gates), at(W, plan.to_gate_deltas)
    return SequenceMemory(
        room(vector_at(plan, W, 0), plan.inputs_size),
        room(vector_at(plan, W, 1), plan.padded_positions),
        room(vector_at(plan, W, 2), plan.padded_positions),
        room(vector_at(plan, W, 3), plan.padded_positions),
        room(vector_at(plan, W, 4), plan.padded_positions),
        room(vector_at(plan, W, 5), plan.sequence_size),
        room(vector_at(plan, W, 6), plan.sequence_size),
        room(vector_at(plan, W, 7), plan.cell_states_size),
        room(to_gates, plan.gates_size) if plan.gates_on_stack else to_gates,
        room(to_gate_deltas, plan.gates_size) if plan.gates_on_stack else to_gate_deltas,
    )


@njit(forceinline=True)
def vector_at(plan, W, number):
    """Where a sequence's vector lies in scratch memory W, if not on the stack; `number` counts in the order above."""
    return at(W, plan.to_vectors + number * plan.sequence_size)


@njit(forceinline=True)
def clear(plan, sequence):
    """Set to zero what cells and losses read before they write it: the start, and the padding over positions."""
    for t in range(plan.padded_positions):
        sequence.logits[t] = sequence.targets[t] = 0.0
    for j in range(plan.width):
        sequence.states[j] = 0.0
        if plan.cell_states_size:
            sequence.cell_states[j] = 0.0


@njit(forceinline=True)
def spread_bits(plan, operands, answers, problem, sequence):
    """The bits of a problem's operands as inputs (T, inputs) and of its answer as targets (T,), least significant
    first.

    operands (M, n, inputs) and answers (M, n): arrays of int64. With one member the first axis may be missing.
    """
    n = answers.shape[-1]
    for i in range(plan.inputs):
        numbers = load_apart(memory_of(operands, 1), plan.inputs * problem + i, plan.inputs * n, plan.members)
        for t in range(plan.positions):
            sequence.inputs[plan.inputs * t + i] = bit(numbers, t)
    numbers = load_apart(memory_of(answers, 1), problem, n, plan.members)
    for t in range(plan.positions):
        sequence.targets[t] = bit(numbers, t)
