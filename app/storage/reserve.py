"""A little of the disk that is kept back, so that something can be deleted where nothing else is free."""

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 256 * 1024
"""Enough for the journals of small steps; see app.storage.room."""


class Reserve:
    """A file beside the database."""

    def __init__(self, database: Path | None) -> None:
        """Keep nothing yet, and never where the database is no file."""
        self._file = None if database is None else database.with_name(f"{database.name}.reserve")

    def hold(self) -> None:
        """Keep it back from now on, if there is room for it."""
        if self._file is None or self._file.exists():
            return
        try:
            with self._file.open("wb") as file:
                file.write(b"\0" * RESERVE_BYTES)
                os.fsync(file.fileno())
        except OSError:
            self.release()

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
