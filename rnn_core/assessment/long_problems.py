"""What happens inside a network at one problem of any length: forward, position by position."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rnn_core.assessment.metrics import settled
from rnn_core.assessment.prediction import OperandError, checked_operands
from rnn_core.cells import Activity, Memory
from rnn_core.config import FieldProblem, TrainingConfig, must_be, whole_number
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.records import Record
from rnn_core.types import Array

LONG_BITS = 1024
"""The most bits of an operand."""

LONG_LIMIT = 2**LONG_BITS
"""Operands are below it."""

MOST_POSITIONS = LONG_BITS + 2
"""The most positions: a sum of three such numbers has two bits more."""

LEAST, TOGETHER = 32, 2**16
"""The least number of positions in one piece, and about how many products of W_hh it has: some milliseconds."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LongTrace(Record):
    """A network at one problem. Time begins at the least significant bit.

    Attributes:
        operands: the problem's numbers, in the order of the task.
        expected: the right result.
        predicted: the network's.
        inputs: (T, I) bits that come in.
        targets: (T,) bits that should come out.
        outputs: (T,) P(bit = 1). One that is not a number is the wrong bit.
        bits: (T,) the network's bits: 1 where an output exceeds one half.
        hidden_states: (T+1, H), row 0 is the zero start. They may leave the range of float64.
        gates: (T, H) each, by the names in the cell's `gates`; empty for a cell without gates.
        cell_states: (T+1, H), row 0 is the zero start; None for a cell that has none.
    """

    operands: tuple[int, ...]
    expected: int
    predicted: int
    inputs: Array
    targets: Array
    outputs: Array
    bits: Array
    hidden_states: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell_states: Array | None = None


def trace_long(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
    *,
    width: int | None = None,
) -> LongTrace:
    """Run the network over the bits of a problem, by the cell itself.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, below `LONG_LIMIT`.
        b: the second, for a task that has one.
        c: the third, for a task that has one.
        width: T, the number of positions, at most `MOST_POSITIONS`; None for as many as the problem needs. The right
            bits are those of the task's machine, so they are exact at every width.

    Raises:
        OperandError: see `checked_operands`; also about `width`, if the problem needs more.
    """
    return result_of(trace_long_in_pieces(config, parameters, a, b, c, width))


def trace_long_in_pieces(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
    width: int | None = None,
) -> Pieces[LongTrace]:
    """The same as `trace_long`, in pieces of some positions each."""
    task, cell = make_task(config), make_cell(config)
    operands = checked_operands(task, {"a": a, "b": b, "c": c}, LONG_LIMIT)
    needed = task.width(operands)
    if width is None:
        width = needed
    elif not needed <= width <= MOST_POSITIONS:
        raise OperandError([FieldProblem("width", must_be(whole_number(needed, MOST_POSITIONS), width))])
    codes = [[number >> t & 1 for number in operands] for t in range(width)]
    inputs = np.array(codes, dtype=np.float64)  # (T, I)
    targets = task.machine.run(np.array(codes)).astype(np.float64)  # (T,)
    passed: list[Activity] = []
    memory: Memory | None = None
    together = max(LEAST, TOGETHER // config.hidden_size**2)
    for start in range(0, width, together):
        yield
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            activity = cell.forward(parameters, inputs[start : start + together, np.newaxis], memory)
        passed.append(activity)
        memory = activity.memory
    outputs = settled(np.concatenate([one.outputs[:, 0] for one in passed]), targets)
    bits = (outputs > 0.5).astype(np.float64)
    return LongTrace(
        operands=operands,
        expected=task.result_of(targets.astype(int).tolist()),
        predicted=task.result_of(bits.astype(int).tolist()),
        inputs=inputs,
        targets=targets,
        outputs=outputs,
        bits=bits,
        hidden_states=_joined([one.hidden_states for one in passed]),
        gates={name: np.concatenate([one.gates[name][:, 0] for one in passed]) for name in cell.gates},
        cell_states=None if memory is None or memory.cell_state is None else _joined(_cell_states(passed)),
    )


def _joined(states: list[Array]) -> Array:
    """States of stretches (T'+1, B=1, H) one after the other, (T+1, H): each begins where the one before it ends."""
    return np.concatenate([states[0][:1, 0], *(stretch[1:, 0] for stretch in states)])


def _cell_states(passed: list[Activity]) -> list[Array]:
    return [one.cell_states for one in passed if one.cell_states is not None]
