"""What only the Elman cell has, and two examples worked by hand. Its gradients are in `test_gradients`."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from rnn_core.cells.elman import ElmanCell
from rnn_core.network.losses import LOSSES
from tests.rnn_core.cells.case import Case


@pytest.mark.parametrize(("bias", "batch", "inputs"), list(product([False, True], [1, 2], [1, 2, 3])))
def test_no_case_of_the_gradients_sits_on_a_kink_of_relu_or_has_only_dead_units(
    bias: bool, batch: int, inputs: int
) -> None:
    case = Case("elman-relu", bias, "squared_error", batch, inputs)
    sums = np.array([[totals for totals, _, _ in case.plainly(k)] for k in range(batch)])
    assert np.abs(sums).min() > 1e-3
    assert 0.2 < (sums > 0).mean() < 0.9


def test_it_has_neither_gates_nor_a_state_beside_the_hidden_one() -> None:
    activity = Case("elman-tanh", False, "squared_error", 1).activity
    assert ElmanCell.gates == ()
    assert activity.gates == {}
    assert activity.cell_states is None


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
