"""Compiled prediction: run a network over one problem, fast enough to do it on a server's event loop.

The GIL is kept: a call takes some microseconds. To get the GIL back from another thread would take much longer.
"""
# ruff: noqa: ANN001, ANN201, N806
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from collections.abc import Sequence as Numbers

import numpy as np

from rnn_core.assessment.prediction import Forward
from rnn_core.engines.kernel_cache import kernel
from rnn_core.kernels.calls.evaluate import forward_only
from rnn_core.kernels.calls.training import pack
from rnn_core.kernels.machine.memory import aligned, memory_of
from rnn_core.kernels.network.cell import forward
from rnn_core.kernels.network.losses import compare
from rnn_core.kernels.network.plan import Plan
from rnn_core.kernels.network.sequence import clear, lay_out, spread_bits
from rnn_core.network.parameters import Parameters


@kernel(error_model="numpy")
def answer(plan, parameters, operands, answers, workspace, found):
    """Fill found (T,) with the outputs for the first problem of operands (n, inputs)."""
    W = aligned(memory_of(workspace, plan.members))
    pack(plan, memory_of(parameters, plan.members), W)
    sequence = lay_out(plan, W)
    clear(plan, sequence)
    spread_bits(plan, operands, answers, 0, sequence)
    forward(plan, W, sequence)
    compare(plan, sequence.logits, sequence.targets, sequence.outputs, sequence.output_deltas)
    for t in range(plan.positions):
        found[t] = sequence.outputs[t]


def compiled_forward(plan: Plan) -> Forward:
    """The plan's network for `rnn_core.assessment.prediction`, compiled or loaded from the cache."""
    plan = forward_only(plan)
    answers = np.zeros(1, np.int64)  # the outputs do not depend on the right answer
    size = plan.workspace_size

    def outputs(parameters: Parameters, operands: Numbers[int]) -> list[float]:
        found = np.empty(plan.positions)
        answer(plan, parameters.flat, np.array([operands], np.int64), answers, np.empty(size), found)
        numbers: list[float] = found.tolist()
        return numbers

    outputs(Parameters({"all": (plan.flat_size,)}), [0] * plan.inputs)  # the first call compiles
    return outputs
