"""Walking through a run's past: by slider, click and key, while it trains on; back to now; branching off."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit, call
from tests.browser.test_main_job import button, iteration, wait_for_iteration
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]
LONG = {"max_iterations": 10_000_000}
LEFT, RIGHT = 34, 44
"""Pixels beside what the curve is drawn on."""

COUNTED = """() => {
    const real = window.fetch;
    const counted = (window.counted = { asked: 0, most: 0, now: 0 });
    window.fetch = async (path, options) => {
        if (!path.includes("/iterations/")) return real(path, options);
        counted.asked++;
        counted.most = Math.max(counted.most, ++counted.now);
        try { return await real(path, options); } finally { counted.now--; }
    };
}"""
"""Counts the moments that are asked for, and how many at a time."""


@pytest.fixture(scope="session")
def warm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that stores its runs, and whose engine is compiled."""
    with run_server("--data-dir", str(tmp_path_factory.mktemp("past"))) as running:
        call(running, "GET", "/api/runs/main/accuracy")
        yield running


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment of the run")


def expect_moment(page: Page, place: int) -> None:
    """Check that the page shows this iteration and says that it is past."""
    expect(page.locator("#iteration")).to_have_text(f"{place:,}")
    expect(page.get_by_text(f"You are at iteration {place:,}, in the past")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-when", "past")


def expect_now(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-when", "now")
    expect(page.get_by_text("You are at iteration")).to_be_hidden()
    expect(button(page, "Back to now")).to_be_hidden()


def click_curve(page: Page, share: float) -> None:
    """Click on the curve, at a share of its axis."""
    box = page.locator("#curve-plot").bounding_box()
    assert box
    page.mouse.click(box["x"] + LEFT + share * (box["width"] - LEFT - RIGHT), box["y"] + box["height"] / 2)


def fetch(server: RunningServer, path: str, data: bytes | None = None, **headers: str) -> bytes:
    """Ask the server for something that is not JSON, or not by default."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}{path}", data, named), timeout=60) as response:
        body: bytes = response.read()
    return body


def test_the_slider_leads_through_the_past_by_keyboard(visit: Open, api: Api, server: RunningServer) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3000})
    visited = visit()
    page = visited.page
    there = slider(page)
    expect(there).to_have_attribute("max", "3000")
    expect(there).to_have_attribute("aria-valuetext", "iteration 3,000 of 50,000, now")
    there.press("ArrowLeft")
    expect_moment(page, 2999)
    expect(there).to_have_attribute("aria-valuetext", "iteration 2,999 of 50,000")
    there.press("Home")
    expect_moment(page, 0)
    expect(page.locator("#error")).to_have_text("–")
    expect(page.locator("#stage-caption")).to_contain_text("as they were drawn")
    there.press("PageUp")
    expect(page.locator("#iteration")).not_to_have_text("0")
    place = int(there.input_value())
    expect_moment(page, place)
    assert place > 1

    then = json.loads(fetch(server, f"/api/runs/main/iterations/{place}", Accept="application/json"))
    expect(page.locator("#error")).to_have_text(f"{then['error']:.4f}")
    expect(page.locator("#stage-sum")).to_have_text(f"{then['a']} + {then['b']} = {then['expected']}")
    expect(page.locator("#stage-says")).to_have_text(str(then["predicted"]))
    accuracy = api("GET", f"/api/runs/main/accuracy?iteration={place}")["accuracy"]
    expect(page.locator("#accuracy")).to_have_text(f"{int(accuracy * 1000) / 10:.1f}%")
    page.get_by_role("img", name="W_hh").focus()
    page.keyboard.press("ArrowDown")
    weight = then["weights"]["W_hh"][1][0]
    expect(page.locator("#matrices-readout")).to_contain_text(f"{weight:+.4f}".replace("-", "−"))
    update = then["updates"]["W_hh"][1][0]
    if abs(update) >= 0.001:
        expect(page.locator("#matrices-readout")).to_contain_text(f"{update:+.4f}".replace("-", "−"))

    there.press("End")
    expect_now(page)
    expect(page.locator("#iteration")).to_have_text("3,000")
    assert visited.complaints == []


def test_a_click_on_the_curve_goes_there_and_a_drag_still_zooms(visit: Open, api: Api, server: RunningServer) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 4000})
    page = visit().page
    expect(page.locator("#curve-plot")).to_have_attribute("aria-label", re.compile("0 to 4,000"))
    click_curve(page, 0.25)
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    place = iteration(page)
    assert abs(place - 1000) < 20
    expect_moment(page, place)
    expect(slider(page)).to_have_value(str(place))
    # The marker, the thumb and the click are one above the other.
    mark, curve = page.locator("#curve-later").bounding_box(), page.locator("#curve-plot").bounding_box()
    assert mark
    assert curve
    assert abs(mark["x"] - (curve["x"] + LEFT + (curve["width"] - LEFT - RIGHT) * place / 4000)) < 2

    page.keyboard.press("ArrowRight")
    expect_moment(page, place + 1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect_moment(page, place - 1)

    y = curve["y"] + curve["height"] / 2
    page.mouse.move(curve["x"] + 100, y)
    page.mouse.down()
    page.mouse.move(curve["x"] + 300, y, steps=4)
    page.mouse.up()
    expect(button(page, "Show all")).to_be_visible()
    expect_moment(page, place - 1)
    button(page, "Show all").click()
    click_curve(page, 1.0)  # as far as the run has come
    expect_now(page)


def test_the_run_goes_on_behind_the_past(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": LONG})
    api("POST", "/api/runs/main/step", {"iterations": 2000})
    page = visit().page
    button(page, "Start").click()
    slider(page).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect_moment(page, 1)
    problem = page.locator("#stage-sum").inner_text()
    now = page.locator("#past-now")
    expect(now).to_have_text(re.compile(r"Now: 2,\d\d\d, running"))
    before = now.inner_text()
    expect(now).not_to_have_text(before)
    most = slider(page).get_attribute("max")
    expect(slider(page)).not_to_have_attribute("max", most or "")
    expect(page.locator("#curve-plot")).to_have_attribute("aria-label", re.compile(r"0 to (2,[1-9]|[3-9],)"))
    expect_moment(page, 1)
    assert page.locator("#stage-sum").inner_text() == problem

    button(page, "Back to now").click()
    expect_now(page)
    wait_for_iteration(page, 2001)
    expect(page.locator("#state")).to_have_text("running")
    slider(page).press("Home")
    expect_moment(page, 0)
    page.keyboard.press("Escape")
    expect_now(page)

    # What commands act on is now: they lead there.
    slider(page).press("Home")
    expect_moment(page, 0)
    button(page, "Pause").click()
    expect_now(page)
    expect(page.locator("#state")).to_have_text("paused")
    expect(page.locator("#message")).to_contain_text("back at now")


def test_the_stage_plays_a_moment_and_walks_through_it(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 50})
    page = visit().page
    slider(page).press("ArrowLeft")
    expect_moment(page, 49)
    caption = page.locator("#stage-caption")
    expect(caption).to_have_text("Iteration 49 is done")
    button(page, "Next bit").click()
    expect(caption).to_contain_text("Position 0")
    button(page, "Play").click()
    expect(caption).to_contain_text("Position 1")
    expect(caption).to_contain_text("Update")
    expect(caption).to_have_text("Iteration 49 is done")


def test_a_prediction_in_the_past_is_what_it_was_then(visit: Open, api: Api) -> None:
    then = {}
    for place, iterations in ((500, 500), (6000, 5500), (9000, 3000)):
        api("POST", "/api/runs/main/step", {"iterations": iterations})
        then[place] = api("GET", "/predict?a=127&b=1")
    page = visit().page
    answer = page.get_by_role("status")
    page.get_by_label("a", exact=True).fill("127")
    page.get_by_label("b", exact=True).fill("1")
    button(page, "Predict").click()
    expect(answer).to_contain_text("after 9,000 iterations")

    def expect_answer(place: int) -> None:
        row = page.locator("#try-bits tr").nth(2).locator("td")
        expect(row).to_have_text([f"{p:.2f}" for p in then[place]["probabilities"]])

    expect_answer(9000)
    for place in (500, 6000):
        slider(page).fill(str(place))
        expect_moment(page, place)
        expect_answer(place)  # the question is asked again wherever one goes
        button(page, "Predict").click()
        expect(page.locator("#stage-kind")).to_have_text("Your problem")
        expect_answer(place)
    page.keyboard.press("Escape")
    expect_now(page)
    expect_answer(9000)


def test_a_reset_by_another_leads_back_to_now(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = visit().page
    slider(page).press("PageDown")
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    api("POST", "/api/runs/main/reset")
    expect_now(page)
    expect(page.locator("#message")).to_contain_text("Another visitor reset this run at iteration 300.")
    expect(page.locator("#iteration")).to_have_text("0")
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")

    slider(page).press("Home")
    expect_moment(page, 0)
    button(page, "Reset").click()
    expect_now(page)
    expect(page.locator("#iteration")).to_have_text("0")


def test_a_branch_begins_at_the_moment_and_goes_on_in_another_way(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 1500})
    page = visit().page
    slider(page).fill("1200")
    expect_moment(page, 1200)
    button(page, "Branch from here").click()
    panel = page.get_by_role("dialog", name="Branch from iteration 1,200")
    name, rate, most = (panel.get_by_label(label) for label in ("Name", "Learning rate", "Iterations"))
    expect(name).to_be_focused()
    expect(name).to_have_value("Main from 1,200")
    expect(rate).to_have_value("0.1")
    expect(most).to_have_value("50000")
    name.fill(" ")
    rate.fill("0")
    panel.get_by_role("button", name="Create the branch").click()
    expect(page.locator("#branch-name-problem")).to_contain_text(
        "must have 1 to 60 characters, one of which can be seen"
    )
    expect(name).to_be_focused()
    name.fill("Faster")
    most.fill("1000")
    panel.get_by_role("button", name="Create the branch").click()
    expect(page.locator("#branch-learning_rate-problem")).to_contain_text("must be a number above 0 up to 100, not 0.")
    rate.fill("0.5")
    panel.get_by_role("button", name="Create the branch").click()
    expect(page.locator("#branch-max_iterations-problem")).to_contain_text("at least 1200, where the branch begins")
    most.fill("2000")
    panel.get_by_label("Optimizer").select_option("momentum")
    panel.get_by_label("Clip gradients at").fill("2")
    page.keyboard.press("Enter")

    page.wait_for_url("**/runs/run-*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Faster")
    expect(page.locator("#iteration")).to_have_text("1,200")
    made = api("GET", f"/api/runs/{page.url.rsplit('/', 1)[1]}")
    config = made["config"]
    assert (made["learning_rate"], config["optimizer"], config["clip_norm"]) == (0.5, "momentum", 2)
    assert (made["iteration"], config["max_iterations"], config["learning_rate"]) == (1200, 2000, 0.1)
    slider(page).fill("700")
    expect_moment(page, 700)
    button(page, "Branch from here").click()
    expect(page.get_by_role("dialog", name="Branch from iteration 700")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_moment(page, 700)  # the first Escape closed the panel
    page.keyboard.press("Escape")
    expect_now(page)
    api("DELETE", f"/api/runs/{made['id']}")


def test_what_fails_is_said_and_nothing_is_stuck(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 100})
    page = visit().page
    answers: list[Any] = ["abort", (503, "All threads are busy. Try again."), (507, "The disk is full.")]

    def refuse(route: Route) -> None:
        how = answers.pop(0)
        if how == "abort":
            route.abort()
        else:
            route.fulfill(
                status=how[0], json={"title": "No", "detail": how[1]}, content_type="application/problem+json"
            )

    page.route("**/iterations/*", refuse)
    for words in ("does not answer", "All threads are busy", "The disk is full"):
        slider(page).press("ArrowLeft")
        expect(page.locator("#message")).to_contain_text(words)
        expect(slider(page)).to_have_value("100")
        expect_now(page)
    page.unroute("**/iterations/*")
    slider(page).press("ArrowLeft")
    expect_moment(page, 99)


def test_while_one_drags_one_question_is_under_way_and_the_newest_wins(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3000})
    page = visit().page
    page.evaluate(COUNTED)
    slider(page).scroll_into_view_if_needed()
    box = slider(page).bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 7, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, y, steps=40)
    place = int(slider(page).input_value())
    expect_moment(page, place)
    page.mouse.up()
    assert 0 < place < 3000
    most, asked = page.evaluate("[counted.most, counted.asked]")
    assert (most, asked > 1) == (1, True)


def test_the_past_outlives_a_lost_connection(tmp_path: Path, browser: Any) -> None:
    page = browser.new_page()
    with run_server("--data-dir", str(tmp_path), "--engine", "numpy") as first:
        page.goto(first.url)
        expect(page.locator("#connection")).to_have_text("live")
        call(first, "POST", "/api/runs/main/step", {"iterations": 200})
        slider(page).fill("120")
        expect_moment(page, 120)
        port = first.port
    expect(page.locator("#connection")).not_to_have_text("live")
    expect_moment(page, 120)
    slider(page).press("ArrowLeft")
    expect(page.locator("#message")).to_contain_text("does not answer")
    expect_moment(page, 120)
    with run_server("--data-dir", str(tmp_path), "--engine", "numpy", port=port):
        expect(page.locator("#connection")).to_have_text("live")
        expect_moment(page, 120)
        slider(page).press("ArrowLeft")
        expect_moment(page, 119)
    # One that remembers nothing has no such moment.
    with run_server("--engine", "numpy", port=port):
        expect(page.locator("#connection")).to_have_text("live")
        expect_now(page)
        expect(page.locator("#message")).to_contain_text("back at now")
        # Of its own, it has: the past is there without a folder, too, as long as the server is.
        button(page, "Step").click()
        expect(page.locator("#iteration")).to_have_text("1")
        slider(page).press("Home")
        expect_moment(page, 0)
    page.close()


def test_a_run_that_was_brought_in_begins_where_its_file_ends(visit: Open, api: Api, server: RunningServer) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 400})
    file = fetch(server, "/api/runs/main/checkpoint")
    run = json.loads(fetch(server, "/api/runs/import", file, Content_Type="application/octet-stream"))["id"]
    api("POST", f"/api/runs/{run}/step", {"iterations": 100})
    page = visit(f"/runs/{run}").page
    expect(slider(page)).to_have_attribute("min", "400")
    slider(page).press("Home")
    expect_moment(page, 400)
    expect(page.locator("#message")).to_be_hidden()
    api("DELETE", f"/api/runs/{run}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_past_fits_at_360_pixels_and_the_way_back_stays_in_view(visit: Open, api: Api, scheme: str) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2500})
    page = visit(viewport={"width": 360, "height": 740}, color_scheme=scheme).page
    slider(page).press("PageDown")
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    for part in ("#try", "#stage", "#curve"):
        page.locator(part).scroll_into_view_if_needed()
        expect(button(page, "Back to now")).to_be_in_viewport(ratio=1)
        expect(page.get_by_text("You are at iteration")).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    button(page, "Branch from here").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("button", name="Create the branch")).to_be_in_viewport()
    box = panel.bounding_box()
    assert box
    assert (box["x"] >= 0, box["x"] + box["width"] <= 360) == (True, True)
    panel.get_by_role("button", name="Close").click()
    button(page, "Back to now").click()
    expect_now(page)


def test_the_past_takes_no_more_room_than_now(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 2500})
    page = visit().page
    height = page.evaluate("document.documentElement.scrollHeight")
    page.locator("#curve-plot").scroll_into_view_if_needed()
    before = page.locator("#curve-plot").bounding_box()
    click_curve(page, 0.3)
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    assert page.locator("#curve-plot").bounding_box() == before
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
