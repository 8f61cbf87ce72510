"""Comparing: one bit of an answer, known at the last position."""

import numpy as np

from rnn_core.network.bits import bits_of
from rnn_core.tasks.comparison import Comparison


def test_a_higher_bit_overrules_all_below_it() -> None:
    """5 = 101 and 6 = 110: their low bits say 1 > 0, then 1 < 2, then 5 < 6."""
    assert bits_of(Comparison(3).targets(np.array([5, 6]), 3), 3).tolist() == [1, 0, 0]


def test_wide_numbers_are_compared_at_all_their_positions() -> None:
    task = Comparison(2)
    assert task.width((2**52 - 1, 3)) == 52
    assert task.width((1, 3)) == 2
    assert int(task.result(np.array([2**52 - 1, 2**52 - 2]), 52)) == 1
    assert int(task.result(np.array([2**51, 2**51]), 52)) == 0


def test_only_the_last_bit_is_read() -> None:
    task = Comparison(3)
    assert task.read(np.array([[1, 1, 0], [0, 0, 1]])).tolist() == [0, 1]
    assert task.first_read == 2
