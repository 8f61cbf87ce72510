"""When accuracies are computed: a function of the iteration only."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rnn_core.assessment.schedule import is_scheduled, moment, moments, next_moment, ordinal, sparse_from

MOST = 10_000_000
ALL = moments(0, MOST)


def test_it_begins_with_every_tenth_iteration_and_is_about_twenty_to_a_doubling() -> None:
    assert ALL[:41] == list(range(0, 401, 10))
    assert ALL[41:62] == [*range(420, 801, 20), 840]
    for before, after in pairwise(place for place in ALL if place >= 200):
        assert 0.025 <= (after - before) / before <= 0.05


def test_it_is_never_many_and_draws_the_climbs_that_people_look_at() -> None:
    assert len(moments(0, 50_000)) == 180
    assert len(ALL) == 331
    assert len(moments(2_000, 7_000)) > 30, "the article's network learns there"
    assert len(moments(100, 500)) > 30, "an LSTM with Adam does there"


def test_moments_are_numbered_one_after_the_other() -> None:
    assert [moment(number) for number in range(len(ALL))] == ALL
    assert [ordinal(place) for place in ALL] == list(range(len(ALL)))
    assert [next_moment(place) for place in ALL[:-1]] == ALL[1:]


@given(st.integers(0, MOST))
def test_every_iteration_knows_the_moment_before_it_and_the_one_after(iteration: int) -> None:
    before = moment(ordinal(iteration))
    assert before <= iteration < next_moment(iteration)
    assert next_moment(before) == next_moment(iteration)
    assert is_scheduled(iteration) == (before == iteration)


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_stretch_has_the_moments_in_it_both_ends_included(first: int, last: int) -> None:
    assert moments(first, last) == [place for place in ALL if first <= place <= last]


@given(st.integers(0, 100_000))
def test_from_some_iteration_on_they_lie_as_far_apart_as_one_likes(apart: int) -> None:
    start = sparse_from(apart)
    assert is_scheduled(start)
    assert next_moment(start) - start >= apart
    if start:
        assert start - moment(ordinal(start) - 1) < apart
