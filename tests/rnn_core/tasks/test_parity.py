"""Running parity: of narrow and of the widest numbers."""

import numpy as np
import pytest

from rnn_core.network.bits import bits_of
from rnn_core.tasks.parity import Parity


def test_every_one_turns_the_answer_round() -> None:
    assert bits_of(Parity(6).targets(np.array([0b101100]), 6), 6).tolist() == [0, 0, 1, 0, 0, 1]
    assert bits_of(Parity(6).targets(np.array([0b101100]), 6), 6).shape == (6,)


@pytest.mark.parametrize("length", [1, 2, 3, 31, 32, 33, 52, 53, 62])
def test_ones_all_the_way_alternate_however_wide(length: int) -> None:
    numbers = np.array([[2**length - 1]])
    assert bits_of(Parity(2).targets(numbers, length), length).tolist() == [[1 - t % 2 for t in range(length)]]


def test_without_memory_all_but_the_first_position_is_a_guess() -> None:
    assert Parity(8).memoryless_error() == 3.5
