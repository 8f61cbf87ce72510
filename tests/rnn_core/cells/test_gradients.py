"""Every cell is compared with its plain rendering: the forward pass, and the gradients of the backward pass."""

from itertools import product

import numpy as np
import pytest

from tests.rnn_core.cells.case import KINDS, Case, H, T
from tests.rnn_core.plain import slope, slopes

CASES = list(product(KINDS, [False, True], ["squared_error", "cross_entropy"], [1, 2], [1, 2, 3]))


@pytest.fixture(scope="module", params=CASES, ids=["-".join(map(str, case)) for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


def test_forward_is_the_plain_forward(case: Case) -> None:
    for k in range(case.inputs.shape[1]):
        for t, (_, state, logit) in enumerate(case.plainly(k)):
            assert case.activity.hidden_states[t + 1, k] == pytest.approx(np.array(state), abs=1e-13)
            assert case.activity.logits[t, k] == pytest.approx(logit, abs=1e-13)
            assert case.activity.outputs[t, k] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-13)


def test_the_state_before_the_first_bit_is_zero(case: Case) -> None:
    assert case.activity.hidden_states.shape == (T + 1, case.inputs.shape[1], H)
    assert not case.activity.hidden_states[0].any()


def test_every_entry_of_the_descent_is_minus_the_numerical_gradient(case: Case) -> None:
    assert case.descent.flat == pytest.approx(-slopes(case.loss_with, case.weights.flat), abs=1e-8)


def test_random_directions_descend_as_the_numerical_gradient_says(case: Case) -> None:
    random = np.random.RandomState(5)
    for _ in range(3):
        direction = random.normal(size=case.weights.flat.size)
        expected = -slope(case.loss_with, case.weights.flat, direction)
        assert float(case.descent.flat @ direction) == pytest.approx(expected, abs=1e-8)


def test_no_part_of_the_descent_is_zero_by_accident(case: Case) -> None:
    assert {name for name, values in case.descent.items() if not values.any()} == set()


def test_output_deltas_are_minus_the_gradient_at_the_logits(case: Case) -> None:
    gradient = slopes(lambda nudges: case.loss_with(logit_nudges=nudges), np.zeros_like(case.targets))
    assert case.output_deltas == pytest.approx(-gradient, abs=1e-8)


def test_hidden_deltas_are_minus_the_gradient_where_the_cell_says(case: Case) -> None:
    """Of an Elman cell at the pre-activations, of a gated cell at the states: that is where the renderings nudge."""
    gradient = slopes(lambda nudges: case.loss_with(hidden_nudges=nudges), np.zeros_like(case.hidden_deltas))
    assert case.hidden_deltas == pytest.approx(-gradient, abs=1e-8)


def test_a_batch_descends_by_the_sum_of_its_problems(case: Case) -> None:
    total = np.zeros_like(case.descent.flat)
    for k in range(case.inputs.shape[1]):
        activity = case.cell.forward(case.weights, case.inputs[:, k : k + 1])
        hidden_deltas, descent = case.cell.bptt(case.weights, activity, case.output_deltas[:, k : k + 1])
        total += descent.flat
        assert case.hidden_deltas[:, k] == pytest.approx(hidden_deltas[:, 0], abs=1e-14)
    assert case.descent.flat == pytest.approx(total, abs=1e-14)


def test_going_back_leaves_weights_and_activity_as_they_were(case: Case) -> None:
    again = case.cell.forward(case.weights, case.inputs)
    states, outputs, weights = again.hidden_states.copy(), again.outputs.copy(), case.weights.flat.copy()
    case.cell.bptt(case.weights, again, case.output_deltas)
    assert (again.hidden_states == states).all()
    assert (again.outputs == outputs).all()
    assert (case.weights.flat == weights).all()
    assert (case.activity.hidden_states == states).all()
