"""Iterations computed once more: up to where they were asked for, or to where the run ends."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest

from app.services.recorded import Piece
from app.services.replay import Way, answers_along, last_sound, replayed
from rnn_core import Trainer, TrainingConfig
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot
from rnn_core.travel import recompute
from rnn_core.types import Array
from tests.app.serving import DIVERGING, LONG

R = TypeVar("R")

MOST = 10_000
"""Pieces after which a computation would never end."""

SMALL = TrainingConfig(bits=4, hidden_size=4, max_iterations=LONG)


def ended(pieces: Pieces[R]) -> R:
    """What a computation returns, which must come to an end."""
    for _ in range(MOST):
        try:
            next(pieces)
        except StopIteration as end:
            result: R = end.value
            return result
    raise AssertionError("it goes on and on")


def trained(config: TrainingConfig, iterations: int) -> tuple[Trainer, Array]:
    """A trainer that has done so many iterations, or as many as there are, and the errors on the way."""
    trainer = Trainer(config, "numpy")
    return trainer, trainer.advance(iterations).errors


def way(errors: Array, changes: Sequence[tuple[int, float]] = (), asked: list[tuple[int, int]] | None = None) -> Way:
    """By the reference, compared with these errors. Which of them are asked for is added to `asked`."""

    def recorded(start: int, stop: int) -> Iterable[Piece]:
        if asked is not None:
            asked.append((start, stop))
        return [Piece(0, errors, exact=True)]

    return Way(changes, "numpy", recorded)


def test_what_was_is_computed_again_up_to_where_it_is_asked_for() -> None:
    keyframe = trained(SMALL, 7)[0].snapshot()
    then, errors = trained(SMALL, 50)
    again = ended(replayed(keyframe, 30, 50, way(errors)))
    assert (again.first, again.parts_at) == (7, None)
    assert again.snapshot is not None
    assert again.snapshot.iteration == 30
    assert again.errors.tolist() == errors[7:].tolist(), "and a little farther, to compare"
    assert again.errors_between(10, 12).tolist() == errors[10:12].tolist()
    assert then.iteration == 50


@pytest.mark.parametrize("config", [TrainingConfig(max_iterations=30), TrainingConfig.from_mapping(DIVERGING)])
def test_where_the_run_ends_before_what_is_asked_for_so_does_the_computation(config: TrainingConfig) -> None:
    keyframe = trained(config, 0)[0].snapshot()
    last, errors = trained(config, 1000)
    assert last.finished or last.diverged
    end = last.iteration
    there = ended(replayed(keyframe, end, end, way(errors)))
    assert there.snapshot is not None
    assert (there.snapshot.iteration, there.parts_at) == (end, None)
    beyond = ended(replayed(keyframe, end + 5, end + 9, way(errors)))
    assert (beyond.snapshot, beyond.parts_at, len(beyond.errors)) == (None, end, end)
    answers, parts_at = ended(answers_along(keyframe, [0, end, end + 3], [1, 2], way(errors)))
    assert ([place for place, _ in answers], parts_at) == ([0, end], end)


def test_where_an_error_is_another_the_histories_part() -> None:
    keyframe = trained(SMALL, 0)[0].snapshot()
    errors = trained(SMALL, 40)[1]
    errors[25] = np.nextafter(errors[25], 1.0)
    again = ended(replayed(keyframe, 20, 40, way(errors)))
    assert again.parts_at == 25
    answers, parts_at = ended(answers_along(keyframe, [10, 25, 30, 40], [1, 2], way(errors)))
    assert ([place for place, _ in answers], parts_at) == ([10, 25], 25), "at 25 it was still the same network"


def test_the_answers_are_those_of_then() -> None:
    keyframe = trained(SMALL, 3)[0].snapshot()
    errors = trained(SMALL, 40)[1]
    answers, parts_at = ended(answers_along(keyframe, [3, 20, 40], [5, 6], way(errors)))
    assert parts_at is None
    for place, answer in answers:
        then = trained(SMALL, place)[0].predict(5, 6)
        assert (answer.expected, answer.probabilities) == (11, then.probabilities)


def test_what_is_recorded_is_asked_for_from_the_keyframe_to_where_the_computation_ends() -> None:
    keyframe = trained(SMALL, 7)[0].snapshot()
    errors = trained(SMALL, 50)[1]
    asked: list[tuple[int, int]] = []
    ended(replayed(keyframe, 30, 50, way(errors, asked=asked)))
    ended(answers_along(keyframe, [10, 40], [1, 2], way(errors, asked=asked)))
    assert asked == [(7, 50), (7, 40)]


def test_the_faster_it_goes_the_more_is_computed_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    keyframe = trained(SMALL, 0)[0].snapshot()
    errors = trained(SMALL, 100)[1]
    monkeypatch.setattr("time.perf_counter", lambda: 0.0)  # nothing takes any time
    pieces = replayed(keyframe, 100, 100, way(errors))
    number = sum(1 for _ in pieces)
    assert number == 7 + 1, "1, 2, 4, 8, 16, 32 and 37 iterations; and what is recorded, once"


def changed_on_the_way() -> tuple[Trainer, Array]:
    """A trainer after 40 iterations, of which the last 20 have another learning rate, and all errors."""
    trainer = Trainer(SMALL, "numpy")
    errors = trainer.advance(20).errors
    trainer.set_learning_rate(0.7)
    return trainer, np.concatenate([errors, trainer.advance(20).errors])


@pytest.mark.parametrize("start", [20, 30])
def test_a_change_that_lies_behind_the_keyframe_counts(start: int) -> None:
    trainer, errors = changed_on_the_way()
    keyframe = recompute(trained(SMALL, 0)[0].snapshot(), start, trainer.changes, "numpy").snapshot()
    again = ended(replayed(keyframe, 40, 40, way(errors, trainer.changes)))
    assert (again.parts_at, again.errors.tolist()) == (None, errors[start:].tolist())
    answers, parts_at = ended(answers_along(keyframe, [40], [5, 6], way(errors, trainer.changes)))
    assert parts_at is None
    assert [(place, answer.probabilities) for place, answer in answers] == [(40, trainer.predict(5, 6).probabilities)]


def test_changes_of_the_learning_rate_are_made_again() -> None:
    trainer, errors = changed_on_the_way()
    keyframe = trained(SMALL, 0)[0].snapshot()
    again = ended(replayed(keyframe, 40, 40, way(errors, trainer.changes)))
    assert (again.parts_at, again.errors.tolist()) == (None, errors.tolist())
    without = ended(replayed(keyframe, 40, 40, way(errors)))
    assert without.parts_at == 21, "the error of an iteration is that before its update"


EARLY, LATE = (trained(SMALL, iterations)[0].snapshot() for iterations in (5, 9))


async def sound(
    held: Sequence[tuple[int, Snapshot | None]], readable: Sequence[Snapshot] = (), **how: bool
) -> tuple[Snapshot | None, list[int]]:
    """The last sound one of these keyframes for a run of `SMALL`, and what was fetched on the way. On disk only the
    `readable` ones can be read.
    """
    fetched = []

    async def fetch(place: int) -> Snapshot | None:
        fetched.append(place)
        return next((keyframe for keyframe in readable if keyframe.iteration == place), None)

    return await last_sound(held, SMALL.to_dict(), fetch, **how), fetched


async def test_the_latest_keyframe_is_taken_and_none_is_fetched_that_is_in_memory() -> None:
    assert await sound([(9, LATE), (5, None)]) == (LATE, [])
    assert await sound([(9, None), (5, EARLY)], [LATE]) == (LATE, [9])
    assert await sound([]) == (None, [])


async def test_an_earlier_keyframe_takes_the_place_of_a_damaged_one() -> None:
    assert await sound([(9, None), (5, None)], [EARLY]) == (EARLY, [9, 5])
    assert await sound([(9, None), (5, None)]) == (None, [9, 5])


async def test_where_a_damaged_keyframe_may_hold_a_change_one_of_another_configuration_is_of_no_use() -> None:
    other = replace(EARLY, config=replace(SMALL, optimizer="momentum"))
    assert await sound([(9, None), (5, other)]) == (None, [9])
    assert await sound([(5, other)], damaged=True) == (None, [])
    assert await sound([(5, other)]) == (other, []), "nothing is damaged"
    assert await sound([(5, EARLY)], damaged=True) == (EARLY, [])
