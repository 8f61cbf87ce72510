"""Hard problems: the network has to remember something over chains of every length at every place."""

from itertools import product

import numpy as np
import pytest

from rnn_core.tasks import TASKS
from rnn_core.tasks.machine import Machine
from tests.rnn_core.tasks.truth import LIMITS

REMEMBERING = [name for name in TASKS if name != "xor"]


def hard(name: str, bits: int) -> set[tuple[int, ...]]:
    return set(map(tuple, TASKS[name](bits).hard_problems().tolist()))


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("bits", [3, 9, 32])
def test_hard_problems_are_some_that_training_may_draw_each_once_and_the_same_each_time(name: str, bits: int) -> None:
    task = TASKS[name](bits)
    problems = task.hard_problems()
    assert problems.shape == (len(problems), len(task.operands))
    assert problems.dtype == np.int64
    assert len(hard(name, bits)) == len(problems)
    assert (problems >= 0).all()
    assert (problems < LIMITS[name](bits)).all()
    assert {task.refusal(problem) for problem in problems.tolist()} <= {None}
    assert problems.tolist() == TASKS[name](bits).hard_problems().tolist()


def test_there_is_nothing_hard_where_nothing_is_to_be_remembered() -> None:
    assert len(TASKS["xor"](32).hard_problems()) == 0


@pytest.mark.parametrize("name", REMEMBERING)
def test_at_the_widest_they_are_some_thousands(name: str) -> None:
    assert 1_000 < len(TASKS[name](32).hard_problems()) < 10_000


def test_a_carry_goes_along_every_stretch_of_ones() -> None:
    problems = hard("addition", 12)
    for start, length in ((s, n) for s in range(11) for n in range(1, 11 - s)):
        ones = (1 << start + length + 1) - (1 << start)
        assert (ones, 1 << start) in problems, (start, length)


def test_a_borrow_goes_along_every_stretch_of_equal_bits() -> None:
    problems = hard("subtraction", 12)
    for start, length in ((s, n) for s in range(12) for n in range(1, 11 - s)):
        assert (1 << start + length + 1, 1 << start) in problems, (start, length)


def test_each_bit_may_decide_a_comparison_alone() -> None:
    assert {(1 << start, 0) for start in range(11)} <= hard("comparison", 12)


def test_a_parity_is_kept_over_every_stretch_of_zeros() -> None:
    problems = hard("parity", 12)
    for start, length in ((s, n) for s in range(12) for n in range(1, 11 - s)):
        assert ((1 << start) + (1 << start + length + 1),) in problems, (start, length)


def remembered(machine: Machine, bits: list[tuple[int, ...]], start: int, stop: int) -> bool:
    """Whether the state after the chain depends on the state before it."""
    ends = set()
    for state in machine.states:
        for position in range(start, stop):
            state = machine.steps[state, bits[position]].state  # noqa: PLW2901
        ends.add(state)
    return len(ends) > 1


@pytest.mark.parametrize("name", REMEMBERING)
def test_every_stretch_is_one_in_which_the_state_must_be_remembered_coming_from_every_state(name: str) -> None:
    task = TASKS[name](8)
    missing = set(product(task.machine.states, range(task.operand_bits), range(1, task.operand_bits + 1)))
    for problem in task.hard_problems().tolist():
        bits = [tuple(number >> t & 1 for number in problem) for t in range(task.operand_bits)]
        state = task.machine.states[0]
        for start in range(task.operand_bits):
            for stop in range(start + 1, task.operand_bits + 1):
                if remembered(task.machine, bits, start, stop):
                    missing.discard((state, start, stop - start))
            state = task.machine.steps[state, bits[start]].state
    for state, start, length in missing:
        lead = task.machine.states.index(state)  # positions that it takes to get there
        room = start >= lead and start + length <= task.operand_bits
        borrowed = name == "subtraction" and state == "borrow 1" and start + length == task.operand_bits
        assert not room or borrowed, (state, start, length)  # a borrow that is never paid back would be a < b
