"""Numbers that overflow: the engines agree on what explodes, and NaN never counts as an answer."""

import json
from typing import Any

import numpy as np
import pytest

from rnn_core import Evaluation, Trainer, TrainingConfig, evaluate
from rnn_core.assessment.cases import mean_outputs
from rnn_core.assessment.metrics import settled
from rnn_core.assessment.prediction import predict
from rnn_core.engines.engine import ENGINES, make_engine
from rnn_core.engines.numpy_engine import NumpyEngine
from rnn_core.network.optimizers import Sgd, State
from rnn_core.tasks import TASKS
from rnn_core.types import Array
from tests.rnn_core.forms import EXPLODING, GRU, LSTM, WIDE, Form

every_engine = pytest.mark.parametrize("engine", list(ENGINES))

# Explosions: a run of the compiled engine, and at each step the reference from the same state. Over many steps a
# rounding may grow as large as the numbers themselves, so that two whole runs part with both engines right.

RATES = (1.0, 3.0, 10.0, 100.0)
CASES: list[tuple[Form, float, int]] = [
    *((form, rate, seed) for form in (EXPLODING, WIDE) for rate in RATES for seed in range(12)),
    *((form, 100.0, seed) for form in (GRU, LSTM) for seed in range(3)),
    # These parted before an infinite number counted as divergence wherever it appears.
    *((WIDE, rate, seed) for rate, seed in ((10.0, 150), (10.0, 361), (1.0, 510), (100.0, 11))),
    *((EXPLODING, rate, seed) for rate, seed in ((0.3, 66), (1.0, 338), (1.0, 667), (1.0, 999))),
]


@pytest.mark.parametrize("form", [EXPLODING, WIDE, GRU, LSTM], ids=str)
def test_each_step_of_an_explosion_ends_alike_in_both_engines(form: Form) -> None:
    for _, rate, seed in (case for case in CASES if case[0] is form):
        config = TrainingConfig(**form, learning_rate=rate, seed=seed, max_iterations=40)
        compiled = Trainer(config, "compiled")
        while not (compiled.diverged or compiled.finished):
            reference = Trainer.restore(compiled.snapshot(), "numpy")
            compiled.advance(1)
            reference.advance(1)
            where = (rate, seed, compiled.iteration)
            assert compiled.diverged == reference.diverged, where
            ours, theirs = compiled.snapshot().parameters.flat, reference.snapshot().parameters.flat
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 * np.abs(theirs).max(), err_msg=str(where))


def test_most_of_these_runs_explode() -> None:
    diverged = 0
    for form, rate, seed in CASES:
        if form in (EXPLODING, WIDE):
            trainer = Trainer(TrainingConfig(**form, learning_rate=rate, seed=seed), "numpy")
            trainer.advance(40)
            diverged += trainer.diverged
    assert diverged >= 40


LARGE = 1.7e308
ONES = {"W_xh": np.ones((2, 16)), "W_hh": np.zeros((16, 16)), "W_hy": np.zeros((16, 1))}


def one_step(engine: str, form: Form, weights: dict[str, Any], problem: tuple[int, int]) -> tuple[bool, np.ndarray]:
    """Whether one iteration diverges, and its updates if it does not."""
    config = TrainingConfig(**form)
    parameters = Trainer(config, "numpy").snapshot().parameters
    for name, values in weights.items():
        parameters[name][...] = values
    state = Trainer(config, "numpy").snapshot().optimizer_state
    progress = make_engine(engine, config).run(parameters, state, np.array([[problem]]), 0.1, 0)
    return len(progress.errors) == 0, np.zeros(0) if progress.trace is None else progress.trace.updates.flat


@every_engine
@pytest.mark.parametrize("form", [EXPLODING, {}, {"activation": "tanh"}], ids=["relu", "sigmoid", "tanh"])
def test_a_sum_that_is_infinite_is_divergence_in_whatever_order_it_is_taken(engine: str, form: Form) -> None:
    """Two positive parts, then ten negative: plus infinity from the first on, minus infinity from the last on, or none
    of both in pairs. At minus infinity all three functions are flat.
    """
    from_state = np.zeros((16, 16))
    from_state[:, 3] = [LARGE, LARGE, *[-LARGE] * 14]
    scale = 4.0 if form == {} else 1.0  # the sigmoid of 4 is nearly 1
    diverged, _ = one_step(engine, form, {**ONES, "W_xh": scale * np.ones((2, 16)), "W_hh": from_state}, (1, 1))
    assert diverged


@every_engine
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_an_infinite_gate_is_divergence(engine: str, cell: str) -> None:
    form: Form = {"cell": cell}
    shapes = Trainer(TrainingConfig(**form), "numpy").parameters
    for gate in (name for name in shapes if name.startswith("W_x")):
        weights = {name: np.zeros(array.shape) for name, array in shapes.items()}
        weights[gate][:, 5] = -LARGE  # two of them where both bits are 1
        assert one_step(engine, form, weights, (1, 1))[0], gate
        assert not one_step(engine, form, weights, (1, 0))[0], gate


