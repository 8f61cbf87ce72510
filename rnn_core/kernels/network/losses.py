"""Losses on the logits of a whole sequence at once."""
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from numba import njit
from numba.extending import overload

from rnn_core.kernels.machine.lanes import first, magnitude, total, zeros
from rnn_core.kernels.machine.memory import load, store
from rnn_core.kernels.network.activations import sigmoid, sigmoid_derivative
from rnn_core.kernels.network.plan import CHOICES, POSITIONS

SQUARED_ERROR = CHOICES["loss"].index("squared_error")


def loss_delta(plan, missing, o):
    """Minus the gradient of the plan's loss at the logits. o = sigmoid(z) is the output, and `missing` is target minus
    output.
    """


@overload(loss_delta, jit_options={"forceinline": True})
def choose_loss_delta(plan, missing, o):
    """What `loss_delta` compiles to."""
    if plan.plan.general:
        return lambda plan, missing, o: missing * sigmoid_derivative(o) if plan.loss == SQUARED_ERROR else missing
    return {
        "squared_error": lambda plan, missing, o: missing * sigmoid_derivative(o),  # (y - o)**2 / 2
        "cross_entropy": lambda plan, missing, o: missing,  # logaddexp(0, z) - y z
    }[plan.plan.loss]


@njit(forceinline=True)
def compare(plan, logits, targets, outputs, output_deltas):
    """Fill outputs and output_deltas (T,) from logits and targets (T,). Return the sum of |target - output|."""
    error = zeros(plan.members, 1)
    for t in range(0, plan.padded_positions, POSITIONS):
        o = sigmoid(load(logits, t, POSITIONS))
        missing = load(targets, t, POSITIONS) - o
        store(outputs, t, o)
        store(output_deltas, t, loss_delta(plan, missing, o))
        missed = first(magnitude(missing), (plan.positions - t) * plan.members)
        error = error + total(missed, plan.members)
    return error
