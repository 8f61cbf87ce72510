"""Brings runs back from the disk: what is damaged is repaired, and what is missing is computed again."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from rnn_core.checkpoint import CheckpointError, decode_checkpoint
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

from ..refusals import Missing, Refusal
from ..storage.kept_proofs import KeptProof
from ..storage.rows import Row
from ..storage.store import STRETCH, Chunk, Store
from .beginnings import Beginning
from .compiler import Compiler
from .jobs import Jobs
from .keeper import Keeper
from .live_run import LiveRun
from .proofs import Known
from .recorded import pieces_of_chunks
from .replay import Replayed, Way, last_sound, replayed
from .stored_errors import chunks_of, gaps_of, overlaid, series_of

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds to wait for a run's last trace when it comes into memory, if the engine is ready."""


class StoredRuns:
    """Reads runs from the disk. It does not know which runs exist or which are in memory."""

    def __init__(self, keeper: Keeper, compiler: Compiler, jobs: Jobs) -> None:
        """`keeper` reads runs; `jobs` compute what has to be computed again."""
        self._keeper = keeper
        self._compiler = compiler
        self._jobs = jobs
        self._recalling: set[asyncio.Task[None]] = set()

    async def beginning_of(self, row: Row, its: Row) -> tuple[Beginning, "asyncio.Task[Replayed | None]"]:
        """What the disk holds of `row`, as the beginning of the run that has the row `its`. Also the task that computes
        the run's last moment again, to get its trace.
        """

        def read(store: Store) -> tuple[list[int], bytes | None, list[KeptProof]]:
            return store.keyframes(row.id), store.snapshot(row.id, row.iteration), store.proofs.all(row.id)

        places, data, kept = await self._keeper.call(read)
        proofs = [known for one in kept if (known := Known.of_kept(one)) is not None]
        chunks = await chunks_of(self._keeper, row)
        places = [place for place in places if place <= row.iteration]
        saved = decoded(data)
        earlier = [place for place in places if place < row.iteration]
        replay = asyncio.create_task(self._replayed(row, earlier, row.iteration, chunks))
        try:
            beginning = await self._completed(row, its, places, chunks, saved, replay)
            return replace(beginning, proofs=proofs), replay
        except BaseException:
            replay.cancel()
            raise

    async def _completed(
        self,
        row: Row,
        its: Row,
        places: Sequence[int],
        chunks: list[Chunk],
        saved: Snapshot | None,
        replay: "asyncio.Task[Replayed | None]",
    ) -> Beginning:
        """The beginning made of these parts from the disk. What is damaged is computed again."""
        anew = None
        if saved is not None:
            # Only the last trace is missing: do not wait long for it.
            ready = self._compiler.default == "numpy" or self._compiler.prepare(saved.config).done()
            await asyncio.wait({replay}, timeout=PATIENCE if ready else 0.0)
            if replay.done() and (snapshot := _as_it_was(replay.result())) is not None:
                saved = replace(saved, trace=snapshot.trace)
        elif (found := await replay) is not None and found.snapshot is not None:
            logger.error("%s is computed again from an earlier moment", row.name)
            saved = replace(found.snapshot, changes=row.changes, edits=row.edits, diverged=row.state == "diverged")
            if found.parts_at is not None:
                logger.error("%s has other errors from iteration %s on", row.name, found.first)
                anew, chunks = found.first, overlaid(chunks, found.first, found.errors)
        else:
            detail = Text("{name} has been damaged on disk; nothing of it can be read.", name=row.name)
            raise Missing(detail)
        chunks = await self._mended(row, places, chunks)
        errors = await asyncio.to_thread(series_of, row, chunks)
        beginning = Beginning.of_row(its, saved, errors, places)
        return beginning if anew is None else beginning.anew_from(anew)

    def recall(self, run: LiveRun, replay: "asyncio.Task[Replayed | None]") -> None:
        """If a run lacks its last trace, add it when it has been computed."""
        if run.snapshot.trace is None and not replay.done():
            self._recalling.add(recalling := asyncio.create_task(_recall(run, replay)))
            recalling.add_done_callback(self._recalling.discard)

    async def _mended(self, row: Row, places: Sequence[int], chunks: list[Chunk]) -> list[Chunk]:
        """A run's errors. Those that are damaged on disk are computed again, as far as possible."""
        sound = [chunk for chunk in chunks if chunk.count]
        for start, stop in gaps_of(row, chunks):
            past = [place for place in places if place <= start]
            replay = await self._replayed(row, past, stop, chunks)
            if replay is None or replay.parts_at is not None:
                logger.error("%s has lost its errors before iteration %s: they can't be read", row.name, stop)
            else:
                logger.error("%s has its errors from %s to %s computed again", row.name, start, stop)
                sound.append(Chunk(start, replay.errors_between(start, stop), None))
        return sorted(sound, key=lambda chunk: chunk.start)

    async def _replayed(self, row: Row, places: Sequence[int], stop: int, chunks: Sequence[Chunk]) -> Replayed | None:
        """A run computed again up to `stop`, from the last sound one of these keyframes, and compared with its errors.
        It is computed a little beyond `stop`, to compare more errors. None if it can't be computed at all.
        """
        # Keyframes between may be missing on disk. So only keyframes of the run's own configuration are trusted.
        keyframes = ((place, None) for place in reversed(places))
        keyframe = await last_sound(keyframes, row.config, partial(self._keyframe, row.id), damaged=True)
        if keyframe is None:
            return None
        engine = await self._compiler.engine(keyframe.config)
        way = Way(row.changes, engine, partial(pieces_of_chunks, chunks), row.edits)
        beyond = min(stop + STRETCH, row.iteration)
        return await self._jobs.compute(replayed(keyframe, stop, beyond, way))

    async def _keyframe(self, run_id: str, iteration: int) -> Snapshot | None:
        return decoded(await self._keeper.call(partial(Store.snapshot, run_id=run_id, iteration=iteration)))

    async def undo_reset(self, run: LiveRun) -> None:
        """Bring back what a run was before its last reset.

        Raises:
            Refusal: as `LiveRun.undo_reset`.
        """

        async def stored() -> Beginning | None:
            was = await self._keeper.call(lambda store: store.aside(run.id))
            if was is None:
                return None
            generation = run.generation + 1
            its = replace(was, id=run.id, number=run.number, name=run.name, speed=run.speed, generation=generation)
            beginning, replay = await self.beginning_of(was, its)
            await self._keeper.call(lambda store: store.take_back(run.id, generation))
            if not replay.done():  # what it reads has another id by now
                replay.cancel()
                places = [place for place, _ in beginning.keyframes.until(its.iteration) if place < its.iteration]
                chunks = await chunks_of(self._keeper, its)
                anew.append(asyncio.create_task(self._replayed(its, places, its.iteration, chunks)))
            return beginning

        anew: list[asyncio.Task[Replayed | None]] = []
        await run.undo_reset(stored)
        for replay in anew:
            self.recall(run, replay)

    async def undoable(self, run: LiveRun) -> int | None:
        """The iteration at which a run stood before its last reset; None if the reset can't be undone."""
        if not run.unspoilt:
            return None
        if not self._keeper.keeps:
            return None if run.aside is None else run.aside.snapshot.iteration
        row = await self._keeper.call(lambda store: store.aside(run.id))
        return None if row is None else row.iteration

    async def close(self) -> None:
        """Stop waiting for last traces when the server ends."""
        for recalling in self._recalling:
            recalling.cancel()
        await asyncio.gather(*self._recalling, return_exceptions=True)


def _as_it_was(replay: Replayed | None) -> Snapshot | None:
    """Where a run stood; None if what was computed again differs from the record."""
    return None if replay is None or replay.parts_at is not None else replay.snapshot


async def _recall(run: LiveRun, replay: "asyncio.Task[Replayed | None]") -> None:
    """Give a run its last trace when it has been computed."""
    try:
        snapshot = _as_it_was(await replay)
    except Refusal:  # the server is about to end
        return
    if snapshot is not None:
        await run.recall(snapshot)


def decoded(data: bytes | None) -> Snapshot | None:
    """A snapshot from the disk, or None if it is damaged."""
    try:
        return None if data is None else decode_checkpoint(data)
    except CheckpointError:
        return None
