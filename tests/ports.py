"""Ports for servers of tests that nothing else on this machine is given."""

import os
import re
import socket
from contextlib import suppress
from itertools import count

_FIRST, _LAST = 10_000, 32_000
_EACH = 1_000
"""Below 32,768, where systems begin to give out ports by themselves, for "any port" and for every connection."""

_tried = count(os.getpid() * 7)


def own_port() -> int:
    """A free port of this worker's own share.

    A port that the system chose and that was closed again would not do: before the server under test listens there, the
    system may give it to another server, or to a connection.
    """
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
    share = _FIRST + worker * _EACH % (_LAST - _FIRST)
    while True:
        port = share + next(_tried) % _EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
