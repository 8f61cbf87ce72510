"""Connections: how many there may be, and how long each may keep the server waiting.

Every connection takes a file descriptor and some memory, whether its client ever says something or not. So there is a
bound on all of them and on those of one address, well below what the system allows, and a client has to get on: send
the rest of its request, read the answer, or be disconnected.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)

BACKLOG = 32
"""Connections that are accepted in one turn of the event loop. Three turns later the door has seen them."""

RESERVED = 192
"""File descriptors kept back: for what the door has not seen yet, and for what is no connection, such as the database
and its journal, errors on disk, and children that compile.
"""

MOST = 4096
"""Connections, where the system allows more."""

SHARE = 0.75
"""How much of them one address may have. More than half, since a whole class may come by one proxy."""

SILENCE = 60.0
"""Seconds between two lines in the log about the same trouble."""


def allowed_connections() -> int:
    """How many connections this process can hold. Raises the system's limit for it first, as far as that may be."""
    try:
        import resource  # noqa: PLC0415 (not on Windows, where there is no such limit)
    except ImportError:
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + RESERVED
    if soft == resource.RLIM_INFINITY:
        return MOST
    if soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
        except (OSError, ValueError):
            pass  # what there is has to do
    return max(8, min(MOST, soft - RESERVED))


class Guest(Protocol):
    """A connection, as the door sees it."""

    def make_room(self) -> None:
        """Close at once: somebody else needs the place more."""
        ...


class Door:
    """Counts who is in, and lets nobody in where that would be too many.

    Where it is full, whoever has been waited for longest makes room: a client that has not finished a request, or has
    none under way. So half-open connections, however many, keep nobody out.

    Attributes:
        most: connections in all.
        most_of_one: connections from one address.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody in."""
        self.most = most
        self.most_of_one = max(1, int(most * SHARE))
        self._clock = clock
        self._inside: Counter[str] = Counter()
        self._idle: dict[Guest, str] = {}  # in the order in which they fell idle
        self._turned_away = 0
        self._told_at = -SILENCE

    def __len__(self) -> int:
        return self._inside.total()

    def enter(self, address: str) -> bool:
        """Let one in from an address, or refuse it; one that is idle may have to go for it."""
        if self._inside[address] >= self.most_of_one:
            guest = next((guest for guest, its in self._idle.items() if its == address), None)
        elif len(self) >= self.most:
            guest = next(iter(self._idle), None)
        else:
            self._inside[address] += 1
            return True
        self._turn_away()
        if guest is None:
            return False
        its = self._idle.pop(guest)
        guest.make_room()
        self.leave(its)
        self._inside[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One that came in from there has gone."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]

    def idle(self, guest: Guest, address: str) -> None:
        """It is waited for."""
        self._idle.setdefault(guest, address)

    def busy(self, guest: Guest) -> None:
        """It is answered, or it has gone."""
        self._idle.pop(guest, None)

    def _turn_away(self) -> None:
        """Count it, and say so once a minute: a line for each would fill the disk."""
        self._turned_away += 1
        if self._clock() >= self._told_at + SILENCE:
            logger.warning("%s connections closed or refused: %s are open already", self._turned_away, len(self))
            self._turned_away, self._told_at = 0, self._clock()
