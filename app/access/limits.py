"""How much visitors may ask. Times are plain numbers; there is no clock."""

from collections import OrderedDict

from rnn_core.text import Text

from ..refusals import Busy, Refusal, TooMany
from ..services.allowance import Allowance
from .people import Person

OF_ONE, BURST_OF_ONE = 30.0, 300.0
"""Requests a second of one visitor, and how many at once."""

OF_ADDRESS, BURST_OF_ADDRESS = 300.0, 3000.0
"""The same of all strangers at one address, who have no cookie: a whole class may come through one router."""

OF_ALL, BURST_OF_ALL = 2000.0, 8000.0
"""The same of all visitors and strangers."""

REMEMBERED = 4096
"""The number of visitors and addresses whose requests are counted. Those who have asked nothing for longest leave."""


class Limits:
    """Counts the requests of visitors."""

    def __init__(self) -> None:
        """Begin without any."""
        self._each: OrderedDict[str, Allowance] = OrderedDict()
        self._all = Allowance(OF_ALL, BURST_OF_ALL)

    def take(self, person: Person, address: str, now: float) -> Refusal | None:
        """Count one request. Return why it is refused, or None."""
        own = self._of(f"visitor {person.id}") if person.id else self._of(address, OF_ADDRESS, BURST_OF_ADDRESS)
        if (wait := own.wait_for(1.0, now)) > 0:
            detail = Text("These are more requests than one visitor may send. Ask again in a few seconds.")
            return TooMany(detail, again_in=whole_seconds(wait))
        if (wait := self._all.wait_for(1.0, now)) > 0:
            detail = Text("All visitors together ask more than this server can answer. Ask again in a few seconds.")
            return Busy(detail, again_in=whole_seconds(wait))
        own.take(1.0, now)
        self._all.take(1.0, now)
        return None

    def _of(self, name: str, rate: float = OF_ONE, most: float = BURST_OF_ONE) -> Allowance:
        found = self._each.pop(name, None) or Allowance(rate, most)
        self._each[name] = found
        if len(self._each) > REMEMBERED:
            self._each.popitem(last=False)
        return found


def whole_seconds(wait: float) -> int:
    """Whole seconds, at least one, as Retry-After has it."""
    return max(1, round(wait + 0.5))
