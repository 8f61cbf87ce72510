"""The plan's cell: names for kernels to call. They compile to the functions in the file of that cell."""
# ruff: noqa: ANN001, ANN201, N803
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from numba import njit
from numba.extending import overload

from rnn_core.kernels.network import elman, gru, lstm

CELLS = {"elman": elman, "gru": gru, "lstm": lstm}


def forward_at(plan, W, sequence, t):
    """Read position t: compute states[t + 1] and logits[t] from the inputs at t and the state before them."""


def backward_at(plan, W, W_T, sequence, t):
    """Compute deltas[t] from output_deltas[t] and what position t + 1 asks of the state. t + 1 is already done.

    W_T (matrices, width, width) is the transpose of each W_h.
    """


def add_updates(plan, sequence, updates, afresh):
    """Add each position's part of minus the gradient of every parameter to the updates; start at zero if `afresh`."""


@overload(forward_at, jit_options={"forceinline": True})
def choose_forward_at(plan, W, sequence, t):
    """What `forward_at` compiles to."""
    return CELLS[plan.plan.cell].forward_at.py_func


@overload(backward_at, jit_options={"forceinline": True})
def choose_backward_at(plan, W, W_T, sequence, t):
    """What `backward_at` compiles to."""
    return CELLS[plan.plan.cell].backward_at.py_func


@overload(add_updates, jit_options={"forceinline": True})
def choose_add_updates(plan, sequence, updates, afresh):
    """What `add_updates` compiles to."""
    return CELLS[plan.plan.cell].add_updates.py_func


@njit(forceinline=True)
def forward(plan, W, sequence):
    """Read all positions of one sequence."""
    for t in range(plan.positions):
        forward_at(plan, W, sequence, t)
