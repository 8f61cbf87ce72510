"""The hidden state as a place, on networks whose memory is known by construction, and against the formulas written down
anew.
"""

from collections.abc import Mapping

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import HiddenStates, NothingHiddenError, hidden_states
from rnn_core.analysis.axes import best_threshold, fitted_axes
from rnn_core.analysis.states import state_sample
from rnn_core.network.activations import sigmoid
from rnn_core.network.parts import make_cell
from rnn_core.pieces import result_of
from rnn_core.types import Array, Integers
from tests.rnn_core.adders import Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder


def untrained(**config: object) -> tuple[TrainingConfig, dict[str, Array]]:
    trainer = Trainer(TrainingConfig(**config), "numpy")  # type: ignore[arg-type]
    return trainer.config, trainer.parameters


def check_sound(found: HiddenStates, hidden_size: int) -> None:
    """What holds of every answer."""
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-12)
    assert found.axes.shape == (2, hidden_size)
    assert found.origin.shape == found.tells.shape == (hidden_size,)
    assert 0 <= found.separation <= 1
    assert 0 < found.base_rate < 1
    assert (np.abs(found.tells) <= 1 + 1e-12).all()
    assert all(np.isfinite([point.x, point.y]).all() for point in found.points)


def carry(a: int, b: int, position: int) -> int:
    """What is carried out of a position."""
    low = 2 << position
    return int(a % low + b % low >= low)


def after(config: TrainingConfig, parameters: Mapping[str, Array], operands: tuple[int, ...], position: int) -> Array:
    """The hidden state after a position."""
    bits = np.array([[[number >> t & 1 for number in operands]] for t in range(position + 1)], dtype=float)
    state: Array = make_cell(config).forward(parameters, bits).hidden_states[-1, 0]
    return state


