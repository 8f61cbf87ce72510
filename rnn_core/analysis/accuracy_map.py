"""All problems of two numbers as one picture: right or wrong, and how clearly.

For every pair (a, b) below the limit of training there is one margin. With the output P_t = P(bit = 1) at position t,
and the right bit y_t::

    m_t = P_t - 1/2 if y_t is 1, else 1/2 - P_t       from 1/2, sure and right, to -1/2, sure and wrong
    margin = the least m_t over all t                 the answer is as good as its worst bit

It is negative exactly if a bit is wrong. (An output of one half is read as 0, so it is a right 0 with a margin of 0, or
a wrong 1 with a margin just below.) For a task whose result is one bit, only the last position counts. An output that
is not a number is wrong by 1/2.

**Wider tasks.** The picture has at most `SIDE` x `SIDE` squares. If there are more numbers, a square stands for all
numbers with the same highest bits, and shows the least margin of its pairs. If a square has more than `LOWS` pairs, a
sample of that size is tried: the same low bits in every square. In the sample are zeros and ones only (0 + 0, 0 + 111,
111 + 0, 111 + 111), 111 + 1 and 1 + 111; the others are random.

**Three numbers.** The picture is a slice: all a and b for one c.

**How it is computed.** The state after t positions depends on the lowest t bits alone. So problems share their
beginnings: the picture is a tree, and each pair of prefixes is read once. That is about a quarter of reading every
problem from its first bit on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rnn_core.assessment.metrics import settled
from rnn_core.assessment.prediction import OperandError
from rnn_core.cells import Cell, Memory
from rnn_core.config import FieldProblem, TrainingConfig, must_be, whole_number
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import Task
from rnn_core.tasks.task import own_stream
from rnn_core.text import Text
from rnn_core.types import Array, Integers

SIDE_BITS = 7
"""The picture shows this many of the highest bits of each number."""

SIDE = 2**SIDE_BITS
"""The largest number of squares along a side."""

LOWS = 16
"""The largest number of pairs that are tried for one square."""

TOGETHER = 2**15
"""How many numbers of the hidden states are computed in one piece, at most: some milliseconds."""

TINY = float(np.finfo(np.float32).tiny)
"""A wrong bit has at most minus this margin, so that it is below zero, as a float32 too."""


class NoMapError(ValueError):
    """The task has no pairs that a picture could show."""


@dataclass(frozen=True, eq=False)
class AccuracyMap:
    """The margins of all pairs (a, b).

    Attributes:
        margins: (n, n) float32, row a, column b; from -1/2 to 1/2, below zero if a bit is wrong. NaN where there is no
            problem: a - b for a < b.
        side: how many numbers one square stands for, along each side; 1 if each pair has its own.
        lows: (k, 2) what is added to a square's lowest a and b: the pairs that are tried in it.
        worst: (n, n) the place in `lows` of each square's pair with the least margin.
        predicted: (n, n) the network's result of that pair.
        c: the third number, for a task that has one.
        right: how many of the tried pairs are right.
        tried: how many pairs were tried.
        problems: how many pairs there are.
    """

    margins: NDArray[np.float32]
    side: int
    lows: Integers
    worst: Integers
    predicted: Integers
    c: int | None
    right: int
    tried: int
    problems: int


def why_no_map(task: Task) -> Text | None:
    """Why a task has no map; None if it has one."""
    if len(task.operands) > 1:
        return None
    return Text("The map shows pairs of numbers, and this task reads only one number.")


def slice_of(task: Task, c: int | None) -> int | None:
    """The third number of a map: 0 if it is not given, None for a task of two numbers.

    Raises:
        OperandError: the task has no third number, or it is not a whole number below the limit of training.
    """
    allowed = whole_number(0, task.operand_limit - 1)
    if len(task.operands) == 3:
        c = 0 if c is None else c
        if isinstance(c, int) and not isinstance(c, bool) and 0 <= c < task.operand_limit:
            return c
        raise OperandError([FieldProblem("c", must_be(allowed, c))])
    if c is None:
        return None
    raise OperandError(
        [FieldProblem("c", Text("must be left out: the task {task} has no third number", task=task.name))]
    )


def accuracy_map(config: TrainingConfig, parameters: Mapping[str, Array], c: int | None = None) -> AccuracyMap:
    """The margins of all pairs (a, b).

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        c: the third number, for a task that has one, below the limit of training; 0 if it is not given.

    Raises:
        NoMapError: the task reads only one number.
        OperandError: see `slice_of`.
    """
    return result_of(accuracy_map_in_pieces(config, parameters, c))


def accuracy_map_in_pieces(
    config: TrainingConfig, parameters: Mapping[str, Array], c: int | None = None
) -> Pieces[AccuracyMap]:
    """The same as `accuracy_map`, in pieces of some problems each."""
    task = make_task(config)
    why = why_no_map(task)
    if why is not None:
        raise NoMapError(why)
    third = slice_of(task, c)
    hidden = max(0, task.operand_bits - SIDE_BITS)  # how many low bits the picture does not show
    n, lows = 2 ** (task.operand_bits - hidden), _lows(hidden)
    yield
    margins = np.full((len(lows), n, n), np.nan)  # of all pairs that are tried
    said = np.zeros(margins.shape, dtype=np.int64)
    reader = _Reader(task, make_cell(config), parameters, third or 0)
    waiting = [_Branch.root(len(lows))]
    while waiting:
        branch = waiting.pop()
        if branch.position == task.bits:
            if task.picky:
                branch = branch.at(np.flatnonzero(branch.states == 0))
            a, b = branch.operands.T >> hidden
            margins[branch.lows, a, b], said[branch.lows, a, b] = branch.margins, branch.said
            continue
        yield
        if branch.position < hidden:
            waiting.append(reader.read(branch, lows[branch.lows] >> branch.position & 1))
            continue
        ways = ALL if branch.position < task.operand_bits else NONE
        most = max(1, TOGETHER // (len(ways) * config.hidden_size))
        if len(branch.lows) > most:
            waiting.append(branch.at(np.arange(most, len(branch.lows))))
            branch = branch.at(np.arange(most))
        children = branch.at(np.repeat(np.arange(len(branch.lows)), len(ways)))
        waiting.append(reader.read(children, np.tile(ways, (len(branch.lows), 1))))
    yield
    known = np.where(np.isnan(margins), np.inf, margins)
    worst = known.argmin(axis=0)
    least = known.min(axis=0)
    of_worst = np.take_along_axis(said, worst[np.newaxis], axis=0)[0]
    return AccuracyMap(
        margins=np.where(np.isinf(least), np.nan, least).astype(np.float32),
        side=2**hidden,
        lows=lows,
        worst=worst,
        predicted=of_worst >> task.bits - 1 if task.truth else of_worst,
        c=third,
        right=int((margins >= 0).sum()),
        tried=int(np.isfinite(known).sum()),
        problems=task.problem_count if third is None else task.operand_limit**2,
    )


ALL = np.array(list(product((0, 1), repeat=2)))
"""(4, 2) the bits that a pair of numbers may have at a position."""

NONE = ALL[:1]
"""(1, 2) those above the numbers."""


def _lows(hidden: int) -> Integers:
    """(k, 2) the pairs of low bits that are tried in each square."""
    most = 2**hidden - 1
    if 4**hidden <= LOWS:
        return np.array(list(product(range(most + 1), repeat=2)))
    chosen = [(0, 0), (0, most), (most, 0), (most, most), (most, 1), (1, most)]
    drawn = own_stream("map").randint(most + 1, size=(LOWS - len(chosen), 2), dtype=np.int64)
    return np.concatenate([np.array(chosen), drawn])


@dataclass(frozen=True, eq=False)
class _Branch:
    """Some pairs of prefixes of one length, and what the network has made of them.

    Attributes:
        position: how many bits have been read.
        lows: (m,) which of the pairs of low bits each belongs to.
        operands: (m, 2) the bits read, as numbers.
        states: (m,) the state of the task's machine.
        memory: of the network; None before the first bit.
        said: (m,) the bits that the network has said, as numbers.
        margins: (m,) the least so far.
    """

    position: int
    lows: Integers
    operands: Integers
    states: Integers
    memory: Memory | None
    said: Integers
    margins: Array

    @classmethod
    def root(cls, lows: int) -> "_Branch":
        """Nothing has been read yet."""
        nothing = np.zeros(lows, dtype=np.int64)
        return cls(0, np.arange(lows), np.stack([nothing, nothing], axis=1), nothing, None, nothing, np.full(lows, 0.5))

    def at(self, places: Integers) -> "_Branch":
        """Those at these places. A place may be named several times."""
        return _Branch(
            self.position,
            self.lows[places],
            self.operands[places],
            self.states[places],
            None if self.memory is None else self.memory.at(places),
            self.said[places],
            self.margins[places],
        )


@dataclass(frozen=True, eq=False)
class _Reader:
    """The network and the machine, reading one position more.

    Attributes:
        task: what is right.
        cell: the network's.
        parameters: the network's.
        third: the third number of all problems; 0 if there is none.
    """

    task: Task
    cell: Cell
    parameters: Mapping[str, Array]
    third: int

    def read(self, branch: _Branch, bits: Integers) -> _Branch:
        """All of a branch one position further, with the bits (m, 2) of a and b there."""
        position, machine = branch.position, self.task.machine
        inputs = np.full((len(bits), machine.inputs), self.third >> position & 1)  # (m, I)
        inputs[:, :2] = bits
        codes = inputs @ (1 << np.arange(machine.inputs))
        targets = machine.written()[branch.states, codes]  # (m,)
        with np.errstate(over="ignore", invalid="ignore"):
            activity = self.cell.forward(self.parameters, inputs[np.newaxis].astype(np.float64), branch.memory)
        outputs = settled(activity.outputs[0], targets.astype(np.float64))
        margins = branch.margins
        if position >= self.task.first_read:
            margins = np.minimum(margins, _margins(outputs, targets))
        return _Branch(
            position + 1,
            branch.lows,
            branch.operands | bits << position,
            machine.tables()[1][branch.states, codes],
            activity.memory,
            branch.said | (outputs > 0.5).astype(np.int64) << position,
            margins,
        )


def _margins(outputs: Array, targets: Integers) -> Array:
    """How clearly each output is right, from -1/2 to 1/2."""
    margins = np.where(targets == 1, outputs - 0.5, 0.5 - outputs)
    return np.where((outputs > 0.5) == targets, margins, np.minimum(margins, -TINY))
