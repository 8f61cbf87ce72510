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

from rnn_core import EngineError, Trainer, TrainingConfig, evaluate
from rnn_core import engine as engines
from rnn_core.evaluation import MAX_PROBLEMS, SAMPLE
from tests.rnn_core.compare import assert_finite, bits_of_trace, state_of

# Each of these is compiled once; what hypothesis varies below needs no compiling.
SHAPES: list[dict[str, Any]] = [
    {},
    {"bits": 5, "hidden_size": 9, "batch_size": 3},
    {"bits": 4, "hidden_size": 3, "bias": True, "loss": "cross_entropy", "optimizer": "adam", "init": "glorot"},
    {"bits": 3, "hidden_size": 5, "activation": "tanh", "optimizer": "momentum", "clip_norm": 0.5},
    {"bits": 4, "hidden_size": 6, "activation": "relu", "bias": True, "loss": "cross_entropy"},
    {"bits": 32, "hidden_size": 17},
]
CONFIGS = st.builds(
    lambda shape, seed, rate: TrainingConfig(**shape, seed=seed, learning_rate=rate),
    st.sampled_from(SHAPES),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.001, 0.01, 0.05]),
)


@settings(deadline=None, max_examples=60)
@given(config=CONFIGS)
def test_both_engines_give_the_same_numbers(config: TrainingConfig) -> None:
    compiled, reference = Trainer(config, "compiled"), Trainer(config, "numpy")
    errors, expected = compiled.advance(100).errors, reference.advance(100).errors
    np.testing.assert_allclose(errors, expected, rtol=0, atol=1e-9)
    assert compiled.trace is not None
    assert reference.trace is not None
    for name in ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas"):
        np.testing.assert_allclose(compiled.trace[name], reference.trace[name], rtol=0, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(compiled.trace.updates.flat, reference.trace.updates.flat, rtol=0, atol=1e-8)
    assert (compiled.trace.a, compiled.trace.b) == (reference.trace.a, reference.trace.b)
    for name, weights in compiled.parameters.items():
        np.testing.assert_allclose(weights, reference.parameters[name], rtol=0, atol=1e-9, err_msg=name)


@settings(deadline=None, max_examples=60)
@given(config=CONFIGS, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_a_compiled_run_is_bit_identical_however_it_is_cut(config: TrainingConfig, cuts: list[int]) -> None:
    whole, cut = Trainer(config, "compiled"), Trainer(config, "compiled")
    at_once = whole.advance(sum(cuts)).errors
    pieces = [cut.advance(n).errors for n in cuts]
    assert np.concatenate([np.empty(0), *pieces]).tobytes() == at_once.tobytes()
    assert state_of(whole) == state_of(cut)
    assert bits_of_trace(whole.trace) == bits_of_trace(cut.trace)


def test_two_threads_give_the_bits_of_one_after_the_other() -> None:
    configs = [TrainingConfig(seed=seed) for seed in (1, 2)]
    alone = [Trainer(config, "compiled").advance(20_000).errors.tobytes() for config in configs]
    trainers = [Trainer(config, "compiled") for config in configs]
    with ThreadPoolExecutor(2) as pool:
        together = [result.errors.tobytes() for result in pool.map(lambda trainer: trainer.advance(20_000), trainers)]
    assert together == alone


EXPLODING: dict[str, Any] = {"activation": "relu", "loss": "cross_entropy", "bias": True, "bits": 4, "hidden_size": 6}


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), rate=st.sampled_from([3.0, 10.0, 100.0]))
def test_both_engines_diverge_at_the_same_iteration_with_the_last_finite_state(seed: int, rate: float) -> None:
    config = TrainingConfig(**EXPLODING, seed=seed, learning_rate=rate)
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


def test_a_checkpoint_moves_from_engine_to_engine() -> None:
    config = TrainingConfig(**SHAPES[2])
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


def test_beyond_a_million_pairs_a_fixed_sample_is_evaluated() -> None:
    config = TrainingConfig(bits=32, hidden_size=17)
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
