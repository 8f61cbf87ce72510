"""All runs of the server, by id: in memory, or only on disk. `main` always exists."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from rnn_core import TrainingConfig
from rnn_core.checkpoint import Opened
from rnn_core.config import shown
from rnn_core.edits import Edits
from rnn_core.text import Text

from ..access.names import called
from ..access.people import Reach, asking
from ..config import Settings
from ..languages import say, spoken
from ..messages.incoming import MAX_NAME
from ..messages.outgoing import RateChanges, RunStatus
from ..names import MAIN, MAIN_NAME, readable
from ..refusals import Conflict, Missing, Refusal
from ..run_state import DEFAULT_SPEED, Speed, State
from ..scheduling import yield_to_others
from ..storage.rows import ASIDE, Row
from ..storage.salvage import left_out
from ..storage.store import Changed, Store
from .beginnings import Beginning, shelved
from .branches import Branched, branched_off
from .compiler import Compiler
from .copies import Caretaker
from .copy_limits import check_number, check_size
from .cores import Cores
from .historian import Historian
from .intake import Intake
from .keeper import Keeper
from .lesson import Lesson
from .live_run import LiveRun
from .residency import Residency
from .status import status_of
from .stored_runs import StoredRuns
from .summaries import Summaries
from .sweeps import Sweeps
from .viewer import Farewell, Traffic, Viewer

logger = logging.getLogger(__name__)


class Registry:
    """Creates, finds and deletes runs, and owns the threads that train them.

    Attributes:
        compiler: prepares the engine.
        keeper: keeps runs on disk.
        jobs: computes what somebody waits for.
        summaries: summaries of the errors of runs on disk.
        traffic: counts the frames of all viewers.
        sweeps: the sweeps of this server.
        lesson: what the presenter's page shows.
    """

    def __init__(self, settings: Settings, keeper: Keeper | None = None) -> None:
        """Begin without runs; `open` creates or fetches `main`."""
        # One thread per core: more threads would only take turns.
        self._cores = Cores(os.cpu_count() or 1, initializer=yield_to_others)
        self.jobs = self._cores.jobs
        self.compiler = Compiler(settings.engine)
        self.compiler.prepare(TrainingConfig())
        self.keeper = keeper or Keeper(None)
        self.summaries = Summaries(self.keeper, self.jobs)
        self._stored = StoredRuns(self.keeper, self.compiler, self.jobs)
        self._residency = Residency(self._cores, self.compiler, self.keeper, self._stored)
        self._historian = Historian(self._cores, self.compiler)
        self._caretaker = Caretaker(self._residency.runs, self._residency.shelf, self.delete)
        self._caretaking: asyncio.Task[None] | None = None
        self.sweeps = Sweeps(self.keeper, self.compiler.default)
        self.intake = Intake()
        self.traffic = Traffic()
        self.lesson = Lesson(self.watched, lambda run_id: run_id in self._residency)
        self._last_number = 0
        self._written: dict[tuple[str, str, Reach], tuple[Row, str]] = {}

    async def open(self) -> None:
        """Fetch or create `main`, and find which other runs exist."""
        if self.keeper.keeps:

            def read(store: Store) -> tuple[list[Row], int, dict[str, str]]:
                return store.rows(), store.last_number(), store.left_out

            rows, self._last_number, damaged = await self.keeper.call(read)
            self._residency.shelf.update({row.id: shelved(row) for row in rows})
            if damaged:
                self.keeper.tell(left_out([run_id for run_id in damaged if not run_id.endswith(ASIDE)]))
        try:
            main = await self.find(MAIN)
        except Refusal as refusal:
            if not isinstance(refusal, Missing):
                raise
            logger.error("%s It begins anew.", refusal.detail)
            main = None
            del self._residency.shelf[MAIN]
        if main is None:
            await self._add(
                MAIN, MAIN_NAME, Beginning.fresh(TrainingConfig(), self.compiler.default), DEFAULT_SPEED, False
            )
        self.compiler.watch(lambda: [run.need for run in self._residency.runs.values()])
        self.keeper.watch(self._residency.runs.values)
        self._historian.watch(self._residency.runs.values)
        self._caretaking = asyncio.create_task(self._caretaker.work(), name="caretaker")
        await self.sweeps.open()

    async def loaded(self) -> None:
        """Wait until the default configuration has the fastest engine that it will get."""
        await self.compiler.settle(TrainingConfig())

    async def _add(
        self,
        run_id: str,
        name: str,
        beginning: Beginning,
        speed: Speed,
        speed_chosen: bool,
        owner: str | None = None,
    ) -> LiveRun:
        self._last_number += 1
        used_at = None if owner is None else time.time()
        run = self._residency.made(run_id, self._last_number, name, beginning, speed, speed_chosen, owner, used_at)
        try:
            await self.keeper.save(run)
        except Refusal:
            if run_id != MAIN:  # `main` has to exist, even if it can't be stored
                raise
        self._residency.runs[run_id] = run
        return run

    # Looking up

    def statuses(self) -> list[RunStatus]:
        """The status of every run that the one who asks sees in lists, in the order of creation."""
        sees = asking().sees
        found = {run.number: run.status() for run in self._residency.runs.values() if sees(run.owner)}
        found |= {row.number: status_of(row) for row in self._residency.shelf.values() if sees(row.owner)}
        return [found[number] for number in sorted(found)]

    def listed(self) -> str:
        """The same as JSON. For runs that are only on disk it is made once per language and reach: they do not change
        there, and a list of a thousand runs is asked for again and again.
        """
        language, person = spoken(), asking()
        shelf = {
            key: kept if (kept := self._written.get(key)) and kept[0] is row else (row, _json(status_of(row)))
            for run_id, row in self._residency.shelf.items()
            if person.sees(row.owner) and (key := (run_id, language, person.reach(row.owner)))
        }
        # Keep the JSON for others, too, of runs that are still only on disk.
        self._written = {key: kept for key, kept in self._written.items() if key[0] in self._residency.shelf} | shelf
        found = {run.number: _json(run.status()) for run in self._residency.runs.values() if person.sees(run.owner)}
        found |= {row.number: text for row, text in shelf.values()}
        return f"[{','.join(found[number] for number in sorted(found))}]"

    def status(self, run_id: str) -> RunStatus:
        """The status of one run, without bringing it into memory.

        Raises:
            Refusal: `Missing` if there is no run with this id.
        """
        if run_id in self._residency.runs:
            return self._residency.runs[run_id].status()
        if run_id not in self._residency.shelf:
            raise unknown(run_id)
        return status_of(self._residency.shelf[run_id])

    async def whose(self, run_id: str) -> tuple[str, str | None]:
        """The name of a run, and its owner: the visitor whose copy it is, or None if all share it. It may have been
        deleted within the last hour.

        Raises:
            Refusal: `Missing` if there is no run with this id.
        """
        run = self._residency.runs.get(run_id) or self._residency.shelf.get(run_id) or await self._deleted(run_id)
        if run is None:
            raise unknown(run_id)
        return run.name, run.owner

    async def _deleted(self, run_id: str) -> Row | None:
        """A run that was deleted within the last hour, or None."""
        rows = await self.keeper.call(lambda store: store.deleted()) if self.keeper.keeps else []
        return next((row for row in rows if row.id == run_id), None)

    def owned_by(self, visitor: str) -> list[str]:
        """The ids of a visitor's copies, in the order of creation."""
        if not visitor:
            return []
        found = {run.number: run.id for run in self._residency.runs.values() if run.owner == visitor}
        found |= {row.number: row.id for row in self._residency.shelf.values() if row.owner == visitor}
        return [found[number] for number in sorted(found)]

    def rate_changes(self, run_id: str) -> RateChanges:
        """All changes of a run's learning rate, without bringing the run into memory.

        Raises:
            Refusal: `Missing` if there is no run with this id.
        """
        run = self._residency.runs.get(run_id)
        row = self._residency.shelf.get(run_id) if run is None else run.row()
        if row is None:
            raise unknown(run_id)
        return RateChanges(generation=row.generation, changes=list(row.changes))

    def on_disk(self, run_id: str) -> Row | None:
        """A run that is only on disk, as it was saved last, or None."""
        return self._residency.shelf.get(run_id)

    def in_memory(self, run_id: str) -> LiveRun | None:
        """A run that is in memory, or None."""
        return self._residency.runs.get(run_id)

    async def find(self, run_id: str) -> LiveRun | None:
        """A run, fetched from disk if necessary, or None.

        Raises:
            Refusal: `Busy` if no other run can make room for it, `Unstored` if it can't be read.
        """
        while (run := self._residency.runs.get(run_id)) is None and run_id in self._residency.shelf:
            await self.jobs.shared(("fetch", run_id), partial(self._residency.fetch, run_id), always=True)
        if run is not None:
            run.used_at = time.monotonic()
        return run

    async def get(self, run_id: str) -> LiveRun:
        """A run, fetched from disk if necessary.

        Raises:
            Refusal: `Missing` if there is no run with this id; and as `find`.
        """
        run = await self.find(run_id)
        if run is None:
            raise unknown(run_id)
        return run

    # Creating and deleting

    async def create(
        self,
        name: str | None,
        config: TrainingConfig,
        speed: Speed,
        changes: Sequence[tuple[int, float]] = (),
        edits: Edits = (),
        *,
        speed_chosen: bool = True,
    ) -> LiveRun:
        """Create a run, ready to start, with planned changes of its learning rate, and planned edits of its weights.

        Raises:
            Refusal: `Busy` if there are as many runs as there may be, `Unstored` if it can't be stored.
        """
        beginning = Beginning.fresh(config, self.compiler.default, changes, edits)
        return await self._create(name, beginning, speed, speed_chosen)

    async def create_branch(
        self, name: str | None, run_id: str, iteration: int, changes: Mapping[str, Any], speed: Speed
    ) -> LiveRun:
        """Create a run that begins at a moment of another run.

        Raises:
            Refusal, ConfigError: as `branched` and `create_branched`.
        """
        return await self.create_branched(name, await self.branched(run_id, iteration, changes), speed)

    async def branched(
        self, run_id: str, iteration: int, changes: Mapping[str, Any], edits: list[Any] | None = None
    ) -> Branched:
        """The past of a branch, that is of a run that begins at a moment of another run, with edits of its weights. No
        run is created yet.

        Raises:
            Missing: there is no such run or moment.
            Conflict: the other run was reset meanwhile, or this machine computes that moment differently.
            Busy: too much is asked at once.
            ConfigError: a branch can't make one of the changes or edits.
        """
        return await branched_off(await self.get(run_id), iteration, changes, self.jobs, edits)

    async def create_branched(
        self,
        name: str | None,
        branched: Branched,
        speed: Speed,
        *,
        speed_chosen: bool = True,
        owner: str | None = None,
    ) -> LiveRun:
        """Create a run that goes on from a branch's past: one that all share, or a visitor's copy.

        Raises:
            Refusal: `Conflict` if the other run was reset or deleted meanwhile; as `create`; and for a copy as
                `require_copy` and `check_size`.
        """
        if owner is not None:
            check_size(branched.beginning.snapshot.config)
        place = f"{branched.beginning.snapshot.iteration:,}"
        try:
            whose = branched.parent if owner is None else called(owner)
            child = say(Text("{name} from {iteration}", name=whose, iteration=place))
            title = name or readable(child[:MAX_NAME])
            return await self._create(title, branched.beginning, speed, speed_chosen, owner)
        except Changed:
            detail = Text("{name} was reset or deleted meanwhile. Ask again.", name=branched.parent)
            raise Conflict(detail) from None

    async def create_import(self, name: str | None, opened: Opened, speed: Speed = DEFAULT_SPEED) -> LiveRun:
        """Create a run that goes on where a checkpoint ends, at a speed that nobody has chosen.

        Raises:
            Refusal: as `create`.
        """
        return await self._create(name, Beginning.of_import(opened), speed, False)

    def require_copy(self, owner: str) -> None:
        """Check that a visitor may have one more copy.

        Raises:
            Refusal: `TooMany` if they have as many as one may, `Busy` if all have as many as all may.
        """
        check_number(owner, self._residency.owners())

    async def _create(
        self, name: str | None, beginning: Beginning, speed: Speed, speed_chosen: bool, owner: str | None = None
    ) -> LiveRun:
        self.keeper.require()
        async with self._residency.moving():
            self._residency.require_place()
            if owner is not None:
                self.require_copy(owner)
            await self._residency.make_room(copies=owner is not None)
            number = self._last_number + 1
            return await self._add(
                f"run-{number}",
                name or say(Text("Run {number}", number=number)),
                beginning,
                speed,
                speed_chosen,
                owner,
            )

    async def undo_reset(self, run: LiveRun) -> None:
        """Bring back what a run was before its last reset.

        Raises:
            Refusal: as `LiveRun.undo_reset`.
        """
        await self._stored.undo_reset(run)

    async def undoable(self, run: LiveRun) -> int | None:
        """The iteration at which a run stood before its last reset; None if the reset can't be undone."""
        return await self._stored.undoable(run)

    async def delete(self, run_id: str) -> None:
        """Stop a run and forget it, except what `undelete` needs.

        Raises:
            Refusal: `Missing` if there is no run with this id, `Conflict` for `main`, `Unstored` if the disk can't be
                written to.
        """
        async with self._residency.moving():
            if run_id not in self._residency:
                raise unknown(run_id)
            if run_id == MAIN:
                name = self._residency.runs[MAIN].name
                raise Conflict(Text("{name} can't be deleted. Reset it instead.", name=name))
            if self.keeper.keeps:
                await self.keeper.delete(run_id)
            self._residency.shelf.pop(run_id, None)
            run = self._residency.runs.pop(run_id, None)
            if run is not None:
                await run.shut_down(Farewell.DELETED, Text("This run has been deleted."))
                with suppress(Refusal):  # it is deleted, even if its last second can't be saved
                    await self.keeper.save(run)

    async def undelete(self, run_id: str) -> RunStatus:
        """Bring back a run that was deleted within the last hour.

        Raises:
            Refusal: `Missing` if there is none, `Conflict` if it is not deleted, `Busy` if there is no room.
        """
        async with self._residency.moving():
            if run_id in self._residency:
                raise Conflict(Text("{id} has not been deleted.", id=shown(run_id)))
            self._residency.require_place()
            row = await self._deleted(run_id)
            if row is not None and row.owner is not None:
                self.require_copy(row.owner)
            if row is not None:
                row = await self.keeper.call(lambda store: store.undelete(run_id))
            if row is None:
                detail = Text("There is no deleted run {id} that could be brought back.", id=shown(run_id))
                raise Missing(detail)
            used_at = None if row.owner is None else time.time()
            self._residency.shelf[run_id] = replace(shelved(row), used_at=used_at)
            return status_of(self._residency.shelf[run_id])

    async def deleted(self) -> list[RunStatus]:
        """The runs that `undelete` could bring back and the one who asks sees in lists, the latest first."""
        rows = await self.keeper.call(lambda store: store.deleted()) if self.keeper.keeps else []
        return [status_of(shelved(row)) for row in rows if asking().sees(row.owner)]

    async def close(self) -> None:
        """Stop all runs when the server ends."""
        if self._caretaking is not None:
            self._caretaking.cancel()
        self.jobs.close()
        await self.sweeps.close()
        runs = await self._residency.close()
        await self._historian.close()
        await asyncio.gather(*(run.shut_down(Farewell.ENDING, Text("The server is shutting down.")) for run in runs))
        await self._stored.close()
        await self.keeper.close(runs)
        await self.compiler.close()
        self._cores.shutdown(wait=False, cancel_futures=True)

    def watched(self) -> dict[str, set[Viewer]]:
        """The viewers of each run that has any, in the order of creation."""
        runs = sorted(self._residency.runs.values(), key=lambda run: run.number)
        return {run.id: run.audience.viewers for run in runs if run.audience.viewers}

    def viewers(self, visitor: str = "") -> int:
        """The number of viewers of all runs and sweeps together; or how many of the runs' are this visitor."""
        viewers = [viewer for run in self._residency.runs.values() for viewer in run.audience.viewers]
        if visitor:
            return sum(viewer.person.id == visitor for viewer in viewers)
        return len(viewers) + self.sweeps.viewers

    @property
    def iterations(self) -> int:
        """The number of iterations that were trained since the server began, of all runs together."""
        return self._cores.iterations

    def states(self) -> Counter[tuple[State, bool]]:
        """The number of runs by state and by whether they are in memory."""
        found = Counter((run.state, True) for run in self._residency.runs.values())
        found.update((row.state, False) for row in self._residency.shelf.values())
        return found


def unknown(run_id: str) -> Refusal:
    """The refusal if there is no run with this id."""
    return Missing(Text("There is no run {id}.", id=shown(run_id)))


def _json(status: RunStatus) -> str:
    return status.model_dump_json()
