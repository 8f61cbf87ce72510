"""The compiled training loop is compared with a plain NumPy rendering."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rnn_core.kernels.calls.engine import Training, train
from rnn_core.kernels.machine.yielding import has_low_priority
from rnn_core.kernels.network.plan import Plan
from tests.patience import TRY_ALL
from tests.rnn_core.kernels.rendering import Floats, Rendering, draw

# From the script itself.
SCRIPT_ERRORS = {
    0: 3.45638663235765,
    1: 3.947749427031945,
    1000: 3.633891164979351,
    5000: 2.5335232775439245,
    20000: 0.2715311231987531,
    49999: 0.15198761637107985,
}


def train_in_cuts(plan: Plan, cuts: list[int], learning_rate: float = 0.1) -> tuple[Floats, Floats, Floats, Training]:
    """Parameters, moments, errors and the last call's result after training in calls of these lengths."""
    parameters, operands, answers = draw(plan, sum(cuts))
    moments, errors, step = np.zeros((plan.moments, plan.flat_size)), [], 0
    for length in cuts:
        problems = slice(step * plan.batch, (step + length) * plan.batch)
        result = train(
            plan, parameters, operands[problems], answers[problems], learning_rate, moments=moments, step=step,
            clip_norm=0.5 if plan.clipped else None,
        )  # fmt: skip
        errors.append(result.errors)
        step += length
    return parameters, moments, np.concatenate(errors), result


