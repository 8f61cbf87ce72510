"""The guided tour: walked from end to end by keyboard, left and resumed, and linked to."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessibility import check
from tests.browser.test_languages import in_language, left_over, opened
from tests.browser.test_main_job import button
from tests.browser.test_one_moment import at_rest

Open = Callable[..., Visit]
Api = Callable[..., Any]

STOPS = 11

RIGHT: dict[int, int | str] = {1: "4", 2: 1, 3: 19, 4: 8, 5: "7", 6: 1, 7: 1, 8: 2, 9: 0, 10: 1, 11: 1}
"""The right guess of each stop: the position's button, the place of the option, or how often the slider is pressed."""

RINGED = {
    1: "#stage",
    2: "#stage",
    3: "#stage",
    4: "#curve",
    5: "#stage",
    6: "#matrices",
    7: "#cases",
    8: "#stage",
    9: "#stage",
    10: "#matrices",
    11: "#curve",
}
"""What each stop speaks of, at last."""

VEILED = {
    1: ["#stage-sum", "tr[data-name=true] td", "tr[data-name=state] td", "tr[data-name=predicted] td", ".why-button"],
    2: ["tr[data-name=hidden] td"],
    3: ["tr[data-name=hidden] td:not(.is-known)"],
    4: ["#curve-plot", "#error"],
    5: ["tr[data-name=futurePart] td", "tr[data-name=outputPart] td"],
    6: ["#matrices-readout"],
    11: ["#curve-plot", "#error"],
}
"""What would tell the answer: neither seen nor spoken before the guess."""


def card(page: Page) -> Locator:
    return page.locator("#tour")


def begin(page: Page, said: Callable[..., str] = str) -> None:
    """Open the tour by keyboard, at its first stop."""
    button(page, said("Tour")).press("Enter")
    expect(card(page).get_by_role("heading", name=said("Guided tour"))).to_be_focused()
    card(page).get_by_role("button", name=said("Begin"), exact=True).press("Enter")


def arrive(page: Page, stop: int) -> None:
    """Wait until a stop asks its question."""
    expect(page).to_have_url(re.compile(rf"/runs/run-\d+(\?.*)?#(.*&)?tour={stop}$"))
    expect(card(page).get_by_role("group")).to_be_visible()
    expect(card(page).get_by_role("heading")).to_be_focused()


def guess(page: Page, stop: int) -> None:
    """Guess by keyboard: from the heading by Tab to the answer, and Enter."""
    right = RIGHT[stop]
    for _ in range(3):
        page.keyboard.press("Tab")  # past the list of stops and Leave
    options = card(page).get_by_role("group").get_by_role("button")
    slider = card(page).get_by_role("slider")
    if slider.count():
        expect(slider).to_be_focused()
        for _ in range(int(right)):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
    else:
        place = right if isinstance(right, int) else options.all_inner_texts().index(right)
        for _ in range(place):
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def verdict(page: Page) -> Locator:
    return card(page).get_by_role("status")


def is_hidden(page: Page, selector: str) -> bool:
    """Whether nothing of it is seen or spoken."""
    return bool(
        page.evaluate(
            """(selector) => [...document.querySelectorAll(selector)]
                .flatMap((part) => [part, ...part.querySelectorAll("*")])
                .every((part) => getComputedStyle(part).visibility === "hidden")""",
            selector,
        )
    )


def next_stop(page: Page, name: str = "Next") -> None:
    card(page).get_by_role("button", name=name, exact=True).press("Enter")


