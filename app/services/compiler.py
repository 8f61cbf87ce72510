"""The engine that trains: compiled in advance, in child processes.

Compiling blocks the interpreter for seconds. So child processes compile into the cache. The server only loads from the
cache, and answers meanwhile. There are two kinds of kernels, which give the same bits. A network's own kernels are
compiled for its exact form. General kernels serve every network with the same cell. They are compiled when nothing more
urgent has to be done. After that, a network of any form begins at once, and changes to its own kernels between two
blocks of iterations when they are ready. A run waits only if there are neither.

The order of compiling: first networks that somebody waits for, then networks that are watched, then by waiting time,
the longest first. What no run in memory and no request needs any more is not compiled. Kernels stay in memory until the
process ends. So at most `MOST_OWN` networks get their own kernels; general kernels serve the others for good.
"""

import asyncio
import json
import logging
import secrets
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from rnn_core import TrainingConfig
from rnn_core.assessment.prediction import Forward
from rnn_core.cells import CELLS
from rnn_core.engines.compiled_engine import form_of, serve_by_general_kernels
from rnn_core.engines.engine import NEEDED, compiled_is_missing
from rnn_core.engines.room import MEGABYTE, too_little_memory
from rnn_core.text import Text

from .. import children
from ..messages.outgoing import EngineStatus
from ..scheduling import NICENESS, lower_priority

logger = logging.getLogger(__name__)

COMMAND = children.command("rnn_core.kernels.calls.warm")

URGENT = 2
"""Niceness of a compiling process that a run waits for."""

IDLE_PATIENCE = 30.0
"""Seconds for which a process that nobody waits for gets only idle processor time."""

HEAD_START = 1.0
"""If a network's own kernels are not loaded after these seconds, its cell's general kernels are fetched."""

LOADING = 5.0
"""Seconds for which a process may look for general kernels in the cache before it gets a low priority."""

IDLE = 5.0
"""Seconds without compiling after which the general kernels of all cells are fetched, or compiled."""

LOADED = 64 * MEGABYTE
"""Maximum bytes that loading kernels takes, with room for other work."""

MOST_OWN = 40
"""Maximum number of networks with their own kernels: each takes two or three megabytes, which can't be freed."""

LOOK_SECONDS = 0.5
"""Seconds between two checks whether what is being compiled is still needed."""

EFFORT = {"elman": 1.0, "gru": 1.5, "lstm": 1.8}
"""Relative time to compile a cell's kernels."""

EngineName = Literal["compiled", "numpy"]
Kernels = Literal["own", "general"]


@dataclass(frozen=True)
class Need:
    """A network that needs kernels.

    Attributes:
        config: the network's configuration.
        waits: whether somebody waits for it to be trained.
        watched: whether somebody watches it.
    """

    config: TrainingConfig
    waits: bool
    watched: bool


@dataclass(eq=False)
class Form:
    """All networks that share kernels, and the state of these kernels.

    Attributes:
        config: the configuration of one of these networks.
        ready: the engine to train them with, once there is one.
        settled: set once nothing more is to come.
        begun_at: when it was first asked for.
        requests: how many requests wait for it.
        since: when the compiling of its own kernels began; None before that.
        kernels: the kind that serves it now.
        trouble: why it has no better kernels.
        forward: the compiled network for predictions, or None.
    """

    config: TrainingConfig
    ready: "asyncio.Future[EngineName]"
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    begun_at: float = 0.0
    requests: int = 0
    since: float | None = None
    kernels: Kernels | None = None
    trouble: Text | None = None
    forward: Forward | None = None

    @property
    def waits(self) -> bool:
        """Whether no engine can train it yet."""
        return not self.ready.done()

    def serve(self, kernels: Kernels, forward: Forward | None) -> None:
        """Use these kernels from now on."""
        serve_by_general_kernels(self.config, kernels == "general")
        self.kernels, self.forward = kernels, forward
        if self.waits:
            self.ready.set_result("compiled")


