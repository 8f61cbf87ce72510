"""The served side, against a real server process over real sockets: `python -m benchmarks served [--rounds N]`.

Clients live in processes of their own, so that they do not share the server's interpreter; on a machine of few cores
they still take from it what they need. Conditions take turns; numbers are medians over rounds, ratios come first.
"""

import asyncio
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
import timeit
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Any

from benchmarks.measure import readable, table
from tests.server import RunningServer, run_server

WINDOW_SECONDS = 1.5
LONG = {"max_iterations": 10_000_000}
REQUESTS = 1_500

EMPTY_APP = """
import socket
import fastapi
from app.config import Settings
from app.server import bind, serve
app = fastapi.FastAPI()
class Registry:
    async def close(self): pass
app.state.registry = Registry()
@app.get("/predict")
async def empty():
    return {}
settings = Settings(port=0)
listener = bind(settings.host, settings.port)
serve(app, settings, listener, lambda: print(listener.getsockname()[1], flush=True))
"""
"""An empty endpoint of the same framework, served in the same way."""


def call(url: str, method: str, path: str, body: object = None) -> Any:
    """One request; the answer's JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read() or b"null")


def wait_for_engine(url: str) -> None:
    """Until nothing is being compiled any more."""
    while call(url, "GET", "/api/engine")["state"] == "compiling":
        time.sleep(0.1)


# Viewers


def watch(url: str, count: int, ready: Event, done: Event) -> None:
    """So many viewers in one process, which take every frame and look at none."""
    import websockets  # noqa: PLC0415 (the child's)

    async def view(connected: asyncio.Event) -> None:
        stream = url.replace("http", "ws") + "/api/runs/main/stream"
        async with websockets.connect(stream, max_size=None, compression=None) as socket:
            connected.set()
            async for _ in socket:
                pass

    async def view_all() -> None:
        connected = [asyncio.Event() for _ in range(count)]
        tasks = [asyncio.create_task(view(event)) for event in connected]
        for event in connected:
            await event.wait()
        ready.set()
        await asyncio.to_thread(done.wait)
        for task in tasks:
            task.cancel()

    asyncio.run(view_all())


@contextmanager
def viewers(url: str, count: int) -> Iterator[None]:
    """Have `count` viewers watch, in another process."""
    if count == 0:
        yield
        return
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=watch, args=(url, count, ready, done))
    process.start()
    ready.wait()
    try:
        yield
    finally:
        done.set()
        process.join()


def training_rate(url: str) -> float:
    """Iterations a second of `main`, unlimited, over a window."""
    call(url, "POST", "/api/runs/main/reset", {"config": LONG})
    call(url, "POST", "/api/runs/main/start")
    began, first = time.perf_counter(), call(url, "GET", "/api/runs/main")["iteration"]
    time.sleep(WINDOW_SECONDS)
    last = call(url, "GET", "/api/runs/main")["iteration"]
    rate = (last - first) / (time.perf_counter() - began)
    call(url, "POST", "/api/runs/main/pause")
    return float(rate)


def training(url: str, rounds: int) -> str:
    """Training with viewers beside training with none."""
    call(url, "PATCH", "/api/runs/main", {"speed": None})
    rates: dict[int, list[float]] = {0: [], 1: [], 20: []}
    for _ in range(rounds):
        for count, found in rates.items():
            with viewers(url, count):
                found.append(training_rate(url))
    base = statistics.median(rates[0])
    targets = {0: "", 1: "0.90", 20: "0.70"}
    rows = [
        [
            str(count),
            f"{statistics.median(found) / base:.2f}",
            targets[count],
            readable(statistics.median(found)),
            f"{readable(min(found))} .. {readable(max(found))}",
        ]
        for count, found in rates.items()
    ]
    return table(["viewers", "of training with none", "target", "iterations/s", "min .. max"], rows)


# Requests


def latencies(port: int, path: str, count: int) -> list[float]:
    """Milliseconds of each of `count` requests over one kept connection; for a process of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("GET", path)
        connection.getresponse().read()
        found.append((time.perf_counter() - began) * 1e3)
    connection.close()
    return found


