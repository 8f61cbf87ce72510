"""Opening the database: who uses it, whether it is undamaged, and which version it has."""

import errno
import logging
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, Table, create_engine, event, inspect, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from . import schema
from .files import replace
from .locks import FILE, Session, Unusable
from .salvage import begin_anew, finish, readable

logger = logging.getLogger(__name__)

SURROUNDINGS = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
)
"""Errors that are not about the file itself. After these the file stays where it is."""

INCREMENTAL = 2
"""The number of that mode of `auto_vacuum`."""

CHECKED = ("sqlite_master", "alembic_version", "runs", "sweeps")
"""The tables that are checked at every start. Snapshots and errors have checksums, which are checked when they are
read. They may be gigabytes, so checking them at every start would take seconds.
"""


class Newer(Exception):
    """A newer version of rnn-adder has written the database. This version can't read it."""


def default_url(folder: Path) -> URL:
    """The database in a data directory. The address is made of parts, because a path with a `?`, a `#` or a `%` would
    be read wrongly in an address written as text.
    """
    return URL.create("sqlite", database=str(folder / FILE))


def open_database(address: URL | str) -> tuple[Engine, str | None]:
    """The database, undamaged and in the current version.

    A damaged SQLite file is renamed, and a new one is made with the runs that can be read. A file of an older version
    is copied beside itself before it is upgraded.

    Returns:
        the engine, and a message for people, or None.

    Raises:
        Occupied: PostgreSQL says that another server keeps its runs there; for files see `locks.FileHold`.
        Newer: this program does not know its version. The database is not changed.
        SQLAlchemyError: it can't be opened or written to.
        ValueError: the address is not valid.
    """
    url = make_url(address)
    file = sqlite_file(url)
    if file is None:
        session = Session(named(url)) if url.get_backend_name() == "postgresql" else None
        engine = _up_to_date(url, session)
        if session is not None:
            session.claim(engine)
        return engine, None
    notice = None
    finish(file)
    if file.exists():
        if not _sound(file, whole=_doubts(file).exists()):
            notice = begin_anew(file, _created)
        _doubts(file).unlink(missing_ok=True)
    try:
        engine = _up_to_date(url)
    except DatabaseError as error:
        if not shows_damage(error):
            raise
        notice = begin_anew(file, _created)
        engine = _up_to_date(url)
    engine.dispose()  # the engine connects again by itself
    _make_shrinkable(file)
    return engine, notice


def _created(file: Path) -> Engine:
    return _up_to_date(URL.create("sqlite", database=str(file)))


def _up_to_date(url: URL, session: Session | None = None) -> Engine:
    """The database, upgraded to the current version."""
    file = sqlite_file(url)
    engine = _engine(url, session)
    try:
        version = _version(engine)
        if version != schema.VERSION:
            from .upgrading import known, upgrade  # noqa: PLC0415 (takes a third of a second; few starts need it)

            if version is not None and version not in known():
                detail = f"its version is {version}, this one knows {schema.VERSION}"
                raise Newer(f"{named(url)} was written by a newer rnn-adder ({detail})")
            if version is not None and file is not None:
                shutil.copy2(file, file.with_name(f"{file.name}.{version}.backup"))
            upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _make_shrinkable(file: Path) -> None:
    """Make an old database able to give free space back. For that it is written again once, beside itself. If there is
    no room for that, it stays as it is until the next start.
    """
    new = file.with_name(f"{file.name}.compact")
    new.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:  # Windows moves only closed files
            if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == INCREMENTAL:
                return
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM INTO ?", (str(new),))
        with new.open("rb+") as written:
            os.fsync(written.fileno())
        shutil.copymode(file, new)
        replace(new, file)
    except (sqlite3.Error, OSError) as error:
        logger.warning("for now %s can't shrink when runs are deleted: %s", file, error)
        new.unlink(missing_ok=True)


