"""The database that the settings name, opened for as long as the server lives."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.config import Settings
from app.storage.database import Unusable, default_url, occupied, open_database
from app.storage.store import Store


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Store | None, str | None]]:
    """The store, or None where nothing is to be stored, and what people have to be told, or None.

    Raises:
        Occupied: another server keeps its runs there.
        Newer: a newer rnn-adder has written there.
        Unusable: the folder or the database can't be used.
    """
    folder = settings.data_dir
    if not settings.store:
        yield None, None
        return
    with occupied(folder):
        url = settings.database_url or default_url(folder)
        try:
            engine, notice = open_database(url)
        except (SQLAlchemyError, ArgumentError, ImportError, OSError) as error:
            raise Unusable(f"the database {url} can't be opened: {error}") from None
        store = Store(engine)
        try:
            yield store, notice
        finally:
            store.close()
