"""The compiled engine beside the reference, through the trainer that runs both."""

import importlib.util
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import EngineError, Trace, Trainer, TrainingConfig, evaluate
from rnn_core.assessment.evaluation import MAX_PROBLEMS, SAMPLE
from rnn_core.engines import engine as engines
from rnn_core.engines.engine import make_engine
from rnn_core.network.initializers import initial_parameters
from rnn_core.network.parts import make_cell, make_task
from tests.rnn_core.compare import assert_finite, bits_of_trace, state_of
from tests.rnn_core.forms import EVERYTHING, GRU, LSTM, PARITY, WIDE, Form

EXPLODING_GRU: Form = {
    "cell": "gru",
    "bits": 9,
    "hidden_size": 17,
    "bias": True,
    "loss": "cross_entropy",
    "task": "three_numbers",
}

# Each of these is compiled once; what hypothesis varies below needs no compiling. Together they hold every pair of a
# cell with a number of operands, a loss, an optimizer, with and without biases, clipping and a batch.
SHAPES: list[dict[str, Any]] = [
    {},
    {"bits": 5, "hidden_size": 9, "batch_size": 3, "task": "three_numbers"},
    EVERYTHING | {"init": "glorot"},
    PARITY,
    WIDE,
    {"bits": 32, "hidden_size": 15},
    GRU,
    {"cell": "gru", "bits": 32, "hidden_size": 8, "optimizer": "adam", "batch_size": 3, "clip_norm": 0.3,
     "task": "comparison"},
    EXPLODING_GRU,
    LSTM,
    {"cell": "lstm", "bits": 3, "hidden_size": 1, "bias": True, "optimizer": "adam", "task": "parity"},
    {"cell": "lstm", "bits": 9, "hidden_size": 17, "optimizer": "momentum", "clip_norm": 0.5, "task": "subtraction"},
]  # fmt: skip
SEEDS, RATES = st.integers(0, 2**32 - 1), st.sampled_from([0.001, 0.01, 0.05])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@settings(deadline=None, max_examples=8)
@given(seed=SEEDS, rate=RATES)
def test_both_engines_give_the_same_numbers(shape: dict[str, Any], seed: int, rate: float) -> None:
    config = TrainingConfig(**shape, seed=seed, learning_rate=rate)
    compiled, reference = Trainer(config, "compiled"), Trainer(config, "numpy")
    errors, expected = compiled.advance(100).errors, reference.advance(100).errors
    np.testing.assert_allclose(errors, expected, rtol=0, atol=1e-9)
    assert_same_trace(compiled.trace, reference.trace)
    for name, weights in compiled.parameters.items():
        np.testing.assert_allclose(weights, reference.parameters[name], rtol=0, atol=1e-9, err_msg=name)


def assert_same_trace(ours: Trace | None, theirs: Trace | None) -> None:
    assert ours is not None
    assert theirs is not None
    for name in ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-9, err_msg=name)
    assert list(ours.gates) == list(theirs.gates)
    for name, gate in ours.gates.items():
        np.testing.assert_allclose(gate, theirs.gates[name], rtol=0, atol=1e-9, err_msg=name)
    assert (ours.cell_states is None) == (theirs.cell_states is None)
    if ours.cell_states is not None and theirs.cell_states is not None:
        np.testing.assert_allclose(ours.cell_states, theirs.cell_states, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.updates.flat, theirs.updates.flat, rtol=0, atol=1e-8)
    assert (ours.operands, ours.iteration) == (theirs.operands, theirs.iteration)


# Beside the sizes above, gates of a sequence that are too many for the stack.
SIZES = [*SHAPES[6:], {"cell": "lstm", "hidden_size": 128, "bits": 32, "bias": True}]


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_gated_cells_of_any_size_give_the_numbers_of_the_reference(shape: Form) -> None:
    config = TrainingConfig(**shape, init="glorot")
    compiled, reference = Trainer(config, "compiled"), Trainer(config, "numpy")
    np.testing.assert_allclose(compiled.advance(5).errors, reference.advance(5).errors, rtol=0, atol=1e-9)
    assert_same_trace(compiled.trace, reference.trace)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cells_stay_with_the_reference_over_two_thousand_iterations(cell: str) -> None:
    config = TrainingConfig(cell=cell)
    compiled, reference = Trainer(config, "compiled"), Trainer(config, "numpy")
    np.testing.assert_allclose(compiled.advance(2000).errors, reference.advance(2000).errors, rtol=0, atol=1e-9)
    assert_same_trace(compiled.trace, reference.trace)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@settings(deadline=None, max_examples=8)
