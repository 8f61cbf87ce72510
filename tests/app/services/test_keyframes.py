"""From which moments the past is computed again."""

from dataclasses import replace
from itertools import pairwise

import pytest

from app.services import keyframes as module
from app.services.keyframes import FIRST_DISTANCE, GROWTH, Keyframes, size_of
from rnn_core import Trainer, TrainingConfig
from rnn_core.snapshot import Snapshot

BEGINNING = Trainer(TrainingConfig(), "numpy").snapshot()


def at(iteration: int, config: TrainingConfig = BEGINNING.config) -> Snapshot:
    return replace(BEGINNING, iteration=iteration, config=config)


def test_they_lie_a_thousand_apart_and_later_a_sixteenth_of_the_way() -> None:
    keyframes = Keyframes({0: BEGINNING})
    places = [0]
    for iteration in range(0, 200_000, 7):
        if keyframes.due(iteration):
            keyframes.add(at(iteration))
            places.append(iteration)
    for before, after in pairwise(places):
        wanted = max(FIRST_DISTANCE, before // GROWTH)
        assert wanted <= after - before < wanted + 7
    assert (keyframes.first, keyframes.last, len(keyframes)) == (0, places[-1], len(places))


def test_what_lies_before_an_iteration_comes_latest_first_and_the_beginning_has_itself() -> None:
    keyframes = Keyframes({5: at(5), 9: None, 12: at(12)})
    found = {
        iteration: [place for place, _ in keyframes.before(iteration)] for iteration in (5, 6, 9, 10, 12, 13, 10**9)
    }
    assert found == {5: [5], 6: [5], 9: [5], 10: [9, 5], 12: [9, 5], 13: [12, 9, 5], 10**9: [12, 9, 5]}
    assert [place for place, _ in keyframes.until(9)] == [5, 9]
    keyframes.release(12)
    keyframes.release(13)
    assert keyframes.before(13) == [(12, None), (9, None), keyframes.before(5)[0]]


def test_they_take_a_bounded_memory_and_keep_the_first_and_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10 * size_of(BEGINNING))
    keyframes = Keyframes({0: BEGINNING})
    for iteration in range(1, 200):
        keyframes.add(at(iteration))
        assert len(keyframes) <= 10
        assert (keyframes.first, keyframes.last) == (0, iteration)


def test_where_a_branch_begins_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10 * size_of(BEGINNING))
    other = TrainingConfig(optimizer="momentum")
    keyframes = Keyframes({0: BEGINNING, 10: at(10), 15: at(15, other)})
    for iteration in range(20, 200):
        keyframes.add(at(iteration, other))
        assert 15 in dict(keyframes.until(iteration))


def test_the_one_at_a_moment_or_before_it_and_the_next_after_it() -> None:
    keyframes = Keyframes({5: at(5), 9: None, 12: at(12)})
    assert [keyframes.latest(iteration)[0] for iteration in (3, 5, 8, 9, 11, 12, 99)] == [5, 5, 5, 9, 9, 12, 12]
    assert keyframes.latest(12)[1] is not None
    assert [keyframes.after(iteration) for iteration in (0, 5, 8, 9, 12)] == [5, 9, 9, 12, None]


def test_what_is_on_disk_no_more_is_forgotten_and_what_is_in_memory_stays() -> None:
    keyframes = Keyframes({0: at(0), 5: None, 9: None})
    keyframes.forget([0, 5, 7])
    assert [place for place, _ in keyframes.until(99)] == [0, 9]


def test_of_those_on_disk_alone_none_takes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 4 * size_of(BEGINNING))
    keyframes = Keyframes({0: None, 5: None, 10: None})
    for iteration in (20, 30, 40, 50):
        keyframes.add(at(iteration))
    assert [place for place, _ in keyframes.until(99)] == [0, 5, 10, 20, 30, 40, 50], "four are what there is room for"
    keyframes.add(at(60))
    assert [place for place, _ in keyframes.until(99)] == [0, 5, 10, 20, 40, 60]


def test_a_snapshot_takes_its_weights_the_memory_of_its_optimizer_and_its_trace() -> None:
    trainer = Trainer(TrainingConfig(optimizer="adam"), "numpy")
    begun = trainer.snapshot()
    trainer.advance(1)
    weights = begun.parameters.flat.nbytes
    assert size_of(BEGINNING) == weights + 4096
    assert size_of(begun) == weights * (1 + len(begun.optimizer_state)) + 4096
    assert size_of(trainer.snapshot()) == weights * (2 + len(begun.optimizer_state)) + 4096
