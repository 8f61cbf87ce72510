"""How soon the lab is live in a browser, over fast and slow lines, and what travels until then.

A line is emulated by the browser (Chrome DevTools Protocol): so long until an answer begins, so many bits a second. The
set-up of connections is left out. On a real line it takes one way there and back for each.
"""

import json
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket

from benchmarks.processes import Server

SCRIPT = """{
  const sent = () => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(({ transferSize }) => transferSize > 0).map(({ name, transferSize }) => [name, transferSize]);
  let live = false;
  new MutationObserver((_, observer) => {
    if (!live && document.body?.dataset.connection === "open") {
      live = true;
      const arrived = { live: performance.now(), sent: sent() };
      new PerformanceObserver((list) => {
        const paint = list.getEntriesByName("first-contentful-paint")[0];
        if (paint) console.log("live", JSON.stringify({ ...arrived, painted: paint.startTime }));
      }).observe({ type: "paint", buffered: true });
    }
    if (!document.querySelector("#curve-plot")?.getAttribute("aria-label")?.includes("smoothed")) return;
    observer.disconnect();
    console.log("drawn", performance.now());
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-connection", "aria-label"] });
}"""
"""Reports when the page is live, with the bytes of what has come until then, and when the curve of a run is drawn."""

PATIENCE = 120
"""Seconds."""

HANDSHAKE = 300
"""About the bytes of the headers that open a socket. They are not in the browser's records."""


@dataclass(frozen=True)
class Line:
    """A line to the server: milliseconds until an answer begins, and megabits a second."""

    latency: float
    rate: float

    def emulate(self, page: Page) -> None:
        """Have the browser act as if the page came over it."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        throughput = self.rate * 1e6 / 8
        conditions = {"offline": False, "latency": self.latency}
        rates = {"downloadThroughput": throughput, "uploadThroughput": throughput}
        session.send("Network.emulateNetworkConditions", {**conditions, **rates})


@dataclass(frozen=True)
class Arrival:
    """What happened until a page was live.

    Attributes:
        live: seconds from the request for the page.
        painted: seconds until the first paint.
        drawn: seconds until the curve was drawn; None if that was not awaited.
        sent: the addresses that were asked for, and how many bytes came for each, with headers. The last is the socket.
    """

    live: float
    painted: float
    drawn: float | None
    sent: list[tuple[str, int]]

    @property
    def size(self) -> int:
        """The number of bytes that came."""
        return sum(size for _, size in self.sent)


def arrive(context: BrowserContext, url: str, line: Line | None = None, curve: bool = False) -> Arrival:
    """Visit a page of the lab, in a new tab that is closed afterwards.

    Args:
        context: where the browser keeps what it has seen.
        url: the page.
        line: over which line; None for that of this machine.
        curve: whether to wait for the curve, too. The run then needs some errors.

    Raises:
        TimeoutError: the page is not live in time.
    """
    page = context.new_page()
    greeting: list[int] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: greeting.append(len(payload)))

    page.on("websocket", watch)
    page.add_init_script(SCRIPT)
    if line is not None:
        line.emulate(page)
    said: dict[str, str] = {}

    def hear(message: ConsoleMessage) -> None:
        name, _, value = message.text.partition(" ")
        said[name] = value

    page.on("console", hear)
    page.goto(url, wait_until="commit", timeout=1000 * PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while "live" not in said or (curve and "drawn" not in said) or len(greeting) < 2:  # its status, and a frame
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} is not live after {PATIENCE} s: {said}")
        page.wait_for_timeout(10)
    found = json.loads(said["live"])
    page.close()
    return Arrival(
        live=found["live"] / 1000,
        painted=found["painted"] / 1000,
        drawn=float(said["drawn"]) / 1000 if curve else None,
        sent=[*map(tuple, found["sent"]), ("socket", HANDSHAKE + sum(greeting[:2]))],
    )


def visits(browser: Browser, url: str, line: Line | None, curve: bool = False) -> tuple[Arrival, Arrival]:
    """A first visit, and the next one."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    first = arrive(context, url, line, curve)
    second = arrive(context, url, line, curve)
    context.close()
    return first, second


def train(server: Server, iterations: int) -> None:
    """Train the main run to its end, as fast as it can be."""
    server.call("POST", "/api/runs/main/reset", {"config": {"max_iterations": iterations}})
    server.call("PATCH", "/api/runs/main", {"speed": None})
    server.call("POST", "/api/runs/main/start")
    while server.call("GET", "/api/runs/main")["state"] != "finished":
        time.sleep(0.1)
    server.call("GET", "/api/runs/main/accuracy")
