"""A little disk space in reserve, so that something can be deleted when the disk is full."""

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 256 * 1024
"""Enough for the journals of small steps; see app.storage.room."""


class Reserve:
    """A file beside the database."""

    def __init__(self, database: Path | None) -> None:
        """Make the reserve, but hold nothing yet. If the database is not a file, nothing is ever held."""
        self._file = None if database is None else database.with_name(f"{database.name}.reserve")

    def hold(self) -> None:
        """Take the disk space, if there is room for it."""
        if self._file is None or self._file.exists():
            return
        try:
            with self._file.open("wb") as file:
                file.write(b"\0" * RESERVE_BYTES)
                os.fsync(file.fileno())
        except OSError:
            self.release()

    def release(self) -> None:
        """Give the disk space back."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
