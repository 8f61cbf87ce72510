"""How much may be used, and how long to wait if that is too much. Times are plain numbers; there is no clock."""


class Allowance:
    """An amount that grows with time, up to a bound. Taking more than there is means a wait. Users that share it wait
    in the order in which they asked.
    """

    def __init__(self, rate: float, most: float) -> None:
        """Begin with the full amount.

        Args:
            rate: what is added per second.
            most: the bound.
        """
        self._rate = rate
        self._most = most
        self._left = most
        self._counted = 0.0

    def wait_for(self, amount: float, now: float) -> float:
        """The seconds until `amount` is there, 0 if it is there now. Nothing is taken."""
        left = min(self._most, self._left + max(0.0, now - self._counted) * self._rate) - amount
        return max(0.0, -left / self._rate)

    def take(self, amount: float, now: float) -> float:
        """Take `amount`. Return the seconds to wait until it is there, 0 if it is there now."""
        wait = self.wait_for(amount, now)
        self._left = min(self._most, self._left + max(0.0, now - self._counted) * self._rate) - amount
        self._counted = max(self._counted, now)
        return wait
