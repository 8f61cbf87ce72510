import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.pacer import CATCH_UP_SECONDS, SLICE_SECONDS, TICK_SECONDS, Pacer

speeds = st.floats(0.1, 1_000_000)


def simulate(pacer: Pacer, until: float, cost: float, now: float = 0.0, max_slices: int = 20_000) -> tuple[float, int]:
    """Train in simulated time, `cost` seconds an iteration: when it ended, and how many iterations were done."""
    done = 0
    for _ in range(max_slices):
        if now >= until:
            break
        seconds = pacer.wait(now)
        if seconds > 0:
            now = min(now + seconds, until)
            continue
        count = pacer.take(now)
        assert count >= 1
        assert count <= pacer.budget
        done += count
        now += count * cost
        pacer.measured(count, count * cost)
    return now, done


@given(speed=st.floats(0.1, 5_000), part=st.floats(0.0, 0.9))
def test_a_run_does_as_many_iterations_as_its_speed_says(speed: float, part: float) -> None:
    pacer = Pacer(speed)
    pacer.start(0.0)
    seconds = max(4.0, 3 / speed)
    ended, done = simulate(pacer, seconds, cost=part / speed)
    ahead = 1 + TICK_SECONDS * speed
    assert speed * ended - 1 - 0.02 * speed * ended <= done <= speed * ended + ahead


@given(speed=st.floats(0.1, 1_000_000))
def test_the_first_iteration_is_due_at_once(speed: float) -> None:
    pacer = Pacer(speed)
    pacer.start(1234.5)
    assert pacer.wait(1234.5) == 0.0
    assert pacer.take(1234.5) == 1


@given(speed=st.floats(0.1, 5.0))
def test_the_second_iteration_comes_one_period_after_the_first(speed: float) -> None:
    pacer = Pacer(speed)
    pacer.start(0.0)
    pacer.take(0.0)
    assert pacer.wait(0.0) == pytest.approx(1 / speed)


@given(speed=st.floats(1.0, 100_000), stall=st.floats(1.0, 3600))
def test_time_missed_is_not_caught_up(speed: float, stall: float) -> None:
    pacer = Pacer(speed)
    pacer.start(0.0)
    now, _ = simulate(pacer, 1.0, cost=0.0)
    now += stall
    began = now
    ended, done = simulate(pacer, now + 0.5, cost=0.0, now=now)
    assert done <= speed * (ended - began + CATCH_UP_SECONDS) + 2 + 2 * TICK_SECONDS * speed


@given(speed=st.floats(0.5, 200), presses=st.integers(2, 30))
def test_pressing_start_again_and_again_is_not_faster_than_the_speed(speed: float, presses: int) -> None:
    pacer = Pacer(speed)
    now, done = 0.0, 0
    for _ in range(presses):
        pacer.start(now)
        for _ in range(100):
            if pacer.wait(now) > 0.0:
                break
            done += pacer.take(now)
        else:
            pytest.fail("it never waits")
        now += 0.001
    assert done <= 2 + speed * now + presses * TICK_SECONDS * speed / 10


@given(slow=st.floats(0.1, 1.0), fast=st.floats(10, 1_000_000))
def test_a_faster_speed_ends_the_slower_speeds_wait(slow: float, fast: float) -> None:
    pacer = Pacer(slow)
    pacer.start(0.0)
    pacer.take(0.0)
    pacer.set_speed(fast, 0.01)
    assert pacer.wait(0.01) <= 1 / fast + 1e-9


@given(fast=st.floats(10, 1_000_000), slow=st.floats(0.1, 1.0))
def test_a_slower_speed_never_waits_longer_than_its_period(fast: float, slow: float) -> None:
    pacer = Pacer(fast)
    pacer.start(0.0)
    now, _ = simulate(pacer, 0.5, cost=0.0)
    pacer.set_speed(slow, now)
    assert pacer.wait(now) <= 1 / slow + 1e-9


def test_after_a_stall_a_tenth_of_a_second_and_one_iteration_are_caught_up() -> None:
    pacer = Pacer(100)
    pacer.measured(1000, 1e-6)
    pacer.start(0.0)
    pacer.take(0.0)
    assert pacer.take(50.0) == 11


def test_iterations_that_do_not_fit_into_a_slice_are_done_in_the_next_ones_at_once() -> None:
    pacer = Pacer(300)
    pacer.start(0.0)
    pacer.take(0.0)
    now = pacer.wait(0.0)
    assert now == pytest.approx(5 / 300)
    for _ in range(5):
        assert (pacer.wait(now), pacer.take(now)) == (0.0, 1), "a slice takes one"
    assert pacer.wait(now) > 0.0


def test_a_start_after_a_pause_begins_with_one_iteration() -> None:
    pacer = Pacer(100)
    pacer.start(0.0)
    pacer.take(0.0)
    pacer.start(5.0)
    assert (pacer.wait(5.0), pacer.take(5.0)) == (0.0, 1)
    assert pacer.wait(5.0) > 0.0


