"""Which parts of a run are written, and when."""

from dataclasses import replace

import numpy as np

from app.services.backlog import Backlog, Pending
from app.services.error_series import ErrorSeries
from app.storage.rows import Row
from app.storage.store import CHUNK
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import decode_checkpoint
from rnn_core.snapshot import Snapshot
from tests.app.storage.test_store import ROW

BEGINNING = Trainer(TrainingConfig(), "numpy").snapshot()


def at(iteration: int) -> tuple[Row, Snapshot]:
    return replace(ROW, iteration=iteration), replace(BEGINNING, iteration=iteration)


def grown(series: ErrorSeries, stop: int) -> ErrorSeries:
    errors = np.arange(len(series), stop, dtype=float)
    series.store(errors)
    series.reveal(len(errors))
    return series


def taken(backlog: Backlog, iteration: int, series: ErrorSeries) -> Pending:
    pending = backlog.take(*at(iteration), series)
    assert pending is not None
    return pending


def test_at_first_all_is_written_and_then_nothing_until_something_changes() -> None:
    backlog, series = Backlog(), grown(ErrorSeries(), CHUNK + 10)
    pending = taken(backlog, CHUNK + 10, series)
    assert pending.afresh
    saved = pending.encoded()
    assert (saved.errors_start, len(saved.errors)) == (0, CHUNK + 10)
    assert saved.snapshot is not None
    assert decode_checkpoint(saved.snapshot).iteration == CHUNK + 10
    again = taken(backlog, CHUNK + 10, series)
    assert again.afresh, "what was not written is to be written still"
    backlog.written(pending)
    assert backlog.take(*at(CHUNK + 10), series) is None
    renamed = replace(ROW, iteration=CHUNK + 10, name="Other")
    change = backlog.take(renamed, BEGINNING, series)
    assert change is not None
    assert (len(change.encoded().errors), change.afresh) == (0, False)


def test_later_the_errors_are_written_from_the_chunk_that_is_not_full() -> None:
    backlog, series = Backlog(), grown(ErrorSeries(), CHUNK + 10)
    backlog.written(taken(backlog, CHUNK + 10, series))
    grown(series, 3 * CHUNK)
    pending = taken(backlog, 3 * CHUNK - 5, series)
    saved = pending.encoded()
    assert (saved.errors_start, saved.errors_start + len(saved.errors)) == (CHUNK, 3 * CHUNK - 5)
    assert saved.errors.tolist() == series.slice(CHUNK, 3 * CHUNK - 5).tolist()


def test_a_run_that_begins_in_the_middle_has_no_errors_before() -> None:
    first = CHUNK + 3
    backlog, series = Backlog(), grown(ErrorSeries(first), first + 5)
    backlog.written(taken(backlog, first, series))
    assert taken(backlog, first + 5, series).encoded().errors_start == first


def test_keyframes_are_written_once_those_added_meanwhile_next() -> None:
    backlog, series = Backlog(), grown(ErrorSeries(), 50)
    backlog.add(at(10)[1])
    pending = taken(backlog, 20, series)
    backlog.add(at(30)[1])
    backlog.written(pending)
    assert [kept.iteration for kept in taken(backlog, 40, series).keyframes] == [30]


def test_what_is_on_disk_is_not_written_again() -> None:
    series = grown(ErrorSeries(), 20)
    backlog = Backlog.none(replace(ROW, iteration=20))
    assert backlog.take(*at(20), series) is None
