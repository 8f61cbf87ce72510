"""What is kept of runs, written and read in whole transactions. All of it is for one thread."""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, insert, literal, select, update
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from app.messages import State
from app.storage import schema
from app.storage.database import doubt, shows_damage
from rnn_core.text import Text, unpacked
from rnn_core.types import Array

logger = logging.getLogger(__name__)

CHUNK = 8192
"""Iterations whose errors are kept together."""

CHUNKS_AT_ONCE = 32
"""So many are read in one go: at most 2 MB, in some milliseconds, after which it is others' turn."""

FULL_CHUNKS = 122
"""So many chunks, the first million iterations, are kept in full; of later ones least, mean and most of stretches."""

STRETCH = 64
"""Iterations of such a stretch."""

UNDO_SECONDS = 3600.0
"""For so long a deleted run can be brought back, and what was there before a reset."""

OF_RUNS = tuple(table for table in schema.metadata.tables.values() if "run_id" in table.c)
"""The tables of what belongs to runs."""

ASIDE = "~"
"""Ends the id under which what a run was before its last reset is kept: as a deleted run that nobody can ask for."""

KEPT = ("id", "number", "name", "speed", "generation", "deleted_at")
"""What a run keeps of itself when it becomes again what it was before a reset."""


@dataclass(frozen=True)
class Row:
    """A run without its numbers: what a list shows.

    Attributes:
        number: the order of creation.
        first: the iteration that its errors begin with.
        accuracies: (iteration, accuracy) of its scheduled moments, as far as they were looked at.
        others: as in a run's status.
    """

    id: str
    number: int
    name: str
    state: State
    detail: str | None
    generation: int
    iteration: int
    config: dict[str, Any]
    changes: tuple[tuple[int, float], ...]
    learning_rate: float
    speed: float | None
    error: float | None
    first: int = 0
    accuracies: tuple[tuple[int, float], ...] = ()


class Changed(Exception):
    """Another run, whose past was to be taken over, was reset or deleted meanwhile."""


@dataclass(frozen=True)
class Inheritance:
    """Keyframes that a branch takes over from another run, on disk.

    Attributes:
        run_id: the other run.
        generation: its, which tells whether it was reset meanwhile.
        iterations: of its keyframes.
    """

    run_id: str
    generation: int
    iterations: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Saved:
    """What is to be kept of a run by now, or was.

    Attributes:
        row: what a list shows.
        snapshot: the checkpoint file of where it stands, or None where it stands as before.
        keyframes: (iteration, checkpoint file) of moments to keep for good.
        errors_start: the iteration that errors[0] belongs to, a multiple of `CHUNK` or the run's first.
        errors: (n,) float64; what was kept from there on is replaced.
        afresh: whether all that was kept of its past is void.
        inherited: keyframes of another run that are this one's, too.
        put_aside: whether what is void can be brought back for a while, by `take_back`.
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
    """Errors of iterations `start` and on; where it is damaged, neither values nor stretches.

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
        """Iterations that something is known of; 0 where it is damaged."""
        if self.values is not None:
            return len(self.values)
        return 0 if self.stretches is None else STRETCH * self.stretches.shape[1]

    @property
    def stop(self) -> int:
        """The iteration that comes after it."""
        return self.start + self.count


