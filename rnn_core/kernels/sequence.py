"""What happens to one problem in one network, position by position, as memory that the cells read and fill."""
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from typing import Any, NamedTuple

from numba import njit

from rnn_core.kernels.memory import at


class Sequence(NamedTuple):
    """A problem and what became of it, in padded memory; every row of a hidden vector is `plan.width` numbers.

    In a kernel each field is a pointer to float64. Of several members each field holds one after the other.
    """

    inputs: Any  # (T, inputs)
    targets: Any  # (T,)
    logits: Any  # (T,)
    outputs: Any  # (T,)
    output_deltas: Any  # (T,)
    states: Any  # (T + 1, width), row 0 is the zero start
    deltas: Any  # (T, width), the hidden deltas
    cell_states: Any  # (T + 1, width), row 0 is the zero start; of an LSTM only
    gates: Any  # (T, plan.gate_rows, width)
    gate_deltas: Any  # (T, plan.gate_rows, width)


@njit(forceinline=True)
def member(plan, sequences, m):
    """The sequence of member m."""
    return Sequence(
        at(sequences.inputs, m * plan.inputs_size),
        at(sequences.targets, m * plan.padded_positions),
        at(sequences.logits, m * plan.padded_positions),
        at(sequences.outputs, m * plan.padded_positions),
        at(sequences.output_deltas, m * plan.padded_positions),
        at(sequences.states, m * plan.sequence_size),
        at(sequences.deltas, m * plan.sequence_size),
        at(sequences.cell_states, m * plan.cell_states_size),
        at(sequences.gates, m * plan.gates_size),
        at(sequences.gate_deltas, m * plan.gates_size),
    )


@njit(forceinline=True)
def clear(plan, sequences):
    """Zero what the cells and losses read without having written it: the start, and the padding over positions."""
    for i in range(plan.members * plan.padded_positions):
        sequences.logits[i] = sequences.targets[i] = 0.0
    for m in range(plan.members):
        for j in range(plan.width):
            sequences.states[m * plan.sequence_size + j] = 0.0
            if plan.cell_states_size:
                sequences.cell_states[m * plan.sequence_size + j] = 0.0


@njit(forceinline=True)
def spread_bits(plan, operands, answer, problem, sequence):
    """The bits of a problem's operands as inputs (T, inputs) and of its answer as targets (T,), least significant
    first.
    """
    for t in range(plan.positions):
        for i in range(plan.inputs):
            sequence.inputs[plan.inputs * t + i] = (operands[problem, i] >> t) & 1
        sequence.targets[t] = (answer[problem] >> t) & 1