@every_engine
def test_a_sigmoid_that_is_zero_in_truth_is_zero(engine: str) -> None:
    """With outputs of 3e-308 instead, states of 1e300 would move W_hy by 3e-9."""
    weights = {**ONES, "W_xh": np.full((2, 16), 1e300), "W_hy": np.full((16, 1), -1e-100)}
    diverged, updates = one_step(engine, {"activation": "relu"}, weights, (1, 0))
    assert not diverged
    assert np.abs(updates).max() == 0.0


@every_engine
@pytest.mark.parametrize(("size", "diverges"), [(1e153, False), (1e155, True), (3e155, True)])
def test_adam_diverges_where_the_square_of_a_gradient_overflows(engine: str, size: float, diverges: bool) -> None:
    """Beyond 1.3e154; a thousandth of the square overflows only beyond 4.2e155."""
    weights = {**ONES, "W_xh": np.full((2, 16), size), "W_hy": np.zeros((16, 1))}
    assert one_step(engine, {**EXPLODING, "optimizer": "adam"}, weights, (1, 0))[0] == diverges


class RunsAway(Sgd):
    """An optimizer whose memory overflows while its updates do not."""

    def step(self, state: State, descent: Array) -> tuple[Array, State]:
        return 0.0 * descent, {"sum": np.full(1, np.inf)}


def test_an_optimizer_whose_memory_is_infinite_diverges_though_its_updates_are_not() -> None:
    config = TrainingConfig()
    engine = NumpyEngine(config)
    engine.optimizer = RunsAway()
    before = Trainer(config, "numpy").snapshot()
    progress = engine.run(before.parameters, {"sum": np.zeros(1)}, np.array([[(1, 2)]]), 0.1, 0)
    assert progress.errors.tolist() == []
    assert progress.optimizer_state["sum"].tolist() == [0.0]


# Answers.


def lost(task: str = "addition", bits: int = 4) -> tuple[TrainingConfig, dict[str, Any]]:
    """A network that has no answer from the second position with a 1 onwards."""
    config = TrainingConfig(task=task, bits=bits, hidden_size=6, activation="relu", loss="cross_entropy", bias=True)
    weights = Trainer(config, "numpy").parameters
    weights["W_xh"][...], weights["W_hh"][...], weights["W_hy"][...] = 1.0, LARGE, -1.0
    return config, weights


def test_what_is_not_a_number_is_the_wrong_bit() -> None:
    outputs, targets = np.array([[0.25, np.nan, np.nan]]), np.array([[1.0, 1.0, 0.0]])
    assert settled(outputs, targets).tolist() == [[0.25, 0.0, 1.0]]


@pytest.mark.parametrize("task", list(TASKS))
def test_no_answer_is_wrong_in_every_evaluation_and_the_same_in_both_engines(task: str) -> None:
    config, weights = lost(task)
    ours, theirs = (evaluate(config, weights, engine) for engine in ("compiled", "numpy"))
    answers = [predict(config, weights, *problem) for problem in TASKS[task](4).all_problems().tolist()]
    assert any(answer.overflow for answer in answers)
    assert not any(answer.correct for answer in answers if answer.overflow and task != "comparison")
    for found in (ours, theirs):
        assert found.accuracy == np.mean([answer.correct for answer in answers])
        assert np.isfinite(found.worst_errors).all()
        assert (found.worst_errors >= 0).all()
        assert len({tuple(problem) for problem in found.worst.tolist()}) == len(found.worst)
    assert ours.bit_accuracy.tolist() == theirs.bit_accuracy.tolist()
    assert ours.worst.tolist() == theirs.worst.tolist()
    np.testing.assert_allclose(ours.worst_errors, theirs.worst_errors, rtol=0, atol=1e-12)


def test_a_network_without_any_answer_has_an_accuracy_of_zero_and_the_largest_errors() -> None:
    config = TrainingConfig(bits=4, hidden_size=6, activation="relu", loss="cross_entropy", bias=True)
    weights = Trainer(config, "numpy").parameters
    weights["b_h"][...] = weights["W_hh"][...] = LARGE
    for engine in ENGINES:
        found = evaluate(config, weights, engine)
        assert found.accuracy == 0.0
        assert found.bit_accuracy[1:].tolist() == [0.0] * 3
        assert (found.worst_errors >= 3.0).all()


@every_engine
def test_the_run_that_was_found_to_answer_nothing_has_finite_numbers_alone(engine: str) -> None:
    config = TrainingConfig(
        activation="relu", loss="cross_entropy", learning_rate=3.0, bits=4, hidden_size=6, bias=True, seed=322
    )
    trainer = Trainer(config, engine)
    trainer.advance(1000)
    found = evaluate(config, trainer.parameters, engine)
    assert np.isfinite(found.worst_errors).all()
    assert (found.worst_errors >= 0).all()
    assert len({tuple(problem) for problem in found.worst.tolist()}) == 10
    for problem in found.worst.tolist():
        answer = trainer.predict(*problem)
        assert all(0.0 <= probability <= 1.0 for probability in answer.probabilities)
        assert answer.bits["predicted"] == [int(p > 0.5) for p in answer.probabilities]
        assert answer.correct == (answer.predicted == answer.expected)
        json.dumps(dict(answer), allow_nan=False)


