"""Calling the compiled kernels from Python: what to pass in is allocated and checked here."""
# ruff: noqa: N806

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.kernels import training
from rnn_core.kernels.plan import Plan
from rnn_core.kernels.training import Array, Trace


@dataclass(frozen=True)
class Training:
    """What a call of `train` did: as many errors as iterations, and the trace of the last (None if there was none)."""

    errors: Array  # (iterations done,)
    trace: Trace | None
    diverged: bool  # the next iteration's numbers would not be finite; it was undone


def train(
    plan: Plan,
    parameters: Array,
    operands: NDArray[np.int64],
    answers: NDArray[np.int64],
    learning_rate: float,
    *,
    moments: Array | None = None,
    step: int = 0,
    clip_norm: float | None = None,
    humble: bool = False,
) -> Training:
    """Train `parameters` in place on problems already drawn, with the GIL released.

    parameters: (plan.flat_size,) float64, contiguous, laid out as `Plan` says. operands: (n batch, inputs) int64, and
    answers: (n batch,) int64, the numbers whose bits are inputs and targets. moments: (plan.moments, plan.flat_size)
    float64, the optimizer's memory, zeros at first, changed in place. step: iterations done before. clip_norm: needed
    if plan.clipped. humble: whether to step aside often for whoever waits for this core, of which numbers know nothing.

    Raises ValueError if an array has another shape or type than this.
    """
    if moments is None:
        moments = np.zeros((plan.moments, plan.flat_size))
    n = len(operands) // plan.batch
    require("parameters", parameters, np.float64, (plan.flat_size,))
    require("moments", moments, np.float64, (plan.moments, plan.flat_size))
    require("operands", operands, np.int64, (n * plan.batch, plan.inputs))
    require("answers", answers, np.int64, (n * plan.batch,))
    if plan.clipped != (clip_norm is not None):
        raise ValueError(f"clip_norm is {clip_norm}, but the plan says clipped={plan.clipped}")
    errors = np.empty(n)
    trace = empty_trace(plan)
    workspace = np.empty(plan.workspace_size)
    done = training.train(
        plan,
        parameters,
        moments,
        operands,
        answers,
        step,
        float(learning_rate),
        clip_norm or 0.0,
        workspace,
        errors,
        trace,
        humble,
    )
    return Training(errors[:done], trace if done else None, diverged=done < n)


def require(name: str, array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]) -> None:
    """Refuse an array of another kind, shape or order."""
    if array.dtype != kind or array.shape != shape or not array.flags.c_contiguous:
        raise ValueError(
            f"{name} is {array.dtype} of shape {array.shape}; it has to be contiguous {np.dtype(kind)} of shape {shape}"
        )


def empty_trace(plan: Plan) -> Trace:
    """Arrays for a trace, uninitialised."""
    T, H = plan.positions, plan.hidden
    return Trace(
        inputs=np.empty((T, plan.inputs)),
        targets=np.empty(T),
        outputs=np.empty(T),
        hidden_states=np.empty((T + 1, H)),
        output_deltas=np.empty(T),
        hidden_deltas=np.empty((T, H)),
        updates=np.empty(plan.flat_size),
    )