class Store:
    """Runs in a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a database of today's version."""
        self._engine = engine

    def save(self, runs: Sequence[Saved]) -> None:
        """Keep all of this or, where that fails, nothing.

        Raises:
            SQLAlchemyError: the disk is full, read-only or gone; the database says no.
            Changed: what was to be inherited is no longer there.
        """
        try:
            with self._engine.begin() as connection:
                for saved in runs:
                    self._save(connection, saved)
        except DatabaseError as error:
            if shows_damage(error):
                doubt(self._engine.url)
            raise

    def _save(self, connection: Connection, saved: Saved) -> None:
        values = _row_values(saved.row)
        run = schema.runs.c.id == saved.row.id
        if saved.put_aside:
            _put_aside(connection, saved.row.id)
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
            # Also over a keyframe of the same iteration: the learning rate may have changed since.
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

    def probe(self) -> None:
        """Write something that changes nothing.

        Raises:
            SQLAlchemyError: nothing can be written.
        """
        with self._engine.begin() as connection:
            connection.execute(update(schema.runs).values(number=schema.runs.c.number))

    def rows(self) -> list[Row]:
        """All runs that are not deleted, in the order of their creation."""
        query = select(schema.runs).where(schema.runs.c.deleted_at.is_(None)).order_by(schema.runs.c.number)
        with self._engine.begin() as connection:
            rows = [_readable(found) for found in connection.execute(query).mappings()]
        return [row for row in rows if row is not None]

    def deleted(self) -> list[Row]:
        """Runs that were deleted lately, so that they could be brought back, the latest first."""
        gone = schema.runs.c.deleted_at
        query = select(schema.runs).where(gone >= time.time() - UNDO_SECONDS, ~_is_aside()).order_by(gone.desc())
        with self._engine.begin() as connection:
            rows = [_readable(found) for found in connection.execute(query).mappings()]
        return [row for row in rows if row is not None]

    def last_number(self) -> int:
        """The number of the run created last, deleted ones included; 0 where there is none."""
        with self._engine.begin() as connection:
            return int(connection.execute(select(func.max(schema.runs.c.number))).scalar() or 0)

    def keyframes(self, run_id: str) -> list[int]:
        """The iterations of which a run has a snapshot for good, in order."""
        table = schema.snapshots
        return self._numbers(select(table.c.iteration).where(table.c.run_id == run_id, table.c.keyframe == 1), run_id)

    def _numbers(self, query: Select[Any], run_id: str) -> list[int]:
        """What is found, in order; nothing where the file is damaged there."""
        with _damage_told("what is kept of run %s can't be read", run_id), self._engine.begin() as connection:
            return sorted(connection.execute(query).scalars())
        return []

    def snapshot(self, run_id: str, iteration: int) -> bytes | None:
        """The checkpoint file of a run's snapshot; None where there is none, or it is damaged."""
        table = schema.snapshots
        query = select(table.c.data, table.c.sha256).where(table.c.run_id == run_id, table.c.iteration == iteration)
        found = None
        told = _damage_told("the snapshot of run %s at iteration %s can't be read", run_id, iteration)
        with told, self._engine.begin() as connection:
            found = connection.execute(query).first()
        if found is None:
            return None
        if hashlib.sha256(found.data).hexdigest() != found.sha256:
            logger.error("the snapshot of run %s at iteration %s is damaged; an earlier one serves", run_id, iteration)
            return None
        return bytes(found.data)

    def errors(self, run_id: str, first: int) -> list[Chunk]:
        """All that is kept of a run's errors, which begin with iteration `first`, in order, damaged ones included."""
        numbers = self.chunks(run_id, first)
        pieces = [numbers[k : k + CHUNKS_AT_ONCE] for k in range(0, len(numbers), CHUNKS_AT_ONCE)]
        return [chunk for piece in pieces for chunk in self.errors_of(run_id, first, piece)]

    def chunks(self, run_id: str, first: int) -> list[int]:
        """The numbers of the chunks that a run's errors are kept in, in order."""
        table = schema.errors
        query = select(table.c.chunk).where(table.c.run_id == run_id, table.c.chunk >= first // CHUNK)
        return self._numbers(query, run_id)

    def errors_of(self, run_id: str, first: int, numbers: Sequence[int]) -> list[Chunk]:
        """The errors in up to `CHUNKS_AT_ONCE` chunks, by numbers that `chunks` has found, in order. A chunk that is
        gone meanwhile counts as damaged.
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
            pass  # some of them are damaged: each is read by itself
        return [self._chunk(run_id, number, max(first, number * CHUNK), found.get(number)) for number in numbers]

    def _chunk(self, run_id: str, number: int, start: int, row: Any) -> Chunk:
        """A chunk, of which the row may have been read already."""
        table = schema.errors
        query = select(table).where(table.c.run_id == run_id, table.c.chunk == number)
        with _damage_told("the errors of run %s from iteration %s on are damaged", run_id, start):
            if row is None:
                with self._engine.begin() as connection:
                    row = connection.execute(query).first()
            if row is None:
                raise ValueError("it is gone")
            if row.sha256 not in (None, hashlib.sha256(row.data).hexdigest()):
                raise ValueError("its checksum is another")
            if row.thinned:
                return Chunk(start, None, np.frombuffer(row.data, "<f4").reshape(3, -1))
            return Chunk(start, np.frombuffer(row.data, "<f8"), None)
        return Chunk(start, None, None)

    def delete(self, run_id: str) -> None:
        """Mark a run as deleted, and forget for good what was deleted long ago."""
        now = time.time()
        with self._engine.begin() as connection:
            connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(deleted_at=now))
            _sweep(connection, now)

    def undelete(self, run_id: str) -> Row | None:
        """Bring a run back that was deleted lately; None where there is none of that id."""
        lately = (schema.runs.c.deleted_at >= time.time() - UNDO_SECONDS) & ~_is_aside()
        mine = (schema.runs.c.id == run_id) & lately
        with self._engine.begin() as connection:
            if not connection.execute(update(schema.runs).where(mine).values(deleted_at=None)).rowcount:
                return None
            found = connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings().one()
            return _row(found)

    def aside(self, run_id: str) -> Row | None:
        """What a run was before its last reset, under the id that it is kept under; None where that was long ago."""
        lately = schema.runs.c.deleted_at >= time.time() - UNDO_SECONDS
        with self._engine.begin() as connection:
            query = select(schema.runs).where(schema.runs.c.id == run_id + ASIDE, lately)
            found = connection.execute(query).mappings().first()
        return None if found is None else _readable(found)

    def take_back(self, run_id: str, generation: int) -> None:
        """Have a run be again what it was before its last reset, which `aside` has found, as of a new generation."""
        with self._engine.begin() as connection:
            mine, other = schema.runs.c.id == run_id, schema.runs.c.id == run_id + ASIDE
            found = connection.execute(select(schema.runs).where(other)).mappings().one()
            values = {name: value for name, value in found.items() if name not in KEPT}
            _forget(connection, run_id)
            for table in OF_RUNS:
                connection.execute(update(table).where(table.c.run_id == run_id + ASIDE).values(run_id=run_id))
            connection.execute(update(schema.runs).where(mine).values({**values, "generation": generation}))
            connection.execute(delete(schema.runs).where(other))

    def close(self) -> None:
        """Let go of the database."""
        try:
            self._engine.dispose()
        except SQLAlchemyError:  # gone with its disk, say: nothing is left to lose
            logger.exception("the database could not be closed")


@contextmanager
def _damage_told(words: str, *details: object) -> Iterator[None]:
    """Log that what is read within is damaged, and go on behind it; that the disk says no is another matter."""
    try:
        yield
    except OperationalError:
        raise
    except (DatabaseError, ValueError):
        logger.exception(words, *details)


def _is_aside() -> ColumnElement[bool]:
    """Whether what stands there is no run, but what one was before its last reset."""
    return schema.runs.c.id.endswith(ASIDE)


def _forget(connection: Connection, run_id: str) -> None:
    """Forget all that belongs to a run."""
    for table in OF_RUNS:
        connection.execute(delete(table).where(table.c.run_id == run_id))


def _put_aside(connection: Connection, run_id: str) -> None:
    """Keep what a run was, in the place of what was kept so before. Of a run that has done nothing since its last
    reset, what was there before that one stays.
    """
    now = time.time()
    _sweep(connection, now)
    done = connection.execute(select(schema.runs.c.iteration).where(schema.runs.c.id == run_id)).scalar()
    if not done and connection.execute(select(schema.runs.c.id).where(schema.runs.c.id == run_id + ASIDE)).first():
        return
    _forget(connection, run_id + ASIDE)
    connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id + ASIDE))
    copied: dict[str, Any] = {"id": literal(run_id + ASIDE), "deleted_at": literal(now)}
    columns: list[Any] = [copied.get(column.name, column) for column in schema.runs.c]
    was = select(*columns).where(schema.runs.c.id == run_id)
    connection.execute(insert(schema.runs).from_select([column.name for column in schema.runs.c], was))
    for table in OF_RUNS:
        connection.execute(update(table).where(table.c.run_id == run_id).values(run_id=run_id + ASIDE))


def _sweep(connection: Connection, now: float) -> None:
    """Forget for good what was deleted, or put aside, long ago."""
    gone = schema.runs.c.deleted_at < now - UNDO_SECONDS
    for table in OF_RUNS:
        connection.execute(delete(table).where(table.c.run_id.in_(select(schema.runs.c.id).where(gone))))
    # The run created last leaves its number behind: no later one is to be mistaken for it.
    newest = select(func.max(schema.runs.c.number)).scalar_subquery()
    connection.execute(delete(schema.runs).where(gone, (schema.runs.c.number < newest) | _is_aside()))


def _row_values(row: Row) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    if isinstance(row.detail, Text):
        values["detail"] = row.detail.packed()
    return values | {name: json.dumps(values[name]) for name in ("config", "changes", "accuracies")}


def _row(found: Any) -> Row:
    values = {name: found[name] for name in Row.__dataclass_fields__}
    values |= {name: tuple(map(tuple, json.loads(values[name]))) for name in ("changes", "accuracies")}
    detail = values["detail"] and unpacked(values["detail"])
    return Row(**{**values, "detail": detail, "config": json.loads(values["config"])})


def _readable(found: Any) -> Row | None:
    """A row, or None where what stands there is no run."""
    try:
        return _row(found)
    except (ValueError, TypeError):
        logger.exception("the run %s is damaged and left out", found["id"])
        return None


def _put_snapshot(connection: Connection, run_id: str, iteration: int, data: bytes, keyframe: int) -> None:
    table = schema.snapshots
    place = (table.c.run_id == run_id) & (table.c.iteration == iteration)
    keyframe = max(keyframe, connection.execute(select(table.c.keyframe).where(place)).scalar() or 0)
    connection.execute(delete(table).where(place))
    digest = hashlib.sha256(data).hexdigest()
    values = {"run_id": run_id, "iteration": iteration, "sha256": digest, "data": data, "keyframe": keyframe}
    connection.execute(insert(table).values(values))


def _inherit(connection: Connection, run_id: str, inherited: Inheritance) -> None:
    """Copy keyframes of another run within the database: those of a large network may be more than memory holds."""
    table = schema.snapshots
    columns = [column for column in table.c if column.name != "run_id"]
    parent = (schema.runs.c.id == inherited.run_id) & (schema.runs.c.generation == inherited.generation)
    if connection.execute(select(schema.runs.c.id).where(parent)).first() is None:
        raise Changed
    for iteration in inherited.iterations:
        place = (table.c.run_id == inherited.run_id) & (table.c.iteration == iteration) & (table.c.keyframe == 1)
        copied = select(literal(run_id), *columns).where(place)
        if not connection.execute(insert(table).from_select(["run_id", *columns], copied)).rowcount:
            raise Changed


def stretches_of(errors: Array) -> Array:
    """Least, mean and most of every `STRETCH` errors, (3, n / STRETCH) float32, as they are kept."""
    stretches = errors.reshape(-1, STRETCH)
    return np.stack([stretches.min(axis=1), stretches.mean(axis=1), stretches.max(axis=1)]).astype("<f4")


def _chunk_values(run_id: str, start: int, errors: Array) -> dict[str, Any]:
    """A chunk as a row: in full while it grows, or where it is one of the first; else thinned."""
    chunk = start // CHUNK
    thinned = chunk >= FULL_CHUNKS and len(errors) == CHUNK
    data = stretches_of(errors).tobytes() if thinned else errors.astype("<f8").tobytes()
    digest = hashlib.sha256(data).hexdigest()
    return {"run_id": run_id, "chunk": chunk, "thinned": int(thinned), "data": data, "sha256": digest}
