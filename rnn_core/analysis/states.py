"""The hidden state as a place: where the states lie, and how far they tell what should be remembered.

To add, a network must remember the carry, and nothing else: its hidden state has to become a carry bit. Here states are
looked at from two axes, along the first of which they differ most by what should be remembered (see
`rnn_core.analysis.axes`). While a network learns, one cloud becomes two; for three numbers, three.

**What should be remembered** is the state of the machine that solves the task, after the position.

**Only where the bits do not tell.** After 0 + 0 there is never a carry, after 1 + 1 there always is. A network without
any memory knows that. So only those positions count at which the same bits at the same position leave the machine in
one state in some problems and in another one in others: for addition those with a != b, from position 1 on. At position
0 nothing has come in before.

**Separation.** The problems are shuffled, always in the same way. The first half fits the axes and, on the first axis,
a threshold between the states of the machine that follow one another there. The threshold is the one that is right most
often on this half. The separation is the share of the states of the other half that lie on the right side. The *base
rate* is what one would reach with the bits alone, without any state: the share of the most frequent state of the
machine, for each combination of bits. For addition this is the share of "carry 0". So a separation near the base rate
says nothing, and 1 says that the state is a perfect memory.

The halves share no problem. But a state depends on the bits up to its position alone, and at low positions there are
few combinations of them. So there the other half often meets states that the first half had, too.

**What each unit tells** is its correlation with the machine's state (Pearson); with more than two states, the
correlation ratio eta, with the sign that the unit has in the first axis.

States that are not finite, or above `FAR`, tell nothing: they count as wrong, and are not shown.

Sources: Elman 1990, "Finding structure in time", looks at hidden states along principal components. Alain & Bengio
2016, "Understanding intermediate layers using linear classifier probes", measure what a layer tells by a linear
classifier on held-out data. Hewitt & Liang 2019, "Designing and interpreting probes with control tasks", say why such a
number needs another one to compare it with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_core.analysis.axes import Axes, best_threshold, fitted_axes
from rnn_core.assessment.cases import TOGETHER
from rnn_core.config import TrainingConfig
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import TASKS
from rnn_core.tasks.task import own_stream
from rnn_core.text import Text
from rnn_core.types import Array, Flags, Integers

COST = 2**27
"""The most that a look may cost: problems * bits * hidden_size**2."""

MOST, LEAST = 2**11, 2**9
"""The largest number of problems that are looked at, and the smallest, if the task has as many."""

MOST_TOGETHER = 2**8
"""The largest number of problems that are computed in one piece: some milliseconds at most."""

MOST_SHOWN, LEAST_SHOWN = 640, 256
"""The largest number of points, and the number for the largest networks."""

FAR = 1e30
"""The largest number of a state that is a place."""

STILL = 1e-6
"""A unit that varies by less than this share of the largest number of a state tells nothing: nobody could see it."""


class NothingHiddenError(ValueError):
    """There is nothing to look for: the bits alone tell all that must be remembered.

    Attributes:
        detail: why, in a sentence.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Point:
    """A hidden state, and what should be remembered there.

    Attributes:
        x: its place on the first axis.
        y: its place on the second axis.
        state: the name of the machine's state after the position, such as "carry 1".
        position: from 0, the least significant.
        a: the problem's first operand.
        b: the second; None if the task has none.
        c: the third; None if the task has none.
    """

    x: float
    y: float
    state: str
    position: int
    a: int
    b: int | None = None
    c: int | None = None


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """Where the hidden states lie, and how far they tell what should be remembered.

    Attributes:
        axes: (2, H), orthonormal; with one unit the second is zero.
        origin: (H,), where the axes cross.
        separation: the share of states told right, from 0 to 1, on problems to which the axes were not fitted.
        base_rate: the share that the bits alone would tell right.
        tested: the number of states that the separation was measured on.
        tells: (H,) what each unit tells of the machine's state, from -1 to 1.
        names: those of the machine's states.
        operands: those of the task, such as ("a", "b").
        problems: (n, operands) for each point, its problem.
        positions: (n,) its position.
        labels: (n,) the machine's state after it, by its place in `names`.
        states: (n, H) float32, the hidden state.
    """

    axes: Array
    origin: Array
    separation: float
    base_rate: float
    tested: int
    tells: Array
    names: tuple[str, ...]
    operands: tuple[str, ...]
    problems: Integers
    positions: Integers
    labels: Integers
    states: NDArray[np.float32]

    def places(self, axes: Axes | None = None) -> Array:
        """Where the points lie on other axes, or on these: (n, 2)."""
        return (axes or Axes(self.axes, self.origin)).places(self.states.astype(np.float64))

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Some of the states that the separation was measured on: the same problems and positions each time."""
        return tuple(
            Point(x, y, self.names[label], position, **dict(zip(self.operands, problem, strict=True)))
            for (x, y), label, position, problem in zip(
                self.places().tolist(),
                self.labels.tolist(),
                self.positions.tolist(),
                self.problems.tolist(),
                strict=True,
            )
        )


class Sample(NamedTuple):
    """The problems whose states are looked at, the same ones each time. Read only.

    Attributes:
        problems: (n, operands) numbers, each problem once, shuffled.
        inputs: (T, n, operands) bits, up to the last position that counts.
        labels: (n, T) the machine's state after each position, by its place in `Machine.states`.
        codes: (n, T) the bits there, as a number.
        hidden: (n, T) whether the position counts: the bits do not tell.
        fitting: the first so many problems fit the axes.
    """

    problems: Integers
    inputs: Array
    labels: Integers
    codes: Integers
    hidden: Flags
    fitting: int


@lru_cache(maxsize=8)
def state_sample(task: str, bits: int, most: int) -> Sample:
    """The problems of a task at this width: all of them if they are at most `most`, else about as many.

    Raises:
        NothingHiddenError: the bits tell everything.
    """
    solved = TASKS[task](bits)
    machine = solved.machine
    if len(machine.states) == 1:
        raise NothingHiddenError(Text("This task needs no memory, so there is nothing to look for in the states."))
    problems = np.unique(solved.some_problems(most, most), axis=0)
    problems = problems[own_stream("states").permutation(len(problems))]
    inputs, _ = solved.encode(problems, bits)  # (T, n, I)
    whole = inputs.astype(np.int64)
    following = np.array([machine.states.index(step.state) for step in machine.steps.values()])
    labels = following[machine.lines(whole)]  # (T, n)
    codes = whole @ (1 << np.arange(machine.inputs))  # (T, n)
    hidden = np.zeros(labels.shape, dtype=bool)
    for t in range(bits):
        for code in range(2**machine.inputs):
            there = codes[t] == code
            hidden[t] |= there & (len(np.unique(labels[t, there])) > 1)
    fitting = len(problems) // 2
    if not (hidden[:, :fitting].any() and hidden[:, fitting:].any()):
        detail = Text(
            "At {bits} bits the bits of a position alone tell what has to be remembered. Look into a wider network.",
            bits=bits,
        )
        raise NothingHiddenError(detail)
    last = int(np.flatnonzero(hidden.any(axis=1))[-1]) + 1
    return Sample(problems, inputs[:last], labels[:last].T, codes[:last].T, hidden[:last].T, fitting)


def hidden_states(config: TrainingConfig, parameters: Mapping[str, Array]) -> HiddenStates:
    """Where a network's hidden states lie, and how far they tell what should be remembered.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.

    Raises:
        NothingHiddenError: the task needs no memory, or the bits alone tell everything at this width.
    """
    return result_of(hidden_states_in_pieces(config, parameters))


def hidden_states_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[HiddenStates]:
    """The same as `hidden_states`, in pieces of some milliseconds."""
    yield
    fitting = COST // (config.bits * config.hidden_size**2)
    sample = state_sample(config.task, config.bits, max(LEAST, min(MOST, 2 ** (fitting.bit_length() - 1))))
    machine, operands = TASKS[config.task].machine, TASKS[config.task].operands
    states = yield from _states(config, parameters, sample)  # (m, H)
    problem, position = np.nonzero(sample.hidden)  # (m,) in the order of the problems
    labels, codes = sample.labels[sample.hidden], sample.codes[sample.hidden]
    sound: Flags = np.asarray((np.abs(states) <= FAR).all(axis=1))
    fit, test = sound & (problem < sample.fitting), problem >= sample.fitting
    yield
    if not fit.any():
        lost = np.zeros((1, config.hidden_size))
        axes = yield from fitted_axes(lost, np.zeros(1, dtype=np.int64), 1, lost[0])
        told = np.zeros(len(states), dtype=np.int64)
    else:
        upward = np.nan_to_num(np.asarray(parameters["W_hy"], dtype=np.float64)[:, 0])
        axes = yield from fitted_axes(states[fit], labels[fit], len(machine.states), upward)
        told = _told(axes, states, labels, fit)
    yield
    tested = labels[test]
    shown = np.flatnonzero(test)
    most = max(LEAST_SHOWN, min(MOST_SHOWN, 2**15 // config.hidden_size))
    shown = shown[np.unique(np.linspace(0, len(shown) - 1, most).round().astype(np.int64))]
    shown = shown[sound[shown]]
    return HiddenStates(
        axes=axes.vectors,
        origin=axes.origin,
        separation=float(((told[test] == tested) & sound[test]).mean()),
        base_rate=_told_by_bits(codes[test], tested) / len(tested),
        tested=len(tested),
        tells=_tells(states[fit], labels[fit], axes.vectors[0]),
        names=machine.states,
        operands=operands,
        problems=sample.problems[problem[shown]],
        positions=position[shown],
        labels=labels[shown],
        states=states[shown].astype(np.float32),
    )


def _states(config: TrainingConfig, parameters: Mapping[str, Array], sample: Sample) -> Pieces[Array]:
    """The hidden states, (m, H), where the bits do not tell, in the order of the problems."""
    cell = make_cell(config)
    laid_out = Parameters.of(cell.shapes, parameters)
    together = max(1, min(MOST_TOGETHER, TOGETHER // config.hidden_size**2))
    parts = []
    for start in range(0, len(sample.problems), together):
        yield
        some = np.ascontiguousarray(sample.inputs[:, start : start + together])
        with np.errstate(over="ignore", invalid="ignore"):
            states = cell.forward(laid_out, some).hidden_states[1:]  # (T, n, H)
        parts.append(np.swapaxes(states, 0, 1)[sample.hidden[start : start + together]])
    return np.concatenate(parts)


def _told(axes: Axes, states: Array, labels: Integers, fit: Flags) -> Integers:
    """Which state of the machine each hidden state tells, by thresholds on the first axis."""
    with np.errstate(over="ignore", invalid="ignore"):
        places = (states - axes.origin) @ axes.vectors[0]  # (m,)
    along, known = places[fit], labels[fit]
    order = sorted(np.unique(known).tolist(), key=lambda kind: float(along[known == kind].mean()))
    passed = np.zeros(len(places), dtype=np.int64)
    for k in range(1, len(order)):
        passed += places > best_threshold(along, np.isin(known, order[k:]))
    return np.array(order, dtype=np.int64)[passed]


def _told_by_bits(codes: Integers, labels: Integers) -> int:
    """How many states of the machine the bits alone would tell right."""
    return sum(int(np.bincount(labels[codes == code]).max()) for code in np.unique(codes))


def _tells(states: Array, labels: Integers, axis: Array) -> Array:
    """What each unit tells of the machine's state, (H,): eta, with the sign that the unit has in the axis."""
    if not len(states):
        return np.zeros_like(axis)
    size = float(np.abs(states).max()) or 1.0
    around = states / size - (states / size).mean(axis=0)
    whole = (around**2).mean(axis=0)
    between = np.zeros_like(whole)
    for kind in np.unique(labels):
        some = around[labels == kind]
        between += some.mean(axis=0) ** 2 * (len(some) / len(around))
    varies = whole > STILL**2
    share = np.divide(between, whole, out=np.zeros_like(whole), where=varies)
    told: Array = np.copysign(np.sqrt(np.clip(share, 0, 1)), axis) * varies
    return told
