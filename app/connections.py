"""Connections: how many are allowed, and how long each may keep the server waiting.

Every connection takes a file descriptor and some memory, even if its client sends nothing. So there is a limit for all
connections and for those of one address, well below what the system allows. And each client has deadlines: it has to
send the rest of its request and read the answer, or it is disconnected.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)

BACKLOG = 32
"""The number of connections that are accepted in one turn of the event loop. Three turns later the door has seen
them."""

RESERVED = 192
"""The number of file descriptors in reserve: for connections that the door has not seen yet, and for other files, such
as the database and its journal, errors on disk, and child processes that compile.
"""

MOST = 4096
"""The largest number of connections, even if the system allows more."""

SHARE = 0.75
"""The share of them that one client may have. It is more than half, because a whole class may come through one router,
or through a proxy that is not trusted."""

SHARE_OF_PROXY = 0.95
"""The share that a trusted proxy may have in connections of its own: those on which it has named no client, or not
yet. The rest is for those who come without it."""

SILENCE = 60.0
"""The number of seconds between two lines in the log about the same trouble."""


def allowed_connections() -> int:
    """How many connections this process can hold. It first raises the system's limit as far as it is allowed to."""
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
            pass  # then the present limit has to be enough
    return max(8, min(MOST, soft - RESERVED))


class Guest(Protocol):
    """A connection, for the door."""

    def make_room(self) -> None:
        """Close at once, because somebody else needs the place more."""
        ...


class Door:
    """Counts open connections, and refuses new ones above the limits.

    If it is full, the client that the server has waited for longest makes room: one that has not finished a request, or
    has no request at the moment. So even many half-open connections keep nobody out.

    Attributes:
        most: the largest number of connections.
        most_of_one: the largest number of connections from one address.
        most_of_proxy: the same for a trusted proxy's.
        turned_away: how many connections were refused or closed for others.
        slow: how many clients were disconnected because they read nothing.
    """

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.monotonic,
        trust: Callable[[str], bool] = lambda address: False,
    ) -> None:
        """Begin without connections. `trust` says whether an address is that of a trusted proxy."""
        self.most = most
        self.most_of_one = max(1, int(most * SHARE))
        self.most_of_proxy = max(1, int(most * SHARE_OF_PROXY))
        self._trust = trust
        self._clock = clock
        self._inside: Counter[str] = Counter()
        self._idle: dict[Guest, str] = {}  # in the order in which they became idle
        self.turned_away = self.slow = 0
        self._untold = 0
        self._told_at = -SILENCE

    def __len__(self) -> int:
        return self._inside.total()

    def enter(self, address: str) -> bool:
        """Accept a connection from an address, or refuse it. An idle connection may be closed for it."""
        if self._inside[address] >= (self.most_of_proxy if self._trust(address) else self.most_of_one):
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

    def change(self, address: str, other: str) -> bool:
        """A connection that counted for one address counts for another one from now on. If that has as many as it may,
        the connection is refused, and counts no longer.
        """
        self.leave(address)
        return self.enter(other)

    def leave(self, address: str) -> None:
        """A connection from this address has ended."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]

    def idle(self, guest: Guest, address: str) -> None:
        """The server waits for this client."""
        self._idle.setdefault(guest, address)

    def busy(self, guest: Guest) -> None:
        """The server answers this client, or the client has gone."""
        self._idle.pop(guest, None)

    def _turn_away(self) -> None:
        """Count it, and log it once a minute, because one line for each would fill the disk."""
        self.turned_away += 1
        self._untold += 1
        if self._clock() >= self._told_at + SILENCE:
            logger.warning("%s connections closed or refused: %s are open already", self._untold, len(self))
            self._untold, self._told_at = 0, self._clock()
