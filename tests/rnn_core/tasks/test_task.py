"""What holds for every task: exhaustively at small widths, compared with plain Python integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.network.bits import bits_of
from rnn_core.tasks import TASKS, Task
from tests.rnn_core.tasks.truth import BITS, COUNTS, EVERY, LIMITS, RESULTS, binary, drawn, widths

every_task = pytest.mark.parametrize("name", list(TASKS))
every_width = pytest.mark.parametrize(("name", "bits"), EVERY)
WIDE = st.integers(0, 2**52 - 1)


def in_order(name: str, numbers: list[int]) -> tuple[int, ...]:
    """Numbers as a problem of the task."""
    numbers = numbers[: COUNTS[name]]
    return tuple(sorted(numbers, reverse=True) if name == "subtraction" else numbers)


def test_every_task_is_tested_here() -> None:
    assert list(TASKS) == list(BITS)
    assert {name: len(task.operands) for name, task in TASKS.items()} == COUNTS


@every_task
def test_a_task_says_what_it_is(name: str) -> None:
    task = TASKS[name]
    assert task.name == name
    assert task.operands == ("a", "b", "c")[: COUNTS[name]]
    assert task.title
    assert all(f"{{{operand}}}" in task.expression for operand in task.operands)
    assert task.machine.inputs == len(task.operands)
    assert bool(task.carried) == (len(task.machine.states) > 1)


@every_task
def test_the_narrowest_width_is_the_first_at_which_something_can_differ(name: str) -> None:
    least = widths(name)[0]
    assert TASKS[name].least_bits == least
    assert TASKS[name](least).bits == least
    with pytest.raises(ValueError, match=f"bits must be at least {least} for {name}, not {least - 1}"):
        TASKS[name](least - 1)


@every_width
def test_targets_are_the_bits_of_the_truth(name: str, bits: int) -> None:
    problems = drawn(name, bits)
    found = bits_of(TASKS[name](bits).targets(np.array(problems), bits), bits)
    assert found.tolist() == [BITS[name](problem, bits) for problem in problems]


@every_width
def test_the_machine_writes_the_bits_of_the_truth(name: str, bits: int) -> None:
    problems = drawn(name, bits)
    inputs = np.array([[binary(number, bits) for number in problem] for problem in problems])  # (n, I, T)
    written = TASKS[name].machine.run(inputs.transpose(2, 0, 1))  # (T, n)
    assert written.T.tolist() == [BITS[name](problem, bits) for problem in problems]


@every_width
def test_every_problem_is_encoded_bit_by_bit(name: str, bits: int) -> None:
    problems = drawn(name, bits)
    inputs, targets = TASKS[name](bits).encode(np.array(problems), bits)
    assert inputs.shape == (bits, len(problems), COUNTS[name])
    assert targets.shape == (bits, len(problems))
    assert inputs.dtype == targets.dtype == np.float64
    assert inputs.flags.c_contiguous
    assert targets.flags.c_contiguous
    for k, problem in enumerate(problems):
        assert inputs[:, k].T.tolist() == [binary(number, bits) for number in problem]
        assert targets[:, k].tolist() == BITS[name](problem, bits)


@every_task
def test_many_batches_are_encoded_as_each_alone(name: str) -> None:
    task = TASKS[name](6)
    operands = task.draw(np.random.RandomState(0), 7, 3)
    inputs, targets = task.encode(operands, 6)
    assert inputs.shape == (7, 6, 3, COUNTS[name])
    assert targets.shape == (7, 6, 3)
    for k in range(7):
        alone = task.encode(operands[k], 6)
        assert (inputs[k] == alone[0]).all()
        assert (targets[k] == alone[1]).all()


@every_width
def test_the_result_is_the_truth_and_is_read_from_the_target_bits(name: str, bits: int) -> None:
    task, problems = TASKS[name](bits), drawn(name, bits)
    expected = [RESULTS[name](problem, bits) for problem in problems]
    assert task.result(np.array(problems), bits).tolist() == expected
    assert task.read(np.array([BITS[name](problem, bits) for problem in problems])).tolist() == expected


@every_width
def test_a_result_is_read_from_its_first_position_on_and_from_no_other(name: str, bits: int) -> None:
    task = TASKS[name](bits)
    answer = np.array(BITS[name](drawn(name, bits)[-1], bits))
    assert task.first_read == (bits - 1 if name == "comparison" else 0)
    for position in range(bits):
        changed = answer.copy()
        changed[position] ^= 1
        differs = int(task.read(changed)) != int(task.read(answer))
        assert differs == (position >= task.first_read)


@every_width
def test_a_problem_of_training_is_exactly_as_wide_as_training(name: str, bits: int) -> None:
    task = TASKS[name](bits)
    assert {task.width(problem) for problem in drawn(name, bits)} == {bits}
    assert {task.refusal(problem) for problem in drawn(name, bits)} == {None}


@settings(deadline=None)
@given(name=st.sampled_from(list(TASKS)), numbers=st.lists(WIDE, min_size=3, max_size=3), bits=st.integers(3, 32))
def test_wide_problems_get_as_many_positions_as_they_need_and_true_bits(
    name: str, numbers: list[int], bits: int
) -> None:
    problem = in_order(name, numbers)
    task = TASKS[name](bits)
    width = task.width(problem)
    needed = max(number.bit_length() for number in problem)
    if name in ("addition", "three_numbers"):
        needed = max(needed, sum(problem).bit_length())
    assert width == max(bits, needed)
    operands = np.array(problem)
    assert bits_of(task.targets(operands, width), width).tolist() == BITS[name](problem, width)
    assert int(task.result(operands, width)) == RESULTS[name](problem, width)
    inputs = np.array([binary(number, width) for number in problem]).T  # (T, I)
    assert task.machine.run(inputs).tolist() == BITS[name](problem, width)


# Problems in training


@every_width
def test_all_problems_are_those_that_training_may_draw_each_once(name: str, bits: int) -> None:
    task = TASKS[name](bits)
    problems = [tuple(problem) for problem in task.all_problems().tolist()]
    assert problems == sorted(set(drawn(name, bits)))  # the last operand running fastest
    assert task.problem_count == len(problems)
    assert type(task.problem_count) is int


@every_task
@pytest.mark.parametrize("bits", [3, 8, 31, 32])
def test_numbers_reach_from_zero_up_to_below_the_limit(name: str, bits: int) -> None:
    task = TASKS[name](bits)
    numbers = task.draw(np.random.RandomState(0), 5000, 1)
    limit = LIMITS[name](bits)
    assert task.operand_limit == limit == 2**task.operand_bits
    assert numbers.shape == (5000, 1, COUNTS[name])
    assert numbers.dtype == np.int64
    assert 0 <= numbers.min() < max(1, limit // 100)
    assert limit - max(1, limit // 100) <= numbers.max() < limit


@settings(deadline=None)
@given(
    name=st.sampled_from(list(TASKS)),
    bits=st.integers(3, 32),
    batch=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 20),
)
def test_draws_are_the_scripts_scalar_draws_one_operand_after_the_other(
    name: str, bits: int, batch: int, seed: int, count: int
) -> None:
    found = TASKS[name](bits).draw(np.random.RandomState(seed), count, batch)
    scalar = np.random.RandomState(seed)
    limit = LIMITS[name](bits)
    expected = [
        [in_order(name, [int(scalar.randint(limit)) for _ in range(COUNTS[name])]) for _ in range(batch)]
        for _ in range(count)
    ]
    assert found.shape == (count, batch, COUNTS[name])
    assert [[tuple(problem) for problem in row] for row in found.tolist()] == expected


@settings(deadline=None)
@given(
    name=st.sampled_from(list(TASKS)),
    bits=st.integers(3, 32),
    batch=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(0, 9), max_size=6),
)
def test_draws_continue_the_stream_however_they_are_cut(
    name: str, bits: int, batch: int, seed: int, cuts: list[int]
) -> None:
    task = TASKS[name](bits)
    whole_random, cut_random = np.random.RandomState(seed), np.random.RandomState(seed)
    whole = task.draw(whole_random, sum(cuts), batch)
    pieces = [row for cut in cuts for row in task.draw(cut_random, cut, batch).tolist()]
    assert whole.tolist() == pieces
    assert whole_random.randint(2**31) == cut_random.randint(2**31)


# What to compare with


def least_without_memory(name: str, bits: int) -> float:
    """Each combination of bits gets the answer that is right most often: over all problems, as they are drawn."""
    problems = drawn(name, bits)
    seen: dict[tuple[int, ...], list[int]] = {}
    for problem in problems:
        columns = zip(*(binary(number, bits) for number in problem), strict=True)
        for combination, target in zip(columns, BITS[name](problem, bits), strict=True):
            seen.setdefault(combination, [0, 0])[target] += 1
    return sum(min(counts) for counts in seen.values()) / len(problems)


@every_width
def test_the_error_without_memory_is_the_least_over_all_problems_as_they_are_drawn(name: str, bits: int) -> None:
    assert TASKS[name](bits).memoryless_error() == pytest.approx(least_without_memory(name, bits), rel=1e-13, abs=0)


@every_width
def test_the_plateaus_are_always_one_half_and_the_best_without_memory(name: str, bits: int) -> None:
    half, *others = TASKS[name](bits).reference_errors()
    assert (half.key, half.label, half.error) == ("half", "always one half", bits / 2)
    memoryless = least_without_memory(name, bits)
    assert [other.error for other in others] == ([pytest.approx(memoryless, rel=1e-13)] if memoryless else [])
    assert [(other.key, other.label) for other in others] == [TASKS[name].memoryless] * len(others)


def test_only_the_control_can_be_solved_without_memory() -> None:
    assert [name for name in TASKS if TASKS[name](8).memoryless_error() == 0] == ["xor"]


# As people write them

SAID: dict[str, tuple[tuple[int, ...], int, str]] = {
    "addition": ((9, 60), 69, "9 + 60 = 69"),
    "subtraction": ((60, 9), 51, "60 − 9 = 51"),
    "xor": ((9, 60), 53, "9 xor 60 = 53"),
    "parity": ((5,), 3, "running parity of 5 = 3"),
    "comparison": ((9, 60), 0, "9 > 60: no"),
    "three_numbers": ((9, 60, 3), 72, "9 + 60 + 3 = 72"),
}


@every_task
def test_a_problem_and_its_result_are_said_as_people_write_them(name: str) -> None:
    operands, result, words = SAID[name]
    task: Task = TASKS[name](8)
    assert task.said(operands, result) == words


def test_a_yes_is_said_as_yes() -> None:
    assert TASKS["comparison"](8).said((60, 9), 1) == "60 > 9: yes"


@pytest.mark.parametrize("name", TASKS)
def test_one_problem_is_answered_as_many_are(name: str) -> None:
    task = TASKS[name](5)
    for problem in task.all_problems()[::7]:
        target = task.target(problem.tolist(), 5)
        assert target == task.targets(problem, 5)
        bits = [target >> t & 1 for t in range(5)]
        assert task.result_of(bits) == task.read(np.array(bits)) == task.result(problem, 5)
