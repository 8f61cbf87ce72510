"""What a visit of the lab costs until it is live, and how the page's files come."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app.built import FOLDER
from benchmarks.arrival import Arrival, arrive
from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]


@pytest.fixture
def context(browser: Browser) -> Any:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def names(arrival: Arrival) -> list[str]:
    """What was asked for until the page was live. What it asks for as soon as it is may have begun already."""
    sent = [url.rpartition("/")[2] for url, _ in arrival.sent]
    return [name for name in sent if name not in ("engine?run=main", "task")]


@pytest.mark.parametrize("path", ["/", "/?lang=zh"])
def test_a_first_visit_takes_few_bytes_in_few_requests_and_the_next_one_nearly_none(
    context: BrowserContext, server: RunningServer, path: str
) -> None:
    first = arrive(context, f"{server.url}{path}")
    assert len(names(first)) <= 6, names(first)
    assert 20_000 < first.size <= 75_000, first.sent
    second = arrive(context, f"{server.url}{path}")
    assert len(names(second)) <= 2, names(second)
    assert 2_000 < second.size <= 10_000, second.sent


@pytest.mark.parametrize(("path", "most"), [("/runs", 25_000), ("/compare", 50_000)])
def test_the_other_pages_take_little_too(context: BrowserContext, server: RunningServer, path: str, most: int) -> None:
    page = context.new_page()
    page.goto(f"{server.url}{path}")
    expect(page.locator("html")).to_be_visible()
    sent = page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .filter(({ name }) => !name.includes("/api/")).map(({ name, transferSize }) => [name, transferSize])"""
    )
    assert len(sent) == 3, sent
    assert 10_000 < sum(size for _, size in sent) <= most, sent


def test_for_developers_the_modules_as_they_stand_are_live(browser: Browser) -> None:
    with run_server("--dev") as server:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url)
        expect(page.locator("#connection")).to_have_text("live")
        button(page, "Step").click()
        expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
        expect(page.locator("#curve-plot canvas")).to_be_visible()
        assert any(url.endswith("/static/views/stage.js") for url in asked)
        assert not any(f"/{FOLDER}/" in url for url in asked)
        page.close()


def test_a_page_whose_files_are_gone_asks_to_be_reloaded(visit: Open) -> None:
    visited = visit(live=False)
    page = visited.page
    gone = re.compile(rf"/{FOLDER}/(lazy|main|chunk)-")
    page.route(
        gone,
        lambda route: (
            route.fulfill(status=404)
            if "lazy-" in route.request.url or route.request.method == "HEAD"
            else route.continue_()
        ),
    )
    page.reload()
    expect(page.locator("#message")).to_have_text("The server has become newer than this page. Reload the page.")
    expect(page.locator("#connection")).to_have_text("live")
    page.unroute(gone)
    page.reload()
    expect(page.locator("#curve-plot canvas")).to_be_visible()
    expect(page.locator("#message")).to_be_hidden()
