"""axe-core finds nothing on any page, in either theme, in any of their states."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]
State = Callable[[Page, Api], None]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(page: Page) -> None:
    """Run axe, and name what it finds."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    assert [
        (violation["id"], [node["target"] for node in violation["nodes"]], violation["nodes"][0]["failureSummary"])
        for violation in found["violations"]
    ] == []


def trained(page: Page, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2000})
    expect(page.locator("#iteration")).to_have_text("2,000")


def settings(page: Page, api: Api) -> None:
    button(page, "Settings").click()
    page.get_by_label("Bits").fill("99")
    expect(page.locator("#set-bits-problem")).to_contain_text("99")


def share(page: Page, api: Api) -> None:
    button(page, "Share").click()
    expect(page.get_by_role("dialog", name="Share")).to_be_visible()


def past(page: Page, api: Api) -> None:
    trained(page, api)
    page.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("region", name="In the past")).to_be_visible()


def predicted(page: Page, api: Api) -> None:
    trained(page, api)
    button(page, "Predict").click()
    expect(page.get_by_role("status").filter(has_text="9 + 60")).to_be_visible()


def finished(page: Page, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 1}})
    button(page, "Step").click()
    expect(page.locator("#state")).to_have_text("finished")


STATES = [None, trained, settings, share, past, predicted, finished]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__ if state else "fresh")
def test_axe_finds_nothing_on_the_lab(visit: Open, api: Api, scheme: str, state: State | None) -> None:
    page = visit(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce").page
    expect(page.locator("#cases tbody tr")).to_have_count(8)
    if state:
        state(page, api)
    check(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/runs", "/runs/nobody", "/compare?runs=main", "/?embed=1"])
def test_axe_finds_nothing_on_the_other_pages(visit: Open, scheme: str, path: str) -> None:
    page = visit(path, live=False, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce").page
    expect(page.get_by_role("button").or_(page.get_by_role("link")).first).to_be_visible()
    check(page)
