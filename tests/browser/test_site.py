"""The documentation as a site: it is built without a warning, its links lead somewhere, and it needs no network."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.server import ROOT


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that http.server gives it)
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, in a folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site, served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_address_in_its_pages_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    names = {page: set(re.findall(r'\b(?:id|name)="([^"]+)"', text)) for page, text in pages.items()}
    lost = []
    for page, text in pages.items():
        folder = site if page.name == "404.html" else page.parent  # that one stands for any address
        for address in re.findall(r'\b(?:href|src)="([^"]*)"', text):
            target, _, fragment = address.partition("#")
            if ":" in target or not (target or fragment):
                continue
            file = (folder / target.lstrip("/")).resolve() if target else page
            file = file / "index.html" if file.is_dir() else file
            if not file.exists() or (fragment and fragment not in names[file]):
                lost.append(f"{page.relative_to(site)}: {address}")
    assert len(pages) > 30
    assert lost == []


def test_it_shows_what_the_code_says_of_itself(site: Path) -> None:
    def page(name: str) -> str:
        return re.sub(r"<[^>]+>", "", (site / name).read_text(encoding="utf-8"))

    assert "--learning-rate" in page("command-line.html")
    assert "GET /api/runs/{run_id}/errors" in page("http.html")
    assert "One training run. It goes on when it is told to" in page("python.html")
    assert "dW_hh += h[t].T @ dh[t]" in page("source/rnn_core/cells/elman.py.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index", "architecture", "http", "settings"])
def test_a_page_asks_nobody_else_and_fits_a_phone(address: str, browser: Browser, page: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    tab = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{address}/{page}.html", wait_until="networkidle")
    assert [url for url in asked if not url.startswith(address)] == []
    assert complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    context.close()


def test_the_search_finds_a_setting(address: str, browser: Browser) -> None:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.goto(f"{address}/index.html")
    search = tab.get_by_role("textbox", name="Search")
    search.click()
    search.press_sequentially("RNN_ADDER_STORE_BUDGET")  # the theme listens to keys
    expect(tab.locator(".md-search-result__link").first).to_have_attribute(
        "href", re.compile("settings|storage|deploy")
    )
    context.close()
