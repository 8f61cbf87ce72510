"""What requests ask for that takes long: computed in slices, by turns, for as long as somebody waits for it.

There are four classes of work. Commands come first: they never wait for a job. Training has threads of its own (see
`Cores`). Jobs are what somebody waits for: they have a thread with a lower priority, so that training goes on beside
any number of them. What nobody waits for comes last (see `Historian`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from threading import Condition
from typing import Any, TypeVar

from app.refusals import Busy
from app.scheduling import WAITED_FOR, yield_to_others
from app.services.keeper import ending
from app.services.stopwatch import Stopwatch
from app.services.threads import Threads
from rnn_core.pieces import Pieces
from rnn_core.text import Text

T = TypeVar("T")

SLICE_SECONDS = 0.005
"""How long a job computes until it is another's turn, or a little longer: a piece of it is never cut."""

MOST = 32
"""Questions that may be open at once, each of which may hold some megabytes. Equal ones count as one."""

MOST_OF_ONE = 24
"""How many of them one client may have asked: not all, and yet enough for a class that comes by one proxy."""

asked_by: ContextVar[str] = ContextVar("asked_by", default="")
"""The address of the client whose request is answered. Turns go by clients."""


@dataclass(frozen=True, eq=False)
class Job:
    """Something to compute.

    Attributes:
        client: whose turn it takes.
        pieces: the computation.
        check: called before each slice; what it raises ends the job.
        future: of the result. Once it is cancelled, nobody waits for the job any more.
    """

    client: str
    pieces: Pieces[Any]
    check: Callable[[], None]
    future: Future[Any]

    def go_on(self) -> bool:
        """Compute for a slice; whether there is more to do."""
        if self.future.cancelled():
            self.pieces.close()
            return False
        try:
            self.check()
            end = time.monotonic() + SLICE_SECONDS
            next(self.pieces)
            while time.monotonic() < end and not self.future.cancelled():
                next(self.pieces)
        except StopIteration as done:
            if self.future.set_running_or_notify_cancel():
                self.future.set_result(done.value)
            return False
        except BaseException as error:
            self.fail(error)
            return False
        return True

    def fail(self, error: BaseException) -> None:
        """Give up."""
        self.pieces.close()
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


@dataclass(eq=False)
class Question:
    """Something that is asked.

    Attributes:
        task: finds the answer.
        client: who asked first.
        waiting: how many wait for the answer.
    """

    task: "asyncio.Task[Any]"
    client: str
    waiting: int = 0


class Jobs:
    """Threads that compute what somebody waits for: a slice for each client in turn, and of a client's jobs
    for each in turn. So a short one does not wait for a long one to end.
    """

    def __init__(self, threads: int, stopwatch: Stopwatch) -> None:
        """Begin with no thread; they start with the first job."""
        self._threads = Threads(threads, "jobs", self._work)
        self._stopwatch = stopwatch
        self._waiting: dict[str, deque[Job]] = {}  # by client; whose turn it is next comes first
        self._changed = Condition()
        self._ended = False
        self._questions: dict[Hashable, Question] = {}

    async def compute(self, pieces: Pieces[T], check: Callable[[], None] = lambda: None) -> T:
        """What a computation returns. It is called off where nobody waits for it any more: this is cancelled.

        Args:
            pieces: what to compute, in pieces of some milliseconds at most.
            check: called in the thread again and again; what it raises ends the computation, and is raised here.

        Raises:
            Refusal: `Busy` where the server is about to end.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._ended:
                pieces.close()
                raise ending()
            self._queue(Job(asked_by.get(), pieces, check, future))
            self._threads.start_another()
            self._changed.notify()
        return await asyncio.wrap_future(future)

    def _queue(self, job: Job) -> None:
        self._waiting.setdefault(job.client, deque()).append(job)

    def _next(self) -> Job:
        """Whose turn it is. The client's other jobs wait until it is the client's turn again."""
        client = next(iter(self._waiting))
        jobs = self._waiting.pop(client)
        job = jobs.popleft()
        if jobs:
            self._waiting[client] = jobs
        return job

    def _work(self) -> None:
        yield_to_others(WAITED_FOR)
        while True:
            with self._changed:
                while not self._waiting:
                    if self._ended:
                        return
                    self._changed.wait()
                job = self._next()
            self._stopwatch.count(1)
            more = job.go_on()
            self._stopwatch.count(-1)
            if more:
                with self._changed:
                    if not self._ended:
                        self._queue(job)
                        continue
                job.fail(ending())
            del job  # else its result lives until the next one

    # Equal questions

    async def shared(
        self, question: Hashable, answer: Callable[[], Coroutine[Any, Any, T]], *, always: bool = False
    ) -> T:
        """The answer to a question, found once for all who ask while it is open. Where the last of them leaves, it is
        called off.

        Args:
            question: what equal questions have in common.
            answer: finds the answer.
            always: whether it is answered however many questions there are, for commands may wait for it, or it takes
                little.

        Raises:
            Refusal: `Busy` where there are too many questions already, or the server is about to end; and what `answer`
                raises.
        """
        asked = self._questions.get(question)
        if asked is None:
            client = asked_by.get()
            if not always:
                self._require_room(client)
            asked = Question(asyncio.create_task(answer()), client)
            self._questions[question] = asked
            asked.task.add_done_callback(partial(self._close_question, question))
        asked.waiting += 1
        waiter = asyncio.current_task()
        try:
            return await asyncio.shield(asked.task)
        except asyncio.CancelledError:
            if asked.task.cancelled() and waiter is not None and not waiter.cancelling():
                raise ending() from None  # what the answer waited for is gone, and not who waits for the answer
            raise
        finally:
            asked.waiting -= 1
            if not asked.waiting and not asked.task.done():
                self._close_question(question, asked.task)
                asked.task.cancel()

    def _close_question(self, question: Hashable, task: "asyncio.Task[Any]") -> None:
        asked = self._questions.get(question)
        if asked is not None and asked.task is task:
            del self._questions[question]
        if task.done() and not task.cancelled():
            task.exception()  # where all have left, nobody else asks what became of it

    def _require_room(self, client: str) -> None:
        of_client = sum(asked.client == client for asked in self._questions.values())
        if len(self._questions) >= MOST or of_client >= MOST_OF_ONE:
            detail = Text("The server is busy with what others have asked. Ask again in a few seconds.")
            raise Busy(detail)

    def is_open(self, question: Hashable) -> bool:
        """Whether somebody waits for the answer to a question."""
        return question in self._questions

    @property
    def busy(self) -> bool:
        """Whether anything is asked, or computed."""
        with self._changed:
            return bool(self._questions or self._waiting)

    def close(self) -> None:
        """Give up all jobs; for the server's end. Whoever waits for one is told so."""
        with self._changed:
            self._ended = True
            left = [job for jobs in self._waiting.values() for job in jobs]
            self._waiting.clear()
            self._changed.notify_all()
        for job in left:
            job.fail(ending())