class Compiler:
    """Prepares the engine for one form of network after the other. Forms that a run waits for come first.

    Attributes:
        default: the engine that runs begin with. A run whose kernels can't be compiled goes on with numpy.
    """

    def __init__(self, engine: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Choose the engine: the named one, or the fastest available."""
        missing = None if engine == "numpy" else compiled_is_missing()
        self.default: EngineName = "numpy" if engine == "numpy" or missing else "compiled"
        self._missing = (
            Text("{missing}, so the numpy engine computes, a hundred times slower.", missing=missing)
            if missing
            else None
        )
        self._clock = clock
        self._forms: dict[tuple[object, ...], Form] = {}
        self._general: dict[str, asyncio.Task[bool]] = {}
        self._one_in_advance = asyncio.Lock()
        self._seconds: dict[str, float] = {}
        self._worker: asyncio.Task[None] | None = None
        self._helpers: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()
        self._needs: Callable[[], Iterable[Need]] | None = None

    # Questions and requests

    def watch(self, needs: Callable[[], Iterable[Need]]) -> None:
        """From now on compile only what is needed: what `needs` returns, what requests wait for, and the default."""
        self._needs = needs

    def prepare(self, config: TrainingConfig) -> "asyncio.Future[EngineName]":
        """The engine to train `config` with, once it is ready. It never fails: numpy is always available."""
        form = self._forms.get(form_of(config))
        if form is None:
            form = Form(config, asyncio.get_running_loop().create_future(), begun_at=self._clock())
            self._forms[form_of(config)] = form
            if self.default == "numpy":
                form.ready.set_result("numpy")
                form.settled.set()
            else:
                self._begin(form)
        return form.ready

    async def engine(self, config: TrainingConfig) -> EngineName:
        """The engine to train `config` with, once it is ready, for a request that waits for it."""
        self.prepare(config)
        form = self._forms[form_of(config)]
        form.requests += 1
        try:
            return await asyncio.shield(form.ready)
        finally:
            form.requests -= 1

    async def settle(self, config: TrainingConfig) -> None:
        """Wait until `config` has the best kernels that it will get."""
        self.prepare(config)
        await self._forms[form_of(config)].settled.wait()

    def ready(self, config: TrainingConfig) -> EngineName | None:
        """The engine that trains `config` if it is ready now; None if it has to be prepared first."""
        form = self._forms.get(form_of(config))
        done = form is not None and form.ready.done() and not form.ready.cancelled()
        return form.ready.result() if form is not None and done else None

    def forward(self, config: TrainingConfig) -> Forward | None:
        """The compiled network for predictions; None if it is not loaded."""
        form = self._forms.get(form_of(config))
        return None if form is None else form.forward

    def status(self, config: TrainingConfig | None = None) -> EngineStatus:
        """Which engine computes, and whether it is still being compiled: for `config`, or for all networks."""
        queue = self._queue()
        if config is None:
            forms = list(self._forms.values())
        else:
            forms = [form for key, form in self._forms.items() if key == form_of(config)]
        unsettled = [form for form in queue if form in forms]
        if unsettled:
            first = next((form for form in unsettled if form.waits), unsettled[0])
            return self._unsettled(first, queue.index(first))
        if self._missing is not None:
            return EngineStatus(name="numpy", state="fallback", detail=self._missing)
        for form in forms:
            if form.trouble is not None:
                name = self.default if form.kernels else "numpy"
                return EngineStatus(name=name, state="fallback", detail=form.trouble, kernels=form.kernels)
        return EngineStatus(
            name=self.default, state="ready", detail=None, kernels=forms[0].kernels if config and forms else None
        )

    def _unsettled(self, form: Form, ahead: int) -> EngineStatus:
        """The status of a form whose own kernels are not ready yet; `ahead` forms come before it."""
        if form.waits:
            detail = Text("This network waits for its engine, which is being compiled: once for each form of network.")
        else:
            detail = Text(
                "A general engine computes, with the same numbers, until this network's own, faster one is compiled."
            )
        return EngineStatus(
            name=self.default,
            state="compiling",
            detail=detail,
            kernels=form.kernels,
            waiting=form.waits,
            ahead=ahead,
            seconds=None if form.since is None else self._clock() - form.since,
            expected=self._expected(form.config.cell),
        )

    def _expected(self, cell: str) -> float | None:
        """Expected seconds of compiling here: as the last time for this cell, else estimated from other cells."""
        if cell in self._seconds:
            return self._seconds[cell]
        rates = [seconds / EFFORT[other] for other, seconds in self._seconds.items()]
        return EFFORT[cell] * sum(rates) / len(rates) if rates else None

    # A network's own kernels

    def _needed(self) -> dict[tuple[object, ...], Need]:
        """All needs, by form."""
        if self._needs is None:
            return {key: Need(form.config, waits=True, watched=False) for key, form in self._forms.items()}
        found: dict[tuple[object, ...], Need] = {}
        requested = [Need(form.config, waits=True, watched=True) for form in self._forms.values() if form.requests]
        for need in (Need(TrainingConfig(), waits=False, watched=False), *requested, *self._needs()):
            key = form_of(need.config)
            other = found.get(key, need)
            found[key] = Need(need.config, need.waits or other.waits, need.watched or other.watched)
        return found

    def _queue(self) -> list[Form]:
        """Forms whose own kernels are not compiled yet, with the one being compiled; the most urgent first. Forms that
        nobody needs any more are forgotten.
        """
        needed = self._needed()
        queue: list[tuple[tuple[bool, bool, bool, float], Form]] = []
        for key, form in list(self._forms.items()):
            need = needed.get(key)
            if form.settled.is_set():
                continue
            if need is not None:
                waits = form.waits and need.waits
                queue.append(((form.since is None, not waits, not need.watched, form.begun_at), form))
            elif form.since is None:
                self._forget(key, form)
        return [form for _, form in sorted(queue, key=lambda each: each[0])]

    def _forget(self, key: tuple[object, ...], form: Form) -> None:
        """Compile nothing for a form that nobody needs. If general kernels serve it, they still do."""
        del self._forms[key]
        form.ready.cancel()
        form.settled.set()

    def _begin(self, form: Form) -> None:
        if not self._helpers:
            self._help(self._in_advance())
        self._help(self._bridge(form))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="compile")

    async def _work(self) -> None:
        """Compile one form after the other, until there is nothing left to do."""
        while queue := self._queue():
            form = queue[0]
            form.since = self._clock()
            try:
                owners = sum(each.kernels == "own" for each in self._forms.values())
                if owners >= MOST_OWN and await self._serve_by_general(form):
                    form.settled.set()
                    continue
                compiled = await self._compile_while_needed(form)
                if compiled is None:
                    form.since = None
                    continue
                seconds = self._clock() - form.since
                form.serve("own", await asyncio.to_thread(_load, form.config))
                if compiled:  # the next form of this cell will probably not be in the cache either
                    self._seconds[form.config.cell] = seconds
                    self._general_of(form.config.cell)
            except Exception:
                await self._do_without(form)
            form.settled.set()

    async def _compile_while_needed(self, form: Form) -> int | None:
        """What `_compile` returns; None if nobody needs the form any more: then the process was ended."""
        task = asyncio.create_task(self._compile(form.config, lambda: form.waits))
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LOOK_SECONDS)
                if not task.done() and form_of(form.config) not in self._needed():
                    return None
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _do_without(self, form: Form) -> None:
        """Go on with general kernels or numpy, since a network's own kernels could not be compiled."""
        log_id = secrets.token_hex(4)
        _complain("%s: the engine could not be compiled for %s", log_id, form.config)
        if await self._serve_by_general(form):
            form.trouble = Text(
                "This network's own engine could not be compiled, so a general one computes, with the same numbers but "
                "slower; the server's log tells more under {log_id}.",
                log_id=log_id,
            )
            return
        form.trouble = Text(
            "The engine could not be compiled, so the numpy engine computes, a hundred times slower; "
            "the server's log tells more under {log_id}.",
            log_id=log_id,
        )
        if form.waits:
            form.ready.set_result("numpy")

    # General kernels

    async def _bridge(self, form: Form) -> None:
        """Let general kernels train a form until its own are ready, unless its own are ready at once."""
        general = self._general.get(form.config.cell)
        if general is None or not general.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(HEAD_START):
                    await form.settled.wait()
        if not form.settled.is_set():
            await self._serve_by_general(form)

    async def _serve_by_general(self, form: Form) -> bool:
        """Let general kernels train a form that has no kernels yet. Return whether it has kernels now."""
        if form.kernels is None and await asyncio.shield(self._general_of(form.config.cell)):
            try:
                forward = await asyncio.to_thread(_load, form.config, True)
            except Exception:
                _complain("general kernels could not be loaded for %s", form.config)
                return False
            if form.kernels is None:  # its own may be ready by now
                form.serve("general", forward)
        return form.kernels is not None

    async def _in_advance(self) -> None:
        """When there is nothing else to do, prepare general kernels for every cell."""
        quiet = False
        while not quiet:
            await asyncio.sleep(IDLE)
            quiet = not self._queue()
        for cell in CELLS:
            await asyncio.shield(self._general_of(cell))

    def _general_of(self, cell: str) -> "asyncio.Task[bool]":
        """The task that loads the general kernels of a cell; its result is whether that worked."""
        if cell not in self._general:
            self._general[cell] = asyncio.create_task(self._make_general(cell), name=f"compile for every {cell}")
        return self._general[cell]

    async def _make_general(self, cell: str) -> bool:
        config = TrainingConfig(cell=cell)
        try:
            async with self._one_in_advance:
                began = self._clock()

                def urgent() -> bool:
                    # After this time the kernels are not loaded but compiled: that must not delay what is urgent.
                    loading = self._clock() - began < LOADING
                    return loading and any(form.waits for form in self._forms.values() if form.config.cell == cell)

                await self._compile(config, urgent, general=True)
            await asyncio.to_thread(_load, config, True)
        except Exception:
            _complain("the general kernels of %s could not be compiled", cell)
            return False
        return True

    # Processes

    async def _compile(self, config: TrainingConfig, urgent: Callable[[], bool], general: bool = False) -> int:
        """Compile into the cache. As long as it is urgent, it goes before training. Then `general` kernels, which serve
        many networks, are compiled beside training. A network's own kernels get idle processor time; if that is too
        little, they are compiled beside training in the end.

        Returns:
            How many kernels had to be compiled.
        """

        async def as_urgent(process: int) -> None:
            lower_priority(process, URGENT)
            while urgent():
                await asyncio.sleep(LOOK_SECONDS)
            lower_priority(process, NICENESS if general else None)
            if not general:
                limit.reschedule(asyncio.get_running_loop().time() + IDLE_PATIENCE)

        async def as_training(process: int) -> None:
            lower_priority(process)

        try:
            async with asyncio.timeout(None) as limit:
                return await self._compile_in_child(config, general, as_urgent)
        except TimeoutError:  # a priority can't be raised, so start again; finished kernels are in the cache
            return await self._compile_in_child(config, general, as_training)

    async def _compile_in_child(
        self, config: TrainingConfig, general: bool, prioritize: Callable[[int], Coroutine[None, None, None]]
    ) -> int:
        """Compile into the cache, in a child process. `prioritize` sets its priority.

        Returns:
            How many kernels had to be compiled.
        """
        child = await children.begin(*COMMAND, *(["--general"] if general else []))
        priority = asyncio.create_task(prioritize(child.pid))
        try:
            said, complaint = await child.communicate(json.dumps(config.to_dict()).encode())
        finally:
            priority.cancel()
            if child.returncode is None:
                child.kill()
                await child.wait()
        complaints = complaint.decode(errors="replace")
        if child.returncode != 0:
            raise Uncompiled(_why(child.returncode, complaints[-2000:]))
        for sentence in dict.fromkeys(complaints.splitlines()):
            if sentence not in self._told:
                self._told.add(sentence)
                logger.warning(sentence)
        return int(said)

    def _help(self, work: "asyncio._CoroutineLike[None]") -> None:
        helper = asyncio.create_task(work)
        self._helpers.add(helper)
        helper.add_done_callback(self._helpers.discard)

    async def close(self) -> None:
        """Stop compiling when the server ends."""
        tasks = [*self._helpers, *self._general.values(), *filter(None, (self._worker,))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for form in self._forms.values():
            form.ready.cancel()
            form.settled.set()
            serve_by_general_kernels(form.config, False)


class Uncompiled(RuntimeError):
    """Kernels could not be compiled or loaded; says why, in words."""


def _why(status: int | None, complaint: str) -> str:
    """Why a compiling process failed, from its exit status and its last output."""
    if status is not None and status < 0:
        name = signal.Signals(-status).name
        return f"the compiling process was ended by {name}, as where there is too little memory. {complaint}".strip()
    return complaint.strip() or f"the compiling process ended with {status}"


def _complain(sentence: str, *values: object) -> None:
    """Log that the current exception made kernels unavailable: `Uncompiled` in its own words, others with a trace."""
    error = sys.exception()
    if isinstance(error, Uncompiled):
        logger.error(f"{sentence}: %s", *values, error)
    else:
        logger.error(sentence, *values, exc_info=error)


def _load(config: TrainingConfig, general: bool = False) -> Forward:
    """Load what the child process compiled from the cache into this process.

    Raises:
        Uncompiled: there is too little memory; loading would end this process.
    """
    missing = too_little_memory(LOADED if "numba" in sys.modules else NEEDED)
    if missing is not None:
        raise Uncompiled(missing)
    from rnn_core.kernels.calls.warm import warm  # noqa: PLC0415 (imports Numba, which is why this runs in a thread)

    return warm(config, general)
