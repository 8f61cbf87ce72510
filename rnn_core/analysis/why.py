"""Why a bit is wrong: whether the memory is to blame, or the reading of it. Computed by activation patching.

At every position a network does two things. It reads its memory and the bits that come in, and says a bit. So a wrong
bit has one of two causes: the memory was not what it should be, or a good memory was read wrongly. To find out which,
put another memory in its place, and only that. The memory comes from a donor: another problem in which the machine that
solves the task is truly in the same state. The bits of the position stay. If the bit is right now, the memory was to
blame. If not, then the reading: the weights into and out of the state.

The memory is all that a cell carries to the next position: the hidden state, and for an LSTM the cell state, too. It
depends on nothing but the bits before. So a network that reads the donor's bits before the position, and then this
position's own bits, is the patched network. That is how it is computed here, for every cell.

**The donor.** One single donor may have a bad memory itself. So all problems on which accuracy is measured are tried
(`problems_of`: every problem of the trained width, or a fixed sample). The donor is the one with whose memory the bit
would be most clearly right; of equal ones the first. So "reading" says something strong: no memory that the network
makes of this state is read rightly here. "memory" says that some are; `Patched.share` says how many. The donor's memory
is that before the same position. If no other problem is in the state there, it is that before the nearest position of
the trained width at which one is. This is so at positions that training never had.

**What may not exist.** At position 0 the memory is the zero state with which every problem begins. It can't be wrong,
so there is no patch, and the verdict is "reading". If no donor exists at all, there is no patch either, and the verdict
is "reading", because the network has no other memory for this state. In an untrained network memory and reading may
both be bad. Then the verdict is "reading", too, and the patched probability says that no memory would have helped.

**A right answer** is asked the other way round: which bit was nearest to being wrong, and what the network would have
said there with the memory of another state. That says how much the bit depends on the memory. The other state is the
first in which the machine would write the other bit; if there is none, the first other one.

Sources. Replacing an inner state by that of another input, and looking at the output: causal mediation analysis, Vig et
al. 2020, "Investigating Gender Bias in Language Models Using Causal Mediation Analysis"; causal tracing, Meng et al.
2022, "Locating and Editing Factual Associations in GPT". Choosing the other input by the state of an algorithm that the
network should follow: interchange interventions, Geiger et al. 2021, "Causal Abstractions of Neural Networks".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnn_core.assessment.accuracy import problems_of
from rnn_core.assessment.cases import TOGETHER
from rnn_core.assessment.metrics import settled
from rnn_core.assessment.prediction import checked_operands, reference_outputs
from rnn_core.config import TrainingConfig
from rnn_core.network.bits import bits_of
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import Task
from rnn_core.tasks.machine import Bits
from rnn_core.types import Array, Integers

Verdict = Literal["memory", "reading", "right"]

SAME = 1e-9
"""Donors whose probabilities differ by less than this are equal. Rounding must not choose between them."""


MOST_TOGETHER = 2**12
"""The largest number of problems that are computed in one piece: some milliseconds at most."""


@dataclass(frozen=True)
class MachineCase:
    """A case of the task's machine: what it remembers before a position, and what it reads there.

    Attributes:
        state: the name of its state before the position, such as "carry 1".
        bits: the bits that are read, in the order of the task's operands.
    """

    state: str
    bits: Bits


@dataclass(frozen=True)
class Patched:
    """What the network would have said with the memory of another problem in the place of its own.

    Attributes:
        from_: the donor: its numbers by operand, such as {"a": 7, "b": 1}.
        position: the position before which the donor had this memory.
        state: the state of the machine there. For a wrong bit it is the one that is true; for a right one, another.
        probability: P(bit = 1) at the explained position, with this memory.
        share: the share of all donors, from 0 to 1, with whose memory the bit would be the machine's.
        problems: how many donors there are.
    """

    from_: dict[str, int]
    position: int
    state: str
    probability: float
    share: float
    problems: int


@dataclass(frozen=True)
class Explanation:
    """Why an answer is wrong, or how near a right one was to being wrong.

    Attributes:
        position: the first wrong position; if all bits are right, the one whose output is nearest to one half. Position
            0 is the least significant.
        case: the machine's case there.
        probability: P(bit = 1) that the network said. If it is not a number, it counts as the wrong bit: 0 or 1.
        expected: the bit that is right.
        verdict: "memory" or "reading": what is to blame for the wrong bit; "right" if all bits are right.
        patched: what another memory would have made of it; None where there is no other.
        overflow: whether the network had no answer there, because its numbers left the range of float64.
    """

    position: int
    case: MachineCase
    probability: float
    expected: int
    verdict: Verdict
    patched: Patched | None
    overflow: bool = False


def explain(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
) -> Explanation:
    """Explain a network's answer to a problem: is the memory to blame for its first wrong bit, or the reading of it?

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, from 0 to 2**52 - 1.
        b: the second, for a task that has one.
        c: the third, for a task that has one.

    Raises:
        OperandError: see `rnn_core.assessment.prediction.checked_operands`.
    """
    return result_of(explanation(config, parameters, a, b, c))


def explanation(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
) -> Pieces[Explanation]:
    """The same as `explain`, in pieces of some donors each."""
    task = make_task(config)
    operands = checked_operands(task, {"a": a, "b": b, "c": c})
    yield
    width = task.width(operands)
    given = np.array(reference_outputs(config, parameters, operands, width))  # (T,) P(bit = 1), or NaN
    targets = bits_of(np.asarray(task.target(operands, width)), width)  # (T,)
    outputs = settled(given, targets.astype(np.float64))
    margins = np.where(targets == 1, outputs - 0.5, 0.5 - outputs)  # (T,) below zero where the bit is wrong
    right = (outputs > 0.5) == targets
    position = int(np.argmin(right)) if not right.all() else int(np.argmin(margins))
    case = _case(task, operands, position)
    patched = None
    if position > 0:
        state = case.state if not right.all() else _other_state(task, case)
        if state is not None:
            patched = yield from _patch(config, parameters, operands, position, MachineCase(state, case.bits))
    expected = int(targets[position])
    helped = patched is not None and (patched.probability > 0.5) == expected
    return Explanation(
        position=position,
        case=case,
        probability=float(outputs[position]),
        expected=expected,
        verdict="right" if right.all() else "memory" if helped else "reading",
        patched=patched,
        overflow=bool(np.isnan(given[position])),
    )


def _case(task: Task, operands: tuple[int, ...], position: int) -> MachineCase:
    """The machine's case at a position of a problem."""
    inputs = bits_of(np.array(operands), position + 1).T  # (T, I)
    state, bits = list(task.machine.steps)[task.machine.lines(inputs)[position]]
    return MachineCase(state, bits)


