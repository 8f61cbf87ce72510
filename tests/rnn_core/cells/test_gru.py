"""The GRU's gates against the plain rendering, what they are for, and an example worked by hand."""

from math import log

import numpy as np
import pytest

from rnn_core.cells.gru import GruCell
from rnn_core.network.losses import LOSSES
from rnn_core.network.parameters import Parameters
from tests.rnn_core.cells.case import Case, H, T


@pytest.mark.parametrize("bias", [False, True])
def test_every_gate_is_the_plain_renderings(bias: bool) -> None:
    case = Case("gru", bias, "squared_error", 2, 3)
    assert list(case.activity.gates) == ["update", "reset", "candidate"]
    for k in range(2):
        for t, (known, _, _) in enumerate(case.plainly(k)):
            for name, values in known.items():
                assert case.activity.gates[name][t, k] == pytest.approx(np.array(values), abs=1e-14), name


def test_gates_have_a_value_for_each_unit_at_each_position_and_there_is_no_cell_state() -> None:
    activity = Case("gru", False, "squared_error", 2).activity
    assert {name: gate.shape for name, gate in activity.gates.items()} == dict.fromkeys(GruCell.gates, (T, 2, H))
    assert activity.cell_states is None


def test_parameters_come_in_the_order_in_which_they_are_drawn() -> None:
    assert list(GruCell(2, 5).shapes.items()) == [
        ("W_xz", (2, 5)),
        ("W_xr", (2, 5)),
        ("W_xn", (2, 5)),
        ("W_hz", (5, 5)),
        ("W_hr", (5, 5)),
        ("W_hn", (5, 5)),
        ("W_hy", (5, 1)),
    ]
    biases = list(GruCell(2, 5, bias=True).shapes.items())[7:]
    assert biases == [("b_z", (5,)), ("b_r", (5,)), ("b_n", (5,)), ("b_y", (1,))]


def test_an_open_update_gate_keeps_the_state_and_what_flows_back() -> None:
    """At the first bit the update gate is 0, the state becomes tanh(1); then it is 1, and nothing changes any more."""
    cell = GruCell(1, 1)
    weights = Parameters(cell.shapes)
    weights["W_xz"][...], weights["W_xn"][...], weights["W_hz"][...] = -2000.0, 1.0, 2000.0
    weights["W_hy"][...] = 1.0
    with np.errstate(over="ignore"):
        activity = cell.forward(weights, np.array([1.0, 0.0, 0.0, 0.0]).reshape(4, 1, 1))
    assert activity.gates["update"].ravel().tolist() == [0.0, 1.0, 1.0, 1.0]
    assert activity.hidden_states.ravel().tolist() == [0.0] + [np.tanh(1.0)] * 4
    hidden_deltas, _ = cell.bptt(weights, activity, np.array([[0.0], [0.0], [0.0], [0.5]]))
    assert hidden_deltas.ravel().tolist() == [0.5] * 4


def test_two_positions_of_one_unit_worked_by_hand() -> None:
    """Bits 1 and 1 of one operand, targets 1 and 0, cross-entropy; weights such that nearly all numbers are fractions.

    With L = log 3 and M = log 3/2: sigmoid(L) = 3/4, sigmoid(-L) = 1/4, tanh(L) = 4/5, tanh(log 2) = 3/5.

    Forward::

        z_1 = s(L) = 3/4     r_1 = s(-L) = 1/4    n_1 = tanh(L) = 4/5
        h_1 = 3/4 0 + 1/4 4/5 = 1/5                                    o_1 = s(5L/5) = 3/4
        z_2 = s(L - 5L/5) = 1/2
        r_2 = s(-L + 5L/5) = 1/2
        n_2 = tanh(L + 1/2 (-10M/5)) = tanh(L - M) = tanh(log 2) = 3/5
        h_2 = 1/2 1/5 + 1/2 3/5 = 2/5                                  o_2 = s(10L/5) = s(log 9) = 9/10

    Backward::

        do_1 = 1 - 3/4 = 1/4              do_2 = 0 - 9/10 = -9/10
        dh_2 = -9/10 5L = -9/2 L
        dz_2 = -9/2 L (1/5 - 3/5) 1/2 1/2 = 9/20 L
        dn_2 = -9/2 L (1 - 1/2) (1 - 9/25) = -36/25 L
        dr_2 = -36/25 L (-10M/5) 1/2 1/2 = 18/25 L M
        asked of h_1: -9/2 L 1/2 + 9/20 L (-5L) + 18/25 L M 5L + (-36/25 L 1/2) (-10M)
                    = -9/4 L - 9/4 L^2 + 18/5 L^2 M + 36/5 L M
        dh_1 = 1/4 5L + that = -L - 9/4 L^2 + 18/5 L^2 M + 36/5 L M
        dz_1 = dh_1 (0 - 4/5) 3/4 1/4 = -3/20 dh_1
        dn_1 = dh_1 (1 - 3/4) (1 - 16/25) = 9/100 dh_1
        dr_1 = dn_1 0 = 0

    Summed: W_xk is dk_1 + dk_2 since both bits are 1; W_hk has only position 2's part, h_1 = 1/5 times dz_2, dr_2 and
    dn_2 r_2; W_hy = 1/5 1/4 + 2/5 (-9/10) = -31/100.
    """
    L, M = log(3), log(3 / 2)  # noqa: N806
    cell = GruCell(1, 1)
    weights = Parameters(cell.shapes)
    by_hand = {"W_xz": L, "W_xr": -L, "W_xn": L, "W_hz": -5 * L, "W_hr": 5 * L, "W_hn": -10 * M, "W_hy": 5 * L}
    for name, value in by_hand.items():
        weights[name][...] = value
    activity = cell.forward(weights, np.ones((2, 1, 1)))
    output_deltas = LOSSES["cross_entropy"]().output_deltas(activity.outputs, np.array([[1.0], [0.0]]))
    hidden_deltas, descent = cell.bptt(weights, activity, output_deltas)

    assert activity.gates["update"].ravel() == pytest.approx([3 / 4, 1 / 2], rel=1e-14)
    assert activity.gates["reset"].ravel() == pytest.approx([1 / 4, 1 / 2], rel=1e-14)
    assert activity.gates["candidate"].ravel() == pytest.approx([4 / 5, 3 / 5], rel=1e-14)
    assert activity.hidden_states.ravel() == pytest.approx([0, 1 / 5, 2 / 5], rel=1e-14)
    assert activity.outputs.ravel() == pytest.approx([3 / 4, 9 / 10], rel=1e-14)
    assert output_deltas.ravel() == pytest.approx([1 / 4, -9 / 10], rel=1e-14)

    first = -L - 9 / 4 * L * L + 18 / 5 * L * L * M + 36 / 5 * L * M  # dh_1
    assert hidden_deltas.ravel() == pytest.approx([first, -9 / 2 * L], rel=1e-13)
    assert {name: value.item() for name, value in descent.items()} == pytest.approx(
        {
            "W_xz": -3 / 20 * first + 9 / 20 * L,
            "W_xr": 18 / 25 * L * M,
            "W_xn": 9 / 100 * first - 36 / 25 * L,
            "W_hz": 9 / 100 * L,
            "W_hr": 18 / 125 * L * M,
            "W_hn": -18 / 125 * L,
            "W_hy": -31 / 100,
        },
        rel=1e-13,
    )
