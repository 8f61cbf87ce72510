"""The page itself: sizes, themes, the stage moved by hand, heatmaps, a server that is lost and comes back."""

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button, wait_for_iteration
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_screen_holds_the_stage_and_what_explains_it(visit: Open, scheme: str) -> None:
    page = visit(color_scheme=scheme).page
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
    for panel in ("#stage", "#cases", "#matrices"):
        box = page.locator(panel).bounding_box()
        assert box is not None
        assert (box["x"] + box["width"] <= 1440, box["y"] + box["height"] <= 900) == (True, True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


@pytest.mark.parametrize("width", [360, 768, 1024])
def test_nothing_is_wider_than_a_narrow_screen(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800}).page
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1200, 1440])
def test_a_held_stage_moves_on_bit_by_bit_and_nothing_jumps(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900}).page
    button(page, "Hold").click()
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
    expect(page.locator("#strip-title")).not_to_have_text("")  # what comes from the server later takes its place first
    expect(page.locator("#cases-summary")).not_to_have_text("")
    caption = page.locator("#stage-caption")
    seen, places = [], []
    for _ in range(18):  # 8 positions forward, 8 backward, the update
        before = caption.inner_text()
        button(page, "Next bit").click()
        expect(caption).not_to_have_text(before)
        seen.append(caption.inner_text())
        places.append((page.locator("#stage-scroll").bounding_box(), page.locator("#curve").bounding_box()))
    assert any("Position 7" in text for text in seen)
    assert any(text.startswith("Backward, position 0") for text in seen)
    assert any(text.startswith("Update") for text in seen)
    assert places == places[:1] * 18


def test_a_weight_is_read_by_keyboard(visit: Open) -> None:
    page = visit().page
    page.get_by_role("img", name="W_hh").focus()
    page.keyboard.press("ArrowRight")
    readout = page.locator("#matrices-readout")
    first = readout.inner_text()
    page.keyboard.press("ArrowDown")
    expect(readout).not_to_have_text(first)
    button(page, "Updates").click()
    expect(button(page, "Updates")).to_have_attribute("aria-pressed", "true")


def test_the_past_is_back_after_a_reload(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3000})
    page = visit().page
    expect(page.locator("#iteration")).to_have_text("3,000")
    expect(page.locator("#curve-plot")).to_have_attribute("aria-label", re.compile("0 to 3,000"))


def test_an_unknown_run_has_a_page_that_says_so(visit: Open) -> None:
    page = visit("/runs/nobody", live=False).page
    expect(page.locator("body")).to_contain_text("nobody")
    page.get_by_role("link").first.click()
    expect(button(page, "Start")).to_be_visible()


def test_any_run_has_a_page(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"name": "Ours", "config": {"bits": 5, "hidden_size": 7}})
    page = visit(f"/runs/{run['id']}").page
    expect(page.get_by_role("heading", level=1)).to_have_text("Ours")
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")  # its shape is compiled first
    api("DELETE", f"/api/runs/{run['id']}")
    expect(page.locator("#message")).to_contain_text("deleted")


def test_the_page_finds_the_server_again(browser: Browser) -> None:
    with run_server("--engine", "numpy") as first:
        page = browser.new_page()
        page.goto(first.url)
        expect(page.locator("#connection")).to_have_text("live")
        button(page, "Step").click()
        expect(page.locator("#iteration")).to_have_text("1")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        expect(page.locator("#connection")).not_to_have_text("live")
        expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")  # what one saw stays
        port = first.port
    with run_server("--engine", "numpy", port=port):
        expect(page.locator("#connection")).to_have_text("live")
        expect(page.locator("#iteration")).to_have_text("0")
        button(page, "Start").click()
        wait_for_iteration(page, 5)
    page.close()


def test_the_theme_changes_and_is_remembered(visit: Open) -> None:
    page = visit(color_scheme="light").page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(paper) != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_reduced_motion_still_shows_each_problem(visit: Open) -> None:
    page = visit(reduced_motion="reduce").page
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
    expect(page.locator("#stage-says")).to_have_text("1")


def test_the_api_is_documented_without_internet(visit: Open, server: RunningServer) -> None:
    visited = visit("/docs", live=False)
    expect(visited.page.locator("#swagger-ui")).to_contain_text("/predict")
    assert [url for url in visited.requests if not url.startswith((server.url, "data:"))] == []
    assert visited.complaints == []
