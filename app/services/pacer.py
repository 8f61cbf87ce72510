"""How many iterations are due, and how long to wait for the next: time as plain numbers, no clock."""

SLICE_SECONDS = 0.010
"""What one slice of training should take."""

TICK_SECONDS = 1 / 60
"""At high speeds iterations are done in groups this far apart, rather than one by one."""

CATCH_UP_SECONDS = 0.1
"""Iterations missed within this time are made up for; beyond it they are let go."""


class Pacer:
    """Decides how long slices are.

    Attributes:
        speed: iterations a second, or None for unlimited.
    """

    def __init__(self, speed: float | None) -> None:
        self.speed = speed
        self._next_due = 0.0
        self._budget = 1.0

    @property
    def budget(self) -> int:
        """How many iterations fit into one slice, as far as is known."""
        return int(self._budget)

    def set_speed(self, speed: float | None, now: float) -> None:
        """Change the speed; a wait that is longer than the new speed's ends sooner."""
        self.speed = speed
        if speed is not None:
            self._next_due = min(max(self._next_due, now), now + 1 / speed)

    def start(self, now: float) -> None:
        """Begin, with the first iteration due at once, unless a start just before has not earned the next one yet."""
        period = 0.0 if self.speed is None else 1 / self.speed
        self._next_due = min(max(self._next_due, now), now + period)

    def wait(self, now: float) -> float:
        """Seconds until iterations are due; 0 when some are."""
        return 0.0 if self.speed is None else max(0.0, self._next_due - now)

    def take(self, now: float) -> int:
        """How many iterations to do now; to be called when `wait` is over. They count as done."""
        budget = self.budget
        if self.speed is None:
            return budget
        behind = now - self._next_due
        if behind > CATCH_UP_SECONDS:
            self._next_due = now
            behind = 0.0
        due = 1 + int(max(behind, 0.0) * self.speed)
        # Work in ticks: what comes due until the next tick is done now as well.
        due = max(due, int(TICK_SECONDS * self.speed))
        count = min(due, budget)
        self._next_due += count / self.speed
        return count

    def measured(self, iterations: int, seconds: float) -> None:
        """Learn from a slice how many iterations fit into the next: at most twice as many as did into this one."""
        if iterations > 0:
            fitting = SLICE_SECONDS * iterations / max(seconds, 1e-9)
            self._budget = max(1.0, min(fitting, 2.0 * max(iterations, self._budget / 2)))
