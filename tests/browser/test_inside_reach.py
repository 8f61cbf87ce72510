"""How far back the error reaches: the drawer's tab Inside, fetched when it is first opened."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]


def opened_panel(page: Page, said: Said = str) -> Locator:
    page.get_by_role("tab", name=said("Inside"), exact=True).click()
    button(page, said("Way back")).click()
    return page.get_by_role("region", name=said("How far back the error reaches"))


def asked(visited: Visit) -> list[str]:
    return [url for url in visited.requests if "/reach" in url]


@languages
def test_it_says_how_much_of_an_error_is_left(visit: Open, api: Api, language: str) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2000})
    page = opened(visit, language)
    said: Said = in_language(language)
    panel = opened_panel(page, said)
    trace = api("GET", "/api/runs/main/iterations/2000")
    answer = api("GET", f"/api/runs/main/reach?a={trace['a']}&b={trace['b']}&iteration=1999")
    expect(panel.locator(".reach-square")).to_have_count(36)
    near, far = answer["shares"][1], answer["shares"][7]
    expect(panel.locator(".reach-words")).to_contain_text(f"{int(near * 1000) / 10:.1f}%")
    expect(panel.locator(".reach-words")).to_contain_text(
        said("The gradient vanishes: what happened long ago is hardly corrected.")
    )
    assert far < near
    # Each square is one number of the answer, and can be read by keyboard, too.
    triangle = panel.get_by_role("img")
    triangle.focus()
    page.keyboard.press("ArrowRight")
    norm = float(f"{answer['norms'][7][7]:.3g}")
    expect(panel.locator(".reach-readout")).to_contain_text(str(norm))
    along = api("GET", f"/api/runs/main/reach/along?a={trace['a']}&b={trace['b']}")["moments"]
    expect(panel.locator("svg path.reach-earlier")).to_have_count(len(along))
    if language != "en":
        assert left_over(page) == []


def test_nothing_is_asked_that_nobody_looks_at(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 10})
    visited = visit()
    page = visited.page
    assert not asked(visited)
    panel = opened_panel(page)
    expect(panel.locator(".reach-square")).to_have_count(36)
    page.get_by_role("tab", name="Weights", exact=True).click()
    expect(panel).to_be_hidden()
    many = len(asked(visited))
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("11")
    expect(page.locator("#stage-kind")).to_contain_text("iteration 11")
    assert len(asked(visited)) == many
    assert visited.complaints == []


def test_a_busy_server_is_said_so_and_asked_again(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 10})
    page = visit().page
    busy = {"title": "Service Unavailable", "status": 503, "detail": "The server is busy. Ask again."}
    page.route(
        "**/reach?*", lambda route: route.fulfill(status=503, content_type="application/problem+json", json=busy)
    )
    panel = opened_panel(page)
    expect(page.locator(".inside-note")).to_have_text("The server is busy. Ask again.")
    page.unroute("**/reach?*")
    expect(panel.locator(".reach-square")).to_have_count(36)
    expect(page.locator(".inside-note")).to_be_hidden()


def test_the_column_that_the_way_back_has_come_to_is_lit(visit: Open, api: Api) -> None:
    page = visit().page
    panel = opened_panel(page)
    button(page, "Hold").click()
    button(page, "Step").click()
    expect(panel.locator(".reach-square")).to_have_count(36)
    for _ in range(10):  # through the way forward and the answer
        if page.locator(".stage-phases .is-on").inner_text() == "Backward":
            break
        button(page, "Next bit").click()
    expect(panel.locator(".is-lit")).to_have_count(8)
    button(page, "Next bit").click()
    expect(panel.locator(".is-lit").first).to_have_attribute("data-s", "6")


@pytest.mark.parametrize("width", [1280, 360])
def test_it_has_the_whole_side_where_there_is_one_unless_one_takes_it_away(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 720}).page
    opened_panel(page)
    cases = page.locator("#cases")
    larger = page.get_by_role("button", name="Larger", exact=True)
    if width < 992:
        expect(larger).to_be_hidden()
        expect(cases).to_be_visible()
        return
    expect(cases).to_be_hidden()
    expect(larger).to_have_attribute("aria-pressed", "true")
    larger.click()
    expect(cases).to_be_visible()
    page.get_by_role("tab", name="Weights", exact=True).click()
    expect(cases).to_be_visible()
    page.get_by_role("tab", name="Inside", exact=True).click()
    expect(cases).to_be_visible()
    larger.click()
    expect(cases).to_be_hidden()
