"""The cell against an independent forward pass, numerical gradients, and two examples worked by hand."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rnn_core.cells.cell import Activity
from rnn_core.cells.elman import ElmanCell
from rnn_core.losses import LOSSES
from rnn_core.parameters import Parameters
from tests.rnn_core.plain import loss_of, positions, slope, slopes

Array = NDArray[np.float64]

ACTIVATIONS = ["sigmoid", "tanh", "relu"]
T, H = 4, 3


class Case:
    """A cell with random weights, inputs off the grid of bits, random target bits, and what the cell computed."""

    def __init__(self, activation: str, bias: bool, loss: str, batch: int) -> None:
        random = np.random.RandomState(11)
        self.activation, self.loss = activation, loss
        self.cell = ElmanCell(2, H, activation, bias)
        self.weights = Parameters(self.cell.shapes)
        self.weights.flat[...] = random.uniform(-1.0, 1.0, self.weights.flat.size)
        self.inputs = random.uniform(-1.0, 1.0, (T, batch, 2))
        self.targets = random.randint(2, size=(T, batch)).astype(float)
        self.activity: Activity = self.cell.forward(self.weights, self.inputs)
        self.output_deltas = LOSSES[loss]().output_deltas(self.activity.outputs, self.targets)
        self.hidden_deltas, self.descent = self.cell.bptt(self.weights, self.activity, self.output_deltas)

    def loss_with(self, name: str, values: Array) -> float:
        weights: Mapping[str, Array] = {**self.weights, name: values}
        return loss_of(weights, self.inputs, self.targets, self.activation, self.loss)

    def loss_at(self, flat: Array) -> float:
        return loss_of(self.weights.like(flat), self.inputs, self.targets, self.activation, self.loss)


CASES = list(product(ACTIVATIONS, [False, True], ["squared_error", "cross_entropy"], [1, 3]))


@pytest.fixture(params=CASES, ids=["-".join(map(str, case)) for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


def test_forward_is_the_plain_forward(case: Case) -> None:
    for k in range(case.inputs.shape[1]):
        for t, (_, state, logit) in enumerate(positions(case.weights, case.inputs[:, k], case.activation)):
            assert case.activity.hidden_states[t + 1, k] == pytest.approx(np.array(state), abs=1e-13)
            assert case.activity.logits[t, k] == pytest.approx(logit, abs=1e-13)
            assert case.activity.outputs[t, k] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-13)


def test_the_state_before_the_first_bit_is_zero(case: Case) -> None:
    assert case.activity.hidden_states.shape == (T + 1, case.inputs.shape[1], H)
    assert not case.activity.hidden_states[0].any()


def test_no_case_sits_on_a_kink_of_relu_or_has_only_dead_units(case: Case) -> None:
    sums = np.array(
        [
            [totals for totals, _, _ in positions(case.weights, case.inputs[:, k], case.activation)]
            for k in range(case.inputs.shape[1])
        ]
    )
    assert np.abs(sums).min() > 1e-3
    assert 0.2 < (sums > 0).mean() < 0.9


def test_every_entry_of_the_descent_is_minus_the_numerical_gradient(case: Case) -> None:
    for name, values in case.weights.items():
        gradient = slopes(lambda changed, name=name: case.loss_with(name, changed), values)  # type: ignore[misc]
        assert case.descent[name] == pytest.approx(-gradient, abs=1e-8), name


def test_random_directions_descend_as_the_numerical_gradient_says(case: Case) -> None:
    random = np.random.RandomState(5)
    for _ in range(3):
        direction = random.normal(size=case.weights.flat.size)
        expected = -slope(case.loss_at, case.weights.flat, direction)
        assert float(case.descent.flat @ direction) == pytest.approx(expected, abs=1e-8)


def test_output_deltas_are_minus_the_gradient_at_the_logits(case: Case) -> None:
    def loss(nudges: Array) -> float:
        return loss_of(case.weights, case.inputs, case.targets, case.activation, case.loss, logit_nudges=nudges)

    assert case.output_deltas == pytest.approx(-slopes(loss, np.zeros_like(case.targets)), abs=1e-8)


def test_hidden_deltas_are_minus_the_gradient_at_the_pre_activations(case: Case) -> None:
    def loss(nudges: Array) -> float:
        return loss_of(case.weights, case.inputs, case.targets, case.activation, case.loss, hidden_nudges=nudges)

    assert case.hidden_deltas == pytest.approx(-slopes(loss, np.zeros_like(case.hidden_deltas)), abs=1e-8)


def test_a_batch_descends_by_the_sum_of_its_problems(case: Case) -> None:
    total = np.zeros_like(case.descent.flat)
    for k in range(case.inputs.shape[1]):
        activity = case.cell.forward(case.weights, case.inputs[:, k : k + 1])
        total += case.cell.bptt(case.weights, activity, case.output_deltas[:, k : k + 1])[1].flat
    assert case.descent.flat == pytest.approx(total, abs=1e-14)


def test_parameters_come_in_the_order_in_which_they_are_drawn() -> None:
    assert list(ElmanCell(2, 5).shapes.items()) == [("W_xh", (2, 5)), ("W_hy", (5, 1)), ("W_hh", (5, 5))]
    assert list(ElmanCell(2, 5, bias=True).shapes) == ["W_xh", "W_hy", "W_hh", "b_h", "b_y"]
    assert ElmanCell(2, 5, bias=True).shapes["b_h"] == (5,)
    assert ElmanCell(2, 5, bias=True).shapes["b_y"] == (1,)


def test_an_unknown_activation_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="softplus"):
        ElmanCell(2, 5, "softplus")


def test_two_steps_of_one_sigmoid_unit_worked_by_hand() -> None:
    """The two low bits of 3 + 2 = 5: inputs (1, 0) and (1, 1), targets 1 and 0, squared error.

    Forward, with s the sigmoid::

        h_1 = s(0.5)                         = 0.622459331202
        o_1 = s(1.2 h_1) = s(0.746951197442) = 0.678514017773
        h_2 = s(0.5 - 0.3 + 0.8 h_1) = s(0.697967464961) = 0.667736979037
        o_2 = s(1.2 h_2) = s(0.801284374845) = 0.690249154303

    Backward::

        do_1 = (1 - o_1) o_1 (1 - o_1)       =  0.070126619929
        do_2 = (0 - o_2) o_2 (1 - o_2)       = -0.147578899408
        dh_2 = 1.2 do_2 h_2 (1 - h_2) = 1.2 do_2 0.221864305863                = -0.039290988093
        dh_1 = (1.2 do_1 + 0.8 dh_2) h_1 (1 - h_1) = (...) 0.235003712202      =  0.012389196763

        W_xh: 1 dh_1 + 1 dh_2 = -0.026901791330 for a, 0 dh_1 + 1 dh_2 = -0.039290988093 for b
        W_hh: 0 dh_1 + h_1 dh_2 = -0.024457042170
        W_hy: h_1 do_1 + h_2 do_2 = -0.054892919520
    """
    cell = ElmanCell(2, 1)
    weights = {
        "W_xh": np.array([[0.5], [-0.3]]),
        "W_hh": np.array([[0.8]]),
        "W_hy": np.array([[1.2]]),
    }
    activity = cell.forward(weights, np.array([[[1.0, 0.0]], [[1.0, 1.0]]]))
    output_deltas = LOSSES["squared_error"]().output_deltas(activity.outputs, np.array([[1.0], [0.0]]))
    hidden_deltas, descent = cell.bptt(weights, activity, output_deltas)

    def exactly(values: list[float]) -> Any:
        return pytest.approx(values, abs=1e-12, rel=0)

    assert activity.hidden_states.ravel().tolist() == exactly([0, 0.622459331202, 0.667736979037])
    assert activity.logits.ravel().tolist() == exactly([0.746951197442, 0.801284374845])
    assert activity.outputs.ravel().tolist() == exactly([0.678514017773, 0.690249154303])
    assert output_deltas.ravel().tolist() == exactly([0.070126619929, -0.147578899408])
    assert hidden_deltas.ravel().tolist() == exactly([0.012389196763, -0.039290988093])
    assert descent["W_xh"].ravel().tolist() == exactly([-0.026901791330, -0.039290988093])
    assert descent["W_hh"].ravel().tolist() == exactly([-0.024457042170])
    assert descent["W_hy"].ravel().tolist() == exactly([-0.054892919520])


def test_two_steps_of_two_relu_units_worked_by_hand_are_exact() -> None:
    """Every number here is a sum of powers of two, so nothing rounds.

    Forward: x_1 = (1, 0) gives h_1 = (1, 2). x_2 = (1, 1) gives x_2 W_xh = (4, 1) and h_1 W_hh = (2.5, -0.5), so
    h_2 = (6.5, 0.5). Logits 1 - 4 = -3 and 6.5 - 1 = 5.5.

    Backward from do = (0.5, -0.25), all slopes 1: dh_2 = -0.25 (1, -2) = (-0.25, 0.5). The future asks of the first
    step dh_2 W_hh' = (-0.125 - 0.5, -0.25 + 0.125) = (-0.625, -0.125); with its own 0.5 (1, -2) that is
    dh_1 = (-0.125, -1.125).
    """
    cell = ElmanCell(2, 2, "relu")
    weights = {
        "W_xh": np.array([[1.0, 2.0], [3.0, -1.0]]),
        "W_hh": np.array([[0.5, -1.0], [1.0, 0.25]]),
        "W_hy": np.array([[1.0], [-2.0]]),
    }
    activity = cell.forward(weights, np.array([[[1.0, 0.0]], [[1.0, 1.0]]]))
    hidden_deltas, descent = cell.bptt(weights, activity, np.array([[0.5], [-0.25]]))
    assert activity.hidden_states[:, 0].tolist() == [[0.0, 0.0], [1.0, 2.0], [6.5, 0.5]]
    assert activity.logits[:, 0].tolist() == [-3.0, 5.5]
    assert hidden_deltas[:, 0].tolist() == [[-0.125, -1.125], [-0.25, 0.5]]
    assert descent["W_xh"].tolist() == [[-0.375, -0.625], [-0.25, 0.5]]
    assert descent["W_hh"].tolist() == [[-0.25, 0.5], [-0.5, 1.0]]
    assert descent["W_hy"].tolist() == [[-1.125], [0.875]]