def _other_state(task: Task, case: MachineCase) -> str | None:
    """The first state in which the machine would write another bit; else the first other state, if there is one."""
    steps = task.machine.steps
    others = [state for state in task.machine.states if state != case.state]
    written = steps[case.state, case.bits].output
    return next((state for state in others if steps[state, case.bits].output != written), next(iter(others), None))


def _donors(
    config: TrainingConfig, operands: tuple[int, ...], position: int, state: str
) -> Pieces[tuple[Integers, int] | None]:
    """All problems in which the machine is in a state before a position, and that position: the nearest one that has
    any. A problem with the same bits before the explained position is no other problem.
    """
    task, problems = make_task(config), problems_of(config)
    there = np.array([name == state for name, _ in task.machine.steps])  # by the step that is taken
    parts = []
    for start in range(0, len(problems), MOST_TOGETHER):
        yield
        bits = np.moveaxis(bits_of(problems[start : start + MOST_TOGETHER], task.bits), -1, 0)  # (T, n, I)
        parts.append(there[task.machine.lines(bits)])
    wanted = np.concatenate(parts, axis=1)  # (T, n)
    if position < task.bits:
        wanted[position] &= ((problems ^ np.array(operands)) & (2**position - 1)).any(axis=1)
    for place in sorted(range(1, task.bits), key=lambda place: (abs(place - position), place)):
        if wanted[place].any():
            return problems[wanted[place]], place
    return None


def _patch(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    operands: tuple[int, ...],
    position: int,
    case: MachineCase,
) -> Pieces[Patched | None]:
    """The best donor's memory of a state, and what the network says with it at a case's bits."""
    task = make_task(config)
    found = yield from _donors(config, operands, position, case.state)
    if found is None:
        return None
    donors, place = found
    outputs = yield from _with_memories(config, parameters, donors, place, case.bits)
    expected = task.machine.steps[case.state, case.bits].output
    outputs = settled(outputs, np.full(outputs.shape, float(expected)))
    likely = outputs if expected else 1 - outputs  # (n,) P(the machine's bit)
    best = int(np.flatnonzero(likely >= likely.max() - SAME)[0])
    return Patched(
        from_=dict(zip(task.operands, donors[best].tolist(), strict=True)),
        position=place,
        state=case.state,
        probability=float(outputs[best]),
        share=float(((outputs > 0.5) == expected).mean()),
        problems=len(donors),
    )


def _with_memories(
    config: TrainingConfig, parameters: Mapping[str, Array], donors: Integers, position: int, bits: Bits
) -> Pieces[Array]:
    """P(bit = 1) where the network reads `bits` with the memory that each donor had before a position, (n,)."""
    cell = make_cell(config)
    together = max(1, min(MOST_TOGETHER, TOGETHER // config.hidden_size**2))
    parts = []
    for start in range(0, len(donors), together):
        yield
        before = np.moveaxis(bits_of(donors[start : start + together], position), -1, 0)  # (position, n, I)
        here = np.broadcast_to(np.array(bits), (1, *before.shape[1:]))
        inputs = np.concatenate([before, here]).astype(np.float64)  # (position + 1, n, I)
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(cell.forward(parameters, inputs).outputs[-1])
    return np.concatenate(parts)
