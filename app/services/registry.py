"""All runs of the server, by id: those in memory, and those on disk alone. `main` always exists."""

import asyncio
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from app.config import Settings
from app.messages import RunStatus
from app.problems import Problem
from app.scheduling import yield_to_others
from app.services.compiler import Compiler
from app.services.keeper import Keeper
from app.services.live_run import LiveRun
from app.services.past import Past, series_of, shelved
from app.storage.store import Chunk, Row, Store
from rnn_core import TrainingConfig
from rnn_core.checkpoint import CheckpointError, decode_checkpoint
from rnn_core.config import shown
from rnn_core.snapshot import Snapshot
from rnn_core.travel import branch, recompute

MAX_RUNS = 32
"""In memory."""

MAX_STORED = 1000
"""In all."""

REST_SECONDS = 600.0
"""A run that did nothing for so long makes room for a new one."""

PATIENCE = 1.0
"""Seconds to wait for the engine, for a run's last trace, when it comes into memory."""

MAIN = "main"


class Registry:
    """Creates, finds and deletes runs, and owns the threads that train them."""

    def __init__(self, settings: Settings, keeper: Keeper | None = None) -> None:
        """Begin with no run at all; `open` makes or fetches `main`."""
        # A thread a core: more would only take turns.
        self._executor = ThreadPoolExecutor(
            os.cpu_count() or 1, thread_name_prefix="trainer", initializer=yield_to_others
        )
        self.compiler = Compiler(settings.engine)
        self.compiler.prepare(TrainingConfig())
        self.keeper = keeper or Keeper(None)
        self._last_number = 0
        self._runs: dict[str, LiveRun] = {}
        self._shelf: dict[str, Row] = {}
        self._fetching = asyncio.Lock()

    async def open(self) -> None:
        """Fetch `main`, or create it, and learn which other runs there are."""
        if self.keeper.keeps:
            rows, self._last_number = await self.keeper.call(lambda store: (store.rows(), store.last_number()))
            self._shelf = {row.id: shelved(row) for row in rows}
        if await self.find(MAIN) is None:
            await self._add(MAIN, "Main", Past.fresh(TrainingConfig(), self.compiler.default), 300.0)
        self.keeper.watch(self._runs.values)

    async def loaded(self) -> None:
        """Wait until the engine of the default configuration is ready."""
        await asyncio.shield(self.compiler.prepare(TrainingConfig()))

    async def _add(self, run_id: str, name: str, past: Past, speed: float | None) -> LiveRun:
        self._last_number += 1
        run = self._made(run_id, self._last_number, name, past, speed)
        self._runs[run_id] = run
        try:
            await self.keeper.save(run)
        except Problem:
            if run_id != MAIN:  # which has to be there, stored or not
                del self._runs[run_id]
                raise
        return run

    def _made(self, run_id: str, number: int, name: str, past: Past, speed: float | None) -> LiveRun:
        parts = {"executor": self._executor, "compiler": self.compiler, "keeper": self.keeper}
        return LiveRun(run_id, number, name, past, speed=speed, **parts)  # type: ignore[arg-type]

    # What there is

    def statuses(self) -> list[RunStatus]:
        """Of all runs, in the order of their creation."""
        found = {run.number: run.status() for run in self._runs.values()}
        found |= {row.number: status_of(row) for row in self._shelf.values()}
        return [found[number] for number in sorted(found)]

    def in_memory(self, run_id: str) -> LiveRun | None:
        """A run that needs no fetching, or None."""
        return self._runs.get(run_id)

    async def find(self, run_id: str) -> LiveRun | None:
        """A run, fetched from disk where it has to be, or None.

        Raises:
            Problem: 503 where no other can make room for it, 507 where it can't be read.
        """
        run = self._runs.get(run_id)
        if run is None and run_id in self._shelf:
            async with self._fetching:
                if run_id in self._shelf:
                    await self._make_room(0.0)
                    self._runs[run_id] = await self._fetch(self._shelf[run_id])
                    del self._shelf[run_id]
            run = self._runs.get(run_id)
        if run is not None:
            run.used_at = time.monotonic()
        return run

    async def get(self, run_id: str) -> LiveRun:
        """A run.

        Raises:
            Problem: 404 where there is none of that id; and as `find`.
        """
        run = await self.find(run_id)
        if run is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no run {shown(run_id)}.")
        return run

    # Coming and going

    async def create(self, name: str | None, config: TrainingConfig, speed: float | None) -> LiveRun:
        """A new run, ready.

        Raises:
            Problem: 503 where there are as many as there may be, 507 where it can't be stored.
        """
        return await self._create(name, Past.fresh(config, self.compiler.default), speed)

    async def create_branch(
        self, name: str | None, run_id: str, iteration: int, changes: Mapping[str, Any], speed: float | None
    ) -> LiveRun:
        """A new run that begins at a moment of another.

        Raises:
            Problem: 404 where there is no such run or moment; and as `create`.
            ConfigError: a change that a branch can't make.
        """
        parent = await self.get(run_id)
        moment = branch(await parent.moment(iteration), dict(changes))
        errors = await asyncio.to_thread(parent.errors.copied, iteration)
        held = [kept or await parent.keyframe(place) for place, kept in parent.keyframes.until(iteration)]
        past = Past.of_branch(moment, errors, [kept for kept in held if kept is not None])
        return await self._create(name or f"{parent.name} from {iteration:,}"[:60], past, speed)

    async def create_import(self, name: str | None, snapshot: Snapshot, speed: float | None) -> LiveRun:
        """A new run that goes on where a checkpoint ends.

        Raises:
            Problem: as `create`.
        """
        return await self._create(name, Past.of_import(snapshot), speed)

    async def _create(self, name: str | None, past: Past, speed: float | None) -> LiveRun:
        self.keeper.require()
        async with self._fetching:
            if len(self._runs) + len(self._shelf) >= MAX_STORED:
                raise _full(MAX_STORED)
            await self._make_room(REST_SECONDS)
            number = self._last_number + 1
            return await self._add(f"run-{number}", name or f"Run {number}", past, speed)

    async def _make_room(self, rested: float) -> None:
        """See that another run can come into memory: one that did nothing for `rested` seconds goes to the shelf.

        Raises:
            Problem: 503 where none can.
        """
        if len(self._runs) < MAX_RUNS:
            return
        latest = time.monotonic() - rested
        resting = [run for run in self._runs.values() if run.idle and run.id != MAIN and run.used_at <= latest]
        if not self.keeper.keeps or not resting:
            raise _full(MAX_RUNS)
        run = min(resting, key=lambda run: run.used_at)
        await self.keeper.save(run)
        if not run.idle:
            raise _full(MAX_RUNS)
        self._shelf[run.id] = run.row()
        del self._runs[run.id]

    async def _fetch(self, row: Row) -> LiveRun:
        """A run from the disk, where it stood when it was saved last."""

        def read(store: Store) -> tuple[list[int], list[Chunk], bytes | None]:
            return store.snapshots(row.id), store.errors(row.id, row.first), store.snapshot(row.id, row.iteration)

        places, chunks, data = await self.keeper.call(read)
        snapshot = decoded(data)
        earlier = [place for place in places if place < row.iteration]
        engine = self.compiler.prepare(TrainingConfig.from_mapping(row.config))
        if snapshot is not None and row.iteration:
            await asyncio.wait({engine}, timeout=PATIENCE)
            if not engine.done():
                earlier = []  # rather without a trace than late
        # Once more from the keyframe before: what is on disk has no trace, and may be damaged.
        for place in reversed(earlier):
            keyframe = decoded(await self.keeper.call(partial(Store.snapshot, run_id=row.id, iteration=place)))
            if keyframe is not None:
                trainer = await asyncio.to_thread(recompute, keyframe, row.iteration, row.changes, await engine)
                snapshot = trainer.snapshot()
                break
        if snapshot is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"{row.name} has been damaged on disk; nothing of it can be read.")
        errors = await asyncio.to_thread(series_of, row, chunks)
        past = Past.of_row(row, snapshot, errors, [place for place in places if place <= row.iteration])
        return self._made(row.id, row.number, row.name, past, row.speed)

    async def delete(self, run_id: str) -> None:
        """Stop a run and forget it, but for what `undelete` needs.

        Raises:
            Problem: 404 where there is none of that id, 409 for `main`, 507 where the disk says no.
        """
        if run_id not in self._shelf:
            await self.get(run_id)
        if run_id == MAIN:
            raise Problem(HTTPStatus.CONFLICT, f"{MAIN} can't be deleted. Reset it instead.")
        self.keeper.require()
        run = self._runs.pop(run_id, None)
        self._shelf.pop(run_id, None)
        if run is not None:
            await run.shut_down(1008, "This run has been deleted.")
        if self.keeper.keeps:
            if run is not None:
                await self.keeper.save(run)
            await self.keeper.call(lambda store: store.delete(run_id))

    async def undelete(self, run_id: str) -> RunStatus:
        """Bring a run back that was deleted within the last hour.

        Raises:
            Problem: 404 where there is none, 409 where it is not deleted, 503 where there is no room.
        """
        if run_id in self._runs or run_id in self._shelf:
            raise Problem(HTTPStatus.CONFLICT, f"{shown(run_id)} has not been deleted.")
        if len(self._runs) + len(self._shelf) >= MAX_STORED:
            raise _full(MAX_STORED)
        row = await self.keeper.call(lambda store: store.undelete(run_id)) if self.keeper.keeps else None
        if row is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no deleted run {shown(run_id)} that could be brought back.")
        self._shelf[run_id] = shelved(row)
        return status_of(self._shelf[run_id])

    async def close(self) -> None:
        """Stop all runs; for the server's end."""
        runs = list(self._runs.values())
        for run in runs:
            await run.shut_down(1012, "The server is shutting down.")
        await self.keeper.close(runs)
        await self.compiler.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def viewers(self) -> int:
        """How many browsers watch, over all runs."""
        return sum(len(run.audience.viewers) for run in self._runs.values())


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
        name=row.name,
        state=row.state,
        generation=row.generation,
        iteration=row.iteration,
        config=row.config,
        changes=list(row.changes),
        learning_rate=row.learning_rate,
        speed=row.speed,
        error=row.error,
        iterations_per_second=0.0,
        viewers=0,
        detail=row.detail,
    )


def _full(number: int) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"There are {number} runs already, which is as many as there may be. Delete one first.",
        headers={"Retry-After": "60"},
    )
