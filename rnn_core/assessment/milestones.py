"""The milestones of a run: when the network understood each case of its task, when it had to have a memory, when every
problem was right, and what it forgot again.

A case is understood when the network is right at all its positions, and tells it apart: in each case of the same memory
that asks for the other bit it is right at half of the positions or more. A network that always answers 1 is right in
half of the cases, but it has understood none.

Training goes up and down from moment to moment. So a case that is understood is only forgotten when more than half of
its positions are wrong at three moments in a row. Then it can be understood once more. All problems are forgotten in
the same way. And a network is better than any without memory only if it is so at three moments in a row, because chance
may lift it up at one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from rnn_core.assessment.accuracy import problems_of, sample_of
from rnn_core.assessment.cases import case_sample
from rnn_core.assessment.marks import NAMED, Marks
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_task
from rnn_core.tasks import TASKS
from rnn_core.tasks.machine import Bits
from rnn_core.text import Text, listed
from rnn_core.types import Integers

HALF = 0.5
"""A case is told apart from others, and all problems are still known, if at least this share of them is right."""

IN_A_ROW = 3
"""What is understood is forgotten after so many moments in a row at which more than half of it is wrong. And so many
moments in a row a network must be better than one without memory.
"""

Kind = Literal["understood", "memory", "all_right", "forgotten"]


class Moment(NamedTuple):
    """What is known of a run's network at one moment.

    Attributes:
        iteration: how many iterations are done.
        accuracy: the share of problems with every bit of the result right; see `accuracy_of`.
        marks: what it gets wrong in each case.
    """

    iteration: int
    accuracy: float
    marks: Marks


@dataclass(frozen=True)
class Milestone:
    """Something that the network has learned, or forgotten again.

    Attributes:
        iteration: how many iterations were done at the moment at which that was certain.
        kind: "understood", a case; "memory", better than any network without memory; "all_right", every problem that is
            tried; "forgotten", a case or, if there is no case, all.
        case: the state of the task's machine and the bits that it reads there; None if it is about all problems.
        text: it in words.
        operands: a problem that changed: it was wrong there at the moment before and is right now. If something is
            forgotten, it was right at the last moment before the row, and is wrong now. None if there is none among the
            few that are remembered.
    """

    iteration: int
    kind: Kind
    case: tuple[str, Bits] | None
    text: Text
    operands: tuple[int, ...] | None


def milestones(config: TrainingConfig, moments: Iterable[Moment]) -> list[Milestone]:
    """The milestones of a run, in order.

    Args:
        config: the run's.
        moments: its moments, in order.
    """
    way = Way(config)
    return [found for moment in moments for found in way.meet(moment)]


class Way:
    """Goes along the moments of a run, and finds milestones. It knows nothing of the moments to come.

    Attributes:
        understood: for each case, whether it is understood and not forgotten.
    """

    def __init__(self, config: TrainingConfig) -> None:
        """Begin before the first moment."""
        task = make_task(config)
        sample = case_sample(config.task, config.bits)
        self._problems, self._positions = sample.problems, sample.positions
        self._of_all = sample_of(config)
        self._floor = floor_of(config)
        self._operands = task.operands
        self._names = list(task.machine.steps)
        self._occurring = int(np.count_nonzero(self._positions))
        self._others = [
            [
                other
                for other, (name, step) in enumerate(task.machine.steps.items())
                if name[0] == state and step.output != task.machine.steps[state, bits].output
            ]
            for state, bits in self._names
        ]
        self.understood = [False] * len(self._names)
        self._began = self._all_right = False
        self._above = 0
        self._lost = [0] * len(self._names)
        self._all_lost = 0
        self._sound: list[Marks | None] = [None] * len(self._names)
        self._all_sound: Marks | None = None
        self._before: Marks | None = None

    def meet(self, moment: Moment) -> list[Milestone]:
        """What is new at the next moment."""
        marks, accuracy = moment.marks, moment.accuracy
        # What a network does before the first iteration, it does by chance.
        found = [*self._of_cases(moment), *self._of_all_problems(moment)] if moment.iteration else []
        for case in range(len(self._names)):
            if self._lost[case] == 0:
                self._sound[case] = marks
        if accuracy >= HALF:
            self._all_sound = marks
        self._before = marks
        return found

    def _of_cases(self, moment: Moment) -> Iterable[Milestone]:
        marks = moment.marks
        for case, name in enumerate(self._names):
            if self.understood[case]:
                self._lost[case] = self._lost[case] + 1 if self._share(marks, case) < HALF else 0
                if self._lost[case] == IN_A_ROW:
                    self.understood[case], self._lost[case] = False, 0
                    problem = _changed(marks, self._sound[case], [case])
                    words = Text("Forgotten again: {case}.", case=self._said(name))
                    yield self._milestone(moment, "forgotten", name, words, problem)
            elif self._is_understood(marks, case):
                self.understood[case] = True
                yield self._milestone(moment, "understood", name, self._words(name), self._learned_problem(marks, case))

    def _is_understood(self, marks: Marks, case: int) -> bool:
        if not self._positions[case] or marks.wrong[case]:
            return False
        return all(self._share(marks, other) >= HALF for other in self._others[case])

    def _share(self, marks: Marks, case: int) -> float:
        """The share of a case's positions that are right; 1 if it does not occur."""
        positions = int(self._positions[case])
        return 1.0 - marks.wrong[case] / positions if positions else 1.0

    def _learned_problem(self, marks: Marks, case: int) -> int | None:
        """A problem whose bit was wrong in this case: the first that is right as a whole now, if one is known. If the
        case was right, but not told apart, a problem of one of the cases that it is told apart from.
        """
        if self._before is None:
            return None
        missed = self._before.missed[case]
        problem = next((one for one in missed if _is_whole(marks, one)), next(iter(missed), None))
        return _changed(self._before, marks, self._others[case]) if problem is None else problem

    def _of_all_problems(self, moment: Moment) -> Iterable[Milestone]:
        marks, accuracy = moment.marks, moment.accuracy
        was = self._above
        if was < IN_A_ROW:
            self._above = was + 1 if accuracy > self._floor else 0
        if was < self._above == IN_A_ROW:
            words = Text(
                "Better than any network without memory: {accuracy} of the problems are right, and without memory "
                "{floor} is the most.",
                accuracy=_percent(accuracy),
                floor=_percent(self._floor),
            )
            problem = _solved(marks, self._before)
            yield self._milestone(moment, "memory", None, words, problem)
        if self._all_right:
            self._all_lost = self._all_lost + 1 if accuracy < HALF else 0
            if self._all_lost == IN_A_ROW:
                self._all_right, self._all_lost = False, 0
                problem = None if self._all_sound is None else _solved(self._all_sound, marks)
                words = Text("Forgotten again: more than half of all problems are wrong.")
                yield self._milestone(moment, "forgotten", None, words, problem)
        elif accuracy == 1.0:
            self._all_right = True
            words = Text("Every problem is right.")
            if self._of_all is not None:
                words = Text("Every problem is right, of {number} that were tried.", number=f"{self._of_all:,}")
            problem = None if self._before is None else _changed(self._before, marks, range(len(self._names)))
            yield self._milestone(moment, "all_right", None, words, problem)

    def _words(self, name: tuple[str, Bits]) -> Text:
        """That a case is understood, in words. It counts as understood already."""
        known, case = sum(self.understood), self._said(name)
        first, self._began = not self._began, True
        if first:
            return Text("The first case is understood: {case}.", case=case)
        if known == self._occurring:
            return Text("All {number} cases have been understood by now. The last: {case}.", number=known, case=case)
        return Text(
            "{known} of {number} cases have been understood by now. New: {case}.",
            known=known,
            number=self._occurring,
            case=case,
        )

    def _said(self, name: tuple[str, Bits]) -> str:
        """A case in words, such as "a = 1, b = 1, carry 0"."""
        state, bits = name
        read = [f"{operand} = {bit}" for operand, bit in zip(self._operands, bits, strict=True)]
        several = len({state for state, _ in self._names}) > 1
        return listed([*read, *([state] if several else [])])

    def _milestone(
        self, moment: Moment, kind: Kind, case: tuple[str, Bits] | None, text: Text, problem: int | None
    ) -> Milestone:
        operands = None if problem is None else tuple(self._problems[problem].tolist())
        return Milestone(moment.iteration, kind, case, text, operands)


