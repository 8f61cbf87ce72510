import math

import numpy as np
import pytest

from rnn_core.network.activations import ACTIVATIONS, sigmoid
from tests.rnn_core.plain import FUNCTIONS

POINTS = np.array([-30.0, -2.5, -1.0, -0.125, 0.125, 0.75, 3.0, 30.0])


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_values_are_those_of_the_formula(name: str) -> None:
    expected = [FUNCTIONS[name](float(x)) for x in POINTS]
    assert ACTIVATIONS[name].function(POINTS).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_the_slope_from_the_output_is_the_numerical_derivative(name: str) -> None:
    activation = ACTIVATIONS[name]
    step = 1e-6
    expected = [(FUNCTIONS[name](float(x) + step) - FUNCTIONS[name](float(x) - step)) / (2 * step) for x in POINTS]
    assert activation.slope(activation.function(POINTS)).tolist() == pytest.approx(expected, abs=1e-8)


def test_the_sigmoid_of_zero_is_exactly_one_half() -> None:
    assert sigmoid(np.zeros(1)).tolist() == [0.5]


def test_the_sigmoid_far_out_is_exactly_zero_and_one() -> None:
    with np.errstate(over="ignore"):
        assert sigmoid(np.array([-1e308, -800.0, 800.0, 1e308])).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_the_sigmoid_of_x_and_minus_x_add_up_to_one() -> None:
    assert sigmoid(POINTS) + sigmoid(-POINTS) == pytest.approx(np.ones(len(POINTS)), abs=1e-15)


def test_relu_is_flat_at_zero() -> None:
    relu = ACTIVATIONS["relu"]
    assert relu.function(np.array([-math.ulp(0.0), 0.0, math.ulp(0.0)])).tolist() == [0.0, 0.0, math.ulp(0.0)]
    assert relu.slope(np.array([0.0, math.ulp(0.0)])).tolist() == [0.0, 1.0]
