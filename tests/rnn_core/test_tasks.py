"""Numbers and bits, exhaustively where they are few; the stream of problems; the reference errors."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.bits import bits_of, number_of
from rnn_core.tasks.addition import Addition

WIDTHS = range(2, 8)


def written(number: int, length: int) -> list[int]:
    """The bits of a number as Python writes them, turned round."""
    return [int(digit) for digit in reversed(f"{number:0{length}b}")]


@pytest.mark.parametrize("length", range(1, 11))
def test_every_number_becomes_its_bits_and_comes_back(length: int) -> None:
    numbers = np.arange(2**length)
    bits = bits_of(numbers, length)
    assert bits.tolist() == [written(number, length) for number in range(2**length)]
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
    assert bits_of(np.array(number), 53).tolist() == written(number, 53)
    assert int(number_of(np.array(written(number, 53)))) == number


@pytest.mark.parametrize("width", WIDTHS)
def test_every_problem_is_encoded_bit_by_bit_and_its_sum_fits(width: int) -> None:
    task = Addition(width)
    pairs = list(product(range(task.operand_limit), repeat=2))
    inputs, targets = task.encode(np.array(pairs), width)
    assert inputs.shape == (width, len(pairs), 2)
    assert targets.shape == (width, len(pairs))
    assert inputs.dtype == targets.dtype == np.float64
    for k, (a, b) in enumerate(pairs):
        assert inputs[:, k, 0].tolist() == written(a, width)
        assert inputs[:, k, 1].tolist() == written(b, width)
        assert targets[:, k].tolist() == written(a + b, width)


def test_many_batches_are_encoded_as_each_alone() -> None:
    task = Addition(6)
    operands = task.draw(np.random.RandomState(0), 7, 3)
    inputs, targets = task.encode(operands, 6)
    assert inputs.shape == (7, 6, 3, 2)
    assert targets.shape == (7, 6, 3)
    for k in range(7):
        alone = task.encode(operands[k], 6)
        assert (inputs[k] == alone[0]).all()
        assert (targets[k] == alone[1]).all()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_answer_is_the_sum(width: int) -> None:
    task = Addition(width)
    pairs = list(product(range(task.operand_limit), repeat=2))
    assert task.result(np.array(pairs), width).tolist() == [a + b for a, b in pairs]


@settings(deadline=None)
@given(bits=st.integers(2, 32), batch=st.integers(1, 4), seed=st.integers(0, 2**32 - 1), count=st.integers(0, 20))
def test_draws_are_the_scripts_scalar_draws_a_then_b(bits: int, batch: int, seed: int, count: int) -> None:
    drawn = Addition(bits).draw(np.random.RandomState(seed), count, batch)
    scalar = np.random.RandomState(seed)
    expected = [[[scalar.randint(2 ** (bits - 1)) for _ in "ab"] for _ in range(batch)] for _ in range(count)]
    assert drawn.shape == (count, batch, 2)
    assert drawn.tolist() == expected


@settings(deadline=None)
@given(
    bits=st.integers(2, 32),
    batch=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(0, 9), max_size=6),
)
def test_draws_continue_the_stream_however_they_are_cut(bits: int, batch: int, seed: int, cuts: list[int]) -> None:
    task = Addition(bits)
    whole_random, cut_random = np.random.RandomState(seed), np.random.RandomState(seed)
    whole = task.draw(whole_random, sum(cuts), batch)
    pieces = [row for cut in cuts for row in task.draw(cut_random, cut, batch).tolist()]
    assert whole.tolist() == pieces
    assert whole_random.randint(2**31) == cut_random.randint(2**31)


@pytest.mark.parametrize("bits", [2, 3, 8, 31, 32])
def test_operands_reach_from_zero_up_to_below_half_the_range(bits: int) -> None:
    drawn = Addition(bits).draw(np.random.RandomState(0), 5000, 1)
    limit = 2 ** (bits - 1)
    assert drawn.min() >= 0
    assert drawn.max() < limit
    assert drawn.min() < max(1, limit // 100)
    assert drawn.max() >= limit - max(1, limit // 100)


@pytest.mark.parametrize("width", WIDTHS)
def test_reference_errors_are_the_means_over_all_problems(width: int) -> None:
    pairs = list(product(range(2 ** (width - 1)), repeat=2))
    half = no_carry = 0.0
    for a, b in pairs:
        for position in range(width):
            target = (a + b) >> position & 1
            half += abs(target - 0.5)
            no_carry += abs(target - ((a ^ b) >> position & 1))
    errors = {reference.key: reference.error for reference in Addition(width).reference_errors()}
    assert errors == {
        "half": pytest.approx(half / len(pairs), rel=1e-14),
        "no_carry": pytest.approx(no_carry / len(pairs), rel=1e-14),
    }


def test_reference_errors_of_eight_bits_are_four_and_about_three() -> None:
    half, no_carry = Addition(8).reference_errors()
    assert (half.label, half.error) == ("always one half", 4.0)
    assert (no_carry.label, no_carry.error) == ("adding without ever carrying", 3.00390625)
