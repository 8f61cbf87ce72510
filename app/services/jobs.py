"""Long computations for requests: in slices, in turn, and only as long as somebody waits for the result.

There are four classes of work. Commands come first: they never wait for a job. Training has its own threads (see
`Cores`). Jobs are what somebody waits for: their threads have a lower priority, so any number of jobs does not stop
training. What nobody waits for comes last (see `Historian`).
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

from rnn_core.pieces import Pieces
from rnn_core.text import Text

from ..access.people import Person
from ..refusals import Busy, TooMany
from ..scheduling import WAITED_FOR, yield_to_others
from .keeper import ending
from .stopwatch import Stopwatch
from .threads import Threads

T = TypeVar("T")

SLICE_SECONDS = 0.005
"""Seconds for which a job computes before the next job's turn. It may be a little more: a piece is never cut."""

MOST = 32
"""Maximum number of open questions. Each may hold some megabytes. Equal questions count as one."""

MOST_OF_ONE = 24
"""Maximum number of open questions from one client: not all, but enough for a class behind one proxy."""

MOST_OF_VISITOR = 4
"""The same from one visitor."""

MOST_OF_VISITORS = 24
"""The same from all visitors together, so that the presenter is never kept out."""

VISITOR = "visitor "
"""The beginning of what a visitor is called among clients."""

asked_by: ContextVar[str] = ContextVar("asked_by", default="")
"""The client whose request is being answered: a visitor, or else an address. Clients take turns."""


def asker(person: Person, address: str) -> str:
    """What a client is called: a visitor by their id, so that a class behind one router is many; or else by address."""
    return address if person.presents else f"{VISITOR}{person.id or address}"


@dataclass(frozen=True, eq=False)
class Job:
    """Something to compute.

    Attributes:
        client: the client whose turn the job uses.
        pieces: the computation.
        check: called before each slice; what it raises ends the job.
        future: holds the result. If it is cancelled, nobody waits for the job any more.
    """

    client: str
    pieces: Pieces[Any]
    check: Callable[[], None]
    future: Future[Any]

    def go_on(self) -> bool:
        """Compute for one slice. Return whether there is more to do."""
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
        """End the job with an error."""
        self.pieces.close()
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


@dataclass(eq=False)
class Question:
    """An open question.

    Attributes:
        task: finds the answer.
        client: the client that asked first.
        waiting: the number of callers that wait for the answer.
    """

    task: "asyncio.Task[Any]"
    client: str
    waiting: int = 0


class Jobs:
    """Threads that compute what somebody waits for. Clients take turns, and so do the jobs of one client; a turn is one
    slice. So a short job does not wait for the end of a long one.
    """

    def __init__(self, threads: int, stopwatch: Stopwatch) -> None:
        """Begin without threads; they start with the first job."""
        self._threads = Threads(threads, "jobs", self._work)
        self._stopwatch = stopwatch
        self._waiting: dict[str, deque[Job]] = {}  # by client; the next client comes first
        self._changed = Condition()
        self._ended = False
        self._questions: dict[Hashable, Question] = {}

    async def compute(self, pieces: Pieces[T], check: Callable[[], None] = lambda: None) -> T:
        """What a computation returns. If this call is cancelled, the computation is cancelled, too.

        Args:
            pieces: the computation, in pieces of some milliseconds at most.
            check: called in the thread again and again; what it raises ends the computation, and is raised here.

        Raises:
            Refusal: `Busy` if the server is about to end.
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
        """The job whose turn it is. The client's other jobs wait until the client's next turn."""
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
            del job  # else its result stays in memory until the next job

    # Equal questions

    async def shared(
        self, question: Hashable, answer: Callable[[], Coroutine[Any, Any, T]], *, always: bool = False
    ) -> T:
        """The answer to a question. It is found once for all callers that ask while the question is open. If the last
        caller leaves, it is cancelled.

        Args:
            question: a key; equal keys mean equal questions.
            answer: finds the answer.
            always: whether to answer even if too many questions are open. It is for answers that are cheap, or that
                commands may wait for.

        Raises:
            Refusal: `Busy` if too many questions are open, or the server is about to end; and what `answer` raises.
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
                raise ending() from None  # the answer was cancelled, not the caller
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
            task.exception()  # mark the exception as seen, if all callers have left

    def _require_room(self, client: str) -> None:
        clients = [asked.client for asked in self._questions.values()]
        visits = client.startswith(VISITOR)
        of_visitors = sum(other.startswith(VISITOR) for other in clients)
        of_client = clients.count(client)
        if visits and of_client >= MOST_OF_VISITOR:
            raise TooMany(Text("You have asked {number} questions that are not answered yet.", number=of_client), 2)
        if len(clients) >= MOST or of_client >= MOST_OF_ONE or (visits and of_visitors >= MOST_OF_VISITORS):
            detail = Text("The server is busy with what others have asked. Ask again in a few seconds.")
            raise Busy(detail)

    def is_open(self, question: Hashable) -> bool:
        """Whether a caller waits for the answer to a question."""
        return question in self._questions

    @property
    def busy(self) -> bool:
        """Whether there are open questions or waiting jobs."""
        with self._changed:
            return bool(self._questions or self._waiting)

    def close(self) -> None:
        """End all jobs when the server ends. Their callers get a refusal."""
        with self._changed:
            self._ended = True
            left = [job for jobs in self._waiting.values() for job in jobs]
            self._waiting.clear()
            self._changed.notify_all()
        for job in left:
            job.fail(ending())