def test_the_errors_of_50000_iterations_are_the_scripts_and_the_first_5000_those_of_the_rendering() -> None:
    """Every one of the 50,000 is compared in test_seed_trajectory.py."""
    plan = Plan()
    parameters, operands, answers = draw(plan, 50_000)
    rendering = Rendering(plan, parameters, 0.1)
    expected = rendering.run(operands[:5000], answers[:5000])
    first = train(plan, parameters, operands[:5000], answers[:5000], 0.1)
    np.testing.assert_allclose(first.errors, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(parameters, rendering.parameters, rtol=0, atol=1e-9)
    rest = train(plan, parameters, operands[5000:], answers[5000:], 0.1)
    assert not rest.diverged
    errors = np.concatenate([first.errors, rest.errors])
    for iteration, error in SCRIPT_ERRORS.items():
        assert errors[iteration] == pytest.approx(error, abs=1e-9)


MIXED = [
    Plan(16, 8, bias=True),
    Plan(12, activation="relu", loss="cross_entropy", batch=3),
    Plan(17, 9, activation="relu", bias=True, optimizer="momentum", clipped=True),
    Plan(8, 8, optimizer="adam", bias=True, batch=4),
    Plan(33, 6, activation="tanh", optimizer="momentum", loss="cross_entropy", clipped=True, batch=2),
    Plan(7, 5, activation="tanh", optimizer="adam", loss="cross_entropy", bias=True, clipped=True, batch=3),
]

# Every size at which a block or a vector over positions begins to hold more; RNN_ADDER_ALL_SIZES=1 takes every pair.
HIDDEN, POSITIONS = (1, 2, 7, 8, 15, 16, 17, 32, 33, 128), (2, 5, 8, 17, 32)
SOME = [Plan(1, 2), Plan(2, 5), Plan(15, 32), Plan(32, 8), Plan(33, 17), Plan(128, 32), *MIXED]
EVERY = [Plan(hidden, positions) for hidden in HIDDEN for positions in POSITIONS]


def test_every_hidden_size_and_number_of_positions_has_its_turn() -> None:
    assert {plan.hidden for plan in SOME} >= set(HIDDEN)
    assert {plan.positions for plan in SOME} >= set(POSITIONS)


@pytest.mark.parametrize("plan", EVERY if TRY_ALL else SOME, ids=str)
def test_any_size_gives_the_errors_and_the_trace_of_the_rendering(plan: Plan) -> None:
    # Few iterations: with many units the map is chaotic, and no two ways of rounding agree for long.
    parameters, operands, answers = draw(plan, 8, seed=plan.hidden)
    clip_norm = 0.5 if plan.clipped else None
    rendering = Rendering(plan, parameters, 0.1, clip_norm)
    expected = rendering.run(operands, answers)
    result = train(plan, parameters, operands, answers, 0.1, clip_norm=clip_norm)
    np.testing.assert_allclose(result.errors, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(parameters, rendering.parameters, rtol=0, atol=1e-10)
    trace = result.trace
    assert trace is not None
    np.testing.assert_array_equal(trace.inputs, rendering.x[0])
    np.testing.assert_array_equal(trace.targets, rendering.y[0])
    np.testing.assert_array_equal(trace.hidden_states[0], np.zeros(plan.hidden))
    for name, theirs in (
        ("outputs", rendering.o), ("hidden_states", rendering.h), ("output_deltas", rendering.output_deltas),
        ("hidden_deltas", rendering.deltas), ("updates", rendering.updates[None]),
    ):  # fmt: skip
        np.testing.assert_allclose(getattr(trace, name), theirs[0], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("plan", MIXED, ids=str)
def test_activations_losses_optimizers_biases_batches_and_clipping_combine(plan: Plan) -> None:
    parameters, operands, answers = draw(plan, 300)
    clip_norm = 0.5 if plan.clipped else None
    rendering = Rendering(plan, parameters, 0.02, clip_norm)
    expected = rendering.run(operands, answers)
    result = train(plan, parameters, operands, answers, 0.02, clip_norm=clip_norm)
    np.testing.assert_allclose(result.errors, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(parameters, rendering.parameters, rtol=0, atol=1e-9)
    assert result.trace is not None
    np.testing.assert_allclose(result.trace.updates, rendering.updates, rtol=0, atol=1e-6)
    np.testing.assert_allclose(result.trace.hidden_deltas, rendering.deltas[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("plan", [Plan(), Plan(33, 17), *MIXED], ids=str)
def test_the_bits_do_not_depend_on_the_cuts(plan: Plan) -> None:
    whole = train_in_cuts(plan, [120], 0.02)
    cut = train_in_cuts(plan, [1, 1, 17, 0, 64, 37], 0.02)
    for ours, theirs in zip(whole[:3], cut[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert whole[3].trace is not None
    assert cut[3].trace is not None
    for ours, theirs in zip(whole[3].trace, cut[3].trace, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_threads_in_parallel_compute_the_same_bits_as_one_after_the_other() -> None:
    def run(hidden: int) -> Floats:
        return train_in_cuts(Plan(hidden), [5_000, 5_000])[2]

    alone = [run(hidden) for hidden in (16, 16, 32, 32)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, (16, 16, 32, 32)))
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_an_iteration_that_would_not_be_finite_is_undone_wherever_the_call_began(optimizer: str) -> None:
    plan = Plan(activation="relu", loss="cross_entropy", optimizer=optimizer)
    parameters, operands, answers = draw(plan, 500)
    fresh, moments = parameters.copy(), np.zeros((plan.moments, plan.flat_size))
    rate = 1e30
    result = train(plan, parameters, operands, answers, rate, moments=moments)
    done = len(result.errors)
    assert result.diverged
    assert 0 < done < 500
    assert np.isfinite(parameters).all()
    assert np.isfinite(moments).all()
    assert np.isfinite(result.errors).all()

    up_to_there, its_moments = fresh.copy(), np.zeros_like(moments)
    calm = train(plan, up_to_there, operands[:done], answers[:done], rate, moments=its_moments)
    assert not calm.diverged
    np.testing.assert_array_equal(parameters, up_to_there)
    np.testing.assert_array_equal(moments, its_moments)
    assert calm.trace is not None
    assert result.trace is not None
    for ours, theirs in zip(result.trace, calm.trace, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    again = train(plan, parameters, operands[done:], answers[done:], rate, moments=moments, step=done)
    assert again.diverged
    assert again.trace is None
    assert len(again.errors) == 0
    np.testing.assert_array_equal(parameters, up_to_there)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 40, 60, -1])
@pytest.mark.parametrize("hidden", [16, 32])
def test_poisoned_parameters_stop_at_once(poison: float, place: int, hidden: int) -> None:
    plan = Plan(hidden)
    parameters, operands, answers = draw(plan, 10)
    parameters[place] = poison
    before = parameters.copy()
    result = train(plan, parameters, operands, answers, 0.1)
    assert result.diverged
    assert len(result.errors) == 0
    assert result.trace is None
    np.testing.assert_array_equal(parameters, before)


def test_no_iterations_change_nothing() -> None:
    plan = Plan()
    parameters, operands, answers = draw(plan, 1)
    before = parameters.copy()
    result = train(plan, parameters, operands[:0], answers[:0], 0.1)
    assert (len(result.errors), result.trace, result.diverged) == (0, None, False)
    np.testing.assert_array_equal(parameters, before)


def test_arrays_of_another_shape_or_type_are_refused_by_name() -> None:
    plan = Plan()
    parameters, operands, answers = draw(plan, 3)
    with pytest.raises(ValueError, match=r"parameters is float64 of shape \(303,\)"):
        train(plan, parameters[:-1], operands, answers, 0.1)
    with pytest.raises(ValueError, match="operands is int32"):
        train(plan, parameters, operands.astype(np.int32), answers, 0.1)
    with pytest.raises(ValueError, match="answers"):
        train(plan, parameters, operands, answers[:-1], 0.1)
    with pytest.raises(ValueError, match=r"clip_norm is 1\.0, but the plan says clipped=False"):
        train(plan, parameters, operands, answers, 0.1, clip_norm=1.0)


def test_a_second_process_finds_every_plan_in_the_cache(tmp_path: Path) -> None:
    program = """
from rnn_core.kernels.calls import training
from rnn_core.kernels.network.plan import Plan
from tests.rnn_core.kernels.calls.test_training import train_in_cuts
for plan in (Plan(2, 2), Plan(3, 2)):
    train_in_cuts(plan, [1])
print(sum(training.train.stats.cache_hits.values()), sum(training.train.stats.cache_misses.values()))
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    first, second = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first.split() == ["0", "2"]
    assert second.split() == ["2", "0"]


def test_stepping_aside_for_others_changes_no_bit() -> None:
    plan = Plan(batch=3)
    found = []
    for low_priority in (False, True):
        parameters, operands, answers = draw(plan, 2000)
        errors = train(plan, parameters, operands, answers, 0.1, low_priority=low_priority).errors
        found.append((errors.tobytes(), parameters.tobytes()))
    assert found[0] == found[1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere priorities belong to processes")
def test_whether_a_thread_has_a_low_priority() -> None:
    def lowered() -> bool:
        os.setpriority(os.PRIO_PROCESS, 0, 10)
        return has_low_priority()

    before = has_low_priority()
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lowered).result()
    assert has_low_priority() is before
