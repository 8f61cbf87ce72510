import numpy as np

from rnn_core.assessment.metrics import absolute_error, predicted_bits

OUTPUTS = np.array([[0.75, 0.25, 0.5], [0.0, 1.0, 0.625]])  # (T=2, B=3)
TARGETS = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])


def test_the_error_is_the_sum_over_positions_and_the_mean_over_the_batch() -> None:
    errors = absolute_error(np.stack([OUTPUTS, TARGETS]), np.stack([TARGETS, TARGETS]))
    assert errors.tolist() == [(0.25 + 0.75 + 0.5 + 0.0 + 0.0 + 0.625) / 3, 0.0]


def test_one_half_everywhere_is_wrong_by_half_the_positions() -> None:
    assert absolute_error(np.full((4, 8, 3), 0.5), np.ones((4, 8, 3))).tolist() == [4.0] * 4


def test_no_iterations_have_no_errors() -> None:
    assert absolute_error(np.empty((0, 8, 1)), np.empty((0, 8, 1))).shape == (0,)


def test_a_bit_is_one_only_above_one_half() -> None:
    outputs = np.array([0.0, 0.5, np.nextafter(0.5, 1.0), 1.0])
    assert predicted_bits(outputs).tolist() == [0, 0, 1, 1]
