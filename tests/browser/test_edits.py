"""Hands in: weights are changed by pointer, touch and keyboard. What is touched is a branch; Undo goes back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button, iteration

Open = Callable[..., Visit]
Api = Callable[..., Any]

LANGUAGES = {
    "en": {
        "change": "Change weights",
        "much": "How much",
        "unit": "its unit",
        "zero": "Zero",
        "held": "W_hh: row 3",
        "cut": "Cut the recurrence",
        "all": "W_hh: all",
        "undo": "Undo: back to Main",
    },
    "zh": {
        "change": "改动权重",
        "much": "范围",
        "unit": "所属单元",
        "zero": "置零",
        "held": "W_hh：第 3 行",
        "cut": "切断循环连接",
        "all": "W_hh：全部",
        "undo": "撤销：回到",
    },
}


def tools(page: Page, name: str = "Change weights") -> Locator:
    return page.get_by_role("group", name=name)


def point(page: Page, name: str, row: int, column: int, size: tuple[int, int] = (16, 16)) -> None:
    """Click a weight in a heatmap."""
    canvas = page.locator(f"#heatmap-{name}")
    box = canvas.bounding_box()
    assert box
    x, y = (column + 0.5) * box["width"] / size[1], (row + 0.5) * box["height"] / size[0]
    canvas.click(position={"x": x, "y": y})


def run_of(page: Page) -> str:
    found = re.search(r"/runs/([a-z0-9-]+)", page.url)
    assert found, page.url
    return found[1]


def weights(api: Api, run: str, name: str, iteration: int) -> Any:
    return api("GET", f"/api/runs/{run}/iterations/{iteration}")["weights"][name]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_unit_is_taken_out_by_pointing_at_it_and_undo_brings_it_back(visit: Open, api: Api, language: str) -> None:
    words = LANGUAGES[language]
    api("POST", "/api/runs/main/step", {"iterations": 400})
    before = api("GET", "/api/runs/main")
    page = visit(f"/?lang={language}", live=False).page
    expect(tools(page, words["change"])).to_be_hidden()
    button(page, words["change"]).click()
    expect(button(page, words["change"])).to_have_attribute("aria-expanded", "true")
    point(page, "W_hh", 7, 3)
    page.get_by_label(words["much"], exact=True).select_option(words["unit"])
    expect(page.locator("#edits-meant")).to_contain_text("3")
    expect(page.locator("#terms")).to_be_hidden()
    tools(page, words["change"]).get_by_role("button", name=words["zero"], exact=True).click()
    page.wait_for_url("**/runs/run-*")
    branch = run_of(page)
    made = api("GET", f"/api/runs/{branch}")
    assert (made["iteration"], made["state"], len(made["edits"])) == (400, "paused", 4)
    assert all(edit["value"] == 0 and edit["frozen"] for edit in made["edits"])
    found = weights(api, branch, "W_hh", 400)
    assert found[3] == [0] * 16
    assert [row[3] for row in found] == [0] * 16
    assert {**api("GET", "/api/runs/main"), "viewers": 0} == {**before, "viewers": 0}

    # The tools are open again. What is held has stripes, and stands in the list and in the address.
    expect(tools(page, words["change"]).get_by_role("listitem").filter(has_text=words["held"])).to_be_visible()
    assert page.locator("#heatmap-W_hh ~ .matrix-held").count() == 2
    expect(page.locator("#matrices-held")).to_contain_text("34")
    expect(page).to_have_url(re.compile(r"#edits=400:W_xh:\*\.3:0:h,400:W_hh:\*\.3:0:h,400:W_hh:3\.\*:0:h,"))

    # Further changes add up, and each can be undone.
    button(page, words["cut"]).click()
    page.wait_for_url(lambda url: branch not in url)
    expect(tools(page, words["change"]).get_by_role("listitem").filter(has_text=words["all"])).to_be_visible()
    assert len(api("GET", f"/api/runs/{run_of(page)}")["edits"]) == 5
    page.get_by_role("button", name=re.compile("^Undo|^撤销")).click()
    page.wait_for_url(f"**/runs/{branch}*")
    page.get_by_role("button", name=words["undo"]).click()
    page.wait_for_url(lambda url: "/runs/" not in url)
    expect(tools(page, words["change"])).to_be_visible()
    assert [run["id"] for run in api("GET", "/api/runs")] == ["main"]


def test_a_weight_is_set_and_released_by_keyboard(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 5})
    page = visit().page
    button(page, "Change weights").press("Enter")
    heatmap = page.locator("#heatmap-W_hh")
    heatmap.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#edits-meant")).to_have_text("W_hh from hidden unit 2 to hidden unit 1")
    value = page.get_by_label("Value", exact=True)
    value.fill("-1.5")
    value.press("Enter")
    page.wait_for_url("**/runs/run-*")
    assert weights(api, run_of(page), "W_hh", 5)[2][1] == -1.5
    button(page, "Release W_hh from hidden unit 2 to hidden unit 1").click()
    page.wait_for_url(re.compile(r"::r"))
    edits = api("GET", f"/api/runs/{run_of(page)}")["edits"]
    assert [edit.get("frozen") for edit in edits] == [True, False]
    expect(page.locator(".matrix-held")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("group", name="Change weights").get_by_role("button", name="Close").click()
    expect(tools(page)).to_be_hidden()
    expect(button(page, "Change weights")).to_be_focused()


def test_a_branch_of_a_run_that_trains_trains_on_and_undo_lets_the_run_train_on(visit: Open, api: Api) -> None:
    page = visit().page
    button(page, "Start").click()
    expect(page.locator("#iteration")).not_to_have_text("0")
    button(page, "Change weights").click()
    button(page, "Cut the recurrence").click()
    page.wait_for_url("**/runs/run-*")
    branch = run_of(page)
    begun = api("GET", f"/api/runs/{branch}")["edits"][0]["iteration"]
    expect(button(page, "Pause")).to_be_visible()
    expect(page.locator("#iteration")).not_to_have_text(f"{begun:,}")
    assert api("GET", "/api/runs/main")["state"] == "paused"
    button(page, "Pause").click()
    there = iteration(page)
    assert there > begun
    assert not any(map(any, weights(api, branch, "W_hh", there)))
    assert any(map(any, weights(api, branch, "W_hh", begun - 1)))
    page.get_by_role("button", name="Undo: back to Main").click()
    page.wait_for_url(lambda url: "/runs/" not in url)
    expect(button(page, "Pause")).to_be_visible()
    assert api("GET", "/api/runs/main")["state"] == "running"
    button(page, "Pause").click()


def test_it_works_by_touch_on_a_small_screen_and_in_the_past(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True).page
    page.get_by_role("slider", name="Moment of the run").fill("200")
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    button(page, "Change weights").tap()
    canvas = page.locator("#heatmap-W_hy")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    canvas.tap(position={"x": box["width"] / 2, "y": box["height"] * 5.5 / 16})
    expect(page.locator("#edits-meant")).to_have_text("W_hy from hidden unit 5 to the output")
    button(page, "Hold as it is").tap()
    page.wait_for_url("**/runs/run-*")
    made = api("GET", f"/api/runs/{run_of(page)}")
    assert made["edits"] == [{"iteration": 200, "parameter": "W_hy", "at": [5, None], "frozen": True}]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_leads_to_the_same_changes_and_a_preset_begins_with_them(visit: Open, api: Api) -> None:
    page = visit("/#seed=5&edits=0:W_hh:*:0:h,3:W_hh:0.*::r", live=False).page
    page.wait_for_url("**/runs/run-*")
    linked = run_of(page)
    assert api("POST", f"/api/runs/{linked}/step", {"iterations": 9})["config"]["seed"] == 5
    found = weights(api, linked, "W_hh", 9)
    assert all(found[0])
    assert not any(map(any, found[1:]))
    expect(page.locator("#matrices-held")).to_have_text("240 held")

    page = visit().page
    button(page, "Settings").click()
    page.get_by_role("group", name="Presets").get_by_role("button", name="Without memory").click()
    expect(page.get_by_text("Different from the run: weights.")).to_be_visible()
    button(page, "Reset with these settings").click()
    expect(page.locator("#matrices-held")).to_have_text("256 held")
    assert api("GET", "/api/runs/main")["edits"] == [{"iteration": 0, "parameter": "W_hh", "value": 0, "frozen": True}]
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")
    button(page, "Reset").click()
    expect(page.locator("#iteration")).to_have_text("0")
    expect(page.locator("#matrices-held")).to_have_text("256 held")
    button(page, "Settings").click()
    page.get_by_role("group", name="Presets").get_by_role("button", name="The article").click()
    button(page, "Reset with these settings").click()
    expect(page.locator("#matrices-held")).to_have_text("")
