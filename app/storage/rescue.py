"""A copy of runs that could not be stored, for whoever ended the server meanwhile."""

import logging
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.storage.database import default_url, open_database
from app.storage.locks import FILE
from app.storage.store import Saved, Store

logger = logging.getLogger(__name__)


def rescue(store: Store, saved: Sequence[Saved], whole: Sequence[Saved]) -> Path:
    """Write to a folder among temporary files what is to be kept of all runs.

    Args:
        store: in which it could not be kept.
        saved: what could not be kept.
        whole: the same, with all that is in memory of those runs, for where the store can't even be read.

    Returns:
        the folder, which a server can be started on.

    Raises:
        SQLAlchemyError, sqlite3.Error, OSError: it can't be written there either.
    """
    folder = Path(tempfile.mkdtemp(prefix="rnn-adder-rescue-"))
    try:
        store.place.copy(folder / FILE)
        _save(folder, saved)
    except (SQLAlchemyError, sqlite3.Error, AttributeError, OSError):
        logger.exception("all that was stored could not be copied; what is in memory is")
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