def _changed(wrong: Marks, right: Marks | None, cases: Iterable[int]) -> int | None:
    """The first problem with a wrong bit in one of these cases at one moment, and with none in the same case at another
    moment; None if there is none among those that are named.
    """
    if right is None:
        return None
    found = [_newly(wrong.missed[case], right.missed[case]) for case in cases]
    return min((problem for problem in found if problem is not None), default=None)


def _is_whole(marks: Marks, problem: int) -> bool:
    """Whether a problem is certainly right at every position."""
    return all(_newly([problem], missed) is not None for missed in marks.missed)


def _solved(right: Marks, other: Marks | None) -> int | None:
    """The first problem that is right at one moment and wrong at another; None if none of those named certainly is."""
    return None if other is None else _newly(right.solved, other.solved)


def _newly(named: Sequence[int], others: Sequence[int]) -> int | None:
    """The first of the named problems that is certainly not among others, of which the first `NAMED` are named."""
    known = others[-1] if len(others) == NAMED else None
    return next((problem for problem in named if problem not in others and (known is None or problem < known)), None)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def floor_of(config: TrainingConfig) -> float:
    """The largest share of `problems_of` that a network without memory can get right, from 0 to 1.

    Its answer at a position depends on the bits of that position alone. So it is one of the 2**(2**I) functions of I
    bits. A function is right in a problem if it gives the target at every position that is read.
    """
    return _floor(config.task, config.bits, len(problems_of(config)))


@lru_cache(maxsize=64)
def _floor(name: str, bits: int, most: int) -> float:
    task = TASKS[name](bits)
    inputs, targets = task.encode(task.some_problems(most, most), bits)  # (T, n, I), (T, n)
    read = inputs[task.first_read :].astype(np.int64) @ (1 << np.arange(inputs.shape[-1]))  # (T', n) bits as a number
    asked = 1 << (2 * read + targets[task.first_read :].astype(np.int64))  # a flag for each combination and target
    wanted, counts = np.unique(np.bitwise_or.reduce(asked, axis=0), return_counts=True)
    combinations = 2 ** inputs.shape[-1]
    best = max(_right(function, combinations, wanted, counts) for function in range(2**combinations))
    return best / int(counts.sum())


def _right(function: int, combinations: int, wanted: Integers, counts: Integers) -> int:
    """How many problems a function of the bits gets right. Its answer to combination k is its bit k."""
    given = sum(1 << (2 * combination + (function >> combination & 1)) for combination in range(combinations))
    return int(counts[(wanted & ~given) == 0].sum())
