import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rate_meter import RateMeter


@given(speed=st.floats(1, 1_000_000), gap=st.floats(0.001, 0.2), begin=st.integers(0, 10**7))
def test_at_a_steady_speed_the_rate_is_the_speed(speed: float, gap: float, begin: int) -> None:
    meter = RateMeter()
    now = 0.0
    while now < 3.0:
        meter.mark(now, begin + round(speed * now))
        last, now = now, now + gap
    assert meter.rate(last) == pytest.approx(speed, rel=1e-6, abs=1.5)


def test_only_about_the_last_second_counts() -> None:
    meter = RateMeter()
    for tick in range(101):  # ten seconds at 1000 a second
        meter.mark(tick / 10, tick * 100)
    for tick in range(1, 16):  # then one and a half at 10 a second
        meter.mark(10 + tick / 10, 10_000 + tick)
    assert meter.rate(11.5) == pytest.approx(10)


def test_a_run_that_stalls_slows_down_before_its_next_mark() -> None:
    meter = RateMeter()
    meter.mark(0.0, 0)
    meter.mark(1.0, 100)
    assert meter.rate(1.0) == pytest.approx(100)
    assert meter.rate(4.0) == pytest.approx(25)


def test_the_rate_is_zero_before_the_first_iteration_and_after_clear() -> None:
    meter = RateMeter()
    assert meter.rate(5.0) == 0.0
    meter.mark(5.0, 10)
    assert meter.rate(6.0) == 0.0
    meter.mark(6.0, 20)
    assert meter.rate(6.0) == 10.0
    meter.clear()
    assert meter.rate(6.0) == 0.0


def test_marks_are_not_kept_for_longer_than_they_count() -> None:
    meter = RateMeter()
    for tick in range(10_000):
        meter.mark(tick / 100, tick)
    assert len(meter._marks) <= 103
