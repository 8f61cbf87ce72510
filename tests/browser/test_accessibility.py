"""axe-core finds nothing on any page, in either theme and any language, in any of their states."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_languages import in_language, languages, opened
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]
State = Callable[[Page, Api, Said], None]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(page: Page) -> None:
    """Run axe in both themes, and list what it finds."""
    page.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
        assert [
            (scheme, violation["id"], [node["target"] for node in violation["nodes"]], violation["nodes"][0])
            for violation in found["violations"]
        ] == []


def trained(page: Page, api: Api, said: Said) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2000})
    expect(page.locator("#iteration")).to_have_text("2,000")


def settings(page: Page, api: Api, said: Said) -> None:
    button(page, said("Settings")).click()
    page.get_by_label(said("Bits"), exact=True).fill("99")
    expect(page.locator("#set-bits-problem")).to_contain_text("99")


def share(page: Page, api: Api, said: Said) -> None:
    button(page, said("Share")).click()
    expect(page.get_by_role("dialog", name=said("Share"))).to_be_visible()


def past(page: Page, api: Api, said: Said) -> None:
    trained(page, api, said)
    page.get_by_role("slider", name=said("Moment of the run")).focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("region", name=said("In the past"))).to_be_visible()


def predicted(page: Page, api: Api, said: Said) -> None:
    trained(page, api, said)
    button(page, said("Predict")).click()
    expect(page.get_by_role("status").filter(has_text="9 + 60")).to_be_visible()


def finished(page: Page, api: Api, said: Said) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 1}})
    button(page, said("Step")).click()
    expect(page.locator("#state")).to_have_text(said("finished"))


STATES = [None, trained, settings, share, past, predicted, finished]


@languages
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__ if state else "fresh")
def test_axe_finds_nothing_on_the_lab(visit: Open, api: Api, language: str, state: State | None) -> None:
    page = opened(visit, language, bypass_csp=True, reduced_motion="reduce")
    expect(page.locator("#cases tbody tr")).to_have_count(8)
    if state:
        state(page, api, in_language(language))
    check(page)


@languages
@pytest.mark.parametrize("path", ["/runs", "/runs/nobody", "/compare?runs=main", "/?embed=1"])
def test_axe_finds_nothing_on_the_other_pages(visit: Open, language: str, path: str) -> None:
    page = opened(visit, language, path, bypass_csp=True, reduced_motion="reduce")
    expect(page.get_by_role("button").or_(page.get_by_role("link")).first).to_be_visible()
    check(page)