@given(seed=SEEDS, rate=RATES, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_a_compiled_run_is_bit_identical_however_it_is_cut(
    shape: dict[str, Any], seed: int, rate: float, cuts: list[int]
) -> None:
    config = TrainingConfig(**shape, seed=seed, learning_rate=rate)
    whole, cut = Trainer(config, "compiled"), Trainer(config, "compiled")
    at_once = whole.advance(sum(cuts)).errors
    pieces = [cut.advance(n).errors for n in cuts]
    assert np.concatenate([np.empty(0), *pieces]).tobytes() == at_once.tobytes()
    assert state_of(whole) == state_of(cut)
    assert bits_of_trace(whole.trace) == bits_of_trace(cut.trace)


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_two_threads_give_the_bits_of_one_after_the_other(cell: str) -> None:
    configs = [TrainingConfig(cell=cell, seed=seed) for seed in (1, 2)]
    alone = [Trainer(config, "compiled").advance(20_000).errors.tobytes() for config in configs]
    trainers = [Trainer(config, "compiled") for config in configs]
    with ThreadPoolExecutor(2) as pool:
        together = [result.errors.tobytes() for result in pool.map(lambda trainer: trainer.advance(20_000), trainers)]
    assert together == alone


SMALL: Form = {"activation": "relu", "loss": "cross_entropy", "bias": True, "bits": 4, "hidden_size": 6}
"""Of more units no two ways of rounding agree until the end of the range."""


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), rate=st.sampled_from([3.0, 10.0, 100.0]))
def test_both_engines_diverge_at_the_same_iteration_with_the_last_finite_state(seed: int, rate: float) -> None:
    config = TrainingConfig(**SMALL, seed=seed, learning_rate=rate)
    compiled, reference = Trainer(config, "compiled"), Trainer(config, "numpy")
    # Once numbers are near the end of the range, a rounding may decide; until then both take the same path.
    done = min(len(compiled.advance(12).errors), len(reference.advance(12).errors))
    assert abs(compiled.iteration - reference.iteration) <= 1
    assert compiled.iteration >= done
    assert_finite(compiled)


def test_a_run_that_explodes_stops_at_the_same_iteration_in_both_engines_however_it_is_cut() -> None:
    config = TrainingConfig(activation="relu", loss="cross_entropy", learning_rate=1.0)
    stops = set()
    for engine in ("compiled", "numpy"):
        for cuts in ([50], [1] * 50, [3, 47]):
            trainer = Trainer(config, engine)
            for n in cuts:
                trainer.advance(n)
            assert trainer.diverged
            assert_finite(trainer)
            stops.add(trainer.iteration)
    assert len(stops) == 1


@pytest.mark.parametrize("shape", [EXPLODING_GRU, LSTM], ids=["gru", "lstm"])
def test_a_gated_run_that_explodes_keeps_its_last_finite_state(shape: Form) -> None:
    config = TrainingConfig(**shape)
    random = np.random.RandomState(1)  # with others the range ends sooner in one engine's order of sums
    first = initial_parameters(make_cell(config).shapes, "uniform", random)
    problems = make_task(config).draw(random, 50, config.batch_size)
    stops = set()
    for engine in ("compiled", "numpy"):
        parameters, calm = first.copy(), first.copy()
        progress = make_engine(engine, config).run(parameters, {}, problems, 1e307, 0)
        done = len(progress.errors)
        assert 0 < done < 50
        assert np.isfinite(parameters.flat).all()
        assert len(make_engine(engine, config).run(calm, {}, problems[:done], 1e307, 0).errors) == done
        assert parameters.flat.tobytes() == calm.flat.tobytes()
        stops.add(done)
    assert len(stops) == 1


