"""The pace of a story: quick where nothing happens, slow where it learns. Times are plain numbers; there is no clock.

It knows the run only up to now. Again and again it looks how much the network has understood, smooths that a little,
and remembers the most so far. It holds the rise of that most near `RISE` a second: if it rises faster, training slows
down; if it rises more slowly, training speeds up, the faster the longer nothing happens. What is understood rises from
0 to 1 at most once, so a story has an end: the rise takes about `1 / RISE` seconds at most, and the rest little more
than the logarithm of the number of iterations.
"""

import math

RISE = 1 / 110
"""By how much the most that was understood should rise in a second."""

FIRST, SLOWEST, FASTEST = 100.0, 4.0, 1_000_000.0
"""Iterations a second: at the start, and at the two ends."""

LOOK_SECONDS = 0.25
"""Seconds between two looks at what is understood."""

SMOOTH_SECONDS = 0.5
"""What is understood goes up and down from look to look. It is smoothed over about so many seconds."""

RATE_SECONDS = 1.5
"""The rise in a second is measured over about so many seconds."""

UP, DOWN = 1.2, 0.15
"""The largest and the smallest factor by which the speed changes in a second."""

LONGEST_SECONDS = 1.0
"""Looks that are farther apart count as so many seconds apart: the run was paused meanwhile."""


class Story:
    """Decides how fast a run trains.

    Attributes:
        speed: iterations a second.
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.speed = FIRST
        self._looked_at: float | None = None
        self._smooth = self._most = 0.0
        self._rise = 0.0

    def due(self, now: float) -> bool:
        """Whether it is time to look at what is understood."""
        return self._looked_at is None or now >= self._looked_at + LOOK_SECONDS

    def look(self, understanding: float, now: float) -> None:
        """Change the speed after a look.

        Args:
            understanding: how much the network has understood, from 0 to 1; see `rnn_core.assessment.understanding`.
            now: the time in seconds.
        """
        if self._looked_at is None:
            self._smooth = self._most = understanding
            self._looked_at = now
            return
        seconds = min(LONGEST_SECONDS, max(1e-3, now - self._looked_at))
        self._looked_at = now
        self._smooth += (understanding - self._smooth) * _share(seconds, SMOOTH_SECONDS)
        risen = max(0.0, self._smooth - self._most)
        self._most += risen
        self._rise += (risen / seconds - self._rise) * _share(seconds, RATE_SECONDS)
        factor = min(UP, max(DOWN, RISE / max(self._rise, 1e-9)))
        self.speed = min(FASTEST, max(SLOWEST, self.speed * factor**seconds))


def _share(seconds: float, over: float) -> float:
    """The weight of the newest value in a mean over about `over` seconds."""
    return 1.0 - math.exp(-seconds / over)
