"""How long threads have worked."""

import time
from threading import Lock


class Stopwatch:
    """Adds up the working time of some threads. It may be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._working, self._worked, self._counted = 0, 0.0, time.monotonic()

    def count(self, more: int) -> float:
        """Note that `more` threads more (or fewer) work from now on. Return the seconds of work so far."""
        with self._lock:
            now = time.monotonic()
            self._worked += self._working * (now - self._counted)
            self._counted = now
            self._working += more
            return self._worked
