"""Asking a network for the answer to one problem."""

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import Prediction, Trainer, TrainingConfig
from rnn_core.assessment.prediction import OperandError, predict
from rnn_core.cells import CELLS
from rnn_core.engines.engine import compiled_is_missing
from rnn_core.tasks import TASKS
from tests.rnn_core.cells.case import KINDS
from tests.rnn_core.plain import logistic, outputs_of
from tests.rnn_core.tasks.truth import BITS, COUNTS, LIMITS, RESULTS

WEIGHTS = Trainer(TrainingConfig(hidden_size=4)).parameters


@pytest.fixture(scope="module")
def trained() -> Trainer:
    """The default network after 20,000 iterations. By which engine makes no difference: `test_seed_trajectory.py` says
    so. Tests must not advance it.
    """
    trainer = Trainer()
    trainer.advance(20_000)
    return trainer


@pytest.fixture(scope="module")
def trained_to_the_end(trained: Trainer) -> Trainer:
    """The same after 50,000 iterations."""
    trainer = Trainer.restore(trained.snapshot())
    trainer.advance(30_000)
    assert trainer.finished
    return trainer


def digits(number: int, width: int) -> list[int]:
    return [int(digit) for digit in f"{number:0{width}b}"]


def plain_outputs(weights: dict[str, Any], a: int, b: int, width: int, activation: str = "sigmoid") -> list[float]:
    inputs = np.array([[a >> t & 1, b >> t & 1] for t in range(width)], dtype=float)
    return outputs_of(weights, inputs, activation)


def test_the_fields_are_those_of_the_answer_on_the_wire(trained: Trainer) -> None:
    prediction = trained.predict(9, 60)
    probabilities = prediction.probabilities
    assert dict(prediction) == {
        "task": "addition",
        "a": 9,
        "b": 60,
        "expected": 69,
        "predicted": 69,
        "correct": True,
        "width": 8,
        "bits": {
            "a": [0, 0, 0, 0, 1, 0, 0, 1],
            "b": [0, 0, 1, 1, 1, 1, 0, 0],
            "expected": [0, 1, 0, 0, 0, 1, 0, 1],
            "predicted": [0, 1, 0, 0, 0, 1, 0, 1],
        },
        "probabilities": probabilities,
        "beyond_training": False,
    }


def test_a_network_trained_20000_iterations_adds_every_pair_it_was_trained_for(trained: Trainer) -> None:
    wrong = [(a, b) for a in range(128) for b in range(128) if not trained.predict(a, b).correct]
    assert wrong == []


@settings(deadline=None, max_examples=60)
@given(a=st.integers(0, 2**52 - 1), b=st.integers(0, 2**52 - 1))
def test_every_answer_is_consistent_with_itself_and_the_plain_network(a: int, b: int) -> None:
    prediction = predict(TrainingConfig(hidden_size=4), WEIGHTS, a, b)
    width = max(8, (a + b).bit_length())
    assert prediction.width == width
    assert prediction.expected == a + b
    assert prediction.bits["a"] == digits(a, width)
    assert prediction.bits["b"] == digits(b, width)
    assert prediction.bits["expected"] == digits(a + b, width)
    assert prediction.bits["predicted"] == [int(p > 0.5) for p in prediction.probabilities]
    assert prediction.predicted == int("".join(map(str, prediction.bits["predicted"])), 2)
    assert prediction.correct == (prediction.predicted == a + b)
    assert prediction.beyond_training == (max(a, b) >= 128)
    expected = plain_outputs(WEIGHTS, a, b, width)[::-1]
    assert prediction.probabilities == pytest.approx(expected, abs=1e-12)


def test_probabilities_are_not_rounded() -> None:
    weights = {"W_xh": np.array([[0.3], [-0.2]]), "W_hh": np.array([[0.7]]), "W_hy": np.array([[1.1]])}
    prediction = predict(TrainingConfig(hidden_size=1), weights, 9, 60)
    expected = plain_outputs(weights, 9, 60, 8)[::-1]
    assert prediction.probabilities == pytest.approx(expected, rel=1e-15)
    assert all(p != round(p, 12) for p in prediction.probabilities)


def test_an_output_of_exactly_one_half_is_a_zero_bit() -> None:
    weights = {name: np.zeros_like(values) for name, values in WEIGHTS.items()}
    prediction = predict(TrainingConfig(hidden_size=4), weights, 5, 6)
    assert prediction.probabilities == [0.5] * 8
    assert prediction.bits["predicted"] == [0] * 8
    assert (prediction.predicted, prediction.correct) == (0, False)


