"""What a network has understood of its task: how often it is right in each case that the task's machine knows.

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
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks.machine import Bits
from rnn_core.types import Array

SAMPLE = 2**10
"""Problems that are looked at: all of them, or so many, those of `Task.some_problems`."""


TOGETHER = 2**18
"""How much is looked at together, in problems times hidden_size**2. For larger products NumPy's BLAS takes threads of
its own, which know nothing of who goes first; and those of a large network would take hundreds of megabytes.
"""


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
        right: the share of them, from 0 to 1, where the network's bit is the machine's; None where there were none.
    """

    state: str
    bits: Bits
    expected: int
    output: float | None
    positions: int
    right: float | None


def mean_outputs(config: TrainingConfig, parameters: Mapping[str, Array]) -> list[Case]:
    """What a network answers by case, in the order of the machine's table: the start's lines first, bits counting up.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    return result_of(mean_outputs_in_pieces(config, parameters))


def mean_outputs_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[list[Case]]:
    """The same as `mean_outputs`, in pieces of some problems each."""
    task, cell = make_task(config), make_cell(config)
    inputs, targets = task.encode(task.some_problems(SAMPLE, SAMPLE), config.bits)  # (T, n, I)
    laid_out = Parameters.of(cell.shapes, parameters)
    together = max(1, TOGETHER // config.hidden_size**2)
    parts = []
    for start in range(0, inputs.shape[1], together):
        yield
        some = np.ascontiguousarray(inputs[:, start : start + together])
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(cell.forward(laid_out, some).outputs)
    outputs = settled(np.concatenate(parts, axis=1), targets)  # (T, n)
    lines = task.machine.lines(inputs.astype(np.int64))  # (T, n)
    steps = task.machine.steps
    truth = np.array([step.output for step in steps.values()])[lines]  # (T, n)
    right = (outputs > 0.5) == truth  # (T, n)

    def by_case(values: Array) -> Array:
        """The sum of (T, n) values over the positions of each case, (cases,)."""
        return np.bincount(lines.ravel(), weights=values.ravel(), minlength=len(steps)).astype(np.float64)

    positions, sums, rights = by_case(np.ones(lines.shape)), by_case(outputs), by_case(right.astype(np.float64))
    cases = []
    for k, ((state, bits), step) in enumerate(steps.items()):
        count = int(positions[k])
        output = float(sums[k] / count) if count else None
        share = float(rights[k] / count) if count else None
        cases.append(Case(state, bits, step.output, output, count, share))
    return cases
