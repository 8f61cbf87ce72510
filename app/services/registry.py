"""All runs of the server, by id: those in memory, and those on disk alone. `main` always exists."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.config import Settings
from app.languages import say, spoken, told
from app.messages.incoming import MAX_NAME
from app.messages.outgoing import RateChanges, RunStatus, newest
from app.names import MAIN, MAIN_NAME, name_of, readable
from app.refusals import Busy, Conflict, Missing, Refusal
from app.scheduling import yield_to_others
from app.services.again import Again, Way, compute_again
from app.services.compiler import Compiler
from app.services.cores import Cores
from app.services.error_series import ErrorSeries
from app.services.historian import Historian
from app.services.intake import Intake
from app.services.keeper import Keeper, ending
from app.services.live_run import LiveRun, too_many_changes
from app.services.parting import Parted
from app.services.past import Past, gaps_of, overlaid, series_of, shelved
from app.services.recorded import pieces_of_chunks
from app.services.summaries import Summaries, chunks_of
from app.services.viewer import Farewell
from app.storage.rows import ASIDE, Row
from app.storage.salvage import left_out
from app.storage.store import CHUNK, STRETCH, Changed, Chunk, Store
from rnn_core import TrainingConfig
from rnn_core.checkpoint import CheckpointError, Opened, decode_checkpoint
from rnn_core.config import MAX_RECORDED, shown
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text
from rnn_core.travel import branch
from rnn_core.types import Array

logger = logging.getLogger(__name__)

MAX_RUNS = 32
"""In memory."""

MAX_STORED = 1000
"""In all."""

REST_SECONDS = 10.0
"""A run that did nothing for so long makes room for a new one."""

PATIENCE = 1.0
"""Seconds to wait for a run's last trace when it comes into memory, where the engine is ready."""


@dataclass(frozen=True, eq=False)
class Branched:
    """What a branch has behind it.

    Attributes:
        parent: the name of the run that it comes from.
        past: that run's, up to where the branch begins.
    """

    parent: str
    past: Past


