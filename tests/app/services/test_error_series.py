import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.services import error_series as module
from app.services.error_series import RECENT, ErrorSeries
from rnn_core.types import Array

values = st.floats(0, 32, allow_nan=False)
pieces = st.lists(st.lists(values, max_size=700), max_size=8)


def add(series: ErrorSeries, errors: Array) -> None:
    series.store(errors)
    series.reveal(len(errors))


def series_of(values: list[float]) -> ErrorSeries:
    series = ErrorSeries()
    add(series, np.array(values))
    return series


@given(pieces)
def test_what_was_appended_is_kept_in_order_however_it_was_cut(pieces: list[list[float]]) -> None:
    series = ErrorSeries()
    for piece in pieces:
        add(series, np.array(piece))
    whole = [value for piece in pieces for value in piece]
    assert len(series) == len(whole)
    assert series.slice(0, len(whole)).tolist() == whole


@given(st.lists(values, max_size=50), st.integers(0, 60), st.integers(0, 2**53))
def test_a_slice_is_that_of_a_list(whole: list[float], start: int, stop: int) -> None:
    assert series_of(whole).slice(start, stop).tolist() == whole[start:stop]


@given(st.lists(values, max_size=120), st.integers(0, 130), st.integers(0, 130), st.integers(1, 40))
def test_a_summary_is_that_of_brute_force(whole: list[float], start: int, stop: int, points: int) -> None:
    stride, low, mean, high = series_of(whole).summary(start, stop, points)
    asked = whole[start:stop]
    groups = [asked[at : at + stride] for at in range(0, len(asked), stride)]
    assert stride == max(1, -(-len(asked) // points))
    assert low.tolist() == [min(group) for group in groups]
    assert high.tolist() == [max(group) for group in groups]
    assert mean.tolist() == pytest.approx([sum(group) / len(group) for group in groups], rel=1e-12)
    assert len(low) <= points


@given(pieces, st.integers(0, 9), st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 40))
def test_a_long_stretch_is_summed_up_by_blocks_and_the_same(
    pieces: list[list[float]], first: int, start: int, stop: int, points: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 4)
        series = ErrorSeries(first)
        for piece in pieces:
            series.store(np.array([99.0, 98.0]))  # which is not revealed, and written over
            add(series, np.array(piece))
        stride, low, mean, high = series.summary(start, stop, points)
    asked = [0.0] * first + [value for piece in pieces for value in piece]
    asked = asked[max(first, start) : stop]
    groups = [asked[at : at + stride] for at in range(0, len(asked), stride)]
    assert low.tolist() == [min(group) for group in groups]
    assert high.tolist() == [max(group) for group in groups]
    assert mean.tolist() == pytest.approx([sum(group) / len(group) for group in groups], rel=1e-12)


def test_of_a_long_series_little_is_read_for_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    series = ErrorSeries()
    for _ in range(20):
        add(series, np.random.default_rng(1).random(50_000))
    read, take = list[int](), series.slice

    def noted(start: int, stop: int) -> Array:
        read.append(stop - start)
        return take(start, stop)

    monkeypatch.setattr(series, "slice", noted)
    series.summary(17, 999_983, 100)
    assert sum(read) < 100 * 2 * module.BLOCK


@given(st.lists(st.floats(0, 32) | st.sampled_from([0.1, 0.7]), min_size=1, max_size=60), st.integers(1, 10))
@example([0.1] * 3, 1)
def test_a_mean_lies_between_minimum_and_maximum(whole: list[float], points: int) -> None:
    _, low, mean, high = series_of(whole).summary(0, len(whole), points)
    assert (low <= mean).all()
    assert (mean <= high).all()


def test_a_view_taken_before_an_append_does_not_change() -> None:
    series = series_of([1.0, 2.0])
    view = series.slice(0, 2)
    for _ in range(2000):
        add(series, np.array([9.0]))
    assert view.tolist() == [1.0, 2.0]


def test_an_appended_array_may_be_changed_afterwards() -> None:
    series = ErrorSeries()
    errors = np.array([1.0, 2.0])
    add(series, errors)
    errors[:] = 0
    assert series.slice(0, 2).tolist() == [1.0, 2.0]


def test_what_was_stored_is_seen_once_it_is_revealed_and_else_written_over() -> None:
    series = series_of([1.0])
    series.store(np.array([2.0, 3.0]))
    assert (len(series), series.slice(0, 9).tolist()) == (1, [1.0])
    series.store(np.array([4.0]))
    series.reveal(1)
    assert series.slice(0, 9).tolist() == [1.0, 4.0]


def test_a_series_that_can_not_move_to_its_file_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    series = series_of([1.0, 2.0])
    monkeypatch.setattr(module, "IN_MEMORY", 32)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", full)
        with pytest.raises(OSError, match="No space"):
            series.store(np.ones(3))
    assert series.slice(0, 9).tolist() == [1.0, 2.0]
    add(series, np.array([3.0, 4.0, 5.0]))
    add(series, np.array([6.0]))
    assert series.slice(0, 9).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


@given(
    lengths=st.lists(st.integers(0, 3 * RECENT), max_size=5),
    first=st.integers(0, 9),
    start=st.integers(-9, 3 * RECENT),
)
def test_the_latest_errors_are_those_of_the_series_and_at_most_as_many_as_are_at_hand(
    lengths: list[int], first: int, start: int
) -> None:
    series = ErrorSeries(first)
    for number, length in enumerate(lengths):
        series.store(np.arange(length + 3, dtype=np.float64) + 10_000 * number)
        series.reveal(length)
    expected = series.slice(max(start, len(series) - RECENT), len(series))
    assert series.latest(start).tolist() == expected.tolist()


def test_the_latest_errors_wait_for_nobody_who_writes() -> None:
    series = series_of([1.0, 2.0, 3.0])
    with series._lock:  # as while a slow disk is written to
        assert series.latest(1).tolist() == [2.0, 3.0]
