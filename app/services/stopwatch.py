"""How long threads have been at work."""

import time
from threading import Lock


class Stopwatch:
    """Adds up the time that some threads work, all together. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._working, self._worked, self._counted = 0, 0.0, time.monotonic()

    def count(self, more: int) -> float:
        """From now on so many `more` threads work; return the seconds of work so far."""
        with self._lock:
            now = time.monotonic()
            self._worked += self._working * (now - self._counted)
            self._counted = now
            self._working += more
            return self._worked
