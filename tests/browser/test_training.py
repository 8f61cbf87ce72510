"""While it trains: the curve, the accuracy, the engine, and how a run ends."""

import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.paths import STATIC
from tests.browser.conftest import Visit, whole_history
from tests.browser.test_main_job import button, wait_for_iteration
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]

COMPILING = 600_000
"""Milliseconds that an engine may take to be compiled, on a slow machine that does more besides."""


def at_unlimited_speed(page: Page) -> None:
    page.get_by_role("slider", name="Speed").press("End")
    expect(page.locator("#speed-text")).to_have_text("unlimited")
    button(page, "Start").click()


def zoomed_to(curve: Locator) -> str:
    """The range of iterations that the chart names."""
    match = re.search(r"iteration, ([\d,]+ to [\d,]+);", curve.get_attribute("aria-label") or "")
    assert match
    return match[1]


def expect_stretch(curve: Locator, stretch: str) -> None:
    expect(curve).to_have_attribute("aria-label", re.compile(f"iteration, {stretch};"))


def test_after_a_run_at_unlimited_speed_every_single_error_is_in_the_curve(
    browser: Browser, server: RunningServer, api: Api
) -> None:
    page = browser.new_page()
    # The page keeps what it knows to itself. Here its modules run as they stand, and let it out.
    script = (STATIC / "main.js").read_text(encoding="utf-8")
    page.route(
        "**/static/built/*.js",
        lambda route: route.fulfill(
            body='import "../main.js";' if "/main-" in route.request.url else "", content_type="text/javascript"
        ),
    )
    page.route(
        "**/static/main.js",
        lambda route: route.fulfill(body=f"{script}\nwindow.series = state.series;", content_type="text/javascript"),
    )
    page.goto(server.url)
    at_unlimited_speed(page)
    expect(page.locator("#state")).to_have_text("finished")
    expect(page.locator("#iteration")).to_have_text("50,000")
    expect_stretch(page.locator("#curve-plot"), "0 to 50,000")
    page.evaluate(
        """() => new Promise((resolve) => {
            const look = () => String(window.series.known) === "0,50000" ? resolve(null) : requestAnimationFrame(look);
            look();
        })"""
    )
    shown = page.evaluate("[...series.sum.subarray(0, 50001)]")
    assert page.evaluate("[series.stride, series.end, Math.max(...series.count)]") == [1, 50_000, 1]
    true = [
        error
        for start in range(0, 50_000, 10_000)
        for error in api("GET", f"/api/runs/main/errors?start={start}&stop={start + 10_000}")["errors"]
    ]
    assert shown == pytest.approx([*true, 0], rel=1e-6)  # frames are in single precision
    page.close()


def test_a_page_that_is_opened_late_gets_an_outline_and_then_every_error_once(visit: Open, api: Api) -> None:
    for _ in range(3):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})
    visited = visit()
    expect_stretch(visited.page.locator("#curve-plot"), "0 to 30,000")
    sizes = visited.page.evaluate(
        """() => new Promise((resolve) => {
            const look = () => {
                const found = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/errors?"))
                    .map(({ name, decodedBodySize }) => [name.split("?")[1], decodedBodySize]);
                found.length < 2 ? setTimeout(look, 10) : resolve(found);
            };
            look();
        })"""
    )
    assert [query for query, _ in sizes] == ["start=0&stop=30000&points=1000", "start=0&stop=30000&precision=single"]
    assert [size for _, size in sizes] == [pytest.approx(3 * 4 * 1000, abs=600), pytest.approx(4 * 30_000, abs=400)]


def test_the_exact_accuracy_stands_beside_the_error_until_a_reset(visit: Open, api: Api) -> None:
    page = visit().page
    accuracy, curve = page.locator("#accuracy"), page.locator("#curve-plot")
    expect(accuracy).to_have_text("0.0%")
    at_unlimited_speed(page)
    expect(accuracy).to_have_text("100.0%")
    expect(accuracy).to_have_attribute("title", "accuracy, all 16,384 problems")
    expect(curve).to_have_attribute("aria-label", re.compile(r"accuracy 100\.0% after iteration [\d,]+"))
    assert api("GET", "/api/runs/main/accuracy")["accuracy"] == 1
    button(page, "Reset").click()
    expect(accuracy).to_have_text("0.0%")
    expect(curve).to_have_attribute("aria-label", re.compile(r"accuracy 0\.0%"))


