"""Setting a damaged database aside, and searching it for undamaged runs."""

import hashlib
import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.dialects import sqlite

from rnn_core import ConfigError, TrainingConfig
from rnn_core.config import shown
from rnn_core.text import Text, listed

from ..run_state import DEFAULT_SPEED
from . import schema
from .files import replace
from .rows import (
    ADDED,
    ASIDE,
    CHOSEN,
    DEFAULT,
    Damaged,
    row_of,
    seal_of_errors,
    seal_of_member,
    seal_of_proof,
    seal_of_run,
    seal_of_snapshot,
    seal_of_sweep,
    sealed,
)

logger = logging.getLogger(__name__)

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The driver's errors for damage; the second one if it can't decode its own message."""

HEADER = 100
"""The number of bytes at the beginning of an SQLite file that say how to read it."""

LEAF = b"\x0d"
"""The first byte of a page that holds rows."""

Sealer = Callable[..., str]

SEALS: dict[str, Sealer] = {"snapshots": seal_of_snapshot, "errors": seal_of_errors, "proofs": seal_of_proof}
"""The functions that make the checksums of the tables whose rows belong to runs."""

SEALS_OF_SWEEPS: dict[str, Sealer] = {"sweeps": seal_of_sweep, "members": seal_of_member}
"""The same for sweeps and their members."""

NAMED = 20
"""The number of left-out runs that are named; others are only counted."""


@dataclass
class Found:
    """The result of searching a damaged database.

    Attributes:
        runs: how many runs were copied; histories before resets do not count.
        lost: the ids of runs that were left out, if they can be read.
    """

    runs: int
    lost: list[str]


def begin_anew(file: Path, create: Callable[[Path], Engine]) -> str:
    """Set a damaged database aside, and put a new one in its place with the runs that can be read.

    Args:
        file: the database.
        create: makes a new one at a path.

    Returns:
        a message for people.
    """
    new = _searched(file)
    found = None
    try:
        found = _search(file, new, create)
    except Exception:  # for example there is no room; the server should start in any case
        logger.exception("%s could not be searched for runs", file)
    place = _set_aside(file)
    if found is None:
        new.unlink(missing_ok=True)
        return Text(
            "The database was damaged. It has been set aside as {place}, and the server begins without its runs.",
            place=place,
        )
    replace(new, file)
    words = Text(
        "The database was damaged. It has been set aside as {place}. {count} runs of it could be read and are kept.",
        place=place,
        count=found.runs,
    )
    return Text("{one} {other}", one=words, other=left_out(found.lost)) if found.lost else words


def finish(file: Path) -> None:
    """Move the new database to its place, if that was interrupted after the damaged one had been set aside."""
    if not file.exists() and _searched(file).exists():
        replace(_searched(file), file)


def left_out(runs: list[str]) -> Text:
    """A message for people that these runs are damaged."""
    names = [shown(run)[1:-1] for run in runs[:NAMED]]
    if len(runs) > NAMED:
        names.append(Text("{count} more", count=len(runs) - NAMED))
    return Text("Left out because they are damaged: {runs}.", runs=listed(names))


def _searched(file: Path) -> Path:
    return file.with_name(f"{file.name}.searched")


def _set_aside(file: Path) -> Path:
    """Rename a damaged file and its journal."""
    name = f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    place = file.with_name(name)
    number = 1
    while place.exists():
        number += 1
        place = file.with_name(f"{name}-{number}")
    journal = _journal(file)
    if journal.exists():
        replace(journal, _journal(place))
    replace(file, place)
    return place


def _journal(file: Path) -> Path:
    return file.with_name(f"{file.name}-journal")


def _search(file: Path, new: Path, create: Callable[[Path], Engine]) -> Found:
    """Make a new database from the undamaged rows of a damaged one, which does not change."""
    for path in (new, _journal(new)):
        path.unlink(missing_ok=True)
    engine = create(new)
    try:
        with _copy(file) as copy, engine.begin() as target:
            found = _copied(partial(_rows_of, copy), target)
            return found if found.runs else _copied(partial(_scattered_rows_of, copy), target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    finally:
        engine.dispose()


@contextmanager
def _copy(file: Path) -> Iterator[Path]:
    """A copy of a damaged file, repaired so far that its content can be read."""
    with tempfile.TemporaryDirectory(
        dir=file.parent, prefix=f"{file.name}.search-", ignore_cleanup_errors=True
    ) as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(file, copy)
        if _journal(file).exists():
            shutil.copyfile(_journal(file), _journal(copy))
        _mend_header(copy)
        _mend_schema(copy)
        yield copy


@contextmanager
def _opened(copy: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = readable
    try:
        yield connection
    finally:
        connection.close()


def readable(text: bytes) -> str:
    """A text of a database, also if it is damaged."""
    return text.decode("utf-8", "replace")


def _mend_header(copy: Path) -> None:
    """Write the fields of the header that are the same in every database of this program."""
    with copy.open("r+b") as file:
        header = bytearray(file.read(HEADER))
        length = file.seek(0, os.SEEK_END)
        if len(header) < HEADER:
            return
        size = int.from_bytes(header[16:18], "big")
        if size & (size - 1) or not 512 <= size <= 32768:
            size = 4096
        header[:16] = b"SQLite format 3\0"
        header[16:18] = size.to_bytes(2, "big")
        header[18:24] = bytes((1, 1, 0, 64, 32, 32))
        header[28:32] = (length // size).to_bytes(4, "big")
        header[32:40] = bytes(8)  # no page is free; nothing will be written
        header[44:48] = (4).to_bytes(4, "big")
        header[52:56] = bytes(4)  # the notes about pages for vacuuming may be damaged, too
        header[56:60] = (1).to_bytes(4, "big")
        header[92:96] = header[24:28]
        file.seek(0)
        file.write(header)


def _mend_schema(copy: Path) -> None:
    """Write the current tables into the schema, without indices and constraints. So the tables can be read even if
    these or the schema are damaged. A file of another version is left as it is.
    """
    with _opened(copy) as connection:
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] != int(schema.VERSION):
                return
            connection.execute("PRAGMA writable_schema = ON")
            noted = connection.execute("SELECT rowid, name FROM sqlite_master WHERE rootpage > 0 AND sql IS NOT NULL")
            names = {str(name): place for place, name in noted.fetchall()}
            for table in schema.metadata.sorted_tables:
                if alike := get_close_matches(table.name, names, 1):
                    values = (table.name, table.name, _plain(table), names.pop(alike[0]))
                    connection.execute(
                        "UPDATE sqlite_master SET type = 'table', name = ?, tbl_name = ?, sql = ? WHERE rowid = ?",
                        values,
                    )
            known = ", ".join(f"'{name}'" for name in schema.metadata.tables)
            connection.execute(f"DELETE FROM sqlite_master WHERE name NOT IN ({known})")
        except UNREADABLE:
            pass  # it is read without this repair, as far as possible


def _plain(table: Table) -> str:
    columns = (f"{column.name} {column.type.compile(sqlite.dialect())}" for column in table.columns)
    return f"CREATE TABLE {table.name} ({', '.join(columns)})"


def _copied(read: Callable[[str], Iterator[dict[str, Any]]], target: Connection) -> Found:
    """Copy each undamaged row of the tables that `read` reads, with the run that it belongs to."""
    kept: set[str] = set()
    lost: set[str] = set()
    older = False
    for values in read("runs"):
        older = "sha256" not in values
        try:
            run = values if all(name in values for name in ADDED) else _as_of_today(values)
            row_of(run)
        except Damaged:
            lost.add(str(values["id"]))
            continue
        if run["id"] not in kept:
            kept.add(run["id"])
            target.execute(insert(schema.runs).values({column.name: run[column.name] for column in schema.runs.c}))
    for table, made in ((schema.metadata.tables[name], made) for name, made in SEALS.items()):
        places: set[tuple[str, int]] = set()
        for values in read(table.name):
            place = values["run_id"], values[list(table.primary_key)[1].name]
            digest = _digest(values, made, older)
            if digest is None:
                continue
            if place[0] not in kept:
                lost.add(place[0])
            elif place not in places:
                places.add(place)
                target.execute(insert(table).values({**values, "sha256": digest}))
    _copy_sweeps(read, target)
    lost = {run_id.removesuffix(ASIDE) for run_id in lost} - kept
    return Found(sum(not run_id.endswith(ASIDE) for run_id in kept), sorted(lost))


def _copy_sweeps(read: Callable[[str], Iterator[dict[str, Any]]], target: Connection) -> None:
    """Copy each undamaged sweep, and the undamaged results of its members. The others are trained again."""
    kept: set[str] = set()
    places: set[tuple[str, int]] = set()
    for values in read("sweeps"):
        if _digest(values, seal_of_sweep, older=False) is not None and values["id"] not in kept:
            kept.add(values["id"])
            target.execute(insert(schema.sweeps).values(values))
    for values in read("members"):
        sound = _digest(values, seal_of_member, older=False) is not None and values["sweep_id"] in kept
        if sound and (place := (values["sweep_id"], values["member"])) not in places:
            places.add(place)
            target.execute(insert(schema.members).values(values))


def _as_of_today(values: dict[str, Any]) -> dict[str, Any]:
    """A row of runs from an earlier version, perhaps one without checksums, with what was added since.

    Raises:
        Damaged: the row can't be as it was written.
    """
    try:
        added = [name for name in ADDED if name not in values]
        if "sha256" in values and values["sha256"] != seal_of_run(values, without=added):
            raise Damaged
        pace = DEFAULT if values["speed"] == DEFAULT_SPEED else CHOSEN
        were = {
            "first": 0,
            "deleted_at": None,
            "marks": "[]",
            "pace": pace,
            "edits": "[]",
            "owner": None,
            "used_at": None,
        }
        values = sealed({**were, **values})
        TrainingConfig.from_mapping(row_of(values).config)
    except (LookupError, TypeError, ValueError, ConfigError):
        raise Damaged from None
    return values


def _digest(values: dict[str, Any], made: Sealer, older: bool) -> str | None:
    """The checksum of a row of snapshots or errors; None if the row is not as it was written. Before runs had
    checksums, these rows had a checksum of the data alone, or none.
    """
    try:
        digest = made(*(value for name, value in values.items() if name not in ("sha256", "data")), values["data"])
        written = values.get("sha256")
        right = written in (None, hashlib.sha256(values["data"]).hexdigest()) if older else written == digest
    except (TypeError, ValueError, AttributeError):
        return None
    return digest if right else None


def _rows_of(copy: Path, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table that can be read, in the order of the file. Others are skipped."""
    place, leap = 0, 1
    with _opened(copy) as connection:
        while leap < 2**40:
            try:
                query = f"SELECT rowid AS rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid"
                for row in connection.execute(query, (place,)):
                    values = dict(row)
                    place, leap = values.pop("rowid"), 1
                    yield values
                return
            except UNREADABLE:
                place, leap = place + leap, 2 * leap


