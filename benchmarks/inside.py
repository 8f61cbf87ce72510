"""What looking inside costs: training at unlimited speed while a panel asks once a second, as the page does, compared
to training that somebody only watches; and how long an answer takes meanwhile.

The server and the sockets are real, and the client is a process of its own. Conditions take turns, and each result is
computed within a round.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.measure import Spread, load, machine, percentile, readable_time, table, take_turns
from benchmarks.processes import Server, client, running, watching
from benchmarks.served import LONG, SETTLE, Row, divided, ratio

PANELS = {
    "memory": ["states"],
    "machine": ["machine"],
    "how far": ["lengths"],
    "all sums": ["map"],
    "way back": ["reach?a=127&b=1", "reach/along?a=127&b=1"],
}
"""The calls of each panel."""

EVERY = 1.0
"""The number of seconds between two questions of the page."""

LEAST = 0.9
"""What must be left of the speed of training."""


def trained(server: Server, calls: list[str], seconds: float) -> tuple[float, list[float]]:
    """Iterations a second of `main` with one viewer, who asks these calls once a second, and how long each answer took
    in seconds.
    """
    server.call("POST", "/api/runs/main/reset", {"config": LONG})
    with watching(server, "main", 1):
        server.call("POST", "/api/runs/main/start")
        time.sleep(SETTLE)
        began, before = time.perf_counter(), server.call("GET", "/api/runs/main")["iteration"]
        waits: list[float] = []
        if calls:
            paths = [f"/api/runs/main/{call}" for call in calls]
            waits = client("poll", server.port, seconds, EVERY, *paths)["waits"]
        else:
            time.sleep(seconds)
        ended, after = time.perf_counter(), server.call("GET", "/api/runs/main")["iteration"]
    server.call("POST", "/api/runs/main/pause")
    return (after - before) / (ended - began), waits


def rows(server: Server, rounds: int, seconds: float) -> Iterator[Row]:
    server.call("PATCH", "/api/runs/main", {"speed": None})
    turns: dict[str, Callable[[], tuple[float, list[float]]]] = {
        name: partial(trained, server, calls, seconds) for name, calls in {"": [], **PANELS}.items()
    }
    found = take_turns(turns, rounds)
    alone = [rate for rate, _ in found[""]]
    for name in PANELS:
        waits = [wait for _, waits in found[name] for wait in waits]
        remark = f"an answer takes {readable_time(Spread.of(waits).median)}, p99 {readable_time(percentile(waits, 99))}"
        kept = divided([rate for rate, _ in found[name]], alone)
        yield Row(f"training while the panel {name} is open", kept, LEAST, False, ratio, remark)


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then the table, in pieces to print."""
    yield f"{machine('numpy', 'numba', 'fastapi', 'uvicorn')}; {load()} before"
    with running("app", "serve", "--port", "0", "--no-store") as server:
        server.await_engine()
        found = list(rows(server, rounds, 2.0 if quick else 6.0))
    header = ["looking inside", "of watched only", "target", "met", "min .. max", "remark"]
    yield table(header, [row.cells() for row in found])
    yield f"{rounds} rounds; {load()} at the end, the client's part in it included."
