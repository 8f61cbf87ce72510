import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.allowance import Allowance


def test_what_is_saved_up_is_given_at_once_and_more_as_it_is_earned() -> None:
    allowance = Allowance(rate=10, most=3)
    assert [allowance.take(1, 100.0) for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])
    assert allowance.take(1, 100.2) == pytest.approx(0.1)
    assert allowance.take(3, 200.0) == 0, "no more than that is saved up"
    assert allowance.take(1, 200.0) == pytest.approx(0.1)


@given(amounts=st.lists(st.floats(0.1, 20), min_size=1, max_size=50), rate=st.floats(1, 1000), most=st.floats(0, 100))
def test_whoever_waits_as_told_gets_no_more_than_time_earns(amounts: list[float], rate: float, most: float) -> None:
    allowance, now, given = Allowance(rate, most), 5.0, 0.0
    for amount in amounts:
        now += allowance.take(amount, now)
        given += amount
        assert given <= most + rate * (now - 5.0) + 1e-6 * given


def test_those_who_share_it_are_served_in_the_order_in_which_they_asked() -> None:
    allowance = Allowance(rate=100, most=10)
    waits = [allowance.take(5, 1.0) for _ in range(20)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(0.9)
