"""What a network has understood of its task: what it answers, on average, in each case that the task's machine knows.

For addition these are the eight lines of a full adder: two bits and a carry. A network that has learned to carry
answers each of them as the machine does; one that has not, answers what the bits alone suggest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.metrics import settled
from rnn_core.network import make_cell, make_task
from rnn_core.parameters import Parameters
from rnn_core.tasks.machine import Bits
from rnn_core.types import Array

SAMPLE = 2**10
"""Problems that are looked at: all of them, or so many, those of `Task.some_problems`."""


@dataclass(frozen=True)
class Case:
    """One line of the machine's table, and the network's answer to it.

    Attributes:
        state: in which the machine comes to a position, by name: "carry 1".
        bits: that are read there, in the order of the task's operands.
        expected: the bit that the machine writes.
        output: P(bit = 1), the mean of the network's outputs at such positions; None where there were none. An output
            that is not a number counts as the wrong bit.
        positions: how many there were, over all problems.
    """

    state: str
    bits: Bits
    expected: int
    output: float | None
    positions: int


def mean_outputs(config: TrainingConfig, parameters: Mapping[str, Array]) -> list[Case]:
    """A network's answers by case, in the order of the machine's table: the start's lines first, bits counting up.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    task, cell = make_task(config), make_cell(config)
    inputs, targets = task.encode(task.some_problems(SAMPLE, SAMPLE), config.bits)  # (T, n, I)
    laid_out = Parameters.of(cell.shapes, parameters)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = settled(cell.forward(laid_out, inputs).outputs, targets)  # (T, n)
    lines = task.machine.lines(inputs.astype(np.int64))  # (T, n)
    positions = np.bincount(lines.ravel(), minlength=len(task.machine.steps))
    sums = np.bincount(lines.ravel(), weights=outputs.ravel(), minlength=len(task.machine.steps))
    return [
        Case(state, bits, step.output, float(sums[k] / positions[k]) if positions[k] else None, int(positions[k]))
        for k, ((state, bits), step) in enumerate(task.machine.steps.items())
    ]
