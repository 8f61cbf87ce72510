"""The page at work: how evenly it draws while a network trains at unlimited speed, and how soon it can be used:
`scripts/bench page`.

A real server and a real headless Chromium run on the same machine. The browser's own counters are read (Chrome DevTools
Protocol), and the gaps between animation frames. The gaps show delays that an average of 60 frames a second hides.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.arrival import Line, train, visits
from benchmarks.measure import Spread, load, machine, percentile, readable_time, table
from benchmarks.processes import Server, running
from benchmarks.served import Row
from tests.browser.conftest import ARGUMENTS, chromium_path

LONG = {"bits": 16, "hidden_size": 32, "max_iterations": 10_000_000}
"""A run that lasts longer than a round, and has more to show than the default."""

LINES = [("40 ms and 10 Mbit/s", Line(40, 10), 0.6), ("150 ms and 1.5 Mbit/s", Line(150, 1.5), 1.5)]
"""Slower lines to the server, and within how many seconds the page should be live."""

GAPS = """seconds => new Promise((done) => {
  const times = [];
  const until = performance.now() + 1000 * seconds;
  const tick = (now) => { times.push(now); now < until ? requestAnimationFrame(tick) : done(times); };
  requestAnimationFrame(tick);
})"""
"""Collects the times of all animation frames, in milliseconds."""


def counters(session: CDPSession) -> dict[str, float]:
    """The browser's counters for the page: seconds of main-thread work, bytes of JavaScript."""
    found = session.send("Performance.getMetrics")["metrics"]
    return {entry["name"]: float(entry["value"]) for entry in found}


def drawing(page: Page, session: CDPSession, seconds: float) -> tuple[list[float], float, float]:
    """Gaps between frames (s), main-thread work for a frame (s, mean), and the heap afterwards (bytes)."""
    before = counters(session)
    times = page.evaluate(GAPS, seconds)
    after = counters(session)
    session.send("HeapProfiler.collectGarbage")
    heap = counters(session)["JSHeapUsedSize"]
    gaps = [(later - earlier) / 1000 for earlier, later in pairwise(times)]
    return gaps, (after["TaskDuration"] - before["TaskDuration"]) / len(times), heap


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/"


def arrivals(browser: Browser, server: Server, rounds: int) -> list[Row]:
    """How soon the page is live: over loopback, over two slower lines, and for a run with a long past."""
    url = address(server)

    def rows(name: str, line: Line | None, target: float, curve: bool = False) -> list[Row]:
        found = [visits(browser, url, line, curve) for _ in range(rounds)]
        first, second = zip(*found, strict=True)
        median = readable_time(Spread.of([arrival.live for arrival in second]).median)
        drawn = [arrival.drawn for arrival in first if arrival.drawn is not None]
        remark = (
            f"its curve is drawn after {readable_time(Spread.of(drawn).median)}" if drawn else f"next visit {median}"
        )
        return [Row(f"live, {name}", [arrival.live for arrival in first], target, True, readable_time, remark)]

    near = [visits(browser, url, None) for _ in range(rounds)]
    first, second = zip(*near, strict=True)
    found = [
        Row("first paint", [visit.painted for visit in first], 0.3, True, readable_time, "of a new browser context"),
        Row("live, on this machine", [visit.live for visit in first], 0.6, True, readable_time, "connected"),
        Row("kB until live", [visit.size / 1000 for visit in first], 75, True, lambda x: f"{x:.1f}",
            f"{len(first[0].sent)} requests, HTML and socket included (target: 6)"),
        Row("kB until live, next visit", [visit.size / 1000 for visit in second], 10, True, lambda x: f"{x:.1f}",
            f"{len(second[0].sent)} requests"),
        *(row for name, line, target in LINES for row in rows(name, line, target)),
    ]  # fmt: skip
    train(server, 50_000)
    return found + [
        row for name, line, target in LINES for row in rows(f"{name}, 50,000 iterations", line, target, True)
    ]


def measured(browser: Browser, server: Server, rounds: int, seconds: float) -> list[Row]:
    """All rows of the table."""
    arriving = arrivals(browser, server, rounds)
    server.call("POST", "/api/runs/main/reset", {"config": LONG})
    server.call("GET", "/api/runs/main/accuracy")  # its engine is compiled
    server.call("PATCH", "/api/runs/main", {"speed": None})
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address(server))
    page.locator("#connection", has_text="live").wait_for()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    found = []
    for _ in range(rounds):
        server.call("POST", "/api/runs/main/reset")
        server.call("POST", "/api/runs/main/start")
        time.sleep(1)  # after that, compiled code, fonts and the first canvases are ready
        found.append(drawing(page, session, seconds))
        run = server.call("GET", "/api/runs/main")
        if run["state"] != "running":
            raise RuntimeError(f"training ended before the round did: {run['state']}")
    server.call("POST", "/api/runs/main/pause")
    iteration = run["iteration"]
    smooth = [sum(gap < 0.034 for gap in gaps) / len(gaps) for gaps, _, _ in found]
    gaps = [gap for round_gaps, _, _ in found for gap in round_gaps]
    heaps = [heap / 2**20 for _, _, heap in found]

    def share(number: float) -> str:
        return f"{100 * number:.2f}%"

    remark = f"p99 {readable_time(percentile(gaps, 99))}, longest {readable_time(max(gaps))}, {len(gaps):,} in all"
    return [
        Row("frames that come within 34 ms", smooth, 0.99, False, share, remark),
        Row("main-thread work of a frame", [work for _, work, _ in found], 0.008, True, readable_time, "the mean"),
        Row("heap at the end, of at the beginning", [heaps[-1] / heaps[0]], 1.5, True, lambda x: f"{x:.2f}",
            f"{heaps[0]:.1f} to {heaps[-1]:.1f} MB, {iteration:,} iterations a round"),
        *arriving,
    ]  # fmt: skip


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then the table."""
    yield f"{machine('playwright', 'fastapi')}; {load()} before"
    with running("app", "serve", "--port", "0", "--no-store") as server, sync_playwright() as driver:
        server.await_engine()
        browser: Any = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield f"Chromium {browser.version}, headless, 1440 by 900; all panels open, 16 bits, 32 units, unlimited speed."
        rows = measured(browser, server, rounds, 5.0 if quick else 20.0)
        browser.close()
    header = ["the page", "result", "target", "met", "min .. max", "medians"]
    yield table(header, [row.cells() for row in rows])
    yield f"{rounds} rounds; {load()} at the end, browser and server included."
