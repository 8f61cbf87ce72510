"""Calling the compiled kernels from Python: their arguments are allocated and checked here."""
# ruff: noqa: N806

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnn_core.edits import NONE_HELD
from rnn_core.kernels.calls import training
from rnn_core.kernels.calls.training import Array, TraceArrays
from rnn_core.kernels.machine.yielding import has_low_priority
from rnn_core.kernels.network.plan import Plan

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Training:
    """What a call of `train` did: one error for each iteration, and the trace of the last one (None if there was none),
    without the axis over members.
    """

    errors: Array  # (iterations done,)
    trace: TraceArrays | None
    diverged: bool  # whether the next iteration was undone because its numbers would not be finite


def train(
    plan: Plan,
    parameters: Array,
    operands: Integers,
    answers: Integers,
    learning_rate: float,
    *,
    moments: Array | None = None,
    step: int = 0,
    clip_norm: float | None = None,
    held: Integers = NONE_HELD,
    low_priority: bool | None = None,
) -> Training:
    """Train `parameters` in place on problems already drawn, with the GIL released.

    parameters: (plan.flat_size,) float64, contiguous, in the layout of `Plan`. operands: (n batch, inputs) int64, and
    answers: (n batch,) int64, the numbers whose bits are inputs and targets. moments: (plan.moments, plan.flat_size)
    float64, the optimizer's memory, zeros at first, changed in place. step: iterations done before. clip_norm: needed
    if plan.clipped. held: (K,) int64, the places in `parameters` that are not trained. low_priority: whether to yield
    this core often to other threads; the numbers do not depend on it; None for yes if this thread has a low priority.

    Raises ValueError if an array has another shape or type than this.
    """
    if moments is None:
        moments = np.zeros((plan.moments, plan.flat_size))
    n = len(operands) // plan.batch
    check(plan, parameters, moments, operands, answers, clip_norm)
    require("held", held, np.int64, held.shape[:1])
    plan = replace(plan, members=1)
    done, errors, trace = call(
        plan,
        parameters[..., None],
        moments[..., None],
        operands[None],
        answers[None],
        np.array([step]),
        np.array([learning_rate], dtype=np.float64),
        np.array([clip_norm or 0.0]),
        held // plan.hidden * plan.width + held % plan.hidden,
        low_priority,
    )
    finite = int(done[0])
    if finite < n:  # undo the failed iteration: do the iterations before it again
        problems = slice(finite * plan.batch)
        again = train(
            plan, parameters, operands[problems], answers[problems], learning_rate,
            moments=moments, step=step, clip_norm=clip_norm, held=held, low_priority=low_priority,
        )  # fmt: skip
        return replace(again, diverged=True)
    return Training(errors[0], only(trace, 0) if n else None, diverged=False)


def call(
    plan: Plan,
    parameters: Array,
    moments: Array,
    operands: Integers,
    answers: Integers,
    steps: Integers,
    learning_rates: Array,
    clip_norms: Array,
    held: Integers = NONE_HELD,
    low_priority: bool | None = None,
) -> tuple[Integers, Array, TraceArrays]:
    """Call the kernel for all members of the plan. Arrays have the axis M over members as in `training.train`; held are
    places in padded memory.

    Returns the number of finite iterations, (M,), the errors (M, n) and the trace, whose fields have M first.
    """
    n = operands.shape[1] // plan.batch
    errors, done, trace = np.empty((n, plan.members)), np.zeros(plan.members, np.int64), empty_trace(plan)
    workspace = np.empty(plan.workspace_size)
    training.train(
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
        has_low_priority() if low_priority is None else low_priority,
    )
    return done, member_first(errors), TraceArrays(*map(member_first, trace))


def check(
    plan: Plan,
    parameters: Array,
    moments: Array,
    operands: Integers,
    answers: Integers,
    clip_norm: float | None,
) -> None:
    """Refuse arguments that `train` can't take."""
    n = len(operands) // plan.batch
    require("parameters", parameters, np.float64, (plan.flat_size,))
    require("moments", moments, np.float64, (plan.moments, plan.flat_size))
    require("operands", operands, np.int64, (n * plan.batch, plan.inputs))
    require("answers", answers, np.int64, (n * plan.batch,))
    if plan.clipped != (clip_norm is not None):
        raise ValueError(f"clip_norm is {clip_norm}, but the plan says clipped={plan.clipped}")


def require(name: str, array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]) -> None:
    """Refuse an array of another kind, shape or order."""
    if array.dtype != kind or array.shape != shape or not array.flags.c_contiguous:
        raise ValueError(
            f"{name} is {array.dtype} of shape {array.shape}; it has to be contiguous {np.dtype(kind)} of shape {shape}"
        )


def empty_trace(plan: Plan) -> TraceArrays:
    """Arrays for a trace, uninitialised."""
    M, T, H = plan.members, plan.positions, plan.hidden
    return TraceArrays(
        inputs=np.empty((T, plan.inputs, M)),
        targets=np.empty((T, M)),
        outputs=np.empty((T, M)),
        hidden_states=np.empty((T + 1, H, M)),
        output_deltas=np.empty((T, M)),
        hidden_deltas=np.empty((T, H, M)),
        gates=np.empty((plan.gates, T, H, M)),
        cell_states=np.empty((T + 1 if plan.cell_states_size else 0, H, M)),
        updates=np.empty((plan.flat_size, M)),
    )


def member_first(array: Array) -> Array:
    """(..., M) as (M, ...), contiguous."""
    members = array.shape[-1]
    return np.ascontiguousarray(array.reshape(-1, members).T).reshape(members, *array.shape[:-1])


def only(trace: TraceArrays, m: int) -> TraceArrays:
    """The trace of one member, without the first axis, which is over members."""
    return TraceArrays(*(field[m] for field in trace))
