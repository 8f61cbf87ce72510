import math

import numpy as np
import pytest

from rnn_core.network.losses import LOSSES
from tests.rnn_core.plain import logistic, slopes

LOGITS = np.array([[-4.0, -0.5], [0.0, 1.5], [6.0, 0.25]])
TARGETS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
OUTPUTS = np.vectorize(logistic)(LOGITS)


@pytest.mark.parametrize("name", list(LOSSES))
def test_output_deltas_are_minus_the_numerical_gradient_of_the_value(name: str) -> None:
    loss = LOSSES[name]()
    gradient = slopes(lambda logits: loss.value(logits, np.vectorize(logistic)(logits), TARGETS), LOGITS)
    assert loss.output_deltas(OUTPUTS, TARGETS) == pytest.approx(-gradient, abs=1e-9)


def test_squared_error_is_half_the_sum_of_squares() -> None:
    outputs, targets = np.array([[0.25, 0.5], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])
    loss = LOSSES["squared_error"]()
    assert loss.value(np.zeros((2, 2)), outputs, targets) == (0.5625 + 0.25 + 0.0 + 1.0) / 2
    assert loss.output_deltas(outputs, targets).tolist() == [[0.75 * 0.1875, -0.5 * 0.25], [0.0, 0.0]]


def test_cross_entropy_is_minus_the_sum_of_the_logarithms_of_what_was_right() -> None:
    expected = -sum(
        math.log(logistic(float(z)) if y else 1 - logistic(float(z)))
        for z, y in zip(LOGITS.ravel(), TARGETS.ravel(), strict=True)
    )
    assert LOSSES["cross_entropy"]().value(LOGITS, OUTPUTS, TARGETS) == pytest.approx(expected, rel=1e-13)
    assert LOSSES["cross_entropy"]().output_deltas(np.array([[0.25]]), np.array([[1.0]])).tolist() == [[0.75]]


def test_cross_entropy_of_a_hopeless_logit_is_its_size_and_not_infinite() -> None:
    logits, outputs = np.array([[-1000.0, 1000.0]]), np.array([[0.0, 1.0]])
    assert LOSSES["cross_entropy"]().value(logits, outputs, np.array([[1.0, 0.0]])) == 2000.0
    assert LOSSES["cross_entropy"]().value(logits, outputs, np.array([[0.0, 1.0]])) == 0.0


@pytest.mark.parametrize("z", [-1000.0, -700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 700.0, 1000.0])
def test_cross_entropy_is_exact_however_sure_the_logit(z: float) -> None:
    """log(1 + e^z) is max(z, 0) + log(1 + e^-|z|), which does not overflow; a target of 1 takes off z."""
    loss = LOSSES["cross_entropy"]()
    rest = math.log1p(math.exp(-abs(z)))
    for target, expected in ((0.0, max(z, 0.0) + rest), (1.0, max(-z, 0.0) + rest)):
        value = loss.value(np.array([[z]]), np.array([[0.5]]), np.array([[target]]))
        assert value == pytest.approx(expected, rel=1e-15, abs=1e-15)


def test_a_hopeless_logit_is_pulled_with_full_strength_by_cross_entropy_and_not_at_all_by_squared_error() -> None:
    outputs, targets = np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0, 1.0]])
    assert LOSSES["cross_entropy"]().output_deltas(outputs, targets).tolist() == [[1.0, -1.0, 0.0, 0.0]]
    assert LOSSES["squared_error"]().output_deltas(outputs, targets).tolist() == [[0.0, 0.0, 0.0, 0.0]]
