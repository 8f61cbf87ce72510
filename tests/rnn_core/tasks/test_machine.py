"""Finite-state machines: their description, their runs, and the best answers without memory."""

from itertools import product

import numpy as np
import pytest

from rnn_core.tasks import TASKS, Machine
from rnn_core.tasks.machine import Step

ECHO = Machine.of(("last 0", "last 1"), 1, lambda last, bits: (bits[0], last))
"""Writes the bit that it read before."""

every_task = pytest.mark.parametrize("name", list(TASKS))


def test_a_rule_becomes_one_step_for_each_state_and_combination_of_bits() -> None:
    assert ECHO.states == ("last 0", "last 1")
    assert ECHO.inputs == 1
    assert ECHO.steps == {
        ("last 0", (0,)): Step("last 0", 0),
        ("last 0", (1,)): Step("last 1", 0),
        ("last 1", (0,)): Step("last 0", 1),
        ("last 1", (1,)): Step("last 1", 1),
    }


def test_it_starts_in_its_first_state_and_writes_position_after_position() -> None:
    assert ECHO.run(np.array([[1], [0], [1], [1], [0]])).tolist() == [0, 1, 0, 1, 1]
    other = Machine.of(("last 1", "last 0"), 1, lambda last, bits: (1 - bits[0], 1 - last))
    assert other.run(np.array([[1], [0], [1], [1], [0]])).tolist() == [1, 1, 0, 1, 1]


def test_many_sequences_run_side_by_side_whatever_their_shape() -> None:
    sequences = np.random.RandomState(0).randint(2, size=(5, 2, 3, 1))
    written = ECHO.run(sequences)
    assert written.shape == (5, 2, 3)
    assert (written[0] == 0).all()
    assert (written[1:] == sequences[:-1, ..., 0]).all()


def test_bits_of_several_operands_come_in_their_order() -> None:
    first = Machine.of(("none",), 3, lambda state, bits: (0, bits[0]))
    last = Machine.of(("none",), 3, lambda state, bits: (0, bits[2]))
    bits = np.array(list(product((0, 1), repeat=3)))[None]
    assert first.run(bits).tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]]
    assert last.run(bits).tolist() == [[0, 1, 0, 1, 0, 1, 0, 1]]


@every_task
def test_every_state_has_a_step_for_every_combination_of_bits(name: str) -> None:
    machine = TASKS[name].machine
    combinations = product((0, 1), repeat=machine.inputs)
    assert set(machine.steps) == set(product(machine.states, combinations))
    assert {step.state for step in machine.steps.values()} <= set(machine.states)
    assert {step.output for step in machine.steps.values()} == {0, 1}
    assert all(type(step.output) is int for step in machine.steps.values())
    assert len(set(machine.states)) == len(machine.states)


@every_task
def test_every_state_can_be_reached_from_the_start(name: str) -> None:
    machine = TASKS[name].machine
    reached = {machine.states[0]}
    for _ in machine.states:
        reached |= {step.state for (state, _), step in machine.steps.items() if state in reached}
    assert reached == set(machine.states)


def futures(machine: Machine, state: str, length: int) -> tuple[int, ...]:
    """The machine's outputs from a state on, for every continuation."""
    written = []
    for continuation in product(product((0, 1), repeat=machine.inputs), repeat=length):
        here = state
        for bits in continuation:
            step = machine.steps[here, bits]
            written.append(step.output)
            here = step.state
    return tuple(written)


@every_task
def test_no_state_is_needless_since_any_two_differ_in_what_they_will_write(name: str) -> None:
    machine = TASKS[name].machine
    assert len({futures(machine, state, len(machine.states)) for state in machine.states}) == len(machine.states)


def test_without_memory_an_echo_is_a_guess_but_for_the_first_position() -> None:
    """Fair bits: at position 0 the answer is 0 for sure, at each other it is 0 or 1 alike, whatever is read.

    Of either bit read, 0 is right at half of position 0 and a quarter of each other position, 1 at a quarter of each
    other: the rarer answer is 1, (T - 1) / 4 a bit, (T - 1) / 2 in all.
    """
    assert [ECHO.memoryless_error(length, length) for length in (1, 2, 8)] == [0.0, 0.5, 3.5]


def test_positions_above_the_operands_read_zeros() -> None:
    """Of two positions only the first is drawn; the second reads 0, and what it should say is 0 or 1 alike.

    Reading 0, the answer 0 is right at half of position 0 and half of position 1, the answer 1 at half of position 1.
    Reading 1, which happens at position 0 alone, the answer is 0.
    """
    assert ECHO.memoryless_error(2, 1) == 0.5
    assert ECHO.memoryless_error(2, 0) == 0.0
