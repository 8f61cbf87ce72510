"""What it costs to store runs, and how soon they are available after a restart: `scripts/bench stored`.

Servers and files are real. Each result is computed within a round; the table shows the median over rounds, the minimum
and the maximum.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

from app.services.beginnings import Beginning
from app.services.keyframes import Keyframes
from app.storage.database import default_url, open_database
from app.storage.locks import FILE
from app.storage.rows import Row as StoredRow
from app.storage.store import Saved, Store
from benchmarks.measure import load, machine, readable, readable_time, table, take_turns
from benchmarks.processes import Server, running
from benchmarks.served import Row, divided, median, percentiles, ratio, trained
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import encode_checkpoint

RUNS = 1_000
"""The number of runs: as many as may be stored."""

ITERATIONS = 50_000
"""The number of iterations of each run: as many as in the article."""

MOMENTS = 200
"""The number of past moments that are asked for in a round."""

SERVE = ("app", "serve", "--port", "0")


# Training while it is stored


def kept_training(stored: Server, unstored: Server, rounds: int, seconds: float) -> list[Row]:
    servers = {"stored": stored, "unstored": unstored}
    for server in servers.values():
        server.await_engine()
        server.call("PATCH", "/api/runs/main", {"speed": None})
    turns = {name: (lambda server=server: trained(server, 0, seconds)[0]) for name, server in servers.items()}
    found = take_turns(turns, rounds)
    remark = f"{median(found['stored'], readable)}/s of {median(found['unstored'], readable)}/s"
    return [
        Row("training stored, of unstored", divided(found["stored"], found["unstored"]), 0.95, False, ratio, remark)
    ]


# Walking through the past


def travelling(server: Server, rounds: int, moments: int) -> list[Row]:
    """Moments of a run of 50,000 iterations, as frames, one question after the other."""
    server.call("POST", "/api/runs/main/reset", {"config": {"max_iterations": ITERATIONS}})
    for _ in range(ITERATIONS // 10_000):
        server.call("POST", "/api/runs/main/step", {"iterations": 10_000})
    chance = random.Random(0)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)

    def travel() -> float:
        began = time.perf_counter()
        connection.request("GET", f"/api/runs/main/iterations/{chance.randint(0, ITERATIONS)}")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"a moment could not be had: {response.status}")
        return time.perf_counter() - began

    found = [[travel() for _ in range(moments)] for _ in range(rounds)]
    connection.close()
    p50, worst = percentiles(found, 50), [max(samples) for samples in found]
    remark = f"p99 {median(percentiles(found, 99), readable_time)}"
    name = f"travel in {ITERATIONS:,} iterations"
    return [
        Row(f"{name}, p50", p50, 0.05, True, readable_time, remark),
        Row(f"{name}, worst", worst, 0.05, True, readable_time, f"of {moments} a round"),
    ]


# Restarting


def fill(folder: Path, runs: int, iterations: int) -> int:
    """Store `runs` runs with `iterations` iterations each. Returns the bytes that they take."""
    trainer = Trainer(TrainingConfig())
    beginning = trainer.snapshot()
    keyframes = Keyframes({0: beginning})
    moments = [beginning]
    errors = Beginning.fresh(TrainingConfig(), trainer.engine).errors
    while trainer.iteration < iterations:
        done = trainer.advance(1_000).errors
        errors.store(done)
        errors.reveal(len(done))
        if keyframes.due(trainer.iteration):
            moments.append(trainer.snapshot())
            keyframes.add(moments[-1])
    files = [(moment.iteration, encode_checkpoint(moment)) for moment in moments]
    last = trainer.snapshot()
    row = StoredRow(
        id="main",
        number=1,
        name="Main",
        state="finished",
        detail=None,
        generation=0,
        iteration=iterations,
        config=last.config.to_dict(),
        changes=(),
        learning_rate=last.learning_rate,
        speed=300.0,
        error=None,
    )
    engine, _ = open_database(default_url(folder))
    store = Store(engine)
    for number in range(1, runs + 1):
        here = row if number == 1 else replace(row, id=f"run-{number}", number=number, name=f"Run {number}")
        values = errors.slice(0, iterations)
        store.save([Saved(here, encode_checkpoint(last), files, 0, values)])
    store.close()
    return (folder / FILE).stat().st_size


def begun(folder: Path, runs: int) -> float:
    """Seconds from the start of a server to its answer with its runs. The file is not in memory before the start."""
    with (folder / FILE).open("rb") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    began = time.perf_counter()
    with running(*SERVE, "--data-dir", str(folder)) as server:
        server.call("GET", "/healthz")
        found = len(server.call("GET", "/api/runs"))
        seconds = time.perf_counter() - began
        if found != runs:
            raise RuntimeError(f"{found} runs were there, not {runs}")
    return seconds


def beginning(rounds: int, runs: int, iterations: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as empty:
        size = fill(Path(full), runs, iterations)
        fill(Path(empty), 1, 1_000)
        turns = {"full": lambda: begun(Path(full), runs), "empty": lambda: begun(Path(empty), 1)}
        found = take_turns(turns, rounds)
    name = f"restart with {runs:,} stored runs"
    remark = f"{size / 2**20:,.0f} MB; with one run {median(found['empty'], readable_time)}"
    return [Row(name, found["full"], 2.0, True, readable_time, remark)]


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then the table."""
    yield f"{machine('numpy', 'numba', 'sqlalchemy', 'fastapi')}; {load()} before"
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(*SERVE, "--data-dir", folder) as stored,
        running(*SERVE, "--no-store") as unstored,
    ):
        rows += kept_training(stored, unstored, rounds, 1.0 if quick else 3.0)
        rows += travelling(stored, rounds, MOMENTS // 4 if quick else MOMENTS)
    rows += beginning(rounds, RUNS // 10 if quick else RUNS, ITERATIONS // 5 if quick else ITERATIONS)
    header = ["what is kept", "result", "target", "met", "min .. max", "medians"]
    yield table(header, [row.cells() for row in rows])
    yield f"{rounds} rounds; {load()} at the end."
