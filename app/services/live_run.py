"""A run in memory: its commands, its training in the background, and its viewers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeVar

from rnn_core import Prediction, TrainingConfig
from rnn_core.assessment import milestones
from rnn_core.assessment.accuracy import sample_of
from rnn_core.assessment.milestones import floor_of
from rnn_core.assessment.prediction import predict
from rnn_core.config import MAX_RECORDED, checked_learning_rate
from rnn_core.pieces import in_one
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

from ..frames import Form, encode_frame
from ..messages.outgoing import Accuracy, Milestone, MilestonesMessage, ProvedRight, RunStatus, StatusMessage
from ..names import name_of
from ..refusals import Conflict, Missing, Refusal
from ..run_state import Impossible, RunState, Speed, State
from ..storage.room import UNDO_SECONDS
from ..storage.rows import Row
from .accuracies import Accuracies
from .audience import Audience
from .backlog import Pending
from .beginnings import Beginning, planned_edits
from .compiler import Compiler, Need
from .copy_limits import check_size
from .cores import COST_OF_COPIES, Cores, Share
from .error_series import ErrorSeries
from .history import History, Point, entries
from .inside import Analysis, Found, Inside
from .keeper import Keeper, ending
from .keyframes import Keyframes
from .proofs import SERVER_ENDED, Proofs
from .separations import Separations
from .status import milestones_told, status_of
from .training_loop import Met, TrainingLoop
from .travel import Travel, WasReset
from .viewer import Farewell, Viewer

logger = logging.getLogger(__name__)

T = TypeVar("T")

STOPPED = Text("The server was stopped while this run was training. Start goes on from here.")

DELETED = Text("This run was deleted while it was training. Start goes on from here.")

UNPROVED = Text("The run was reset while this was being proved.")

UNPROVED_AND_DELETED = Text("The run was deleted while this was being proved.")

ROOM_SECONDS = 1.0
"""Seconds between two checks whether there is room for errors again."""


class LiveRun:
    """One run. It does its commands one at a time and tells its viewers. Everything here runs on the event loop.

    After each slice of training (`TrainingLoop`) it takes over an immutable snapshot. Predictions, frames and
    checkpoints read only this snapshot. `life` holds the state and knows which states may follow.

    Attributes:
        id: the run's id, as in its address.
        name: the name that people see.
        life: the state machine of the run.
        generation: counts resets.
        number: the order of creation.
        snapshot: where the run stands.
        errors: the errors of all iterations of this generation.
        keyframes: moments from which the past is computed again.
        backlog: what is not on disk yet.
        history: the accuracy at the scheduled moments.
        audience: the viewers.
        travel: goes back to any moment of the run.
        proofs: what is proved about the network.
        training: trains the run.
        speed_chosen: whether somebody has chosen the speed. Otherwise it is the default.
        owner: the visitor whose copy it is; None for a run that all share.
        copy_used_at: of a copy, when somebody last used it: seconds since 1970, within an hour.
        aside: without storage, what the run was before its last reset, as long as the reset can be undone.
    """

    def __init__(
        self,
        run_id: str,
        number: int,
        name: str,
        beginning: Beginning,
        *,
        speed: Speed,
        speed_chosen: bool = True,
        owner: str | None = None,
        used_at: float | None = None,
        cores: Cores,
        compiler: Compiler,
        keeper: Keeper,
    ) -> None:
        self.id = run_id
        self.number = number
        self.name = name_of(run_id, name)
        self.speed_chosen = speed_chosen
        self.owner = owner
        self.copy_used_at = used_at
        self.life = RunState(beginning.state, beginning.detail)
        self.generation = beginning.generation
        self.used_at = time.monotonic()
        self.audience = Audience(self._status_message, self._frame, owner)
        self._cores = cores
        self._compiler = compiler
        self._keeper = keeper
        self._commands = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self._steps_to_come: set[asyncio.Future[None]] = set()
        self.aside: Beginning | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self._turning = False
        self.travel = Travel(self, cores.jobs, compiler, keeper)
        self._begin(beginning)
        self.training = TrainingLoop(self, cores, compiler, speed, Share(1.0 if owner is None else COST_OF_COPIES))

    def _begin(self, beginning: Beginning) -> None:
        self.snapshot: Snapshot = beginning.snapshot
        self.errors = beginning.errors
        self.keyframes = beginning.keyframes
        self.backlog = beginning.backlog
        self._error = beginning.error
        there = partial(self._expect, beginning.keyframes)
        self._accuracies = Accuracies(self.id, self.generation, self._cores.jobs, self._compiler, there)
        self._inside = Inside(self.generation, self.travel, self._cores.jobs, there)
        self._separations = Separations(self.travel, self._cores.jobs, there)
        self.proofs = Proofs(
            self,
            beginning.proofs,
            prover=self._cores.prover,
            jobs=self._cores.jobs,
            keeper=self._keeper,
            check=there,
            changed=self.audience.announce,
        )
        self.history = History(beginning.accuracies, beginning.keyframes.first, beginning.snapshot, beginning.marks)
        self._milestones: Sequence[milestones.Milestone] = ()
        self.audience.shown = beginning.snapshot.iteration

    # Questions to a run

    @property
    def state(self) -> State:
        """The state, as in the design's table of commands."""
        return self.life.now

    @property
    def detail(self) -> str | None:
        """Why the run stopped, or None."""
        return self.life.detail

    @property
    def speed(self) -> Speed:
        """Iterations per second while running; None is unlimited; or the story."""
        return self.training.speed

    @property
    def error(self) -> float | None:
        """The error of the last iteration, or None."""
        return self._error if self.snapshot.trace is None else self.snapshot.trace.error

    def status(self) -> RunStatus:
        """Where the run stands."""
        viewers = len(self.audience.viewers)
        best = self.proofs.best
        proof = None if best is None else ProvedRight(iteration=best.iteration, margin=best.margin)
        return status_of(
            self.row(),
            name=self.name,
            rate=self.training.rate,
            viewers=viewers,
            proof=proof,
            proving=self.proofs.under_way,
        )

    def predict(
        self, a: int | None, b: int | None = None, c: int | None = None, *, moment: Snapshot | None = None
    ) -> Prediction:
        """What the network answers now, or answered at an earlier moment.

        Raises:
            OperandError: the operands are not a problem of the run's task.
        """
        moment = moment or self.snapshot
        return predict(moment.config, moment.parameters, a, b, c, forward=self._compiler.forward(moment.config))

    async def accuracy(self, iteration: int | None = None) -> Accuracy:
        """How much of its task the network gets right, over all problems: now, or after `iteration` iterations. The
        current answer is computed only once per iteration.

        Raises:
            Refusal: as `Travel.look`.
        """
        while iteration is None:
            with suppress(WasReset):  # after a reset, "now" means the new generation
                return await self._accuracy(None)
        return await self._accuracy(iteration)

    async def _accuracy(self, iteration: int | None) -> Accuracy:
        accuracies, history = self._accuracies, self.history  # of this generation, even if a reset comes meanwhile
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

    async def analyse(self, iteration: int | None, analysis: Analysis[T], *asked: Hashable) -> Found[T]:
        """What an analysis finds in the network: now, or after `iteration` iterations. `asked` is what it gets
        besides the configuration and the parameters.

        Raises:
            Refusal: as `Inside.at`.
        """
        while iteration is None:
            with suppress(WasReset):  # after a reset, "now" means the new generation
                return await self._inside.now(self.snapshot, self.state == "running", analysis, *asked)
        return await self._inside.at(iteration, self.snapshot, analysis, *asked)

    async def analyse_along(self, analysis: Analysis[T], *asked: Hashable) -> list[Found[T]]:
        """What an analysis finds along training, at some of the moments that are kept.

        Raises:
            Refusal: as `Inside.along`.
        """
        return await self._inside.along(analysis, *asked)

    async def separations(self, most: int) -> tuple[list[Point], int]:
        """How far the hidden states told what should be remembered, at up to `most` moments so far, and how many of
        these are still to be computed. Each call computes some more.

        Raises:
            NothingHiddenError: the task or the width has nothing to look for.
        """
        return await self._separations.until(self.keyframes.first, self.snapshot.iteration, most)

    @property
    def accuracies(self) -> tuple[Point, ...]:
        """(iteration, accuracy) of the scheduled moments so far that are evaluated already, in order."""
        return self.history.points

    @property
    def pending_accuracies(self) -> int:
        """How many scheduled moments will be evaluated soon; 0 while their engine is not ready."""
        return self.history.pending(self.snapshot) if self._compiler.ready(self.snapshot.config) else 0

    async def milestones(self) -> list[Milestone]:
        """What the run has learned so far and when, as clients get it, in the current language."""
        await self._cores.jobs.compute(in_one(partial(floor_of, self.snapshot.config)))  # it is kept
        return milestones_told(self.history.milestones(self.snapshot), self.snapshot.config)

    def find_milestones(self) -> None:
        """Tell the viewers if there are new milestones."""
        known = self._milestones
        self._milestones = self.history.milestones(self.snapshot)
        if len(self._milestones) > len(known):
            self.audience.tell(self._milestones_message)

    async def keyframe(self, iteration: int) -> Snapshot | None:
        """As `Travel.keyframe`."""
        return await self.travel.keyframe(iteration)

    @property
    def idle(self) -> bool:
        """Whether the run does nothing and has no viewers."""
        busy = self.life.running or self.life.suspended or self._commands.locked() or self.proofs.busy
        return not busy and not self.audience.viewers

    # Commands

    async def start(self) -> bool:
        """Train on, until paused, finished or diverged. Return whether the run was not running before.

        Raises:
            Refusal: `Conflict` if there is nothing left to train.
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
        """Stop training after the current slice. Return whether the run was running or suspended."""
        self._give_up_steps()
        async with self._command():
            was_suspended = self.life.stay()  # `recover` will not start it again
            if was_suspended:
                self.audience.announce()
            rested = await self._rest(None)
        with suppress(Refusal):  # it is paused, even if the disk can't be written to
            await self._keeper.save(self)
        return rested or was_suspended

    async def step(self, iterations: int) -> None:
        """Do `iterations` iterations, or all that are left if these are fewer, at full speed.

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
            self.life.end_step()  # only now: a status comes before the frames of its state
            self._keep_end()
            self.audience.announce()
            self.audience.publish(self.snapshot.iteration)
        await self._keeper.save(self)
        if refused is not None:
            raise refused

    @property
    def need(self) -> Need:
        """How much the run needs its engine."""
        waits = self.life.running or bool(self._steps_to_come)
        return Need(self.snapshot.config, waits=waits, watched=bool(self.audience.viewers))

    @property
    def waits_for_engine(self) -> bool:
        """Whether no engine can train the run yet."""
        return not self._compiler.prepare(self.snapshot.config).done()

    async def _engine_for_a_step(self) -> None:
        """Wait until the engine is compiled. The run is not locked meanwhile, so other commands are done at once.

        Raises:
            Refusal: `Conflict` if the run can't step, or another command came meanwhile; `Missing` if the run was
                deleted.
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
                "{name} got another command before its engine was ready, so this step is not done.", name=self.name
            )
            raise Conflict(detail)

    def _give_up_steps(self) -> None:
        """Cancel all steps that wait for the engine."""
        for given_up in self._steps_to_come:
            if not given_up.done():
                given_up.set_result(None)

    async def reset(self, changes: dict[str, Any] | None, edits: list[Any] | None = None) -> None:
        """Begin again, with the run's own config or with `changes` merged onto the default.

        Args:
            changes: None for the run's own config. Then edits that were made at its beginning are made again.
            edits: what is done to single weights instead; they may be planned.

        Raises:
            ConfigError: the config or the edits are not valid; the run goes on unchanged.
            Refusal: `Forbidden` if the config is too large for a visitor's copy.
        """
        config = None if changes is None else TrainingConfig.from_mapping(changes)
        if config is not None and self.owner is not None:
            check_size(config)
        new = None if edits is None else planned_edits(edits, config or self.snapshot.config)
        async with self._command():
            self._keeper.require()
            self._give_up_steps()
            await self.training.halt()
            await self.proofs.cancel(UNPROVED)
            await self._put_aside()
            if new is None:
                new = () if config else tuple(edit for edit in self.snapshot.edits if edit[0] == 0)
            fresh = Beginning.fresh(config or self.snapshot.config, self._compiler.default, edits=new)
            fresh.backlog.put_aside = True
            self._turn_into(fresh)
        await self._keeper.save(self)

    async def undo_reset(self, stored: Callable[[], Awaitable[Beginning | None]]) -> None:
        """Bring back what the run was before its last reset, as a new generation.

        Args:
            stored: called if runs are stored. It finds what the run was, makes that the run's next generation on the
                disk and returns it; None if there is nothing.

        Raises:
            Conflict: the run was trained after the reset, or there is nothing to undo.
            Unstored: the disk can't be read or written to.
        """
        async with self._command():
            self._keeper.require()
            if not self.generation:
                raise self._nothing_to_undo()
            if not self.unspoilt:
                detail = Text("{name} has gone on since, so its last reset can't be undone any more.", name=self.name)
                raise Conflict(detail)
            await self._keeper.save(self)
            self._turning = True  # the disk changes before the memory: save nothing meanwhile
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
        """Whether nothing was trained since the run was created or reset."""
        return not self.life.running and self.snapshot.iteration == 0

    async def _put_aside(self) -> None:
        """Keep what the run is now, so that the coming reset can be undone. Training is halted already.

        Raises:
            Refusal: `Unstored` if the disk can't be written to; the run goes on unchanged.
        """
        running = self.life.pause()
        if running:
            self.audience.announce()  # the viewers know only an earlier iteration
        try:
            await self._keeper.save(self)
        except Refusal:
            if running:
                self._run()
            raise
        # If nothing was trained since the last reset, keep what was there before that reset.
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
                marks=self.history.marks,
                proofs=self.proofs.known,
            )
            self._forgetting = asyncio.get_running_loop().call_later(UNDO_SECONDS, self._forget_aside)

    def _forget_aside(self) -> None:
        """Forget what the run was before its last reset."""
        self.aside = None
        if self._forgetting is not None:
            self._forgetting.cancel()

    def _turn_into(self, beginning: Beginning) -> None:
        """Become this beginning, as a new generation, and tell the viewers."""
        self.generation += 1
        self.proofs.abandon(UNPROVED)
        self._begin(beginning)
        self.training.begin_anew(beginning.snapshot)
        self.life.turn_into(beginning.state, beginning.detail)
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)

    async def change(self, values: dict[str, Any]) -> bool:
        """Change those of `name`, `speed` and `learning_rate` that are given. Return whether anything changed. If
        nothing did, no viewer is told and nothing is written.

        Raises:
            ConfigError: the learning rate is not valid; nothing was changed.
            Refusal: `Conflict` if the learning rate has changed as often as it may; nothing was changed.
        """
        if "learning_rate" in values:
            checked_learning_rate(values["learning_rate"])
        async with self._command():
            name = name_of(self.id, values["name"]) if "name" in values else self.name
            speed = values.get("speed", self.speed)
            chosen = self.speed_chosen or "speed" in values
            rate = values.get("learning_rate")
            same = (name, speed, chosen) == (self.name, self.speed, self.speed_chosen)
            if same and (rate is None or not self._may_change(rate)):
                return False
            self._keeper.require()
            changed = rate is not None and self._may_change(rate) and await self._change_learning_rate(rate)
            if speed != self.speed:
                self.training.set_speed(speed)
            elif same and not changed:
                return False
            self.name, self.speed_chosen = name, chosen
            self.audience.announce()
        await self._keeper.save(self)
        return True

    def _may_change(self, rate: float) -> bool:
        """Whether this learning rate may change the training. If changes are planned, a running slice may make one."""
        here = self.snapshot
        planned = self.life.running and any(at > here.iteration for at, _ in here.changes)
        return rate != here.learning_rate or planned

    async def _change_learning_rate(self, rate: float) -> bool:
        """Train on with this learning rate. Return whether it changed.

        Raises:
            Refusal: `Conflict` if it has changed as often as it may; the run goes on unchanged.
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
        """Take over the trace of the current iteration, which was computed again, unless the run has gone on since."""
        before = self.snapshot
        async with self._commands:
            here = before.trace is None and before.iteration == snapshot.iteration
            if here and self.snapshot is before and not self.life.running:
                self.snapshot = replace(before, trace=snapshot.trace)
                self.training.stand(self.snapshot)
                self.audience.publish(before.iteration)

    async def rest(self, detail: str) -> None:
        """Stop training without a command, with the reason in words."""
        if not self.life.running:
            return  # do not wait for the end of a long step
        async with self._commands:
            if self.life.gone is None:
                await self._rest(detail)
        with suppress(Refusal):  # it rests, even if the disk can't be written to
            await self._keeper.save(self)

    async def suspend(self, reason: str) -> None:
        """Stop training until `recover`, for a temporary reason."""
        if not self.life.running:
            return  # do not wait for the end of a long step
        async with self._commands:
            if self.life.gone is None:
                await self._rest(reason, passing=True)

    async def recover(self) -> None:
        """Train on where `suspend` stopped the run, unless another command came meanwhile."""
        if not self.life.suspended:
            return
        async with self._commands:
            if self.life.recover():
                self._run()

    async def _await_room(self, errors: ErrorSeries) -> None:
        """Train on when the errors can be written again, unless another command came meanwhile."""
        room = False
        while not room:
            await asyncio.sleep(ROOM_SECONDS)
            async with self._commands:
                if not self.life.suspended or self.errors is not errors or self.life.gone is not None:
                    return
                room = self._keeper.trouble is None and await asyncio.to_thread(errors.has_room)
        await self.recover()

    async def shut_down(self, why: Literal[Farewell.DELETED, Farewell.ENDING], reason: str) -> None:
        """Stop for good, in any state, and close the viewers' sockets with a reason in words."""
        if why is Farewell.DELETED:
            detail, self.life.gone = DELETED, self._deleted
        else:
            detail, self.life.gone = STOPPED, ending
        self._give_up_steps()
        self.training.end_soon()  # this and the lines above end a current step
        if self._waiting is not None:
            self._waiting.cancel()
        await self.proofs.cancel(UNPROVED_AND_DELETED if why is Farewell.DELETED else SERVER_ENDED)
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
        """Do one command at a time, and none on a run that is gone."""
        async with self._commands:
            self.check()
            yield

    @contextmanager
    def _allowed(self) -> Iterator[None]:
        """Do something that the run's state has to allow.

        Raises:
            Refusal: `Conflict` if the state does not allow it.
        """
        try:
            yield
        except Impossible as refusal:
            raise Conflict(refusal.words(self.name)) from None

    # The past

    def row(self) -> Row:
        """The run as lists show it."""
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
            edits=snapshot.edits,
            learning_rate=snapshot.learning_rate,
            speed=self.speed,
            speed_chosen=self.speed_chosen,
            error=self.error,
            first=self.errors.first,
            accuracies=self.accuracies,
            marks=self.history.marks,
            owner=self.owner,
            used_at=self.copy_used_at,
        )

    def pending(self) -> Pending | None:
        """What of the run has to be written; None if nothing has changed."""
        return None if self._turning else self.backlog.take(self.row(), self.snapshot, self.errors)

    def written(self, pending: Pending) -> None:
        """Forget what has been written, and drop from memory the keyframes that are on disk now."""
        if pending.series is self.errors:  # else the run was reset meanwhile
            self.backlog.written(pending)
            for keyframe in pending.keyframes:
                self.keyframes.release(keyframe.iteration)

    def keep_moment(self) -> None:
        """Keep the current snapshot as a keyframe."""
        if self.snapshot.iteration > self.keyframes.last:
            self.keyframes.add(self.snapshot)
            if self._keeper.keeps:
                self.backlog.add(self.snapshot)

    def _keep_end(self) -> None:
        """Keep the last moment of a run that can't go on. A pause keeps no keyframe: the run's snapshot is stored
        anyway, and frequent pauses must not fill the disk.
        """
        if self.state in ("finished", "diverged", "failed"):
            self.keep_moment()

    def check(self) -> None:
        """Check that the run still exists.

        Raises:
            Refusal: it is gone.
        """
        self.life.check()

    def _expect(self, keyframes: Keyframes) -> None:
        """Check that the run still exists, with this past.

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
        """End training. If there was any, tell the viewers and return True. See `RunState.pause`."""
        await self.training.halt()
        if not self.life.pause(detail, passing=passing):
            return False
        self.rest_by_itself()
        return True

    def rest_by_itself(self) -> None:
        """Tell the viewers where training ended. If the run can't go on, keep this moment."""
        self._keep_end()
        self.audience.announce()
        self.audience.publish(self.snapshot.iteration)

    def await_room(self) -> None:
        """Train on when errors can be written again."""
        self._waiting = asyncio.create_task(self._await_room(self.errors), name=f"wait {self.id}")

    def take(self, done: int, snapshot: Snapshot, met: Met) -> None:
        """Take over the result of a slice of training, in which `done` iterations were done."""
        rate, self.snapshot = self.snapshot.learning_rate, snapshot
        self.errors.reveal(done)
        self.history.take(met)
        if self.keyframes.due(snapshot.iteration):
            self.keep_moment()
        if done and self.aside is not None:
            self._forget_aside()  # the run has gone on
        if snapshot.learning_rate != rate:
            self.audience.announce()  # a planned change

    # Viewers

    def watched_by(self, viewer: Viewer) -> AbstractContextManager[None]:
        """Have a viewer for as long as the context lasts, and tell it where the run stands."""
        return self.audience.joined_by(viewer, self.snapshot.iteration)

    def _status_message(self) -> str:
        return StatusMessage(run=self.status()).model_dump_json()

    def _milestones_message(self) -> str:
        found = milestones_told(self._milestones, self.snapshot.config)
        return MilestonesMessage(generation=self.generation, milestones=found).model_dump_json()

    def _frame(self, errors_from: int | None, form: Form) -> bytes:
        here = self.snapshot.iteration
        errors = self.errors.latest(here if errors_from is None else errors_from)
        return encode_frame(
            self.snapshot, errors, generation=self.generation, state=self.state, rate=self.training.rate, form=form
        )


def too_many_changes(name: str) -> Refusal:
    """The refusal for a run whose learning rate has changed as often as it may."""
    detail = Text(
        "The learning rate of {name} has changed {most} times, and more changes are not possible. "
        "Reset it, or go on with another run.",
        name=name,
        most=MAX_RECORDED,
    )
    return Conflict(detail)
