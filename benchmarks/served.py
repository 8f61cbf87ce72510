"""The served side: how much viewers slow training, how much training slows answers, and what an answer costs.

Servers and sockets are real, and clients run in separate processes. Conditions take turns. Each result is computed
within a round; the table shows the median over rounds, the minimum and the maximum.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from app.config import Settings
from app.frames import MAX_ERRORS, encode_frame
from app.services import training_loop
from app.services.historian import Historian
from app.services.registry import Registry
from benchmarks.measure import (
    Spread,
    load,
    machine,
    percentile,
    readable,
    readable_time,
    seconds_of,
    table,
    take_turns,
)
from benchmarks.processes import Server, client, running, watching
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.types import Array

LONG = {"max_iterations": 10_000_000}
RUNS = 4
SETTLE = 0.3
"""The number of seconds between a start and the beginning of the measurement."""
CONNECTIONS = 4
"""The number of connections that ask at once in the measurement of throughput."""
PREDICT = "/predict?a=9&b=60"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what was measured.
        results: the figure that has the target, one for each round.
        target: the limit for it.
        at_most: whether the limit is the largest allowed figure; otherwise the smallest.
        write: how the figure is written.
        remark: the text beside it.
    """

    name: str
    results: list[float]
    target: float
    at_most: bool
    write: Callable[[float], str]
    remark: str

    @property
    def met(self) -> bool:
        median = Spread.of(self.results).median
        return median <= self.target if self.at_most else median >= self.target

    def cells(self) -> list[str]:
        spread = Spread.of(self.results)
        limit = f"{'<=' if self.at_most else '>='} {self.write(self.target)}"
        met = "yes" if self.met else "no"
        return [self.name, self.write(spread.median), limit, met, spread.written(self.write), self.remark]


def ratio(number: float) -> str:
    return f"{number:.2f}"


def median(found: list[float], write: Callable[[float], str]) -> str:
    return write(Spread.of(found).median)


