"""The words of the lab: each term says what it is where it stands, and the panel of all leads to its place."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.glossary import ENTRIES
from app.languages import say as said_in
from app.languages import speaking
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import check
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
ARTICLE = "Anyone Can Learn To Code an LSTM-RNN"


def meaning(term: str, language: str = "en") -> str:
    """The sentence of a term."""
    with speaking(language):
        return said_in(ENTRIES[term].meaning)


def tip(page: Page) -> Locator:
    return page.locator("#words-tip")


def tells(page: Page, term: str, language: str = "en") -> None:
    expect(tip(page)).to_be_visible()
    expect(tip(page)).to_contain_text(meaning(term, language))


def glossary(page: Page, name: str = "Words") -> Locator:
    return page.get_by_role("dialog", name=name, exact=True)


@languages
def test_a_word_that_is_pointed_at_says_what_it_is(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = opened(visit, language)
    word = page.get_by_role("link", name=said("hidden state"), exact=True)
    word.hover()
    tells(page, "hidden-state", language)
    expect(word).to_have_attribute("aria-describedby", "words-meaning")
    # The pointer may go on to the sentence; Escape takes the sentence away, and nothing else.
    tip(page).hover()
    page.get_by_role("button", name=said("All words")).hover()
    expect(tip(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()
    word.hover()
    tells(page, "hidden-state", language)
    page.locator("#stage-sum").hover()
    expect(tip(page)).to_be_hidden()
    if language != "en":
        assert left_over(page) == []


def test_a_sentence_stands_beside_what_it_explains(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit(viewport={"width": 1280, "height": 720}, reduced_motion="reduce").page
    for word, place in (("Understood so far", "#cases"), ("hidden state", "tr[data-name=hidden]")):
        page.get_by_role("link", name=word, exact=True).hover()
        expect(tip(page)).to_be_visible()
        card, about = tip(page).bounding_box(), page.locator(place).first.bounding_box()
        assert card is not None
        assert about is not None
        beside = card["x"] + card["width"] <= about["x"] or about["x"] + about["width"] <= card["x"]
        over = card["y"] + card["height"] <= about["y"] or about["y"] + about["height"] <= card["y"]
        assert beside or over, word
        page.keyboard.press("Escape")


@languages
def test_the_panel_of_all_words_leads_to_the_place_of_each(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = opened(visit, language)
    button(page, said("Words")).click()
    panel = glossary(page, said("Words"))
    expect(panel.get_by_role("article")).to_have_count(len(ENTRIES))
    expect(panel).to_contain_text("synapse_h")
    if language != "en":
        symbols = " ".join(f"{entry.symbol} {entry.script}" for entry in ENTRIES.values())
        assert set(left_over(page)) <= {*re.findall(r"[A-Za-z][A-Za-z_-]{2,}\d?", symbols), "BPTT", "logit"}
    panel.get_by_role("button", name=said("Show me: {name}", name=said("hidden state")), exact=True).click()
    expect(panel).to_be_hidden()
    expect(page.locator("tr[data-name=hidden]")).to_have_class("stage-row-hidden is-shown")
    tells(page, "hidden-state", language)
    page.keyboard.press("Escape")
    expect(page.locator(".is-shown")).to_have_count(0)


def test_a_word_leads_to_a_field_of_the_settings_and_to_a_hidden_tab(visit: Open) -> None:
    page = visit().page
    page.get_by_role("tab", name="Your problem").click()
    button(page, "Words").click()
    panel = glossary(page)
    panel.get_by_role("button", name="Show me: W_hh", exact=True).click()
    expect(page.locator("#weights")).to_be_visible()
    expect(page.locator(".matrix.is-shown #heatmap-W_hh")).to_be_visible()
    tip(page).get_by_role("button", name="All words").click()
    expect(panel.locator("#word-W_hh")).to_be_focused()
    panel.get_by_role("button", name="Show me: learning rate", exact=True).click()
    settings = page.get_by_role("dialog", name="Settings")
    expect(settings).to_be_visible()
    expect(settings.get_by_label("Learning rate")).to_be_focused()
    tells(page, "learning-rate")
    page.keyboard.press("Escape")
    expect(settings).to_be_visible()
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()


def test_what_is_not_on_the_page_says_how_to_see_it(visit: Open) -> None:
    page = visit().page
    button(page, "Words").click()
    entry = (
        glossary(page).get_by_role("article").filter(has=page.get_by_role("heading", name="forget gate", exact=True))
    )
    entry.get_by_role("button", name="Show me").click()
    expect(entry).to_contain_text("To see it, choose the cell LSTM under Settings.")
    expect(page.get_by_role("status").filter(has_text="choose the cell LSTM")).to_have_count(1)
    entry.get_by_role("button", name="cell state").click()
    expect(page.locator("#word-cell-state")).to_be_focused()


def test_words_are_reached_by_keyboard(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit().page
    expect(page.locator("#stage-sum")).to_contain_text("=")
    page.get_by_role("slider", name="Speed").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Iteration", exact=True)).to_be_focused()
    tells(page, "iteration")
    expect(tip(page)).to_contain_text("Enter opens them, arrow keys go on")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Error", exact=True)).to_be_focused()
    tells(page, "error")
    page.keyboard.press("Tab")
    expect(tip(page)).to_be_hidden()
    page.locator("#stage-scroll td[tabindex='0']").focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("link", name="predicted", exact=True).first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="P(bit = 1)", exact=True).first).to_be_focused()
    tells(page, "output")
    page.keyboard.press("ArrowLeft")
    tells(page, "predicted")
    for name in ("hidden state", "a", "b", "position", "output delta", "gradient from this bit"):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#word-this-bit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(glossary(page)).to_be_hidden()
    expect(page.get_by_role("link", name="gradient from this bit", exact=True)).to_be_focused()


def test_the_panel_is_opened_and_left_by_its_key(visit: Open) -> None:
    page = visit().page
    page.keyboard.press("g")
    expect(glossary(page).get_by_role("article").first).to_be_visible()
    expect(glossary(page).get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(glossary(page)).to_be_hidden()


def test_a_word_that_is_tapped_says_what_it_is_and_the_next_tap_opens_all(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit(reduced_motion="reduce", **PHONE).page
    expect(page.locator("#stage-sum")).to_contain_text("=")
    word = page.get_by_role("link", name="gradient from later bits", exact=True)
    word.tap()
    tells(page, "later-bits")
    box = tip(page).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.locator("#stage-sum").tap()
    expect(tip(page)).to_be_hidden()
    word.tap()
    tells(page, "later-bits")
    word.tap()
    expect(page.locator("#word-later-bits")).to_be_in_viewport()
    glossary(page).get_by_role("button", name="Close").tap()
    button(page, "Settings").tap()
    biases = page.get_by_role("dialog", name="Settings").get_by_text("Biases", exact=True)
    biases.tap()
    tells(page, "bias")
    expect(page.get_by_role("checkbox", name="Biases").first).not_to_be_checked()


def test_a_server_that_does_not_answer_is_told_and_asked_again(visit: Open) -> None:
    page = visit().page
    page.route("**/api/glossary", lambda route: route.abort())
    button(page, "Words").click()
    expect(glossary(page)).to_contain_text("The server does not answer.")
    page.keyboard.press("Escape")
    page.unroute("**/api/glossary")
    button(page, "Words").click()
    expect(glossary(page).get_by_role("article").first).to_be_visible()
    expect(glossary(page)).not_to_contain_text("does not answer")


def test_sentences_are_fetched_when_they_are_first_needed(visit: Open) -> None:
    visited = visit()
    page = visited.page
    expect(page.locator("#curve-plot canvas")).to_be_visible()
    assert not [url for url in visited.requests if "glossary" in url]
    page.get_by_role("link", name="Error", exact=True).hover()
    tells(page, "error")
    page.get_by_role("link", name="Iteration", exact=True).hover()
    tells(page, "iteration")
    assert len([url for url in visited.requests if url.endswith("/api/glossary")]) == 1


CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"cell": "gru", "bias": True},
    {"cell": "lstm", "bias": True, "task": "three_numbers"},
]

LABELS = """
    () => [...document.querySelectorAll(`th[scope=row], dt, .stage-phases li, .curve-key > span, .matrix-name b,
        .matrix-gate, #settings label, #branch label[for], .controls-speed label, .head-label`)]
        .filter((one) => !one.closest("#keys"))
        .map((one) => [one.textContent.trim(), Boolean(one.closest("[data-word]") ?? one.querySelector("[data-word]"))])
