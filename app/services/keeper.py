"""Keeping runs on disk: when, by whom, and what happens where the disk says no."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.messages import StorageStatus
from app.refusals import Busy, Unstored
from app.services.backlog import Pending
from app.storage.database import shows_damage
from app.storage.store import Store
from rnn_core.text import Text, in_a_row

logger = logging.getLogger(__name__)

SAVE_SECONDS = 0.5
"""Between two savings of what trains: with the time that one takes, less than a second is ever unsaved."""

RETRY_SECONDS = 1.0
"""Between two attempts while the disk says no."""

T = TypeVar("T")


def ending() -> Busy:
    """It is too late for that."""
    return Busy(Text("The server is about to end."))


class Keepable(Protocol):
    """A run, as far as keeping it goes."""

    def pending(self) -> Pending | None:
        """What is to be written of it; None where nothing has changed."""
        ...

    def written(self, pending: Pending) -> None:
        """That is on disk now."""
        ...

    async def suspend(self, reason: str) -> None:
        """Stop training until `recover`."""
        ...

    async def recover(self) -> None:
        """Train on where `suspend` stopped it."""
        ...


class Keeper:
    """Owns the one thread that speaks to the database; the event loop never waits for a disk.

    Attributes:
        keeps: whether runs outlive the server.
        trouble: why nothing can be written now, or None.
    """

    def __init__(self, store: Store | None, notice: str | None = None) -> None:
        """Keep runs in `store`; None keeps nothing. `notice` is what people have to be told of the beginning."""
        self.keeps = store is not None
        self._store = store
        self._notice = notice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None

    def status(self) -> StorageStatus:
        """What becomes of runs when the server ends."""
        if not self.keeps:
            detail = Text("Runs are not stored: they are gone when the server ends.")
            return StorageStatus(state="none", detail=detail)
        if self.trouble is not None:
            return StorageStatus(state="trouble", detail=self.trouble)
        return StorageStatus(state="kept", detail=self._notice)

    def tell(self, words: str) -> None:
        """Have people told one thing more of what was found in the beginning."""
        self._notice = words if self._notice is None else in_a_row([self._notice, words])

    def watch(self, runs: Callable[[], Iterable[Keepable]]) -> None:
        """Save what changes of these runs, from now on."""
        if self.keeps:
            self._task = asyncio.create_task(self._save_again_and_again(runs), name="keep runs")

    async def call(self, ask: Callable[[Store], T]) -> T:
        """Ask the database something, in its own thread.

        Raises:
            Refusal: `Unstored` where the database says no, `Busy` where the server is about to end.
        """
        if self._store is None:
            raise ending()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, ask, self._store)
        except (SQLAlchemyError, OSError) as error:
            self._note(error)
            raise self._problem() from None

    def require(self) -> None:
        """See that what comes next can be written.

        Raises:
            Refusal: `Unstored` where it can't.
        """
        if self.trouble is not None:
            raise self._problem()

    async def save(self, run: Keepable) -> None:
        """Write what is new of a run, and wait until it is on the disk.

        Raises:
            Unstored: the disk says no. Nothing is lost: it is tried again and again.
            Busy: the server is about to end.
        """
        if not await self._save([run]):
            raise self._problem() if self._store is not None else ending()

    async def _save(self, runs: Iterable[Keepable]) -> bool:
        """Write what is new of some runs; whether all of it is on the disk."""
        if not self.keeps:
            return True
        async with self._one_at_a_time:
            taken = [(run, pending) for run in runs if (pending := run.pending()) is not None]
            if self._store is None or not taken:
                return not taken
            pendings = [pending for _, pending in taken]
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, _write, self._store, pendings)
            except (SQLAlchemyError, OSError) as error:
                self._note(error)
                return False
            for run, pending in taken:
                run.written(pending)
            return True

    async def _save_again_and_again(self, runs: Callable[[], Iterable[Keepable]]) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS if self.trouble is None else RETRY_SECONDS)
            try:
                await self._save_all(runs)
            except Exception:
                logger.exception("keeping runs failed; it is tried again")

    async def _save_all(self, runs: Callable[[], Iterable[Keepable]]) -> None:
        """Save what is new of all runs; stop them where that fails, and have them go on where it works again."""
        if (self.trouble is None or await self._probe()) and await self._save(runs()):
            if self.trouble is not None:
                self.trouble = None
                logger.warning("runs can be stored again")
                await asyncio.gather(*(run.recover() for run in runs()))
        elif self.trouble is not None:
            await asyncio.gather(*(run.suspend(self.trouble) for run in runs()))

    async def _probe(self) -> bool:
        """Whether the disk says yes again, also where nothing waits to be written."""
        assert self._store is not None
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.probe)
        except (SQLAlchemyError, OSError):
            return False
        return True

    def _note(self, error: Exception) -> None:
        log_id = secrets.token_hex(4)
        words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        if self.trouble is None:
            logger.error("%s: runs can't be stored", log_id, exc_info=error)
            instead = (
                Text("Restart the server: it sets the damaged file aside, as it is, and begins a new one")
                if shows_damage(error)
                else Text("Training goes on by itself when they can")
            )
            self.trouble = Text(
                "Runs can't be stored now: {error}. {instead} ({log_id}).", error=words, instead=instead, log_id=log_id
            )

    def _problem(self) -> Unstored:
        detail = self.trouble or Text("Runs can't be stored now.")
        return Unstored(detail, again_in=5)

    async def close(self, runs: Iterable[Keepable]) -> None:
        """Write what is left of these runs, and let go of the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._save(runs)
        store, self._store = self._store, None
        if store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=False)


def _write(store: Store, pendings: list[Pending]) -> None:
    """In the keeper's thread."""
    store.save([pending.encoded() for pending in pendings])
