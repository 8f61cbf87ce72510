"""Two servers on one database: the second is refused, for every place and every name of the database."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from app.config import Settings
from app.services.keeper import Keeper
from app.services.registry import Registry
from app.storage.database import open_database
from app.storage.locks import FILE, FileHold, Occupied
from app.storage.opening import opened
from app.storage.store import Store
from tests.app.services.test_keeper import CONFIG, as_trained, hasty, refused
from tests.app.services.test_live_run import until
from tests.patience import PATIENCE

assert hasty  # a fixture for all tests here


def test_a_second_server_on_one_file_is_refused_by_whatever_way_it_comes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other", "third")]
    file = folders[0] / FILE
    link = tmp_path / "link"
    with opened(Settings(data_dir=folders[0], store=True)):
        link.symlink_to(folders[0])
        for url in (f"sqlite:///{file}", f"sqlite:///{link / FILE}"):
            with (
                pytest.raises(Occupied, match="another rnn-adder keeps its runs in"),
                opened(Settings(data_dir=folders[1], store=True, database_url=url)),
            ):
                pass
    elsewhere = f"sqlite:///{tmp_path / 'else' / 'where.db'}"
    (tmp_path / "else").mkdir()
    with opened(Settings(data_dir=folders[1], store=True, database_url=elsewhere)):
        with (
            pytest.raises(Occupied, match=r"else/where\.db"),
            opened(Settings(data_dir=folders[2], store=True, database_url=elsewhere)),
        ):
            pass
        with opened(Settings(data_dir=folders[2], store=True, database_url=elsewhere.replace("where", "there"))):
            pass
    with opened(Settings(data_dir=folders[2], store=True, database_url=elsewhere)) as (store, _):
        assert store is not None


def test_where_another_server_has_come_into_the_place_of_a_deleted_folder_nothing_is_written_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with opened(Settings(data_dir=folder, store=True)) as (store, _):
        assert store is not None
        shutil.rmtree(folder)
        with opened(Settings(data_dir=folder, store=True)) as (other, _):
            assert other is not None
            with pytest.raises(Occupied, match="another rnn-adder"):
                store.probe()
            other.probe()
        store.probe()


def test_a_lock_whose_file_was_deleted_is_taken_anew(tmp_path: Path) -> None:
    first, second = (FileHold.beside(tmp_path / FILE) for _ in range(2))
    first.take()
    (tmp_path / "lock").unlink()
    first.take()
    with pytest.raises(Occupied):
        second.take()
    first.release()
    second.take()
    second.release()


# PostgreSQL


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The folder of the socket of a PostgreSQL server of its own."""
    pytest.importorskip("psycopg")
    found = [shutil.which(name) for name in ("initdb", "pg_ctl")]
    if None in found:
        pytest.skip("there is no PostgreSQL here")
    as_other: Sequence[str] = ()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if os.getuid() == 0:  # as whom PostgreSQL does not run
        if shutil.which("runuser") is None:
            pytest.skip("there is no runuser here")
        as_other = ("runuser", "-u", "postgres", "--")
        try:
            shutil.chown(folder, "postgres")
        except LookupError:
            pytest.skip("there is no user for PostgreSQL here")

    def run(*command: str) -> None:
        subprocess.run([*as_other, *command], check=True, capture_output=True, cwd="/", timeout=PATIENCE)

    data = str(folder / "data")
    run("initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "--pgdata", data, "--wait", "--log", str(folder / "log"), "--options", options, "start")
    try:
        yield str(folder)
    finally:
        run("pg_ctl", "--pgdata", data, "--wait", "--mode", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def query(url: URL, sql: str) -> list[object]:
    engine = create_engine(url)
    with engine.begin() as connection:
        found: list[object] = list(connection.execute(text(sql)).scalars().all())
    engine.dispose()
    return found


@pytest.fixture
def postgres(cluster: str, request: pytest.FixtureRequest) -> URL:
    """A database of its own."""
    url = make_url(f"postgresql+psycopg://postgres@/postgres?host={cluster}")
    name = f"test_{abs(hash(request.node.name))}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name)


def settings(folder: Path, url: URL) -> Settings:
    return Settings(data_dir=folder, store=True, database_url=url.render_as_string(hide_password=False))


OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND datname = current_database()"""
"""Ends the connection that holds the lock."""


def test_on_postgresql_a_second_server_is_refused_and_told_who_is_there(tmp_path: Path, postgres: URL) -> None:
    with opened(settings(tmp_path / "one", postgres)) as (store, _):
        assert store is not None
        with (
            pytest.raises(Occupied, match=r"another rnn-adder, on .* since .*, keeps its runs in postgresql"),
            opened(settings(tmp_path / "two", postgres)),
        ):
            pass
        store.probe()
    with opened(settings(tmp_path / "two", postgres)) as (store, _):
        assert store is not None


async def test_on_postgresql_runs_are_kept_and_a_lost_connection_is_noticed_and_made_anew(
    postgres: URL, caplog: pytest.LogCaptureFixture
) -> None:
    engine, _ = open_database(postgres)
    registry = Registry(Settings(engine="numpy"), Keeper(Store(engine)))
    await registry.open()
    run = await registry.create(None, CONFIG, None)
    await run.step(1500)
    await run.start()
    assert query(postgres, OTHERS) == [True]
    await until(lambda: "can't be stored" in caplog.text and registry.keeper.trouble is None)
    here = run.snapshot.iteration
    await until(lambda: run.state == "running" and run.snapshot.iteration > here)
    await run.pause()
    other = await registry.create(None, CONFIG, None)
    await registry.delete(other.id)
    await run.reset(None)
    await registry.undo_reset(run)
    usage = await registry.keeper.look()
    assert usage.used is not None
    assert usage.deleted is not None
    assert usage.used > usage.deleted > 0
    await registry.close()
    engine, _ = open_database(postgres)
    registry = Registry(Settings(engine="numpy"), Keeper(Store(engine)))
    await registry.open()
    back = await registry.get(run.id)
    assert back.snapshot.iteration == run.snapshot.iteration
    as_trained(back)
    await registry.close()


async def test_on_postgresql_a_server_whose_place_another_has_taken_writes_nothing_more(postgres: URL) -> None:
    engine, _ = open_database(postgres)
    registry = Registry(Settings(engine="numpy"), Keeper(Store(engine)))
    await registry.open()
    run = await registry.create(None, CONFIG, None)
    await run.step(5)
    other = None
    while other is None:  # both want it then
        query(postgres, OTHERS)
        with suppress(Occupied):
            other, _ = open_database(postgres)
    await until(lambda: registry.keeper.trouble is not None and "another rnn-adder" in registry.keeper.trouble)
    assert "another rnn-adder" in await refused(run.step(1))
    other.dispose()
    await asyncio.sleep(0.2)  # in which it is tried again and again
    assert "another rnn-adder" in await refused(run.step(1)), "it may have written meanwhile"
    await registry.close()