class Registry:
    """Creates, finds and deletes runs, and owns the threads that train them.

    Attributes:
        compiler: prepares the engine.
        keeper: keeps runs on disk.
        jobs: what is computed because somebody waits for it.
        summaries: of the errors of runs on disk.
    """

    def __init__(self, settings: Settings, keeper: Keeper | None = None) -> None:
        """Begin with no run at all; `open` makes or fetches `main`."""
        # A thread a core: more would only take turns.
        self._cores = Cores(os.cpu_count() or 1, initializer=yield_to_others)
        self.jobs = self._cores.jobs
        self.compiler = Compiler(settings.engine)
        self.compiler.prepare(TrainingConfig())
        self.keeper = keeper or Keeper(None)
        self.summaries = Summaries(self.keeper, self.jobs)
        self._historian = Historian(self._cores, self.compiler)
        self.intake = Intake()
        self._last_number = 0
        self._runs: dict[str, LiveRun] = {}
        self._shelf: dict[str, Row] = {}
        self._written: dict[tuple[str, str], tuple[Row, str]] = {}
        self._coming_and_going = asyncio.Lock()
        self._fetching = asyncio.Lock()
        self._recalling: set[asyncio.Task[None]] = set()
        self._closing = False

    async def open(self) -> None:
        """Fetch `main`, or create it, and learn which other runs there are."""
        if self.keeper.keeps:

            def read(store: Store) -> tuple[list[Row], int, dict[str, str]]:
                return store.rows(), store.last_number(), store.left_out

            rows, self._last_number, damaged = await self.keeper.call(read)
            self._shelf = {row.id: shelved(row) for row in rows}
            if damaged:
                self.keeper.tell(left_out([run_id for run_id in damaged if not run_id.endswith(ASIDE)]))
        try:
            main = await self.find(MAIN)
        except Refusal as refusal:
            if not isinstance(refusal, Missing):
                raise
            logger.error("%s It begins anew.", refusal.detail)
            main = None
            del self._shelf[MAIN]
        if main is None:
            await self._add(MAIN, MAIN_NAME, Past.fresh(TrainingConfig(), self.compiler.default), 300.0)
        self.compiler.watch(lambda: [run.need for run in self._runs.values()])
        self.keeper.watch(self._runs.values)
        self._historian.watch(self._runs.values)

    async def loaded(self) -> None:
        """Wait until the engine of the default configuration is as fast as it will be."""
        await self.compiler.settle(TrainingConfig())

    async def _add(self, run_id: str, name: str, past: Past, speed: float | None) -> LiveRun:
        self._last_number += 1
        run = self._made(run_id, self._last_number, name, past, speed)
        try:
            await self.keeper.save(run)
        except Refusal:
            if run_id != MAIN:  # which has to be there, stored or not
                raise
        self._runs[run_id] = run
        return run

    def _made(self, run_id: str, number: int, name: str, past: Past, speed: float | None) -> LiveRun:
        parts = {"cores": self._cores, "compiler": self.compiler, "keeper": self.keeper}
        return LiveRun(run_id, number, name, past, speed=speed, **parts)  # type: ignore[arg-type]

    # What there is

    def statuses(self) -> list[RunStatus]:
        """Of all runs, in the order of their creation."""
        found = {run.number: run.status() for run in self._runs.values()}
        found |= {row.number: status_of(row) for row in self._shelf.values()}
        return [found[number] for number in sorted(found)]

    def listed(self) -> str:
        """The same as JSON. Of runs on disk alone, which do not change there, it is written once a language: a list of
        a thousand is asked for again and again.
        """
        language = spoken()
        shelf = {
            (run_id, language): kept
            if (kept := self._written.get((run_id, language))) and kept[0] is row
            else (row, _json(status_of(row)))
            for run_id, row in self._shelf.items()
        }
        # Also what was written in other languages, of runs that are there still.
        self._written = {key: kept for key, kept in self._written.items() if key[0] in self._shelf} | shelf
        found = {run.number: _json(run.status()) for run in self._runs.values()}
        found |= {row.number: text for row, text in shelf.values()}
        return f"[{','.join(found[number] for number in sorted(found))}]"

    def status(self, run_id: str) -> RunStatus:
        """Of one run, which stays where it is.

        Raises:
            Refusal: `Missing` where there is none of that id.
        """
        if run_id in self._runs:
            return self._runs[run_id].status()
        if run_id not in self._shelf:
            raise unknown(run_id)
        return status_of(self._shelf[run_id])

    def rate_changes(self, run_id: str) -> RateChanges:
        """All changes of a run's learning rate; it stays where it is.

        Raises:
            Refusal: `Missing` where there is none of that id.
        """
        if run_id in self._runs:
            run = self._runs[run_id]
            return RateChanges(generation=run.generation, changes=list(run.snapshot.changes))
        if run_id not in self._shelf:
            raise unknown(run_id)
        row = self._shelf[run_id]
        return RateChanges(generation=row.generation, changes=list(row.changes))

    def on_disk(self, run_id: str) -> Row | None:
        """A run that is on disk alone, as it was saved last, or None."""
        return self._shelf.get(run_id)

    def in_memory(self, run_id: str) -> LiveRun | None:
        """A run that needs no fetching, or None."""
        return self._runs.get(run_id)

    async def find(self, run_id: str) -> LiveRun | None:
        """A run, fetched from disk where it has to be, or None.

        Raises:
            Refusal: `Busy` where no other can make room for it, `Unstored` where it can't be read.
        """
        while (run := self._runs.get(run_id)) is None and run_id in self._shelf:
            await self.jobs.shared(("fetch", run_id), partial(self._fetch, run_id), always=True)
        if run is not None:
            run.used_at = time.monotonic()
        return run

    @asynccontextmanager
    async def _moving(self) -> AsyncIterator[None]:
        """One run comes or goes at a time; none once the server is about to end."""
        async with self._coming_and_going:
            if self._closing:
                raise ending()
            yield

    async def get(self, run_id: str) -> LiveRun:
        """A run.

        Raises:
            Refusal: `Missing` where there is none of that id; and as `find`.
        """
        run = await self.find(run_id)
        if run is None:
            raise unknown(run_id)
        return run

    # Coming and going

    async def create(
        self,
        name: str | None,
        config: TrainingConfig,
        speed: float | None,
        changes: Sequence[tuple[int, float]] = (),
    ) -> LiveRun:
        """A new run, ready, with changes of its learning rate that are planned.

        Raises:
            Refusal: `Busy` where there are as many as there may be, `Unstored` where it can't be stored.
        """
        return await self._create(name, Past.fresh(config, self.compiler.default, changes), speed)

    async def create_branch(
        self, name: str | None, run_id: str, iteration: int, changes: Mapping[str, Any], speed: float | None
    ) -> LiveRun:
        """A new run that begins at a moment of another.

        Raises:
            Refusal, ConfigError: as `branched` and `create_branched`.
        """
        return await self.create_branched(name, await self.branched(run_id, iteration, changes), speed)

    async def branched(self, run_id: str, iteration: int, changes: Mapping[str, Any]) -> "Branched":
        """What a run that begins at a moment of another has behind it. Nothing is made of it yet.

        Raises:
            Missing: there is no such run or moment.
            Conflict: it is reset meanwhile, or this machine does not compute that moment as it was.
            Busy: too much is asked.
            ConfigError: a change that a branch can't make.
        """
        parent = await self.get(run_id)
        series, keyframes = parent.errors, parent.keyframes
        moment = branch(await parent.travel.moment(iteration), dict(changes))
        if len(moment.changes) > MAX_RECORDED:
            raise too_many_changes(parent.name)
        # Where only pieces of the errors are known, those of the last chunk, which is not kept in pieces.
        whole = max(series.first, iteration // CHUNK * CHUNK)
        try:
            last = await parent.travel.errors(whole, iteration)
        except Parted:  # a network that was kept, of whose errors only pieces are known: it begins without them
            errors = ErrorSeries(iteration)
        else:
            there = partial(parent.travel.expect, keyframes)
            errors = await self.jobs.compute(_with(series.copied(whole), last), there)
        parent.travel.expect(keyframes)
        origin = parent.id, parent.generation
        known = parent.history.until(iteration)
        return Branched(parent.name, Past.of_branch(moment, errors, origin, keyframes.until(iteration), known))

    async def create_branched(self, name: str | None, branched: "Branched", speed: float | None) -> LiveRun:
        """A new run that goes on from there.

        Raises:
            Refusal: `Conflict` where the other run was reset or deleted meanwhile; and as `create`.
        """
        place = f"{branched.past.snapshot.iteration:,}"
        try:
            child = say(Text("{name} from {iteration}", name=branched.parent, iteration=place))
            return await self._create(name or readable(child[:MAX_NAME]), branched.past, speed)
        except Changed:
            detail = Text("{name} was reset or deleted meanwhile. Ask again.", name=branched.parent)
            raise Conflict(detail) from None

    async def create_import(self, name: str | None, opened: Opened, speed: float | None) -> LiveRun:
        """A new run that goes on where a checkpoint ends.

        Raises:
            Refusal: as `create`.
        """
        return await self._create(name, Past.of_import(opened), speed)

    async def _create(self, name: str | None, past: Past, speed: float | None) -> LiveRun:
        self.keeper.require()
        async with self._moving():
            if len(self._runs) + len(self._shelf) >= MAX_STORED:
                raise _full(MAX_STORED)
            await self._make_room(REST_SECONDS)
            number = self._last_number + 1
            return await self._add(f"run-{number}", name or say(Text("Run {number}", number=number)), past, speed)

    async def _make_room(self, rested: float) -> None:
        """See that another run can come into memory: one that did nothing for `rested` seconds goes to the shelf.

        Raises:
            Refusal: `Busy` where none can.
        """
        if len(self._runs) < MAX_RUNS:
            return
        latest = time.monotonic() - rested
        resting = [run for run in self._runs.values() if run.idle and run.id != MAIN and run.used_at <= latest]
        if not self.keeper.keeps:
            raise _full(MAX_RUNS)
        if not resting:
            raise _busy()
        run = min(resting, key=lambda run: run.used_at)
        while run.idle and run.pending() is not None:  # its history may grow while it is written
            await self.keeper.save(run)
        if not run.idle:  # somebody came for it meanwhile
            raise _busy()
        self._shelf[run.id] = run.row()
        del self._runs[run.id]

    async def _fetch(self, run_id: str) -> None:
        """Bring a run from the disk, where it stood when it was saved last. Others come and go meanwhile, and it may
        be deleted.
        """
        async with self._fetching:  # each may take some megabytes until it is there
            row = self._shelf.get(run_id)
            if row is None:
                return
            past, again = await self._past_of(row, row)
            run = None
            try:
                async with self._moving():
                    if self._shelf.get(run_id) is row:
                        await self._make_room(0.0)
                        run = self._made(row.id, row.number, row.name, past, row.speed)
                        self._runs[run_id] = run
                        del self._shelf[run_id]
                        self._recall(run, again)
            finally:
                if run is None:
                    again.cancel()

    async def _past_of(self, row: Row, its: Row) -> tuple[Past, "asyncio.Task[Again | None]"]:
        """What is on the disk under a row, as the past of the run that has the row `its`, and its last moment, which is
        computed again for the sake of its trace.
        """

        def read(store: Store) -> tuple[list[int], bytes | None]:
            return store.keyframes(row.id), store.snapshot(row.id, row.iteration)

        places, data = await self.keeper.call(read)
        chunks = await chunks_of(self.keeper, row)
        places = [place for place in places if place <= row.iteration]
        saved = decoded(data)
        earlier = [place for place in places if place < row.iteration]
        again = asyncio.create_task(self._again(row, earlier, row.iteration, chunks))
        try:
            return await self._completed(row, its, places, chunks, saved, again), again
        except BaseException:
            again.cancel()
            raise

    async def _completed(
        self,
        row: Row,
        its: Row,
        places: Sequence[int],
        chunks: list[Chunk],
        saved: Snapshot | None,
        again: "asyncio.Task[Again | None]",
    ) -> Past:
        """The past that these parts from the disk make, what is damaged computed again."""
        anew = None
        if saved is not None:
            # It lacks its last trace only: rather without than late.
            ready = self.compiler.default == "numpy" or self.compiler.prepare(saved.config).done()
            await asyncio.wait({again}, timeout=PATIENCE if ready else 0.0)
            if again.done() and (snapshot := _as_it_was(again.result())) is not None:
                saved = replace(saved, trace=snapshot.trace)
        elif (found := await again) is not None and found.snapshot is not None:
            logger.error("%s is computed again from an earlier moment", row.name)
            saved = replace(found.snapshot, changes=row.changes, diverged=row.state == "diverged")
            if found.parts_at is not None:
                logger.error("%s has other errors from iteration %s on", row.name, found.first)
                anew, chunks = found.first, overlaid(chunks, found.first, found.errors)
        else:
            detail = Text("{name} has been damaged on disk; nothing of it can be read.", name=row.name)
            raise Missing(detail)
        chunks = await self._mended(row, places, chunks)
        errors = await asyncio.to_thread(series_of, row, chunks)
        past = Past.of_row(its, saved, errors, places)
        return past if anew is None else past.anew_from(anew)

    def _recall(self, run: LiveRun, again: "asyncio.Task[Again | None]") -> None:
        """Give a run its last trace once it has been computed, where it lacks it."""
        if run.snapshot.trace is None and not again.done():
            self._recalling.add(recalling := asyncio.create_task(_recall(run, again)))
            recalling.add_done_callback(self._recalling.discard)

    async def undo_reset(self, run: LiveRun) -> None:
        """Bring back what a run was before its last reset.

        Raises:
            Refusal: as `LiveRun.undo_reset`.
        """

        async def stored() -> Past | None:
            was = await self.keeper.call(lambda store: store.aside(run.id))
            if was is None:
                return None
            generation = run.generation + 1
            its = replace(was, id=run.id, number=run.number, name=run.name, speed=run.speed, generation=generation)
            past, again = await self._past_of(was, its)
            await self.keeper.call(lambda store: store.take_back(run.id, generation))
            if not again.done():  # what it reads is under another id by now
                again.cancel()
                places = [place for place, _ in past.keyframes.until(its.iteration) if place < its.iteration]
                chunks = await chunks_of(self.keeper, its)
                anew.append(asyncio.create_task(self._again(its, places, its.iteration, chunks)))
            return past

        anew: list[asyncio.Task[Again | None]] = []
        await run.undo_reset(stored)
        for again in anew:
            self._recall(run, again)

    async def undoable(self, run: LiveRun) -> int | None:
        """The iteration at which a run stood before its last reset, where that can be undone."""
        if not run.unspoilt:
            return None
        if not self.keeper.keeps:
            return None if run.aside is None else run.aside.snapshot.iteration
        row = await self.keeper.call(lambda store: store.aside(run.id))
        return None if row is None else row.iteration

    async def _mended(self, row: Row, places: Sequence[int], chunks: list[Chunk]) -> list[Chunk]:
        """A run's errors, those that are damaged on disk computed again as far as that can be."""
        sound = [chunk for chunk in chunks if chunk.count]
        for start, stop in gaps_of(row, chunks):
            past = [place for place in places if place <= start]
            again = await self._again(row, past, stop, chunks)
            if again is None or again.parts_at is not None:
                logger.error("%s has lost its errors before iteration %s: they can't be read", row.name, stop)
            else:
                logger.error("%s has its errors from %s to %s computed again", row.name, start, stop)
                sound.append(Chunk(start, again.errors_between(start, stop), None))
        return sorted(sound, key=lambda chunk: chunk.start)

    async def _again(self, row: Row, places: Sequence[int], stop: int, chunks: Sequence[Chunk]) -> Again | None:
        """A run's way to `stop`, from the last sound one of these keyframes, compared with its errors; a little farther
        where it has some, to compare with those, too. None where it can't be computed at all.
        """

        def check() -> None:
            if self._closing:
                raise ending()

        for place in reversed(places):
            keyframe = decoded(await self.keeper.call(partial(Store.snapshot, run_id=row.id, iteration=place)))
            if keyframe is None:
                continue
            if keyframe.config.to_dict() != row.config:
                return None  # where the branch begins has been damaged, and this is the past of another
            engine = await self.compiler.engine(keyframe.config)
            way = Way(row.changes, engine, partial(pieces_of_chunks, chunks))
            beyond = min(stop + STRETCH, row.iteration)
            return await self.jobs.compute(compute_again(keyframe, stop, beyond, way), check)
        return None

    async def delete(self, run_id: str) -> None:
        """Stop a run and forget it, but for what `undelete` needs.

        Raises:
            Refusal: `Missing` where there is none of that id, `Conflict` for `main`, `Unstored` where the disk says no.
        """
        async with self._moving():
            if run_id not in self._shelf and run_id not in self._runs:
                raise unknown(run_id)
            if run_id == MAIN:
                name = self._runs[MAIN].name
                raise Conflict(Text("{name} can't be deleted. Reset it instead.", name=name))
            if self.keeper.keeps:
                await self.keeper.delete(run_id)
            self._shelf.pop(run_id, None)
            run = self._runs.pop(run_id, None)
            if run is not None:
                await run.shut_down(Farewell.DELETED, Text("This run has been deleted."))
                with suppress(Refusal):  # it is deleted, whatever became of its last second
                    await self.keeper.save(run)

    async def undelete(self, run_id: str) -> RunStatus:
        """Bring a run back that was deleted within the last hour.

        Raises:
            Refusal: `Missing` where there is none, `Conflict` where it is not deleted, `Busy` where there is no room.
        """
        async with self._moving():
            if run_id in self._runs or run_id in self._shelf:
                raise Conflict(Text("{id} has not been deleted.", id=shown(run_id)))
            if len(self._runs) + len(self._shelf) >= MAX_STORED:
                raise _full(MAX_STORED)
            row = await self.keeper.call(lambda store: store.undelete(run_id)) if self.keeper.keeps else None
            if row is None:
                detail = Text("There is no deleted run {id} that could be brought back.", id=shown(run_id))
                raise Missing(detail)
            self._shelf[run_id] = shelved(row)
            return status_of(self._shelf[run_id])

    async def deleted(self) -> list[RunStatus]:
        """Those that `undelete` could bring back, the latest first."""
        rows = await self.keeper.call(lambda store: store.deleted()) if self.keeper.keeps else []
        return [status_of(shelved(row)) for row in rows]

    async def close(self) -> None:
        """Stop all runs; for the server's end."""
        self._closing = True
        self.jobs.close()
        async with self._coming_and_going:  # whoever comes or goes by now still does
            runs = list(self._runs.values())
        await self._historian.close()
        await asyncio.gather(*(run.shut_down(Farewell.ENDING, Text("The server is shutting down.")) for run in runs))
        for recalling in self._recalling:
            recalling.cancel()
        await asyncio.gather(*self._recalling, return_exceptions=True)
        await self.keeper.close(runs)
        await self.compiler.close()
        self._cores.shutdown(wait=False, cancel_futures=True)

    def viewers(self) -> int:
        """How many browsers watch, over all runs."""
        return sum(len(run.audience.viewers) for run in self._runs.values())


def _with(copied: Pieces[ErrorSeries], last: Array) -> Pieces[ErrorSeries]:
    """A series, made piece by piece, and some errors after it."""
    errors = yield from copied
    errors.store(last)
    errors.reveal(len(last))
    return errors


def _as_it_was(again: Again | None) -> Snapshot | None:
    """Where a run stood, if what was computed again is what was."""
    return None if again is None or again.parts_at is not None else again.snapshot


async def _recall(run: LiveRun, again: "asyncio.Task[Again | None]") -> None:
    """Give a run its last trace once it has been computed."""
    try:
        snapshot = _as_it_was(await again)
    except Refusal:  # the server is about to end
        return
    if snapshot is not None:
        await run.recall(snapshot)


def decoded(data: bytes | None) -> Snapshot | None:
    """A snapshot from the disk, or None where it is damaged."""
    try:
        return None if data is None else decode_checkpoint(data)
    except CheckpointError:
        return None


def status_of(row: Row) -> RunStatus:
    """Where a run stands that is on disk alone."""
    return RunStatus.model_construct(
        id=row.id,
        name=told(name_of(row.id, row.name)),
        state=row.state,
        generation=row.generation,
        iteration=row.iteration,
        config=row.config,
        **newest(row.changes),
        learning_rate=row.learning_rate,
        speed=row.speed,
        error=row.error,
        iterations_per_second=0.0,
        viewers=0,
        detail=row.detail and say(row.detail),
    )


def unknown(run_id: str) -> Refusal:
    """There is no such run."""
    return Missing(Text("There is no run {id}.", id=shown(run_id)))


def _json(status: RunStatus) -> str:
    return status.model_dump_json()


def _full(number: int) -> Refusal:
    return Busy(
        Text("There are {number} runs already, which is as many as there may be. Delete one first.", number=number),
        again_in=60,
    )


def _busy() -> Refusal:
    return Busy(
        Text(
            "{number} runs are in memory, and all of them train, are watched or were in use just now. "
            "Pause one that trains, or try again in a few seconds.",
            number=MAX_RUNS,
        ),
        again_in=round(REST_SECONDS),
    )
