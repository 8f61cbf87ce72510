"""Keeping other servers out of a database: two servers would overwrite each other's runs."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

FILE = "runs.sqlite3"
LOCK = "lock"

KEY = 0x726E6E
"""The first half of the advisory lock's number, "rnn"; the second half is made from the schema."""


class Occupied(OSError):
    """Another server keeps its runs there."""


class Unusable(OSError):
    """The data directory can't be used; the reason is outside this program."""


class FileHold:
    """A lock in a folder, held for as long as the process lives."""

    def __init__(self, file: Path) -> None:
        """Do not take the lock yet."""
        self._file = file
        self._locks: list[FileLock] = []
        self._identity: tuple[int, int] | None = None

    @classmethod
    def beside(cls, database: Path) -> "FileHold":
        """The lock of an SQLite file. It is the same for every path to the file."""
        file = Path(os.path.realpath(database))
        return cls(file.with_name(LOCK if file.name == FILE else f"{file.name}.lock"))

    def take(self) -> None:
        """Take the lock. If its file was deleted meanwhile, take it again.

        Raises:
            Occupied: another server has it.
            Unusable: the folder can't be made or written to.
        """
        if self._identity is not None and self._found() == self._identity:
            return
        folder = self._file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._file, timeout=0)
            lock.acquire()
        except Timeout:
            where = folder if self._file.name == LOCK else self._file.with_suffix("")
            raise Occupied(f"another rnn-adder keeps its runs in {where}") from None
        except (OSError, NotImplementedError) as error:
            words = getattr(error, "strerror", error)
            raise Unusable(f"the data directory {folder} can't be used: {words}") from None
        self._locks.append(lock)  # also if its file is gone: releasing it could delete the file of the next lock
        self._identity = self._found()

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def release(self) -> None:
        """Release the lock."""
        for lock in self._locks:
            lock.release()


@contextmanager
def occupied(hold: FileHold) -> Iterator[FileHold]:
    """Keep other servers out until the context or the process ends.

    Raises:
        Occupied: another server uses it.
        Unusable: the folder can't be made or written to.
    """
    hold.take()
    try:
        yield hold
    finally:
        hold.release()


class Session:
    """An advisory lock of PostgreSQL. The one connection that writes holds it, so both are lost together."""

    def __init__(self, name: str) -> None:
        """Make the lock of a database; `name` is its name for people."""
        self._name = name
        self._mark: str | None = None

    def prepare(self, connection: Any, _record: Any = None) -> None:
        """Take the lock with each new connection. If that fails, the connection is closed.

        Raises:
            Occupied: another server has the lock, or has had it meanwhile.
        """
        try:
            self._take(connection)
        except BaseException:
            connection.close()
            raise

    def _take(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_try_advisory_lock({KEY}, hashtext(current_schema()))")
            if not cursor.fetchone()[0]:
                cursor.execute(
                    "SELECT coalesce(host(client_addr), 'this machine'), to_char(backend_start, 'YYYY-MM-DD HH24:MI') "
                    "FROM pg_stat_activity JOIN pg_locks USING (pid) "
                    f"WHERE locktype = 'advisory' AND classid = {KEY} AND granted AND datname = current_database()"
                )
                where, since = cursor.fetchone() or ("elsewhere", "lately")
                raise Occupied(f"another rnn-adder, on {where} since {since}, keeps its runs in {self._name}")
            if self._mark is not None:
                cursor.execute("SELECT obj_description('runs'::regclass)")
                if cursor.fetchone()[0] != self._mark:
                    raise Occupied(f"another rnn-adder has kept its runs in {self._name} meanwhile; restart this one")
        connection.commit()  # the lock stays after the transaction

    def claim(self, engine: Engine) -> None:
        """Leave a mark. After a lost connection it shows whether another server has used the database meanwhile."""
        mark = f"kept by {uuid.uuid4()}"
        with engine.begin() as connection:
            connection.execute(text(f"COMMENT ON TABLE runs IS '{mark}'"))
        self._mark = mark
