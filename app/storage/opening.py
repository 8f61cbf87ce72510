"""Opening the database that the settings name, for as long as the server lives."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ..config import Settings
from .database import default_url, named, open_database, sqlite_file
from .locks import LOCK, FileHold, Occupied, Unusable, occupied
from .store import Store


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Store | None, str | None]]:
    """The store, or None if nothing should be stored; and a message for people, or None.

    Raises:
        Occupied: another server keeps its runs there.
        Newer: a newer rnn-adder has written the database.
        Unusable: the folder or the database can't be used.
    """
    folder = settings.data_dir
    if not settings.store:
        yield None, None
        return
    url = _url(settings)
    file = sqlite_file(url)
    with occupied(FileHold(folder / LOCK) if file is None else FileHold.beside(file)) as hold:
        try:
            engine, notice = open_database(url)
        except (Occupied, Unusable):
            raise
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise Unusable(f"the database {named(url)} can't be opened: {error}") from None
        store = Store(engine, settings.store_budget, None if file is None else hold)
        try:
            yield store, notice
        finally:
            store.close()


def _url(settings: Settings) -> URL:
    """The database that the settings name.

    Raises:
        Unusable: they do not name a valid one. The message does not repeat them, because they may hold a password.
    """
    if settings.database_url is None:
        return default_url(settings.data_dir)
    try:
        return make_url(settings.database_url)
    except (ArgumentError, ValueError):
        raise Unusable(
            "the database that database_url names can't be opened: it is no address, such as "
            "postgresql+psycopg://user@host/name"
        ) from None
