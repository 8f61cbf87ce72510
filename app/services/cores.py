"""The threads that compute. Of those that train it is the turn of the run that has had least of them."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from heapq import heappop, heappush
from itertools import count
from threading import Condition
from typing import Any, TypeVar

from app.services.jobs import Jobs
from app.services.pacer import SLICE_SECONDS
from app.services.stopwatch import Stopwatch
from app.services.threads import Threads

T = TypeVar("T")

Work = tuple[Future[Any], "Share", Callable[[], Any]]

ADVANTAGE = SLICE_SECONDS
"""Seconds of computing by which whoever comes, or comes back, is ahead of those that were there: a slice, so that one
that seldom has something to do is served first. It is no more, since any number may come.
"""


class Share:
    """What somebody has had of the cores.

    Attributes:
        seconds: of computing; for one that was away, as much as those that were not, less `ADVANTAGE`.
    """

    def __init__(self) -> None:
        self.seconds = 0.0


class Cores:
    """Threads that take, of all training that waits, that of whoever has had least; and beside them those of jobs.

    So runs that train without a limit come equally far, whatever else the machine does meanwhile, and one that seldom
    has something to do need not wait behind them.

    Attributes:
        jobs: what else is computed because somebody waits for it.
    """

    def __init__(self, threads: int, initializer: Callable[[], None] = lambda: None) -> None:
        """Begin with no thread; `threads` that train start with the first work, each with `initializer`."""
        self._threads = Threads(threads, "trainer", self._work)
        self._initializer = initializer
        self._waiting: list[tuple[float, int, Work]] = []
        self._order = count()
        self._changed = Condition()
        self._reached = 0.0
        self._ended = False
        self._stopwatch = Stopwatch()
        self.jobs = Jobs(max(1, threads // 2), self._stopwatch)

    def submit_for(self, share: Share, work: Callable[[], T]) -> Future[T]:
        """Have work done, one piece at a time for a share, which is charged for it.

        Raises:
            RuntimeError: after `shutdown`.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._ended:
                raise RuntimeError("the threads have ended")
            share.seconds = max(share.seconds, self._reached - ADVANTAGE)
            heappush(self._waiting, (share.seconds, next(self._order), (future, share, work)))
            self._threads.start_another()
            self._changed.notify()
        return future

    @property
    def worked(self) -> float:
        """Seconds that all these threads have been at work so far, all together, with the work under way."""
        return self._stopwatch.count(0)

    def _work(self) -> None:
        self._initializer()
        while True:
            with self._changed:
                while not self._waiting:
                    if self._ended:
                        return
                    self._changed.wait()
                seconds, _, (future, share, work) = heappop(self._waiting)
                self._reached = max(self._reached, seconds)
            self._stopwatch.count(1)
            if future.set_running_or_notify_cancel():
                began = time.thread_time()
                try:
                    result = work()
                except BaseException as error:
                    share.seconds += time.thread_time() - began
                    future.set_exception(error)
                else:
                    share.seconds += time.thread_time() - began
                    future.set_result(result)
            del future, share, work  # else they live until the next ones
            self._stopwatch.count(-1)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, give up all jobs, and end the threads once they have done, or cancelled, what waits."""
        self.jobs.close()
        with self._changed:
            self._ended = True
            waiting = [work for _, _, work in self._waiting]
            if cancel_futures:
                self._waiting.clear()
            self._changed.notify_all()
        if cancel_futures:
            for future, _, _ in waiting:
                future.cancel()
        if wait:
            self._threads.join()
