"""The copies of visitors: private runs, which only their owner and the presenter command.

They are bounded in number and in size. One that nobody watches rests, and one that nobody has used for a day is swept
up.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from rnn_core.text import Text

from ..refusals import Refusal
from ..storage.rows import Row
from .live_run import LiveRun

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""Seconds between two looks at all copies."""

REST_SECONDS = 60.0
"""Seconds without a viewer after which a copy stops training."""

HOUR = 3600.0
"""Seconds by which it is remembered when a copy was used."""

SWEEP_SECONDS = 24 * HOUR
"""Seconds after which a copy that nobody uses is swept up."""

RESTS = Text("It rests because nobody has watched it for a minute. Start goes on from here.")


class Caretaker:
    """Lets copies rest, and sweeps them up. `clock` tells seconds since 1970."""

    def __init__(
        self,
        runs: dict[str, LiveRun],
        shelf: dict[str, Row],
        delete: Callable[[str], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look after the runs in memory and those on disk. `delete` sweeps one up."""
        self._runs = runs
        self._shelf = shelf
        self._delete = delete
        self._clock = clock
        self._unwatched: dict[str, float] = {}

    async def work(self) -> None:
        """Look after them until this is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:
                logger.exception("looking after copies failed")

    async def look(self) -> None:
        """Look at every copy once."""
        now = self._clock()
        copies = [run for run in self._runs.values() if run.owner is not None]
        self._unwatched = {run.id: self._unwatched.get(run.id, now) for run in copies if not run.audience.viewers}
        for run in copies:
            in_use = run.id not in self._unwatched or time.monotonic() - run.used_at < REST_SECONDS
            if in_use and now - (run.copy_used_at or 0.0) >= HOUR:
                run.copy_used_at = now
            if not in_use and now - self._unwatched[run.id] >= REST_SECONDS:
                await run.rest(RESTS)
        left = [(run.id, run.copy_used_at) for run in copies if not run.audience.viewers]
        left += [(row.id, row.used_at) for row in self._shelf.values() if row.owner is not None]
        for run_id, used_at in left:
            if now - (used_at or 0.0) >= SWEEP_SECONDS:
                try:
                    await self._delete(run_id)
                except Refusal as refusal:  # the disk can't be written to; it is tried again
                    logger.warning("%s can't be swept up: %s", run_id, refusal.detail)
