"""The main job as a person does it: start, watch, pause, step, reset, predict."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]


def iteration(page: Page) -> int:
    text = page.locator("#iteration").inner_text()
    assert re.fullmatch(r"\d{1,3}(,\d{3})*", text), text
    return int(text.replace(",", ""))


def wait_for_iteration(page: Page, least: int) -> None:
    # Watched from inside the page by an observer: the page's own policy forbids evaluating text there again and again.
    page.locator("#iteration").evaluate(
        """(element, least) => new Promise((resolve) => {
            const reached = () => Number(element.textContent.replaceAll(",", "")) >= least;
            if (reached()) return resolve(null);
            const observer = new MutationObserver(() => { if (reached()) { observer.disconnect(); resolve(null); } });
            observer.observe(element, { childList: true, characterData: true, subtree: true });
        })""",
        least,
    )


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_a_network_learns_to_add_in_front_of_the_visitor(visit: Open, api: Api, server: RunningServer) -> None:
    generation = api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})["generation"]
    visited = visit()
    page = visited.page
    assert iteration(page) == 0
    expect(page.locator("#state")).to_have_text("ready")

    button(page, "Start").click()
    expect(page.locator("#state")).to_have_text("running")
    wait_for_iteration(page, 1)
    assert float(page.locator("#error").inner_text()) > 2.0

    page.get_by_role("slider", name="Speed").press("End")
    wait_for_iteration(page, 12_000)
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    status = api("GET", "/api/runs/main")
    assert status["state"] == "paused"
    assert status["speed"] is None
    expect(page.locator("#iteration")).to_have_text(f"{status['iteration']:,}")
    assert float(page.locator("#error").inner_text()) < 1.0
    expect(page.locator("#accuracy")).to_have_text("100.0%")

    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text(f"{status['iteration'] + 1:,}")

    page.get_by_role("textbox", name="a", exact=True).fill("9")
    page.get_by_role("textbox", name="b", exact=True).fill("60")
    button(page, "Predict").click()
    expect(page.get_by_role("status")).to_contain_text("9 + 60 = 69")

    button(page, "Reset").click()
    expect(page.locator("#iteration")).to_have_text("0")
    expect(page.locator("#state")).to_have_text("ready")
    assert api("GET", "/api/runs/main")["generation"] == generation + 1

    assert visited.complaints == []
    origins = (server.url, server.url.replace("http", "ws"), "data:")
    assert [url for url in visited.requests if not url.startswith(origins)] == []


def test_an_untrained_network_is_said_to_be_wrong(visit: Open, api: Api) -> None:
    page = visit().page
    truth = api("GET", "/predict?a=127&b=1")
    assert not truth["correct"]
    page.get_by_role("textbox", name="a", exact=True).fill("127")
    page.get_by_role("textbox", name="b", exact=True).fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"{truth['predicted']}")
    expect(page.get_by_role("status")).to_contain_text("128")


def test_a_number_out_of_range_is_explained_before_anything_is_sent(visit: Open) -> None:
    visited = visit()
    page = visited.page
    a = page.get_by_role("textbox", name="a", exact=True)
    for wrong, explained in (
        ("-1", "a is -1"),
        ("9" * 310, "a is too long: it must have at most 1,024 bits"),
        ("1.5", "whole number"),
        ("", "whole number"),
    ):
        a.fill(wrong)
        button(page, "Predict").click()
        expect(page.locator("#try-hint")).to_contain_text(explained)
        expect(a).to_have_attribute("aria-invalid", "true")
    assert not any("/predict" in url for url in visited.requests)
    a.fill("4503599627370495")
    button(page, "Predict").click()
    expect(page.get_by_role("status")).to_contain_text("The network")
    assert any("/predict" in url for url in visited.requests)


def test_the_keyboard_starts_pauses_and_steps_where_no_control_has_the_focus(visit: Open, api: Api) -> None:
    page = visit().page
    page.keyboard.press("ArrowRight")
    expect(page.locator("#iteration")).to_have_text("1")
    page.keyboard.press("Space")
    expect(page.locator("#state")).to_have_text("running")
    page.keyboard.press("Space")
    expect(page.locator("#state")).to_have_text("paused")
    before = api("GET", "/api/runs/main")["iteration"]
    page.get_by_role("textbox", name="a", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    button(page, "Predict").focus()
    page.keyboard.press("ArrowRight")
    status = api("GET", "/api/runs/main")
    assert (status["state"], status["iteration"]) == ("paused", before)


def test_two_people_see_one_run(visit: Open, api: Api) -> None:
    first, second = visit().page, visit().page
    button(first, "Start").click()
    expect(second.locator("#state")).to_have_text("running")
    wait_for_iteration(second, 10)
    button(second, "Pause").click()
    for page in (first, second):
        expect(page.locator("#state")).to_have_text("paused")
    paused_at = api("GET", "/api/runs/main")["iteration"]
    for page in (first, second):
        expect(page.locator("#iteration")).to_have_text(f"{paused_at:,}")


def test_what_one_step_did_is_on_the_stage(visit: Open, api: Api) -> None:
    page = visit().page
    button(page, "Step").click()
    # The script's first problem is 9 + 60, and its first answer 1.
    expect(page.locator("#stage-sum")).to_have_text("9 + 60 = 69")
    expect(page.locator("#stage-says")).to_have_text("1")


def test_what_is_asked_before_the_task_is_known_is_answered_once_it_is(visit: Open) -> None:
    page = visit("/runs", live=False).page
    held: list[Route] = []
    page.route("**/api/runs/main/task", lambda route: held.append(route))  # noqa: PLW0108 (Playwright wants a function)
    page.goto(page.url.removesuffix("runs"))
    expect(page.locator("#connection")).to_have_text("live")
    button(page, "Predict").click()
    page.get_by_role("button", name="Step").click()
    expect(page.locator("#iteration")).to_have_text("1")
    expect(page.get_by_role("status").filter(has_text="9 + 60")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.get_by_role("status").filter(has_text="9 + 60 = 69")).to_be_visible()


def test_the_example_stays_within_reach_and_a_problem_can_be_typed_beside_the_program(visit: Open, api: Api) -> None:
    page = visit(viewport={"width": 1280, "height": 720}).page
    panel = page.get_by_role("region", name="Try it yourself")
    example = panel.get_by_role("button", name="127 + 1")
    button(page, "Predict").click()
    status = page.get_by_role("status").filter(has_text="9 + 60 = 69.")
    expect(status).to_be_visible()
    expect(example).to_be_visible()
    example.click()
    expect(page.get_by_role("status").filter(has_text="127 + 1 = 128.")).to_be_visible()
    expect(example).to_be_visible()
    page.get_by_role("tab", name="The program").click()
    expect(page.get_by_role("list", name=re.compile("The program, line by line"))).to_be_visible()
    page.get_by_label("a", exact=True).fill("3")
    page.get_by_label("b", exact=True).fill("4")
    button(page, "Predict").click()
    expect(page.get_by_role("status").filter(has_text="3 + 4 = 7.")).to_be_visible()
    [inner, outer] = [box for place in (example, panel) if (box := place.bounding_box())]
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"]
