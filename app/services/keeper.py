"""Keeping runs on disk: when they are saved, by which thread, and what happens if the disk can't be written to."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from rnn_core.text import Text, in_a_row

from ..messages.outgoing import StorageStatus
from ..refusals import Busy, Refusal, Unstored
from ..storage.database import is_full, shows_damage
from ..storage.place import Gone
from ..storage.rescue import rescue
from ..storage.room import SMALL_STEP_PAGES, Freed, NoRoom, NoRoomForNew
from ..storage.store import Store
from .allowance import Allowance
from .backlog import Pending
from .keyframes import Keyframes

logger = logging.getLogger(__name__)

SAVE_SECONDS = 0.5
"""Seconds between two saves of running runs. With the time that a save takes, less than a second is ever unsaved."""

TIDY_SECONDS = 0.02
"""Seconds between two small steps of making room: other calls to the database go in between."""

ROOM_BYTES = 2**20
"""Bytes that are freed at a time if the disk is full."""

WORK_RATE, WORK_BURST = 0.2, 0.5
"""Seconds of computing that the database may use per second, and at once; the rest is for other work. A single call
counts as `WORK_BURST` at most.
"""

RETRY_SECONDS = 1.0
"""Seconds between two attempts while the disk can't be written to."""

T = TypeVar("T")


def ending() -> Busy:
    """The refusal when the server is about to end."""
    return Busy(Text("The server is about to end."))


class Keepable(Protocol):
    """What the keeper needs of a run."""

    id: str
    keyframes: Keyframes

    def pending(self) -> Pending | None:
        """What of the run has to be written; None if nothing has changed."""
        ...

    def written(self, pending: Pending) -> None:
        """Note that this is on disk now."""
        ...

    async def suspend(self, reason: str) -> None:
        """Stop training until `recover`."""
        ...

    async def recover(self) -> None:
        """Train on where `suspend` stopped the run."""
        ...


