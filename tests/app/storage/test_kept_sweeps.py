import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.database import default_url, open_database
from app.storage.kept_sweeps import KeptSweep
from app.storage.locks import FILE
from app.storage.room import NoRoomForNew
from app.storage.store import Saved, Store
from rnn_core.text import Text
from tests.app.storage.test_database import query
from tests.app.storage.test_store import ROW

SWEEP = KeptSweep(
    "sweep-1", 1, "Units", "paused", Text("It waits until “{name}” is done.", name="x"), {"seeds": [0, 1]}
)
RESULTS = {0: {"accuracy": 1.0}, 1: {"accuracy": 0.5}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(open_database(default_url(tmp_path))[0])
    store.save([Saved(ROW)])
    yield store
    store.close()


def test_a_sweep_comes_back_as_it_was_stored(store: Store) -> None:
    store.sweeps.save(SWEEP, room_for=2)
    store.sweeps.add("sweep-1", RESULTS)
    store.sweeps.add("sweep-1", {1: {"accuracy": 0.75}})
    (found,) = store.sweeps.all()
    assert found == SWEEP
    assert isinstance(found.detail, Text)
    assert store.sweeps.results("sweep-1") == {**RESULTS, 1: {"accuracy": 0.75}}
    store.sweeps.delete("sweep-1")
    store.sweeps.add("sweep-1", RESULTS)  # it was deleted meanwhile
    assert (store.sweeps.all(), store.sweeps.results("sweep-1")) == ([], {})


def test_what_is_damaged_is_left_out(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store.sweeps.save(SWEEP)
    store.sweeps.save(KeptSweep("sweep-2", 2, "Rates", "paused", None, {}))
    store.sweeps.add("sweep-1", RESULTS)
    query(tmp_path / FILE, "UPDATE members SET data = '{\"accuracy\": 0.9}' WHERE member = 1")
    query(tmp_path / FILE, "UPDATE sweeps SET name = 'Other' WHERE id = 'sweep-2'")
    assert [sweep.id for sweep in store.sweeps.all()] == ["sweep-1"]
    assert store.sweeps.results("sweep-1") == {0: RESULTS[0]}
    assert "the sweep sweep-2 is damaged" in caplog.text
    assert "member 1 of the sweep sweep-1 is damaged" in caplog.text


def test_a_sweep_needs_room_for_its_results(tmp_path: Path) -> None:
    store = Store(open_database(default_url(tmp_path))[0], budget=2**20)
    with pytest.raises(NoRoomForNew, match="no room for the results of this sweep"):
        store.sweeps.save(SWEEP, room_for=1000)
    assert store.sweeps.all() == []
    store.sweeps.save(SWEEP, room_for=100)
    store.close()


@pytest.mark.parametrize(
    "lost", ["PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'snapshots'", ""]
)
def test_a_damaged_database_gives_its_sweeps_to_the_new_one(store: Store, tmp_path: Path, lost: str) -> None:
    store.sweeps.save(SWEEP)
    store.sweeps.add("sweep-1", RESULTS)
    store.close()
    file = tmp_path / FILE
    if lost:
        connection = sqlite3.connect(file)
        connection.executescript(lost)
        connection.close()
    else:  # the header and the tables' names
        file.write_bytes(b"\xff" * 4096 + file.read_bytes()[4096:])
    engine, notice = open_database(default_url(tmp_path))
    assert notice is not None
    assert "was damaged" in notice
    again = Store(engine)
    assert [row.id for row in again.rows()] == [ROW.id]
    assert again.sweeps.all() == [SWEEP]
    assert again.sweeps.results("sweep-1") == RESULTS
    again.close()
