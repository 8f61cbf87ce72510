"""Clients that cost a server much. Each runs in a separate process at the lowest priority:
`python -m benchmarks.attacks NAME PORT SECONDS`. They only attack a server on this machine.

Each attack is one function. Its first line says what the client does. It prepares what it needs, says so on standard
output, waits for a line on standard input, and then goes on until its time is over.
"""

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Thread
from typing import Any

PATIENCE = 60.0
"""The number of seconds that an attacker waits for an answer."""

WIDE = {"bits": 11, "hidden_size": 128, "max_iterations": 10_000_000}
"""A network that takes long to evaluate."""


NEWCOMERS = 28


class Target:
    """The server that is attacked, for some time.

    Attributes:
        port: its port on this machine.
    """

    def __init__(self, port: int, seconds: float) -> None:
        self.port = port
        self._seconds = seconds
        self._end = 0.0

    def begin(self) -> None:
        """Say that everything is prepared, and wait for the start."""
        print("prepared", flush=True)
        sys.stdin.readline()
        self._end = time.monotonic() + self._seconds

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._end

    def turns(self) -> Iterator[int]:
        """Numbers from 0, until the time is over."""
        for number in count():
            if not self.goes_on:
                return
            yield number

    def call(self, method: str, path: str, body: object = None, accept: str = "*/*") -> tuple[int, bytes]:
        """Ask over a new connection; status 0 if there is no answer."""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, data, {"Content-Type": kind, "Accept": accept})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException):
            return 0, b""
        finally:
            connection.close()

    def create(self, *, speed: float | None = None, **config: Any) -> str:
        """A new run, with unlimited speed by default."""
        status, text = self.call("POST", "/api/runs", {"config": config, "speed": speed})
        return str(json.loads(text)["id"]) if status == 201 else "none"

    def step(self, run: str, iterations: int) -> None:
        for done in range(0, iterations, 10_000):
            self.call("POST", f"/api/runs/{run}/step", {"iterations": min(10_000, iterations - done)})

    def abandon(self, path: str) -> None:
        """Ask, and leave without waiting for the answer."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            time.sleep(0.01)

    def viewer(self, run: str) -> socket.socket:
        """A socket that has done its handshake and reads as little as it can."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", self.port))
        client.sendall(
            f"GET /api/runs/{run}/stream HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        client.recv(20)
        return client

    def flood(self, frames: bytes, reads: bool) -> None:
        """Send the same frames again and again, with a new socket when the server has closed the last one."""
        data = memoryview(frames * max(1, 65536 // len(frames)))
        for _ in self.turns():
            with suppress(OSError), self.viewer("main") as client:
                client.setblocking(False)
                sent = 0
                while self.goes_on:
                    try:
                        sent = (sent + client.send(data[sent:])) % len(data)
                    except BlockingIOError:
                        time.sleep(0.001)
                    if reads:
                        with suppress(BlockingIOError):
                            client.recv(65536)

    def at_once(self, clients: int, act: Callable[[int], None]) -> None:
        """Have `clients` clients do the same, again and again."""

        def go(number: int) -> None:
            for _ in self.turns():
                act(number)

        threads = [Thread(target=go, args=(number,), daemon=True) for number in range(clients)]
        for thread in threads:
            thread.start()
        while self.goes_on:
            time.sleep(0.05)


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """A masked frame with a mask of zero."""
    return bytes([opcode, 0x80 | len(payload)]) + bytes(4) + payload


def said(**message: Any) -> bytes:
    """A message as a frame."""
    return frame(0x81, json.dumps(message).encode())


def checkpoint(**metadata: str) -> bytes:
    """A file that claims to be a checkpoint, with this metadata and no tensors."""
    header = json.dumps({"__metadata__": metadata}).encode()
    return struct.pack("<Q", len(header)) + header


# A. Work has a budget


def import_of_many_fields(target: Target) -> None:
    """Imports a file of 15 MB whose config has 900,000 unknown fields."""
    file = checkpoint(config=json.dumps({f"f{k}": 1 for k in range(900_000)}, separators=(",", ":")), iteration="0")
    target.begin()
    for _ in target.turns():
        target.call("POST", "/api/runs/import", file)


def import_of_many_changes(target: Target) -> None:
    """Imports a checkpoint to which 700,000 changes of the learning rate were added."""
    run = target.create(hidden_size=2, bits=2, max_iterations=10_000_000)
    _, whole = target.call("GET", f"/api/runs/{run}/checkpoint")
    (length,) = struct.unpack_from("<Q", whole)
    header = json.loads(whole[8 : 8 + length])
    changes = [[k, 0.1 + k % 2 / 10] for k in range(700_000)]
    header["__metadata__"] |= {"changes": json.dumps(changes, separators=(",", ":"))}
    text = json.dumps(header).encode()
    file = struct.pack("<Q", len(text)) + text + whole[8 + length :]
    target.begin()
    for _ in target.turns():
        target.call("POST", "/api/runs/import", file)


def evaluations(target: Target) -> None:
    """Asks, four at a time, for the accuracy of 11 bits x 128 units at moments of the past, and for the present one."""
    run = target.create(**WIDE)
    target.step(run, 200)
    target.begin()

    def act(number: int) -> None:
        target.abandon(f"/api/runs/{run}/accuracy" + (f"?iteration={50 * number}" if number else ""))
        time.sleep(0.2)

    target.at_once(5, act)


def replays(target: Target) -> None:
    """Asks, forty at a time, for moments that have to be computed again, and leaves without the answers."""
    run = target.create(bits=16, hidden_size=64, batch_size=16, max_iterations=10_000_000)
    target.step(run, 3_000)
    ways = ("/predict?a=1&b=1&run={}&iteration={}", "/api/runs/{}/iterations/{}", "/api/runs/{}/accuracy?iteration={}")
    target.begin()

    def act(number: int) -> None:
        target.abandon(ways[number % 3].format(run, 2_999 - 37 * number))
        time.sleep(0.5)

    target.at_once(40, act)


def shapes(target: Target) -> None:
    """Makes runs of always new shapes, steps each, and deletes it, so that there is always one more to compile."""
    target.begin()

    def act(number: int) -> None:
        run = target.create(cell=("elman", "gru", "lstm")[number % 3], hidden_size=int(time.time() * 1000) % 120 + 3)
        with suppress(OSError), socket.create_connection(("127.0.0.1", target.port), PATIENCE) as client:
            client.sendall(f"POST /api/runs/{run}/step HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n\r\n".encode())
            time.sleep(0.3)
        target.call("DELETE", f"/api/runs/{run}")

    target.at_once(8, act)


def newcomers(target: Target) -> None:
    """Starts twenty-eight large runs within a second."""
    config = {"bits": 16, "hidden_size": 32, "batch_size": 16, "max_iterations": 10_000_000}
    runs = [target.create(**config) for _ in range(NEWCOMERS)]
    target.begin()
    for run in runs:
        target.call("POST", f"/api/runs/{run}/start")
    while target.goes_on:
        time.sleep(0.05)


def overviews(target: Target) -> None:
    """Asks, eight at a time, for the overview of a run of 1,000,000 iterations, and for moments of an LSTM as JSON."""
    long = target.create(hidden_size=1, bits=2, max_iterations=10_000_000)
    target.step(long, 1_000_000)
    large = target.create(cell="lstm", hidden_size=128, optimizer="adam", max_iterations=10_000_000)
    target.step(large, 50)
    target.begin()

    def act(number: int) -> None:
        if number % 2:
            target.call("GET", f"/api/runs/{long}/overview?points=5000&history=1000")
        else:
            target.call("GET", f"/api/runs/{large}/iterations/{number}", accept="application/json")

    target.at_once(8, act)


# B. Connections


def half_open(target: Target) -> None:
    """Opens connections, 1,100 at a time, that never finish their request."""
    target.begin()
    for _ in target.turns():
        open_ones = []
        for _ in range(1_100):
            with suppress(OSError):
                client = socket.create_connection(("127.0.0.1", target.port), 1)
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
                open_ones.append(client)
            if not target.goes_on:
                break
        time.sleep(1)
        for client in open_ones:
            client.close()


def pongs(target: Target) -> None:
    """Sends pongs that nobody asked for, as fast as it can."""
    target.begin()
    target.flood(frame(0x8A), reads=True)


def continuations(target: Target) -> None:
    """Begins a message, and sends empty pieces of it without end."""
    target.begin()
    target.flood(frame(0x01, b"{") + frame(0x00) * 10_000, reads=True)


def equal_speeds(target: Target) -> None:
    """Sets a run's speed to the speed that it has already, as fast as it can."""
    target.begin()
    target.flood(said(type="speed", value=None), reads=True)


def pings(target: Target) -> None:
    """Sends pings as fast as it can, and reads nothing."""
    target.begin()
    target.flood(frame(0x89, b"x" * 125), reads=False)


def refused_commands(target: Target) -> None:
    """Sends, as fast as it can, commands that are refused, over three sockets, and reads nothing."""
    frames = said(type="step") * 9 + said(type="reset", config={"bits": 99})
    target.begin()
    target.at_once(3, lambda _: target.flood(frames, reads=False))


def speeds(target: Target) -> None:
    """Changes the speed of its own run as fast as the server answers, over four connections."""
    run = target.create(max_iterations=10_000_000)
    target.call("POST", f"/api/runs/{run}/start")
    target.begin()
    numbers = count()

    def act(_: int) -> None:
        target.call("PATCH", f"/api/runs/{run}", {"speed": 300 + next(numbers) % 9})

    target.at_once(4, act)


def learning_rates(target: Target) -> None:
    """Changes the learning rate of its own running run as fast as the server answers."""
    run = target.create(speed=300, max_iterations=10_000_000)
    target.call("POST", f"/api/runs/{run}/start")
    target.begin()
    for number in target.turns():
        target.call("PATCH", f"/api/runs/{run}", {"learning_rate": 0.1 + number % 2 / 10})


# C. Disk


def branches(target: Target) -> None:
    """Branches from a large run and deletes the branch, again and again."""
    run = target.create(cell="lstm", hidden_size=128, optimizer="adam", max_iterations=10_000_000)
    for _ in range(5):
        target.step(run, 20)
    target.begin()

    def act(_: int) -> None:
        status, text = target.call("POST", "/api/runs", {"from": {"run": run, "iteration": 100}})
        if status == 201:
            target.call("DELETE", f"/api/runs/{json.loads(text)['id']}")

    target.at_once(2, act)


def starts_and_pauses(target: Target) -> None:
    """Starts and pauses a large run, again and again, so that each pause keeps a moment."""
    run = target.create(cell="lstm", hidden_size=128, optimizer="adam", max_iterations=10_000_000)
    target.begin()
    for _ in target.turns():
        target.call("POST", f"/api/runs/{run}/start")
        target.call("POST", f"/api/runs/{run}/pause")


def nothing(target: Target) -> None:
    """Keeps a core busy at the lowest priority and asks for nothing, like any other program beside a server."""
    target.begin()
    while target.goes_on:
        pass


ATTACKS: dict[str, Callable[[Target], None]] = {
    "A1 import, fields": import_of_many_fields,
    "A1 import, changes": import_of_many_changes,
    "A2 evaluations": evaluations,
    "A3 replays": replays,
    "A4 shapes": shapes,
    "A5 newcomers": newcomers,
    "A6 overviews": overviews,
    "B1 half-open": half_open,
    "B2 pongs": pongs,
    "B2 continuations": continuations,
    "B2 equal speeds": equal_speeds,
    "B3 pings": pings,
    "B3 refused commands": refused_commands,
    "B4 speeds": speeds,
    "B4 learning rates": learning_rates,
    "C1 branches": branches,
    "C1 starts and pauses": starts_and_pauses,
    "nothing": nothing,
}
"""The attacks by their names in the table, in its order."""


def main() -> None:
    name, port, seconds = sys.argv[1:4]
    if hasattr(os, "nice"):
        os.nice(19)
    ATTACKS[name](Target(int(port), float(seconds)))
    sys.stdout.flush()
    os._exit(0)  # do not wait for clients that still wait


if __name__ == "__main__":
    main()
