"""Runs in the database, written and read in whole transactions. Only one thread uses this."""

import logging
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Select, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from rnn_core.types import Array

from ..names import MAIN
from . import schema
from .database import doubt, shows_damage, sqlite_file
from .kept_proofs import KeptProofs
from .kept_sweeps import KeptSweeps
from .locks import FILE, FileHold
from .place import Place
from .reserve import Reserve
from .room import (
    GROWTH,
    OF_RUNS,
    ROW_BYTES,
    SLACK_PAGES,
    STEP_PAGES,
    UNDO_SECONDS,
    Freed,
    Thinning,
    Usage,
    forget_deleted,
    give_back,
    keyframes_until,
    lately,
    no_room,
    taken_by,
    used,
)
from .rows import ASIDE, Damaged, Row, row_of, seal_of_errors, seal_of_snapshot, sealed, values_of_row

logger = logging.getLogger(__name__)

CHUNK = 8192
"""The number of iterations whose errors are kept together."""

CHUNKS_AT_ONCE = 32
"""The number of chunks that are read in one go: at most 2 MB, in some milliseconds. Then others have their turn."""

FULL_CHUNKS = 122
"""The number of chunks that are kept in full: the first million iterations. Later ones are kept as minimum, mean and
maximum of stretches.
"""

STRETCH = 64
"""The number of iterations of such a stretch."""

NUMBERED = re.compile(r"run-(\d{1,9})")
"""The id of a run, which contains its number."""

KEPT = ("id", "number", "name", "speed", "pace", "generation", "deleted_at")
"""The values that a run keeps when its history before a reset comes back."""


class Changed(Exception):
    """The run whose past should be copied was reset or deleted meanwhile."""


@dataclass(frozen=True)
class Inheritance:
    """Keyframes that a branch copies from another run, on disk.

    Attributes:
        run_id: the other run.
        generation: its generation, which tells whether it was reset meanwhile.
        iterations: those of its keyframes.
    """

    run_id: str
    generation: int
    iterations: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Saved:
    """What should be stored of a run, or was stored.

    Attributes:
        row: the data that a list shows.
        snapshot: the checkpoint file of where it stands; None if that did not change.
        keyframes: (iteration, checkpoint file) of moments to keep for good.
        errors_start: the iteration of errors[0], a multiple of `CHUNK` or the run's first.
        errors: (n,) float64; they replace all stored errors from there on.
        afresh: whether the whole stored past is no longer valid.
        inherited: keyframes of another run that belong to this one, too.
        put_aside: whether the old past can be brought back for some time, by `take_back`.
    """

    row: Row
    snapshot: bytes | None = None
    keyframes: Sequence[tuple[int, bytes]] = ()
    errors_start: int = 0
    errors: Array = field(default_factory=lambda: np.empty(0))
    afresh: bool = False
    inherited: Inheritance | None = None
    put_aside: bool = False


@dataclass(frozen=True, eq=False)
class Chunk:
    """The errors of iterations from `start` on; a damaged chunk has neither values nor stretches.

    Attributes:
        start: the first iteration.
        values: (n,) float64, exact, or None.
        stretches: (3, k) float32, minimum, mean and maximum of `STRETCH` iterations each, or None.
    """

    start: int
    values: Array | None
    stretches: Array | None

    @property
    def count(self) -> int:
        """The number of iterations in it; 0 if it is damaged."""
        if self.values is not None:
            return len(self.values)
        return 0 if self.stretches is None else STRETCH * self.stretches.shape[1]

    @property
    def stop(self) -> int:
        """The first iteration after it."""
        return self.start + self.count


