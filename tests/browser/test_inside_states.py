"""The hidden state as a place: one sees whether the network remembers, and a point plays its problem."""

import re
from collections.abc import Callable
from math import floor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessibility import check
from tests.browser.test_languages import in_language, languages, left_over, opened, region
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]

TRAINED = 9000
"""By this iteration the network of the article remembers the carry."""


def learn(api: Api, iterations: int) -> None:
    for start in range(0, iterations, 3000):
        api("POST", "/api/runs/main/step", {"iterations": min(3000, iterations - start)})


def look_inside(page: Page, tab: str = "Inside") -> None:
    page.get_by_role("tab", name=tab, exact=True).click()


def panel(page: Page) -> Locator:
    return region(page, "What the hidden state remembers")


def picture(page: Page) -> Locator:
    return panel(page).get_by_role("img", name=re.compile("The state tells which"))


def asked(visited: Visit) -> list[dict[str, str]]:
    """The questions to the server, in order."""
    return [dict(parse_qsl(urlsplit(url).query)) for url in visited.requests if urlsplit(url).path.endswith("/states")]


def percent(share: float) -> str:
    return f"{floor(share * 1000) / 10:.1f}%"


def told(found: dict[str, Any]) -> str:
    """The sentence that the page says about an answer of the server."""
    shares = percent(found["separation"]), f"{found['tested']:,}", percent(found["base_rate"])
    return "The state tells which, right in {} of {} cases; the bits alone in {}.".format(*shares)


def test_one_cloud_becomes_two(visit: Open, api: Api) -> None:
    visited = visit()
    page = visited.page
    assert asked(visited) == []
    look_inside(page)
    expect(button(page, "Memory")).to_have_attribute("aria-pressed", "true")
    expect(panel(page)).to_contain_text("One cloud: ● carry 0 and ◆ carry 1 lie mixed.")
    expect(panel(page)).to_contain_text(told(api("GET", "/api/runs/main/states?iteration=0")))
    learn(api, TRAINED)
    expect(panel(page)).to_contain_text("Two clouds: it has learned to tell ● carry 0 and ◆ carry 1 apart.")
    sentence = told(api("GET", "/api/runs/main/states"))
    expect(panel(page)).to_contain_text(sentence)
    expect(picture(page)).to_have_accessible_name(
        f"Two clouds: it has learned to tell carry 0 and carry 1 apart. {sentence}"
    )
    # In the past one sees the one cloud again, and back at now the two.
    page.get_by_role("slider", name="Moment of the run").focus()
    page.keyboard.press("Home")
    expect(panel(page)).to_contain_text("One cloud")
    page.keyboard.press("End")
    expect(panel(page)).to_contain_text("Two clouds")
    assert visited.complaints == []


def test_axes_stay_until_one_asks_for_new_ones(visit: Open, api: Api) -> None:
    visited = visit()
    page = visited.page
    look_inside(page)
    expect(panel(page)).to_contain_text("Axes of iteration 0.")
    learn(api, TRAINED)
    expect(panel(page)).to_contain_text("Two clouds")
    expect(panel(page)).to_contain_text("Axes of iteration 0. The network has changed since: new axes show more.")
    assert {query["axes"] for query in asked(visited)} == {"0"}
    button(page, "New axes").click()
    expect(panel(page)).to_contain_text(f"Axes of iteration {TRAINED:,}.")
    expect(panel(page)).not_to_contain_text("new axes show more")
    assert asked(visited)[-1]["axes"] == str(TRAINED)
    api("POST", "/api/runs/main/reset", {"config": {}})
    expect(panel(page)).to_contain_text("Axes of iteration 0.")


def test_a_point_plays_its_problem_by_keyboard_and_pointer(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 100})
    page = visit().page
    look_inside(page)
    picture(page).focus()
    page.keyboard.press("ArrowRight")
    readout = panel(page).locator(".states-readout")
    expect(readout).to_contain_text(", position ")
    first = readout.inner_text()
    expect(panel(page).locator("[aria-live]")).to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(readout).not_to_have_text(first)
    expect(readout).to_contain_text(", position ")
    found = re.fullmatch(r"(\d+) \+ (\d+), position (\d): carry ([01])", readout.inner_text())
    assert found
    a, b, position, carry = map(int, found.groups())
    low = 2 << position
    assert carry == (a % low + b % low) // low
    page.keyboard.press("Enter")
    expect(page.locator("#stage-sum")).to_contain_text(f"{a} + {b} = {a + b}")

    box = picture(page).bounding_box()
    assert box
    places = [(x, y) for x in range(4, int(box["width"]), 12) for y in range(4, int(box["height"]), 12)]
    for x, y in places:
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.evaluate("new Promise(requestAnimationFrame)")
        words = readout.inner_text()
        if ", position " in words and not words.startswith(f"{a} + {b},"):
            break
    problem = words.split(",")[0]
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#stage-sum")).to_contain_text(f"{problem} = ")


def test_the_curve_and_the_weights_say_what_they_show(visit: Open, api: Api) -> None:
    learn(api, 6000)
    visited = visit()
    page = visited.page
    look_inside(page)
    now, start = api("GET", "/api/runs/main/states"), api("GET", "/api/runs/main/states?iteration=0")
    expect(panel(page).locator(".states-curve").get_by_role("img")).to_have_accessible_name(
        f"States told right: {percent(start['separation'])} after 0 iterations, {percent(now['separation'])} "
        f"after 6,000; the bits alone: {percent(now['base_rate'])}"
    )
    weights = panel(page).get_by_role("img", name=re.compile("W_hh"))
    expect(weights).to_be_hidden()
    panel(page).get_by_role("button", name="Weights").click()
    expect(weights).to_have_accessible_name("W_hh, its units in the order of what they tell, from carry 0 to carry 1")
    expect(weights).to_have_attribute("width", "16")
    # The past is asked for until it is whole: between 30 and 60 moments, and now.
    expect(panel(page).locator("polyline")).to_have_attribute(
        "points", re.compile(r"^([^,]+,[^,]+,){30,60}[^,]+,[^,]+$")
    )
    assert all(query["history"] == "60" for query in asked(visited))
    assert visited.complaints == []


def test_a_task_without_memory_says_so(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"task": "xor"}})
    page = visit().page
    look_inside(page)
    expect(
        page.get_by_text("This task needs no memory, so there is nothing to look for in the states.")
    ).to_be_visible()
    expect(button(page, "New axes")).to_be_hidden()
    api("POST", "/api/runs/main/reset", {"config": {"task": "three_numbers", "bits": 6}})
    expect(panel(page)).to_contain_text("● carry 0, ◆ carry 1 and ▲ carry 2")


@languages
def test_it_speaks_every_language_and_axe_finds_nothing(visit: Open, api: Api, language: str) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 500})
    said = in_language(language)
    page = opened(visit, language, bypass_csp=True)
    look_inside(page, said("Inside"))
    expect(button(page, said("New axes"))).to_be_visible()
    expect(page.locator(".states-axes")).to_contain_text("500")
    page.locator(".states").get_by_role("button", name=said("Weights")).click()
    page.locator(".states canvas").first.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".states-spoken")).not_to_be_empty()
    check(page, "memory")
    if language != "en":
        assert left_over(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator(".states-picture").bounding_box()
    assert box
    assert box["width"] > 250
    assert box["height"] > 150