def in_another_process(port: int, path: str, count: int = REQUESTS) -> list[float]:
    """`latencies`, measured by another process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(latencies, (port, path, 50))
        return pool.apply(latencies, (port, path, count))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@contextmanager
def four_runs(url: str) -> Iterator[None]:
    """Four runs that train without limit."""
    runs = [call(url, "POST", "/api/runs", {"config": LONG, "speed": None})["id"] for _ in range(4)]
    for run in runs:
        call(url, "POST", f"/api/runs/{run}/start")
    try:
        yield
    finally:
        for run in runs:
            call(url, "DELETE", f"/api/runs/{run}")


def responsiveness(server: RunningServer, rounds: int) -> str:
    """Latency of /predict and /healthz, idle and while four runs train."""
    found: dict[tuple[str, str], list[float]] = {}
    paths = {"/predict": "/predict?a=9&b=60", "/healthz": "/healthz"}
    for _ in range(rounds):
        for name, path in paths.items():
            found.setdefault((name, "idle"), []).extend(in_another_process(server.port, path))
            with four_runs(server.url):
                found.setdefault((name, "four runs train"), []).extend(in_another_process(server.port, path))
    rows = []
    for (name, condition), values in found.items():
        p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
        ratio = p99 / percentile(found[name, "idle"], 0.99)
        rows.append([f"{name}, {condition}", f"{ratio:.2f}", f"{p50:.2f}", f"{p99:.2f}", f"{max(values):.1f}"])
    return table(["request", "p99 of idle", "p50 ms", "p99 ms", "most ms"], rows)


def throughput(server: RunningServer, rounds: int) -> str:
    """/predict beside an empty endpoint of the same framework, requests one after the other."""
    process = subprocess.Popen([sys.executable, "-c", EMPTY_APP], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        empty_port = int(process.stdout.readline())
        rates: dict[str, list[float]] = {"empty endpoint": [], "/predict": []}
        for _ in range(rounds):
            for name, port, path in (
                ("empty endpoint", empty_port, "/predict"),
                ("/predict", server.port, "/predict?a=9&b=60"),
            ):
                rates[name].append(1e3 / statistics.fmean(in_another_process(port, path)))
    finally:
        process.terminate()
        process.wait()
    base = statistics.median(rates["empty endpoint"])
    rows = [
        [
            name,
            f"{statistics.median(found) / base:.2f}",
            f"{statistics.median(found):.0f}",
            f"{min(found):.0f} .. {max(found):.0f}",
        ]
        for name, found in rates.items()
    ]
    return table(["requests/s", "of the empty endpoint", "median", "min .. max"], rows)


# Inside


def inside() -> str:
    """What a frame and an evaluation cost, in this process."""
    from app.frames import encode_frame  # noqa: PLC0415
    from rnn_core import Trainer, evaluate  # noqa: PLC0415

    trainer = Trainer()
    errors = trainer.advance(20_000).errors
    snapshot = trainer.snapshot()
    pieces: dict[str, tuple[Callable[[], object], str]] = {
        "a frame with 1,024 errors": (
            lambda: encode_frame(snapshot, errors, generation=0, state="running", rate=1.0),
            "50 us",
        ),
        "a prediction": (lambda: trainer.predict(9, 60), ""),
        "a snapshot": (trainer.snapshot, ""),
        "all 16,384 problems evaluated": (lambda: evaluate(trainer.config, snapshot.parameters), "20,000 us"),
    }
    rows = []
    for name, (call_it, target) in pieces.items():
        call_it()
        number, _ = timeit.Timer(call_it).autorange()
        found = [seconds / number * 1e6 for seconds in timeit.repeat(call_it, number=max(1, number // 5), repeat=7)]
        found = [value * number / max(1, number // 5) for value in found]
        rows.append([name, f"{statistics.median(found):,.0f}", target, f"{min(found):,.0f} .. {max(found):,.0f}"])
    return table(["microseconds", "median", "target", "min .. max"], rows)


def report(rounds: int) -> str:
    """All tables of the served side."""
    with run_server() as server:
        wait_for_engine(server.url)
        parts = [training(server.url, rounds), responsiveness(server, rounds), throughput(server, rounds)]
    return "\n\n".join([*parts, inside()])