@pytest.mark.parametrize(
    ("a", "b", "width"),
    [
        (0, 0, 8),
        (127, 127, 8),
        (255, 0, 8),
        (128, 128, 9),
        (200, 100, 9),
        (255, 255, 9),
        (1023, 1, 11),
        (2**31 - 1, 1, 32),
        (2**32 - 1, 2**32 - 1, 33),
        (2**52 - 1, 0, 52),
        (2**52 - 1, 1, 53),
        (2**52 - 1, 2**52 - 1, 53),
        (2**51 + 12345, 2**50 + 54321, 52),
    ],
)
def test_a_network_trained_to_the_end_carries_on_beyond_its_width(
    trained_to_the_end: Trainer, a: int, b: int, width: int
) -> None:
    prediction = trained_to_the_end.predict(a, b)
    assert prediction.width == width
    assert prediction.predicted == prediction.expected == a + b
    assert prediction.correct is True
    assert prediction.beyond_training is (max(a, b) >= 128)
    assert len(prediction.probabilities) == width
    assert {len(bits) for bits in prediction.bits.values()} == {width}


@pytest.mark.parametrize(("bits", "a", "beyond"), [(8, 127, False), (8, 128, True), (2, 1, False), (2, 2, True)])
def test_beyond_training_begins_at_half_the_range_for_either_operand(bits: int, a: int, beyond: bool) -> None:
    trainer = Trainer(TrainingConfig(bits=bits), "numpy")
    assert trainer.predict(a, 0).beyond_training is beyond
    assert trainer.predict(0, a).beyond_training is beyond


BAD = [-1, 2**52, 10**400, True, False, 1.0, 0.5, float("nan"), float("inf"), "9", "\ud800", None, [9], {}, np.True_]


@pytest.mark.parametrize("value", BAD, ids=ascii)
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_bad_operand_is_refused_by_name_with_what_is_allowed(name: str, value: Any) -> None:
    operands = {"a": 1, "b": 1, name: value}
    allowed = "a whole number from 0 to 4503599627370495"
    words = f"{name} is missing; it must be {allowed}" if value is None else f"{name} must be {allowed}, not "
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        Trainer().predict(**operands)
    assert str(caught.value).encode()


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_numpy_integers_are_operands_and_the_answer_is_plain(kind: Any) -> None:
    prediction = Trainer().predict(kind(100), kind(99))
    assert json.loads(json.dumps(dict(prediction))) == dict(Trainer().predict(100, 99))


def test_a_prediction_leaves_the_run_as_it_is() -> None:
    trainer, untouched = Trainer(), Trainer()
    trainer.predict(9, 60)
    assert trainer.advance(10).errors.tobytes() == untouched.advance(10).errors.tobytes()
    assert trainer.parameters["W_hh"].tobytes() == untouched.parameters["W_hh"].tobytes()


def test_a_network_answers_as_it_did_in_training() -> None:
    trainer = Trainer(TrainingConfig(bias=True, activation="tanh"), "numpy")
    trainer.advance(100)
    weights = trainer.parameters
    trace = trainer.advance(1).trace
    assert trace is not None
    prediction = predict(trainer.config, weights, trace.a, trace.b)
    assert prediction.probabilities[::-1] == pytest.approx(trace.outputs.tolist(), abs=1e-13)


def assert_presentable(prediction: Prediction) -> None:
    assert all(0.0 <= probability <= 1.0 for probability in prediction.probabilities)
    json.dumps(dict(prediction), allow_nan=False)


@pytest.mark.parametrize("bits", [8, 32])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (2**52 - 1, 2**52 - 1)])
def test_a_diverged_network_answers_with_probabilities_all_the_same(bits: int, a: int, b: int) -> None:
    config = TrainingConfig(activation="relu", loss="cross_entropy", learning_rate=100, bits=bits)
    trainer = Trainer(config, "numpy")
    trainer.advance(50)
    assert trainer.diverged
    assert_presentable(trainer.predict(a, b))


