"""The threads that compute. The run that has used the training threads least goes next."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from heapq import heappop, heappush
from itertools import count
from threading import Condition
from typing import Any, TypeVar

from .jobs import Jobs
from .pacer import SLICE_SECONDS
from .prover import Prover
from .stopwatch import Stopwatch
from .threads import Threads

T = TypeVar("T")

Work = tuple[Future[Any], "Share", Callable[[], Any]]

ADVANTAGE = SLICE_SECONDS
"""A run that starts or comes back is ahead of the others by this many seconds of computing. It is one slice: so a run
that seldom has work is served first. It is not more, because any number of runs may come.
"""


COST_OF_COPIES = 8.0
"""How much a second of a visitor's copy counts. So a run that all share gets eight times what each copy gets, and two
hundred copies do not stop what the class watches.
"""


class Share:
    """How much a run has used the cores.

    Attributes:
        seconds: seconds of computing. After an absence it is raised to that of the other runs, less `ADVANTAGE`.
        cost: how much a second counts.
    """

    def __init__(self, cost: float = 1.0) -> None:
        self.seconds = 0.0
        self.cost = cost

    def count(self, seconds: float) -> None:
        """Count seconds of computing."""
        self.seconds += seconds * self.cost


class Cores:
    """Threads that train, and the threads of jobs. Of all waiting training, that of the share with the fewest seconds
    goes next.

    So runs without a speed limit get the same computing time, even if the machine is busy. A run that seldom has work
    does not wait behind them.

    Attributes:
        jobs: computes what requests wait for.
        iterations: how many iterations of all runs were trained here.
        prover: has the processes that prove.
    """

    def __init__(self, threads: int, initializer: Callable[[], None] = lambda: None) -> None:
        """Begin without threads. Up to `threads` training threads start with the work; each calls `initializer`."""
        self._threads = Threads(threads, "trainer", self._work)
        self._initializer = initializer
        self._waiting: list[tuple[float, int, Work]] = []
        self._order = count()
        self._changed = Condition()
        self._reached = 0.0
        self._ended = False
        self._stopwatch = Stopwatch()
        self.jobs = Jobs(max(1, threads // 2), self._stopwatch)
        self.iterations = 0
        self.prover = Prover()

    def submit_for(self, share: Share, work: Callable[[], T]) -> Future[T]:
        """Do `work` in a thread, and add its time to the share. Submit only one piece at a time for a share.

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
        """Total seconds of work of all these threads so far, with the current work."""
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
                    share.count(time.thread_time() - began)
                    future.set_exception(error)
                else:
                    share.count(time.thread_time() - began)
                    future.set_result(result)
            del future, share, work  # else they stay in memory until the next work
            self._stopwatch.count(-1)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work and end all jobs. The threads end when the waiting work is done, or cancelled."""
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
