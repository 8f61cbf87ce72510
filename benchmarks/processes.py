"""Other processes: the servers that are measured, and the clients that measure them. Each has its own GIL."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
READY_SECONDS = 180.0
"""The number of seconds that compiling the engine may take."""


class Server:
    """A running server, with methods to command it.

    Attributes:
        port: its port on this machine.
        pid: the id of its process.
    """

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON.

        Raises:
            RuntimeError: the server refuses.
        """
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        text = response.read().decode()
        self._connection.close()  # else the server closes it in the long pauses between commands
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text}")
        return json.loads(text) if text else None

    def await_engine(self) -> None:
        """Wait until the engine is compiled.

        Raises:
            RuntimeError: it can't be compiled, or takes too long.
        """
        deadline = time.monotonic() + READY_SECONDS
        while (status := self.call("GET", "/api/engine"))["state"] != "ready":
            if status["state"] != "compiling" or time.monotonic() > deadline:
                raise RuntimeError(f"the engine is not ready: {status}")
            time.sleep(0.1)


@contextmanager
def running(*command: str) -> Iterator[Server]:
    """Run `python -m command` as a server that prints its address first. It is ended with SIGTERM.

    Raises:
        RuntimeError: it prints no address.
    """
    with subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"http://\S+:(\d+)/", line)
            if match is None:
                raise RuntimeError(f"{' '.join(command)} printed no address: {line!r}")
            yield Server(int(match[1]), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def client(*arguments: str | float) -> Any:
    """The results of `python -m benchmarks.clients` with these arguments."""
    command = [sys.executable, "-m", "benchmarks.clients", *map(str, arguments)]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


class Watching:
    """Viewers that watch.

    Attributes:
        frames: how many each was sent; known when they have gone.
    """

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.seconds = 0.0


@contextmanager
def watching(server: Server, run: str, viewers: int) -> Iterator[Watching]:
    """Run viewers of a run in one separate process. All are connected when the context begins."""
    watched = Watching()
    if viewers == 0:
        yield watched
        return
    with connected(server, run, viewers, "watch") as process:
        yield watched
        output, _ = process.communicate("", timeout=30)  # the end of its input tells it to end
        found = json.loads(output)
        watched.frames, watched.seconds = found["frames"], found["seconds"]


@contextmanager
def connected(server: Server, run: str, viewers: int, what: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of `benchmarks.clients` that does `what` with viewers of a run; all of them are connected."""
    url = f"ws://127.0.0.1:{server.port}/api/runs/{run}/stream"
    command = [sys.executable, "-m", "benchmarks.clients", what, url, str(viewers)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "watching":
                raise RuntimeError("the viewers could not connect")
            yield process
        finally:
            if process.poll() is None:
                process.kill()
