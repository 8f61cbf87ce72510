"""A copy of runs that could not be stored before the server ended."""

import logging
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from .database import default_url, open_database
from .locks import FILE
from .store import Saved, Store

logger = logging.getLogger(__name__)


def rescue(store: Store, saved: Sequence[Saved], whole: Sequence[Saved]) -> Path:
    """Write all runs to a folder among the temporary files.

    Args:
        store: the store that could not be written to.
        saved: what could not be stored.
        whole: the same, with everything of those runs that is in memory; needed if the store can't even be read.

    Returns:
        the folder; a server can be started on it.

    Raises:
        SQLAlchemyError, sqlite3.Error, OSError: they can't be written there either.
    """
    folder = Path(tempfile.mkdtemp(prefix="rnn-adder-rescue-"))
    try:
        store.place.copy(folder / FILE)
        _save(folder, saved)
    except (SQLAlchemyError, sqlite3.Error, AttributeError, OSError):
        logger.exception("the stored runs could not be copied; only those in memory are")
        for path in folder.iterdir():
            path.unlink()
        _save(folder, whole)
    return folder


def _save(folder: Path, saved: Sequence[Saved]) -> None:
    engine, _ = open_database(default_url(folder))
    store = Store(engine)
    try:
        store.save(saved)
    finally:
        store.close()
