"""Knows which runs are in memory and which are only on disk, and moves them between the two."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rnn_core.text import Text

from ..names import MAIN
from ..refusals import Busy, Refusal
from ..run_state import Speed
from ..storage.rows import Row
from .beginnings import Beginning
from .compiler import Compiler
from .cores import Cores
from .keeper import Keeper, ending
from .live_run import LiveRun
from .stored_runs import StoredRuns

MAX_RUNS = 32
"""Maximum number of shared runs in memory."""

MAX_COPIES = 256
"""Maximum number of copies of visitors in memory: one for each of a class of two hundred, watched all the time."""

MAX_STORED = 1000
"""Maximum number of runs in total."""

REST_SECONDS = 10.0
"""Seconds after which a run that does nothing may make room for a new one."""


class Residency:
    """Knows where each run is.

    Attributes:
        runs: the runs in memory, by id.
        shelf: the runs that are only on disk, by id, as they were saved last.
    """

    def __init__(self, cores: Cores, compiler: Compiler, keeper: Keeper, stored: StoredRuns) -> None:
        """Begin without runs. Runs that come into memory are trained by `cores` and stored by `keeper`."""
        self.runs: dict[str, LiveRun] = {}
        self.shelf: dict[str, Row] = {}
        self._cores = cores
        self._compiler = compiler
        self._keeper = keeper
        self._stored = stored
        self._coming_and_going = asyncio.Lock()
        self._fetching = asyncio.Lock()
        self._closing = False

    def __len__(self) -> int:
        """The number of runs."""
        return len(self.runs) + len(self.shelf)

    def __contains__(self, run_id: object) -> bool:
        return run_id in self.runs or run_id in self.shelf

    @asynccontextmanager
    async def moving(self) -> AsyncIterator[None]:
        """Lets one run come or go at a time, and none when the server is about to end."""
        async with self._coming_and_going:
            if self._closing:
                raise ending()
            yield

    def made(
        self,
        run_id: str,
        number: int,
        name: str,
        beginning: Beginning,
        speed: Speed,
        speed_chosen: bool,
        owner: str | None = None,
        used_at: float | None = None,
    ) -> LiveRun:
        """Make a run, but do not add it to `runs` yet."""
        return LiveRun(
            run_id,
            number,
            name,
            beginning,
            speed=speed,
            speed_chosen=speed_chosen,
            owner=owner,
            used_at=used_at,
            cores=self._cores,
            compiler=self._compiler,
            keeper=self._keeper,
        )

    def require_place(self) -> None:
        """Check that one more run is allowed.

        Raises:
            Refusal: `Busy` if there are as many runs as there may be.
        """
        if len(self) >= MAX_STORED:
            raise _full(MAX_STORED)

    def owners(self) -> list[str | None]:
        """The owner of each run."""
        return [*(run.owner for run in self.runs.values()), *(row.owner for row in self.shelf.values())]

    async def make_room(self, *, copies: bool = False, at_once: bool = False) -> None:
        """Make room in memory for another run, if necessary. A run that did nothing for `REST_SECONDS`, or with
        `at_once` any run that does nothing, goes to the shelf. Shared runs and `copies` have a room each, so that
        neither keeps the other out.

        Raises:
            Refusal: `Busy` if no run can make room.
        """
        most = MAX_COPIES if copies else MAX_RUNS
        present = [run for run in self.runs.values() if (run.owner is not None) == copies]
        if len(present) < most:
            return
        latest = time.monotonic() - (0.0 if at_once else REST_SECONDS)
        resting = [run for run in present if run.idle and run.id != MAIN and run.used_at <= latest]
        if not self._keeper.keeps:
            raise _full(most)
        if not resting:
            raise _busy(most)
        run = min(resting, key=lambda run: run.used_at)
        while run.idle and run.pending() is not None:  # its history may grow while it is written
            await self._keeper.save(run)
        if not run.idle:  # it is in use again
            raise _busy(most)
        self.shelf[run.id] = run.row()
        del self.runs[run.id]

    async def fetch(self, run_id: str) -> None:
        """Bring a run from the disk into memory, as it was saved last. Other runs may come and go meanwhile, and this
        one may be deleted.
        """
        async with self._fetching:  # one at a time, because each may take some megabytes
            row = self.shelf.get(run_id)
            if row is None:
                return
            beginning, replay = await self._stored.beginning_of(row, row)
            run = None
            try:
                async with self.moving():
                    if self.shelf.get(run_id) is row:
                        await self.make_room(copies=row.owner is not None, at_once=True)
                        ours = row.speed, row.speed_chosen, row.owner, row.used_at
                        run = self.made(row.id, row.number, row.name, beginning, *ours)
                        self.runs[run_id] = run
                        del self.shelf[run_id]
                        self._stored.recall(run, replay)
            finally:
                if run is None:
                    replay.cancel()

    async def close(self) -> list[LiveRun]:
        """Finish the current move, and let no run come or go any more. Return the runs in memory."""
        self._closing = True
        async with self._coming_and_going:
            return list(self.runs.values())


def _full(number: int) -> Refusal:
    return Busy(
        Text("There are {number} runs already, and there can't be more. Delete one first.", number=number),
        again_in=60,
    )


def _busy(number: int) -> Refusal:
    return Busy(
        Text(
            "{number} runs are in memory, and all of them train, are watched or were in use just now. "
            "Pause one that trains, or try again in a few seconds.",
            number=number,
        ),
        again_in=round(REST_SECONDS),
    )
