"""A crowd of viewers in one process: `python -m benchmarks.crowd PORT PATH VIEWERS STALLED`.

All read from raw sockets and do as little as they can, because on a small machine they take time from the server. They
notice where a message ends, and which iteration a frame shows. The stalled ones shake hands and read nothing. If the
server closes a socket, its viewer connects again.

It prints `watching` when each reading viewer has got a frame, with the seconds that took. Then it obeys lines on its
standard input. `begin` forgets what was noticed so far. `report` prints, as JSON, what each reading viewer got since
then. The end of its input ends it.
"""

import json
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""The number of seconds that all viewers together may take until they have got a frame."""

PAUSE = 0.02
"""The number of seconds until a viewer tries again to connect."""

SMALL = 4096
"""The bytes that the system holds for a stalled viewer."""

HEAD = 4096
"""The bytes of a frame's beginning that are looked at for its iteration, if it came in pieces."""

ITERATION = b'"iteration":"'

BINARY = 0x82


def iteration_of(data: bytes, begin: int, end: int) -> int:
    """The iteration that a frame at `begin` shows; -1 if it is not found."""
    at = data.find(ITERATION, begin, end)
    if at < 0:
        return -1
    at += len(ITERATION)
    return int(data[at : data.index(b'"', at)])


class Reading:
    """What one viewer has read.

    Attributes:
        frames: the iteration that each frame shows, and when it had come (s, on the system's monotonic clock).
        bytes: the number of bytes of all data.
    """

    def __init__(self) -> None:
        self.frames: list[tuple[int, float]] = []
        self.bytes = 0
        self._head = b""
        self._left = 0
        self._binary = False

    def feed(self, data: bytes, now: float) -> None:
        """Take data that came at `now`: whole messages, or pieces of them."""
        self.bytes += len(data)
        at, end = 0, len(data)
        while at < end:
            if self._left:  # the rest of a message that began before this data
                taken = min(self._left, end - at)
                if len(self._head) < HEAD:
                    self._head += data[at : at + taken]
                self._left -= taken
                at += taken
                if not self._left:
                    if self._binary:
                        self.frames.append((iteration_of(self._head, 0, len(self._head)), now))
                    self._head = b""
                continue
            if self._head:  # a header came in pieces
                data, at, self._head = self._head + data[at:], 0, b""
                end = len(data)
            if end - at < 2 or end - at < (need := {126: 4, 127: 10}.get(data[at + 1], 2)):
                self._head = data[at:]
                return
            length = data[at + 1] if need == 2 else int.from_bytes(data[at + 2 : at + need], "big")
            binary = data[at] == BINARY
            if end - at - need >= length:
                if binary:
                    self.frames.append((iteration_of(data, at, at + need + length), now))
                at += need + length
            else:
                self._head, self._left, self._binary = data[at + need :], length - (end - at - need), binary
                return


class Crowd:
    """The viewers.

    Attributes:
        readers: those that read.
    """

    def __init__(self, port: int, path: str, viewers: int, stalled: int) -> None:
        self.readers = [Reading() for _ in range(viewers)]
        self._stalled = stalled
        self._port = port
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[socket.socket, Reading | None, bool]] = {}
        self._again: list[tuple[float, Reading | None]] = []
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        for reading in [*self.readers, *[None] * stalled]:
            self._connect(reading)

    def watch(self, listen: Callable[[], bool]) -> None:
        """Read until `listen`, which is called when standard input has something, returns False."""
        self._poll.register(0, select.EPOLLIN)
        while True:
            for descriptor, _ in self.step(1.0):
                if descriptor == 0 and not listen():
                    return

    def begin(self) -> None:
        """Wait until each reading viewer has got a frame.

        Raises:
            TimeoutError: some did not get one.
        """
        deadline = time.monotonic() + PATIENCE
        while not all(reading.frames for reading in self.readers):
            self.step(0.05)
            if time.monotonic() > deadline:
                raise TimeoutError("some viewers got no frame")

    def step(self, seconds: float) -> list[tuple[int, int]]:
        """Read what has come, or wait for it for at most `seconds`. Returns all events."""
        now = time.monotonic()
        if self._again:
            due = [reading for at, reading in self._again if at <= now]
            self._again = [each for each in self._again if each[0] > now]
            for reading in due:
                self._connect(reading)
            seconds = min(seconds, PAUSE)
        events = self._poll.poll(seconds)
        for descriptor, _ in events:
            if descriptor in self._sockets:
                self._read(descriptor)
        return events

    def _connect(self, reading: Reading | None) -> None:
        viewer = socket.socket()
        if reading is None:
            viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        try:
            viewer.connect(("127.0.0.1", self._port))
        except OSError:
            viewer.close()
            self._again.append((time.monotonic() + PAUSE, reading))
            return
        viewer.sendall(self._request)
        viewer.setblocking(False)
        self._sockets[viewer.fileno()] = (viewer, reading, False)
        self._poll.register(viewer, select.EPOLLIN)

    def _read(self, descriptor: int) -> None:
        viewer, reading, shaken = self._sockets[descriptor]
        try:
            data = viewer.recv(262_144 if reading else 256)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(descriptor)
            del self._sockets[descriptor]
            viewer.close()
            self._again.append((time.monotonic() + PAUSE, reading))
            return
        if not shaken:
            head, end, data = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101 ") or not end:
                raise RuntimeError(f"the server answers {head[:200]!r}")
            self._sockets[descriptor] = (viewer, reading, True)
            if reading is None:  # from now on only its end is noticed
                self._poll.modify(descriptor, select.EPOLLRDHUP)
        if reading and data:
            reading.feed(data, time.monotonic())


def main() -> None:
    port, path, viewers, stalled = sys.argv[1:]
    began = time.monotonic()
    crowd = Crowd(int(port), path, int(viewers), int(stalled))
    crowd.begin()
    print("watching", time.monotonic() - began, flush=True)

    def listen() -> bool:
        line = os.read(0, 100).strip()
        if line == b"begin":
            for reading in crowd.readers:
                reading.frames, reading.bytes = [], 0
        elif line == b"report":
            found: list[dict[str, Any]] = [{"frames": each.frames, "bytes": each.bytes} for each in crowd.readers]
            print(json.dumps(found), flush=True)
        return bool(line)

    crowd.watch(listen)


if __name__ == "__main__":
    main()
