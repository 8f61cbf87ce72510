"""Numbers and bits, exhaustively if they are few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.network.bits import bits_of, number_of
from tests.rnn_core.tasks.truth import binary


@pytest.mark.parametrize("length", range(1, 11))
def test_every_number_becomes_its_bits_and_comes_back(length: int) -> None:
    numbers = np.arange(2**length)
    bits = bits_of(numbers, length)
    assert bits.tolist() == [binary(number, length) for number in range(2**length)]
    assert number_of(bits).tolist() == numbers.tolist()


def test_bits_stand_on_a_new_last_axis_whatever_the_shape() -> None:
    numbers = np.arange(24).reshape(2, 3, 4)
    bits = bits_of(numbers, 5)
    assert bits.shape == (2, 3, 4, 5)
    assert bits[1, 2, 3].tolist() == [1, 1, 1, 0, 1]
    assert (number_of(bits) == numbers).all()
    assert bits_of(np.array(6), 3).tolist() == [0, 1, 1]


@given(st.integers(0, 2**53 - 1))
def test_wide_numbers_keep_all_their_bits(number: int) -> None:
    assert bits_of(np.array(number), 53).tolist() == binary(number, 53)
    assert int(number_of(np.array(binary(number, 53)))) == number
