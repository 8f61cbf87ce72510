"""How far back the error reaches, against finite differences of the cell's own formulas."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import GradientReach, gradient_reach
from rnn_core.assessment.prediction import OperandError
from rnn_core.network.activations import ACTIVATIONS, sigmoid
from rnn_core.network.bits import bits_of
from rnn_core.network.parts import make_cell
from rnn_core.types import Array
from tests.rnn_core.adders import deaf_adder

STEP = 1e-6


def network(**config: object) -> tuple[TrainingConfig, dict[str, Array]]:
    trainer = Trainer(TrainingConfig(bits=5, hidden_size=4, bias=True, seed=3, **config), "numpy")  # type: ignore[arg-type]
    trainer.advance(40)
    return trainer.config, trainer.parameters


def loss_from(
    config: TrainingConfig, p: Mapping[str, Array], state: Array, memory: Array, bits: Array, target: int
) -> float:
    """The loss at the last of these positions, if the states before the first are `state` and `memory`. Written down
    anew, one number at a time where that is simple.
    """
    h, c = state, memory
    for x in bits:  # (I,)
        if config.cell == "elman":
            h = ACTIVATIONS[config.activation].function(x @ p["W_xh"] + h @ p["W_hh"] + p["b_h"])
        elif config.cell == "gru":
            z = sigmoid(x @ p["W_xz"] + h @ p["W_hz"] + p["b_z"])
            r = sigmoid(x @ p["W_xr"] + h @ p["W_hr"] + p["b_r"])
            h = z * h + (1 - z) * np.tanh(x @ p["W_xn"] + r * (h @ p["W_hn"]) + p["b_n"])
        else:
            i, f, o = (sigmoid(x @ p[f"W_x{k}"] + h @ p[f"W_h{k}"] + p[f"b_{k}"]) for k in "ifo")
            c = f * c + i * np.tanh(x @ p["W_xg"] + h @ p["W_hg"] + p["b_g"])
            h = o * np.tanh(c)
    out = float(sigmoid(h @ p["W_hy"] + p["b_y"])[0])
    if config.loss == "squared_error":
        return (target - out) ** 2 / 2
    return -float(np.log(out if target else 1 - out))


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_it_is_the_gradient_at_each_state(cell: str, loss: str) -> None:
    config, parameters = network(cell=cell, loss=loss)
    a, b = 11, 22
    bits = bits_of(np.array([a, b]), 5).T.astype(float)  # (T, I)
    targets = bits_of(np.array(a + b), 5)
    norms = gradient_reach(config, parameters, a, b).norms
    activity = make_cell(config).forward(parameters, bits[:, np.newaxis])
    for t in range(5):
        for s in range(t + 1):
            state = activity.hidden_states[s + 1, 0]
            memory = state * 0 if activity.cell_states is None else activity.cell_states[s + 1, 0]
            gradient = []
            for unit in np.eye(4) * STEP:
                ends = [
                    loss_from(config, parameters, state + sign * unit, memory, bits[s + 1 : t + 1], int(targets[t]))
                    for sign in (1, -1)
                ]
                gradient.append((ends[0] - ends[1]) / (2 * STEP))
            assert norms[t, s] == pytest.approx(np.linalg.norm(gradient), rel=1e-4, abs=1e-9), (t, s)
        assert np.isnan(norms[t, t + 1 :]).all()


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_other_activations_of_the_simple_cell(activation: str) -> None:
    config, parameters = network(activation=activation, init="glorot")
    norms = gradient_reach(config, parameters, 11, 22).norms
    bits = bits_of(np.array([11, 22]), 5).T.astype(float)
    targets = bits_of(np.array(33), 5)
    state = make_cell(config).forward(parameters, bits[:, np.newaxis]).hidden_states[2, 0]
    gradient = [
        (
            loss_from(config, parameters, state + unit, state, bits[2:5], int(targets[4]))
            - loss_from(config, parameters, state - unit, state, bits[2:5], int(targets[4]))
        )
        / (2 * STEP)
        for unit in np.eye(4) * STEP
    ]
    assert norms[4, 1] == pytest.approx(np.linalg.norm(gradient), rel=1e-4, abs=1e-9)


def test_without_recurrence_nothing_reaches_back() -> None:
    adder = deaf_adder(bits=4)
    norms = gradient_reach(adder.config, adder.parameters, 3, 1).norms
    assert (norms[np.tril_indices(4, -1)] == 0).all()


def test_in_a_fresh_network_of_the_article_it_vanishes() -> None:
    trainer = Trainer(TrainingConfig(), "numpy")
    norms = gradient_reach(trainer.config, trainer.parameters, 127, 1).norms
    for t in range(8):
        assert all(early < late for early, late in pairwise(norms[t, : t + 1])), t
    assert norms[7, 0] < 0.01 * norms[7, 7]


def test_it_has_the_width_of_the_problem() -> None:
    config, parameters = network()
    assert gradient_reach(config, parameters, 2**20, 3).norms.shape == (21, 21)


def test_pieces_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config, parameters = network(cell="gru")
    whole = gradient_reach(config, parameters, 11, 22).norms
    monkeypatch.setattr("rnn_core.analysis.reach.TOGETHER", 1)
    np.testing.assert_allclose(gradient_reach(config, parameters, 11, 22).norms, whole, rtol=1e-12)


def test_numbers_that_are_not_finite_reach_nowhere() -> None:
    config, parameters = network()
    parameters["W_hh"] = np.full_like(parameters["W_hh"], np.inf)
    assert np.isnan(gradient_reach(config, parameters, 3, 1).norms).any()


def test_a_problem_that_is_none_is_refused() -> None:
    config, parameters = network()
    with pytest.raises(OperandError):
        gradient_reach(config, parameters, -1, 2)


def test_the_shares_are_medians_of_what_is_left_by_distance() -> None:
    config, parameters = network()
    reach = gradient_reach(config, parameters, 11, 22)
    width = len(reach.norms)
    for distance in range(width):
        left = [reach.norms[t, t - distance] / reach.norms[t, t] for t in range(distance, width)]
        assert reach.shares[distance] == np.median(left)
    assert reach.shares[0] == 1


def test_where_nothing_is_finite_there_are_no_shares() -> None:
    assert np.isnan(GradientReach(np.full((3, 3), np.nan)).shares).all()
