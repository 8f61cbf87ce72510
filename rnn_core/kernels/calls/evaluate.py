"""Compiled evaluation: run a network over many problems, such as all pairs of a width, and count the right answers."""
# ruff: noqa: ANN001, ANN201, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rnn_core.engines.kernel_cache import kernel
from rnn_core.engines.progress import Examination
from rnn_core.kernels.calls.engine import require
from rnn_core.kernels.calls.training import Array, pack
from rnn_core.kernels.machine.memory import aligned, memory_of
from rnn_core.kernels.network.cell import forward
from rnn_core.kernels.network.losses import compare
from rnn_core.kernels.network.plan import Plan
from rnn_core.kernels.network.sequence import clear, lay_out, spread_bits


@njit(forceinline=True)
def insert(ranked, ranked_errors, problem, error):
    """Put a problem in its place among those ranked by error, if it belongs there, and drop the last."""
    place = len(ranked) - 1
    if place < 0 or not error > ranked_errors[place]:
        return
    while place > 0 and error > ranked_errors[place - 1]:
        ranked[place], ranked_errors[place] = ranked[place - 1], ranked_errors[place - 1]
        place -= 1
    ranked[place], ranked_errors[place] = problem, error


@njit(forceinline=True)
def settled_error(plan, sequence):
    """The sum of |target - output|. Where the output is not a number it counts 1, the largest possible error."""
    error = 0.0
    for t in range(plan.positions):
        missing = abs(sequence.targets[t] - sequence.outputs[t])
        error += 1.0 if math.isnan(missing) else missing
    return error


@kernel(nogil=True, error_model="numpy")
def count(plan, parameters, operands, answers, first_read, workspace, right_bits, ranked, ranked_errors):
    """Fill right_bits (T,), how often each bit is right, and the ranking of errors. Return how often all bits from
    `first_read` on are right.
    """
    W = aligned(memory_of(workspace, plan.members))
    pack(plan, memory_of(parameters, plan.members), W)
    sequence = lay_out(plan, W)
    clear(plan, sequence)
    right_sequences = 0
    for problem in range(len(operands)):
        spread_bits(plan, operands, answers, problem, sequence)
        forward(plan, W, sequence)
        error = compare(plan, sequence.logits, sequence.targets, sequence.outputs, sequence.output_deltas)
        if math.isnan(error):  # some output is NaN
            error = settled_error(plan, sequence)
        right = 0
        for t in range(plan.positions):
            output = sequence.outputs[t]
            agrees = (output > 0.5) == (sequence.targets[t] > 0.5) and not math.isnan(output)
            right_bits[t] += agrees
            right += agrees and t >= first_read
        right_sequences += right == plan.positions - first_read
        insert(ranked, ranked_errors, problem, error)
    return right_sequences


def evaluate(
    plan: Plan,
    parameters: Array,
    operands: NDArray[np.int64],
    answers: NDArray[np.int64],
    worst: int = 10,
    first_read: int = 0,
) -> Examination:
    """Count the network's right answers to problems: operands (n, inputs) and answers (n,), int64; parameters
    (plan.flat_size,) float64. Bits before position `first_read` do not belong to a problem's result.

    A bit is read as 1 if its output exceeds 0.5. An output that is not a number is wrong by 1. The plan's loss,
    optimizer and batch make no difference. Raises ValueError if an array has another shape or type, or n is 0.
    """
    n = len(operands)
    if n == 0:
        raise ValueError("there are no problems to evaluate on")
    require("parameters", parameters, np.float64, (plan.flat_size,))
    require("operands", operands, np.int64, (n, plan.inputs))
    require("answers", answers, np.int64, (n,))
    plan = forward_only(plan)
    right_bits = np.zeros(plan.positions, np.int64)
    ranked, ranked_errors = np.zeros(min(worst, n), np.int64), np.full(min(worst, n), -1.0)
    workspace = np.empty(plan.workspace_size)
    right: Any = count(plan, parameters, operands, answers, first_read, workspace, right_bits, ranked, ranked_errors)
    return Examination(n, int(right), right_bits, ranked, ranked_errors)


def forward_only(plan: Plan) -> Plan:
    """The plan that all plans with this network share, so that they share one compiled evaluation."""
    sizes = plan.hidden, plan.positions, plan.inputs
    return Plan(*sizes, plan.activation, plan.bias, cell=plan.cell, general=plan.general)
