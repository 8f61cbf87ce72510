"""Clients, run in separate processes: `python -m benchmarks.clients watch URL VIEWERS`, `tally URL VIEWERS`,
`ask PORT PATH SECONDS CONNECTIONS` and `poll PORT SECONDS EVERY PATH...`. They print their results as JSON. They do as
little as a client can, because on a small machine they take time from the server.
"""

import asyncio
import json
import selectors
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

WARM_UP = 0.2
"""The number of seconds of asking before answers count."""


@asynccontextmanager
async def viewing(
    view: Callable[[int], Coroutine[None, None, None]], started: Sequence[asyncio.Event]
) -> AsyncIterator[None]:
    """Viewers, one for each event. A viewer sets its event when it has got a frame. They watch until the context ends.
    When all of them watch, that is printed and the context begins.
    """
    tasks = [asyncio.create_task(view(number)) for number in range(len(started))]
    for event in started:
        await asyncio.wait_for(event.wait(), 30)
    print("watching", flush=True)
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def watch(url: str, viewers: int) -> None:
    """Watch until standard input ends. Frames are read from the socket and counted, not decoded."""
    frames = [0] * viewers
    started = [asyncio.Event() for _ in range(viewers)]

    async def view(number: int) -> None:
        async with connect(url, compression=None, max_size=None, proxy=None) as websocket:
            async for message in websocket:
                if isinstance(message, bytes):
                    frames[number] += 1
                    started[number].set()

    async with viewing(view, started):
        began, before = time.perf_counter(), list(frames)
        await asyncio.to_thread(sys.stdin.read)
        seconds, after = time.perf_counter() - began, list(frames)
    print(json.dumps({"frames": [b - a for a, b in zip(before, after, strict=True)], "seconds": seconds}))


async def tally(url: str, viewers: int) -> None:
    """Watch until standard input ends. For each line on it, print how many frames each viewer has got."""
    frames = [0] * viewers
    started = [asyncio.Event() for _ in range(viewers)]

    async def view(number: int) -> None:
        async for websocket in connect(url, compression=None, max_size=None, proxy=None):
            with suppress(ConnectionClosed):  # the viewer connects again
                async for message in websocket:
                    if isinstance(message, bytes):
                        frames[number] += 1
                        started[number].set()

    async with viewing(view, started):
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(frames), flush=True)


class Asker:
    """One keep-alive connection that asks again as soon as it has an answer."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self._received = b""
        self._asked_at = 0.0

    def ask(self) -> None:
        self._asked_at = time.perf_counter()
        self.socket.sendall(self._request)

    def hear(self) -> float | None:
        """Read the data that has come. Returns the seconds since the question if the answer is complete, else None.

        Raises:
            RuntimeError: the answer is an error.
        """
        self._received += self.socket.recv(65536)
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not self._received.startswith(b"HTTP/1.1 200"[: len(self._received)]) or not self._received:
            raise RuntimeError(f"the server answers {self._received[:200]!r}")
        if not found:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return None
        self._received = b""
        return time.perf_counter() - self._asked_at


def ask(port: int, path: str, seconds: float, connections: int) -> None:
    """Ask for `path` over several connections at once, each with one question at a time, and print every wait (s)."""
    selector = selectors.DefaultSelector()
    askers = [Asker(port, path) for _ in range(connections)]
    for asker in askers:
        selector.register(asker.socket, selectors.EVENT_READ, asker)
        asker.ask()
    waits: list[float] = []
    begin = time.perf_counter() + WARM_UP
    end = begin + seconds
    while (now := time.perf_counter()) < end:
        for key, _ in selector.select(timeout=5):
            asker = key.data
            wait = asker.hear()
            if wait is not None:
                if now >= begin:
                    waits.append(wait)
                asker.ask()
    print(json.dumps({"waits": waits, "seconds": seconds}))


def poll(port: int, seconds: float, every: float, paths: Sequence[str]) -> None:
    """Ask for all paths one after the other, again and again, and print every wait (s). A round begins `every` seconds
    after the one before, or when that has ended.
    """
    askers = [Asker(port, path) for path in paths]
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        for asker in askers:
            asker.ask()
            while (wait := asker.hear()) is None:
                pass
            waits.append(wait)
        time.sleep(max(0.0, begun + every - time.perf_counter()))
    print(json.dumps({"waits": waits}))


def main() -> None:
    modes: dict[str, Callable[..., None]] = {
        "watch": lambda url, viewers: asyncio.run(watch(url, int(viewers))),
        "tally": lambda url, viewers: asyncio.run(tally(url, int(viewers))),
        "poll": lambda port, seconds, every, *paths: poll(int(port), float(seconds), float(every), paths),
        "ask": lambda port, path, seconds, connections: ask(int(port), path, float(seconds), int(connections)),
    }
    modes[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
