"""Problems of any length, against Python's own numbers, hand-built networks and the prediction of short ones."""

import random

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import lengths
from rnn_core.assessment.long_problems import LONG_BITS, LONG_LIMIT, MOST_POSITIONS, trace_long
from rnn_core.assessment.prediction import OperandError, predict
from rnn_core.assessment.tracing import trace_problem
from tests.rnn_core.adders import deaf_adder, sound_adder


@pytest.mark.parametrize("bits", [1, 8, 53, 64, 500, LONG_BITS])
def test_a_sound_adder_adds_numbers_of_any_length(bits: int) -> None:
    adder = sound_adder()
    draw = random.Random(bits)
    for a, b in [(draw.getrandbits(bits), draw.getrandbits(bits)), (2**bits - 1, 1), (2**bits - 1, 2**bits - 1)]:
        trace = trace_long(adder.config, adder.parameters, a, b)
        assert (trace.operands, trace.expected, trace.predicted) == ((a, b), a + b, a + b)
        width = max(8, (a + b).bit_length())
        assert trace.inputs.shape == (width, 2)
        assert trace.hidden_states.shape == (width + 1, 3)
        assert [int(bit) for bit in trace.bits] == [(a + b) >> t & 1 for t in range(width)]
        np.testing.assert_array_equal(trace.bits, trace.targets)
    assert 2**bits - 1 + 2**bits - 1 < 2**MOST_POSITIONS


def test_a_deaf_adder_adds_without_carrying_at_every_length() -> None:
    adder = deaf_adder()
    a, b = 3**600, 5**400
    assert trace_long(adder.config, adder.parameters, a, b).predicted == a ^ b


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_short_ones_have_the_numbers_of_the_prediction(cell: str) -> None:
    config = TrainingConfig(cell=cell, hidden_size=5, seed=3, bias=True)
    trainer = Trainer(config, "numpy")
    trainer.advance(50)
    trace, known = trace_long(config, trainer.parameters, 93, 35), trace_problem(config, trainer.parameters, 93, 35)
    for name in ("inputs", "targets", "outputs", "hidden_states"):
        np.testing.assert_array_equal(trace[name], known[name])
    assert trace.gates.keys() == known.gates.keys()
    for name, gate in known.gates.items():
        np.testing.assert_array_equal(trace.gates[name], gate)
    if known.cell_states is None:
        assert trace.cell_states is None
    else:
        np.testing.assert_array_equal(trace.cell_states, known.cell_states)
    assert trace.predicted == predict(config, trainer.parameters, 93, 35).predicted


@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_the_pieces_have_the_numbers_of_the_whole(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainingConfig(cell=cell, hidden_size=7)
    trainer = Trainer(config, "numpy")
    a, b = 3**500, 7**300
    monkeypatch.setattr("rnn_core.assessment.long_problems.TOGETHER", 10**9)
    whole = trace_long(config, trainer.parameters, a, b)
    monkeypatch.setattr("rnn_core.assessment.long_problems.TOGETHER", 1)
    for name, value in trace_long(config, trainer.parameters, a, b).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, whole[name])


@pytest.mark.parametrize("task", ["addition", "subtraction", "comparison", "parity", "three_numbers"])
def test_the_first_failing_problem_fails_at_its_width(task: str) -> None:
    config = TrainingConfig(task=task, hidden_size=4)
    trainer = Trainer(config, "numpy")
    failure = lengths(config, trainer.parameters).first_failure
    assert failure is not None
    trace = trace_long(config, trainer.parameters, **failure.operands, width=failure.width)
    assert (trace.expected, trace.predicted) == (failure.expected, failure.predicted)
    assert trace.bits[failure.position] != trace.targets[failure.position]


def test_three_numbers_may_have_sums_that_no_client_could_hold() -> None:
    config = TrainingConfig(task="three_numbers")
    most = LONG_LIMIT - 1
    trace = trace_long(config, Trainer(config, "numpy").parameters, most, most, most)
    assert (trace.expected, len(trace.bits)) == (3 * most, MOST_POSITIONS)


def test_what_is_not_a_number_is_the_wrong_bit() -> None:
    config = TrainingConfig(hidden_size=2, activation="relu")
    huge = {name: np.full_like(value, 1e300) for name, value in Trainer(config, "numpy").parameters.items()}
    trace = trace_long(config, huge, 2**60, 2**60 - 1)
    assert (trace.bits != trace.targets)[-1]
    assert np.isfinite(trace.outputs).all()


@pytest.mark.parametrize(
    ("task", "numbers", "field"),
    [
        ("addition", {"a": LONG_LIMIT, "b": 0}, "a"),
        ("addition", {"a": -1, "b": 0}, "a"),
        ("addition", {"a": 1}, "b"),
        ("addition", {"a": 1, "b": 1, "c": 1}, "c"),
        ("addition", {"a": 255, "b": 1, "width": 8}, "width"),
        ("addition", {"a": 1, "b": 1, "width": MOST_POSITIONS + 1}, "width"),
        ("subtraction", {"a": 2**60, "b": 2**60 + 1}, "b"),
    ],
)
def test_what_is_no_problem_is_refused(task: str, numbers: dict[str, int], field: str) -> None:
    config = TrainingConfig(task=task)
    with pytest.raises(OperandError) as refused:
        trace_long(config, Trainer(config, "numpy").parameters, **numbers)
    assert [problem.field for problem in refused.value.problems] == [field]
