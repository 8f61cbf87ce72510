"""What the server counts and measures for those who run it, in the form of Prometheus.

No label holds what a client can choose: routes stand as templates, and other values come from short lists. So no client
can make the answer grow.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from rnn_core import __version__

from .connections import Door
from .run_state import State
from .services.registry import Registry

disable_created_metrics()  # type: ignore[no-untyped-call]
# Else there is a second number for each: when it began.

OTHER = "other"
"""The label of a route that there is not, and of a method that no route has."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})

LIMITS = frozenset({429, 503, 507, 1013})
"""The statuses and close codes that say that something is full, or too much."""

LAG_SECONDS = 0.25
"""Seconds between two measurements of the event loop's lag."""

FINE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of a histogram's buckets, in seconds."""

COARSE = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
"""The same where there is a histogram for each route or command."""


class Metrics:
    """Counters and histograms, and the numbers that are read off when somebody asks.

    Attributes:
        runs: the runs of this server, once it has begun.
        most_viewers: how many may watch.
        door: counts the connections; None in a program that has no door.
    """

    def __init__(self, most_viewers: int) -> None:
        """Begin with zeros."""
        self.most_viewers = most_viewers
        self.runs: Registry | None = None
        self.door: Door | None = None
        self._answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "rnn_adder_requests",
            "Answered requests. A status of 101 is a WebSocket, one of 0 a request without an answer.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "rnn_adder_request_seconds",
            "Seconds from a request's header to the beginning of the answer.",
            ["route"],
            buckets=COARSE,
            registry=registry,
        )
        self._refusals = Counter(
            "rnn_adder_refusals",
            "What was refused because of a limit, by HTTP status or close code. It counts commands over a socket, too.",
            ["code"],
            registry=registry,
        )
        self._commands = Counter(
            "rnn_adder_commands",
            "Commands to runs, and what came of them.",
            ["command", "via", "result"],
            registry=registry,
        )
        self._command_seconds = Histogram(
            "rnn_adder_command_seconds",
            "Seconds from a command to its end, when it is on the disk. That of a step holds its training.",
            ["command"],
            buckets=COARSE,
            registry=registry,
        )
        self._lag = Histogram(
            "rnn_adder_loop_lag_seconds",
            "How many seconds too late the event loop was, measured four times a second.",
            buckets=FINE,
            registry=registry,
        )
        for code in sorted(LIMITS):
            self._refusals.labels(str(code))  # a rate needs the zero before the first
        registry.register(_Standing(self))
        registry.register(_Process())

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request, or a socket that was accepted or refused."""
        method = method if method in METHODS else OTHER
        known = self._answers.get((method, route, status))
        if known is None:  # to find the numbers by their labels each time would take as long as a prediction
            known = self._requests.labels(method, route, str(status)), self._request_seconds.labels(route)
            self._answers[method, route, status] = known
        count, times = known
        count.inc()
        if method != "WEBSOCKET":
            times.observe(seconds)
        self.refused(status)

    def refused(self, code: int) -> None:
        """Count a status or close code, if it is one of `LIMITS`."""
        if code in LIMITS:
            self._refusals.labels(str(code)).inc()

    def commanded(self, command: str, via: str, result: str, seconds: float) -> None:
        """Count a command. `result` is done, nothing, refused or failed."""
        self._commands.labels(command, via, result).inc()
        self._command_seconds.labels(command).observe(seconds)

    async def watch_lag(self) -> None:
        """Measure the event loop's lag, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_SECONDS)
            self._lag.observe(max(0.0, time.perf_counter() - began - LAG_SECONDS))

    def written(self, accept: str) -> tuple[bytes, str]:
        """All of it, in the form that an Accept header asks for, and the media type of that."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Standing(Collector):
    """Where the server stands at the moment that somebody asks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """The numbers as they are now."""
        yield _gauge("rnn_adder_info", "The version of the lab.", 1, version=__version__)
        runs, door = self._metrics.runs, self._metrics.door
        if runs is not None:
            yield _gauge("rnn_adder_viewers", "Browsers and programs that watch a run.", runs.viewers())
            yield _gauge("rnn_adder_viewers_most", "How many may watch.", self._metrics.most_viewers)
            yield _states(runs)
            yield _counter("rnn_adder_iterations", "Iterations trained, of all runs.", runs.iterations)
            yield _counter("rnn_adder_frames_sent", "Frames that were sent.", runs.traffic.sent)
            yield _counter("rnn_adder_frame_bytes", "Bytes of the frames that were sent.", runs.traffic.sent_bytes)
            meaning = "Frames that a newer one replaced, because the viewer was slower."
            yield _counter("rnn_adder_frames_dropped", meaning, runs.traffic.dropped)
            meaning = "1 while runs can't be stored, else 0."
            yield _gauge("rnn_adder_storage_trouble", meaning, int(runs.keeper.trouble is not None))
        if door is not None:
            yield _gauge("rnn_adder_connections", "Open connections.", len(door))
            yield _gauge("rnn_adder_connections_most", "How many may be open.", door.most)
            meaning = "Connections that were refused, or closed to let others in, because too many were open."
            yield _counter("rnn_adder_connections_refused", meaning, door.turned_away)
            meaning = "Clients that were disconnected because they did not read."
            yield _counter("rnn_adder_slow_clients", meaning, door.slow)


def _states(runs: Registry) -> Metric:
    found = runs.states()
    meaning = "Runs by state, and by whether they are in memory or only on the disk."
    family = GaugeMetricFamily("rnn_adder_runs", meaning, labels=["state", "in"])
    for state in get_args(State):
        for in_memory, where in ((True, "memory"), (False, "disk")):
            family.add_metric([state, where], found[state, in_memory])
    return family


class _Process(Collector):
    """Processor time and memory, by the names that all programs give them. Where the system has no /proc, only the
    processor time is known.
    """

    def __init__(self) -> None:
        self._process = ProcessCollector(registry=None)

    def collect(self) -> Iterable[Metric]:
        """The numbers as they are now."""
        found = list(self._process.collect())
        seconds = time.process_time()
        return found or [_counter("process_cpu_seconds", "Processor time in seconds.", seconds)]


def _gauge(name: str, meaning: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)
