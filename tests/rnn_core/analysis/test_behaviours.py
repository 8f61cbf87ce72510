"""Behaviours: machines of few states are found again from what they write."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.analysis.behaviours import Behaviours, all_sequences, behaviours_of, candidate, written_by
from rnn_core.tasks.minimal import Table, smallest

WIDTHS = {2: (7, 3), 4: (6, 2), 8: (5, 2)}
"""The length of the sequences and of the continuations, by the number of combinations of bits."""


def behaviours(table: Table) -> Behaviours:
    width = table.following.shape[1]
    length, ahead = WIDTHS[width]
    return behaviours_of(written_by(table, all_sequences(width, length)), width, ahead)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A machine with up to 3 states: two behave alike if they do so for two positions."""
    states, width = draw(st.integers(1, 3)), draw(st.sampled_from(list(WIDTHS)))
    numbers = st.lists(st.integers(0, 5), min_size=states * width, max_size=states * width)
    following = np.array(draw(numbers)).reshape(states, width) % states
    return Table(following, np.array(draw(numbers)).reshape(states, width) % 2)


@settings(max_examples=50)
@given(tables())
def test_any_machine_of_three_states_is_found_again(table: Table) -> None:
    expected, _ = smallest(table)
    found = candidate(behaviours(table), 12)
    np.testing.assert_array_equal(found.table.following, expected.following)
    np.testing.assert_array_equal(found.table.outputs, expected.outputs)
    np.testing.assert_array_equal(found.taken, found.read)


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_behaviour_is_what_is_written_after_a_beginning(width: int) -> None:
    length, ahead = WIDTHS[width]
    codes = all_sequences(width, length)
    written = np.random.RandomState(3).randint(2, size=codes.shape)
    for t in range(length):  # what is written depends on nothing but what was read
        written[t] = np.repeat(written[t, :: width ** (length - t - 1)], width ** (length - t - 1))
    said = {tuple(codes[: t + 1, k].tolist()): int(written[t, k]) for t in range(length) for k in range(codes.shape[1])}
    found = behaviours_of(written, width, ahead)

    beginnings = [one for t in range(length - ahead + 1) for one in product(range(width), repeat=t)]
    assert len(beginnings) == len(found.kinds)
    places = {one: k for k, one in enumerate(beginnings)}
    for k in [*range(width + 2), *range(0, len(beginnings), 37), len(beginnings) - 1]:
        one = beginnings[k]
        tail = [said[one + more] for j in range(1, ahead + 1) for more in product(range(width), repeat=j)]
        assert found.rows[found.kinds[k]].tolist() == tail
        assert found.written[k].tolist() == [said[*one, code] for code in range(width)]
        assert found.counts[k] == width ** (length - len(one))
        if k < len(found.steps):
            assert found.steps[k].tolist() == [places[*one, code] for code in range(width)]
    assert len(found.steps) == sum(len(one) < length - ahead for one in beginnings)
    sizes = np.bincount(found.kinds, found.counts)
    assert (np.diff(sizes) <= 0).all()  # the most frequent first


def test_a_rare_behaviour_counts_as_the_nearest_and_its_steps_are_told() -> None:
    # It writes the parity of the ones, but after 1 1 1 it takes the odd number for an even one.
    codes = all_sequences(2, 7)
    written = np.cumsum(codes, axis=0) % 2
    written[3:, (codes[:3] == 1).all(axis=0)] ^= 1
    found = candidate(behaviours_of(written, 2, 3), 2)
    assert found.table.following.tolist() == [[0, 1], [1, 0]]
    assert found.table.outputs.tolist() == [[0, 1], [1, 0]]
    assert (found.read - found.taken).tolist() == [[0, 2 ** (7 - 3)], [0, 0]]  # the sequences that begin with 1 1 1
    assert found.read.sum() == 4 * 2**7  # the steps from beginnings of 0 to 3 bits, in each sequence
    alone = candidate(behaviours_of(written, 2, 3), 1)
    assert len(alone.table.following) == 1


def test_all_sequences_are_all_and_each_once() -> None:
    assert all_sequences(3, 2).T.tolist() == [list(one) for one in product(range(3), repeat=2)]