class Keeper:
    """Owns the one thread that uses the database. The event loop never waits for a disk.

    Attributes:
        keeps: whether runs are stored.
        trouble: why nothing can be written now, or None.
        unsaved: after `close`, what to tell people about runs that could not be stored, or None.
    """

    def __init__(self, store: Store | None, notice: str | None = None) -> None:
        """Keep runs in `store`; None keeps nothing. `notice` tells people what was found at the start."""
        self.keeps = store is not None
        self._store = store
        self._notice = notice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._turn = asyncio.Lock()
        self._allowance = Allowance(WORK_RATE, WORK_BURST)
        self._rests_until = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._runs: Callable[[], Iterable[Keepable]] = tuple
        self.trouble: str | None = None
        self.unsaved: str | None = None

    def status(self) -> StorageStatus:
        """Whether runs are stored when the server ends."""
        if not self.keeps:
            detail = Text("Runs are not stored: they are gone when the server ends.")
            return StorageStatus(state="none", detail=detail)
        if self.trouble is not None:
            return StorageStatus(state="trouble", detail=self.trouble)
        return StorageStatus(state="kept", detail=self._notice)

    def tell(self, words: str) -> None:
        """Add to the notice of what was found at the start."""
        self._notice = words if self._notice is None else in_a_row([self._notice, words])

    def watch(self, runs: Callable[[], Iterable[Keepable]]) -> None:
        """From now on, save what changes in these runs, and make room if it is needed."""
        if self.keeps:
            self._runs = runs
            self._tasks = [
                asyncio.create_task(self._save_again_and_again(), name="keep runs"),
                asyncio.create_task(self._tidy_again_and_again(), name="make room"),
            ]

    async def look(self) -> StorageStatus:
        """The same as `status`, with how much is stored."""
        usage = None
        if self._store is not None:
            with suppress(Refusal):
                usage = await self.call(Store.usage)
        known = {} if usage is None else asdict(usage)
        return self.status().model_copy(update=known)

    async def call(self, ask: Callable[[Store], T]) -> T:
        """Ask the database something, in its own thread.

        Raises:
            Refusal: `Unstored` if the database can't be read or written to, `Busy` if the server is about to end.
        """
        try:
            return await self._asked(ask)
        except NoRoomForNew as error:
            raise _refusal(error.args[0]) from None
        except (SQLAlchemyError, OSError) as error:
            self._note(error)
            raise self._problem() from None

    async def _asked(self, ask: Callable[[Store], T]) -> T:
        """The same as `call`, but it raises the database's own errors."""
        async with self._turn:
            await asyncio.sleep(max(0.0, self._rests_until - time.monotonic()))
            if self._store is None:
                raise ending()
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, ask, self._store)

    def _work(self, ask: Callable[[Store], T], store: Store) -> T:
        """Run `ask` in the database's thread, and compute how long the thread rests afterwards."""
        began = time.thread_time()
        try:
            return ask(store)
        finally:
            seconds, now = min(time.thread_time() - began, WORK_BURST), time.monotonic()
            self._rests_until = now + self._allowance.take(seconds, now)

    async def delete(self, run_id: str) -> None:
        """Delete a run, even if the disk is full.

        Raises:
            Refusal: as `call`.
        """

        def delete(store: Store) -> None:
            store.delete(run_id)

        try:
            await self._asked(delete)
        except (SQLAlchemyError, OSError) as error:
            if is_full(error):
                with suppress(SQLAlchemyError, OSError):
                    self._told(await self._asked(partial(_freed, first=delete)))
                    return
            self._note(error)
            raise self._problem() from None

    def require(self) -> None:
        """Check that runs can be written now.

        Raises:
            Refusal: `Unstored` if they can't.
        """
        if self.trouble is not None:
            raise self._problem()

    async def save(self, run: Keepable) -> None:
        """Write what is new of a run, and wait until it is on the disk.

        Raises:
            Unstored: the disk can't be written to. Nothing is lost: it is tried again and again.
            Busy: the server is about to end.
        """
        if not await self._save([run]):
            raise self._problem() if self._store is not None else ending()

    async def _save(self, runs: Iterable[Keepable]) -> bool:
        """Write what is new of some runs. Return whether all of it is on the disk."""
        if not self.keeps:
            return True
        async with self._one_at_a_time:
            taken = [(run, pending) for run in runs if (pending := run.pending()) is not None]
            if self._store is None or not taken:
                return not taken
            try:
                await self._write([pending for _, pending in taken])
            except NoRoomForNew as error:
                raise _refusal(error.args[0]) from None
            except (SQLAlchemyError, OSError) as error:
                self._note(error)
                return False
            for run, pending in taken:
                run.written(pending)
            return True

    async def _write(self, pendings: Sequence[Pending]) -> None:
        """Write all of this. If there is no room, make room.

        Raises:
            SQLAlchemyError, OSError: as `Store.save`, and no more room can be made.
        """
        saved = await self._asked(lambda _: [pending.encoded() for pending in pendings])
        while True:
            try:
                return await self._asked(lambda store: store.save(saved))
            except (SQLAlchemyError, OSError) as error:
                if not await self._make_room(error):
                    raise

    async def _make_room(self, error: Exception) -> bool:
        """Free some room if the error says that there is none. Return whether another try is worth it."""
        if isinstance(error, NoRoom):
            return await self._free(error.lacking)
        if is_full(error):
            with suppress(SQLAlchemyError, OSError):
                return self._told(await self._asked(_freed))
        return False

    async def _free(self, wanted: int = 0) -> bool:
        return self._told(await self._asked(lambda store: store.free(wanted)))

    def _told(self, freed: Freed) -> bool:
        """Tell runs which of their keyframes are gone. Return whether anything was freed."""
        for run in self._runs():
            run.keyframes.forget(freed.thinned.get(run.id, ()))
        return freed.anything

    async def _tidy_again_and_again(self) -> None:
        """Remove for good what was deleted long ago, keep within the budget, and give free pages back to the disk."""
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            try:
                await self._asked(lambda store: store.reserve.hold())
                while self.trouble is None and (await self._free() or await self._asked(Store.give_back)):
                    await asyncio.sleep(TIDY_SECONDS)
            except (SQLAlchemyError, OSError) as error:
                logger.debug("no room can be made: %s", error)  # the next command that writes will say so
            except Exception:
                logger.exception("making room failed; it is tried again")

    async def _save_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS if self.trouble is None else RETRY_SECONDS)
            try:
                await self._save_all()
            except Exception:
                logger.exception("keeping runs failed; it is tried again")

    async def _save_all(self) -> None:
        """Save what is new of all runs. Suspend the runs if that fails, and let them go on when it works again."""
        if await self._probe() and await self._save(self._runs()):
            if self.trouble is not None:
                self.trouble = None
                logger.warning("runs can be stored again")
                await asyncio.gather(*(run.recover() for run in self._runs()))
        elif self.trouble is not None:
            await asyncio.gather(*(run.suspend(self.trouble) for run in self._runs()))

    async def _probe(self) -> bool:
        """Whether the database is still in its place. After trouble: whether it can be written to again, even if there
        is nothing to write.
        """
        try:
            await self._asked(Store.probe if self.trouble is not None else lambda store: store.place.check())
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            self._note(error)
            return False
        return True

    def _note(self, error: Exception) -> None:
        log_id = secrets.token_hex(4)
        origin = error.orig if isinstance(error, DBAPIError) else error
        words = error.args[0] if isinstance(error, NoRoom | Gone) else str(origin)
        if self.trouble is None:
            logger.error("%s: runs can't be stored", log_id, exc_info=error)
            instead = Text("Training goes on by itself when they can")
            if shows_damage(error):
                instead = Text("Restart the server: it sets the damaged file aside, as it is, and begins a new one")
            elif isinstance(error, Gone):
                instead = Text("Everything is kept in memory, and is written again when there is a place for it")
            self.trouble = Text(
                "Runs can't be stored now: {error}. {instead} ({log_id}).", error=words, instead=instead, log_id=log_id
            )

    def _problem(self) -> Unstored:
        return _refusal(self.trouble or Text("Runs can't be stored now."))

    async def close(self, runs: Iterable[Keepable]) -> None:
        """Write what is left of these runs, and close the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        runs = list(runs)
        if self._store is not None:
            there = await self._probe() or await self._probe()  # if it is gone, the second try may create it again
            if not (there and await self._save(runs)):
                await self._rescue(runs)
        store, self._store = self._store, None
        if store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=False)

    async def _rescue(self, runs: Iterable[Keepable]) -> None:
        """Write to another folder what could not be stored, and note what to tell people."""
        pendings = [pending for run in runs if (pending := run.pending()) is not None]
        gone = False

        def rescued(store: Store) -> Path | None:
            nonlocal gone
            try:
                store.place.check()
            except Gone:
                gone = True
            if not pendings and not gone:
                return None  # nothing has to be written
            saved = [pending.encoded() for pending in pendings]
            return rescue(store, saved, [pending.whole().encoded() for pending in pendings])

        try:
            folder = await self._asked(rescued)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            logger.error("no copy could be written", exc_info=error)
            self.unsaved = Text("{trouble} No copy could be written elsewhere either.", trouble=self.trouble)
            return
        if folder is not None:
            self.unsaved = Text(
                "{trouble} A copy of the runs is in {folder}. To go on with it, start with --data-dir {folder}.",
                trouble=self.trouble,
                folder=folder,
            )


def _freed(store: Store, first: Callable[[Store], None] = lambda _: None) -> Freed:
    """Do `first` and free some of a full disk. Both may use the reserve, which is taken back afterwards."""
    store.reserve.release()
    try:
        first(store)
        freed = store.free(ROOM_BYTES)
        with suppress(SQLAlchemyError):  # pages that can't be given back to the disk are free for runs
            while store.give_back(0, SMALL_STEP_PAGES):
                pass
        return freed
    finally:
        store.reserve.hold()


def _refusal(detail: str) -> Unstored:
    return Unstored(detail, again_in=5)