class Store:
    """Runs in a database.

    Attributes:
        left_out: the reasons why damaged runs are left out, by id, as far as they were found.
        reserve: the disk space in reserve for deletions.
        place: the place of the database.
        sweeps: the sweeps in it.
        proofs: what was proved about runs.
    """

    def __init__(self, engine: Engine, budget: int = sys.maxsize, hold: FileHold | None = None) -> None:
        """Use a database of the current version. Runs may take `budget` bytes; `hold` keeps other servers out."""
        self._engine = engine
        self._budget = budget
        self._thinning = Thinning()
        self._expires = 0.0
        self.place = Place(engine, hold)
        self.reserve = Reserve(sqlite_file(engine.url))
        self.left_out: dict[str, str] = {}
        self.proofs = KeptProofs(engine, self._writing, budget)
        self.sweeps = KeptSweeps(engine, self._writing, budget)

    def beside(self, name: str, folder: Path) -> Path:
        """A file beside the database, named after it, unless it has the name that databases have by default. For a
        database that is no file it is in `folder`.
        """
        file = sqlite_file(self._engine.url)
        if file is None:
            return folder / name
        file = Path(os.path.realpath(file))
        return file.with_name(name if file.name == FILE else f"{file.name}.{name}")

    def save(self, runs: Sequence[Saved]) -> None:
        """Store all of these or, if that fails, none.

        Raises:
            SQLAlchemyError: the disk is full, read-only or gone, or the database refuses.
            Gone: the database is no longer where it was.
            NoRoom: the budget is used up; `free` may make room.
            Changed: the keyframes to copy are no longer there.
        """
        try:
            with self._writing() as connection:
                self._require_room(connection, runs)
                for saved in runs:
                    self._save(connection, saved)
        except DatabaseError as error:
            if shows_damage(error):
                doubt(self._engine.url)
            raise

    def _save(self, connection: Connection, saved: Saved) -> None:
        run = schema.runs.c.id == saved.row.id
        if saved.put_aside:
            self._put_aside(connection, saved.row.id)
        found = self._sound(connection.execute(select(schema.runs).where(run)).mappings())
        values = values_of_row(saved.row, found[0]["deleted_at"] if found else None)
        if not connection.execute(update(schema.runs).where(run).values(values)).rowcount:
            connection.execute(insert(schema.runs).values(values))
        if saved.afresh:
            _forget(connection, saved.row.id)
        if saved.inherited is not None:
            _inherit(connection, saved.row.id, saved.inherited)
        for iteration, data in saved.keyframes:
            _put_snapshot(connection, saved.row.id, iteration, data, keyframe=1)
        if saved.snapshot is not None:
            mine = (schema.snapshots.c.run_id == saved.row.id) & (schema.snapshots.c.keyframe == 0)
            connection.execute(delete(schema.snapshots).where(mine))
            # This also replaces a keyframe of the same iteration: the learning rate may have changed since.
            _put_snapshot(connection, saved.row.id, saved.row.iteration, saved.snapshot, keyframe=0)
        start, stop = saved.errors_start, saved.errors_start + len(saved.errors)
        edges = [start, *range((start // CHUNK + 1) * CHUNK, stop, CHUNK), stop]
        chunks = [
            _chunk_values(saved.row.id, begin, saved.errors[begin - start : end - start])
            for begin, end in pairwise(edges)
            if begin < end
        ]
        if chunks:
            mine = (schema.errors.c.run_id == saved.row.id) & (schema.errors.c.chunk >= saved.errors_start // CHUNK)
            connection.execute(delete(schema.errors).where(mine))
            connection.execute(insert(schema.errors), chunks)

    def _require_room(self, connection: Connection, runs: Sequence[Saved]) -> None:
        wanted = sum(size_of(saved) for saved in runs)
        for saved in runs:
            if saved.inherited is not None:
                wanted += keyframes_until(connection, saved.inherited.run_id, max(saved.inherited.iterations))
        mine = schema.runs.c.id.in_([saved.row.id for saved in runs if saved.row.id != MAIN])
        there = len(connection.execute(select(schema.runs.c.id).where(mine)).all())
        new = there < sum(saved.row.id != MAIN for saved in runs)
        lacking = used(connection) + wanted - self._budget + (self._budget // GROWTH if new else 0)
        if lacking > 0:
            raise no_room(self._budget, lacking, new)

    def free(self, wanted: int = 0) -> Freed:
        """Make a little room: remove for good a part of what was deleted, or thin keyframes.

        Args:
            wanted: the number of bytes to free; 0 for those above the budget.
        """
        with self._writing() as connection:
            wanted = wanted or used(connection) - self._budget
            if wanted <= 0 and time.time() < self._expires:
                return Freed()
            rows = self._all(connection)
            if forget_deleted(connection, rows, wanted > 0):
                return Freed(True)
            self._expires = min((row["deleted_at"] + UNDO_SECONDS for row in rows if lately(row)), default=math.inf)
            thinned = self._thinning.step(connection, wanted) if wanted > 0 else {}
            return Freed(bool(thinned), thinned)

    def give_back(self, slack: int = SLACK_PAGES, most: int = STEP_PAGES) -> bool:
        """Give a little free space back to the disk, except `slack` pages. Returns whether there was any."""
        with self._engine.begin() as connection:
            return give_back(connection, slack, most)

    def usage(self) -> Usage:
        """The disk space of stored runs."""
        with self._engine.begin() as connection:
            gone = connection.execute(select(schema.runs.c.id).where(schema.runs.c.deleted_at.is_not(None))).scalars()
            deleted = sum(taken_by(connection, run_id) for run_id in gone.all())
            return Usage(used(connection), self._budget, deleted)

    def probe(self) -> None:
        """Write something that changes nothing. If the database is gone, write all of it again.

        Raises:
            SQLAlchemyError, sqlite3.Error, OSError: nothing can be written.
        """
        self.place.renew()
        with self._writing() as connection:
            connection.execute(update(schema.runs).values(number=schema.runs.c.number))

    def rows(self) -> list[Row]:
        """All runs that are not deleted, in the order of their creation."""
        with self._engine.begin() as connection:
            found = self._all(connection)
        return [row_of(values) for values in found if values["deleted_at"] is None]

    def deleted(self) -> list[Row]:
        """Deleted runs that can still be brought back, the latest first."""
        with self._engine.begin() as connection:
            found = [values for values in self._all(connection) if lately(values) and not _is_aside(values)]
        found.sort(key=lambda values: float(values["deleted_at"]), reverse=True)
        return [row_of(values) for values in found]

    def last_number(self) -> int:
        """The number of the run created last, deleted ones included; 0 if there is none. A run that is left out keeps
        its number, if its id contains it.
        """
        with self._engine.begin() as connection:
            known = [int(values["number"]) for values in self._all(connection)]
        told = [int(number[1]) for run_id in self.left_out if (number := NUMBERED.fullmatch(run_id))]
        return max(known + told, default=0)

    def _all(self, connection: Connection) -> list[Mapping[str, Any]]:
        """All undamaged rows of runs, in the order of their creation."""
        return self._sound(connection.execute(select(schema.runs).order_by(schema.runs.c.number)).mappings())

    def _one(self, connection: Connection, run_id: str) -> Mapping[str, Any] | None:
        """The row of a run, or of its history that was put aside; None if there is no undamaged one."""
        found = self._sound(connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings())
        return found[0] if found else None

    def _sound(self, rows: Iterable[Any]) -> list[Mapping[str, Any]]:
        """The rows that are as they were written. The log says once for each other one that it is left out."""
        sound = []
        for values in rows:
            try:
                row_of(values)
                sound.append(values)
            except Damaged as reason:
                run_id = str(values["id"])
                if run_id not in self.left_out:
                    logger.error("the run %s is damaged and left out: %s", run_id, reason)
                self.left_out[run_id] = reason.args[0]
        return sound

    def keyframes(self, run_id: str) -> list[int]:
        """The iterations of a run's keyframes, in order."""
        table = schema.snapshots
        return self._numbers(select(table.c.iteration).where(table.c.run_id == run_id, table.c.keyframe == 1), run_id)

    def _numbers(self, query: Select[Any], run_id: str) -> list[int]:
        """The numbers that the query finds, in order; none if the file is damaged there."""
        with _damage_told("what is kept of run %s can't be read", run_id), self._engine.begin() as connection:
            return sorted(connection.execute(query).scalars())
        return []

    def snapshot(self, run_id: str, iteration: int) -> bytes | None:
        """The checkpoint file of a run's snapshot; None if there is none, or it is damaged."""
        table = schema.snapshots
        query = select(table.c.keyframe, table.c.data, table.c.sha256)
        query = query.where(table.c.run_id == run_id, table.c.iteration == iteration)
        found = None
        told = _damage_told("the snapshot of run %s at iteration %s can't be read", run_id, iteration)
        with told, self._engine.begin() as connection:
            found = connection.execute(query).first()
        if found is None:
            return None
        if not _fits(found.sha256, seal_of_snapshot, run_id, iteration, found.keyframe, found.data):
            logger.error("the snapshot of run %s at iteration %s is damaged; an earlier one serves", run_id, iteration)
            return None
        return bytes(found.data)

    def errors(self, run_id: str, first: int) -> list[Chunk]:
        """All chunks of a run's errors, which begin at iteration `first`, in order, damaged ones included."""
        numbers = self.chunks(run_id, first)
        pieces = [numbers[k : k + CHUNKS_AT_ONCE] for k in range(0, len(numbers), CHUNKS_AT_ONCE)]
        return [chunk for piece in pieces for chunk in self.errors_of(run_id, first, piece)]

    def chunks(self, run_id: str, first: int) -> list[int]:
        """The numbers of the chunks of a run's errors, in order."""
        table = schema.errors
        query = select(table.c.chunk).where(table.c.run_id == run_id, table.c.chunk >= first // CHUNK)
        return self._numbers(query, run_id)

    def errors_of(self, run_id: str, first: int, numbers: Sequence[int]) -> list[Chunk]:
        """Up to `CHUNKS_AT_ONCE` chunks of errors, by their numbers from `chunks`, in order. A chunk that is gone
        meanwhile counts as damaged.
        """
        table = schema.errors
        query = select(table).where(table.c.run_id == run_id, table.c.chunk.in_(numbers))
        found: dict[int, Any] = {}
        try:
            with self._engine.begin() as connection:
                found = {row.chunk: row for row in connection.execute(query)}
        except OperationalError:
            raise
        except DatabaseError:
            pass  # some of them are damaged, so each is read by itself
        return [self._chunk(run_id, number, max(first, number * CHUNK), found.get(number)) for number in numbers]

    def _chunk(self, run_id: str, number: int, start: int, row: Any) -> Chunk:
        """A chunk; its row may have been read already."""
        table = schema.errors
        query = select(table).where(table.c.run_id == run_id, table.c.chunk == number)
        with _damage_told("the errors of run %s from iteration %s on are damaged", run_id, start):
            if row is None:
                with self._engine.begin() as connection:
                    row = connection.execute(query).first()
            if row is None:
                raise Damaged("it is gone")
            if not _fits(row.sha256, seal_of_errors, run_id, number, row.thinned, row.data):
                raise Damaged("its checksum is wrong")
            if row.thinned:
                return Chunk(start, None, np.frombuffer(row.data, "<f4").reshape(3, -1))
            return Chunk(start, np.frombuffer(row.data, "<f8"), None)
        return Chunk(start, None, None)

    def delete(self, run_id: str) -> None:
        """Mark a run as deleted. `free` removes it for good after some time."""
        with self._writing() as connection:
            if (found := self._one(connection, run_id)) is not None:
                _put(connection, {**found, "deleted_at": time.time()})
                self._expires = 0.0

    def undelete(self, run_id: str) -> Row | None:
        """Bring a deleted run back; None if there is none of that id, or too much time has passed."""
        with self._writing() as connection:
            found = self._one(connection, run_id)
            if found is None or _is_aside(found) or not lately(found):
                return None
            return row_of(_put(connection, {**found, "deleted_at": None}))

    def aside(self, run_id: str) -> Row | None:
        """A run's history before its last reset, with the id under which it is kept; None if that was too long ago."""
        with self._engine.begin() as connection:
            found = self._one(connection, run_id + ASIDE)
        return None if found is None or not lately(found) else row_of(found)

    def take_back(self, run_id: str, generation: int) -> None:
        """Bring back a run's history before its last reset, which `aside` has found, in a new generation.

        Raises:
            Damaged: that history can no longer be read.
        """
        with self._writing() as connection:
            mine, was = self._one(connection, run_id), self._one(connection, run_id + ASIDE)
            if mine is None or was is None:
                raise Damaged(self.left_out.get(run_id + ASIDE, self.left_out.get(run_id)))
            values = {name: value for name, value in was.items() if name not in KEPT}
            _forget(connection, run_id)
            for table in OF_RUNS:
                connection.execute(update(table).where(table.c.run_id == run_id + ASIDE).values(run_id=run_id))
            _put(connection, {**mine, **values, "generation": generation})
            connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id + ASIDE))

    def _put_aside(self, connection: Connection, run_id: str) -> None:
        """Keep a run's history, in place of the one that was kept before. If the run has done nothing since its last
        reset, the history before that reset stays.
        """
        was = self._one(connection, run_id)
        if was is None or (not was["iteration"] and self._one(connection, run_id + ASIDE) is not None):
            return
        self._expires = 0.0
        _forget(connection, run_id + ASIDE)
        connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id + ASIDE))
        connection.execute(insert(schema.runs).values(sealed({**was, "id": run_id + ASIDE, "deleted_at": time.time()})))
        for table in OF_RUNS:
            connection.execute(update(table).where(table.c.run_id == run_id).values(run_id=run_id + ASIDE))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction on a database that is still where it was; otherwise the writing would be lost."""
        self.place.check()
        try:
            with self._engine.begin() as connection:
                yield connection
        except DatabaseError:
            self.place.check()  # if the database is gone now, that is the error for people
            raise

    def close(self) -> None:
        """Close the database."""
        self.reserve.release()
        try:
            self._engine.dispose()
        except SQLAlchemyError:  # for example its disk is gone; then nothing is left to lose
            logger.exception("the database could not be closed")


@contextmanager
def _damage_told(words: str, *details: object) -> Iterator[None]:
    """If reading within the context finds damage, log it and go on after the context. Errors of the disk are raised."""
    try:
        yield
    except OperationalError:
        raise
    except (DatabaseError, ValueError):
        logger.exception(words, *details)


def _is_aside(values: Mapping[str, Any]) -> bool:
    """Whether a row is not a run, but a run's history before its last reset."""
    return str(values["id"]).endswith(ASIDE)


def _fits(digest: str | None, made: Callable[..., str], *values: Any) -> bool:
    """Whether `digest` is the checksum of these values."""
    try:
        return digest == made(*values)
    except (TypeError, ValueError):
        return False


def _put(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the row of a run, and return the new row."""
    row = sealed(values)
    connection.execute(update(schema.runs).where(schema.runs.c.id == row["id"]).values(row))
    return row


def _forget(connection: Connection, run_id: str) -> None:
    """Delete everything that belongs to a run."""
    for table in OF_RUNS:
        connection.execute(delete(table).where(table.c.run_id == run_id))


def size_of(saved: Saved) -> int:
    """The most bytes that this takes in the database."""
    data = [saved.snapshot or b"", *(data for _, data in saved.keyframes)]
    return (
        sum(len(each) + ROW_BYTES for each in data) + saved.errors.nbytes + ROW_BYTES * (2 + len(saved.errors) // CHUNK)
    )


def _put_snapshot(connection: Connection, run_id: str, iteration: int, data: bytes, keyframe: int) -> None:
    table = schema.snapshots
    place = (table.c.run_id == run_id) & (table.c.iteration == iteration)
    keyframe = max(keyframe, connection.execute(select(table.c.keyframe).where(place)).scalar() or 0)
    connection.execute(delete(table).where(place))
    digest = seal_of_snapshot(run_id, iteration, keyframe, data)
    values = {"run_id": run_id, "iteration": iteration, "sha256": digest, "data": data, "keyframe": keyframe}
    connection.execute(insert(table).values(values))


def _inherit(connection: Connection, run_id: str, inherited: Inheritance) -> None:
    """Copy keyframes of another run, one at a time, because those of a large network may be too large for memory."""
    table = schema.snapshots
    parent = (schema.runs.c.id == inherited.run_id) & (schema.runs.c.generation == inherited.generation)
    if connection.execute(select(schema.runs.c.id).where(parent)).first() is None:
        raise Changed
    for iteration in inherited.iterations:
        place = (table.c.run_id == inherited.run_id) & (table.c.iteration == iteration) & (table.c.keyframe == 1)
        found = connection.execute(select(table.c.data, table.c.sha256).where(place)).first()
        if found is None:
            raise Changed
        if _fits(found.sha256, seal_of_snapshot, inherited.run_id, iteration, 1, found.data):
            _put_snapshot(connection, run_id, iteration, bytes(found.data), keyframe=1)
        else:
            logger.error("the snapshot of run %s at iteration %s is damaged", inherited.run_id, iteration)


def stretches_of(errors: Array) -> Array:
    """Minimum, mean and maximum of every `STRETCH` errors, (3, n / STRETCH) float32, in the stored form."""
    stretches = errors.reshape(-1, STRETCH)
    return np.stack([stretches.min(axis=1), stretches.mean(axis=1), stretches.max(axis=1)]).astype("<f4")


def _chunk_values(run_id: str, start: int, errors: Array) -> dict[str, Any]:
    """A chunk as a row: in full while it grows, or if it is one of the first; otherwise thinned."""
    chunk = start // CHUNK
    thinned = chunk >= FULL_CHUNKS and len(errors) == CHUNK
    data = stretches_of(errors).tobytes() if thinned else errors.astype("<f8").tobytes()
    digest = seal_of_errors(run_id, chunk, int(thinned), data)
    return {"run_id": run_id, "chunk": chunk, "thinned": int(thinned), "data": data, "sha256": digest}
