"""Numbers that are typed or pasted: they are sent as they are, or refused beside the field."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.browser.test_settings import reset, settings

Open = Callable[..., Visit]
Api = Callable[..., Any]

NEVER = ["1 000", "１２", "+5", "-0", "0x10", "0b1001", "12345678901234567890", "five"]
"""No number, in any field."""

INTEGERS = ["50.000", "1.000", "0,05", "1e3", *NEVER]
NUMBERS = ["0,05", "1.000,5", "1e999", *NEVER]


def typed(field: Locator, text: str) -> None:
    field.press("ControlOrMeta+A")
    field.press("Delete")
    field.press_sequentially(text)


def pasted(field: Locator, text: str) -> None:
    """Paste a text without the clipboard, for which a page needs permission."""
    field.press("ControlOrMeta+A")
    field.press("Delete")
    field.page.keyboard.insert_text(text)


ENTER = {"typed": typed, "pasted": pasted}


def refused(page: Page, field: Locator, text: str) -> None:
    """Check that the text stays as it was typed, and that the error is beside it, also for screen readers."""
    expect(field).to_have_value(text)
    expect(field).to_have_attribute("aria-invalid", "true")
    problem = page.locator(f"#{field.get_attribute('id')}-problem")
    expect(problem).to_contain_text(f'not "{text}".')
    assert str(problem.get_attribute("id")) in str(field.get_attribute("aria-describedby"))


@pytest.mark.parametrize("way", list(ENTER))
def test_no_field_of_the_settings_makes_another_number_of_what_was_typed(visit: Open, api: Api, way: str) -> None:
    generation = api("GET", "/api/runs/main")["generation"]
    page = visit().page
    panel = settings(page)
    for label, texts in (("Seed", INTEGERS), ("Iterations", ["50.000", "1e3"]), ("Learning rate", NUMBERS)):
        field = panel.get_by_label(label, exact=True)
        for text in texts if way == "typed" else texts[-3:]:
            ENTER[way](field, text)
            refused(page, field, text)
        reset(panel)
        refused(page, field, texts[-1])
        if label == "Learning rate":
            panel.get_by_role("button", name="Apply now").click()
            refused(page, field, texts[-1])
    for label in ("Seed", "Iterations", "Learning rate"):
        panel.get_by_label(label, exact=True).fill("")
        reset(panel)
        expect(panel.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")
        panel.get_by_label(label, exact=True).fill("1")
    clip = panel.get_by_label("Clip gradients at")
    ENTER[way](clip, "0,5")
    refused(page, clip, "0,5")
    expect(page.locator("#set-clip_norm-problem")).to_have_text('must be empty or a number above 0, not "0,5".')
    status = api("GET", "/api/runs/main")
    assert (status["generation"], status["learning_rate"]) == (generation, 0.1)


def test_what_is_a_number_is_sent_as_it_stands_there(visit: Open, api: Api) -> None:
    panel = settings(visit().page)
    for label, text in (
        ("Seed", " 5 "),
        ("Iterations", "00900"),
        ("Learning rate", "1e-3"),
        ("Clip gradients at", ".5"),
    ):
        typed(panel.get_by_label(label, exact=True), text)
    reset(panel)
    expect(panel).to_be_hidden()
    config = api("GET", "/api/runs/main")["config"]
    names = ("seed", "max_iterations", "learning_rate", "clip_norm")
    assert [config[name] for name in names] == [5, 900, 0.001, 0.5]


@pytest.mark.parametrize("way", list(ENTER))
def test_no_field_of_a_branch_does_either(visit: Open, api: Api, way: str) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 50})
    page = visit().page
    runs = len(api("GET", "/api/runs"))
    page.get_by_role("slider", name="Moment of the run").press("Home")
    button(page, "Branch from here").click()
    panel = page.get_by_role("dialog", name="Branch from")
    for label, text in (("Iterations", "50.000"), ("Learning rate", "0,05"), ("Clip gradients at", "1 000")):
        field = panel.get_by_label(label, exact=True)
        before = field.input_value()
        ENTER[way](field, text)
        panel.get_by_role("button", name="Create the branch").click()
        refused(page, field, text)
        field.fill(before)
    assert len(api("GET", "/api/runs")) == runs


@pytest.mark.parametrize("way", list(ENTER))
def test_neither_does_try_it(visit: Open, way: str) -> None:
    page = visit().page
    field, hint = page.get_by_label("a", exact=True), page.locator("#try-hint")
    for text in [
        text for text in INTEGERS if not (text.isascii() and text.isdecimal())
    ]:  # digits are a number, however many
        ENTER[way](field, text)
        expect(field).to_have_value(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_attribute("aria-describedby", "try-hint")
        expect(hint).to_contain_text(f"a is {text}: it must be")
        button(page, "Predict").click()
        expect(field).to_be_focused()
    ENTER[way](field, "")
    expect(hint).to_have_text("Type a whole number for a.")
    expect(page.locator("#try-answer")).to_be_empty()
    ENTER[way](field, " 9 ")
    expect(hint).to_be_empty()
    button(page, "Predict").click()
    expect(page.locator("#try-answer")).to_contain_text("9 + 60 = 69")
