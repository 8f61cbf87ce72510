"""What happens inside a network while it works on one problem: forward and backward, without an update."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rnn_core.assessment.prediction import checked_operands
from rnn_core.config import TrainingConfig
from rnn_core.network.losses import LOSSES
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.records import Record
from rnn_core.snapshot import Snapshot
from rnn_core.trace import Trace
from rnn_core.types import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class ProblemTrace(Record):
    """A network at one problem. Time begins at the least significant bit. The names and meanings are those of `Trace`.

    Attributes:
        inputs: (T, I) bits that come in.
        targets: (T,) bits that should come out.
        outputs: (T,) P(bit = 1).
        hidden_states: (T+1, H), row 0 is the zero start.
        output_deltas: (T,) minus the loss gradient at the logits.
        hidden_deltas: (T, H) minus the loss gradient at the hidden pre-activations; for a gated cell, at the states.
        gates: (T, H) each, by the names in the cell's `gates`; empty for a cell without gates.
        cell_states: (T+1, H), row 0 is the zero start; None for a cell that has none.
    """

    inputs: Array
    targets: Array
    outputs: Array
    hidden_states: Array
    output_deltas: Array
    hidden_deltas: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell_states: Array | None = None


def trace_shown(snapshot: Snapshot) -> Trace | None:
    """The trace that belongs to a snapshot's weights: that of its last iteration.

    Right after an edit the weights have not made that one. Then it is what the edited network does with the same
    problem, without an update: nothing has been learned from it yet. Its error is still that of the iteration.
    """
    trace = snapshot.trace
    if trace is None or not is_edited(snapshot):
        return trace
    found = trace_problem(snapshot.config, snapshot.parameters, *trace.operands)
    arrays: dict[str, Any] = {
        name: np.nan_to_num(value) if isinstance(value, np.ndarray) else value for name, value in found.items()
    }
    return replace(trace, **arrays, updates=Parameters(trace.updates.shapes))


def is_edited(snapshot: Snapshot) -> bool:
    """Whether weights were edited since the last iteration."""
    return any(at == snapshot.iteration for at, _ in snapshot.edits)


def encoded(config: TrainingConfig, a: int | None, b: int | None = None, c: int | None = None) -> tuple[Array, Array]:
    """The bits of a problem, as many positions T as `predict` takes for it: inputs (T, B=1, I) and targets (T, B=1).

    Raises:
        OperandError: see `checked_operands`.
    """
    task = make_task(config)
    operands = checked_operands(task, {"a": a, "b": b, "c": c})
    return task.encode(np.array([operands], dtype=np.int64), task.width(operands))


def trace_problem(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
) -> ProblemTrace:
    """Run the network over the bits of a problem, and the error back through time, by the cell itself.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, from 0 to 2**52 - 1.
        b: the second, for a task that has one.
        c: the third, for a task that has one.

    Returns:
        As many positions T as `predict` takes for this problem. Numbers that leave the range of float64 stand as they
        are, infinite or NaN.

    Raises:
        OperandError: see `checked_operands`.
    """
    cell = make_cell(config)
    inputs, targets = encoded(config, a, b, c)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        activity = cell.forward(parameters, inputs)
        output_deltas = LOSSES[config.loss]().output_deltas(activity.outputs, targets)
        hidden_deltas, _ = cell.bptt(parameters, activity, output_deltas)
    return ProblemTrace(
        inputs=inputs[:, 0],
        targets=targets[:, 0],
        outputs=activity.outputs[:, 0],
        hidden_states=activity.hidden_states[:, 0],
        output_deltas=output_deltas[:, 0],
        hidden_deltas=hidden_deltas[:, 0],
        gates={name: gate[:, 0] for name, gate in activity.gates.items()},
        cell_states=None if activity.cell_states is None else activity.cell_states[:, 0],
    )