@pytest.mark.parametrize("adder", [sound_adder(), misreading_adder(), sound_adder(12)])
def test_the_memory_of_a_sound_adder_is_perfect(adder: Adder) -> None:
    found = hidden_states(adder.config, adder.parameters)
    check_sound(found, 3)
    assert found.separation == 1
    assert 0.5 < found.base_rate < 0.6
    # Its second unit is the carry, and the other units do not change where a differs from b.
    np.testing.assert_allclose(found.axes[0], [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(found.tells, [0, 1, 0], atol=1e-6)
    assert all((point.x > 0) == (point.state == "carry 1") for point in found.points)


def test_an_adder_that_forgets_one_case_is_found_out() -> None:
    adder = forgetful_adder()
    found = hidden_states(adder.config, adder.parameters)
    check_sound(found, 3)
    assert found.base_rate + 0.1 < found.separation < 0.95


def test_a_deaf_adder_tells_no_more_than_the_bits() -> None:
    adder = deaf_adder()
    found = hidden_states(adder.config, adder.parameters)
    check_sound(found, 3)
    assert found.separation == pytest.approx(found.base_rate)
    assert (found.tells == 0).all()


def test_points_are_states_of_their_problems_where_the_bits_do_not_tell() -> None:
    config, parameters = untrained()
    found = hidden_states(config, parameters)
    check_sound(found, 16)
    assert 500 <= len(found.points) <= 1000
    for point in found.points[::7]:
        assert point.b is not None
        assert point.c is None
        assert (point.a >> point.position & 1) != (point.b >> point.position & 1)
        assert point.position > 0
        assert point.state == f"carry {carry(point.a, point.b, point.position)}"
        state = after(config, parameters, (point.a, point.b), point.position)
        np.testing.assert_allclose([point.x, point.y], found.axes @ (state - found.origin), atol=1e-6)


def test_it_is_what_plain_formulas_give() -> None:
    """The whole analysis once more, one number at a time, for the cell of the article."""
    trainer = Trainer(TrainingConfig(seed=4), "numpy")
    trainer.advance(3000)
    p = trainer.parameters
    found = hidden_states(trainer.config, p)
    sample = state_sample("addition", 8, 2**11)

    def collect(problems: Integers) -> tuple[Array, Array]:
        states, carries = [], []
        for a, b in problems.tolist():
            h = np.zeros(16)
            for t in range(8):
                x = np.array([a >> t & 1, b >> t & 1], dtype=float)
                h = sigmoid(x @ p["W_xh"] + h @ p["W_hh"])
                if x[0] != x[1] and t > 0:
                    states.append(h)
                    carries.append(carry(a, b, t))
        return np.array(states), np.array(carries)

    fit, fit_carries = collect(sample.problems[: sample.fitting])
    test, test_carries = collect(sample.problems[sample.fitting :])
    means = [fit[fit_carries == k].mean(axis=0) for k in (0, 1)]
    first = (means[1] - means[0]) / np.linalg.norm(means[1] - means[0])
    np.testing.assert_allclose(found.axes[0], first, atol=1e-9)
    np.testing.assert_allclose(found.origin, (means[0] + means[1]) / 2, atol=1e-9)
    around = fit - fit.mean(axis=0)
    rest = around - np.outer(around @ first, first)
    second = np.linalg.svd(rest, full_matrices=False)[2][0]
    assert abs(found.axes[1] @ second) == pytest.approx(1, abs=1e-9)
    assert found.axes[1] @ p["W_hy"][:, 0] > 0
    places = fit @ first
    cuts = (np.sort(places)[1:] + np.sort(places)[:-1]) / 2
    right = [np.mean((places > cut) == fit_carries) for cut in cuts]
    best = [cut for cut, share in zip(cuts, right, strict=True) if share == max(right)]
    shares = [np.mean((test @ first > cut) == test_carries) for cut in best]
    assert min(shares) - 1e-12 <= found.separation <= max(shares) + 1e-12
    assert found.tested == len(test)
    assert found.base_rate == pytest.approx(max(test_carries.mean(), 1 - test_carries.mean()))
    for unit in range(16):
        correlation = np.corrcoef(fit[:, unit], fit_carries)[0, 1]
        assert found.tells[unit] == pytest.approx(correlation, abs=1e-9)


@pytest.mark.parametrize("task", ["addition", "subtraction", "parity", "comparison", "three_numbers"])
@pytest.mark.parametrize("bits", [5, 8, 32])
def test_fitting_and_testing_share_no_problem(task: str, bits: int) -> None:
    sample = state_sample(task, bits, 2**11)
    problems = [tuple(problem) for problem in sample.problems.tolist()]
    assert len(set(problems)) == len(problems)
    assert 0 < sample.fitting < len(problems)


def test_points_are_of_problems_to_which_nothing_was_fitted() -> None:
    found = hidden_states(*untrained())
    sample = state_sample("addition", 8, 2**11)
    fitting = {tuple(problem) for problem in sample.problems[: sample.fitting].tolist()}
    assert not any((point.a, point.b) in fitting for point in found.points)


def test_training_makes_two_clouds_of_one() -> None:
    trainer = Trainer(TrainingConfig(seed=0), "numpy")
    before = hidden_states(trainer.config, trainer.parameters)
    trainer.advance(9000)
    after = hidden_states(trainer.config, trainer.parameters)
    assert before.separation < 0.75
    assert after.separation > 0.99
    assert [(point.a, point.b, point.position) for point in before.points] == [
        (point.a, point.b, point.position) for point in after.points
    ]


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_the_order_of_units_changes_nothing(cell: str) -> None:
    config, parameters = untrained(cell=cell, hidden_size=6, bias=True, seed=3)
    order = np.array([3, 0, 5, 1, 4, 2])
    moved = {}
    for name, values in parameters.items():
        columns = values if name in ("W_hy", "b_y") else values[..., order]
        moved[name] = columns[order] if name.startswith("W_h") else columns
    one, other = hidden_states(config, parameters), hidden_states(config, moved)
    assert one.separation == pytest.approx(other.separation)
    np.testing.assert_allclose(one.places(), other.places(), atol=1e-6)
    np.testing.assert_allclose(one.tells[order], other.tells, atol=1e-9)


def test_a_useless_unit_changes_nothing() -> None:
    adder = sound_adder()
    wider = {name: np.zeros_like(values) for name, values in adder.parameters.items()}
    wider["W_xh"], wider["W_hy"], wider["W_hh"] = np.zeros((2, 4)), np.zeros((4, 1)), np.zeros((4, 4))
    wider["b_h"], wider["b_y"] = np.zeros(4), adder.parameters["b_y"]
    for name in ("W_xh", "b_h"):
        wider[name][..., :3] = adder.parameters[name]
    wider["W_hh"][:3, :3], wider["W_hy"][:3] = adder.parameters["W_hh"], adder.parameters["W_hy"]
    config = TrainingConfig(bits=8, hidden_size=4, bias=True)
    found = hidden_states(config, wider)
    check_sound(found, 4)
    assert found.separation == 1
    assert found.tells[3] == 0
    np.testing.assert_allclose(found.axes[0], [0, 1, 0, 0], atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cells_show_their_hidden_state(cell: str) -> None:
    config, parameters = untrained(cell=cell, hidden_size=5)
    found = hidden_states(config, parameters)
    check_sound(found, 5)
    point = found.points[0]
    assert point.b is not None
    state = after(config, parameters, (point.a, point.b), point.position)
    np.testing.assert_allclose([point.x, point.y], found.axes @ (state - found.origin), atol=1e-6)


def counting_adder() -> Adder:
    """It adds three numbers: unit k says whether there are at least k ones, of three bits and a carry of 0, 1 or 2.
    Units 2 and 4 are the carry.
    """
    sure = 60.0
    recurrent = np.zeros((5, 5))
    recurrent[[1, 3]] = sure
    return Adder(
        TrainingConfig(task="three_numbers", bits=8, hidden_size=5, bias=True),
        {
            "W_xh": np.full((3, 5), sure),
            "W_hy": sure * np.array([[1.0], [-1.0], [1.0], [-1.0], [1.0]]),
            "W_hh": recurrent,
            "b_h": -sure * np.array([0.5, 1.5, 2.5, 3.5, 4.5]),
            "b_y": -sure * np.array([0.5]),
        },
    )


def test_three_numbers_need_three_clouds() -> None:
    adder = counting_adder()
    found = hidden_states(adder.config, adder.parameters)
    check_sound(found, 5)
    assert found.separation == 1
    assert found.names == ("carry 0", "carry 1", "carry 2")
    spans = [[point.x for point in found.points if point.state == name] for name in found.names]
    assert max(spans[0]) < min(spans[1])
    assert max(spans[1]) < min(spans[2])
    point = found.points[5]
    assert point.b is not None
    assert point.c is not None
    low = 2 << point.position
    assert point.state == f"carry {(point.a % low + point.b % low + point.c % low) // low}"


def test_without_recurrence_three_numbers_tell_no_more_than_the_bits() -> None:
    adder = counting_adder()
    adder.parameters["W_hh"][...] = 0
    found = hidden_states(adder.config, adder.parameters)
    check_sound(found, 5)
    assert found.separation == pytest.approx(found.base_rate)


@pytest.mark.parametrize("task", ["subtraction", "parity", "comparison"])
def test_other_tasks_show_what_their_machines_remember(task: str) -> None:
    found = hidden_states(*untrained(task=task))
    check_sound(found, 16)
    assert {point.state for point in found.points} == set(found.names)
    assert all((point.b is None) == (task == "parity") for point in found.points)


@pytest.mark.parametrize("config", [{"task": "xor"}, {"bits": 2}])
def test_where_the_bits_tell_everything_there_is_nothing_to_see(config: dict[str, object]) -> None:
    with pytest.raises(NothingHiddenError):
        hidden_states(*untrained(**config))


def test_a_dead_network_has_axes_too() -> None:
    config, parameters = untrained()
    found = hidden_states(config, {name: np.zeros_like(values) for name, values in parameters.items()})
    check_sound(found, 16)
    assert found.separation == pytest.approx(found.base_rate)
    assert all(point.x == point.y == 0 for point in found.points)


def test_one_unit_has_one_axis() -> None:
    found = hidden_states(*untrained(hidden_size=1))
    assert abs(found.axes[0, 0]) == 1
    assert found.axes[1, 0] == 0
    assert all(point.y == 0 for point in found.points)


def test_states_that_are_no_places_are_wrong() -> None:
    config, parameters = untrained(activation="relu", bits=6)
    parameters["W_hh"][...] = 1e200
    parameters["W_xh"][...] = 1e200
    found = hidden_states(config, parameters)
    assert found.separation == 0
    assert found.points == ()
    assert np.isfinite(found.axes).all()
    assert np.isfinite(found.origin).all()


def test_pieces_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config, parameters = untrained(cell="gru", bits=6)
    whole = hidden_states(config, parameters)
    monkeypatch.setattr("rnn_core.analysis.states.TOGETHER", 2**12)
    monkeypatch.setattr("rnn_core.analysis.axes.TOGETHER", 2**12)
    parts = hidden_states(config, parameters)
    assert parts.separation == whole.separation
    np.testing.assert_allclose(parts.places(), whole.places(), atol=1e-6)


@pytest.mark.parametrize(
    "config", [{"bits": 32, "hidden_size": 128}, {"bits": 3}, {"task": "three_numbers", "bits": 4}]
)
def test_it_is_bounded(config: dict[str, object]) -> None:
    found = hidden_states(*untrained(**config))
    assert 0 < len(found.points) <= 640
    assert found.states.nbytes <= 2**18


@pytest.mark.parametrize(
    ("places", "beyond", "threshold"),
    [
        ([0, 1, 2, 3], [0, 0, 1, 1], 1.5),
        ([3, 2, 1, 0], [1, 1, 0, 0], 1.5),
        ([0, 1, 5, 8], [0, 1, 0, 1], 6.5),  # two cuts are right three times: the one in the wider gap
        ([2, 2, 2], [0, 0, 1], np.inf),  # nothing can be told: the most frequent
        ([2, 2, 2], [0, 1, 1], -np.inf),
        ([1], [1], -np.inf),
    ],
)
def test_the_threshold_is_right_most_often(places: list[float], beyond: list[int], threshold: float) -> None:
    assert best_threshold(np.array(places, dtype=float), np.array(beyond, dtype=bool)) == threshold


def test_equal_means_leave_the_direction_that_differs_most() -> None:
    states = np.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0]])
    axes = result_of(fitted_axes(states, np.array([0, 0, 1, 1]), 2, np.array([-1.0, 0])))
    np.testing.assert_allclose(axes.vectors, [[-1, 0], [0, 1]], atol=1e-12)
