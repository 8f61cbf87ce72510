"""A run that lives on the server: its commands, its training in the background, and those who watch it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from app.frames import encode_frame
from app.messages.outgoing import Accuracy, RunStatus, StatusMessage
from app.names import name_of
from app.refusals import Conflict, Missing, Refusal
from app.run_state import Impossible, RunState, State
from app.services.accuracies import Accuracies
from app.services.audience import Audience
from app.services.backlog import Pending
from app.services.beginnings import Beginning
from app.services.compiler import Compiler, Need
from app.services.cores import Cores
from app.services.error_series import ErrorSeries
from app.services.history import History, Point, entries
from app.services.keeper import Keeper, ending
from app.services.keyframes import Keyframes
from app.services.status import status_of
from app.services.training_loop import Met, TrainingLoop
from app.services.travel import Travel, WasReset
from app.services.viewer import Farewell, Viewer
from app.storage.room import UNDO_SECONDS
from app.storage.rows import Row
from rnn_core import Prediction, TrainingConfig
from rnn_core.assessment.accuracy import sample_of
from rnn_core.assessment.prediction import predict
from rnn_core.config import MAX_RECORDED, checked_learning_rate
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

logger = logging.getLogger(__name__)

STOPPED = Text("The server was stopped while this run was training. Start goes on from here.")

DELETED = Text("This run was deleted while it was training. Start goes on from here.")

ROOM_SECONDS = 1.0
"""Between two looks whether there is room for errors again."""


class LiveRun:
    """One run: its commands, which are taken one at a time, and who is told of them. All of it is on the event loop.

    Between slices of training (`TrainingLoop`) it takes over an immutable snapshot; predictions, frames and checkpoints
    read that and nothing else. What state it is in, and what may follow, says `life`.

    Attributes:
        id: as in its address.
        name: as people call it.
        life: the state that it is in.
        generation: counts resets.
        number: the order of creation.
        snapshot: where it stands.
        errors: of all iterations of this generation.
        keyframes: moments from which the past is computed again.
        backlog: what is not on disk yet.
        history: how its accuracy came about.
        audience: who watches.
        travel: goes back to any moment of it.
        training: trains it.
        aside: without storage, what it was before its last reset, as long as that can be undone.
    """

    def __init__(
        self,
        run_id: str,
        number: int,
        name: str,
        beginning: Beginning,
        *,
        speed: float | None,
        cores: Cores,
        compiler: Compiler,
        keeper: Keeper,
    ) -> None:
        self.id = run_id
        self.number = number
        self.name = name_of(run_id, name)
        self.life = RunState(beginning.state, beginning.detail)
        self.generation = beginning.generation
        self.used_at = time.monotonic()
        self.audience = Audience(self._status_message, self._frame)
        self._cores = cores
        self._compiler = compiler
        self._keeper = keeper
        self._commands = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self._steps_to_come: set[asyncio.Future[None]] = set()
        self.aside: Beginning | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self._turning = False
        self._begin(beginning)
        self.training = TrainingLoop(self, cores, compiler, speed)
        self.travel = Travel(self, cores.jobs, compiler, keeper)

    def _begin(self, beginning: Beginning) -> None:
        self.snapshot: Snapshot = beginning.snapshot
        self.errors = beginning.errors
        self.keyframes = beginning.keyframes
        self.backlog = beginning.backlog
        self._error = beginning.error
        there = partial(self._expect, beginning.keyframes)
        self._accuracies = Accuracies(self.id, self.generation, self._cores.jobs, self._compiler, there)
        self.history = History(beginning.accuracies, beginning.keyframes.first, beginning.snapshot)
        self.audience.shown = beginning.snapshot.iteration

    # What is asked of a run

    @property
    def state(self) -> State:
        """As in the table of the design."""
        return self.life.now

    @property
    def detail(self) -> str | None:
        """Why it stopped, or None."""
        return self.life.detail

    @property
    def speed(self) -> float | None:
        """Iterations a second while running; None is unlimited."""
        return self.training.pacer.speed

    @property
    def error(self) -> float | None:
        """That of its last iteration, or None."""
        return self._error if self.snapshot.trace is None else self.snapshot.trace.error

    def status(self) -> RunStatus:
        """Where the run stands."""
        return status_of(self.row(), name=self.name, rate=self.training.rate, viewers=len(self.audience.viewers))

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
            Refusal: as `Travel.look`.
        """
        while iteration is None:
            with suppress(WasReset):  # now is now, whatever the run was reset from meanwhile
                return await self._accuracy(None)
        return await self._accuracy(iteration)

    async def _accuracy(self, iteration: int | None) -> Accuracy:
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
        busy = self.life.running or self.life.suspended or self._commands.locked()
        return not busy and not self.audience.viewers

    # Commands

    async def start(self) -> bool:
        """Train on, until paused, finished or diverged; whether that is a change.

        Raises:
            Refusal: `Conflict` where there is nothing left to train.
        """
        async with self._command():
            if self.life.running:
                return False
            with self._allowed():
                self.life.require_rest("start")
            self._keeper.require()
            self._give_up_steps()
            self._run()
        await self._keeper.save(self)
        return True

    async def pause(self) -> bool:
        """Stop training after the slice under way; whether anything ran."""
        self._give_up_steps()
        async with self._command():
            was_suspended = self.life.stay()  # what was to bring it back no longer will
            if was_suspended:
                self.audience.announce()
            rested = await self._rest(None)
        with suppress(Refusal):  # it rests, whatever the disk says
            await self._keeper.save(self)
        return rested or was_suspended

    async def step(self, iterations: int) -> None:
        """Do that many iterations, or as many as are left, at full speed.

        Raises:
            Conflict: the run is running, or there is nothing left to train.
            Unstored: the disk is full.
        """
        await self._engine_for_a_step()
        async with self._command():
            self._keeper.require()
            with self._allowed():
                self.life.begin_step()
            refused = None
            try:
                await self.training.do(iterations, self._may_go_on)
            except Refusal as refusal:
                self.life.detail, refused = refusal.detail, refusal
            except Exception as error:
                self.training.fail(error)
            self.life.end_step()  # not before: frames of a state come after its status
            self._keep_end()
            self.audience.announce()
            self.audience.publish(self.snapshot.iteration)
        await self._keeper.save(self)
        if refused is not None:
            raise refused

    @property
    def need(self) -> Need:
        """Its need for an engine."""
        waits = self.life.running or bool(self._steps_to_come)
        return Need(self.snapshot.config, waits=waits, watched=bool(self.audience.viewers))

    @property
    def waits_for_engine(self) -> bool:
        """Whether nothing can train it yet."""
        return not self._compiler.prepare(self.snapshot.config).done()

    async def _engine_for_a_step(self) -> None:
        """Wait until the engine is compiled, without a hold on the run: who commands something else is obeyed at once.

        Raises:
            Refusal: `Conflict` where somebody did, as where the run can't step; `Missing` where it was deleted.
        """
        self.check()
        with self._allowed():
            self.life.require_rest("step")
        self._keeper.require()
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
            raise Conflict(detail)

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
            await self.training.halt()
            await self._put_aside()
            fresh = Beginning.fresh(config or self.snapshot.config, self._compiler.default)
            fresh.backlog.put_aside = True
            self._turn_into(fresh)
        await self._keeper.save(self)

    async def undo_reset(self, stored: Callable[[], Awaitable[Beginning | None]]) -> None:
        """Be again what it was before its last reset, as of a new generation.

        Args:
            stored: where runs are stored: finds what it was and makes it the run's own on the disk, as of the next
                generation; gives None where there is nothing.

        Raises:
            Conflict: it has gone on since, or there is nothing to undo.
            Unstored: the disk says no.
        """
        async with self._command():
            self._keeper.require()
            if not self.generation:
                raise self._nothing_to_undo()
            if not self.unspoilt:
                detail = Text("{name} has gone on since, so its last reset can't be undone any more.", name=self.name)
                raise Conflict(detail)
            await self._keeper.save(self)
            self._turning = True  # on the disk it is another already, before it is here
            try:
                beginning = await stored() if self._keeper.keeps else self.aside
                if beginning is None:
                    raise self._nothing_to_undo()
                self._forget_aside()
                self._turn_into(beginning)
            finally:
                self._turning = False
        await self._keeper.save(self)

    def _nothing_to_undo(self) -> Refusal:
        detail = Text("{name} was not reset within the last hour: there is nothing to undo.", name=self.name)
        return Conflict(detail)

    @property
    def unspoilt(self) -> bool:
        """Whether nothing was trained since it was made or reset."""
        return not self.life.running and self.snapshot.iteration == 0

    async def _put_aside(self) -> None:
        """Keep what it is, halted, for whoever wants the reset undone that comes next.

        Raises:
            Refusal: `Unstored` where the disk says no; the run goes on as it was.
        """
        running = self.life.pause()
        if running:
            self.audience.announce()  # where it stands: those who watch know of an earlier iteration
        try:
            await self._keeper.save(self)
        except Refusal:
            if running:
                self._run()
            raise
        # Of a run that has done nothing since its last reset, what was there before that one stays.
        if not self._keeper.keeps and (self.snapshot.iteration > 0 or self.aside is None):
            self._forget_aside()
            self.aside = Beginning(
                self.snapshot,
                self.errors,
                self.keyframes,
                self.backlog,
                state=self.state,
                detail=self.detail,
                error=self.error,
                accuracies=self.accuracies,
            )
            self._forgetting = asyncio.get_running_loop().call_later(UNDO_SECONDS, self._forget_aside)

    def _forget_aside(self) -> None:
        """Let go of what it was before its last reset."""
        self.aside = None
        if self._forgetting is not None:
            self._forgetting.cancel()

    def _turn_into(self, beginning: Beginning) -> None:
        """Begin there, as of a new generation, and say so."""
        self.generation += 1
        self._begin(beginning)
        self.training.begin_anew(beginning.snapshot)
        self.life.turn_into(beginning.state, beginning.detail)
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)

    async def change(self, values: dict[str, Any]) -> bool:
        """Change `name`, `speed` or `learning_rate`, of which only those given; whether any of it is a change. Of what
        is so already nobody is told, and nothing is written.

        Raises:
            ConfigError: the learning rate is refused; nothing was changed.
            Refusal: `Conflict` where it has changed as often as it may; nothing was changed.
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
                self.training.set_speed(speed)
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
        planned = self.life.running and any(at > here.iteration for at, _ in here.changes)
        return rate != here.learning_rate or planned

    async def _change_learning_rate(self, rate: float) -> bool:
        """Train on with another learning rate; whether it is another.

        Raises:
            Refusal: `Conflict` where it has changed as often as it may; the run goes on as it was.
        """
        await self.training.halt()
        try:
            trainer, before = self.training.trainer, self.training.trainer.changes
            if rate != trainer.learning_rate and sum(at < trainer.iteration for at, _ in before) >= MAX_RECORDED:
                raise too_many_changes(self.name)
            trainer.set_learning_rate(rate)
            self.snapshot = trainer.snapshot()
            return trainer.changes != before
        finally:
            if self.life.running:
                self.training.launch()

    async def recall(self, snapshot: Snapshot) -> None:
        """Take over the trace of where it stands, which was computed again meanwhile, unless it went on since."""
        before = self.snapshot
        async with self._commands:
            here = before.trace is None and before.iteration == snapshot.iteration
            if here and self.snapshot is before and not self.life.running:
                self.snapshot = replace(before, trace=snapshot.trace)
                self.training.stand(self.snapshot)
                self.audience.publish(before.iteration)

    async def suspend(self, reason: str) -> None:
        """Stop training, for a reason that will pass, until `recover`."""
        if not self.life.running:
            return  # without a wait for the end of a long step
        async with self._commands:
            if self.life.gone is None:
                await self._rest(reason, passing=True)

    async def recover(self) -> None:
        """Train on where `suspend` stopped it, unless somebody did something else meanwhile."""
        if not self.life.suspended:
            return
        async with self._commands:
            if self.life.recover():
                self._run()

    async def _await_room(self, errors: ErrorSeries) -> None:
        """Train on once the errors can be written again, unless somebody did something else meanwhile."""
        room = False
        while not room:
            await asyncio.sleep(ROOM_SECONDS)
            async with self._commands:
                if not self.life.suspended or self.errors is not errors or self.life.gone is not None:
                    return
                room = self._keeper.trouble is None and await asyncio.to_thread(errors.has_room)
        await self.recover()

    async def shut_down(self, why: Literal[Farewell.DELETED, Farewell.ENDING], reason: str) -> None:
        """Stop for good, in any state, and close the viewers, with a reason in words."""
        if why is Farewell.DELETED:
            detail, self.life.gone = DELETED, self._deleted
        else:
            detail, self.life.gone = STOPPED, ending
        self._give_up_steps()
        self.training.end_soon()  # this and the above end a step under way
        if self._waiting is not None:
            self._waiting.cancel()
        async with self._commands:
            self.life.stay(detail)
            await self._rest(detail)
            self._forget_aside()
            self.audience.close(why, reason)

    def _deleted(self) -> Refusal:
        return Missing(Text("{name} has been deleted.", name=self.name))

    def _may_go_on(self) -> bool:
        return self.life.gone is None and self._keeper.trouble is None

    @asynccontextmanager
    async def _command(self) -> AsyncIterator[None]:
        """One command at a time; none on a run that is gone."""
        async with self._commands:
            self.check()
            yield

    @contextmanager
    def _allowed(self) -> Iterator[None]:
        """Do what its state has to allow.

        Raises:
            Refusal: `Conflict` where it does not.
        """
        try:
            yield
        except Impossible as refusal:
            raise Conflict(refusal.words(self.name)) from None

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
            error=self.error,
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

    def keep_moment(self) -> None:
        """Keep where it stands, to go back to."""
        if self.snapshot.iteration > self.keyframes.last:
            self.keyframes.add(self.snapshot)
            if self._keeper.keeps:
                self.backlog.add(self.snapshot)

    def _keep_end(self) -> None:
        """Keep a moment after which no iteration can follow. Of one that is but a pause it is kept anyway where the run
        stands, and whoever starts and pauses again and again is to fill no disk.
        """
        if self.state in ("finished", "diverged", "failed"):
            self.keep_moment()

    def check(self) -> None:
        """See that the run is still there.

        Raises:
            Refusal: it is gone.
        """
        self.life.check()

    def _expect(self, keyframes: Keyframes) -> None:
        """See that the run is still there, with this past.

        Raises:
            Refusal: it is gone, or was reset.
        """
        self.check()
        self.travel.expect(keyframes)

    # Training

    def _run(self) -> None:
        self.life.start()
        self.audience.announce()
        self.training.start()

    async def _rest(self, detail: str | None, *, passing: bool = False) -> bool:
        """End training and, where there was any, say so; whether there was any. See `RunState.pause`."""
        await self.training.halt()
        if not self.life.pause(detail, passing=passing):
            return False
        self.rest_by_itself()
        return True

    def rest_by_itself(self) -> None:
        """Say where training ended; where no more can follow, keep it."""
        self._keep_end()
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)

    def await_room(self) -> None:
        """Train on once errors can be written again."""
        self._waiting = asyncio.create_task(self._await_room(self.errors), name=f"wait {self.id}")

    def take(self, done: int, snapshot: Snapshot, met: Met) -> None:
        """Stand where a slice of training has come to, after so many iterations more."""
        rate, self.snapshot = self.snapshot.learning_rate, snapshot
        self.errors.reveal(done)
        self.history.take(met)
        if self.keyframes.due(snapshot.iteration):
            self.keep_moment()
        if done and self.aside is not None:
            self._forget_aside()  # it has gone on
        if snapshot.learning_rate != rate:
            self.audience.announce()  # as was planned

    # Viewers

    def watched_by(self, viewer: Viewer) -> AbstractContextManager[None]:
        """Count a viewer in for as long as the context lasts, and tell it where the run stands."""
        return self.audience.joined_by(viewer, self.snapshot.iteration)

    def _status_message(self) -> str:
        return StatusMessage(run=self.status()).model_dump_json()

    def _frame(self, errors_from: int | None) -> bytes:
        here = self.snapshot.iteration
        errors = self.errors.latest(here if errors_from is None else errors_from)
        return encode_frame(
            self.snapshot, errors, generation=self.generation, state=self.state, rate=self.training.rate
        )


def too_many_changes(name: str) -> Refusal:
    """Its learning rate has changed as often as it may."""
    detail = Text(
        "The learning rate of {name} has changed {most} times, and no run may change it more often. "
        "Reset it, or go on with another run.",
        name=name,
        most=MAX_RECORDED,
    )
    return Conflict(detail)
