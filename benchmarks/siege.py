"""What one client can do, and how the others notice it: `scripts/bench siege`.

Each attack gets its own server with a temporary folder, on which `main` trains at unlimited speed before ten viewers. A
probe asks for `/healthz` a hundred times a second, and a teacher commands another run twice a second. Everything is
measured beside a process that only keeps a core busy, then beside the attack. Both have the lowest priority.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch

from benchmarks.attacks import ATTACKS, NEWCOMERS
from benchmarks.measure import load, machine, percentile, readable, readable_time, table
from benchmarks.processes import ROOT, Server, connected, running

VIEWERS = 10
MAIN = {"bits": 20, "hidden_size": 48, "max_iterations": 10_000_000}
"""The configuration of `main`: slow enough that it does not finish."""

BUDGET = 256 * 2**20
"""The bytes that the store may take. If the server has no budget, the same limit is checked."""

JOURNAL = 64 * 2**20
"""The bytes that the folder may take in addition for some time: the database's journal."""

LEAST_SHARE, MOST_HEALTH, MOST_COMMAND, MOST_MEMORY = 0.5, 0.1, 0.5, 200 * 2**20
FAIR = {"A5 newcomers": min(1.0, (os.cpu_count() or 1) / (NEWCOMERS + 1))}
"""The largest share of its iterations and frames that `main` can keep, if an attack's runs may train as much as it."""

LOST = 10.0
"""The number of seconds that a question without an answer counts."""


@dataclass(frozen=True)
class Felt:
    """What the others noticed in some time.

    Attributes:
        iterations: those of `main`, a second.
        frames: those of the viewer that got the fewest, a second.
        health: the 99th percentile of `/healthz`, in seconds.
        median: the median of `/healthz`, in seconds.
        command: the slowest command to another run, in seconds.
    """

    iterations: float
    frames: float
    health: float
    median: float
    command: float


