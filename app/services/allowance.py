"""How much somebody may ask for, and how long to wait where that is too much: time as plain numbers, no clock."""


class Allowance:
    """Time earns it, up to a bound. Who asks for more waits: whoever shares it, in the order in which they asked."""

    def __init__(self, rate: float, most: float) -> None:
        """Begin with all of it.

        Args:
            rate: what a second earns.
            most: what can be saved up.
        """
        self._rate = rate
        self._most = most
        self._left = most
        self._counted = 0.0

    def take(self, amount: float, now: float) -> float:
        """Take some of it; the seconds to wait until that is earned, 0 where it is already."""
        self._left = min(self._most, self._left + max(0.0, now - self._counted) * self._rate) - amount
        self._counted = max(self._counted, now)
        return max(0.0, -self._left / self._rate)
