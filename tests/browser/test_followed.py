"""A problem that is followed through training."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]


def test_the_hardest_problem_is_followed_until_all_its_bits_have_clicked_in(visit: Open, api: Api) -> None:
    page = visit().page
    page.get_by_role("tab", name="Your problem").click()
    strip = page.get_by_role("figure", name="Your problem through training")
    expect(strip).to_contain_text("127 + 1 = 128")
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})
    expect(strip).to_contain_text("right since iteration")
    assert strip.locator("li").all_inner_texts() == ["1\n✓", *["0\n✓"] * 7]
    since = re.search(r"since iteration ([\d,]+)", strip.inner_text())
    assert since is not None
    iteration = int(since[1].replace(",", ""))
    query = f"/api/runs/main/answers?a=127&b=1&start={iteration}&stop={iteration}"
    assert api("GET", query)["predicted"] == [128]

    canvas = strip.locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4, box["y"] + 20)
    expect(strip).to_contain_text(re.compile(r"At iteration \d+ it said"))
    canvas.focus()
    for _ in range(61):
        page.keyboard.press("ArrowRight")
    expect(strip).to_contain_text("At iteration 20,000 it said 128")


def test_what_is_asked_is_followed_from_then_on_and_a_reset_begins_anew(visit: Open, api: Api) -> None:
    page = visit().page
    api("POST", "/api/runs/main/step", {"iterations": 100})
    page.get_by_label("a", exact=True).fill("300")
    page.get_by_label("b", exact=True).fill("5")
    button(page, "Predict").click()
    page.get_by_role("tab", name="Your problem").click()
    strip = page.get_by_role("figure", name="Your problem through training")
    expect(strip).to_contain_text("300 + 5 = 305")
    expect(strip.locator("li")).to_have_count(9)
    button(page, "Reset").click()
    expect(strip).to_contain_text("127 + 1 = 128")
    expect(strip.locator("li")).to_have_count(8)
