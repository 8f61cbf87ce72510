"""The page of all runs shows who did what: to whoever runs the server, and only when they ask for it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessibility import check
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


def rows(page: Page) -> list[list[str]]:
    """The table, without the times."""
    found = page.locator("#audit tbody tr").all()
    return [row.locator("td").all_inner_texts()[1:] for row in found]


def test_who_did_what_is_fetched_when_it_is_opened_and_goes_on(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"name": "Tuesday's <b>class</b>"})["id"]
    api("POST", f"/api/runs/{run}/step", {"iterations": 3})
    api("POST", f"/api/runs/{run}/step", {"iterations": 3})
    api("POST", f"/api/runs/{run}/reset", {"config": {"seed": 4}})
    visited = visit("/runs", bypass_csp=True)
    page = visited.page
    assert not any("/api/audit" in address for address in visited.requests)
    page.get_by_text("Who did what").click()
    expect(page.locator("#audit tbody tr").first).to_contain_text("Reset: the settings")
    assert rows(page)[:3] == [
        ["this machine", "Reset: the settings", "Tuesday's <b>class</b>", "done"],
        ["this machine", "Step × 2", "Tuesday's <b>class</b>", "done"],
        ["this machine", "Create: the name", "Tuesday's <b>class</b>", "done"],
    ]
    assert "2" in page.locator("#audit time").first.inner_text()
    check(page)
    api("POST", f"/api/runs/{run}/start", {})
    expect(page.locator("#audit tbody tr").first).to_contain_text("Start")


def test_it_speaks_chinese_and_fits_a_phone(visit: Open, api: Api) -> None:
    api("PATCH", "/api/runs/main", {"learning_rate": 0.5})
    page = visit("/runs?lang=zh", live=False, viewport={"width": 360, "height": 700}).page
    page.get_by_text("谁做了什么").click()
    expect(page.locator("#audit tbody tr").first).to_contain_text("更改：学习率")
    assert rows(page)[0][0] == "本机"
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_who_comes_from_elsewhere_sees_no_place_for_it(visit: Open) -> None:
    page = visit("/runs", extra_http_headers={"X-Forwarded-For": "203.0.113.9"}).page
    expect(page.get_by_role("button", name="New run")).to_be_visible()
    expect(page.get_by_text("Who did what")).to_have_count(0)
