"""The place of the database, which may be deleted or replaced while the server runs.

An open file can still be read after that. So all of it is written again when there is a place again.
"""

import logging
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Engine, select

from rnn_core.text import Text

from .database import sqlite_file
from .files import replace
from .locks import FileHold

logger = logging.getLogger(__name__)


class Gone(OSError):
    """The database is no longer where it was. The message for people says so."""


class Place:
    """The file of a database, identified by its device and inode; or the connection to another kind of database."""

    def __init__(self, engine: Engine, hold: FileHold | None) -> None:
        """Open the database that is there now; `hold` keeps other servers out."""
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
        """Check that the database is still there, and that no other server uses it.

        Raises:
            Gone: the file is not there, or another file is in its place.
            Occupied: another server uses it now.
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
        """If the database is gone, write it again where it was. A file in its place is renamed.

        Raises:
            SQLAlchemyError, sqlite3.Error, OSError: it can't be written there.
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
            replace(journal, other.with_name(f"{other.name}-journal"))
        if self._file.exists():
            replace(self._file, other)
            logger.warning("another file was in the place of the database; it was renamed to %s", other)
        replace(new, self._file)
        self._engine.dispose()
        self._connect()

    def copy(self, file: Path) -> None:
        """Write the whole content of the database to another file.

        Raises:
            SQLAlchemyError, sqlite3.Error, OSError: it can't be read, or the file can't be written.
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
