"""Iterations per second, over the last second of running."""

from collections import deque

WINDOW_SECONDS = 1.0


class RateMeter:
    """Remembers when iterations were reached. Times are plain numbers; there is no clock."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def clear(self) -> None:
        """Forget all marks."""
        self._marks.clear()

    def mark(self, now: float, iteration: int) -> None:
        """Note that `iteration` iterations are done at the time `now`."""
        self._marks.append((now, iteration))
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW_SECONDS:
            self._marks.popleft()

    def rate(self, now: float) -> float:
        """Iterations per second from the oldest mark in the window until `now`."""
        if len(self._marks) < 2:
            return 0.0
        (first, begin), (_, end) = self._marks[0], self._marks[-1]
        return (end - begin) / max(now - first, 1e-3)
