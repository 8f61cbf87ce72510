"""What a run has in memory when it begins."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.services.beginnings import ENDED, Beginning, shelved, state_of
from app.services.error_series import ErrorSeries
from app.services.stored_errors import gaps_of, series_of, spread
from app.storage.store import CHUNK, STRETCH, Chunk
from rnn_core import Trainer, TrainingConfig
from rnn_core.pieces import result_of
from rnn_core.travel import branch
from tests.app.storage.test_store import ROW

ERRORS = st.lists(st.floats(0, 32, width=32), min_size=STRETCH, max_size=STRETCH)


@given(values=ERRORS)
def test_spread_values_have_the_same_least_mean_and_most(values: list[float]) -> None:
    low, mean, high = min(values), sum(values) / STRETCH, max(values)
    back = spread(np.array([[low], [mean], [high]], dtype="<f4"))
    assert (back.shape, back.min(), back.max()) == ((STRETCH,), np.float32(low), np.float32(high))
    np.testing.assert_allclose(back.mean(), mean, rtol=1e-5, atol=1e-5)


def test_a_series_knows_which_of_its_values_are_exact() -> None:
    stretches = np.tile(np.array([[0.0], [1.0], [2.0]], dtype="<f4"), CHUNK // STRETCH)
    chunks = [
        Chunk(0, np.zeros(CHUNK), None),
        Chunk(CHUNK, None, stretches),
        Chunk(2 * CHUNK, None, stretches),
        Chunk(3 * CHUNK, np.arange(5.0), None),
    ]
    series = series_of(replace(ROW, iteration=3 * CHUNK + 3), chunks)
    assert len(series) == 3 * CHUNK + 3, "no more than the run has done"
    assert (series.exact_until, series.exact_from) == (CHUNK, 3 * CHUNK)
    assert series.is_exact(0, CHUNK)
    assert not series.is_exact(CHUNK - 1, CHUNK + 1)
    assert series.is_exact(3 * CHUNK, 3 * CHUNK + 3)
    _, low, mean, high = series.summary(CHUNK, 2 * CHUNK, 10)
    assert (low.min(), high.max()) == (0, 2)
    np.testing.assert_allclose(mean, 1, atol=0.01)
    part = result_of(series.copied(CHUNK + 7))
    assert (len(part), part.exact_until, part.exact_from) == (CHUNK + 7, CHUNK, CHUNK + 7)


def test_a_run_that_was_training_is_paused_with_the_reason_and_others_stay() -> None:
    running = shelved(replace(ROW, state="running", detail=None))
    assert (running.state, running.detail) == ("paused", ENDED)
    for state in ("ready", "paused", "finished", "diverged", "failed"):
        assert shelved(replace(ROW, state=state)).state == state


def test_where_a_snapshot_stands_tells_its_state() -> None:
    trainer = Trainer(TrainingConfig(max_iterations=2), "numpy")
    states = []
    for _ in range(3):
        states.append(state_of(trainer.snapshot()))
        trainer.advance(1)
    assert states == ["ready", "paused", "finished"]
    assert state_of(replace(trainer.snapshot(), diverged=True)) == "diverged"


def test_a_branch_has_the_moments_before_it_and_its_own_beginning() -> None:
    trainer = Trainer(TrainingConfig(), "numpy")
    kept = [trainer.snapshot()]
    series = ErrorSeries()
    for _ in range(3):
        errors = trainer.advance(5).errors
        series.store(errors)
        series.reveal(5)
        kept.append(trainer.snapshot())
    moment = branch(kept[2], {"optimizer": "momentum"})
    held = [(snapshot.iteration, snapshot) for snapshot in kept[:3]]
    beginning = Beginning.of_branch(moment, result_of(series.copied(10)), ("run-9", 0), held)
    places = beginning.keyframes.until(10)
    assert [place for place, _ in places] == [0, 5, 10]
    assert places[2][1] is moment
    assert beginning.errors.slice(0, 99).tolist() == series.slice(0, 10).tolist()
    pending = beginning.backlog.take(replace(ROW, iteration=10), moment, beginning.errors)
    assert pending is not None
    assert [keyframe.iteration for keyframe in pending.keyframes] == [0, 5, 10]


def test_where_errors_are_missing_a_series_begins_behind_them() -> None:
    chunks = [Chunk(0, np.zeros(CHUNK), None), Chunk(CHUNK, None, None), Chunk(2 * CHUNK, np.arange(5.0), None)]
    row = replace(ROW, iteration=2 * CHUNK + 5)
    assert gaps_of(row, chunks) == [(CHUNK, 2 * CHUNK)]
    assert gaps_of(row, chunks[:2]) == [(CHUNK, 2 * CHUNK + 5)]
    assert gaps_of(row, []) == [(0, 2 * CHUNK + 5)]
    assert gaps_of(replace(row, iteration=CHUNK), chunks[:1]) == []
    series = series_of(row, chunks)
    assert (series.first, series.slice(0, 3 * CHUNK).tolist()) == (2 * CHUNK, [0, 1, 2, 3, 4])
    assert (series_of(row, chunks[:2]).first, len(series_of(row, chunks[:2]))) == (2 * CHUNK + 5, 2 * CHUNK + 5)
