"""How many iterations are due, and how long to wait for the next: time as plain numbers, no clock."""

SLICE_SECONDS = 0.010
"""What one slice of training should take."""

TICK_SECONDS = 1 / 60
"""At high speeds iterations are done in groups this far apart, rather than one by one."""

CATCH_UP_SECONDS = 0.1
"""Iterations missed within this time are made up for; beyond it they are let go."""

INSTANT = 1e-9
"""Seconds that are no time: what rounding leaves of a wait."""


class Pacer:
    """Decides how long slices are.

    Time earns iterations at the speed in force, and slices spend them. So however often the speed changes, nobody gets
    more than time has earned.

    Attributes:
        speed: iterations a second, or None for unlimited.
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
        """How many iterations fit into one slice, as far as is known."""
        return int(self._budget)

    def set_speed(self, speed: float | None, now: float) -> None:
        """Change the speed: from now on time earns by the new one. What was earned stays, up to what the new speed
        earns in a tick: a slow run does not begin with what a fast one left.
        """
        self._count(now)
        self.speed = speed
        self._earned = min(self._earned, max(1.0, TICK_SECONDS * (speed or 0.0)))
        self._awaited = min(self._awaited, self._group)

    def start(self, now: float) -> None:
        """Begin, with the first iteration due at once, unless a start just before has not earned the next one yet."""
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
        """How many iterations to do now; to be called when `wait` is over. They count as done."""
        budget = self.budget
        if self.speed is None:
            return budget
        self._count(now)
        due = max(1, int(self._earned + INSTANT * self.speed))
        count = min(due, budget)
        self._earned -= count
        self._awaited = self._group if count == due else 1  # what this slice can't hold is due at once
        return count

    def measured(self, iterations: int, seconds: float) -> None:
        """Learn from a slice how many iterations fit into the next: at most twice as many as did into this one."""
        if iterations > 0:
            fitting = SLICE_SECONDS * iterations / max(seconds, 1e-9)
            self._budget = max(1.0, min(fitting, 2.0 * max(iterations, self._budget / 2)))

    @property
    def _group(self) -> int:
        """Iterations that come due in a tick, which are done together."""
        return max(1, int(TICK_SECONDS * (self.speed or 0.0)))

    def _count(self, now: float) -> None:
        """Add what time has earned since it was last counted."""
        if self.speed is not None and now > self._counted:
            most = 1.0 + CATCH_UP_SECONDS * self.speed
            self._earned = min(most, self._earned + (now - self._counted) * self.speed)
        self._counted = max(self._counted, now)