def test_the_accuracy_of_a_paused_run_is_that_of_its_last_iteration(visit: Open, api: Api) -> None:
    page = visit().page
    for iterations in (4000, 1000, 1000):
        api("POST", "/api/runs/main/step", {"iterations": iterations})
    share = api("GET", "/api/runs/main/accuracy")["accuracy"]
    assert 0.01 < share < 0.99
    expect(page.locator("#accuracy")).to_have_text(f"{int(share * 1000) / 10:.1f}%")


def test_the_curve_of_a_run_that_nobody_watched_has_its_accuracies(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 9414})
    page = visit().page
    # All that is drawn dashed: the accuracy, and the errors of simple behaviours, which are level.
    page.evaluate(
        """() => { window.dashed = []; const { lineTo, stroke } = CanvasRenderingContext2D.prototype; let path = [];
            CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
                path.push([x, y]);
                return lineTo.call(this, x, y);
            };
            CanvasRenderingContext2D.prototype.stroke = function (...rest) {
                if (String(this.getLineDash()) === "6,4") dashed.push(path);
                path = [];
                return stroke.call(this, ...rest);
            }; }"""
    )
    history = whole_history(api, "main")
    page.set_viewport_size({"width": 1400, "height": 900})  # which draws all anew
    deadline = time.monotonic() + 60
    while not (drawn := [path for path in page.evaluate("dashed") if len(path) == len(history)]):
        assert time.monotonic() < deadline, "no line of as many points"
        page.wait_for_timeout(50)
    places = drawn[-1]
    assert places == sorted(places), "from left to right"
    scale = (places[-1][0] - places[0][0]) / (history[-1][0] - history[0][0])
    assert [x - places[0][0] for x, _ in places] == pytest.approx([scale * at for at, _ in history], abs=1.5)
    expect(page.locator("#accuracy-when")).to_have_text("at 9,414")


def test_while_it_trains_the_accuracy_says_of_which_iteration_it_is(visit: Open, api: Api) -> None:
    api("PATCH", "/api/runs/main", {"speed": 5000})
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    page = visit().page
    button(page, "Start").click()
    expect(page.locator("#accuracy-when")).to_have_text(re.compile(r"^at [\d,]+$"))
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    here = api("GET", "/api/runs/main")["iteration"]
    expect(page.locator("#accuracy-when")).to_have_text(f"at {here:,}")
    share = api("GET", "/api/runs/main/accuracy")["accuracy"]
    expect(page.locator("#iteration")).to_have_text(f"{here:,}")
    expect(page.locator("#accuracy")).to_have_text(f"{int(share * 1000) / 10:.1f}%")


