"""Subtracting: the order of the numbers, and the error without borrowing."""

import numpy as np
import pytest

from rnn_core.network.bits import bits_of
from rnn_core.tasks.subtraction import Subtraction


def test_the_larger_number_is_drawn_first_and_pairs_are_those_of_the_stream() -> None:
    drawn = Subtraction(5).draw(np.random.RandomState(7), 40, 3)
    plain = np.random.RandomState(7).randint(32, size=(40, 3, 2))
    assert (drawn[..., 0] == plain.max(axis=-1)).all()
    assert (drawn[..., 1] == plain.min(axis=-1)).all()


def test_a_difference_below_zero_is_refused_naming_the_number_to_lower() -> None:
    task = Subtraction(8)
    assert task.refusal((9, 9)) is None
    words = "must be at most a, which is 9, since the difference must be 0 or more, not 10"
    assert task.refusal((9, 10)) == ("b", words)


@pytest.mark.parametrize("bits", range(2, 8))
def test_nothing_without_memory_beats_subtracting_without_borrowing(bits: int) -> None:
    task = Subtraction(bits)
    pairs = np.array([(max(a, b), min(a, b)) for a in range(2**bits) for b in range(2**bits)])
    wrong = bits_of(pairs[:, 0] ^ pairs[:, 1], bits) != bits_of(pairs[:, 0] - pairs[:, 1], bits)
    assert task.memoryless_error() == pytest.approx(float(wrong.sum() / len(pairs)), rel=1e-13)
    assert task.reference_errors()[1].label == "subtracting without ever borrowing"
