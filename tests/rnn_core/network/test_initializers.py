import math

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.network.initializers import INITIALIZERS, initial_parameters


@pytest.mark.parametrize("seed", [0, 5])
def test_uniform_weights_are_the_scripts_draws_in_its_order(seed: int) -> None:
    random = np.random.RandomState(seed)
    weights = Trainer(TrainingConfig(seed=seed, hidden_size=6)).parameters
    assert list(weights) == ["W_xh", "W_hy", "W_hh"]
    assert weights["W_xh"].tolist() == (2 * random.random_sample((2, 6)) - 1).tolist()
    assert weights["W_hy"].tolist() == (2 * random.random_sample((6, 1)) - 1).tolist()
    assert weights["W_hh"].tolist() == (2 * random.random_sample((6, 6)) - 1).tolist()


@pytest.mark.parametrize("init", list(INITIALIZERS))
def test_biases_begin_at_zero_and_draw_nothing(init: str) -> None:
    without = Trainer(TrainingConfig(init=init))
    with_biases = Trainer(TrainingConfig(init=init, bias=True))
    assert with_biases.parameters["b_h"].tolist() == [0.0] * 16
    assert with_biases.parameters["b_y"].tolist() == [0.0]
    for name, values in without.parameters.items():
        assert with_biases.parameters[name].tolist() == values.tolist()
    first, second = without.advance(1).trace, with_biases.advance(1).trace
    assert first is not None
    assert second is not None
    assert (first.a, first.b) == (second.a, second.b)


@pytest.mark.parametrize("init", list(INITIALIZERS))
def test_the_first_problem_is_drawn_right_after_the_weights(init: str) -> None:
    random = np.random.RandomState(9)
    initial_parameters({"W_xh": (2, 16), "W_hy": (16, 1), "W_hh": (16, 16)}, init, random)
    trace = Trainer(TrainingConfig(init=init, seed=9)).advance(1).trace
    assert trace is not None
    assert (trace.a, trace.b) == (random.randint(128), random.randint(128))


def test_glorot_is_uniform_scaled_to_its_bound() -> None:
    """sqrt(6 / (2 + 16)), sqrt(6 / (16 + 1)), sqrt(6 / (16 + 16))."""
    uniform = Trainer(TrainingConfig(seed=4)).parameters
    glorot = Trainer(TrainingConfig(seed=4, init="glorot")).parameters
    bounds = {"W_xh": math.sqrt(6 / 18), "W_hy": math.sqrt(6 / 17), "W_hh": math.sqrt(6 / 32)}
    for name, bound in bounds.items():
        assert glorot[name] == pytest.approx(uniform[name] * bound, rel=1e-14)
        assert np.abs(glorot[name]).max() < bound