@pytest.mark.parametrize("task", ["addition", "parity"])
def test_no_answer_counts_as_the_wrong_bit_in_the_mean_of_each_case(task: str) -> None:
    config, weights = lost(task)
    for case in mean_outputs(config, weights):
        if case.output is not None:
            assert 0.0 <= case.output <= 1.0
    weights["b_h"][...] = LARGE  # from the second position on there is none
    for case in mean_outputs(config, weights):
        if case.positions and "carry 1" in case.state:
            assert case.output == 1 - case.expected


def test_an_answer_says_where_it_overflowed_and_only_there() -> None:
    config, weights = lost()
    assert dict(predict(config, weights, 3, 3))["overflow"] is True
    assert "overflow" not in dict(predict(config, weights, 0, 0))


def test_compiled_and_plain_predictions_have_no_answer_at_the_same_positions() -> None:
    config, weights = lost()
    forward = make_engine("compiled", config).forward
    parameters = Trainer(config, "numpy").snapshot().parameters
    for name, values in weights.items():
        parameters[name][...] = values
    for problem in ((1, 0), (3, 3), (7, 1), (0, 0), (4, 4)):
        compiled, plain = predict(config, parameters, *problem, forward=forward), predict(config, parameters, *problem)
        assert compiled.bits == plain.bits
        assert compiled.overflow == plain.overflow
        assert compiled.probabilities == pytest.approx(plain.probabilities, abs=1e-12)


# A sample of its own, and hard problems beside it.


def test_hardly_any_problem_of_the_sample_is_met_in_training_whatever_the_seed() -> None:
    """Of 2**30 problems of 16 bits, 70,000 are drawn in training and 65,536 here: 4.3 are expected to be in both."""
    task = TASKS["addition"](16)
    sample = {tuple(problem) for problem in task.some_problems(2**20, 2**16).tolist()}
    for seed in (0, 1, 2**31, 2**32 - 1):
        random = np.random.RandomState(seed)
        random.random_sample(2 * 16 + 16 + 16 * 16)  # the weights
        met = sample & {tuple(problem) for problem in task.draw(random, 70_000, 1)[:, 0].tolist()}
        assert len(met) < 25, seed


def test_the_sample_is_the_same_on_every_machine_and_with_every_numpy() -> None:
    assert TASKS["addition"](16).some_problems(2**20, 4).tolist() == [
        [8936, 29036],
        [10368, 428],
        [18527, 13455],
        [7711, 22945],
    ]
    assert TASKS["parity"](32).some_problems(2**20, 3).tolist() == [[4095714024], [2810343788], [1702996096]]
    assert TASKS["addition"](16).hard_problems()[::400].tolist() == [[0, 1], [1535, 16385], [23424, 1628]]


def test_a_network_that_forgets_long_carries_is_not_flawless_though_its_sample_is_all_right() -> None:
    config = TrainingConfig(bits=32, optimizer="adam", learning_rate=0.01, loss="cross_entropy", bias=True, seed=7)
    trainer = Trainer(config)
    trainer.advance(1000)
    found = evaluate(config, trainer.parameters)
    assert not trainer.predict(603979775, 1543503873).correct
    assert (found.sampled, found.problems, found.accuracy) == (True, 65_536, 1.0)
    assert found.hard_problems == len(TASKS["addition"](32).hard_problems())
    answers = [trainer.predict(*problem).correct for problem in TASKS["addition"](32).hard_problems().tolist()]
    assert found.hard_right == sum(answers) < found.hard_problems
    assert not found.flawless
    assert found.hard_accuracy == found.hard_right / found.hard_problems
    assert not trainer.predict(*found.worst[0].tolist()).correct


def test_where_all_problems_are_tried_there_are_no_hard_ones_beside_them() -> None:
    config = TrainingConfig(bits=3)
    found = evaluate(config, Trainer(config).parameters)
    assert (found.sampled, found.hard_problems, found.hard_right, found.hard_accuracy) == (False, 0, 0, None)


def test_flawless_is_everything_right_that_was_tried() -> None:
    def found(accuracy: float, hard: int, right: int) -> Evaluation:
        return Evaluation(4, hard > 0, accuracy, np.ones(2), hard, right, np.zeros((0, 2), np.int64), np.zeros(0))

    assert found(1.0, 0, 0).flawless
    assert found(1.0, 3, 3).flawless
    assert not found(1.0, 3, 2).flawless
    assert not found(0.99, 3, 3).flawless
