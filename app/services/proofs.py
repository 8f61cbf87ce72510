"""What is proved about the network of a run: one proof at a time, about now or a past moment, kept with the run."""

import asyncio
import json
import logging
import secrets
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Literal, Protocol

from rnn_core.pieces import in_one
from rnn_core.proof import NoProofError, prove
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, unpacked

from ..refusals import Conflict, Missing, Refusal
from ..storage.kept_proofs import KeptProof
from .jobs import Jobs
from .keeper import Keeper
from .prover import Found, Prover, Unproved
from .travel import Travel

logger = logging.getLogger(__name__)

State = Literal["none", "running", "proved", "refuted", "undecided", "cancelled"]

MOST = 32
"""The most moments of a run of which it is kept what was found. The oldest answers go first."""

MOST_WHOLE = 6
"""How many of the latest proofs keep their certificate and pictures. Each may take some megabytes."""

MOST_PICTURES = 24
"""The most pictures of a proof. Of more, every second one is left out."""

NOT_ASKED = Text("Nobody has asked for a proof yet.")
CALLED_OFF = Text("It was called off before it came to an end.")
SERVER_ENDED = Text("The server ended while this was being proved. Ask again to begin anew.")
TOO_LONG = Text("It took more than an hour, and was given up.")


@dataclass(frozen=True)
class Answer:
    """What is known of the proof about one moment.

    Attributes:
        iteration: the moment.
        state: "running" while it is looked for.
        number: the order in which proofs were asked for.
        progress: from 0 to 1, about.
        stage, remembered, ahead, round, nodes, leaving: where it stands, as in `rnn_core.proof.Progress`.
        margin, logit_margin: the least distance of an output from one half, before the sigmoid the other; if proved.
        counterexample: a problem that fails, if refuted.
        seconds: how long it took, or takes already.
        detail: the same in words.
        pictures: how many there are of the sets.
        certified: whether there is a certificate.
    """

    iteration: int
    state: State = "running"
    number: int = 0
    progress: float = 0.0
    stage: str | None = None
    remembered: int = 0
    ahead: int = 0
    round: int = 0
    nodes: int = 0
    leaving: int = 0
    margin: float | None = None
    logit_margin: float | None = None
    counterexample: dict[str, Any] | None = None
    seconds: float = 0.0
    detail: str | None = None
    pictures: int = 0
    certified: bool = False

    def to_data(self) -> dict[str, Any]:
        """The answer as data for the disk."""
        return {**asdict(self), "detail": self.detail.packed() if isinstance(self.detail, Text) else self.detail}

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> "Answer":
        """The inverse of `to_data`, after the server was started again: nothing is running any more."""
        answer = cls(**{**data, "detail": data["detail"] and unpacked(data["detail"])})
        return replace(answer, state="cancelled", detail=SERVER_ENDED) if answer.state == "running" else answer

    def heard(self, message: dict[str, Any]) -> "Answer":
        """The same after the prover has told where it stands. How many rounds there will be, nobody knows, so each of
        them takes a part of what is left of the way.
        """
        where = {name: message[name] for name in ("stage", "remembered", "ahead", "round", "nodes", "leaving")}
        goal = {"refuting": 0.05, "closing": self.progress + (0.9 - self.progress) / 8, "checking": 0.95}[
            where["stage"]
        ]
        return replace(self, **where, progress=max(self.progress, goal))


@dataclass(frozen=True, eq=False)
class Known:
    """What was found out about one moment.

    Attributes:
        answer: what is told.
        whole: whether certificate and pictures are at hand.
        data: these, if runs are not stored; else they are on disk.
    """

    answer: Answer
    whole: bool = False
    data: bytes = b""

    @classmethod
    def of_kept(cls, kept: KeptProof) -> "Known | None":
        """What the disk holds; None if it makes no sense."""
        try:
            return cls(Answer.of_data(kept.answer), kept.whole)
        except (TypeError, ValueError, LookupError):
            logger.exception("what is kept of the proof at iteration %s makes no sense", kept.iteration)
            return None


@dataclass(eq=False)
class Work:
    """A proof that is being looked for.

    Attributes:
        answer: where it stands.
        began: when it began, on the monotonic clock.
        pictures: of the sets, as JSON, in order.
        search: looks for it. It may be cancelled.
        task: waits for that, and keeps what was found.
        reason: why it ends, if it is called off.
    """

    answer: Answer
    began: float
    pictures: list[bytes] = field(default_factory=list)
    search: "asyncio.Task[Found] | None" = None
    task: "asyncio.Task[None] | None" = None
    reason: Text = CALLED_OFF

    def hear(self, message: dict[str, Any]) -> None:
        """Take over what the prover says."""
        self.answer = self.answer.heard(message)
        if message["kind"] == "picture":
            if len(self.pictures) == MOST_PICTURES:
                del self.pictures[1::2]
            drawn = {name: message[name] for name in ("round", "remembered", "ahead", "outlines")}
            self.pictures.append(json.dumps(drawn, separators=(",", ":")).encode())
            self.answer = replace(self.answer, pictures=len(self.pictures))

    @property
    def now(self) -> Answer:
        """Where it stands now."""
        return replace(self.answer, seconds=time.monotonic() - self.began)


