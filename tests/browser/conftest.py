"""A real Chromium against a real server."""

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.server import RunningServer, run_server

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")

expect.set_options(timeout=60_000)  # what is to come, comes; on a busy machine it takes a while


def chromium_path() -> str:
    """The machine's Chromium. Without one these tests are skipped, or fail if CI=true."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = f"no browser: none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def warm_server() -> Iterator[RunningServer]:
    """A server whose engine is compiled, so that no test has to wait for it."""
    with run_server() as running:
        call(running, "GET", "/api/runs/main/accuracy")
        deadline = time.monotonic() + 120
        while call(running, "GET", "/api/engine?run=main")["kernels"] != "own":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield running


@pytest.fixture
def server(warm_server: RunningServer) -> RunningServer:
    """The server. Its main run is ready to start, as by default."""
    call(warm_server, "POST", "/api/runs/main/reset", {"config": {}})
    call(warm_server, "PATCH", "/api/runs/main", {"speed": 300})
    return warm_server


def call(server: RunningServer, method: str, path: str, body: object = None) -> Any:
    """Call a server's API."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=280) as response:
        text = response.read()
    return json.loads(text) if text else None


class Visit:
    """A watched page: what it logs and what it requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def visit(browser: Browser, server: RunningServer) -> Iterator[Callable[..., Visit]]:
    """Open the page at a path, with options of a browser context, and wait until it is live."""
    contexts = []

    def open_page(path: str = "/", *, live: bool = True, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(60_000)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.goto(f"{server.url}{path}")
        if live:
            expect(visited.page.locator("#connection")).to_have_text("live")
        return visited

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def api(server: RunningServer) -> Callable[..., Any]:
    """Call the server's API: method, path, body."""
    return partial(call, server)


def whole_history(api: Callable[..., Any], run: str) -> list[Any]:
    """The history of a run's accuracy when it is complete. Pause a training run first."""
    deadline = time.monotonic() + 60
    while (found := api("GET", f"/api/runs/{run}/overview?points=1&history=1000")).get("pending"):
        assert time.monotonic() < deadline, found["pending"]
        time.sleep(0.01)
    return list(found["history"])
