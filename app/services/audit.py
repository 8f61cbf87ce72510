"""The record of who did what: each command that changes a run, with its time, its actor and its result.

The latest lines are in memory. Where runs are stored, they are also in a file of their own beside the database, a line
of JSON each. It is no table of the database: a record should outlive a damaged database, people can read it without a
program, and it takes no room from runs.
"""

import asyncio
import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from ..messages.outgoing import AuditLine
from ..moments import utc
from ..storage.files import replace

logger = logging.getLogger(__name__)

KEPT = 1000
"""The number of lines that are kept."""

MOST_ROWS = 2 * KEPT
"""The number of rows in the file at which it is written anew, with the lines that are kept."""

MOST_BYTES = 4 * 2**20
"""Bytes that are read from the end of the file. It is never so long, unless somebody else wrote into it."""

TOGETHER_SECONDS = 10.0
"""Seconds within which an actor's next command counts as the same line, if it is the same command: a key that is held
down, or a slider that is drawn, makes one line.
"""

WRITE_SECONDS = 0.5
"""Seconds between two writes of the file. The first line after a pause is written at once."""


class Audit:
    """The latest commands, of each actor in the order in which they came.

    If there are too many lines, the oldest one of the actor with the most goes. So what one does in great number
    pushes out nothing of what others did.
    """

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """Begin without lines; `open` reads those of the file. Without a file, they are gone when the server ends."""
        self._file = file
        self._clock = clock
        self._lines: dict[str, deque[AuditLine]] = {}  # by actor
        self._latest_at: dict[str, float] = {}  # when each actor's latest line was last noted
        self._count = 0
        self._number = 0
        self._unwritten: dict[int, AuditLine] = {}
        self._rows = 0
        self._troubled = False
        self._something = asyncio.Event()
        self._ended = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(
        self, actor: str, command: str, run: str | None, status: int, given: Iterable[str] = (), via: str = "http"
    ) -> None:
        """Add a line: somebody gave a command, and this is what came of it.

        Args:
            actor: who it was.
            command: what it was, such as "reset".
            run: the id of the run, or None.
            status: the HTTP status of the answer; a command over the socket has that of the same call.
            given: the names of what came with the command, such as "config".
            via: "http" or "socket".
        """
        now, names = self._clock(), sorted(given)
        result = result_of(status)
        where = "" if run is None else f" {run}"
        logger.info(
            "%s: %s%s %s (%s)",
            *(actor, command, where, result, status),
            extra={
                "event": "command",
                "fields": {
                    "actor": actor,
                    "command": command,
                    "run": run,
                    "result": result,
                    "status": status,
                    "given": names,
                    "via": via,
                },
            },
        )
        its = self._lines.get(actor)
        if its and now < self._latest_at.get(actor, -math.inf) + TOGETHER_SECONDS:
            last = its[-1]
            if (last.command, last.run, last.status, last.given) == (command, run, status, names):
                its[-1] = last.model_copy(update={"times": last.times + 1, "until": utc(now)})
                self._latest_at[actor] = now
                self._write_soon(its[-1])
                return
        self._number += 1
        line = AuditLine(
            number=self._number,
            time=utc(now),
            until=utc(now),
            times=1,
            actor=actor,
            command=command,
            run=run,
            given=names,
            result=result,
            status=status,
        )
        self._add(line)
        self._latest_at[actor] = now
        self._write_soon(line)

    def _add(self, line: AuditLine) -> None:
        self._lines.setdefault(line.actor, deque()).append(line)
        self._count += 1
        if self._count > KEPT:
            longest = max(self._lines.values(), key=len)
            gone = longest.popleft()
            self._unwritten.pop(gone.number, None)
            self._count -= 1
            if not longest:
                del self._lines[gone.actor]
                self._latest_at.pop(gone.actor, None)

    def latest(self, most: int = KEPT) -> list[AuditLine]:
        """The latest lines, the newest first."""
        return self._all()[: -most - 1 : -1]

    def _all(self) -> list[AuditLine]:
        every = [line for its in self._lines.values() for line in its]
        return sorted(every, key=lambda line: (line.until, line.number))

    # The file

    async def open(self) -> None:
        """Read the lines of earlier servers, and write new ones from now on."""
        if self._file is None:
            return
        for line in await asyncio.to_thread(self._read):
            self._add(line)
            self._number = max(self._number, line.number)
        self._writing = asyncio.create_task(self._write_again_and_again(), name="write the audit")

    async def close(self) -> None:
        """Write what is left."""
        self._ended.set()
        self._something.set()
        if self._writing is not None:
            await self._writing
            await self._write()

    def _write_soon(self, line: AuditLine) -> None:
        if self._file is not None:
            self._unwritten[line.number] = line
            self._something.set()

    async def _write_again_and_again(self) -> None:
        while not self._ended.is_set():
            await self._something.wait()
            self._something.clear()
            await self._write()
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._ended.wait()
            except TimeoutError:
                continue

    async def _write(self) -> None:
        """Write the new lines, in a thread. If that fails, they are tried again with the next ones."""
        taken, self._unwritten = self._unwritten, {}
        if not taken:
            return
        anew = self._rows + len(taken) > MOST_ROWS
        lines = self._all() if anew else list(taken.values())
        try:
            await asyncio.to_thread(self._write_anew if anew else self._append, lines)
        except OSError as error:
            self._unwritten = {**taken, **self._unwritten}
            if not self._troubled:
                logger.warning("who did what can't be written to %s: %s", self._file, error.strerror or error)
            self._troubled = True
            self._rows = MOST_ROWS  # a part may have been written
            return
        self._troubled = False
        self._rows = len(lines) if anew else self._rows + len(lines)

    def _read(self) -> list[AuditLine]:
        """The lines in the file, the last state of each, in their order. What can't be read is left out."""
        assert self._file is not None
        try:
            with self._file.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_BYTES))
                rows = file.read().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            logger.warning("who did what can't be read from %s: %s", self._file, error.strerror or error)
            rows = []
        found: dict[int, AuditLine] = {}
        sound = bool(rows) and rows[-1].endswith(b"\n")
        for row in rows:
            try:
                line = AuditLine.model_validate_json(row)
            except ValidationError:
                sound = False
            else:
                found[line.number] = line
        self._rows = len(rows) if sound else MOST_ROWS  # what is damaged is written anew
        return [found[number] for number in sorted(found)][-KEPT:]

    def _append(self, lines: list[AuditLine]) -> None:
        assert self._file is not None
        with open(self._file, "a", encoding="utf-8", newline="\n", opener=_for_its_owner) as file:
            _write_rows(file, lines)

    def _write_anew(self, lines: list[AuditLine]) -> None:
        assert self._file is not None
        new = self._file.with_name(f"{self._file.name}.new")
        with open(new, "w", encoding="utf-8", newline="\n", opener=_for_its_owner) as file:
            _write_rows(file, lines)
        replace(new, self._file)


def result_of(status: int) -> str:
    """What came of a command, in a word: done, refused or failed."""
    if status < 400:
        return "done"
    return "failed" if status == 500 else "refused"


def _write_rows(file: IO[str], lines: Iterable[AuditLine]) -> None:
    file.writelines(f"{line.model_dump_json()}\n" for line in lines)


def _for_its_owner(path: str, flags: int) -> int:
    """Open a file that only its owner may read: it says who was there."""
    return os.open(path, flags, 0o600)
