"""Which moments of the past are looked at, and in which order."""

import pytest

from app.services.separations import coarse_first, spread
from rnn_core.assessment.schedule import moments


@pytest.mark.parametrize(("first", "last", "most"), [(0, 0, 1), (0, 6_500, 60), (120, 9_999, 7), (0, 50_000, 1000)])
def test_moments_are_spread_over_the_past(first: int, last: int, most: int) -> None:
    found = spread(first, last, most)
    assert len(found) <= most
    assert set(found) <= set(moments(first, last))
    assert len(found) > most // 2 - 1 or found == moments(first, last)


def test_later_choices_are_among_earlier_ones() -> None:
    assert {place for place in spread(0, 40_000, 60) if place <= 2_000} <= set(spread(0, 2_000, 60))


def test_far_ones_come_first_and_none_is_lost() -> None:
    places = spread(0, 5_000, 60)
    order = coarse_first(places)
    assert sorted(order) == places
    assert order[0] == 0
    assert max(order[:4]) > 1_000
