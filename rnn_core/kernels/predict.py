"""Compiled prediction: run a network over one problem, fast enough for a server to do while it answers.

The GIL is kept: a call takes some microseconds, far less than it would take to get the GIL back from another thread.
"""
# ruff: noqa: ANN001, ANN201, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from collections.abc import Sequence

import numpy as np
from numba import njit

from rnn_core.kernels.elman import forward
from rnn_core.kernels.evaluate import forward_only
from rnn_core.kernels.losses import compare
from rnn_core.kernels.memory import aligned, stack
from rnn_core.kernels.plan import Plan
from rnn_core.kernels.training import pack, spread_bits
from rnn_core.parameters import Parameters
from rnn_core.prediction import Forward


@njit(cache=True, error_model="numpy")
def answer(plan, parameters, operands, answers, workspace, found):
    """Fill found (T,) with the outputs for the first problem of operands (n, inputs)."""
    W = aligned(workspace)
    pack(plan, parameters, W)
    inputs, targets = stack(plan.inputs_size), stack(plan.padded_positions)
    logits, outputs, output_deltas = (
        stack(plan.padded_positions),
        stack(plan.padded_positions),
        stack(plan.padded_positions),
    )
    states = stack(plan.sequence_size)
    for t in range(plan.padded_positions):
        logits[t] = targets[t] = 0.0
    for j in range(plan.width):
        states[j] = 0.0
    spread_bits(plan, operands, answers, 0, inputs, targets)
    forward(plan, W, inputs, states, logits)
    compare(plan, logits, targets, outputs, output_deltas)
    for t in range(plan.positions):
        found[t] = outputs[t]


def compiled_forward(plan: Plan) -> Forward:
    """The plan's network as `rnn_core.prediction` takes it, compiled or loaded from the cache."""
    plan = forward_only(plan)
    answers = np.zeros(1, np.int64)  # what is right makes no difference to what the network says
    size = plan.workspace_size

    def outputs(parameters: Parameters, operands: Sequence[int]) -> list[float]:
        found = np.empty(plan.positions)
        answer(plan, parameters.flat, np.array([operands], np.int64), answers, np.empty(size), found)
        numbers: list[float] = found.tolist()
        return numbers

    outputs(Parameters({"all": (plan.flat_size,)}), [0] * plan.inputs)  # which compiles it
    return outputs