class Asking:
    """A client that asks again and again, and notes how long each answer took."""

    def __init__(self, port: int, questions: list[tuple[str, str, object]], pause: float) -> None:
        self._port, self._questions, self._pause = port, questions, pause
        self._waits: list[float] = []
        self._ended = Event()
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def take(self) -> list[float]:
        """The notes since the last call."""
        waits, self._waits = self._waits, []
        return waits or [LOST]

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=LOST)
        turn = 0
        while not self._ended.wait(self._pause):
            method, path, body = self._questions[turn % len(self._questions)]
            turn += 1
            began = time.perf_counter()
            try:
                data = None if body is None else json.dumps(body)
                connection.request(method, path, data, {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                self._waits.append(time.perf_counter() - began if response.status < 500 else LOST)
            except (OSError, HTTPException):
                self._waits.append(LOST)
                connection.close()
        connection.close()


class Others:
    """The clients that do nothing wrong: ten viewers, a probe and a teacher."""

    def __init__(self, server: Server, viewers: "subprocess.Popen[str]", other: str) -> None:
        self._server, self._viewers = server, viewers
        self._probe = Asking(server.port, [("GET", "/healthz", None)], 0.01)
        patches = [("PATCH", f"/api/runs/{other}", {"speed": speed}) for speed in (200, 300)]
        self._teacher = Asking(server.port, [patches[0], ("POST", f"/api/runs/{other}/pause", {}), patches[1]], 0.5)

    def felt(self, seconds: float) -> Felt:
        """What they notice in the next `seconds` seconds."""
        self._probe.take()
        self._teacher.take()
        began, done, seen = time.perf_counter(), self._iteration(), self._frames()
        time.sleep(seconds)
        frames = [after - before for before, after in zip(seen, self._frames(), strict=True)]
        iterations = self._iteration() - done
        took = time.perf_counter() - began
        health, commands = self._probe.take(), self._teacher.take()
        return Felt(
            iterations / took, min(frames) / took, percentile(health, 99), percentile(health, 50), max(commands)
        )

    def end(self) -> None:
        self._probe.end()
        self._teacher.end()

    def _iteration(self) -> int:
        return int(self._server.call("GET", "/api/runs/main")["iteration"])

    def _frames(self) -> list[int]:
        assert self._viewers.stdin is not None
        assert self._viewers.stdout is not None
        self._viewers.stdin.write("\n")
        self._viewers.stdin.flush()
        return list(map(int, json.loads(self._viewers.stdout.readline())))


@contextmanager
def attacking(name: str, port: int, seconds: float) -> Iterator[None]:
    """Run an attack in a separate process. When it is prepared, it begins together with the context."""
    command = [sys.executable, "-m", "benchmarks.attacks", name, str(port), str(seconds)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            if process.stdout.readline().strip() != "prepared":
                raise RuntimeError(f"{name} could not be prepared")
            process.stdin.write("\n")
            process.stdin.flush()
            yield
        finally:
            process.kill()


class Size:
    """How much memory and disk space a server takes, measured again and again.

    Attributes:
        memory: the latest number of bytes.
        most_memory, most_disk: the largest numbers of bytes.
    """

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self._folder = pid, folder
        self.memory = self.most_memory = self.most_disk = 0
        self._ended = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self.measure()
        self._thread.start()

    def measure(self) -> int:
        """Measure now. Returns the bytes of memory; 0 where the system does not tell them in /proc, as Linux does."""
        with suppress(OSError), (Path("/proc") / str(self._pid) / "statm").open(encoding="ascii") as file:
            self.memory = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        disk = 0
        for path in self._folder.rglob("*"):
            try:
                about = path.stat()
                disk += about.st_blocks * 512 if hasattr(about, "st_blocks") else about.st_size
            except FileNotFoundError:
                continue
        self.most_memory, self.most_disk = max(self.most_memory, self.memory), max(self.most_disk, disk)
        return self.memory

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            try:
                self.measure()
            except (FileNotFoundError, ProcessLookupError):
                return


@dataclass(frozen=True)
class Result:
    """The result of one attack: what others noticed before and during it; the bytes of memory before it, the maximum,
    and after it; the maximum of the folder's bytes, and their limit.
    """

    name: str
    before: Felt
    during: Felt
    memory: tuple[int, int, int]
    disk: int
    disk_budget: int

    @property
    def missed(self) -> list[str]:
        """The targets that were not met, one word for each."""
        least = LEAST_SHARE * FAIR.get(self.name, 1.0)
        targets = {
            "iterations": self.during.iterations >= least * self.before.iterations,
            "frames": self.during.frames >= least * self.before.frames,
            "/healthz": self.during.health <= MOST_HEALTH,
            "commands": self.during.command <= MOST_COMMAND,
            "memory": max(self.memory[1:]) - self.memory[0] <= MOST_MEMORY,
            "disk": self.disk <= self.disk_budget + JOURNAL,
        }
        return [name for name, met in targets.items() if not met]

    def cells(self) -> list[str]:
        before, during = self.before, self.during
        return [
            self.name,
            f"{readable(before.iterations)} > {readable(during.iterations)}",
            f"{before.frames:.1f} > {during.frames:.1f}",
            f"{readable_time(before.health)} > {readable_time(during.health)}",
            f"{readable_time(before.median)} > {readable_time(during.median)}",
            f"{readable_time(before.command)} > {readable_time(during.command)}",
            " > ".join(f"{size / 2**20:.0f}" for size in self.memory),
            f"{self.disk / 2**20:.0f}",
            "missed: " + ", ".join(self.missed) if self.missed else "met",
        ]


HEADER = ["attack", "iterations/s", "frames/s", "/healthz p99", "p50", "slowest command", "MB", "disk MB", "targets"]


def besieged(name: str, seconds: float) -> Result:
    """Run one attack on its own server.

    Raises:
        RuntimeError: the server does not answer any more.
    """
    environment = {"RNN_ADDER_STORE_BUDGET": str(BUDGET)}
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, environment),
        running("app", "serve", "--port", "0", "--data-dir", folder) as server,
    ):
        server.await_engine()
        server.call("PATCH", "/api/runs/main", {"speed": None})
        server.call("POST", "/api/runs/main/reset", {"config": MAIN})
        server.call("POST", "/api/runs/main/step", {"iterations": 100})
        other = server.call("POST", "/api/runs", {"name": "Other"})["id"]
        server.call("POST", "/api/runs/main/start")
        with connected(server, "main", VIEWERS, "tally") as viewers:
            others = Others(server, viewers, other)
            size = Size(server.pid, Path(folder))
            try:
                time.sleep(1)
                with attacking("nothing", server.port, seconds + 60):
                    before = others.felt(seconds)
                memory = size.measure()
                with attacking(name, server.port, seconds + 60):
                    during = others.felt(seconds)
                time.sleep(2)
                size.measure()
            finally:
                others.end()
                size.end()
        budget = server.call("GET", "/api/storage").get("budget") or BUDGET
        return Result(name, before, during, (memory, size.most_memory, size.memory), size.most_disk, budget)


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The tables of this part, one for each round."""
    seconds = 3.0 if quick else 8.0
    yield f"{machine('numpy', 'numba', 'fastapi')}; {load()} before"
    for _ in range(rounds):
        rows = []
        for name in ATTACKS:
            if name == "nothing":
                continue
            try:
                rows.append(besieged(name, seconds).cells())
            except (OSError, RuntimeError, HTTPException) as error:
                rows.append([name, *[""] * (len(HEADER) - 2), f"missed: all, {error}"[:100]])
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
        yield table(HEADER, rows)