def _version(engine: Engine) -> str | None:
    """The version of its tables as noted by Alembic; None if there are no tables."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if version is None else str(version)


def named(url: URL) -> str:
    """A database's name for people: a file by its path, another by its address without user and password."""
    file = sqlite_file(url)
    return str(url.set(username=None, password=None, query={})) if file is None else str(file)


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite address; None for another database or one that is not on disk."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _engine(url: URL, session: Session | None = None) -> Engine:
    """One connection for the one thread that uses the database."""
    if session is not None:
        engine = create_engine(url, poolclass=StaticPool)
        event.listen(engine, "connect", session.prepare)
        return engine
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # else Python's driver begins no transaction for a change of tables
        connection.text_factory = readable
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = DELETE")  # a rollback journal: WAL has corrupted files before
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def shows_damage(error: Exception) -> bool:
    """Whether the file itself is damaged. Other errors come from outside the file."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full(error: Exception) -> bool:
    """Whether the disk is full."""
    origin = getattr(error, "orig", error)
    sqlite_says = getattr(origin, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return sqlite_says or getattr(origin, "errno", None) == errno.ENOSPC or getattr(origin, "sqlstate", "") == "53100"


def doubt(url: URL) -> None:
    """Have the whole file checked when it is opened next, because it could not be written to."""
    file = sqlite_file(url)
    if file is not None:
        with suppress(OSError):
            _doubts(file).touch()


def _doubts(file: Path) -> Path:
    return file.with_name(f"{file.name}.doubtful")


def _sound(file: Path, whole: bool) -> bool:
    """Whether SQLite can read the file and finds no damage in the main tables or, with `whole`, in the whole file."""
    try:
        connection = sqlite3.connect(file)
        connection.text_factory = readable
        try:
            tables = {"sqlite_master", *(name for (name,) in connection.execute("SELECT name FROM sqlite_master"))}
            checks = ["1"] if whole else [table for table in CHECKED if table in tables]
            if any(connection.execute(f"PRAGMA integrity_check({check})").fetchone() != ("ok",) for check in checks):
                return False
            return _is_as_noted(connection, tables)
        finally:
            connection.close()
    except UnicodeDecodeError:  # the driver could not decode its own message about the damage
        return False
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in SURROUNDINGS:
            raise Unusable(f"{file} can't be opened: {error}") from None
        return False


def _is_as_noted(connection: sqlite3.Connection, tables: set[str]) -> bool:
    """Whether the tables are those of the noted version. It is noted in its table, and again in the file's header."""
    here = schema.VERSION
    found = connection.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else None
    noted = None if found is None else next((str(version) for (version,) in found), None)
    # A newer program writes both. A version that differs from this one's in a single character is damage.
    alike = noted is None or (len(noted) == len(here) and sum(map(str.__ne__, noted, here)) == 1)
    if alike and connection.execute("PRAGMA user_version").fetchone()[0] == int(here):
        return False
    return noted != here or all(
        _shape(connection, table.name) == _expected(table) for table in schema.metadata.sorted_tables
    )


Shape = tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]
"""The shape of a table: for each column its name, its type, whether it must not be null, and its place in the primary
key; and the tables that it refers to.
"""


def _shape(connection: sqlite3.Connection, table: str) -> Shape:
    columns = {
        (name, kind, bool(needed), key) for _, name, kind, needed, _, key in _pragma(connection, "table_info", table)
    }
    return columns, {found[2:7] for found in _pragma(connection, "foreign_key_list", table)}


def _pragma(connection: sqlite3.Connection, name: str, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"PRAGMA {name}({table})").fetchall()


def _expected(table: Table) -> Shape:
    keys = [column.name for column in table.primary_key]
    columns = {
        (
            column.name,
            column.type.compile(sqlite.dialect()),
            not column.nullable,
            keys.index(column.name) + 1 if column.name in keys else 0,
        )
        for column in table.c
    }
    references = {
        (key.column.table.name, key.parent.name, key.column.name, "NO ACTION", key.ondelete)
        for key in table.foreign_keys
    }
    return columns, references