def test_the_speed_may_change_before_the_start() -> None:
    pacer = Pacer(0.1)
    pacer.set_speed(10, 5.0)
    pacer.start(6.0)
    assert (pacer.wait(6.0), pacer.take(6.0)) == (0.0, 1)
    assert pacer.wait(6.0) == pytest.approx(0.1)


def test_what_a_fast_run_has_earned_is_one_iteration_at_a_low_speed() -> None:
    pacer = Pacer(1000)
    pacer.start(0.0)
    pacer.set_speed(1.0, 5.0)
    assert (pacer.wait(5.0), pacer.take(5.0)) == (0.0, 1)
    assert pacer.wait(5.0) == pytest.approx(1.0)


@given(speed=st.floats(1, 100_000), began=st.floats(0, 1_000_000))
def test_after_the_wait_all_iterations_of_a_tick_are_done_together(speed: float, began: float) -> None:
    pacer, now = Pacer(speed), began
    pacer.measured(100_000, 1e-9)  # they all fit into a slice
    pacer.start(now)
    pacer.take(now)
    for _ in range(20):
        now += pacer.wait(now)
        assert pacer.take(now) == max(1, int(TICK_SECONDS * speed))
        assert pacer.wait(now) > 0.0


@given(
    speeds=st.lists(st.floats(0.1, 100_000), min_size=1, max_size=8),
    between=st.floats(0.0005, 0.05),
    cost=st.floats(0.0, 1e-5),
)
def test_however_often_the_speed_changes_no_more_is_done_than_time_earns(
    speeds: list[float], between: float, cost: float
) -> None:
    pacer = Pacer(speeds[0])
    pacer.start(0.0)
    now, done, earned = 0.0, 0, 0.0
    for change in range(200):
        speed = speeds[change % len(speeds)]
        pacer.set_speed(speed, now)
        ended, count = simulate(pacer, now + between, cost, now)
        done += count
        earned += (ended - now) * speed
        now = ended
    assert done <= earned + 1 + 1e-3 * earned


def test_a_speed_that_is_set_again_and_again_is_kept() -> None:
    pacer = Pacer(300)
    pacer.start(0.0)
    now, done = 0.0, 0
    for _ in range(3480):  # in ten seconds
        pacer.set_speed(300, now)
        now, count = simulate(pacer, now + 1 / 348, 1e-6, now)
        done += count
    assert 0.99 * 300 * now <= done <= 300 * now + 1


@given(fast=st.floats(100, 100_000), slow=st.floats(0.1, 1.0))
def test_two_speeds_in_turns_give_their_mean(fast: float, slow: float) -> None:
    pacer = Pacer(slow)
    pacer.start(0.0)
    now, done = 0.0, 0
    for turn in range(400):
        pacer.set_speed((slow, fast)[turn % 2], now)
        now, count = simulate(pacer, now + 0.003, 0.0, now)
        done += count
    assert done <= (fast + slow) / 2 * now * 1.1 + 2


def test_unlimited_never_waits() -> None:
    pacer = Pacer(None)
    pacer.start(1.0)
    assert [pacer.wait(now) for now in (1.0, 2.0, 100.0)] == [0.0, 0.0, 0.0]


@given(cost=st.floats(1e-7, 0.1))
def test_an_unlimited_slice_takes_about_ten_milliseconds_or_one_iteration(cost: float) -> None:
    pacer = Pacer(None)
    pacer.start(0.0)
    for _ in range(40):
        count = pacer.take(0.0)
        assert count == 1 or count * cost <= SLICE_SECONDS * (1 + 1e-9)
        pacer.measured(count, count * cost)
    wanted = SLICE_SECONDS / cost
    assert pacer.budget == max(1, math.floor(wanted)) or pacer.budget == pytest.approx(wanted, abs=1.01)


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 10)), max_size=30))
def test_the_budget_stays_a_positive_whole_number_and_at_most_doubles(measurements: list[tuple[int, float]]) -> None:
    pacer = Pacer(None)
    for iterations, seconds in measurements:
        before = pacer.budget
        pacer.measured(iterations, seconds)
        assert 1 <= pacer.budget <= max(2 * iterations, 2 * before + 1)


def test_a_slice_that_did_nothing_teaches_nothing() -> None:
    pacer = Pacer(None)
    pacer.measured(8, 0.001)
    before = pacer.budget
    pacer.measured(0, 0.0)
    assert pacer.budget == before


def test_a_slice_that_was_short_because_little_was_due_leaves_the_budget_as_it_is() -> None:
    pacer = Pacer(300)
    pacer.measured(100, 0.001)
    assert pacer.budget == 200
    pacer.measured(5, 0.00005)
    assert pacer.budget == 200
    pacer.measured(100, 0.1)
    assert pacer.budget == 10, "they took long"
