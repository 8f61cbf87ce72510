"""What a network has understood of its task: how often it is right in each case of the task's machine.

For addition these are the eight lines of a full adder: two bits and a carry. A network that has learned to carry gives
the machine's answer in each case. A network that has not gives the answer that the bits alone suggest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rnn_core.assessment.metrics import settled
from rnn_core.config import TrainingConfig
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import TASKS
from rnn_core.tasks.machine import Bits
from rnn_core.types import Array, Integers

SAMPLE = 2**10
"""The largest number of problems that are tried; see `Task.some_problems`."""

TOGETHER = 2**18
"""How much is computed together, in problems times hidden_size**2. For larger products NumPy's BLAS starts its own
threads, which do not have our priorities. And larger pieces would take hundreds of megabytes for a large network.
"""


@dataclass(frozen=True)
class Case:
    """One line of the machine's table, and the network's answer in this case.

    Attributes:
        state: the name of the machine's state before a position, such as "carry 1".
        bits: the bits that are read there, in the order of the task's operands.
        expected: the bit that the machine writes.
        output: P(bit = 1), the mean of the network's outputs at such positions; None if there were none. An output that
            is not a number counts as the wrong bit.
        positions: the number of such positions in all problems.
        right: the share of them, from 0 to 1, at which the network's bit is the machine's; None if there were none.
    """

    state: str
    bits: Bits
    expected: int
    output: float | None
    positions: int
    right: float | None


class Sample(NamedTuple):
    """The problems that cases are looked at in, the same ones each time. Read only.

    Attributes:
        problems: (n, operands) numbers.
        inputs: (T, n, operands) bits.
        targets: (T, n) bits.
        lines: (T, n) the case at each position, by its place in the machine's table.
        positions: (cases,) how many positions each case has.
    """

    problems: Integers
    inputs: Array
    targets: Array
    lines: Integers
    positions: Integers


@lru_cache(maxsize=8)
def case_sample(task: str, bits: int, most: int = SAMPLE) -> Sample:
    """The problems of a task at this width: all of them if they are at most `most`."""
    solved = TASKS[task](bits)
    problems = solved.some_problems(most, most)
    inputs, targets = solved.encode(problems, bits)
    lines = solved.machine.lines(inputs.astype(np.int64))
    return Sample(problems, inputs, targets, lines, np.bincount(lines.ravel(), minlength=len(solved.machine.steps)))


def outputs_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array], sample: Sample) -> Pieces[Array]:
    """The network's outputs, (T, n), for these problems, in pieces of some problems each. An output that is not a
    number is the wrong bit.
    """
    cell = make_cell(config)
    laid_out = Parameters.of(cell.shapes, parameters)
    together = max(1, TOGETHER // config.hidden_size**2)
    parts = []
    for start in range(0, sample.inputs.shape[1], together):
        yield
        some = np.ascontiguousarray(sample.inputs[:, start : start + together])
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(cell.forward(laid_out, some).outputs)
    return settled(np.concatenate(parts, axis=1), sample.targets)


def by_case(sample: Sample, values: Array) -> Array:
    """The sum of (T, n) values over the positions of each case, (cases,)."""
    sums = np.bincount(sample.lines.ravel(), weights=values.ravel(), minlength=len(sample.positions))
    return sums.astype(np.float64)


def mean_outputs(config: TrainingConfig, parameters: Mapping[str, Array]) -> list[Case]:
    """The network's answers by case, in the order of the machine's table: first the start state, bits counting up.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    return result_of(mean_outputs_in_pieces(config, parameters))


def mean_outputs_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[list[Case]]:
    """The same as `mean_outputs`, in pieces of some problems each."""
    sample = case_sample(config.task, config.bits)
    outputs = yield from outputs_in_pieces(config, parameters, sample)
    right = (outputs > 0.5) == sample.targets  # (T, n)
    sums, rights = by_case(sample, outputs), by_case(sample, right.astype(np.float64))
    cases = []
    for k, ((state, bits), step) in enumerate(make_task(config).machine.steps.items()):
        count = int(sample.positions[k])
        output = float(sums[k] / count) if count else None
        share = float(rights[k] / count) if count else None
        cases.append(Case(state, bits, step.output, output, count, share))
    return cases
