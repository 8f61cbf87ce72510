"""The LSTM's gates and memory against the plain rendering, what they are for, and an example worked by hand."""

from math import atanh, log

import numpy as np
import pytest

from rnn_core.cells.lstm import LstmCell
from rnn_core.network.losses import LOSSES
from rnn_core.network.parameters import Parameters
from tests.rnn_core.cells.case import Case, H, T


@pytest.mark.parametrize("bias", [False, True])
def test_every_gate_and_the_memory_are_the_plain_renderings(bias: bool) -> None:
    case = Case("lstm", bias, "squared_error", 2, 3)
    assert list(case.activity.gates) == ["input", "forget", "candidate", "output"]
    assert case.activity.cell_states is not None
    for k in range(2):
        for t, (known, _, _) in enumerate(case.plainly(k)):
            for name in case.activity.gates:
                assert case.activity.gates[name][t, k] == pytest.approx(np.array(known[name]), abs=1e-14), name
            assert case.activity.cell_states[t + 1, k] == pytest.approx(np.array(known["cell"]), abs=1e-14)


def test_gates_have_a_value_for_each_unit_at_each_position_and_the_memory_one_more_to_start_from() -> None:
    activity = Case("lstm", False, "squared_error", 2).activity
    assert {name: gate.shape for name, gate in activity.gates.items()} == dict.fromkeys(LstmCell.gates, (T, 2, H))
    assert activity.cell_states is not None
    assert activity.cell_states.shape == (T + 1, 2, H)
    assert not activity.cell_states[0].any()


def test_parameters_come_in_the_order_in_which_they_are_drawn() -> None:
    shapes = LstmCell(3, 5, bias=True).shapes
    inputs, states = ["W_xi", "W_xf", "W_xg", "W_xo"], ["W_hi", "W_hf", "W_hg", "W_ho"]
    biases = ["b_i", "b_f", "b_g", "b_o"]
    assert list(shapes) == [*inputs, *states, "W_hy", *biases, "b_y"]
    assert [shapes[name] for name in inputs] == [(3, 5)] * 4
    assert [shapes[name] for name in states] == [(5, 5)] * 4
    assert [shapes[name] for name in biases] == [(5,)] * 4
    assert (shapes["W_hy"], shapes["b_y"]) == ((5, 1), (1,))
    assert list(LstmCell(3, 5).shapes) == [*inputs, *states, "W_hy"]


def test_an_open_forget_gate_keeps_the_memory_and_what_flows_back_along_it() -> None:
    """The first bit opens the input gate and closes the forget gate, every other does the opposite; the output gate is
    one half throughout. What is asked of the last state comes back to the first candidate undiminished.
    """
    cell = LstmCell(1, 1, bias=True)
    weights = Parameters(cell.shapes)
    weights["W_xi"][...], weights["b_i"][...] = 2000.0, -1000.0
    weights["W_xf"][...], weights["b_f"][...] = -2000.0, 1000.0
    weights["W_xg"][...], weights["W_hy"][...] = 0.5, 1.0
    with np.errstate(over="ignore"):
        activity = cell.forward(weights, np.array([1.0, 0.0, 0.0, 0.0]).reshape(4, 1, 1))
    assert activity.gates["input"].ravel().tolist() == [1.0, 0.0, 0.0, 0.0]
    assert activity.gates["forget"].ravel().tolist() == [0.0, 1.0, 1.0, 1.0]
    assert activity.cell_states is not None
    memory = np.tanh(0.5)
    assert activity.cell_states.ravel().tolist() == [0.0] + [memory] * 4
    _, descent = cell.bptt(weights, activity, np.array([[0.0], [0.0], [0.0], [1.0]]))
    expected = 0.5 * (1 - np.tanh(memory) ** 2) * (1 - memory**2)
    assert descent["W_xg"].item() == pytest.approx(expected, rel=1e-14)


