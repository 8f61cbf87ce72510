"""Keeping runs on disk: when, by whom, and what happens where the disk says no."""

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

from app.messages.outgoing import StorageStatus
from app.refusals import Busy, Refusal, Unstored
from app.services.allowance import Allowance
from app.services.backlog import Pending
from app.services.keyframes import Keyframes
from app.storage.database import is_full, shows_damage
from app.storage.place import Gone
from app.storage.rescue import rescue
from app.storage.room import SMALL_STEP_PAGES, Freed, NoRoom, NoRoomForNew
from app.storage.store import Store
from rnn_core.text import Text, in_a_row

logger = logging.getLogger(__name__)

SAVE_SECONDS = 0.5
"""Between two savings of what trains: with the time that one takes, less than a second is ever unsaved."""

TIDY_SECONDS = 0.02
"""Between two small steps of making room: whoever wants something of the database meanwhile goes first."""

ROOM_BYTES = 2**20
"""So much is freed at a time where the disk is full."""

WORK_RATE, WORK_BURST = 0.2, 0.5
"""Seconds of computing that the database gets in a second, and at once: others want to compute, too. A piece counts as
no more than the latter.
"""

RETRY_SECONDS = 1.0
"""Between two attempts while the disk says no."""

T = TypeVar("T")


def ending() -> Busy:
    """It is too late for that."""
    return Busy(Text("The server is about to end."))


class Keepable(Protocol):
    """A run, as far as keeping it goes."""

    id: str
    keyframes: Keyframes

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
        unsaved: after the end, what to say of what could not be stored, or None.
    """

    def __init__(self, store: Store | None, notice: str | None = None) -> None:
        """Keep runs in `store`; None keeps nothing. `notice` is what people have to be told of the beginning."""
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
        """Save what changes of these runs, from now on, and make room where it is needed."""
        if self.keeps:
            self._runs = runs
            self._tasks = [
                asyncio.create_task(self._save_again_and_again(), name="keep runs"),
                asyncio.create_task(self._tidy_again_and_again(), name="make room"),
            ]

    async def look(self) -> StorageStatus:
        """The same, with how much is stored."""
        usage = None
        if self._store is not None:
            with suppress(Refusal):
                usage = await self.call(Store.usage)
        known = {} if usage is None else asdict(usage)
        return self.status().model_copy(update=known)

    async def call(self, ask: Callable[[Store], T]) -> T:
        """Ask the database something, in its own thread.

        Raises:
            Refusal: `Unstored` where the database says no, `Busy` where the server is about to end.
        """
        try:
            return await self._asked(ask)
        except (SQLAlchemyError, OSError) as error:
            self._note(error)
            raise self._problem() from None

    async def _asked(self, ask: Callable[[Store], T]) -> T:
        """What `call` does, with the database's own errors."""
        async with self._turn:
            await asyncio.sleep(max(0.0, self._rests_until - time.monotonic()))
            if self._store is None:
                raise ending()
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, ask, self._store)

    def _work(self, ask: Callable[[Store], T], store: Store) -> T:
        """Do it, in the database's thread, and see how long it has to rest then."""
        began = time.thread_time()
        try:
            return ask(store)
        finally:
            seconds, now = min(time.thread_time() - began, WORK_BURST), time.monotonic()
            self._rests_until = now + self._allowance.take(seconds, now)

    async def delete(self, run_id: str) -> None:
        """Delete a run, also where the disk is full.

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
        """Write all of this, and make room for it where there is none.

        Raises:
            SQLAlchemyError, OSError: as `Store.save`; nothing is left that could make room.
        """
        saved = await self._asked(lambda _: [pending.encoded() for pending in pendings])
        while True:
            try:
                return await self._asked(lambda store: store.save(saved))
            except (SQLAlchemyError, OSError) as error:
                if not await self._make_room(error):
                    raise

    async def _make_room(self, error: Exception) -> bool:
        """Free a little where that is what it takes; whether it is worth another try."""
        if isinstance(error, NoRoom):
            return await self._free(error.lacking)
        if is_full(error):
            with suppress(SQLAlchemyError, OSError):
                return self._told(await self._asked(_freed))
        return False

    async def _free(self, wanted: int = 0) -> bool:
        return self._told(await self._asked(lambda store: store.free(wanted)))

    def _told(self, freed: Freed) -> bool:
        """Let runs know which of their keyframes are gone; whether anything was freed."""
        for run in self._runs():
            run.keyframes.forget(freed.thinned.get(run.id, ()))
        return freed.anything

    async def _tidy_again_and_again(self) -> None:
        """Forget for good what was deleted long ago, hold to the budget, and give back to the disk what is free."""
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            try:
                await self._asked(lambda store: store.reserve.hold())
                while self.trouble is None and (await self._free() or await self._asked(Store.give_back)):
                    await asyncio.sleep(TIDY_SECONDS)
            except (SQLAlchemyError, OSError) as error:
                logger.debug("no room can be made: %s", error)  # whoever wants to write will be told
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
        """Save what is new of all runs; stop them where that fails, and have them go on where it works again."""
        if await self._probe() and await self._save(self._runs()):
            if self.trouble is not None:
                self.trouble = None
                logger.warning("runs can be stored again")
                await asyncio.gather(*(run.recover() for run in self._runs()))
        elif self.trouble is not None:
            await asyncio.gather(*(run.suspend(self.trouble) for run in self._runs()))

    async def _probe(self) -> bool:
        """Whether the database is where it was. Where there was trouble: whether it can be written to again, also where
        nothing waits for that.
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
                instead = Text("All is kept in memory, and written anew when there is a place for it")
            self.trouble = Text(
                "Runs can't be stored now: {error}. {instead} ({log_id}).", error=words, instead=instead, log_id=log_id
            )

    def _problem(self) -> Unstored:
        return _refusal(self.trouble or Text("Runs can't be stored now."))

    async def close(self, runs: Iterable[Keepable]) -> None:
        """Write what is left of these runs, and let go of the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        runs = list(runs)
        if self._store is not None:
            there = await self._probe() or await self._probe()  # it may be gone, and be written anew
            if not (there and await self._save(runs)):
                await self._rescue(runs)
        store, self._store = self._store, None
        if store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=False)

    async def _rescue(self, runs: Iterable[Keepable]) -> None:
        """Write what could not be stored elsewhere, and note what to say of it."""
        pendings = [pending for run in runs if (pending := run.pending()) is not None]
        gone = False

        def rescued(store: Store) -> Path | None:
            nonlocal gone
            try:
                store.place.check()
            except Gone:
                gone = True
            if not pendings and not gone:
                return None  # nothing can be written, and nothing has to be
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
    """Free a little of a full disk, which takes what was kept back of it; so may what is to be done `first`."""
    store.reserve.release()
    try:
        first(store)
        freed = store.free(ROOM_BYTES)
        with suppress(SQLAlchemyError):  # what it can't give to the disk is free for runs
            while store.give_back(0, SMALL_STEP_PAGES):
                pass
        return freed
    finally:
        store.reserve.hold()


def _refusal(detail: str) -> Unstored:
    return Unstored(detail, again_in=5)