def test_the_tour_is_walked_by_keyboard_alone_and_axe_finds_nothing_at_any_stop(visit: Open, api: Api) -> None:
    visited = visit(bypass_csp=True, reduced_motion="reduce", viewport={"width": 1280, "height": 720})
    page = visited.page
    assert not any("tour" in url for url in visited.requests), "it is fetched when it is opened"
    begin(page)
    for stop in range(1, STOPS + 1):
        arrive(page, stop)
        expect(verdict(page)).to_be_empty()
        for selector in VEILED.get(stop, []):
            assert is_hidden(page, selector), (stop, selector)
        check(page, f"stop {stop}, asked")
        guess(page, stop)
        expect(verdict(page)).to_contain_text("✓ Right")
        assert card(page).locator(".tour-text p").count() >= 3
        for selector in VEILED.get(stop, []):
            assert not is_hidden(page, selector), (stop, selector)
        check(page, f"stop {stop}, told")
        assert page.evaluate(COVERED, [RINGED[stop], "#tour"]) is False, stop
        if stop < STOPS:
            next_stop(page)
    expect(card(page).get_by_role("link")).to_have_count(3)
    next_stop(page, "Finish")
    expect(card(page)).to_be_hidden()
    expect(button(page, "Tour")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/runs/run-\d+$"))
    assert api("GET", "/api/runs/main")["iteration"] == 0, "no other run is disturbed"
    assert [run["name"] for run in api("GET", "/api/runs")] == ["Main", "Tour"]
    assert visited.complaints == []


COVERED = """
    ([part, card]) => {
        const [one, other] = [part, card].map((name) => document.querySelector(name).getBoundingClientRect());
        return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
    }
"""
"""Whether the card lies over a part of the page."""


def test_in_chinese_it_is_walked_to_the_third_stop_with_no_english_left(visit: Open) -> None:
    said = in_language("zh")
    page = opened(visit, "zh", bypass_csp=True, reduced_motion="reduce")
    begin(page, said)
    for stop in range(1, 4):
        arrive(page, stop)
        assert left_over(page) == [], stop
        guess(page, stop)
        expect(verdict(page)).to_contain_text("对了")
        assert left_over(page) == [], stop
        check(page, f"stop {stop}")
        next_stop(page, said("Next"))
    page.get_by_role("combobox", name=said("Stop of the tour")).select_option("10")
    arrive(page, 10)
    expect(card(page).get_by_role("slider")).to_have_count(0)  # that of the stop before is gone
    guess(page, 10)
    expect(verdict(page)).to_contain_text("对了")
    assert left_over(page) == []


def test_a_link_leads_to_a_stop_and_the_run_goes_where_it_needs_to_be(visit: Open, api: Api) -> None:
    page = visit("/#tour=6").page
    card(page).get_by_role("button", name="Begin at stop 6").click()
    arrive(page, 6)
    expect(page.locator("#iteration")).to_have_text("3,004")
    expect(page.locator("#weights")).to_be_visible()
    run = re.search(r"run-\d+", page.url)
    assert run
    # An earlier stop goes back to its moment, and the run stays where it is.
    page.get_by_role("combobox", name="Stop of the tour").select_option("1")
    arrive(page, 1)
    expect(page.locator("#state")).to_have_text("in the past")
    expect(page.locator("#iteration")).to_have_text("1")
    assert api("GET", f"/api/runs/{run[0]}")["iteration"] == 3004
    # A position is clicked on the stage. What would be explained there is not.
    page.locator("#stage-scroll tr[data-name=a] td").nth(3).click()
    expect(verdict(page)).to_contain_text("✓ Right: position 4")
    expect(page.locator("#terms")).to_be_hidden()
    # A training that somebody has started is paused.
    page.keyboard.press("Escape")
    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("running")
    button(page, "Tour").click()
    card(page).get_by_role("button", name="Begin", exact=True).click()
    arrive(page, 1)
    assert api("GET", f"/api/runs/{run[0]}")["state"] == "paused"


def test_it_is_left_and_resumed_where_it_was(visit: Open, api: Api) -> None:
    page = visit().page
    begin(page)
    arrive(page, 1)
    next_stop(page)
    arrive(page, 2)
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    expect(button(page, "Tour")).to_be_focused()
    expect(page.locator("html")).not_to_have_attribute("data-tour-veil", re.compile("."))
    run = page.url.rpartition("/")[2].partition("#")[0]
    page.goto(page.url.partition("/runs")[0])
    expect(page.locator("#connection")).to_have_text("live")
    button(page, "Tour").click()
    card(page).get_by_role("button", name="Go on at stop 2").click()
    arrive(page, 2)
    assert run in page.url, "it goes on with the same run"
    page.reload()
    arrive(page, 2)
    assert len(api("GET", "/api/runs")) == 2


def test_somebody_elses_tour_is_not_disturbed(visit: Open, api: Api) -> None:
    page = visit().page
    begin(page)
    arrive(page, 1)
    other = visit(page.url.partition("/runs")[1] + page.url.partition("/runs")[2].replace("tour=1", "tour=2")).page
    expect(card(other)).to_contain_text("It needs a fresh run")
    card(other).get_by_role("button", name="Begin at stop 2").click()
    arrive(other, 2)
    assert len(api("GET", "/api/runs")) == 3
    assert other.url.partition("#")[0] != page.url.partition("#")[0]
    # A reset from elsewhere begins the stop anew; other settings need another run.
    run = page.url.partition("/runs/")[2].partition("#")[0]
    guess(page, 1)
    expect(verdict(page)).to_contain_text("Right")
    api("POST", f"/api/runs/{run}/reset", {})
    expect(verdict(page)).to_be_empty()
    arrive(page, 1)
    api("POST", f"/api/runs/{run}/reset", {"config": {"hidden_size": 3}})
    expect(card(page)).to_contain_text("It needs a fresh run")


def test_where_there_is_no_room_for_a_run_it_says_so(visit: Open, api: Api) -> None:
    for _ in range(31):
        api("POST", "/api/runs", {"config": {"hidden_size": 2}})
    page = visit().page
    begin(page)
    expect(verdict(page)).to_contain_text("There are 32 runs already")
    made = next(run for run in api("GET", "/api/runs") if run["id"] != "main")
    api("DELETE", f"/api/runs/{made['id']}")
    card(page).get_by_role("button", name="Begin", exact=True).click()
    arrive(page, 1)


def test_the_card_covers_nothing_that_it_speaks_of(visit: Open) -> None:
    page = visit(reduced_motion="reduce").page
    begin(page)
    for stop in range(1, STOPS + 1):
        arrive(page, stop)
        if stop != 7:  # its training takes a while, and the table stands where it stood
            guess(page, stop)
            expect(verdict(page)).to_contain_text("Right")
        for width, height in ((1024, 768), (1440, 900), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            assert at_rest(page, COVERED, [RINGED[stop], "#tour"]) is False, (stop, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width
        if stop < STOPS:
            next_stop(page)


def test_on_a_phone_the_page_scrolls_to_what_is_spoken_of(visit: Open) -> None:
    page = visit(viewport={"width": 360, "height": 800}, reduced_motion="reduce").page
    begin(page)
    spoken = {1: "state", 2: "hidden", 3: "hidden", 5: "outputPart", 8: "hidden"}
    for stop in range(1, STOPS + 1):
        arrive(page, stop)
        if stop != 7:
            guess(page, stop)
            expect(verdict(page)).to_contain_text("Right")
        if stop in spoken:
            assert page.evaluate(COVERED, [f"tr[data-name={spoken[stop]}]", "#tour"]) is False, stop
        assert page.evaluate("document.documentElement.scrollWidth") == 360, stop
        if stop < STOPS:
            next_stop(page)
