"""All sweeps of a server: one is trained at a time, and what is found is stored as it comes."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from rnn_core import ConfigError
from rnn_core.config import shown
from rnn_core.text import Text

from ..languages import say
from ..messages.outgoing import SweepMessage, SweepStatus
from ..names import readable
from ..refusals import Busy, Missing, Refusal
from ..storage.kept_sweeps import KeptSweep
from ..storage.store import Store
from ..sweep_plan import Plan, planned
from .keeper import Keeper
from .sweep import ENDED, Found, State, Sweep, found_of
from .sweep_process import Broken, SweepProcess
from .viewer import Farewell

logger = logging.getLogger(__name__)

MAX_SWEEPS = 32
"""Maximum number of sweeps."""

STORE_SECONDS = 0.2
"""Seconds between two transactions with results: those of fast networks come by the hundred."""

RETRY_SECONDS = 1.0
"""Seconds between two attempts while results can't be stored."""


class Sweeps:
    """Creates, finds, trains and deletes sweeps. They are trained in a process of low priority, one after the other, so
    that live runs stay fluid.

    Attributes:
        viewers: the number of sockets that watch sweeps.
    """

    def __init__(self, keeper: Keeper, engine: str) -> None:
        """Begin without sweeps; `open` fetches those on disk. New ones are trained by `engine`."""
        self.viewers = 0
        self._keeper = keeper
        self._engine = engine
        self._sweeps: dict[str, Sweep] = {}
        self._unread: set[str] = set()
        self._reading = asyncio.Lock()
        self._commands = asyncio.Lock()
        self._turns = count(1)
        self._last_number = 0
        self._wanted = asyncio.Event()
        self._current: tuple[Sweep, SweepProcess] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self) -> None:
        """Find which sweeps are on disk. Those that were running are paused now, as runs are."""
        kept = await self._keeper.call(lambda store: store.sweeps.all()) if self._keeper.keeps else []
        for each in kept:
            self._last_number = max(self._last_number, each.number)
            try:
                sweep = await asyncio.to_thread(_sweep_of, each)
            except (ConfigError, LookupError, TypeError, ValueError) as error:
                logger.error("the sweep %s is left out: %s", each.id, error)
                continue
            self._sweeps[sweep.id] = sweep
            self._unread.add(sweep.id)
        self._task = asyncio.create_task(self._work(), name="train sweeps")

    async def close(self) -> None:
        """Stop when the server ends. What has ended by now is stored."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for sweep in self._sweeps.values():
            sweep.send_away(Farewell.ENDING, Text("The server is shutting down."))

    # Looking up

    def __contains__(self, sweep_id: str) -> bool:
        """Whether there is a sweep with this id."""
        return sweep_id in self._sweeps

    async def get(self, sweep_id: str) -> Sweep:
        """A sweep with its results.

        Raises:
            Refusal: `Missing` if there is none with this id, `Unstored` if its results can't be read.
        """
        sweep = self._sweeps.get(sweep_id)
        if sweep is None:
            raise _unknown(sweep_id)
        if sweep_id in self._unread:
            async with self._reading:
                await self._read(sweep)
        if self._sweeps.get(sweep_id) is not sweep:
            raise _unknown(sweep_id)
        return sweep

    async def _read(self, sweep: Sweep) -> None:
        if sweep.id not in self._unread:
            return
        results = await self._keeper.call(lambda store: store.sweeps.results(sweep.id))
        found = {}
        for member, data in results.items():
            try:
                found[member] = found_of(sweep.plan.configs[member], data)
            except (LookupError, TypeError, ValueError) as error:
                logger.error("member %s of the sweep %s is left out: %s", member, sweep.id, error)
        sweep.take(found)
        if sweep.state == "finished" and sweep.left:  # what was damaged is trained again
            sweep.put("paused", Text("Some results were damaged and are left out. Resume trains these networks again."))
        self._unread.discard(sweep.id)

    async def all(self) -> list[Sweep]:
        """All sweeps with their results, in the order of creation."""
        return [await self.get(sweep_id) for sweep_id in list(self._sweeps)]

    def status(self, sweep: Sweep) -> SweepStatus:
        """Where a sweep stands."""
        return sweep.status(self._first(sweep))

    def news(self, sweep: Sweep, since: int) -> SweepMessage:
        """What has changed in a sweep since a version; everything if that is negative."""
        return sweep.news(since, self._first(sweep))

    def _first(self, sweep: Sweep) -> str | None:
        """The name of the sweep that a running one waits for; None if it waits for none."""
        first = self._next() if sweep.state == "running" else None
        return None if first is None or first is sweep else first.name

    # Commands

    async def create(
        self,
        name: str | None,
        config: Mapping[str, Any],
        vary: Mapping[str, Any],
        seeds: Sequence[Any],
        every: int,
    ) -> Sweep:
        """Create a sweep and begin to train it, or wait for its turn.

        Raises:
            ConfigError: something of it is not allowed; see `planned`.
            Refusal: `Busy` if there are as many as there may be, `Unstored` if it can't be stored.
        """
        async with self._commands:
            if len(self._sweeps) >= MAX_SWEEPS:
                raise Busy(
                    Text("There are {most} sweeps already, and there can't be more. Delete one.", most=MAX_SWEEPS)
                )
            self._keeper.require()
            number = self._last_number + 1
            name = name or readable(say(Text("Sweep {number}", number=number)))

            def made() -> Sweep:
                plan = planned(config, vary, seeds, every, self._engine)
                return Sweep(f"sweep-{number}", number, name, plan, "running", None)

            sweep = await asyncio.to_thread(made)  # thousands of configurations are checked
            await self._save(sweep, room_for=len(sweep.plan.configs))
            self._last_number = number
            self._sweeps[sweep.id] = sweep
            self._let_go(sweep)
            return sweep

    async def rename(self, sweep_id: str, name: str) -> Sweep:
        """Give a sweep another name.

        Raises:
            Refusal: as `get`, and `Unstored` if it can't be stored.
        """
        async with self._commands:
            sweep = await self.get(sweep_id)
            sweep.name = name
            sweep.tell()
            await self._save(sweep)
            return sweep

    async def start(self, sweep_id: str) -> Sweep:
        """Go on with a sweep. One that is finished stays so.

        Raises:
            Refusal: as `rename`.
        """
        async with self._commands:
            sweep = await self.get(sweep_id)
            if sweep.state in ("paused", "failed"):
                self._keeper.require()
                sweep.put("running")
                self._let_go(sweep)
                await self._save(sweep)
            return sweep

    async def pause(self, sweep_id: str) -> Sweep:
        """Stop a sweep for now. Networks under way are trained again later. One that does not run stays as it is.

        Raises:
            Refusal: as `rename`.
        """
        async with self._commands:
            sweep = await self.get(sweep_id)
            if sweep.state == "running":
                sweep.put("paused")
                self._end_training_of(sweep)
                self._tell_waiting()
                await self._save(sweep)
            return sweep

    async def delete(self, sweep_id: str) -> None:
        """Stop a sweep and forget it, with its results.

        Raises:
            Refusal: `Missing` if there is none with this id, `Unstored` if the disk can't be written to.
        """
        async with self._commands:
            sweep = self._sweeps.get(sweep_id)
            if sweep is None:
                raise _unknown(sweep_id)
            if self._keeper.keeps:
                await self._keeper.call(lambda store: store.sweeps.delete(sweep_id))
            del self._sweeps[sweep_id]
            self._unread.discard(sweep_id)
            self._end_training_of(sweep)
            sweep.send_away(Farewell.DELETED, Text("This sweep has been deleted."))
            self._tell_waiting()

    def _let_go(self, sweep: Sweep) -> None:
        sweep.turn = next(self._turns)
        self._wanted.set()

    def _end_training_of(self, sweep: Sweep) -> None:
        if self._current is not None and self._current[0] is sweep:
            self._current[1].end()

    def _tell_waiting(self) -> None:
        """Tell those who watch waiting sweeps: another one may go first now."""
        for sweep in self._sweeps.values():
            if sweep.state == "running":
                sweep.tell()

    async def _save(self, sweep: Sweep, room_for: int = 0) -> None:
        if self._keeper.keeps:
            kept = sweep.kept()
            await self._keeper.call(lambda store: store.sweeps.save(kept, room_for))

    # Training

    def _next(self) -> Sweep | None:
        """The sweep that is trained, or is to be trained next."""
        return min((sweep for sweep in self._sweeps.values() if sweep.state == "running"), key=_turn, default=None)

    async def _work(self) -> None:
        while True:
            sweep = self._next()
            if sweep is None:
                self._wanted.clear()
                await self._wanted.wait()
                continue
            try:
                await self._train(sweep)
            except Exception as error:
                logger.exception("the sweep %s failed", sweep.id)
                sweep.put("failed", Text("The server made a mistake: {error}.", error=str(error)))

    async def _train(self, sweep: Sweep) -> None:
        """Train what is left of a sweep, until all of it has ended or it is stopped."""
        left, plan = sweep.left, sweep.plan
        process = SweepProcess([plan.configs[member] for member in left], plan.every, plan.engine)
        self._current = sweep, process
        reading = asyncio.create_task(self._read_process(sweep, left, process), name=f"read {sweep.id}")
        state: State = "finished"
        detail: Text | None = None
        try:
            await reading
        except Broken as error:
            state, detail = "failed", Text("The process that trains it has ended: {error}", error=str(error))
            logger.error("the sweep %s failed: %s", sweep.id, error)
            stopped = False
        else:
            stopped = process.ended
        finally:
            process.end()
            self._current = None
        if sweep.state == "running" and not stopped and self._sweeps.get(sweep.id) is sweep:
            if state == "finished" and sweep.left:
                state, detail = "failed", Text("The process that trains it has ended before all was done.")
            sweep.put(state, detail)
            self._tell_waiting()
            await self._insist(sweep, lambda store: store.sweeps.save(sweep.kept()))

    async def _read_process(self, sweep: Sweep, left: Sequence[int], process: SweepProcess) -> None:
        """Take over what the process tells. Results count only when they are stored."""
        waiting: dict[int, dict[str, Any]] = {}
        filled = asyncio.Event()

        async def store() -> None:
            while True:
                await filled.wait()
                await asyncio.sleep(STORE_SECONDS)
                filled.clear()
                await self._take(sweep, waiting)

        storing = asyncio.create_task(store(), name=f"store {sweep.id}")
        try:
            async for told_now in process.told():
                sweep.advance(told_now.iterations)
                waiting |= {left[place]: found for place, found in told_now.ended.items()}
                if told_now.ended:
                    filled.set()
        finally:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
            await self._take(sweep, waiting)

    async def _take(self, sweep: Sweep, waiting: dict[int, dict[str, Any]]) -> None:
        """Store results, and take them over. If this is cancelled, they wait on."""
        results = dict(waiting)
        if not results:
            return
        await self._insist(sweep, lambda store: store.sweeps.add(sweep.id, results))
        for member in results:
            waiting.pop(member, None)
        found: dict[int, Found] = {
            member: found_of(sweep.plan.configs[member], data)
            for member, data in results.items()
            if member not in sweep.found
        }
        sweep.take(found)

    async def _insist(self, sweep: Sweep, ask: Callable[[Store], None]) -> None:
        """Write to the database, again and again until it works or the sweep is gone. Meanwhile its status says why."""
        while self._keeper.keeps and self._sweeps.get(sweep.id) is sweep:
            try:
                await self._keeper.call(ask)
            except Refusal as refusal:
                if self._closing:
                    return
                if sweep.detail != refusal.detail:
                    sweep.detail = refusal.detail
                    sweep.tell()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if sweep.state == "running" and sweep.detail is not None:
                    sweep.detail = None
                    sweep.tell()
                return


def _turn(sweep: Sweep) -> int:
    return sweep.turn


def _sweep_of(kept: KeptSweep) -> Sweep:
    """A sweep on disk, without its results.

    Raises:
        ConfigError, LookupError, TypeError, ValueError: this program can't train it.
    """
    plan = Plan(**kept.plan)
    running = kept.state == "running"
    state = "paused" if running else kept.state
    return Sweep(kept.id, kept.number, kept.name, plan, state, ENDED if running else kept.detail)  # type: ignore[arg-type]


def _unknown(sweep_id: str) -> Refusal:
    return Missing(Text("There is no sweep {id}.", id=shown(sweep_id)))