class Proven(Protocol):
    """What proofs need of a run."""

    id: str
    name: str
    travel: Travel

    @property
    def snapshot(self) -> Snapshot:
        """Where the run stands."""
        ...


class Proofs:
    """The proofs about one generation of a run. Everything here runs on the event loop."""

    def __init__(
        self,
        run: Proven,
        known: Sequence[Known],
        *,
        prover: Prover,
        jobs: Jobs,
        keeper: Keeper,
        check: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """Begin with what is known.

        Args:
            run: the run.
            known: what was found out before.
            prover: has the processes.
            jobs: computes the rest.
            keeper: keeps what is found.
            check: raises if the run no longer has this generation.
            changed: called when a proof begins or ends.
        """
        self._run = run
        self._known = {one.answer.iteration: one for one in known}
        self._prover = prover
        self._jobs = jobs
        self._keeper = keeper
        self._check = check
        self._changed = changed
        self._work: Work | None = None
        self._beginning = asyncio.Lock()

    # Questions

    @property
    def known(self) -> tuple[Known, ...]:
        """What was found out, in the order in which it was asked."""
        return tuple(sorted(self._known.values(), key=lambda one: one.answer.number))

    @property
    def busy(self) -> bool:
        """Whether something is being proved."""
        return self._work is not None or self._beginning.locked()

    @property
    def under_way(self) -> int | None:
        """The moment that is being proved, or None."""
        return None if self._work is None else self._work.answer.iteration

    @property
    def answers(self) -> list[Answer]:
        """What is known of all moments, in their order, with the one that is being proved."""
        found = {one.answer.iteration: one.answer for one in self._known.values()}
        if self._work is not None:
            found[self._work.answer.iteration] = self._work.now
        return [found[iteration] for iteration in sorted(found)]

    @property
    def best(self) -> Answer | None:
        """The latest moment that was proved right, or None."""
        return next((answer for answer in reversed(self.answers) if answer.state == "proved"), None)

    def about(self, iteration: int | None) -> Answer:
        """What is known of a moment; without one, of the moment that is being proved or was asked about last."""
        if self._work is not None and iteration in (None, self._work.answer.iteration):
            return self._work.now
        if iteration is None:
            return self.known[-1].answer if self._known else nothing_of(self._run.snapshot.iteration)
        known = self._known.get(iteration)
        return nothing_of(iteration) if known is None else known.answer

    def certified(self, answer: Answer) -> bool:
        """Whether the certificate of an answer is at hand."""
        known = self._known.get(answer.iteration)
        return answer.certified and known is not None and known.whole

    async def certificate(self, iteration: int) -> bytes:
        """The certificate of a moment.

        Raises:
            Refusal: `Missing` if there is none, `Unstored` if it can't be read.
        """
        _, certificate = await self._whole(iteration)
        if not certificate:
            raise self._nothing(iteration)
        return certificate

    async def picture(self, iteration: int, number: int) -> bytes | None:
        """A picture of the sets, as JSON: the one of this number or, if there are fewer, the last one. None if there is
        none.

        Raises:
            Refusal: `Unstored` if it can't be read.
        """
        if self._work is not None and self._work.answer.iteration == iteration:
            pictures: Sequence[bytes] = self._work.pictures
        else:
            pictures, _ = await self._whole(iteration)
        return pictures[min(number, len(pictures) - 1)] if pictures else None

    async def _whole(self, iteration: int) -> tuple[Sequence[bytes], bytes]:
        """The pictures and the certificate of a moment, as far as they are at hand."""
        known = self._known.get(iteration)
        if known is None or not known.whole:
            return [], b""
        data: bytes | None = known.data
        if not data:
            data = await self._keeper.call(lambda store: store.proofs.data(self._run.id, iteration))
        return ([], b"") if not data else await self._jobs.compute(in_one(partial(unpack, data)))

    def _nothing(self, iteration: int) -> Refusal:
        return Missing(
            Text(
                "There is no certificate of {name} after {iteration} iterations. Prove it first.",
                name=self._run.name,
                iteration=f"{iteration:,}",
            )
        )

    # Proving

    async def begin(self, iteration: int | None) -> Answer:
        """Begin to prove a moment, or now. What is being proved, or was decided, is not begun again.

        Raises:
            Refusal: `Conflict` if nothing can be proved about such a network, or another moment is being proved; `Busy`
                if there are too many proofs; and as `Travel.moment`.
        """
        async with self._beginning:
            self._check()
            now = self._run.snapshot
            wanted = now.iteration if iteration is None else iteration
            there = self.about(wanted)
            if there.state == "running" or (there.state in ("proved", "refuted") and self._is_whole(there)):
                return there
            if self._work is not None:
                raise self._at_work(self._work.answer.iteration)
            await self._require_provable(now)
            with ExitStack() as place:
                place.enter_context(self._prover.place())  # nobody takes it while the past is computed
                moment = now if wanted == now.iteration else await self._run.travel.moment(wanted)
                self._check()
                number = 1 + max((one.answer.number for one in self._known.values()), default=0)
                work = Work(Answer(wanted, number=number), time.monotonic())
                await self._keep(work.answer)  # so that it is known after a fall of the server
                self._check()
                self._work = work
                work.search = asyncio.create_task(self._prover.prove(moment, work.hear))
                work.task = asyncio.create_task(self._prove(work, work.search, place.pop_all()))
        self._changed()
        return work.now

    def _is_whole(self, answer: Answer) -> bool:
        """Whether nothing is missing of an answer: a certificate may have gone to make room."""
        return not answer.certified or self.certified(answer)

    def _at_work(self, iteration: int) -> Refusal:
        return Conflict(
            Text(
                "{name} is being proved after {iteration} iterations. Wait for that, or cancel it first.",
                name=self._run.name,
                iteration=f"{iteration:,}",
            )
        )

    async def _require_provable(self, now: Snapshot) -> None:
        """Raise a `Conflict` if nothing can be proved about networks of this kind."""
        trial = partial(prove, now.config, now.parameters, cancelled=lambda: True)
        try:
            await self._jobs.compute(in_one(trial))
        except NoProofError as error:
            raise Conflict(*error.args) from None

    async def _prove(self, work: Work, search: "asyncio.Task[Found]", place: ExitStack) -> None:
        """Wait for the end of a search, and keep what was found."""
        await asyncio.wait({search})
        place.close()
        ended, certificate = self._ended(work, search)
        with suppress(Refusal):
            self._check()  # after a reset nobody asks for it
            await self._keep(ended, await asyncio.to_thread(pack, work.pictures, certificate))
        self._work = None
        self._changed()

    def _ended(self, work: Work, search: "asyncio.Task[Found]") -> tuple[Answer, bytes]:
        """The answer of a search that has ended, and the certificate."""
        if search.cancelled():
            return replace(work.now, state="cancelled", detail=work.reason), b""
        error = search.exception()
        if error is None:
            message, certificate = search.result()
            found = {name: message[name] for name in ("state", "margin", "logit_margin", "counterexample")}
            detail = unpacked(message["detail"])
            return replace(work.now, **found, detail=detail, progress=1.0, certified=bool(certificate)), certificate
        if isinstance(error, TimeoutError):
            return replace(work.now, state="undecided", detail=TOO_LONG), b""
        log_id = secrets.token_hex(4)
        told = None if isinstance(error, Unproved) else error
        logger.error("%s: the proof of %s failed: %s", log_id, self._run.id, error, exc_info=told)
        detail = Text("The program that proves has failed; the server's log tells more under {log_id}.", log_id=log_id)
        return replace(work.now, state="undecided", detail=detail), b""

    async def _keep(self, answer: Answer, data: bytes = b"") -> None:
        """Keep an answer, and forget what there is no place for."""
        known = {**self._known, answer.iteration: Known(answer, bool(data), data)}
        latest = sorted(known.values(), key=lambda one: one.answer.number, reverse=True)
        gone = [one.answer.iteration for one in latest[MOST:]]
        large = [one for one in latest[:MOST] if one.whole]
        lessened = [replace(one, whole=False, data=b"") for one in large[MOST_WHOLE:]]
        changes = {one.answer.iteration: one for one in (known[answer.iteration], *lessened)}
        self._known = {place: one for place, one in {**known, **changes}.items() if place not in gone}
        if self._keeper.keeps:
            kept = [(KeptProof(place, one.answer.to_data(), one.whole), one.data) for place, one in changes.items()]
            try:
                done = await self._keeper.call(lambda store: store.proofs.put(self._run.id, kept, gone))
            except Refusal as refusal:  # what was found is worth telling, even if it can't be kept
                logger.warning("the proof of %s is not kept: %s", self._run.id, refusal.detail)
                return
            for one in done:
                self._known[one.iteration] = replace(changes[one.iteration], whole=one.whole, data=b"")

    async def cancel(self, reason: Text = CALLED_OFF) -> None:
        """End what is being proved, if anything is, and wait until nothing of it is left."""
        work = self._work
        if work is not None and work.task is not None:
            self.abandon(reason)
            await asyncio.wait({work.task})

    def abandon(self, reason: Text = CALLED_OFF) -> None:
        """The same without waiting."""
        if self._work is not None and self._work.search is not None:
            self._work.reason = reason
            self._work.search.cancel()


def nothing_of(iteration: int) -> Answer:
    """The answer about a moment that nobody has asked about."""
    return Answer(iteration, "none", detail=NOT_ASKED)


def pack(pictures: Sequence[bytes], certificate: bytes) -> bytes:
    """Pictures and a certificate in one; nothing if there is neither."""
    if not pictures and not certificate:
        return b""
    drawn = zlib.compress(b"\n".join(pictures))
    return len(drawn).to_bytes(8, "big") + drawn + certificate


def unpack(data: bytes) -> tuple[list[bytes], bytes]:
    """The inverse of `pack`."""
    end = 8 + int.from_bytes(data[:8], "big")
    drawn = zlib.decompress(data[8:end])
    return drawn.split(b"\n") if drawn else [], data[end:]
