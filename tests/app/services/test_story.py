"""The pace of a story in simulated time, over networks that really learn. Nothing waits."""

from app.services.story import FASTEST, FIRST, LOOK_SECONDS, RISE, SLOWEST, Story
from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.accuracy import accuracy_of
from rnn_core.assessment.understanding import understanding

PROBLEM_SECONDS = 2.5
"""How long the page plays a problem while a story runs."""


def told(config: TrainingConfig, at_most: float = 1000.0) -> list[tuple[float, int, float]]:
    """Train in simulated time: (seconds, iteration, accuracy) once a second, and at the end."""
    trainer, story, now, part, way = Trainer(config), Story(), 0.0, 0.0, []
    while not trainer.finished and now < at_most:
        assert story.due(now)
        story.look(understanding(config, trainer.parameters), now)
        if now == int(now):
            way.append((now, trainer.iteration, accuracy_of(config, trainer.parameters)))
        assert SLOWEST <= story.speed <= FASTEST
        part += story.speed * LOOK_SECONDS
        trainer.advance(int(part))
        part -= int(part)
        now += LOOK_SECONDS
    return [*way, (now, trainer.iteration, accuracy_of(config, trainer.parameters))]


def test_the_script_takes_two_minutes_and_most_of_them_for_what_it_learns() -> None:
    way = told(TrainingConfig())
    seconds, iteration, accuracy = way[-1]
    assert iteration == 50_000
    assert accuracy == 1.0
    assert 100 <= seconds <= 150
    knows = next(now for now, _, share in way if share >= 0.99)
    begins = max(now for now, _, share in way if now < knows and share < 0.01)
    assert knows - begins >= 70
    assert (knows - begins) / PROBLEM_SECONDS >= 25
    assert seconds - knows < 45, "then it goes quickly to the end"
    assert next(now for now, done, _ in way if done > 2000) < 15, "and at the beginning nothing happens"


def test_what_never_learns_comes_to_its_end_in_minutes() -> None:
    seconds = told(TrainingConfig(bits=2, hidden_size=1, learning_rate=1e-6, max_iterations=300_000))[-1][0]
    assert seconds < 120


def run_through(story: Story, curve: list[float], now: float = 0.0) -> float:
    for understood in curve:
        story.look(understood, now)
        now += LOOK_SECONDS
    return now


def test_it_speeds_up_while_nothing_happens_and_slows_down_at_once_when_something_does() -> None:
    story = Story()
    run_through(story, [0.2] * 60)
    fast = story.speed
    assert fast > 10 * FIRST
    run_through(story, [0.2 + 0.1 * k for k in range(6)], 15.0)
    assert story.speed < fast / 5


def test_up_and_down_is_nothing_new() -> None:
    story = Story()
    run_through(story, [0.2, 0.4] * 50)
    speed = story.speed
    run_through(story, [0.2, 0.4] * 50, 25.0)
    assert story.speed > speed


def test_a_steady_rise_is_held_near_the_wanted_one() -> None:
    story, now, understood, passed = Story(), 0.0, 0.0, []
    while understood < 0.8:
        story.look(understood, now)
        understood += story.speed * LOOK_SECONDS / 10_000  # all of it within 10,000 iterations
        now += LOOK_SECONDS
        passed.append(understood)
    assert 0.7 / RISE < now < 1.1 / RISE


def test_the_speed_has_limits_at_both_ends_and_a_pause_is_no_time() -> None:
    story = Story()
    now = run_through(story, [0.0] * 1000)
    assert story.speed == FASTEST
    now = run_through(story, [k / 40 for k in range(41)], now)
    now = run_through(story, [1.0 + k for k in range(40)], now)
    assert story.speed == SLOWEST
    story.look(41.0, now)
    story.look(41.0, now + 86_400.0)
    assert story.speed < 10 * SLOWEST


def test_it_looks_again_and_again_but_not_all_the_time() -> None:
    story = Story()
    assert story.due(5.0)
    story.look(0.5, 5.0)
    assert not story.due(5.0 + 0.9 * LOOK_SECONDS)
    assert story.due(5.0 + LOOK_SECONDS)