def _scattered_rows_of(copy: Path, name: str) -> Iterator[dict[str, Any]]:
    """The same if the table's pages are not known: all rows that fit the table, from every page that may hold rows."""
    table = schema.metadata.tables[name]
    made = (SEALS | SEALS_OF_SWEEPS).get(name)
    with copy.open("r+b") as file:
        size = int.from_bytes(file.read(HEADER)[16:18], "big")
        count = file.seek(0, os.SEEK_END) // size
        for page in range(2, count + 1):
            file.seek((page - 1) * size)
            if file.read(1) != LEAF:
                continue
            file.seek(0)
            file.write(_first_page(table, page, size, count))
            file.flush()
            with _opened(copy) as connection:
                for values in _readable_rows(connection, name):
                    try:
                        fits = row_of(values) if made is None else _digest(values, made, older=False)
                    except Damaged:
                        continue
                    if fits:
                        yield values


def _first_page(table: Table, root: int, size: int, count: int) -> bytes:
    """The first page of a database with one table. The whole table is on the page `root`."""
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute(_plain(table))
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = ?", (root,))
        page = bytearray(connection.serialize()[:size])
    page[28:32] = count.to_bytes(4, "big")
    return bytes(page)


def _readable_rows(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    try:
        yield from map(dict, connection.execute(f"SELECT * FROM {table}"))
    except UNREADABLE:
        return