def test_two_positions_of_one_unit_worked_by_hand() -> None:
    """Bits 1 and 1 of one operand, targets 1 and 0, cross-entropy; weights such that nearly all numbers are fractions.

    With L = log 3 and M = log 2: sigmoid(L) = 3/4, sigmoid(M) = 2/3, tanh(L/2) = 1/2. The candidates are chosen so
    that the memory is L/2 both times: g_1 = 2/3 L and g_2 = 1/4 L, by W_xg = artanh(2/3 L) and
    W_hg = 3 (artanh(1/4 L) - artanh(2/3 L)), called G.

    Forward::

        i_1 = s(L) = 3/4     f_1 = s(-L) = 1/4    g_1 = 2/3 L    o_1 = s(M) = 2/3
        c_1 = 1/4 0 + 3/4 2/3 L = 1/2 L           h_1 = 2/3 1/2 = 1/3          y_1 = s(6L/3) = s(log 9) = 9/10
        i_2 = s(L - 3L/3) = 1/2                   f_2 = s(-L + 6L/3) = s(L) = 3/4
        g_2 = tanh(W_xg + G/3) = 1/4 L            o_2 = s(M - 6M/3) = s(-M) = 1/3
        c_2 = 3/4 1/2 L + 1/2 1/4 L = 1/2 L       h_2 = 1/3 1/2 = 1/6          y_2 = s(6L/6) = 3/4

    Backward::

        dy_1 = 1 - 9/10 = 1/10                    dy_2 = 0 - 3/4 = -3/4
        dh_2 = -3/4 6L = -9/2 L
        do_2 = -9/2 L 1/2 1/3 2/3 = -1/2 L
        dc_2 = -9/2 L 1/3 (1 - 1/4) = -9/8 L
        di_2 = -9/8 L 1/4 L 1/2 1/2 = -9/128 L^2
        df_2 = -9/8 L 1/2 L 3/4 1/4 = -27/256 L^2
        dg_2 = -9/8 L 1/2 (1 - L^2/16) = -9/16 L (1 - L^2/16)
        asked of h_1: -9/128 L^2 (-3L) - 27/256 L^2 6L + dg_2 G - 1/2 L (-6M) = -27/64 L^3 + dg_2 G + 3 L M
        asked of c_1: -9/8 L 3/4 = -27/32 L
        dh_1 = 1/10 6L + what is asked of h_1
        do_1 = dh_1 1/2 2/3 1/3 = 1/9 dh_1
        dc_1 = dh_1 2/3 (1 - 1/4) - 27/32 L = 1/2 dh_1 - 27/32 L
        di_1 = dc_1 2/3 L 3/4 1/4 = 1/8 L dc_1
        df_1 = dc_1 0 = 0
        dg_1 = dc_1 3/4 (1 - 4/9 L^2)

    Summed: W_xk is dk_1 + dk_2 since both bits are 1; W_hk has only position 2's part, h_1 dk_2 = 1/3 dk_2;
    W_hy = 1/3 1/10 + 1/6 (-3/4) = -11/120.
    """
    L, M = log(3), log(2)  # noqa: N806
    G = 3 * (atanh(L / 4) - atanh(2 / 3 * L))  # noqa: N806
    cell = LstmCell(1, 1)
    weights = Parameters(cell.shapes)
    from_inputs = {"W_xi": L, "W_xf": -L, "W_xg": atanh(2 / 3 * L), "W_xo": M}
    from_state = {"W_hi": -3 * L, "W_hf": 6 * L, "W_hg": G, "W_ho": -6 * M}
    for name, value in {**from_inputs, **from_state, "W_hy": 6 * L}.items():
        weights[name][...] = value
    activity = cell.forward(weights, np.ones((2, 1, 1)))
    output_deltas = LOSSES["cross_entropy"]().output_deltas(activity.outputs, np.array([[1.0], [0.0]]))
    hidden_deltas, descent = cell.bptt(weights, activity, output_deltas)

    assert activity.gates["input"].ravel() == pytest.approx([3 / 4, 1 / 2], rel=1e-14)
    assert activity.gates["forget"].ravel() == pytest.approx([1 / 4, 3 / 4], rel=1e-14)
    assert activity.gates["candidate"].ravel() == pytest.approx([2 / 3 * L, L / 4], rel=1e-14)
    assert activity.gates["output"].ravel() == pytest.approx([2 / 3, 1 / 3], rel=1e-14)
    assert activity.cell_states is not None
    assert activity.cell_states.ravel() == pytest.approx([0, L / 2, L / 2], rel=1e-14)
    assert activity.hidden_states.ravel() == pytest.approx([0, 1 / 3, 1 / 6], rel=1e-14)
    assert activity.outputs.ravel() == pytest.approx([9 / 10, 3 / 4], rel=1e-14)
    assert output_deltas.ravel() == pytest.approx([1 / 10, -3 / 4], rel=1e-14)

    di_2, df_2, dg_2, do_2 = -9 / 128 * L**2, -27 / 256 * L**2, -9 / 16 * L * (1 - L**2 / 16), -L / 2
    dh_1 = 6 / 10 * L - 27 / 64 * L**3 + dg_2 * G + 3 * L * M
    dc_1 = dh_1 / 2 - 27 / 32 * L
    assert hidden_deltas.ravel() == pytest.approx([dh_1, -9 / 2 * L], rel=1e-13)
    assert {name: value.item() for name, value in descent.items()} == pytest.approx(
        {
            "W_xi": L / 8 * dc_1 + di_2,
            "W_xf": df_2,
            "W_xg": dc_1 * 3 / 4 * (1 - 4 / 9 * L**2) + dg_2,
            "W_xo": dh_1 / 9 + do_2,
            "W_hi": di_2 / 3,
            "W_hf": df_2 / 3,
            "W_hg": dg_2 / 3,
            "W_ho": do_2 / 3,
            "W_hy": -11 / 120,
        },
        rel=1e-13,
    )
