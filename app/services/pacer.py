"""How many iterations are due, and how long to wait for the next. Times are plain numbers; there is no clock."""

SLICE_SECONDS = 0.010
"""Seconds that one slice of training should take."""

TICK_SECONDS = 1 / 60
"""Seconds between two groups of iterations: at high speeds iterations are done in groups, not one by one."""

CATCH_UP_SECONDS = 0.1
"""Iterations that are late by up to this many seconds are done later; those that are later still are skipped."""

INSTANT = 1e-9
"""Seconds that count as zero: a wait may be this long because of rounding."""


class Pacer:
    """Decides how long slices are.

    Time earns iterations at the current speed, and slices spend them. So changes of the speed never give more
    iterations than time has earned.

    Attributes:
        speed: iterations per second, or None for unlimited.
    """

    def __init__(self, speed: float | None) -> None:
        """Begin with one iteration earned."""
        self.speed = speed
        self._earned = 1.0
        self._counted = 0.0
        self._awaited = 1
        self._budget = 1.0

    @property
    def budget(self) -> int:
        """How many iterations fit into one slice, as measured so far."""
        return int(self._budget)

    def set_speed(self, speed: float | None, now: float) -> None:
        """Change the speed. From now on time earns at the new speed. What was earned stays, but at most one tick of the
        new speed: a slow run does not begin with many iterations from a fast time.
        """
        self._count(now)
        self.speed = speed
        self._earned = min(self._earned, max(1.0, TICK_SECONDS * (speed or 0.0)))
        self._awaited = min(self._awaited, self._group)

    def start(self, now: float) -> None:
        """Begin. The first iteration is due at once, unless the run was started just before and has spent it."""
        self._count(now)
        self._earned = min(self._earned, 1.0)
        self._awaited = 1

    def wait(self, now: float) -> float:
        """Seconds until iterations are due; 0 when some are."""
        if self.speed is None:
            return 0.0
        self._count(now)
        seconds = (self._awaited - self._earned) / self.speed
        return seconds if seconds > INSTANT else 0.0

    def take(self, now: float) -> int:
        """How many iterations to do now. Call it after `wait`. They count as done."""
        budget = self.budget
        if self.speed is None:
            return budget
        self._count(now)
        due = max(1, int(self._earned + INSTANT * self.speed))
        count = min(due, budget)
        self._earned -= count
        self._awaited = self._group if count == due else 1  # iterations that do not fit into this slice are due at once
        return count

    def measured(self, iterations: int, seconds: float) -> None:
        """Learn from a slice how many iterations fit into the next: at most twice as many as in this one."""
        if iterations > 0:
            fitting = SLICE_SECONDS * iterations / max(seconds, 1e-9)
            self._budget = max(1.0, min(fitting, 2.0 * max(iterations, self._budget / 2)))

    @property
    def _group(self) -> int:
        """Iterations that become due in one tick; they are done together."""
        return max(1, int(TICK_SECONDS * (self.speed or 0.0)))

    def _count(self, now: float) -> None:
        """Add what time has earned since the last call."""
        if self.speed is not None and now > self._counted:
            most = 1.0 + CATCH_UP_SECONDS * self.speed
            self._earned = min(most, self._earned + (now - self._counted) * self.speed)
        self._counted = max(self._counted, now)