def test_a_network_that_is_sound_at_its_width_answers_wider_sums_with_probabilities() -> None:
    weights = {
        "W_xh": np.array([[1.0, -1.0], [1.0, 1.0]]),
        "W_hh": np.array([[1e7, 0.0], [0.0, 1e7]]),
        "W_hy": np.array([[1.0], [-1.0]]),
    }
    config = TrainingConfig(activation="relu", hidden_size=2)
    assert_presentable(predict(config, weights, 3, 5))
    assert_presentable(predict(config, weights, 2**52 - 1, 2**52 - 1))


def test_an_output_that_is_not_a_number_is_sure_of_the_wrong_bit() -> None:
    config = TrainingConfig(bits=4)
    outputs = [math.nan, 0.75, math.nan, 0.25]  # least significant first; 1 + 2 = 0011
    found = predict(config, Trainer(config, "numpy").snapshot().parameters, 1, 2, forward=lambda *_: outputs)
    assert found.probabilities == [0.25, 1.0, 0.75, 0.0]
    assert (found.predicted, found.correct, found.overflow) == (6, False, True)


SHAPES: list[dict[str, Any]] = [
    {},
    {"bits": 4, "hidden_size": 3, "bias": True, "activation": "tanh"},
    {"bits": 32, "hidden_size": 17, "activation": "relu", "init": "glorot"},
    {"cell": "gru", "hidden_size": 5, "bias": True},
    {"cell": "lstm", "bits": 5, "hidden_size": 9},
]


@pytest.mark.skipif(compiled_is_missing() is not None, reason="without Numba there is nothing to compare")
@settings(deadline=None, max_examples=100)
@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_a_compiled_prediction_is_that_of_the_cell(shape: dict[str, Any], seed: int, data: st.DataObject) -> None:
    config = TrainingConfig(**shape, seed=seed)
    operands = st.integers(0, 2**config.bits - 1)  # some sums need more positions than training has
    a, b = data.draw(operands), data.draw(operands)
    compiled, plain = Trainer(config, "compiled").predict(a, b), Trainer(config, "numpy").predict(a, b)
    np.testing.assert_allclose(compiled.probabilities, plain.probabilities, rtol=0, atol=1e-12)
    assert compiled.bits == plain.bits


# Every task, every cell


@settings(deadline=None, max_examples=120)
@given(
    task=st.sampled_from(list(TASKS)),
    cell=st.sampled_from(list(CELLS)),
    numbers=st.lists(st.integers(0, 2**52 - 1) | st.integers(0, 300), min_size=3, max_size=3),
)
def test_every_tasks_answer_is_consistent_with_itself_the_truth_and_the_plain_network(
    task: str, cell: str, numbers: list[int]
) -> None:
    numbers = numbers[: COUNTS[task]]
    if task == "subtraction":
        numbers.sort(reverse=True)
    if task == "three_numbers":
        numbers[2] = min(numbers[2], 2**53 - 1 - numbers[0] - numbers[1])
    problem = tuple(numbers)
    trainer = Trainer(TrainingConfig(task=task, cell=cell, hidden_size=3, bias=True), "numpy")
    prediction = trainer.predict(*problem)
    widest = [*problem, sum(problem) if task in ("addition", "three_numbers") else 0]
    width = max(8, *(number.bit_length() for number in widest))
    named = dict(zip("abc", problem, strict=False))

    assert prediction.task == task
    assert {name: prediction[name] for name in "abc" if name in prediction} == named
    assert prediction.width == width
    assert prediction.expected == RESULTS[task](problem, width)
    assert prediction.bits["expected"] == BITS[task](problem, width)[::-1]
    assert prediction.bits["predicted"] == [int(p > 0.5) for p in prediction.probabilities]
    assert {name: prediction.bits[name] for name in named} == {name: digits(n, width) for name, n in named.items()}
    # Whether a is greater is read at the last position, which stands first here.
    read = prediction.bits["predicted"][:1] if task == "comparison" else prediction.bits["predicted"]
    assert prediction.predicted == int("".join(map(str, read)), 2)
    assert prediction.correct == (prediction.predicted == prediction.expected)
    assert prediction.beyond_training == (max(problem) >= LIMITS[task](8))
    inputs = np.array([[number >> t & 1 for number in problem] for t in range(width)], dtype=float)
    walk = KINDS["elman-sigmoid" if cell == "elman" else cell].walk
    outputs = [logistic(logit) for _, _, logit in walk(trainer.parameters, inputs, None)]
    assert prediction.probabilities == pytest.approx(outputs[::-1], abs=1e-12)


