"""A class of 200 before one run: `scripts/bench classroom`.

The server is a real one, with a store in a temporary folder; `main` trains at unlimited speed. All viewers are in one
other process that does as little as it can (`benchmarks.crowd`). Conditions take turns. As others may use the machine,
too, the cost of a viewer is told in seconds of the processor; that depends less on them than a time on the clock.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.frame_sizes import frame_sizes
from benchmarks.measure import Spread, load, machine, percentile, readable, readable_time, table, take_turns
from benchmarks.processes import ROOT, Server, running
from benchmarks.served import Row, divided, median, ratio
from benchmarks.siege import Size

VIEWERS, STALLED = 200, 3
MAIN = {"batch_size": 16, "max_iterations": 10_000_000}
"""The frames are those of the default, and it does not finish."""
SETTLE = 1.0
"""The number of seconds between the arrival of the class and the beginning of the measurement."""
COMMANDS = 10
"""How often the run is paused and started before the class, in each round."""
PLAIN, SMALL = "/api/runs/main/stream", "/api/runs/main/stream?frames=small"


@dataclass(frozen=True)
class Lesson:
    """What happened while a class watched, or nobody.

    Attributes:
        iterations: those of `main`, a second.
        loop: the seconds of the processor that the event loop's thread took, a second.
        client: the same of the process with all viewers.
        frames: the frames a second of the reading viewer that got the fewest.
        all_frames: the frames a second of all reading viewers together.
        bytes: those that a reading viewer got, a second.
        late: for the viewer with the largest, the 99th percentile of the times from publishing a frame to its arrival.
        command: the longest time that pausing or starting took.
    """

    iterations: float
    loop: float
    client: float = 0.0
    frames: float = 0.0
    all_frames: float = 0.0
    bytes: float = 0.0
    late: float = 0.0
    command: float = 0.0


class Class:
    """Viewers in one separate process.

    Attributes:
        pid: the id of that process.
        seconds: how long it took until each reading viewer had its first frame.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid
        word, _, seconds = self._line().partition(" ")
        if word != "watching":
            raise RuntimeError("the class could not connect")
        self.seconds = float(seconds)

    def begin(self) -> None:
        """Count from now on."""
        self._tell("begin")

    def report(self) -> list[dict[str, Any]]:
        """What each reading viewer got since then."""
        self._tell("report")
        found: list[dict[str, Any]] = json.loads(self._line())
        return found

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def attending(server: Server, path: str, viewers: int, stalled: int) -> Iterator[Class]:
    """A class that watches, of whom some read nothing, until the context ends."""
    command = [sys.executable, "-m", "benchmarks.crowd", str(server.port), path, str(viewers), str(stalled)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Class(process)
        finally:
            process.kill()


def processor(path: str) -> float:
    """The seconds of the processor that a thread or a process has taken, as Linux tells them in /proc."""
    fields = Path(path).read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def commanded(server: Server) -> float:
    """The longest time that pausing or starting `main` took."""
    longest = 0.0
    for _ in range(COMMANDS):
        for command in ("pause", "start"):
            time.sleep(0.05)
            began = time.perf_counter()
            server.call("POST", f"/api/runs/main/{command}")
            longest = max(longest, time.perf_counter() - began)
    return longest


def lesson(server: Server, seconds: float, path: str | None) -> Lesson:
    """What happens in some seconds while a class watches by this path, or nobody."""
    server.call("POST", "/api/runs/main/reset", {"config": MAIN})
    server.call("POST", "/api/runs/main/step", {"iterations": 100})  # waits for its engine
    server.call("POST", "/api/runs/main/start")
    try:
        if path is None:
            time.sleep(SETTLE)
            return taught(server, seconds, None)
        with attending(server, path, VIEWERS - STALLED, STALLED) as viewers:
            time.sleep(SETTLE)
            return taught(server, seconds, viewers)
    finally:
        server.call("POST", "/api/runs/main/pause")


def taught(server: Server, seconds: float, viewers: Class | None) -> Lesson:
    loop = f"/proc/{server.pid}/task/{server.pid}/stat"
    client = f"/proc/{viewers.pid}/stat" if viewers else loop
    server.call("GET", "/published")
    if viewers:
        viewers.begin()
    began, done = time.perf_counter(), server.call("GET", "/api/runs/main")["iteration"]
    before = processor(loop), processor(client)
    time.sleep(seconds)
    after = processor(loop), processor(client)
    took, done = time.perf_counter() - began, server.call("GET", "/api/runs/main")["iteration"] - done
    if viewers is None:
        return Lesson(done / took, (after[0] - before[0]) / took)
    found = viewers.report()
    published = dict(server.call("GET", "/published"))
    late = [
        percentile(
            [arrived - published[iteration] for iteration, arrived in each["frames"] if iteration in published], 99
        )
        for each in found
    ]
    counts = [len(each["frames"]) for each in found]
    return Lesson(
        done / took,
        (after[0] - before[0]) / took,
        (after[1] - before[1]) / took,
        min(counts) / took,
        sum(counts) / took,
        statistics.mean(each["bytes"] for each in found) / took,
        max(late),
        commanded(server),
    )


def rows_of(kind: str, lessons: list[Lesson], alone: list[Lesson]) -> list[Row]:
    """The lines of the table for one kind of frames."""
    rates, others = [each.iterations for each in lessons], [each.iterations for each in alone]
    costs = [(each.loop - other.loop) / each.all_frames for each, other in zip(lessons, alone, strict=True)]
    clients = [each.client for each in lessons]
    write: Callable[[float], str] = readable_time
    trained = f"{median(rates, readable)}/s of {median(others, readable)}/s"
    share = f"event loop {100 * Spread.of([each.loop for each in lessons]).median:.0f}% of a core"
    share += f", the class {100 * Spread.of(clients).median:.0f}%"
    sent = f"{median([each.bytes for each in lessons], readable)} bytes/s each"
    return [
        Row(f"{kind}: training, of none", divided(rates, others), 0.7, False, ratio, trained),
        Row(f"{kind}: frames a second", [each.frames for each in lessons], 29.0, False, readable, sent),
        Row(f"{kind}: frames late, p99", [each.late for each in lessons], 0.2, True, write, "of the latest viewer"),
        Row(f"{kind}: processor for a frame", costs, 15e-6, True, write, share),
        Row(
            f"{kind}: pause or start, slowest",
            [each.command for each in lessons],
            0.1,
            True,
            write,
            f"of {2 * COMMANDS}",
        ),
    ]


def served_again(folder: str) -> float:
    """How long a class of 200 that connects at once waits for its frames, as soon as a server has started again."""
    with (
        patch.dict(os.environ, {"RNN_ADDER_DATA_DIR": folder}),
        running("benchmarks.servers", "watched") as server,
        attending(server, PLAIN, VIEWERS, 0) as viewers,
    ):
        return viewers.seconds


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then the table, in pieces to print."""
    seconds = 2.0 if quick else 5.0
    yield f"{machine('numpy', 'numba', 'fastapi', 'uvicorn', 'websockets')}; {load()} before"
    with tempfile.TemporaryDirectory() as folder:
        with (
            patch.dict(os.environ, {"RNN_ADDER_DATA_DIR": folder}),
            running("benchmarks.servers", "watched") as server,
        ):
            server.await_engine()
            server.call("PATCH", "/api/runs/main", {"speed": None})
            lesson(server, seconds, None)
            size = Size(server.pid, Path(folder))
            try:
                idle = size.memory
                found = take_turns(
                    {
                        "none": lambda: lesson(server, seconds, None),
                        "plain": lambda: lesson(server, seconds, PLAIN),
                        "small": lambda: lesson(server, seconds, SMALL),
                    },
                    rounds,
                )
                grown = (size.most_memory - idle) / 2**20
            finally:
                size.end()
        waits = [served_again(folder) for _ in range(rounds)]
    rows = [row for kind in ("plain", "small") for row in rows_of(kind, found[kind], found["none"])]
    megabytes: Callable[[float], str] = "{:.0f} MB".format
    rows.append(Row("memory above idle", [grown], 300.0, True, megabytes, "the most, of all rounds"))
    rows.append(Row("200 connect at once after a restart", waits, 5.0, True, readable_time, "until each has a frame"))
    yield frame_sizes()
    header = ["197 viewers and 3 that read nothing", "result", "target", "met", "min .. max", "medians"]
    yield table(header, [row.cells() for row in rows])
    yield f"{rounds} rounds; {load()} at the end, the class's part in it included."
