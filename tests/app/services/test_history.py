"""The history of a run's accuracy alone: what belongs to it, what comes first, and how it is sent."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.history import MAX_BYTES, History, Weights, advance, entries, latest, size_of, thinned
from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.schedule import moments
from rnn_core.snapshot import Snapshot

START = Trainer(TrainingConfig(bits=4, hidden_size=4, max_iterations=50_000), "numpy").snapshot()
WEIGHTS = {"W": np.zeros(64)}


def at(iteration: int, diverged: bool = False) -> Snapshot:
    return replace(START, iteration=iteration, diverged=diverged)


def test_a_run_should_know_its_accuracy_where_it_begins_at_scheduled_moments_and_where_it_ends() -> None:
    assert History((), 0, at(0)).missing(at(0)) == [0]
    assert History((), 0, at(35)).missing(at(35)) == [0, 10, 20, 30]
    assert History((), 0, at(35, diverged=True)).missing(at(35)) == [0, 10, 20, 30]
    assert History((), 0, at(35)).missing(at(35, diverged=True)) == [0, 10, 20, 30, 35]
    assert History((), 0, at(40)).missing(at(40, diverged=True)) == [0, 10, 20, 30, 40]
    finished = History((), 0, at(50_000))
    assert finished.missing(at(50_000)) == [*moments(0, 50_000), 50_000]
    assert finished.pending(at(50_000)) == 181


def test_of_what_came_before_an_import_nothing_is_expected() -> None:
    history = History((), 9_414, at(9_414))
    assert history.missing(at(9_414)) == [9_414]
    assert history.missing(at(10_000)) == [9_414, 9_600, 9_920]


def test_samples_of_a_time_when_they_were_taken_at_any_moment_are_left_out() -> None:
    old = ((0, 0.0), (182, 0.25), (190, 0.5), (300, 0.75))
    history = History(old, 0, at(305))
    assert history.points == ((0, 0.0), (190, 0.5), (300, 0.75))
    assert history.missing(at(305)) == [place for place in range(10, 300, 10) if place != 190]


def test_what_can_no_longer_be_gone_back_to_is_still_known() -> None:
    history = History(((0, 0.25), (10, 0.5)), 1_000, at(1_000))
    assert history.points == ((0, 0.25), (10, 0.5))
    assert history.first == 0


@given(st.integers(0, 3_000), st.integers(0, 3_000), st.booleans(), st.randoms())
def test_whatever_is_known_waits_or_is_given_up_the_rest_is_missing(
    first: int, more: int, diverged: bool, chance: Random
) -> None:
    snapshot = at(first + more, diverged)
    history = History((), first, snapshot)
    everything = history.missing(snapshot)
    kinds = {place: chance.choice(["known", "waits", "lost", "missing"]) for place in everything}
    for place, kind in kinds.items():
        if kind == "known":
            history.add(place, 0.5)
        elif kind == "waits":
            history.take([(place, WEIGHTS)])
        elif kind == "lost":
            history.give_up([place])
    of = {kind: [place for place in everything if kinds[place] == kind] for kind in kinds.values()}
    assert history.missing(snapshot) == of.get("missing", [])
    assert history.pending(snapshot) == len(of.get("missing", [])) + len(of.get("waits", []))
    assert [place for place, _ in history.points] == of.get("known", [])


def test_what_waits_is_spread_over_the_whole_way_from_the_first_on() -> None:
    history = History((), 0, at(10_000))
    history.take((place, WEIGHTS) for place in moments(0, 10_000))
    for _ in range(16):
        history.add(history.next_waiting()[0], 0.5)
    places = [place for place, _ in history.points]
    assert len(places) == 16
    assert places[0] == 0
    assert places[-1] > 8_000
    assert max(after - before for before, after in pairwise(places[8:])) < 3_000


def test_what_waits_takes_bounded_memory_and_the_coarse_stays() -> None:
    wide = {"W": np.zeros(2**16)}
    history = History((), 0, at(10_000))
    for place in moments(0, 10_000):
        history.take([(place, wide)])
        assert len(history.waiting) * size_of(wide) <= MAX_BYTES
    assert len(history.waiting) == MAX_BYTES // size_of(wide) < len(moments(0, 10_000))
    places = sorted(history.waiting)
    assert places[1] < 2_000
    assert places[-1] > 8_000


def test_a_branch_takes_over_what_was_before_it_but_not_an_end() -> None:
    history = History((), 5, at(35, diverged=True))
    for place in history.missing(at(35, diverged=True)):
        history.add(place, 0.5)
    assert [place for place, _ in history.points] == [5, 10, 20, 30, 35]
    assert [place for place, _ in history.until(35)] == [5, 10, 20, 30]
    assert [place for place, _ in history.until(30)] == [5, 10, 20, 30]
    assert [place for place, _ in history.until(29)] == [5, 10, 20]


def test_a_run_that_came_when_it_had_ended_already_has_one_point() -> None:
    ended = at(35, diverged=True)
    history = History((), 35, ended)
    assert (history.missing(ended), history.pending(ended)) == ([35], 1)
    history.add(35, 0.75)
    assert (history.points, history.pending(ended)) == (((35, 0.75),), 0)


def test_weights_take_their_bytes_and_a_little_more() -> None:
    weights = {"W": np.zeros(64), "b": np.zeros(8)}
    assert 8 * (64 + 8) < size_of(weights) <= 2 * 8 * (64 + 8)


# As it is told


def known(*places: int) -> list[tuple[int, float]]:
    return [(place, place / 1000) for place in places]


def test_where_scheduled_moments_are_missing_between_two_points_a_line_breaks() -> None:
    assert entries(known(0, 10, 20)) == known(0, 10, 20)
    assert entries(known(0, 10, 40, 50)) == [*known(0, 10), (20, None), *known(40, 50)]
    assert entries(known(9414, 9600, 9777)) == known(9414, 9600, 9777), "where it begins and where it ends are points"
    assert entries([]) == []


def test_a_history_that_is_thinned_is_spread_over_all_of_it_and_keeps_its_ends() -> None:
    points = known(*moments(0, 50_000))
    assert thinned(points, 1000) == points
    for most in range(2, 60):
        found = thinned(points, most)
        assert len(found) == most
        assert (found[0], found[-1]) == (points[0], points[-1])
    assert thinned(points, 1) == points[-1:]
    assert thinned(points, 3) == [points[0], points[90], points[-1]]


def test_a_history_with_breaks_is_thinned_to_as_many_entries_as_there_may_be() -> None:
    points = known(*moments(0, 300), *moments(500, 50_000))
    found = thinned(points, 20)
    assert len(found) == 20
    assert [share for _, share in found].count(None) == 1
    apart = known(*range(0, 400, 20))  # each second moment is missing
    found = thinned(apart, 25)
    assert (found[0], found[-1]) == (apart[0], apart[-1])
    assert 20 < len(found) <= 25


@given(st.sets(st.integers(0, 199), min_size=1), st.integers(1, 60))
def test_thinning_never_joins_what_was_apart(numbers: set[int], most: int) -> None:
    schedule = moments(0, 100_000)
    points = known(*(schedule[number] for number in sorted(numbers)))
    whole, found = entries(points), thinned(points, most)
    assert 1 <= len(found) <= most
    assert found == sorted(found, key=lambda entry: entry[0])
    assert set(found) - {entry for entry in found if entry[1] is None} <= set(points)
    assert found[-1] == points[-1]
    if most > 2:
        assert found[0] == points[0]
    for (before, _), (after, share) in pairwise(found):
        broken = [place for place, value in whole if value is None and before < place < after]
        if share is not None and (before, None) not in found:
            assert not broken


def test_a_list_shows_the_latest_point_unless_that_is_old() -> None:
    points = known(0, 182)
    assert latest(points, 190) == (182, 0.182)
    assert latest(points, 202) == (182, 0.182)
    assert latest(points, 9_414) is None
    assert latest(known(9_280), 9_414) == (9_280, 9.28)
    assert latest([], 0) is None


# On the way


@pytest.mark.parametrize("calls", [[1] * 1000, [1000], [7] * 142 + [6], [399, 1, 600]])
def test_however_training_is_cut_the_same_moments_are_met(calls: list[int]) -> None:
    whole = Trainer(START.config, "numpy")
    errors = whole.advance(1000).errors
    trainer, pieces = Trainer(START.config, "numpy"), []
    places: dict[int, Weights] = {}
    for iterations in calls:
        piece, met = advance(trainer, iterations, 0)
        pieces.append(piece)
        places |= dict(met)
    assert np.array_equal(np.concatenate(pieces), errors)
    assert list(places) == moments(1, 1000)
    for place in (10, 390, 1000):
        then = Trainer(START.config, "numpy")
        then.advance(place)
        for name, values in then.parameters.items():
            assert np.array_equal(places[place][name], values)


def test_at_high_speed_moments_that_are_close_are_passed_over() -> None:
    trainer = Trainer(START.config, "numpy")
    errors, met = advance(trainer, 4000, 100)
    assert [place for place, _ in met] == moments(3200, 4000)
    assert (len(errors), trainer.iteration) == (4000, 4000)
    _, met = advance(trainer, 480, 1000)
    assert [place for place, _ in met] == [4480], "where it stands anyway costs nothing"


def test_it_ends_where_the_run_does() -> None:
    trainer = Trainer(replace(START.config, max_iterations=25), "numpy")
    errors, met = advance(trainer, 100, 0)
    assert (len(errors), [place for place, _ in met], trainer.finished) == (25, [10, 20], True)
    assert len(advance(trainer, 100, 0)[0]) == 0
    diverging = Trainer(TrainingConfig(activation="relu", loss="cross_entropy", learning_rate=0.5), "numpy")
    errors, met = advance(diverging, 100, 0)
    assert (len(errors), met, diverging.diverged) == (5, [], True)
