"""Compiled prediction: run a network over one problem, fast enough for a server to do while it answers.

The GIL is kept: a call takes some microseconds, far less than it would take to get the GIL back from another thread.
"""
# ruff: noqa: ANN001, ANN201, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from collections.abc import Sequence as Numbers

import numpy as np
from numba import njit

from rnn_core.kernels.cell import forward
from rnn_core.kernels.evaluate import forward_only
from rnn_core.kernels.losses import compare
from rnn_core.kernels.memory import aligned, at, memory_of, stack
from rnn_core.kernels.plan import Plan
from rnn_core.kernels.sequence import Sequence, clear, spread_bits
from rnn_core.kernels.training import pack
from rnn_core.parameters import Parameters
from rnn_core.prediction import Forward


@njit(cache=True, error_model="numpy")
def answer(plan, parameters, operands, answers, workspace, found):
    """Fill found (T,) with the outputs for the first problem of operands (n, inputs)."""
    W = aligned(memory_of(workspace, plan.members))
    pack(plan, memory_of(parameters, plan.members), W)
    gates = stack(plan.members, plan.gates_size) if plan.gates_on_stack else at(W, plan.to_gates)
    sequence = Sequence(
        stack(plan.members, plan.inputs_size),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.padded_positions),
        stack(plan.members, plan.sequence_size),
        stack(plan.members, 0),
        stack(plan.members, plan.cell_states_size),
        gates,
        stack(plan.members, 0),
    )
    clear(plan, sequence)
    spread_bits(plan, operands, answers, 0, sequence)
    forward(plan, W, sequence)
    compare(plan, sequence.logits, sequence.targets, sequence.outputs, sequence.output_deltas)
    for t in range(plan.positions):
        found[t] = sequence.outputs[t]


def compiled_forward(plan: Plan) -> Forward:
    """The plan's network as `rnn_core.prediction` takes it, compiled or loaded from the cache."""
    plan = forward_only(plan)
    answers = np.zeros(1, np.int64)  # what is right makes no difference to what the network says
    size = plan.workspace_size

    def outputs(parameters: Parameters, operands: Numbers[int]) -> list[float]:
        found = np.empty(plan.positions)
        answer(plan, parameters.flat, np.array([operands], np.int64), answers, np.empty(size), found)
        numbers: list[float] = found.tolist()
        return numbers

    outputs(Parameters({"all": (plan.flat_size,)}), [0] * plan.inputs)  # which compiles it
    return outputs