"""
PLACES = "places => places.some((place) => document.querySelector(place))"


def test_labels_that_name_a_term_are_words_and_each_term_has_a_place(visit: Open, api: Api) -> None:
    names = {entry.name.lower() for entry in ENTRIES.values()} | {"a", "b", "c", "biases", "clip gradients at"}
    found: set[str] = set()
    for config in CONFIGURATIONS:
        api("POST", "/api/runs/main/reset", {"config": config})
        api("POST", "/api/runs/main/step", {"iterations": 3})
        page = visit().page
        expect(page.locator("#stage-sum")).to_contain_text("=")
        expect(page.locator(".matrix")).not_to_have_count(0)
        expect(page.locator("#cases tbody tr")).not_to_have_count(0)
        labels = page.evaluate(LABELS)
        assert len(labels) > 25
        assert [text for text, is_word in labels if text.lower() in names and not is_word] == []
        used = page.evaluate("() => [...document.querySelectorAll('[data-word]')].map((one) => one.dataset.word)")
        assert set(used) - {"undefined", "-gate"} <= ENTRIES.keys()
        found |= {term for term, entry in ENTRIES.items() if page.evaluate(PLACES, list(entry.places))}
    assert found == ENTRIES.keys()


@languages
def test_help_leads_to_what_this_is(visit: Open, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language, reduced_motion="reduce", bypass_csp=True)
    button(page, said("Help")).click()
    button(page, said("About")).click()
    about = page.get_by_role("dialog", name=said("About rnn-adder %(version)s").split("%")[0].strip())
    expect(about.get_by_role("link")).to_have_attribute(
        "href", "https://iamtrask.github.io/2015/11/15/anyone-can-code-lstm/"
    )
    expect(about.get_by_role("link")).to_contain_text(ARTICLE)
    check(page, "about")
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()
    expect(button(page, said("Help"))).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_on_a_sentence_and_on_all_words(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = opened(visit, language, reduced_motion="reduce", bypass_csp=True)
    page.get_by_role("link", name=said("hidden state"), exact=True).hover()
    tells(page, "hidden-state", language)
    check(page, "sentence")
    button(page, said("Words")).click()
    expect(glossary(page, said("Words")).get_by_role("article").first).to_be_visible()
    check(page, "words")