def divided(above: list[float], below: list[float]) -> list[float]:
    """The quotients, round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]


# Training while others watch


def trained(server: Server, viewers: int, seconds: float) -> tuple[float, float]:
    """Iterations a second of `main` at unlimited speed, and the frames a second that each viewer was sent."""
    server.call("POST", "/api/runs/main/reset", {"config": LONG})
    with watching(server, "main", viewers) as watched:
        server.call("POST", "/api/runs/main/start")
        time.sleep(SETTLE)
        began, before = time.perf_counter(), server.call("GET", "/api/runs/main")["iteration"]
        time.sleep(seconds)
        ended, after = time.perf_counter(), server.call("GET", "/api/runs/main")["iteration"]
    server.call("POST", "/api/runs/main/pause")
    frames = sum(watched.frames) / viewers / watched.seconds if viewers else 0.0
    return (after - before) / (ended - began), frames


def watched_training(server: Server, rounds: int, seconds: float) -> list[Row]:
    server.call("PATCH", "/api/runs/main", {"speed": None})
    turns = {str(viewers): (lambda viewers=viewers: trained(server, viewers, seconds)) for viewers in (0, 1, 20)}
    found = take_turns(turns, rounds)
    alone = [rate for rate, _ in found["0"]]
    rows = []
    for viewers, target in (("1", 0.9), ("20", 0.7)):
        rates, frames = [rate for rate, _ in found[viewers]], [frame for _, frame in found[viewers]]
        remark = f"{median(rates, readable)}/s of {median(alone, readable)}/s; {median(frames, readable)} frames/s each"
        name = f"training with {viewers} viewer{'s' * (viewers != '1')}, of none"
        rows.append(Row(name, divided(rates, alone), target, False, ratio, remark))
    return rows


# Training while accuracies are computed


def without_stops(trainer: Trainer, iterations: int, _: int) -> tuple[Array, list[Any]]:
    """`app.services.history.advance`, but as if no moment was scheduled."""
    return trainer.advance(iterations).errors, []


async def accompanied(seconds: float) -> float:
    """Iterations a second of a run at unlimited speed, in this process, while its accuracies are computed."""
    registry = Registry(Settings(store=False))
    try:
        await registry.open()
        run = await registry.create(None, TrainingConfig.from_mapping(LONG), None)
        await run.step(100)  # waits until its engine is ready
        await run.start()
        await asyncio.sleep(SETTLE)
        began, before = time.perf_counter(), run.snapshot.iteration
        await asyncio.sleep(seconds)
        return (run.snapshot.iteration - before) / (time.perf_counter() - began)
    finally:
        await registry.close()


def alone(seconds: float) -> float:
    """The same without computing accuracies."""
    with patch.object(training_loop, "advance", without_stops), patch.object(Historian, "watch"):
        return asyncio.run(accompanied(seconds))


def histories(rounds: int, seconds: float) -> list[Row]:
    turns = {"kept": lambda: asyncio.run(accompanied(seconds)), "none": lambda: alone(seconds)}
    found = take_turns(turns, rounds)
    remark = f"{median(found['kept'], readable)}/s of {median(found['none'], readable)}/s"
    name = "training whose accuracies are kept, of none"
    return [Row(name, divided(found["kept"], found["none"]), 0.97, False, ratio, remark)]


# Answering while runs train


class Crowd:
    """Runs that train at unlimited speed when they are told to."""

    def __init__(self, server: Server) -> None:
        self._server = server
        runs = [server.call("POST", "/api/runs", {"config": LONG, "speed": None})["id"] for _ in range(RUNS - 1)]
        self._runs = ["main", *runs]
        server.call("PATCH", "/api/runs/main", {"speed": None})

    def idle(self, measure: Callable[[], Any]) -> Any:
        """Measure while nothing trains."""
        return measure()

    def busy(self, measure: Callable[[], Any]) -> Any:
        """Measure while all of them train, from the start of each."""
        for run in self._runs:
            self._server.call("POST", f"/api/runs/{run}/reset", {"config": LONG})
        for run in self._runs:
            self._server.call("POST", f"/api/runs/{run}/start")
        time.sleep(SETTLE)
        found = measure()
        states = [self._server.call("POST", f"/api/runs/{run}/pause")["state"] for run in self._runs]
        if states != ["paused"] * RUNS:
            raise RuntimeError(f"the runs did not train all the time: {states}")
        return found


def waits(server: Server, path: str, seconds: float, connections: int = 1) -> list[float]:
    found: list[float] = client("ask", server.port, path, seconds, connections)["waits"]
    return found


def percentiles(found: list[list[float]], percent: float) -> list[float]:
    return [percentile(samples, percent) for samples in found]


def answers_while_training(server: Server, rounds: int, seconds: float) -> list[Row]:
    crowd = Crowd(server)

    def measure() -> list[float]:
        return waits(server, PREDICT, seconds)

    found = take_turns({"idle": lambda: crowd.idle(measure), "busy": lambda: crowd.busy(measure)}, rounds)
    p50, p99 = ({name: percentiles(samples, percent) for name, samples in found.items()} for percent in (50, 99))
    write = readable_time
    remark = (
        f"p99 {median(p99['busy'], write)} of {median(p99['idle'], write)}; "
        f"p50 {median(p50['busy'], write)} of {median(p50['idle'], write)}"
    )
    name = f"/predict p99 while {RUNS} runs train, of idle"
    return [Row(name, divided(p99["busy"], p99["idle"]), 2.0, True, ratio, remark)]


def lag_while_training(server: Server, rounds: int, seconds: float) -> list[Row]:
    crowd = Crowd(server)

    def probe() -> list[float]:
        server.call("GET", "/lag")
        time.sleep(seconds)
        found: list[float] = server.call("GET", "/lag")
        return found

    def ask() -> list[float]:
        return waits(server, "/healthz", seconds)

    turns: dict[str, Callable[[], list[float]]] = {
        "idle": lambda: crowd.idle(probe),
        "lag": lambda: crowd.busy(probe),
        "trip": lambda: crowd.busy(ask),
    }
    found = take_turns(turns, rounds)
    p50, p99 = ({name: percentiles(samples, percent) for name, samples in found.items()} for percent in (50, 99))
    write = readable_time
    remark = f"p50 {median(p50['lag'], write)}, worst {write(max(map(max, found['lag'])))}; "
    remark += f"idle p99 {median(p99['idle'], write)}"
    trip = f"p50 {median(p50['trip'], write)}, worst {write(max(map(max, found['trip'])))}; from outside"
    return [
        Row(f"event-loop lag p99 while {RUNS} runs train", p99["lag"], 0.005, True, write, remark),
        Row("the same, as /healthz round trip", p99["trip"], 0.005, True, write, trip),
    ]


# What an answer costs


def throughput(server: Server, empty: Server, rounds: int, seconds: float) -> list[Row]:
    turns: dict[str, Callable[[], list[float]]] = {
        "predict": lambda: waits(server, PREDICT, seconds, CONNECTIONS),
        "healthz": lambda: waits(server, "/healthz", seconds, CONNECTIONS),
        "empty": lambda: waits(empty, "/", seconds, CONNECTIONS),
    }
    rates = {name: [len(samples) / seconds for samples in all_] for name, all_ in take_turns(turns, rounds).items()}
    remark = f"{median(rates['predict'], readable)}/s of {median(rates['empty'], readable)}/s; "
    remark += f"/healthz {median(rates['healthz'], readable)}/s"
    name = "/predict throughput, of an empty endpoint"
    return [Row(name, divided(rates["predict"], rates["empty"]), 0.8, False, ratio, remark)]


def costs(rounds: int, repetitions: int) -> list[Row]:
    """Encoding a frame and evaluating a network, in this process."""
    trainer = Trainer(TrainingConfig())
    errors = trainer.advance(2 * MAX_ERRORS).errors
    snapshot = trainer.snapshot()

    def encode() -> bytes:
        return encode_frame(snapshot, errors, generation=0, state="running", rate=300.0)

    def examine() -> object:
        return evaluate(snapshot.config, snapshot.parameters)

    def encode_often() -> float:
        return seconds_of(lambda: [encode() for _ in range(repetitions)]) / repetitions

    length, problems = len(encode()), evaluate(snapshot.config, snapshot.parameters).problems
    found = take_turns({"encode": encode_often, "examine": lambda: seconds_of(examine)}, rounds)
    write = readable_time
    return [
        Row("encoding a frame", found["encode"], 50e-6, True, write, f"{length:,} bytes with {MAX_ERRORS:,} errors"),
        Row("evaluating all pairs", found["examine"], 0.020, True, write, f"{problems:,} pairs, one thread"),
    ]


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then the table, in pieces to print."""
    seconds = 0.5 if quick else 1.5
    yield f"{machine('numpy', 'numba', 'fastapi', 'starlette', 'pydantic', 'uvicorn', 'websockets')}; {load()} before"
    rows = []
    with (
        running("app", "serve", "--port", "0", "--no-store") as server,
        running("benchmarks.servers", "empty") as empty,
    ):
        server.await_engine()
        rows += watched_training(server, rounds, seconds)
        rows += answers_while_training(server, rounds, 2 * seconds)
        rows += throughput(server, empty, rounds, seconds)
    with running("benchmarks.servers", "probed") as probed:
        probed.await_engine()
        rows += lag_while_training(probed, rounds, 2 * seconds)
    rows += histories(rounds, seconds)
    rows += costs(max(rounds, 9), 100 if quick else 1000)
    header = ["the served side", "result", "target", "met", "min .. max", "medians"]
    yield table(header, [row.cells() for row in rows])
    yield f"{rounds} rounds; {load()} at the end, the clients' part in it included."