def test_accuracy_is_asked_for_at_most_twice_a_second(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    visited = visit()
    page = visited.page
    page.evaluate(
        """() => { window.asked = []; new PerformanceObserver((list) => {
            for (const { name, startTime } of list.getEntries()) if (name.endsWith("/accuracy")) asked.push(startTime);
        }).observe({ type: "resource" }); }"""
    )
    api("PATCH", "/api/runs/main", {"speed": 2000})
    button(page, "Start").click()
    wait_for_iteration(page, 6000)
    moments = page.evaluate("asked")
    assert len(moments) >= 2
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 490


def test_a_stretch_that_was_zoomed_to_stays_while_data_flows(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    api("POST", "/api/runs/main/step", {"iterations": 3000})
    api("PATCH", "/api/runs/main", {"speed": 1000})
    page = visit().page
    curve = page.locator("#curve-plot")
    expect_stretch(curve, "0 to 3,000")
    button(page, "Start").click()
    wait_for_iteration(page, 3100)
    box = page.locator("#curve-plot .u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    expect(button(page, "Show all")).to_be_visible()
    expect(curve).not_to_have_attribute("aria-label", re.compile("iteration, 0 to"))
    expect(curve).not_to_be_focused()
    stretch = zoomed_to(curve)
    wait_for_iteration(page, 5000)
    assert zoomed_to(curve) == stretch
    button(page, "Show all").click()
    expect(curve).to_have_attribute("aria-label", re.compile("iteration, 0 to"))
    expect(button(page, "Show all")).to_be_hidden()


def test_the_curve_is_zoomed_by_keyboard(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 4000})
    page = visit().page
    curve = page.locator("#curve-plot")
    expect_stretch(curve, "0 to 4,000")
    curve.focus()
    for key, stretch in (
        ("+", "1,000 to 3,000"),
        ("ArrowLeft", "500 to 2,500"),
        ("-", "0 to 3,500"),
        ("-", "0 to 4,000"),
    ):
        page.keyboard.press(key)
        expect_stretch(curve, stretch)
    expect(button(page, "Show all")).to_be_hidden()


@pytest.mark.timeout(2 * COMPILING / 1000)
def test_while_the_engine_is_compiled_the_page_says_so_and_again_for_another_shape(
    browser: Browser, tmp_path: Path
) -> None:
    with run_server(NUMBA_CACHE_DIR=str(tmp_path)) as server:
        page = browser.new_page()
        page.goto(server.url)
        button(page, "Start").click()
        expect(page.locator("#state")).to_have_text("running")
        expect(page.locator("#engine")).to_have_text("compiling …")
        expect(page.locator("#message")).to_contain_text("Compiling this network's engine.")
        expect(page.locator("#message")).to_contain_text("Then training begins.")
        expect(page.locator("#message")).to_contain_text("s so far")
        expect(page.locator("#announcer")).to_have_text("Compiling this network's engine. Then training begins.")
        expect(page.locator("#stage-caption")).to_have_text("Compiling this network's engine.")
        expect(page.locator("#iteration")).to_have_text("0")
        expect(page.locator("#engine")).to_have_text("compiled", timeout=COMPILING)
        wait_for_iteration(page, 1)
        expect(page.locator("#message")).to_be_hidden()

        answer = page.request.post(f"{server.url}/api/runs/main/reset", data={"config": {"hidden_size": 5}})
        assert answer.ok
        expect(page.locator("#engine")).to_have_text("compiling …")
        expect(page.locator("#engine")).to_have_text("compiled", timeout=COMPILING)
        page.close()


def test_the_page_says_that_numpy_computes_where_it_was_asked_to(browser: Browser) -> None:
    with run_server(RNN_ADDER_ENGINE="numpy") as server:
        page = browser.new_page()
        page.goto(server.url)
        expect(page.locator("#engine")).to_have_text("NumPy")
        expect(page.locator("#message")).to_be_hidden()
        page.close()


def test_without_numba_the_page_says_why_it_is_slower(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["numba"] = None\n')
    with run_server(PYTHONPATH=str(tmp_path)) as server:
        page = browser.new_page()
        page.goto(server.url)
        expect(page.locator("#engine")).to_have_text("NumPy, as a fallback")
        expect(page.locator("#message")).to_contain_text("Numba is not installed")
        page.close()


def test_a_finished_run_says_so(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 20}})
    page = visit().page
    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("finished")
    expect(page.locator("#iteration")).to_have_text("20")


def test_a_command_that_can_not_be_is_explained(visit: Open) -> None:
    page = visit().page
    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("running")
    button(page, "Step").click()
    expect(page.locator("#message")).to_contain_text("Pause it first")


def test_a_diverged_run_says_at_which_iteration(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"activation": "relu", "loss": "cross_entropy", "learning_rate": 1}})
    page = visit().page
    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("diverged")
    iteration = api("GET", "/api/runs/main")["iteration"]
    expect(page.locator("#message")).to_contain_text(f"The iteration after {iteration} was undone")


def test_links_are_as_wide_as_what_they_carry_and_crawl_while_training_runs(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = visit().page
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 300")
    expect(page.locator("#stage-caption")).to_have_text("Iteration 300 is done")
    matrix = api("GET", "/api/runs/main/iterations/300")
    states, weights = matrix["trace"]["hidden_states"], matrix["weights"]["W_hh"]
    # The last position is the leftmost; into the first nothing comes.
    reach = [
        max(abs(sum(h * w for h, w in zip(state, column, strict=True))) for column in zip(*weights, strict=True))
        for state in states[:-1]
    ]
    flows = page.locator(".stage-row-hidden .flow:visible i")
    expect(flows).to_have_count(7)
    heights = [box["height"] for link in flows.all() if (box := link.bounding_box())]
    assert heights == pytest.approx([2 + 7 * size / max(reach) for size in reach[:0:-1]], abs=0.2)
    expect(page.locator(".stage-row-future .flow:visible")).to_have_count(7)

    def crawling() -> int:
        count: int = page.evaluate("document.getAnimations().filter((one) => one.animationName === 'flow').length")
        return count

    assert crawling() == 0
    button(page, "Hold").click()
    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("running")
    wait_for_iteration(page, 310)
    for position in ("0", "1"):
        button(page, "Next bit").click()
        expect(page.locator("#stage-caption")).to_contain_text(f"Position {position}")
    assert crawling() == 2
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    assert crawling() == 0
    button(page, "Hold").click()
    still = visit(reduced_motion="reduce").page
    button(still, "Start").click()
    expect(still.locator("#state")).to_have_text("running")
    assert still.evaluate("document.getAnimations().length") == 0
