"""How much disk space stored runs may take, and how room is made when they take more.

Deleted runs go first, beginning with the oldest. Then keyframes are thinned, first those of the run that has most of
them: the farther back, the wider apart. Keyframes at which training was changed stay, and so do the first and the last.
Each step is small, so that nobody waits long for the database.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from rnn_core.text import Text

from . import schema
from .rows import ASIDE, sealed

UNDO_SECONDS = 3600.0
"""The time in which a deleted run, or the history before a reset, can be brought back."""

STEP_BYTES = 16 * 2**20
"""The most bytes that are freed in one step, unless one row has more."""

STEP_PAGES = 500
"""The number of pages that are given back to the disk in one step."""

SMALL_STEP_PAGES = 16
"""The same on a full disk, which has room only for a small journal."""

SLACK_PAGES = 256
"""The number of free pages that the file keeps for the next writing."""

HEAD_BYTES = 2**16
"""The number of bytes at the beginning of a checkpoint file in which its metadata are searched."""

GROWTH = 10
"""A new run has to leave a tenth of the budget free, so that existing runs can grow."""

ROW_BYTES = 4096
"""The most bytes that a row takes beside its data."""

OF_RUNS = tuple(table for table in schema.metadata.tables.values() if "run_id" in table.c)
"""The tables whose rows belong to runs."""


class NoRoom(OSError):
    """The budget is used up.

    Attributes:
        lacking: the number of bytes that would have to be freed.
    """

    def __init__(self, words: str, lacking: int) -> None:
        super().__init__(words)
        self.lacking = lacking


class NoRoomForNew(NoRoom):
    """There is no room for a new run, but existing runs can still grow."""


@dataclass(frozen=True)
class Usage:
    """The disk space of stored runs.

    Attributes:
        used: the bytes that they take.
        budget: the bytes that they may take.
        deleted: the part of `used` that deleted runs and the histories before resets take.
    """

    used: int
    budget: int
    deleted: int


@dataclass
class Freed:
    """The result of a step.

    Attributes:
        anything: whether anything was freed.
        thinned: the iterations of deleted keyframes, by run.
    """

    anything: bool = False
    thinned: dict[str, list[int]] = field(default_factory=dict)


def in_words(size: int) -> str:
    """A number of bytes, for people."""
    for unit, name in ((2**30, "GB"), (2**20, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}".replace(".0 ", " ")
    return f"{-(-size // 1024)} kB"


def used(connection: Connection) -> int:
    """The number of bytes that stored runs take."""
    if connection.dialect.name != "sqlite":
        return sum(_bytes_of(connection, table, None) for table in (*OF_RUNS, schema.members))
    pages, free, size = (_pragma(connection, name) for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def keyframes_until(connection: Connection, run_id: str, iteration: int) -> int:
    """The number of bytes of a run's snapshots up to an iteration."""
    table = schema.snapshots
    query = select(func.sum(func.length(table.c.data) + ROW_BYTES))
    return int(connection.execute(query.where(table.c.run_id == run_id, table.c.iteration <= iteration)).scalar() or 0)


def taken_by(connection: Connection, run_id: str) -> int:
    """The number of bytes of everything that belongs to a run."""
    return sum(_bytes_of(connection, table, run_id) for table in OF_RUNS)


def _bytes_of(connection: Connection, table: Any, run_id: str | None) -> int:
    query = select(func.sum(func.length(table.c.data) + ROW_BYTES))
    query = query if run_id is None else query.where(table.c.run_id == run_id)
    return int(connection.execute(query).scalar() or 0)


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)


def lately(values: Mapping[str, Any]) -> bool:
    """Whether the run of a row was deleted, or put aside, and can still be brought back."""
    return values["deleted_at"] is not None and bool(values["deleted_at"] >= time.time() - UNDO_SECONDS)


def forget_deleted(connection: Connection, rows: Sequence[Mapping[str, Any]], all_of_them: bool) -> bool:
    """Remove for good a part of what was deleted first. Returns whether there was anything.

    Args:
        connection: one within a transaction.
        rows: all rows of runs, in the order of their creation.
        all_of_them: whether runs that could still be brought back may go, too.
    """
    newest = rows[-1]["number"] if rows else 0
    gone = [row for row in rows if row["deleted_at"] is not None and (all_of_them or not lately(row))]
    for row in sorted(gone, key=lambda row: float(row["deleted_at"])):
        run_id, mine = str(row["id"]), schema.runs.c.id == row["id"]
        if lately(row):  # from now on it can't be brought back
            connection.execute(update(schema.runs).where(mine).values(sealed({**row, "deleted_at": 0.0})))
        freed = max(_delete_some(connection, table, run_id) for table in OF_RUNS)
        # The row of the run created last keeps its number, so that no later run gets the same one.
        if not freed and (run_id.endswith(ASIDE) or row["number"] < newest):
            freed = bool(connection.execute(delete(schema.runs).where(mine)).rowcount)
        if freed:
            return True
    return False


