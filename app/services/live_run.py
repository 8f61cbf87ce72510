"""A run that lives on the server: its commands, its training in the background, and those who watch it."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Literal

from app.frames import MAX_ERRORS, encode_frame
from app.languages import say, told
from app.messages import Accuracy, RunStatus, State, StatusMessage, newest
from app.names import name_of
from app.problems import Problem
from app.services.accuracies import Accuracies
from app.services.audience import Audience
from app.services.backlog import Pending
from app.services.compiler import Compiler
from app.services.cores import Cores, Share
from app.services.error_series import ErrorSeries
from app.services.history import History, Point, Weights, advance, entries
from app.services.keeper import Keeper, ending
from app.services.keyframes import Keyframes
from app.services.pacer import Pacer
from app.services.past import Past
from app.services.rate_meter import RateMeter
from app.services.travel import Travel
from app.services.viewer import Viewer
from app.storage.rows import Row
from app.storage.store import UNDO_SECONDS
from rnn_core import Prediction, Trainer, TrainingConfig
from rnn_core.accuracy import sample_of
from rnn_core.config import MAX_RECORDED, checked_learning_rate
from rnn_core.prediction import predict
from rnn_core.provenance import provenance
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, in_a_row

logger = logging.getLogger(__name__)

STOPPED = Text("The server was stopped while this run was training. Start goes on from here.")

DELETED = Text("This run was deleted while it was training. Start goes on from here.")

Worked = tuple[int, Snapshot, list[tuple[int, Weights]], float]
"""What became of a slice of training; see `_work`."""

STATES: dict[State, Text] = {
    "ready": Text("ready"),
    "running": Text("running"),
    "paused": Text("paused"),
    "finished": Text("finished"),
    "diverged": Text("diverged"),
    "failed": Text("failed"),
}
"""For people."""

ROOM_SECONDS = 1.0
"""Between two looks whether there is room for errors again."""

DELETION = 1008
"""The code that viewers of a run are closed with when it is deleted."""


class LiveRun:
    """One run. All methods run on the event loop; only `_work` runs in the trainers' threads.

    Between slices of training the run takes over an immutable snapshot; predictions, frames and checkpoints read that
    and nothing else. Commands are taken one at a time.

    Attributes:
        id: as in its address.
        name: as people call it.
        state: as in the table of the design.
        detail: why it stopped, or None.
        generation: counts resets.
        number: the order of creation.
        snapshot: where it stands.
        errors: of all iterations of this generation.
        keyframes: moments from which the past is computed again.
        backlog: what is not on disk yet.
        history: how its accuracy came about.
        audience: who watches.
        travel: goes back to any moment of it.
        aside: without storage, what it was before its last reset, as long as that can be undone.
    """

    def __init__(
        self,
        run_id: str,
        number: int,
        name: str,
        past: Past,
        *,
        speed: float | None,
        cores: Cores,
        compiler: Compiler,
        keeper: Keeper,
    ) -> None:
        self.id = run_id
        self.number = number
        self.name = name_of(run_id, name)
        self.state: State = past.state
        self.detail = past.detail
        self.generation = past.generation
        self.used_at = time.monotonic()
        self.audience = Audience(self._status_message, self._frame)
        self._cores = cores
        self._share = Share()
        self._compiler = compiler
        self._keeper = keeper
        self._pacer = Pacer(speed)
        self._meter = RateMeter()
        self._commands = asyncio.Lock()
        self._loop_task: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._steps_to_come: set[asyncio.Future[None]] = set()
        self._queued: Future[Worked] | None = None
        self._halting = False
        self._suspended = False
        self._gone: Callable[[], Problem] | None = None
        self._wake = asyncio.Event()
        self.aside: Past | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self._turning = False
        self._begin(past)
        self.travel = Travel(self, cores.jobs, compiler, keeper)

    def _begin(self, past: Past) -> None:
        self._trainer = Trainer.restore(past.snapshot, self._compiler.default)
        self.snapshot: Snapshot = past.snapshot
        self.errors = past.errors
        self.keyframes = past.keyframes
        self.backlog = past.backlog
        self._error = past.error
        there = partial(self._expect, past.keyframes)
        self._accuracies = Accuracies(self.id, self.generation, self._cores.jobs, self._compiler, there)
        self.history = History(past.accuracies, past.keyframes.first, past.snapshot)
        self.audience.shown = past.snapshot.iteration

    # What is asked of a run

    @property
    def speed(self) -> float | None:
        """Iterations a second while running; None is unlimited."""
        return self._pacer.speed

    def status(self) -> RunStatus:
        """Where the run stands."""
        snapshot = self.snapshot
        return RunStatus.model_construct(
            id=self.id,
            name=told(self.name),
            state=self.state,
            generation=self.generation,
            iteration=snapshot.iteration,
            config=snapshot.config.to_dict(),
            **newest(snapshot.changes),
            learning_rate=snapshot.learning_rate,
            speed=self.speed,
            error=self._error if snapshot.trace is None else snapshot.trace.error,
            iterations_per_second=self._rate(),
            viewers=len(self.audience.viewers),
            detail=self.detail and say(self.detail),
        )

    def predict(
        self, a: int | None, b: int | None = None, c: int | None = None, *, moment: Snapshot | None = None
    ) -> Prediction:
        """What the network answers now, or answered at an earlier moment.

        Raises:
            OperandError: these are no problem of the run's task.
        """
        moment = moment or self.snapshot
        return predict(moment.config, moment.parameters, a, b, c, forward=self._compiler.forward(moment.config))

    async def accuracy(self, iteration: int | None = None) -> Accuracy:
        """How much of its task the network gets right, over all problems: now, computed once an iteration, or when so
        many iterations were done.

        Raises:
            Problem: as `Travel.look`.
        """
        accuracies, history = self._accuracies, self.history  # of this generation, whatever happens meanwhile
        sample = sample_of(self.snapshot.config)
        if iteration is None:
            found = await accuracies.now(self.snapshot, self.state == "running")
        else:
            look = await self.travel.look(iteration)
            found = await accuracies.at(look.snapshot)
            found = found.model_copy(update={"parting": look.parting()})
        pending = self.pending_accuracies if history is self.history else 0
        known = {"history": entries(history.points), "history_sample": sample, "pending": pending}
        return found.model_copy(update=known)

    @property
    def accuracies(self) -> tuple[Point, ...]:
        """(iteration, accuracy) of the scheduled moments so far, in order, as far as they were looked at."""
        return self.history.points

    @property
    def pending_accuracies(self) -> int:
        """How many of them will be looked at soon: none while the engine that would do so is not asked for."""
        return self.history.pending(self.snapshot) if self._compiler.ready(self.snapshot.config) else 0

    async def keyframe(self, iteration: int) -> Snapshot | None:
        """As `Travel.keyframe`."""
        return await self.travel.keyframe(iteration)

    @property
    def idle(self) -> bool:
        """Whether it does nothing and nobody watches."""
        busy = self.state == "running" or self._suspended or self._commands.locked()
        return not busy and not self.audience.viewers

    def _rate(self) -> float:
        if self.state != "running":
            return 0.0
        rate = self._meter.rate(time.monotonic())
        # Right after a start there is little to measure; but no run is faster than it is told to be.
        return round(rate if self.speed is None else min(rate, self.speed), 1)

    # Commands

    async def start(self) -> bool:
        """Train on, until paused, finished or diverged; whether that is a change.

        Raises:
            Problem: 409 where there is nothing left to train.
        """
        async with self._command():
            if self.state == "running":
                return False
            if self.state not in ("ready", "paused"):
                raise self._conflict("start")
            self._keeper.require()
            self._give_up_steps()
            self._suspended = False
            self._run()
        await self._keeper.save(self)
        return True

    async def pause(self) -> bool:
        """Stop training after the slice under way; whether anything ran."""
        self._give_up_steps()
        async with self._command():
            was_suspended = self._suspended
            if was_suspended:  # what was to bring it back no longer will
                self._suspended, self.detail = False, None
                self.audience.announce()
            rested = await self._rest(None)
        with suppress(Problem):  # it rests, whatever the disk says
            await self._keeper.save(self)
        return rested or was_suspended

    async def step(self, iterations: int) -> None:
        """Do that many iterations, or as many as are left, at full speed.

        Raises:
            Problem: 409 where the run is running or there is nothing left to train, 507 where the disk is full.
        """
        await self._engine_for_a_step()
        async with self._command():
            self._require_rest()
            self._suspended, self.detail = False, None
            target = self.snapshot.iteration + iterations
            pacer, refused = Pacer(None), None
            try:
                await self._ready_the_engine()
                while self.state in ("ready", "paused") and self.snapshot.iteration < target and self._may_go_on():
                    self.audience.publish_if_due(self.snapshot.iteration)
                    await self._slice(pacer, target - self.snapshot.iteration)
            except Problem as problem:
                self.detail, refused = problem.detail, problem
            except Exception as error:
                self._fail(error)
            if self.state == "ready":
                self.state = "paused"  # not before: frames of a state come after its status
            if self.state != "paused":
                self._keep_moment()
            self.audience.announce()
            self.audience.publish(self.snapshot.iteration)
        await self._keeper.save(self)
        if refused is not None:
            raise refused

    @property
    def waits_for_engine(self) -> bool:
        """Whether nothing can train it yet."""
        return not self._compiler.prepare(self.snapshot.config).done()

    def _require_rest(self) -> None:
        if self.state not in ("ready", "paused"):
            raise self._conflict("step")
        self._keeper.require()

    async def _engine_for_a_step(self) -> None:
        """Wait until the engine is compiled, without a hold on the run: who commands something else is obeyed at once.

        Raises:
            Problem: 409 where somebody did, as where the run can't step; 404 where it was deleted.
        """
        self.check()
        self._require_rest()
        engine = self._compiler.prepare(self.snapshot.config)
        if engine.done():
            return
        given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._steps_to_come.add(given_up)
        try:
            waits: set[asyncio.Future[Any]] = {engine, given_up}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._steps_to_come.discard(given_up)
        self.check()
        if given_up.done():
            detail = Text(
                "{name} was told something else before its engine was ready, so this step is not done.", name=self.name
            )
            raise Problem(HTTPStatus.CONFLICT, detail)

    def _give_up_steps(self) -> None:
        """Let no step go on that waits for the engine."""
        for given_up in self._steps_to_come:
            if not given_up.done():
                given_up.set_result(None)

    async def reset(self, changes: dict[str, Any] | None) -> None:
        """Begin anew, with the run's own config or with `changes` merged onto the default.

        Raises:
            ConfigError: the config is refused; the run goes on as it was.
        """
        config = None if changes is None else TrainingConfig.from_mapping(changes)
        async with self._command():
            self._keeper.require()
            self._give_up_steps()
            await self._halt()
            await self._put_aside()
            fresh = Past.fresh(config or self.snapshot.config, self._compiler.default)
            fresh.backlog.put_aside = True
            self._turn_into(fresh)
        await self._keeper.save(self)

    async def undo_reset(self, stored: Callable[[], Awaitable[Past | None]]) -> None:
        """Be again what it was before its last reset, as of a new generation.

        Args:
            stored: where runs are stored: finds what it was and makes it the run's own on the disk, as of the next
                generation; gives None where there is nothing.

        Raises:
            Problem: 409 where it has gone on since, or there is nothing to undo; 507 where the disk says no.
        """
        async with self._command():
            self._keeper.require()
            if not self.generation:
                raise self._nothing_to_undo()
            if not self.unspoilt:
                detail = Text("{name} has gone on since, so its last reset can't be undone any more.", name=self.name)
                raise Problem(HTTPStatus.CONFLICT, detail)
            await self._keeper.save(self)
            self._turning = True  # on the disk it is another already, before it is here
            try:
                past = await stored() if self._keeper.keeps else self.aside
                if past is None:
                    raise self._nothing_to_undo()
                self._forget_aside()
                self._turn_into(past)
            finally:
                self._turning = False
        await self._keeper.save(self)

    def _nothing_to_undo(self) -> Problem:
        detail = Text("{name} was not reset within the last hour: there is nothing to undo.", name=self.name)
        return Problem(HTTPStatus.CONFLICT, detail)

    @property
    def unspoilt(self) -> bool:
        """Whether nothing was trained since it was made or reset."""
        return self.state != "running" and self.snapshot.iteration == 0

    async def _put_aside(self) -> None:
        """Keep what it is, halted, for whoever wants the reset undone that comes next.

        Raises:
            Problem: 507 where the disk says no; the run goes on as it was.
        """
        running = self.state == "running"
        if running:
            self.state = "paused"
            self._keep_moment()
            self.audience.announce()  # where it stands: those who watch know of an earlier iteration
        try:
            await self._keeper.save(self)
        except Problem:
            if running:
                self._run()
            raise
        # Of a run that has done nothing since its last reset, what was there before that one stays.
        if not self._keeper.keeps and (self.snapshot.iteration > 0 or self.aside is None):
            self._forget_aside()
            self.aside = Past(
                self.snapshot,
                self.errors,
                self.keyframes,
                self.backlog,
                state=self.state,
                detail=self.detail,
                error=self._error if self.snapshot.trace is None else self.snapshot.trace.error,
                accuracies=self.accuracies,
            )
            self._forgetting = asyncio.get_running_loop().call_later(UNDO_SECONDS, self._forget_aside)

    def _forget_aside(self) -> None:
        """Let go of what it was before its last reset."""
        self.aside = None
        if self._forgetting is not None:
            self._forgetting.cancel()

    def _turn_into(self, past: Past) -> None:
        """Stand where this past ends, as of a new generation, and say so."""
        self.generation += 1
        self._suspended = False
        self._begin(past)
        self._pacer = Pacer(self.speed)
        self.state, self.detail = past.state, past.detail
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)

    async def change(self, values: dict[str, Any]) -> bool:
        """Change `name`, `speed` or `learning_rate`, of which only those given; whether any of it is a change. Of what
        is so already nobody is told, and nothing is written.

        Raises:
            ConfigError: the learning rate is refused; nothing was changed.
            Problem: 409 where it has changed as often as it may; nothing was changed.
        """
        if "learning_rate" in values:
            checked_learning_rate(values["learning_rate"])
        async with self._command():
            name = name_of(self.id, values["name"]) if "name" in values else self.name
            speed = values.get("speed", self.speed)
            rate = values.get("learning_rate")
            if (name, speed) == (self.name, self.speed) and (rate is None or not self._may_change(rate)):
                return False
            self._keeper.require()
            changed = rate is not None and self._may_change(rate) and await self._change_learning_rate(rate)
            if speed != self.speed:
                self._pacer.set_speed(speed, time.monotonic())
                self._wake.set()
            elif name == self.name and not changed:
                return False
            self.name = name
            self.audience.announce()
        await self._keeper.save(self)
        return True

    def _may_change(self, rate: float) -> bool:
        """Whether training would go on differently with this learning rate. Where changes are planned, the slice under
        way may make one.
        """
        here = self.snapshot
        planned = self.state == "running" and any(at > here.iteration for at, _ in here.changes)
        return rate != here.learning_rate or planned

    async def _change_learning_rate(self, rate: float) -> bool:
        """Train on with another learning rate; whether it is another.

        Raises:
            Problem: 409 where it has changed as often as it may; the run goes on as it was.
        """
        await self._halt()
        try:
            trainer, before = self._trainer, self._trainer.changes
            if rate != trainer.learning_rate and sum(at < trainer.iteration for at, _ in before) >= MAX_RECORDED:
                raise too_many_changes(self.name)
            trainer.set_learning_rate(rate)
            self.snapshot = trainer.snapshot()
            return trainer.changes != before
        finally:
            if self.state == "running":
                self._launch()

    async def recall(self, snapshot: Snapshot) -> None:
        """Take over the trace of where it stands, which was computed again meanwhile, unless it went on since."""
        before = self.snapshot
        async with self._commands:
            here = before.trace is None and before.iteration == snapshot.iteration
            if here and self.snapshot is before and self.state != "running":
                self.snapshot = replace(before, trace=snapshot.trace)
                self._trainer = Trainer.restore(self.snapshot, self._trainer.engine)
                self.audience.publish(before.iteration)

    async def suspend(self, reason: str) -> None:
        """Stop training, for a reason that will pass, until `recover`."""
        if self.state != "running":
            return  # without a wait for the end of a long step
        async with self._commands:
            if self.state == "running" and self._gone is None:
                self._suspended = await self._rest(reason)

    async def recover(self) -> None:
        """Train on where `suspend` stopped it, unless somebody did something else meanwhile."""
        if not self._suspended:
            return
        async with self._commands:
            if self._suspended and self.state == "paused" and self._gone is None:
                self._run()
            self._suspended = False

    async def _await_room(self, errors: ErrorSeries) -> None:
        """Train on once the errors can be written again, unless somebody did something else meanwhile."""
        room = False
        while not room:
            await asyncio.sleep(ROOM_SECONDS)
            async with self._commands:
                if not self._suspended or self.errors is not errors or self._gone is not None:
                    return
                room = self._keeper.trouble is None and await asyncio.to_thread(errors.has_room)
        await self.recover()

    async def shut_down(self, code: int, reason: str) -> None:
        """Stop for good, in any state, and close the viewers, with 1008 where it has been deleted."""
        if code == DELETION:
            detail, self._gone = DELETED, self._deleted
        else:
            detail, self._gone = STOPPED, ending
        self._give_up_steps()
        self._wake.set()  # this and the above end a step under way
        if self._waiting is not None:
            self._waiting.cancel()
        async with self._commands:
            if self._suspended:
                self._suspended, self.detail = False, detail
            await self._rest(detail)
            self._keep_moment()
            self._forget_aside()
            self.audience.close(code, reason)

    def _deleted(self) -> Problem:
        return Problem(HTTPStatus.NOT_FOUND, Text("{name} has been deleted.", name=self.name))

    def _may_go_on(self) -> bool:
        return self._gone is None and self._keeper.trouble is None

    @asynccontextmanager
    async def _command(self) -> AsyncIterator[None]:
        """One command at a time; none on a run that is gone."""
        async with self._commands:
            self.check()
            yield

    def _conflict(self, command: Literal["start", "step"]) -> Problem:
        values = {"name": self.name, "state": STATES[self.state]}
        what = (
            Text("{name} is {state}, so it can't start.", **values)
            if command == "start"
            else Text("{name} is {state}, so it can't step.", **values)
        )
        instead = Text("Pause it first.") if self.state == "running" else Text("Reset it first.")
        return Problem(HTTPStatus.CONFLICT, in_a_row(filter(None, (what, self.detail, instead))))

    # The past

    def row(self) -> Row:
        """It, as a list shows it."""
        snapshot = self.snapshot
        return Row(
            id=self.id,
            number=self.number,
            name=str.__str__(self.name),
            state=self.state,
            detail=self.detail,
            generation=self.generation,
            iteration=snapshot.iteration,
            config=snapshot.config.to_dict(),
            changes=snapshot.changes,
            learning_rate=snapshot.learning_rate,
            speed=self.speed,
            error=self._error if snapshot.trace is None else snapshot.trace.error,
            first=self.errors.first,
            accuracies=self.accuracies,
        )

    def pending(self) -> Pending | None:
        """What is to be written of it; None where nothing has changed."""
        return None if self._turning else self.backlog.take(self.row(), self.snapshot, self.errors)

    def written(self, pending: Pending) -> None:
        """Forget what has been written, and let go of keyframes that are on disk now."""
        if pending.series is self.errors:  # else it was reset meanwhile
            self.backlog.written(pending)
            for keyframe in pending.keyframes:
                self.keyframes.release(keyframe.iteration)

    def _keep_moment(self) -> None:
        if self.snapshot.iteration > self.keyframes.last:
            self.keyframes.add(self.snapshot)
            if self._keeper.keeps:
                self.backlog.add(self.snapshot)

    def check(self) -> None:
        """See that the run is still there.

        Raises:
            Problem: it is gone.
        """
        if self._gone is not None:
            raise self._gone()

    def _expect(self, keyframes: Keyframes) -> None:
        """See that the run is still there, with this past.

        Raises:
            Problem: it is gone, or was reset.
        """
        self.check()
        self.travel.expect(keyframes)

    # Training

    def _run(self) -> None:
        self.state = "running"
        self.detail = None
        self._pacer.start(time.monotonic())
        self.audience.announce()
        self._launch()

    async def _rest(self, detail: str | None) -> bool:
        """End training and, where there was any, say so; whether there was any."""
        await self._halt()
        if self.state != "running":
            return False
        self.state = "paused"
        self.detail = detail
        self._keep_moment()
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)
        return True

    def _launch(self) -> None:
        self._meter.clear()
        self._meter.mark(time.monotonic(), self.snapshot.iteration)
        self._loop_task = asyncio.create_task(self._train(), name=f"train {self.id}")

    async def _halt(self) -> None:
        """End the training task after the slice under way. The state stays as it is."""
        if self._loop_task is not None:
            self._halting = True
            self._wake.set()
            if self._queued is not None:
                self._queued.cancel()  # a slice that waits for a thread need not be waited for
            await self._loop_task
            self._loop_task = None
            self._halting = False

    async def _train(self) -> None:
        try:
            await self._ready_the_engine()
            while self.state == "running" and not self._halting:
                seconds = self._pacer.wait(time.monotonic())
                if seconds > 0:
                    await self._sleep(seconds)
                    continue
                await self._slice(self._pacer, self._pacer.take(time.monotonic()))
                if self.state == "running":
                    self.audience.publish_if_due(self.snapshot.iteration)
                # Also where slices end as fast as they begin, others get their turn.
                await asyncio.sleep(0)
        except Problem as problem:
            self.state, self.detail = "paused", problem.detail
            self._suspended = True
            self._waiting = asyncio.create_task(self._await_room(self.errors), name=f"wait {self.id}")
        except Exception as error:
            self._fail(error)
        if self.state != "running":
            self._keep_moment()
            self.audience.announce()
            self.audience.publish(self.snapshot.iteration)

    async def _ready_the_engine(self) -> None:
        """Wait until the engine is compiled, or the run is told to stop."""
        engine = self._compiler.prepare(self.snapshot.config)
        while not engine.done() and not self._halting and self._gone is None:
            self._wake.clear()
            woken = asyncio.create_task(self._wake.wait())
            waits: set[asyncio.Future[Any]] = {engine, woken}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            self._pacer.start(time.monotonic())
        if engine.done() and engine.result() != self._trainer.engine:
            self._trainer = Trainer.restore(self._trainer.snapshot(), engine.result())
        if engine.done() and self.snapshot.provenance != provenance(self._trainer.engine):
            self._keep_moment()  # what comes is computed in another way than what came before

    async def _sleep(self, seconds: float) -> None:
        """Wait until iterations are due, or something changed."""
        self._wake.clear()
        if self._halting:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _slice(self, pacer: Pacer, iterations: int) -> None:
        """Train in a thread, and take over the result."""
        iterations = min(iterations, pacer.budget)
        # At full speed a stop in every other slice is cheap; where there is time to spare, any number are.
        apart = 2 * pacer.budget if iterations > pacer.budget // 2 else 0
        work = partial(_work, self._trainer, self.errors, iterations, apart)
        self._queued = self._cores.submit_for(self._share, work)
        try:
            done, snapshot, met, seconds = await asyncio.wrap_future(self._queued)
        except asyncio.CancelledError:
            if self._halting and self._queued is not None and self._queued.cancelled():
                return
            raise
        except OSError as error:  # the errors could not be written: as if the slice had not been
            self._trainer = Trainer.restore(self.snapshot, self._trainer.engine)
            detail = Text(
                "{name} is paused, for its errors can't be written: {error}. Training goes on by itself when they can.",
                name=self.name,
                error=error.strerror or str(error),
            )
            raise Problem(HTTPStatus.INSUFFICIENT_STORAGE, detail) from None
        finally:
            self._queued = None
        pacer.measured(done, seconds)
        rate, self.snapshot = self.snapshot.learning_rate, snapshot
        self.errors.reveal(done)
        self.history.take(met)
        if self.keyframes.due(snapshot.iteration):
            self._keep_moment()
        self._meter.mark(time.monotonic(), snapshot.iteration)
        if done and self.aside is not None:
            self._forget_aside()  # it has gone on
        if snapshot.learning_rate != rate:
            self.audience.announce()  # as was planned
        if snapshot.diverged:
            self.state = "diverged"
            self.detail = Text(
                "Iteration {iteration} was undone, because its numbers would not be finite. "
                "A smaller learning rate may help.",
                iteration=snapshot.iteration,
            )
        elif snapshot.iteration >= snapshot.config.max_iterations:
            self.state = "finished"
            self.detail = Text("All {number} iterations are done.", number=snapshot.config.max_iterations)

    def _fail(self, error: Exception) -> None:
        log_id = secrets.token_hex(4)
        logger.error("%s: run %s failed", log_id, self.id, exc_info=error)
        self.state = "failed"
        self.detail = Text(
            "The trainer failed ({error}); the server's log tells more under {log_id}.",
            error=type(error).__name__,
            log_id=log_id,
        )

    # Viewers

    def watched_by(self, viewer: Viewer) -> AbstractContextManager[None]:
        """Count a viewer in for as long as the context lasts, and tell it where the run stands."""
        return self.audience.joined_by(viewer, self.snapshot.iteration)

    def _status_message(self) -> str:
        return StatusMessage(run=self.status()).model_dump_json()

    def _frame(self, errors_from: int | None) -> bytes:
        here = self.snapshot.iteration
        start = here if errors_from is None else max(errors_from, here - MAX_ERRORS)
        errors = self.errors.slice(start, here)
        return encode_frame(self.snapshot, errors, generation=self.generation, state=self.state, rate=self._rate())


def too_many_changes(name: str) -> Problem:
    """409: its learning rate has changed as often as it may."""
    detail = Text(
        "The learning rate of {name} has changed {most} times, and no run may change it more often. "
        "Reset it, or go on with another run.",
        name=name,
        most=MAX_RECORDED,
    )
    return Problem(HTTPStatus.CONFLICT, detail)


def _work(trainer: Trainer, series: ErrorSeries, iterations: int, apart: int) -> Worked:
    """One slice, in a thread: how many iterations were done, where the trainer stands, the weights at scheduled moments
    on the way but for those that lie closer than `apart` iterations together, and the seconds it took.
    """
    began = time.perf_counter()
    errors, met = advance(trainer, iterations, apart)
    series.store(errors)  # here, since a disk may take longer than the event loop should wait
    return len(errors), trainer.snapshot(), met, time.perf_counter() - began