WIDEST = 2**52 - 1


@pytest.mark.parametrize(
    ("task", "problem", "expected", "width"),
    [
        ("addition", (WIDEST, WIDEST), 2**53 - 2, 53),
        ("subtraction", (WIDEST, WIDEST), 0, 52),
        ("subtraction", (2**51, 1), 2**51 - 1, 52),
        ("xor", (WIDEST, 1), WIDEST - 1, 52),
        ("parity", (WIDEST,), 0x5555555555555, 52),
        ("comparison", (WIDEST, WIDEST - 1), 1, 52),
        ("comparison", (WIDEST - 1, WIDEST), 0, 52),
        ("three_numbers", (WIDEST, WIDEST, 1), 2**53 - 1, 53),
        ("three_numbers", (WIDEST, 0, 0), WIDEST, 52),
    ],
)
def test_the_widest_problems_have_true_answers_that_every_client_can_hold(
    task: str, problem: tuple[int, ...], expected: int, width: int
) -> None:
    prediction = Trainer(TrainingConfig(task=task, hidden_size=2), "numpy").predict(*problem)
    assert (prediction.expected, prediction.width, prediction.beyond_training) == (expected, width, True)
    assert max(prediction.expected, prediction.predicted) < 2**53
    assert json.loads(json.dumps(dict(prediction)), parse_int=float) == dict(prediction)


@pytest.mark.parametrize("task", list(TASKS))
def test_beyond_training_begins_at_the_tasks_limit_for_each_operand(task: str) -> None:
    trainer = Trainer(TrainingConfig(task=task, hidden_size=1, bits=5), "numpy")
    limit = LIMITS[task](5)
    for operand in range(COUNTS[task]):
        if task == "subtraction" and operand == 1:
            continue  # a is never less than b
        for number, beyond in ((limit - 1, False), (limit, True)):
            problem = [number if k == operand else 0 for k in range(COUNTS[task])]
            assert trainer.predict(*problem).beyond_training is beyond


ALLOWED = "a whole number from 0 to 4503599627370495"


@pytest.mark.parametrize(
    ("task", "operands", "problems"),
    [
        ("addition", {"a": 1}, [("b", f"is missing; it must be {ALLOWED}")]),
        ("addition", {"a": 1, "b": 2, "c": 3}, [("c", "must be left out: the task addition takes a and b")]),
        ("subtraction", {"a": 9}, [("b", f"is missing; it must be {ALLOWED}")]),
        (
            "subtraction",
            {"a": 9, "b": 60},
            [("b", "must be at most a, which is 9, since the difference must be 0 or more, not 60")],
        ),
        ("subtraction", {"a": -1, "b": 60}, [("a", f"must be {ALLOWED}, not -1")]),
        ("xor", {"a": 1, "b": 2, "c": 0}, [("c", "must be left out: the task xor takes a and b")]),
        ("parity", {"a": 9, "b": 60}, [("b", "must be left out: the task parity takes a")]),
        (
            "parity",
            {"a": 2**52, "b": 1, "c": 2},
            [
                ("a", f"must be {ALLOWED}, not 4503599627370496"),
                ("b", "must be left out: the task parity takes a"),
                ("c", "must be left out: the task parity takes a"),
            ],
        ),
        ("comparison", {"a": 9}, [("b", f"is missing; it must be {ALLOWED}")]),
        ("three_numbers", {"a": 9, "b": 60}, [("c", f"is missing; it must be {ALLOWED}")]),
        (
            "three_numbers",
            {"a": 9},
            [("b", f"is missing; it must be {ALLOWED}"), ("c", f"is missing; it must be {ALLOWED}")],
        ),
        (
            "three_numbers",
            {"a": WIDEST, "b": WIDEST, "c": 2},
            [("c", "must be at most 1, so that the sum stays below 9007199254740992, not 2")],
        ),
    ],
)
def test_numbers_that_are_no_problem_of_the_task_are_refused_by_name(
    task: str, operands: dict[str, int], problems: list[tuple[str, str]]
) -> None:
    trainer = Trainer(TrainingConfig(task=task, hidden_size=1), "numpy")
    with pytest.raises(OperandError) as caught:
        trainer.predict(**operands)
    assert [(problem.field, problem.detail) for problem in caught.value.problems] == problems
    assert str(caught.value) == "; ".join(f"{field} {detail}" for field, detail in problems)
