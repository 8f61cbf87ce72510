"""The sets of a proof as outlines: they hold what they stand for, touch it, and are not too many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proof_picture import FAR, MOST, SIDES, grouped, outlines
from rnn_core.analysis.axes import Axes
from rnn_core.proof import Boxes


def boxes(count: int, size: int = 3, seed: int = 0) -> Boxes:
    """Sets here and there, for two states."""
    draw = np.random.default_rng(seed)
    axes = np.linalg.qr(draw.normal(size=(count, size, size)))[0]
    states = np.arange(count) % 2
    centers, radii = draw.random((count, size)), 0.05 * draw.random((count, size))
    return Boxes(states, np.ones(count, dtype=np.int64), centers, axes, radii)


def plane(size: int, seed: int = 1) -> Axes:
    draw = np.random.default_rng(seed)
    return Axes(np.linalg.qr(draw.normal(size=(size, 2)))[0].T, draw.random(size))


def beyond(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The largest triangle of a place (n, 2) and a side of a polygon that it lies outside of; below zero inside."""
    ahead = np.roll(corners, -1, axis=0) - corners  # around it against the clock
    aside = ahead[:, None, 0] * (places[None, :, 1] - corners[:, None, 1]) - ahead[:, None, 1] * (
        places[None, :, 0] - corners[:, None, 0]
    )
    areas: np.ndarray = (-aside).max(axis=0)
    return areas


@given(st.integers(1, 40), st.integers(2, 6), st.integers(0, 99))
def test_an_outline_holds_the_sets_that_it_stands_for(count: int, size: int, seed: int) -> None:
    sets, axes = boxes(count, size, seed), plane(size, seed)
    found = outlines(sets, axes, np.arange(count) % max(1, count // 3))
    signs = np.array(np.meshgrid(*[[-1, 1]] * size)).reshape(size, -1).T
    for k in range(count):
        ends = sets.centers[k] + (signs * sets.radii[k]) @ sets.axes[k]
        assert np.all(beyond(found.corners[found.groups[k]], axes.places(ends)) < 1e-9)


def test_an_outline_of_one_set_is_no_larger_than_twelve_sides_allow() -> None:
    sets, axes = boxes(1, 2), Axes(np.eye(2), np.zeros(2))
    found = outlines(sets, axes)
    assert found.corners.shape == (1, SIDES, 2)
    across = np.ptp(found.corners[0], axis=0)
    exact = 2 * (np.abs(sets.axes[0]) * sets.radii[0][:, None]).sum(axis=0)
    np.testing.assert_allclose(across, exact, rtol=0.3)
    assert np.all(across >= exact - 1e-12)


def test_thousands_of_sets_are_drawn_by_few_outlines_of_one_state_each() -> None:
    sets = boxes(4096)
    found = outlines(sets, plane(3))
    assert len(found.corners) == MOST
    assert np.array_equal(found.states[found.groups], sets.states)
    assert found.leaving.sum() == 4096
    assert len(str(found.told())) < 80_000
    again = outlines(boxes(4096, seed=2), plane(3), found.groups)
    assert np.array_equal(again.groups, found.groups)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_few_sets_have_an_outline_each(count: int) -> None:
    groups = grouped(np.zeros(count, dtype=np.int64), np.zeros((count, 2)))
    assert sorted(groups.tolist()) == list(range(count))


def test_what_grows_without_end_stays_a_number() -> None:
    sets = boxes(2)
    sets.radii[0], sets.centers[1] = np.inf, np.nan
    with np.errstate(invalid="ignore"):
        corners = outlines(sets, plane(3)).corners
    assert np.all(np.abs(corners) <= 2 * FAR)