@pytest.mark.parametrize("shape", [EVERYTHING, GRU, SHAPES[-1]], ids=str)
def test_a_checkpoint_moves_from_engine_to_engine(shape: dict[str, Any]) -> None:
    config = TrainingConfig(**shape)
    one, other = Trainer(config, "compiled"), Trainer(config, "numpy")
    one.advance(50)
    other.advance(50)
    moved = Trainer.restore(one.snapshot(), "numpy")
    np.testing.assert_allclose(moved.advance(50).errors, other.advance(50).errors, rtol=0, atol=1e-9)


# Where Numba is missing.


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "numba" else find(name))


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_reference_computes_and_says_so() -> None:
    with pytest.warns(RuntimeWarning, match="Numba is not installed: the numpy engine computes"):
        trainer = Trainer()
    assert trainer.engine == "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Trainer(engine="numpy")


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_compiled_engine_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(EngineError, match='can\'t be had: Numba is not installed; "numpy" can'):
        Trainer(engine="compiled")


# Evaluation.


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
@pytest.mark.parametrize("iterations", [0, 3000])
def test_evaluation_is_the_exact_share_over_all_pairs(engine: str, iterations: int) -> None:
    config = TrainingConfig(bits=5, hidden_size=9, learning_rate=1.0)
    trainer = Trainer(config, "numpy")
    trainer.advance(iterations)
    found = evaluate(config, trainer.snapshot().parameters, engine)
    answers = {(a, b): trainer.predict(a, b) for a in range(16) for b in range(16)}
    assert (found.problems, found.sampled) == (256, False)
    assert found.accuracy == np.mean([answer.correct for answer in answers.values()])
    agree = [np.equal(answer.bits["predicted"], answer.bits["expected"])[::-1] for answer in answers.values()]
    np.testing.assert_array_equal(found.bit_accuracy, np.mean(agree, axis=0))
    errors = {
        pair: float(np.abs(np.array(answer.probabilities) - answer.bits["expected"]).sum())
        for pair, answer in answers.items()
    }
    worst = sorted(errors.values(), reverse=True)[:10]
    np.testing.assert_allclose(found.worst_errors, worst, rtol=0, atol=1e-9)
    for (a, b), error in zip(found.worst, found.worst_errors, strict=True):
        assert errors[a, b] == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("shape", [PARITY, GRU, LSTM], ids=str)
def test_both_engines_find_the_same_share_right(shape: dict[str, Any]) -> None:
    config = TrainingConfig(**shape)
    trainer = Trainer(config, "compiled")
    trainer.advance(500)
    parameters = trainer.snapshot().parameters
    ours, theirs = (evaluate(config, parameters, engine) for engine in ("compiled", "numpy"))
    assert (ours.problems, ours.accuracy) == (theirs.problems, theirs.accuracy)
    np.testing.assert_array_equal(ours.bit_accuracy, theirs.bit_accuracy)
    np.testing.assert_allclose(ours.worst_errors, theirs.worst_errors, rtol=0, atol=1e-9)


def test_of_a_comparison_only_the_last_bit_counts() -> None:
    config = TrainingConfig(task="comparison", bits=5, hidden_size=9, learning_rate=0.5)
    trainer = Trainer(config, "numpy")
    trainer.advance(3000)
    found = evaluate(config, trainer.snapshot().parameters, "compiled")
    assert found.accuracy == found.bit_accuracy[-1] > 0.5


def test_beyond_a_million_pairs_a_fixed_sample_is_evaluated() -> None:
    config = TrainingConfig(bits=32, hidden_size=15)
    assert MAX_PROBLEMS < (2**31) ** 2
    parameters = Trainer(config, "numpy").snapshot().parameters
    first, second = evaluate(config, parameters), evaluate(config, parameters)
    assert (first.problems, first.sampled) == (SAMPLE, True)
    assert first.bit_accuracy.tobytes() == second.bit_accuracy.tobytes()
    assert first.accuracy == second.accuracy


def test_a_network_that_has_learned_is_right_on_every_pair() -> None:
    config = TrainingConfig()
    trainer = Trainer(config)
    trainer.advance(20_000)
    assert evaluate(config, trainer.snapshot().parameters).accuracy == 1.0
    fresh = Trainer(replace(config, seed=1))
    assert evaluate(config, fresh.snapshot().parameters).accuracy < 0.1
