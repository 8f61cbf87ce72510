"""How far a network carries: which share of problems it answers exactly right, at widths up to 1,024 bits.

A network that has learned what to remember needs no more of it for longer numbers. So it is right at every width. One
that remembers only nearly the right thing drifts, and fails somewhere.

A problem of width w has w positions, as one of training has `config.bits`. Its answer is right if every bit is, or for
a task whose result is one bit, if the last bit is. There are two kinds, and both are the same each time:

**Random** ones: `RANDOM` problems with random bits.

**Hard** ones, made from the task's machine:

* Patterns: the same bits at every second position, in all ways, but not only zeros. For addition these are all ones +
  all ones, 0101 + 0101, 0101 + 1010 and so on.
* Chains: zeros, then the shortest way into a state of the machine that is not its start, and from there on to the end
  only bits that keep this state, and that leave the start as it is, or lead it elsewhere. So whether the state is still
  known decides about all later bits. For addition the state is a carry of 1. The chain at the first place is
  111...1 + 1, and its mirror 1 + 111...1. There are chains at `PLACES` places: all below `NEAR`, and then some in each
  doubling.

**The top.** Above a sum's operands there are positions that read zeros, as in training: the sum has to fit. For other
tasks with problems that do not exist, such as 3 - 5, the last position reads what leads the machine home to its start.
For addition that is zeros, too.

**One run for all widths.** A network reads the lowest bits first. So numbers of all widths can have the same low bits,
and the network reads them once: at each width it only reads the top once more. What a network says to the low bits of a
problem is then the same at all widths. A problem with a wrong low bit stays wrong.

The right bits are those of the machine, so they are exact at every width.

Source: how well sequence models do on longer inputs than those of training is called length generalization. For
recurrent networks and addition see Kaiser & Sutskever 2016, "Neural GPUs learn algorithms", and Joulin & Mikolov 2015,
"Inferring algorithmic patterns with stack-augmented recurrent nets".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from rnn_core.assessment.failing_problem import FailingProblem
from rnn_core.assessment.metrics import settled
from rnn_core.cells import Cell, Memory
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import TASKS, Task
from rnn_core.tasks.chains import way, ways_home
from rnn_core.tasks.machine import Machine
from rnn_core.tasks.task import own_stream
from rnn_core.types import Array, BitArray, Flags, Integers

FARTHEST = 1024
"""The largest width, in positions."""

RANDOM = 128
"""How many random problems are tried at each width."""

NEAR = 16
"""Chains begin at every place below this one."""

PLACES = (*range(NEAR), *(2**power + 2**power // 8 * eighth for power in range(4, 10) for eighth in range(8)))
"""The places at which chains begin."""

TOGETHER = 2**16
"""How many numbers of the hidden states are computed in one piece, at most: some milliseconds."""


@dataclass(frozen=True)
class FirstFailure(FailingProblem):
    """The problem with the lowest wrong bit among all problems of the smallest width that has any.

    Attributes:
        hard: whether it is one of the hard problems.
    """

    hard: bool

    def to_dict(self) -> dict[str, Any]:
        """The failure as data for JSON."""
        return {**super().to_dict(), "hard": self.hard}


@dataclass(frozen=True)
class Lengths:
    """Which share of the problems of each width is answered exactly right.

    Attributes:
        widths: in positions, rising, from the width of training to `FARTHEST`.
        random: for each width the share of random problems, from 0 to 1.
        hard: for each width the share of hard problems, from 0 to 1.
        first_failure: at the smallest width with a wrong answer; None if every answer is right.
    """

    widths: tuple[int, ...]
    random: tuple[float, ...]
    hard: tuple[float, ...]
    first_failure: FirstFailure | None


def widths_from(bits: int) -> tuple[int, ...]:
    """The width of training, then all powers of two above it up to `FARTHEST`, and the middles between these."""
    steps = sorted({2**k for k in range(11)} | {3 * 2**k for k in range(9)})
    return (bits, *(width for width in steps if bits < width <= FARTHEST))


def lengths(config: TrainingConfig, parameters: Mapping[str, Array]) -> Lengths:
    """How far a network carries.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.

    Returns:
        The shares. An output that is not a number is the wrong bit.
    """
    return result_of(lengths_in_pieces(config, parameters))


def lengths_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[Lengths]:
    """The same as `lengths`, in pieces of some positions each."""
    task, cell = make_task(config), make_cell(config)
    yield
    problems = _problems(config.task, config.bits)
    said, reached = np.zeros(problems.targets.shape, dtype=bool), 0
    going, memory = np.arange(len(problems.shortest)), None
    random: list[float] = []
    hard: list[float] = []
    failure: FirstFailure | None = None
    widths = widths_from(config.bits)
    for width in widths:
        low = width - problems.top
        while reached < low:
            yield
            upto = min(low, reached + max(1, TOGETHER // (max(1, len(going)) * config.hidden_size)))
            here = slice(reached, upto)
            answers, memory = _read(
                cell, parameters, problems.inputs[here, going], problems.targets[here, going], memory
            )
            said[here, going], reached = answers, upto
        yield
        inputs, targets = problems.top_of(width)
        said_there, _ = _read(cell, parameters, inputs[:, going], targets[:, going], memory)
        top_said = ~targets
        top_said[:, going] = said_there
        answers = np.concatenate([said[:low], top_said])  # (width, n)
        wrong = answers != np.concatenate([problems.targets[:low], targets])
        if task.truth:
            wrong[:-1] = False
        tried = problems.shortest <= width
        right = ~wrong.any(axis=0)
        random.append(float(right[tried & problems.random].mean()))
        hard.append(float(right[tried & ~problems.random].mean()))
        if failure is None and not right[tried].all():
            first = np.where(tried & ~right, wrong.argmax(axis=0), width)
            failure = _failure(task, problems, inputs, answers, int(first.argmin()), int(first.min()))
        if failure is not None and memory is not None and not task.truth:  # a wrong low bit is wrong at all widths
            still = np.flatnonzero(~wrong[:low, going].any(axis=0))
            going, memory = going[still], memory.at(still)
    return Lengths(widths, tuple(random), tuple(hard), failure)


def _read(
    cell: Cell, parameters: Mapping[str, Array], inputs: BitArray, targets: Flags, memory: Memory | None
) -> tuple[Flags, Memory | None]:
    """The bits (T, n) that the network says, and what it carries on."""
    if not targets.size:
        return np.zeros(targets.shape, dtype=bool), memory
    with np.errstate(over="ignore", invalid="ignore"):
        activity = cell.forward(parameters, inputs.astype(np.float64), memory)
    return settled(activity.outputs, targets.astype(np.float64)) > 0.5, activity.memory


def _failure(
    task: Task, problems: "_Problems", top: BitArray, answers: Flags, problem: int, position: int
) -> FirstFailure:
    """What the network says to one problem: top (T', n, I) are its highest positions, answers (T, n) the bits."""
    width = len(answers)
    inputs = np.concatenate([problems.inputs[: width - len(top), problem], top[:, problem]])  # (T, I)
    return FirstFailure(
        width=width,
        position=position,
        operands={name: _number(inputs[:, k].tolist()) for k, name in enumerate(task.operands)},
        expected=task.result_of(task.machine.run(inputs).tolist()),
        predicted=task.result_of(answers[:, problem].astype(int).tolist()),
        hard=not problems.random[problem],
    )


def _number(bits: Sequence[int]) -> int:
    """The number of any length that these bits are, least significant first."""
    return sum(bit << position for position, bit in enumerate(bits))


@dataclass(frozen=True, eq=False)
class _Problems:
    """All problems at the largest width.

    Attributes:
        machine: that of the task.
        top: how many positions of each width are no part of these bits: they lead home.
        inputs: (T, n, I) bits of the operands.
        targets: (T, n) the bits that should come out.
        states: (T + 1, n) the machine's state before each position.
        shortest: (n,) the smallest width that each problem is tried at: its chain has begun.
        random: (n,) whether it is a random one.
    """

    machine: Machine
    top: int
    inputs: BitArray
    targets: Flags
    states: BitArray
    shortest: Integers
    random: Flags

    def top_of(self, width: int) -> tuple[BitArray, Flags]:
        """The highest positions of all problems of a width: inputs (top, n, I) and targets (top, n)."""
        following, written = self.machine.tables()[1], self.machine.written()
        home = ways_home(following)
        state = self.states[width - self.top]
        codes, targets = np.empty((2, self.top, len(state)), dtype=np.int64)
        for t in range(self.top):
            codes[t] = home[state]
            targets[t], state = written[state, codes[t]], following[state, codes[t]]
        return _bits(codes, self.machine.inputs), targets.astype(bool)


@lru_cache(8)
def _problems(name: str, bits: int) -> _Problems:
    """The problems of a task that is trained at a width. They take about a megabyte, and hundredths of a second."""
    task: Task = TASKS[name](bits)
    machine = task.machine
    following, written = machine.tables()[1], machine.written()
    top = max(bits - task.operand_bits, int(task.picky))
    patterns = _patterns(machine.inputs)  # (T, n) for each position the bits of all operands as one number
    chains, begun = _chains(following)
    drawn = own_stream("lengths").randint(2**machine.inputs, size=(FARTHEST, RANDOM))
    codes = np.concatenate([chains, patterns, drawn], axis=1)
    states = np.zeros((FARTHEST + 1, codes.shape[1]), dtype=np.int64)
    for t, here in enumerate(codes):
        states[t + 1] = following[states[t], here]
    random = np.arange(codes.shape[1]) >= codes.shape[1] - RANDOM
    shortest = np.zeros(codes.shape[1], dtype=np.int64)
    shortest[: len(begun)] = begun + top
    targets = written[states[:-1], codes].astype(bool)
    return _Problems(machine, top, _bits(codes, machine.inputs), targets, states.astype(np.int8), shortest, random)


def _bits(codes: Integers, inputs: int) -> BitArray:
    """Numbers (T, n) as bits of the operands, (T, n, I). The first operand's bit is the lowest."""
    return (codes[..., np.newaxis] >> np.arange(inputs) & 1).astype(np.int8)


def _patterns(inputs: int) -> Integers:
    """All bits that are the same at every second position, but not only zeros: (T, n)."""
    even, odd = np.divmod(np.arange(1, 4**inputs), 2**inputs)
    return np.where(np.arange(FARTHEST)[:, np.newaxis] % 2, odd, even)


def _chains(following: Integers) -> tuple[Integers, Integers]:
    """The chains: their bits (T, n), and (n,) the position after which each has come into its state."""
    chains, begun = [np.empty((FARTHEST, 0), dtype=np.int64)], []
    for state in range(1, len(following)):
        lead = way(following, 0, state)
        kept = np.flatnonzero((following[state] == state) & (following[0] != state))
        if lead is None or not len(kept):
            continue
        for place in PLACES:
            inside = place + len(lead)
            for choice in np.unique(kept[[0, -1]]):
                codes = np.full(FARTHEST, choice, dtype=np.int64)
                codes[:place] = 0
                codes[place:inside] = lead[: FARTHEST - place]
                chains.append(codes[:, np.newaxis])
                begun.append(inside)
    return np.concatenate(chains, axis=1), np.array(begun, dtype=np.int64)
