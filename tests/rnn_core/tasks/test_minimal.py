"""The smallest machine that does the same: none is smaller, and two of them differ in nothing but names."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.tasks import TASKS, Machine
from rnn_core.tasks.minimal import Table, names_in, smallest, table_of
from rnn_core.types import Integers


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A machine with up to 6 states that reads one bit or two."""
    states, width = draw(st.integers(1, 6)), draw(st.sampled_from([2, 4]))
    rows = st.lists(st.integers(0, 10**6), min_size=states * width, max_size=states * width)
    following = np.array(draw(rows)).reshape(states, width) % states
    return Table(following, np.array(draw(rows)).reshape(states, width) % 2)


def plainly(table: Table, codes: Integers, state: int = 0) -> list[int]:
    written = []
    for code in codes.tolist():
        written.append(int(table.outputs[state, code]))
        state = int(table.following[state, code])
    return written


def behave_alike(table: Table, one: int, other: int) -> bool:
    """Whether two states write the same, whatever is read: all pairs that can follow write the same bits."""
    pairs = {(one, other)}
    waiting = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        if (table.outputs[a] != table.outputs[b]).any():
            return False
        for pair in zip(table.following[a].tolist(), table.following[b].tolist(), strict=True):
            if pair not in pairs:
                pairs.add(pair)
                waiting.append(pair)
    return True


@given(tables(), st.integers(0, 2**32 - 1))
def test_it_writes_the_same_and_no_two_of_its_states_behave_alike(table: Table, seed: int) -> None:
    small, new = smallest(table)
    codes = np.random.RandomState(seed).randint(table.following.shape[1], size=50)
    assert plainly(small, codes) == plainly(table, codes)
    states = range(len(small.following))
    assert not any(behave_alike(small, a, b) for a in states for b in range(a))
    # Each state of the given machine stands for one of the new ones, unless it can't be reached.
    assert set(new.tolist()) - {-1} == set(states)
    for state, k in enumerate(new.tolist()):
        if k >= 0:
            assert plainly(small, codes, k) == plainly(table, codes, state)


@given(tables(), st.randoms(use_true_random=False))
def test_it_is_the_same_whatever_the_order_of_the_states(table: Table, random: Random) -> None:
    order = list(range(1, len(table.following)))
    random.shuffle(order)
    old = np.array([0, *order])  # the start stays the start
    new = np.argsort(old)
    one, _ = smallest(table)
    other, _ = smallest(Table(new[table.following[old]], table.outputs[old]))
    np.testing.assert_array_equal(one.following, other.following)
    np.testing.assert_array_equal(one.outputs, other.outputs)


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("other", list(TASKS))
def test_each_tasks_machine_is_as_small_as_can_be_and_does_what_no_other_does(name: str, other: str) -> None:
    small, _ = smallest(table_of(TASKS[name].machine))
    assert names_in(small, TASKS[other].machine) == (TASKS[name].machine.states if name == other else None)


def test_states_that_behave_alike_have_the_name_of_the_first_and_unreachable_ones_have_none() -> None:
    # The parity of what was read; "odd again" is "odd" once more, and nothing leads to "lost".
    following = {0: (0, 1), 1: (2, 0), 2: (1, 0), 3: (3, 3)}
    machine = Machine.of(
        ("even", "odd", "odd again", "lost"), 1, lambda state, bits: (following[state][bits[0]], int(state in (1, 2)))
    )
    small, new = smallest(table_of(machine))
    assert small.following.tolist() == [[0, 1], [1, 0]]
    assert new.tolist() == [0, 1, 1, -1]
    assert names_in(small, machine) == ("even", "odd")
