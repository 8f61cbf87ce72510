"""What is saved comes back bit by bit. A save that fails leaves no trace."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, event, text

from app.services.stored_errors import series_of
from app.storage.database import default_url, open_database
from app.storage.room import UNDO_SECONDS
from app.storage.rows import Row
from app.storage.store import CHUNK, FULL_CHUNKS, STRETCH, Changed, Inheritance, Saved, Store
from rnn_core import Edit, TrainingConfig

ROW = Row(
    id="run-2",
    number=2,
    name="Zwei",
    state="paused",
    detail="why",
    generation=3,
    iteration=10,
    config=TrainingConfig(seed=7).to_dict(),
    changes=((2, 0.3), (5, 1 / 3)),
    learning_rate=1 / 3,
    speed=None,
    error=0.1 + 0.2,
    accuracies=((4, 0.25),),
    edits=((0, Edit("W_hh", None, 0.0, frozen=True)), (9, Edit("W_hy", (3, None), 0.1, frozen=False))),
    owner="0123456789abcdef",
    used_at=1_800_000_000.25,
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine, notice = open_database(default_url(tmp_path))
    assert notice is None
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


def series(start: int, stop: int) -> Any:
    return np.random.default_rng(5).random(stop)[start:]


def test_a_row_comes_back_as_it_was_and_the_newest_stands(store: Store) -> None:
    store.save([Saved(ROW), Saved(replace(ROW, id="main", number=1, speed=0.1, detail=None))])
    assert [row.id for row in store.rows()] == ["main", "run-2"]
    assert store.rows()[1] == ROW
    newer = replace(ROW, name="Two", iteration=11, changes=())
    store.save([Saved(newer)])
    assert (store.rows()[1], store.last_number()) == (newer, 2)


@pytest.mark.parametrize("first", [0, CHUNK - 3, CHUNK, 2 * CHUNK + 1])
def test_errors_come_back_whole_however_they_were_saved(store: Store, first: int) -> None:
    stop = first + CHUNK + 5
    values = series(first, stop)
    start = first
    for end in (first + 1, first + 2, first + CHUNK - 1, first + CHUNK, stop):
        row = replace(ROW, first=first, iteration=end)
        store.save([Saved(row, errors_start=start, errors=values[start - first : end - first])])
        back = series_of(row, store.errors(ROW.id, first))
        assert back.slice(0, stop).tolist() == values[: end - first].tolist()
        assert back.is_exact(first, end)
        start = max(first, end // CHUNK * CHUNK)


def test_errors_beyond_the_documented_length_are_kept_as_least_mean_and_most(store: Store) -> None:
    border = FULL_CHUNKS * CHUNK
    first, stop = border - 10, border + CHUNK + 7
    values = series(0, stop - first)
    row = replace(ROW, first=first, iteration=stop)
    store.save([Saved(row, errors_start=first, errors=values)])
    full, thin, last = store.errors(ROW.id, first)
    assert (full.start, thin.start, last.start) == (first, border, border + CHUNK)
    assert full.values is not None
    assert full.values.tolist() == values[:10].tolist()
    assert thin.stretches is not None
    pieces = values[10 : 10 + CHUNK].reshape(-1, STRETCH)
    expected = np.stack([pieces.min(axis=1), pieces.mean(axis=1), pieces.max(axis=1)])
    np.testing.assert_allclose(thin.stretches, expected, rtol=1e-6)
    assert last.values is not None
    assert last.values.tolist() == values[10 + CHUNK :].tolist()
    back = series_of(row, [full, thin, last])
    assert len(back) == stop
    assert [back.is_exact(*ends) for ends in ((first, border), (border, border + 1), (border + CHUNK, stop))] == [
        True,
        False,
        True,
    ]


def test_saving_afresh_voids_the_past(store: Store) -> None:
    store.save([Saved(ROW, b"here", [(0, b"a"), (7, b"b")], 0, series(0, 10))])
    store.save([Saved(replace(ROW, iteration=0), b"new", [(0, b"new")], afresh=True)])
    assert store.keyframes(ROW.id) == [0]
    assert store.snapshot(ROW.id, 0) == b"new"
    assert store.errors(ROW.id, 0) == []


def test_where_a_run_stands_is_replaced_and_keyframes_stay(store: Store) -> None:
    store.save([Saved(replace(ROW, iteration=0), b"zero", [(0, b"zero")])])
    for iteration in (3, 5):
        store.save([Saved(replace(ROW, iteration=iteration), b"here")])
    assert store.snapshot(ROW.id, 3) is None
    assert (store.snapshot(ROW.id, 0), store.snapshot(ROW.id, 5)) == (b"zero", b"here")
    assert store.keyframes(ROW.id) == [0]


def test_a_keyframe_of_where_a_run_stands_does_not_outlive_a_change_made_there(store: Store) -> None:
    store.save([Saved(ROW, b"with the new rate", [(10, b"with the old rate")])])
    assert store.snapshot(ROW.id, 10) == b"with the new rate"
    store.save([Saved(ROW, b"with a newer rate")])
    assert (store.snapshot(ROW.id, 10), store.keyframes(ROW.id)) == (b"with a newer rate", [10])


def test_a_snapshot_with_a_flipped_bit_is_none_and_the_one_before_serves(
    store: Store, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    store.save([Saved(ROW, b"where it stands", [(0, b"beginning")])])
    with engine.begin() as connection:
        connection.execute(text("UPDATE snapshots SET data = x'00' WHERE iteration = 10"))
    assert store.snapshot(ROW.id, 10) is None
    assert "run-2 at iteration 10 is damaged" in caplog.text
    assert store.snapshot(ROW.id, 0) == b"beginning"


def test_a_chunk_of_errors_with_a_flipped_bit_is_known_to_be_damaged(
    store: Store, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    stop = 2 * CHUNK + 5
    values = series(0, stop)
    store.save([Saved(replace(ROW, iteration=stop), errors_start=0, errors=values)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE errors SET data = zeroblob(length(data)) WHERE chunk = 1"))
    first, damaged, last = store.errors(ROW.id, 0)
    assert (damaged.start, damaged.values, damaged.stretches) == (CHUNK, None, None)
    assert (first.count, last.count) == (CHUNK, 5)
    assert f"errors of run run-2 from iteration {CHUNK} on are damaged" in caplog.text
    for change in ("thinned = 1", "chunk = 5", "sha256 = NULL"):
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE errors SET {change} WHERE chunk = 2"))
        assert [chunk.count for chunk in store.errors(ROW.id, 0)] == [CHUNK, 0, 0], change


def test_a_branch_takes_over_keyframes_that_are_on_disk_alone_unless_they_changed_meanwhile(store: Store) -> None:
    store.save([Saved(ROW, b"here", [(0, b"zero"), (5, b"five"), (8, b"eight")])])
    branch = Saved(replace(ROW, id="run-3", number=3), b"moment", [(6, b"moment")])
    inherited = Inheritance(ROW.id, ROW.generation, (0, 5))
    for other in (replace(inherited, generation=4), replace(inherited, iterations=(0, 7))):
        with pytest.raises(Changed):
            store.save([replace(branch, inherited=other)])
        assert [row.id for row in store.rows()] == [ROW.id]
    store.save([replace(branch, inherited=inherited)])
    assert store.keyframes("run-3") == [0, 5, 6]
    assert [store.snapshot("run-3", place) for place in (0, 5, 6)] == [b"zero", b"five", b"moment"]
    assert store.keyframes(ROW.id) == [0, 5, 8]


def test_a_row_that_is_no_run_is_left_out_and_said(
    store: Store, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    store.save([Saved(ROW), Saved(replace(ROW, id="run-3", number=3))])
    with engine.begin() as connection:
        connection.execute(text("UPDATE runs SET config = '{' WHERE id = 'run-2'"))
    assert [row.id for row in store.rows()] == ["run-3"]
    assert "run-2 is damaged" in caplog.text


def test_a_deleted_run_is_gone_and_comes_back_whole_until_its_time_is_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save([Saved(ROW, b"here", [(0, b"zero")], 0, series(0, 10))])
    assert store.undelete(ROW.id) is None
    store.delete(ROW.id)
    store.save([Saved(replace(ROW, name="its last word"))])
    assert (store.rows(), store.last_number()) == ([], 2)
    assert store.undelete(ROW.id) == replace(ROW, name="its last word")
    assert store.snapshot(ROW.id, 0) == b"zero"
    store.delete(ROW.id)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + UNDO_SECONDS + 1)
    assert store.undelete(ROW.id) is None
    assert store.free().anything
    assert not store.free().anything
    assert (store.keyframes(ROW.id), store.errors(ROW.id, 0), store.last_number()) == ([], [], 2)


def test_what_fails_in_the_middle_keeps_nothing_of_it(store: Store, engine: Engine) -> None:
    store.save([Saved(ROW, b"here", [(0, b"zero")], 0, series(0, 10))])

    @event.listens_for(engine, "before_cursor_execute")
    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO errors"):
            raise OSError("the disk is gone")

    later = Saved(replace(ROW, iteration=12), b"later", [(11, b"eleven")], 0, series(0, 12), afresh=True)
    with pytest.raises(OSError, match="gone"):
        store.save([Saved(replace(ROW, id="run-3", number=3)), later])
    event.remove(engine, "before_cursor_execute", fail)
    assert store.rows() == [ROW]
    assert (store.keyframes(ROW.id), store.snapshot(ROW.id, 10)) == ([0], b"here")
    assert len(store.errors(ROW.id, 0)) == 1
    store.save([later])
    assert store.rows()[0].iteration == 12
