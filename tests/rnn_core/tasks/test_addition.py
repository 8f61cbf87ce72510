"""Adding two and three numbers: what holds only for these tasks."""

import numpy as np
import pytest

from rnn_core.network.bits import bits_of
from rnn_core.tasks.addition import Addition, ThreeNumbers


@pytest.mark.parametrize("bits", range(2, 33))
def test_adding_without_carrying_is_wrong_as_often_as_the_docstrings_formula_says(bits: int) -> None:
    assert Addition(bits).memoryless_error() == pytest.approx((bits - 2 + 2 ** (1 - bits)) / 2, rel=1e-13)


def test_reference_errors_of_eight_bits_are_four_and_about_three() -> None:
    half, no_carry = Addition(8).reference_errors()
    assert (half.label, half.error) == ("always one half", 4.0)
    assert (no_carry.key, no_carry.label, no_carry.error) == ("no_carry", "adding without ever carrying", 3.00390625)


def without_carrying(task: Addition) -> float:
    """The error of adding without ever carrying, over all problems."""
    problems = task.all_problems()
    answers = np.bitwise_xor.reduce(problems, axis=1)
    return float((bits_of(answers, task.bits) != bits_of(problems.sum(axis=1), task.bits)).sum() / len(problems))


@pytest.mark.parametrize("bits", range(2, 10))
def test_of_two_numbers_nothing_without_memory_beats_adding_without_carrying(bits: int) -> None:
    assert Addition(bits).memoryless_error() == without_carrying(Addition(bits))


def test_of_three_wide_numbers_something_does_and_the_plateau_does_not_say_otherwise() -> None:
    task = ThreeNumbers(8)
    assert task.memoryless_error() < without_carrying(task) - 0.1
    assert task.reference_errors()[1].label == "the best without memory"


@pytest.mark.parametrize(
    ("a", "b", "most"), [(2**52 - 1, 2**52 - 1, 1), (2**52 - 1, 2, 2**52 - 2), (2**51, 2**51, 2**52 - 1)]
)
def test_a_sum_of_three_stays_below_2_to_the_53_or_c_is_refused(a: int, b: int, most: int) -> None:
    task = ThreeNumbers(8)
    assert most == 2**53 - 1 - a - b
    assert task.refusal((a, b, most)) is None
    words = f"must be at most {most}, so that the sum stays below 9007199254740992, not {most + 1}"
    assert task.refusal((a, b, most + 1)) == ("c", words)
