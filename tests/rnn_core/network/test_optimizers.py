"""Three steps of each optimizer by hand, clipping, and both together in a run."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.cells import ElmanCell
from rnn_core.network.losses import LOSSES
from rnn_core.network.optimizers import OPTIMIZERS, State, clip_by_norm


def three_steps(name: str, descents: list[list[float]]) -> tuple[list[list[float]], State]:
    optimizer = OPTIMIZERS[name]()
    state = optimizer.initial_state(len(descents[0]))
    updates = []
    for descent in descents:
        update, state = optimizer.step(state, np.array(descent))
        updates.append(update.tolist())
    return updates, state


def test_sgd_follows_the_descent_itself() -> None:
    updates, state = three_steps("sgd", [[1.0, -2.0], [0.5, 0.0], [-1.0, 4.0]])
    assert updates == [[1.0, -2.0], [0.5, 0.0], [-1.0, 4.0]]
    assert state == {}


def test_momentum_keeps_nine_tenths_of_its_velocity() -> None:
    """v = g; 0.9 (1, -2) + (0.5, 0) = (1.4, -1.8); 0.9 (1.4, -1.8) + (-1, 4) = (0.26, 2.38)."""
    updates, state = three_steps("momentum", [[1.0, -2.0], [0.5, 0.0], [-1.0, 4.0]])
    assert np.array(updates) == pytest.approx(np.array([[1.0, -2.0], [1.4, -1.8], [0.26, 2.38]]), rel=1e-14)
    assert state["velocity"] == pytest.approx(np.array([0.26, 2.38]), rel=1e-14)


def test_adam_divides_the_corrected_mean_by_the_root_of_the_corrected_mean_square() -> None:
    """Descents 1, 2, -1.

    ====  =======================  ==================================  ==============  ==============
    step  m                        v                                   m / (1 - 0.9^t)  v / (1 - 0.999^t)
    ====  =======================  ==================================  ==============  ==============
    1     0.1                      0.001                               1               1
    2     0.09 + 0.2 = 0.29        0.000999 + 0.004 = 0.004999         1.526315789474  2.500750375188
    3     0.261 - 0.1 = 0.161      0.004994001 + 0.001 = 0.005994001   0.594095940959  1.999999666333
    ====  =======================  ==================================  ==============  ==============

    A coordinate of the opposite sign mirrors it.
    """
    updates, state = three_steps("adam", [[1.0, -1.0], [2.0, -2.0], [-1.0, 1.0]])
    expected = np.array([0.999999990000, 0.965182019718, 0.420089300600])
    assert np.array(updates)[:, 0] == pytest.approx(expected, abs=1e-12)
    assert np.array(updates)[:, 1] == pytest.approx(-expected, abs=1e-12)
    assert state["first_moment"] == pytest.approx(np.array([0.161, -0.161]), rel=1e-13)
    assert state["second_moment"] == pytest.approx(np.array([0.005994001, 0.005994001]), rel=1e-13)
    assert state["steps"].tolist() == [3.0]


def test_adam_halves_a_step_as_small_as_its_epsilon_since_that_is_added_to_the_root() -> None:
    """First step: m^ = g, sqrt(v^) = |g|, hence g / (|g| + 1e-8); with epsilon below the root it would be 1e-4."""
    updates, _ = three_steps("adam", [[1e-8, -3e-8]])
    assert updates[0] == pytest.approx([1 / 2, -3 / 4], rel=1e-9)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_step_leaves_the_memory_it_was_given_alone(name: str) -> None:
    optimizer = OPTIMIZERS[name]()
    _, state = optimizer.step(optimizer.initial_state(2), np.array([1.0, -3.0]))
    before = {key: array.copy() for key, array in state.items()}
    descent = np.array([0.5, 0.25])
    first, _ = optimizer.step(state, descent)
    second, _ = optimizer.step(state, descent)
    assert first.tolist() == second.tolist()
    assert descent.tolist() == [0.5, 0.25]
    assert {key: array.tolist() for key, array in state.items()} == {
        key: array.tolist() for key, array in before.items()
    }


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_nothing_to_descend_is_no_update(name: str) -> None:
    optimizer = OPTIMIZERS[name]()
    assert optimizer.step(optimizer.initial_state(2), np.zeros(2))[0].tolist() == [0.0, 0.0]


def test_a_longer_vector_is_shortened_to_the_limit_and_keeps_its_direction() -> None:
    assert clip_by_norm(np.array([3.0, -4.0]), 1.0) == pytest.approx(np.array([0.6, -0.8]), rel=1e-15)


@pytest.mark.parametrize("vector", [[3.0, -4.0], [0.3, 0.4], [0.0, 0.0]])
def test_a_vector_within_the_limit_is_followed_as_it_is(vector: list[float]) -> None:
    assert clip_by_norm(np.array(vector), 5.0).tolist() == vector


def test_a_vector_whose_squares_overflow_is_still_shortened_to_the_limit() -> None:
    with np.errstate(over="ignore"):
        clipped = clip_by_norm(np.array([3e200, -4e200]), 1.0)
    assert clipped == pytest.approx(np.array([0.6, -0.8]), rel=1e-12)


def test_a_vector_whose_squares_overflow_is_left_alone_within_the_limit() -> None:
    with np.errstate(over="ignore"):
        assert clip_by_norm(np.array([3e200, -4e200]), 1e300).tolist() == [3e200, -4e200]


EXTREMES = [
    ([1e-170] * 4, 1e-200),
    ([1e-170] * 4, 1e-171),
    ([3e-200, -4e-200, 0.0], 1e-200),
    ([5e-324, 0.0], 5e-324),
    ([1e-310, -1e-310], 1e-311),
    ([3e200, -4e200], 1e-300),
    ([3e-5, 4e-5], 1e-310),
    ([1e300, 1.0], 1e-5),
    ([3e70, -4e70], 1e-250),
    ([1.7e308, 1.7e308], 1e308),
]


@pytest.mark.parametrize(("vector", "limit"), EXTREMES)
def test_vectors_of_any_size_are_shortened_to_the_limit_and_keep_their_direction(
    vector: list[float], limit: float
) -> None:
    exact = [Fraction(number) for number in vector]
    length = Fraction(math.isqrt(int(sum(number**2 for number in exact) * 10**1000))) / 10**500
    expected = [float(number * Fraction(limit) / length) for number in exact]
    with np.errstate(over="ignore"):
        clipped = clip_by_norm(np.array(vector), limit)
    assert clipped.tolist() == pytest.approx(expected, rel=1e-12, abs=5e-324)


@pytest.mark.parametrize("vector", [[1e-170] * 4, [0.0, 0.0], [5e-324, 1e-310], [1e-200, -1e-160]])
def test_a_tiny_vector_is_followed_to_the_bit_within_the_limit(vector: list[float]) -> None:
    assert clip_by_norm(np.array(vector), 1e-100).tolist() == vector


@pytest.mark.parametrize("vector", [[np.inf, 1.0], [np.nan, 1.0], [-np.inf, np.nan]])
def test_what_is_not_finite_does_not_become_finite_by_clipping(vector: list[float]) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(clip_by_norm(np.array(vector), 1.0)).all()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize(("size", "limit"), [(1e-170, 1e-200), (1e-170, 1.0), (1e-100, 1e-200), (1e200, 1e-300)])
def test_both_engines_clip_updates_of_any_size(engine: str, size: float, limit: float) -> None:
    """With hidden states of that size, and W_hy zero, the only update is that of W_hy: the sum of (y - o) h."""
    config = TrainingConfig(activation="relu", loss="cross_entropy", bits=8, clip_norm=limit)
    snapshot = Trainer(config, "numpy").snapshot()
    for name, values in snapshot.parameters.items():
        values[...] = size if name == "W_xh" else 0.0
    trainer = Trainer.restore(snapshot, engine)
    trace = trainer.advance(1).trace
    assert trace is not None
    found = trace.updates["W_hy"][:, 0]
    full = (trace.output_deltas @ trace.hidden_states[1:])[0] * np.ones(16)
    expected = full if size < limit else np.sign(full) * (limit / 4)  # of 16 equal entries the norm is 4 times as large
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_clipped_run_goes_on_while_its_gradient_is_finite() -> None:
    trainer = Trainer(
        TrainingConfig(
            activation="relu",
            loss="cross_entropy",
            learning_rate=100,
            clip_norm=1e6,
            bits=32,
            seed=28,
            max_iterations=2,
        )
    )
    trace = trainer.advance(2).trace
    assert trace is not None
    assert np.abs(trace.hidden_deltas).max() > 1e200
    assert float(np.linalg.norm(trace.updates.flat)) == pytest.approx(1e6, rel=1e-9)


def test_a_run_clips_the_gradient_of_every_iteration() -> None:
    free, clipped = Trainer(), Trainer(TrainingConfig(clip_norm=0.05))
    direction = free.advance(1).trace
    update = clipped.advance(1).trace
    assert direction is not None
    assert update is not None
    norm = float(np.linalg.norm(direction.updates.flat))
    assert norm > 0.05
    assert update.updates.flat == pytest.approx(direction.updates.flat * (0.05 / norm), rel=1e-12)
    for _ in range(50):
        trace = clipped.advance(1).trace
        assert trace is not None
        assert float(np.linalg.norm(trace.updates.flat)) <= 0.05 * (1 + 1e-12)


def published(name: str, descents: list[list[float]]) -> list[list[float]]:
    """The updates of each step by the papers' formulas, one parameter after the other."""
    columns = []
    for column in zip(*descents, strict=True):
        v = m = s = 0.0
        updates = []
        for t, g in enumerate(column, start=1):
            v = 0.9 * v + g
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            adam = m / (1 - 0.9**t) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)
            updates.append({"sgd": g, "momentum": v, "adam": adam}[name])
        columns.append(updates)
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize(("name", "limit"), list(product(OPTIMIZERS, [None, 0.05, 100.0])))
def test_three_iterations_of_a_run_are_mean_then_clipping_then_the_optimizer_then_the_rate(
    name: str, limit: float | None
) -> None:
    config = TrainingConfig(
        bits=4, hidden_size=3, bias=True, batch_size=3, optimizer=name, clip_norm=limit, learning_rate=0.25
    )
    trainer = Trainer(config, "numpy")
    cell, loss = ElmanCell(2, 3, bias=True), LOSSES["squared_error"]()
    random = np.random.RandomState(0)
    random.random_sample(2 * 3 + 3 + 3 * 3)  # the weights
    descents, norms = [], []
    for iteration in range(3):
        problems = [(int(random.randint(8)), int(random.randint(8))) for _ in range(3)]
        inputs = np.array([[[a >> t & 1, b >> t & 1] for a, b in problems] for t in range(4)], dtype=float)
        targets = np.array([[a + b >> t & 1 for a, b in problems] for t in range(4)], dtype=float)
        before = trainer.parameters
        activity = cell.forward(before, inputs)
        _, descent = cell.bptt(before, activity, loss.output_deltas(activity.outputs, targets))
        mean = (descent.flat / 3).tolist()
        norms.append(math.sqrt(sum(g * g for g in mean)))
        descents.append([g * min(1.0, (limit or math.inf) / norms[-1]) for g in mean])

        trace = trainer.advance(1).trace
        assert trace is not None
        expected = published(name, descents)[-1]
        assert trace.updates.flat.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12), iteration
        moved = np.concatenate([(trainer.parameters[key] - before[key]).ravel() for key in before])
        assert moved.tolist() == pytest.approx([0.25 * update for update in expected], rel=1e-9, abs=1e-12), iteration
    assert all(0.05 < norm < 100 for norm in norms)  # of the limits, one always shortens and one never
