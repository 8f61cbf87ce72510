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

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules that look at colours, which are all that the dark theme changes."""

RUN = "async (rules) => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations"
"""Only what breaks a rule is described in full."""


def check(page: Page, state: str = "") -> None:
    """Run axe in both themes, and list what it finds."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        violations = page.evaluate(RUN, TAGS if scheme == "light" else COLOURS)
        assert [
            (state, scheme, violation["id"], [node["target"] for node in violation["nodes"]], violation["nodes"][0])
            for violation in violations
        ] == []


def fresh(page: Page, api: Api, said: Said) -> None:
    expect(page.locator("#cases .cases-cell")).to_have_count(8)


def settings(page: Page, api: Api, said: Said) -> None:
    button(page, said("Settings")).click()
    page.get_by_label(said("Bits"), exact=True).fill("99")
    expect(page.locator("#set-bits-problem")).to_contain_text("99")


def share(page: Page, api: Api, said: Said) -> None:
    button(page, said("Share")).click()
    expect(page.get_by_role("dialog", name=said("Share"))).to_be_visible()


def trained(page: Page, api: Api, said: Said) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2000})
    expect(page.locator("#iteration")).to_have_text("2,000")


def past(page: Page, api: Api, said: Said) -> None:
    page.get_by_role("slider", name=said("Moment of the run")).focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("region", name=said("In the past"))).to_be_visible()


def predicted(page: Page, api: Api, said: Said) -> None:
    button(page, said("Predict")).click()
    expect(page.get_by_role("status").filter(has_text="9 + 60")).to_be_visible()


def explained(page: Page, api: Api, said: Said) -> None:
    button(page, said("Why?")).click()
    expect(page.get_by_role("dialog", name=said("Why?")).locator("summary")).to_be_visible()


def program(page: Page, api: Api, said: Said) -> None:
    page.get_by_role("tab", name=said("The program")).click()
    expect(page.locator("#code-lines li").first).to_be_visible()
    for _ in range(2):  # the first may end an answer that is shown
        button(page, said("Next bit")).click()
    expect(page.locator("#code-lines [aria-current]")).to_have_count(1)
    page.locator("#code-lines button").first.click()


def finished(page: Page, api: Api, said: Said) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 1}})
    expect(page.locator("#state")).to_have_text(said("ready"))
    button(page, said("Step")).click()
    expect(page.locator("#state")).to_have_text(said("finished"))


STATES = [fresh, settings, share, trained, past, predicted, explained, program, finished]
"""What a visitor sees one after the other, with Escape between."""


@languages
def test_axe_finds_nothing_on_the_lab_in_any_of_its_states(visit: Open, api: Api, language: str) -> None:
    page = opened(visit, language, bypass_csp=True, reduced_motion="reduce")
    for state in STATES:
        state(page, api, in_language(language))
        check(page, state.__name__)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("html")).to_have_attribute("data-when", "now")


@languages
@pytest.mark.parametrize("path", ["/runs", "/runs/nobody", "/compare?runs=main", "/sweeps", "/?embed=1"])
def test_axe_finds_nothing_on_the_other_pages(visit: Open, language: str, path: str) -> None:
    page = opened(visit, language, path, bypass_csp=True, reduced_motion="reduce")
    expect(page.get_by_role("button").or_(page.get_by_role("link")).first).to_be_visible()
    check(page)