def _delete_some(connection: Connection, table: Any, run_id: str) -> bool:
    """Delete rows of a run, at most as many as one step may. Returns whether there were any."""
    place = list(table.primary_key)[1]
    query = select(place, func.length(table.c.data)).where(table.c.run_id == run_id).order_by(place)
    last, size = None, 0
    for last, length in connection.execute(query).all():  # noqa: B007 (its last value is used)
        size += length
        if size >= STEP_BYTES:
            break
    if last is None:
        return False
    connection.execute(delete(table).where(table.c.run_id == run_id, place <= last))
    return True


class Thinning:
    """Thins keyframes, and remembers the runs whose keyframes can't be thinned further."""

    def __init__(self) -> None:
        self._done: dict[str, int] = {}

    def step(self, connection: Connection, wanted: int) -> dict[str, list[int]]:
        """Delete keyframes of `wanted` bytes, if possible, of the run that has most of them.

        Returns:
            the iterations of the deleted ones, by run; nothing if no more can be deleted.
        """
        table = schema.snapshots
        size, count = func.sum(func.length(table.c.data)), func.count()
        for run_id, _, number in connection.execute(
            select(table.c.run_id, size, count).group_by(table.c.run_id).order_by(size.desc())
        ).all():
            if self._done.get(run_id) == number:
                continue
            gone = _thin(connection, run_id, min(wanted, STEP_BYTES))
            if gone:
                return {run_id: gone}
            self._done[run_id] = number
        return {}


def _thin(connection: Connection, run_id: str, wanted: int) -> list[int]:
    table = schema.snapshots
    head = func.substr(table.c.data, 1, HEAD_BYTES)
    mine = table.c.run_id == run_id
    query = select(table.c.iteration, func.length(table.c.data), head).where(mine).order_by(table.c.iteration)
    found = connection.execute(query).all()
    sizes = {iteration: size for iteration, size, _ in found}
    gone = thinned([(iteration, _training(head)) for iteration, _, head in found], sizes, wanted)
    for iteration in gone:
        connection.execute(delete(table).where(mine, table.c.iteration == iteration))
    return gone


def _training(head: bytes) -> object:
    """The settings and the provenance with which a snapshot was trained, from the beginning of its checkpoint file. For
    a damaged file it is an object that is equal to no other.
    """
    try:
        length = int.from_bytes(head[:8], "little")
        metadata = json.loads(head[8 : 8 + length])["__metadata__"]
        return metadata["config"], metadata.get("provenance")
    except (ValueError, LookupError, TypeError):
        return object()


def thinned(moments: Sequence[tuple[int, object]], sizes: Mapping[int, int], wanted: int) -> list[int]:
    """The keyframes that may go: first those that are closest together, compared with their distance from the end.
    Where training was not changed, two neighbours that stay are never farther apart than their distance from the end.

    Args:
        moments: (iteration, what it was trained with) of all keyframes, in order.
        sizes: their bytes, by iteration.
        wanted: the bytes to free.
    """
    fixed = {moments[0][0], moments[-1][0]} if moments else set()
    for (place, training), (after, other) in pairwise(moments):
        if training != other:
            fixed |= {place, after}
    places = [place for place, _ in moments]
    gone: list[int] = []
    while wanted > 0:
        best = min(
            (
                ((after - before) / (places[-1] - after + 1), k)
                for k, (before, place, after) in enumerate(zip(places, places[1:], places[2:], strict=False), 1)
                if place not in fixed
            ),
            default=(2.0, 0),
        )
        if best[0] > 1.0:
            break
        place = places.pop(best[1])
        gone.append(place)
        wanted -= sizes[place]
    return gone


def give_back(connection: Connection, slack: int, most: int) -> bool:
    """Give `most` free pages back to the disk. Returns whether there were more than the `slack` that should stay."""
    if connection.dialect.name != "sqlite" or _pragma(connection, "auto_vacuum") != 2:
        return False
    free = _pragma(connection, "freelist_count") - slack
    if free <= 0:
        return False
    # A script runs to its end; a statement would give back only one page. The script is a transaction of its own.
    connection.connection.cursor().executescript(f"PRAGMA incremental_vacuum({min(free, most)})")
    return True


def no_room(budget: int, lacking: int, new: bool) -> NoRoom:
    """The error to raise if there is not enough room, with a message for people."""
    if new:
        words = Text(
            "There is no room for another run: stored runs take nearly all of the {budget} that they may take. "
            "Delete some, or set RNN_ADDER_STORE_BUDGET higher.",
            budget=in_words(budget),
        )
        return NoRoomForNew(words, lacking)
    words = Text(
        "they take all of the {budget} that they may take; delete some, or set RNN_ADDER_STORE_BUDGET higher",
        budget=in_words(budget),
    )
    return NoRoom(words, lacking)
