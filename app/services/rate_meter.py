"""Iterations a second, over the last second of running."""

from collections import deque

WINDOW_SECONDS = 1.0


class RateMeter:
    """Remembers when which iteration was reached: time as plain numbers, no clock."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def clear(self) -> None:
        """Forget: the run stands still."""
        self._marks.clear()

    def mark(self, now: float, iteration: int) -> None:
        """Say that `iteration` iterations are done by `now`."""
        self._marks.append((now, iteration))
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW_SECONDS:
            self._marks.popleft()

    def rate(self, now: float) -> float:
        """Iterations a second from the oldest mark within the window until `now`."""
        if len(self._marks) < 2:
            return 0.0
        (first, begin), (_, end) = self._marks[0], self._marks[-1]
        return (end - begin) / max(now - first, 1e-3)
