"""By finger, and enlarged: everything that a mouse does on a large screen works here, too."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def on_a_phone(visit: Open, api: Api) -> Page:
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = visit(reduced_motion="reduce", **PHONE).page
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 300")
    return page


def test_a_weight_that_is_tapped_says_how_it_came_about_and_stays_lit(visit: Open, api: Api) -> None:
    page = on_a_phone(visit, api)
    page.locator("#heatmap-W_hh").tap(position={"x": 40, "y": 90})
    panel = page.get_by_role("dialog", name="How this number came about")
    expect(panel).to_contain_text("W_hh from hidden unit")
    expect(page.locator(".lit:visible")).not_to_have_count(0)
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()


def test_a_bit_and_a_unit_that_are_tapped_are_explained(visit: Open, api: Api) -> None:
    page = on_a_phone(visit, api)
    panel = page.get_by_role("dialog", name="How this number came about")
    for place, words in (
        ("tr[data-name=predicted] td", "Output at position 0"),
        ("tr[data-name=hidden] td .stage-units", "at position 0"),
    ):
        page.locator(f"#stage-scroll {place}").last.tap()
        expect(panel).to_contain_text(words)
        panel.get_by_role("button", name="Close").tap()
        expect(panel).to_be_hidden()


def test_each_of_128_units_can_be_chosen_by_finger(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"hidden_size": 128}})
    page = on_a_phone(visit, api)
    states = api("GET", "/api/runs/main/iterations/300")["trace"]["hidden_states"]
    page.locator("#stage-scroll tr[data-name=hidden] td .stage-units").last.tap()
    panel = page.get_by_role("dialog", name="How this number came about")
    slider = panel.get_by_role("slider", name="Hidden unit")
    slider.fill("77")
    for unit, name in (
        (77, None),
        (78, "Hidden unit: one more"),
        (79, "Hidden unit: one more"),
        (78, "Hidden unit: one less"),
    ):
        if name:
            press = panel.get_by_role("button", name=name)
            box = press.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 40
            press.tap()
        expect(panel).to_contain_text(f"Hidden unit {unit} at position 0.")
        line = panel.locator("#terms-lines p").last.inner_text().replace("\n", "").replace("−", "-")
        assert float(line.rpartition("=")[2]) == pytest.approx(states[1][unit], abs=6e-5)
    slider.fill("127")
    expect(panel.get_by_role("button", name="Hidden unit: one more")).to_have_attribute("aria-disabled", "true")


def test_the_weights_beside_one_that_was_tapped_are_reached_by_finger(visit: Open, api: Api) -> None:
    page = on_a_phone(visit, api)
    weights = api("GET", "/api/runs/main/iterations/300")["weights"]["W_hh"]
    page.locator("#heatmap-W_hh").tap(position={"x": 40, "y": 90})
    panel = page.get_by_role("dialog", name="How this number came about")
    panel.get_by_role("slider", name="From hidden unit").fill("3")
    panel.get_by_role("slider", name="To hidden unit").fill("15")
    panel.get_by_role("button", name="To hidden unit: one less").tap()
    expect(panel).to_contain_text("W_hh from hidden unit 3 to hidden unit 14.")
    line = panel.locator("#terms-lines p").last.inner_text().replace("\n", "").replace("−", "-")
    assert float(line.rpartition("=")[2]) == pytest.approx(weights[3][14], abs=6e-5)


def test_a_tap_on_the_strip_or_the_curve_leads_into_the_past(visit: Open, api: Api) -> None:
    page = on_a_phone(visit, api)
    where = page.get_by_role("region", name="In the past")
    page.get_by_role("tab", name="Your problem").tap()
    for place in ("#strip canvas", "#curve-plot"):
        canvas = page.locator(place)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + box["width"] * 0.4, box["y"] + 40)
        expect(where).to_be_visible()
        button(page, "Back to now").tap()
        expect(where).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/runs", "/compare?runs=main"])
def test_at_twice_the_size_nothing_has_to_be_scrolled_to_the_side(visit: Open, path: str) -> None:
    page = visit(path, viewport={"width": 720, "height": 450}, device_scale_factor=2).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    if path == "/":
        button(page, "Settings").click()
        expect(button(page, "Reset with these settings")).to_be_in_viewport()
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        expect(button(page, "Reset with these settings")).to_be_hidden()
