"""Which program a database belongs to, whether it is sound, and which version it has."""

import shutil
import sqlite3
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from app.config import Settings
from app.storage import schema
from app.storage.database import Newer, default_url, open_database
from app.storage.locks import FILE, LOCK, FileHold, Occupied, Unusable, occupied
from app.storage.opening import opened
from app.storage.rows import seal_of_run, values_of_row
from app.storage.store import Saved, Store
from app.storage.upgrading import MIGRATIONS
from tests.app.storage.test_store import ROW


def query(file: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    try:
        with connection:
            return connection.execute(sql).fetchall()
    finally:
        connection.close()


def upgraded(file: Path, version: str) -> None:
    """Make a database of some version, as the program of that version would have made it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_two_can_not_be_in_one_folder_and_the_second_may_come_when_the_first_has_gone(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    hold = FileHold(folder / LOCK)
    with occupied(hold), pytest.raises(Occupied, match="another rnn-adder"), occupied(FileHold(folder / LOCK)):
        pass
    with occupied(FileHold(folder / LOCK)):
        pass


def test_a_folder_that_can_not_be_is_said_to_be_unusable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="can't be used"), occupied(FileHold(tmp_path / "file" / LOCK)):
        pass


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    engine, _ = open_database(default_url(tmp_path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert context.get_current_revision() == schema.VERSION
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_a_newer_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    engine, _ = open_database(default_url(tmp_path))
    engine.dispose()
    query(tmp_path / FILE, "UPDATE alembic_version SET version_num = '9999'")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(Newer, match="9999"):
        open_database(default_url(tmp_path))
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_file_of_the_first_version_keeps_its_runs_and_is_copied_before(tmp_path: Path) -> None:
    file = tmp_path / FILE
    upgraded(file, "0001")
    query(
        file,
        "INSERT INTO runs VALUES ('main', 1, 'Main', 'paused', NULL, 2, 5, '{}', '[[3, 0.5]]', 0.5, NULL, 1.5, '[]')",
    )
    query(file, "INSERT INTO snapshots VALUES ('main', 0, 'x', x'01', 1)")
    query(file, "INSERT INTO errors VALUES ('main', 0, 0, x'0000000000000000')")
    before = file.read_bytes()
    engine, notice = open_database(default_url(tmp_path))
    store = Store(engine)
    (row,) = store.rows()
    assert notice is None
    assert (row.id, row.generation, row.iteration, row.changes, row.first) == ("main", 2, 5, ((3, 0.5),), 0)
    assert store.keyframes("main") == [0]
    assert [chunk.count for chunk in store.errors("main", 0)] == [1], "sealed by now"
    assert store.snapshot("main", 0) is None, "damaged before"
    store.close()
    assert query(file, "SELECT version_num FROM alembic_version") == [(schema.VERSION,)]
    assert file.with_name(f"{FILE}.0001.backup").read_bytes() == before


@pytest.mark.parametrize(
    ("version", "later"), [("0006", ["edits", "owner", "used_at"]), ("0007", ["owner", "used_at"])]
)
def test_a_sound_run_of_an_earlier_version_is_sound_and_a_damaged_one_is_not(
    tmp_path: Path, version: str, later: list[str]
) -> None:
    file = tmp_path / FILE
    upgraded(file, version)
    for run, name in ((ROW, ROW.name), (replace(ROW, id="run-3", number=3), "changed")):
        values = values_of_row(replace(run, edits=(), owner=None, used_at=None))
        for column in later:
            del values[column]
        values["sha256"] = seal_of_run(values, without=later)
        with sqlite3.connect(file) as connection:
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple({**values, "name": name}.values()))
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    assert store.rows() == [replace(ROW, edits=(), owner=None, used_at=None)]
    store.close()


def test_a_migration_that_makes_a_table_anew_takes_nothing_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, migrations = tmp_path / FILE, tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    store.save([Saved(ROW, b"here", [(0, b"zero")], 0, np.arange(10.0))])
    store.close()
    (migrations / "versions" / "v9000_anew.py").write_text(
        f"""
from alembic import op
revision, down_revision = "9000", "{schema.VERSION}"
def upgrade():
    with op.batch_alter_table("runs", recreate="always"):
        pass
"""
    )
    monkeypatch.setattr("app.storage.upgrading.MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "VERSION", "9000")
    engine, notice = open_database(default_url(tmp_path))
    store = Store(engine)
    assert query(file, "SELECT version_num FROM alembic_version") == [("9000",)]
    assert (notice, store.rows(), store.snapshot(ROW.id, 0)) == (None, [ROW], b"zero")
    assert [chunk.count for chunk in store.errors(ROW.id, 0)] == [10]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM runs")
    assert store.keyframes(ROW.id) == [], "foreign keys are in force again"
    store.close()


def test_an_upgrade_that_breaks_off_leaves_the_file_in_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / FILE
    real = command.upgrade

    def broken(config: Config, _revision: str) -> None:
        real(config, "0001")
        raise OSError("the lights went out")

    monkeypatch.setattr(command, "upgrade", broken)
    with pytest.raises(OSError, match="lights"):
        open_database(default_url(tmp_path))
    assert query(file, "SELECT name FROM sqlite_master") == []
    monkeypatch.undo()
    engine, _ = open_database(default_url(tmp_path))
    engine.dispose()
    assert query(file, "SELECT version_num FROM alembic_version") == [(schema.VERSION,)]


@pytest.mark.parametrize("where", [0, 2 * 4096])
def test_a_damaged_file_is_set_aside_as_it_is_and_a_new_one_begun(tmp_path: Path, where: int) -> None:
    file = tmp_path / FILE
    engine, _ = open_database(default_url(tmp_path))
    engine.dispose()
    data = bytearray(file.read_bytes())
    data[where : where + 2000] = b"\xa5" * 2000
    for _ in range(2):
        file.write_bytes(data)
        engine, notice = open_database(default_url(tmp_path))
        assert notice is not None
        assert "damaged" in notice
        assert Store(engine).rows() == []
        engine.dispose()
    aside = sorted(tmp_path.glob(f"{FILE}.damaged-*"))
    assert len(aside) == 2, "each under a name of its own"
    assert all(path.read_bytes() == data for path in aside)


def test_a_file_that_is_damaged_where_only_one_run_is_stays_until_it_can_not_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / FILE
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    store.save([Saved(ROW, b"here", [(0, b"zero")], 0, np.arange(10.0))])
    store.close()
    ((page,),) = query(file, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = 'errors'")
    ((size,),) = query(file, "PRAGMA page_size")
    assert isinstance(page, int)
    assert isinstance(size, int)
    data = bytearray(file.read_bytes())
    data[(page - 1) * size : page * size] = b"\xa5" * size
    file.write_bytes(data)
    engine, notice = open_database(default_url(tmp_path))
    store = Store(engine)
    assert (notice, store.rows(), store.snapshot(ROW.id, 0)) == (None, [ROW], b"zero")
    with pytest.raises(DatabaseError):
        store.save([Saved(replace(ROW, iteration=11), errors_start=0, errors=np.arange(11.0))])
    store.close()
    engine, notice = open_database(default_url(tmp_path))
    engine.dispose()
    assert notice is not None
    assert "set aside" in notice
    assert len(list(tmp_path.iterdir())) == 2, "the damaged one and a new one"


def test_a_file_that_is_no_fault_of_its_own_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(Unusable, match="can't be opened"):
        open_database(default_url(tmp_path))
    assert (tmp_path / FILE).is_dir()


def test_tables_of_another_program_are_not_touched(tmp_path: Path) -> None:
    query(tmp_path / FILE, "CREATE TABLE runs (other TEXT)")
    with pytest.raises(SQLAlchemyError):
        open_database(default_url(tmp_path))
    assert query(tmp_path / FILE, "SELECT name FROM sqlite_master") == [("runs",)]


def test_nothing_is_opened_without_a_folder_or_where_storing_is_off(tmp_path: Path) -> None:
    for settings in (Settings(store=False), Settings(data_dir=tmp_path / "here", store=False)):
        with opened(settings) as (store, notice):
            assert (store, notice) == (None, None)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Unusable, match="data directory"), opened(Settings(database_url="sqlite://")):
        pass


def test_another_database_can_be_named_by_its_url(tmp_path: Path) -> None:
    with opened(Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'other'}")) as (store, _):
        assert store is not None
        assert store.rows() == []
    assert (tmp_path / "other").exists()
    assert not (tmp_path / FILE).exists()
    with pytest.raises(Unusable, match="can't be opened"), opened(Settings(data_dir=tmp_path, database_url="nonsense")):
        pass


ODD = ["odd/a?1", "odd/a?2", "a%20b", "a b", "a#b", "a@b:c", "file:a", "üben", "100%", "a?mode=memory"]


@pytest.mark.parametrize("name", ODD)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    with opened(Settings(data_dir=tmp_path / name, store=True)) as (store, notice):
        assert store is not None
        assert notice is None
        assert store.rows() == []
        store.probe()
    assert (tmp_path / name / FILE).is_file()
    assert {file.name for file in (tmp_path / name).iterdir()} == {FILE, LOCK}


def test_folders_with_odd_names_do_not_share_a_file(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for name in ODD:
            stack.enter_context(opened(Settings(data_dir=tmp_path / name, store=True)))
    assert len(list(tmp_path.rglob(FILE))) == len(ODD)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:geheim@localhost:notaport/db",
        "nosuchdatabase://me:geheim@localhost/db",
        "postgresql+nosuchdriver://me:geheim@localhost/db?password=geheim",
        "me:geheim@localhost",
    ],
)
def test_a_wrong_address_of_a_database_keeps_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unusable) as refusal, opened(Settings(data_dir=tmp_path, database_url=url)):
        pass
    assert "geheim" not in str(refusal.value)
