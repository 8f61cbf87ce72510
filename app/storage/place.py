"""Where the database stands, which may be deleted or replaced while the server runs.

What is open of a file can still be read then. So all of it is written anew when there is a place again.
"""

import logging
import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Engine, select

from app.storage.database import sqlite_file
from app.storage.locks import FileHold
from rnn_core.text import Text

logger = logging.getLogger(__name__)


class Gone(OSError):
    """The database is no longer where it was; the message says so, for people."""


class Place:
    """The file of a database, known by its device and inode, or the connection to another one."""

    def __init__(self, engine: Engine, hold: FileHold | None) -> None:
        """Open it, as it stands there now; `hold` keeps other servers out."""
        self._engine = engine
        self._hold = hold
        self._file = sqlite_file(engine.url)
        self._identity: tuple[int, int] | None = None
        self._connect()

    def _connect(self) -> None:
        with self._engine.connect():
            self._identity = self._found()

    def _found(self) -> tuple[int, int] | None:
        try:
            status = None if self._file is None else self._file.stat()
        except OSError:
            return None
        return None if status is None else (status.st_dev, status.st_ino)

    def check(self) -> None:
        """See that the database is still there, and no other server in it.

        Raises:
            Gone: the file is not there, or another is in its place.
            Occupied: another server is there by now.
            SQLAlchemyError: the connection is lost.
        """
        found = self._found()
        if found == self._identity:
            if self._hold is not None:
                self._hold.take()
            if self._file is None:
                with self._engine.connect() as connection:
                    connection.execute(select(1))
            return
        if found is None:
            raise Gone(Text("the database {file} is gone", file=str(self._file)))
        raise Gone(Text("another file is in the place of the database {file}", file=str(self._file)))

    def renew(self) -> None:
        """Write the database anew where it was, if it is gone. What is there instead is put under another name.

        Raises:
            SQLAlchemyError, sqlite3.Error, OSError: there is no place for it.
        """
        if self._file is None or self._found() == self._identity:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._hold is not None:
            self._hold.take()
        new = self._file.with_name(f"{self._file.name}.renewed")
        new.unlink(missing_ok=True)
        self.copy(new)
        journal = self._file.with_name(f"{self._file.name}-journal")
        other = self._file.with_name(f"{self._file.name}.found-{time.strftime('%Y%m%d-%H%M%S')}")
        if journal.exists():
            os.replace(journal, other.with_name(f"{other.name}-journal"))
        if self._file.exists():
            os.replace(self._file, other)
            logger.warning("another file was in the place of the database; it is %s now", other)
        os.replace(new, self._file)
        self._engine.dispose()
        self._connect()

    def copy(self, file: Path) -> None:
        """Write all that is in the database to another file.

        Raises:
            SQLAlchemyError, sqlite3.Error, OSError: it can't be read, or written there.
        """
        target = sqlite3.connect(file)
        try:
            source = self._engine.raw_connection()
            try:
                source.driver_connection.backup(target)  # type: ignore[union-attr]
            finally:
                source.close()
        finally:
            target.close()
