"""The keyboard: single keys, the sheet that lists them, and the page described in words."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit

Open = Callable[..., Visit]
Api = Callable[..., Any]


def test_the_sheet_opens_by_its_key_and_lists_what_keys_do(visit: Open) -> None:
    page = visit().page
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_contain_text("start, pause")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#iteration")).to_have_text("1")
    page.keyboard.press("h")
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(page.locator("#stage-caption")).to_contain_text("osition")


def test_what_is_shown_is_said_in_words_on_request(visit: Open, api: Api) -> None:
    page = visit().page
    api("POST", "/api/runs/main/step", {"iterations": 10_000})
    api("POST", "/api/runs/main/step", {"iterations": 10_000})
    expect(page.locator("#cases-summary")).to_contain_text("All 8")
    page.keyboard.press("d")
    message = page.locator("#announcer")
    for words in (" = ", "Iteration 20,000, paused, error 0.", "100.0% of all problems are right", "all 8 understood"):
        expect(message).to_contain_text(words)


def test_who_turns_single_keys_off_has_none(visit: Open) -> None:
    page = visit().page
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    page.keyboard.press("h")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#iteration")).to_have_text("1")
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
