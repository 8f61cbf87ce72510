"""The process that trains members of a sweep: its beginning, what it says, and its end."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rnn_core import TrainingConfig

from .. import children

COMMAND = children.command(f"{__package__.rpartition('.')[0]}.sweep_child")

LINE = 2**20
"""The most bytes of a line that the process writes. A line has one result, of less than a thousandth of that."""

COMPLAINT = 2000
"""The last characters of its complaints that are kept."""


class Broken(Exception):
    """The process ended before its work was done. The message says why, as far as it is known."""


@dataclass(frozen=True)
class Told:
    """What the process says.

    Attributes:
        iterations: how many were done since it last said something.
        ended: what was found of the members that have ended, by their places in the list that it was given.
    """

    iterations: int
    ended: dict[int, dict[str, Any]]


class SweepProcess:
    """Trains some members, as `app.sweep_child` tells. It may be ended at any time: then nothing more is told.

    Attributes:
        ended: whether it was ended.
    """

    def __init__(self, configs: Sequence[TrainingConfig], every: int, engine: str) -> None:
        """Do not begin yet."""
        configs_as_data = [config.to_dict() for config in configs]
        job = {"configs": configs_as_data, "every": every, "engine": engine, "cores": None}
        self._job = f"{json.dumps(job)}\n".encode()
        self._child: asyncio.subprocess.Process | None = None
        self.ended = False

    def end(self) -> None:
        """End it at once. What is under way is lost."""
        self.ended = True
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.kill()

    async def told(self) -> AsyncIterator[Told]:
        """Begin, and yield what it says, until all members have ended or the process was ended.

        Raises:
            Broken: it ended by itself before that.
        """
        if self.ended:
            return
        self._child = child = await children.begin(*COMMAND, limit=LINE)
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        complaints = asyncio.create_task(_last_of(child.stderr), name="complaints of a sweep")
        try:
            if self.ended:  # while it began
                return
            with suppress(ConnectionError):  # it has ended already: its exit status tells why
                child.stdin.write(self._job)
                await child.stdin.drain()
            while line := await child.stdout.readline():
                told = json.loads(line)
                yield Told(told["done"], {int(place): found for place, found in told["ended"].items()})
            if await child.wait() != 0 and not self.ended:
                words = (await complaints).strip().splitlines()
                raise Broken(words[-1] if words else f"exit status {child.returncode}")
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
            child.stdin.close()
            await child.wait()
            complaints.cancel()


async def _last_of(stream: asyncio.StreamReader) -> str:
    """The end of what a stream says, once it is over."""
    kept = ""
    while data := await stream.read(COMPLAINT):
        kept = (kept + data.decode(errors="replace"))[-COMPLAINT:]
    return kept
