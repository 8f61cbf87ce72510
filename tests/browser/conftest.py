"""A real Chromium against a real server."""

import json
import os
import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.app.quick import hurry_for_good
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
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The same browser, the one without windows first: it opens a page with less than half the work."""

PATIENCE = 120_000
"""Milliseconds that anything may take to come. What the server computes at low priority takes minutes beside others."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test here the time for several such waits, unless it names a limit of its own."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(4 * PATIENCE / 1000))


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
def compiled_server() -> Iterator[RunningServer]:
    """A server that stores nothing. The engine of its main run is compiled, so that no test has to wait for it."""
    with run_server() as running:
        call(running, "GET", "/api/runs/main/accuracy")
        deadline = time.monotonic() + 120
        while call(running, "GET", "/api/engine?run=main")["kernels"] != "own":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield running


@pytest.fixture(scope="session")
def numpy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that stores its runs, and whose engine needs no compilation for any cell. It is in a hurry: what pages
    ask for in passing, such as the accuracy of many moments, costs the reference more than the browser.
    """
    folder = str(tmp_path_factory.mktemp("numpy"))
    with run_server("--data-dir", folder, RNN_ADDER_ENGINE="numpy", first=hurry_for_good) as running:
        yield running


@pytest.fixture
def warm_server(compiled_server: RunningServer) -> RunningServer:
    """The server that a module's tests share with others. Modules that need another one name it by this name."""
    return compiled_server


@pytest.fixture
def server(warm_server: RunningServer) -> RunningServer:
    """The server. It has one run, `main`, which is ready to start, as by default."""
    for run in call(warm_server, "GET", "/api/runs"):
        if run["id"] != "main":
            call(warm_server, "DELETE", f"/api/runs/{run['id']}")
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
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.goto(f"{server.url}{path}")
        if live:
            visited.page.locator("#connection", has_text=re.compile("^live$")).wait_for()
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
