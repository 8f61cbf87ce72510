"""Milestones on the page: told as they happen, marked under the curve, and each leads to its moment. And the story."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit

Open = Callable[..., Visit]
Api = Callable[..., Any]

MARK = re.compile(r"^Iteration [\d,]+: ")


def test_what_happens_is_told_and_marked_and_a_mark_leads_to_its_problem(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {}})
    page = visit().page
    marks = page.get_by_role("list", name="Milestones").get_by_role("button", name=MARK)
    expect(page.locator("#cases-summary")).to_contain_text("of 8 understood")
    expect(marks).to_have_count(0)
    api("POST", "/api/runs/main/step", {"iterations": 3_000})
    first = page.get_by_role("button", name=re.compile("Iteration 2,960: The first case is understood: a = 1, b = 1"))
    expect(first).to_be_visible()
    words = "The first case is understood: a = 1, b = 1, carry 0."
    expect(page.locator("#message")).to_have_text(words)
    expect(page.locator("#announcer")).to_have_text(words)
    api("POST", "/api/runs/main/step", {"iterations": 5_000})
    last = page.get_by_role("button", name=re.compile("Iteration 7,360: Every problem is right"))
    expect(last).to_be_visible()
    told = api("GET", "/api/runs/main/milestones")
    expect(marks).to_have_count(len({one["iteration"] for one in told}))
    for k in range(1, marks.count()):
        before, after = marks.nth(k - 1).bounding_box(), marks.nth(k).bounding_box()
        assert before is not None
        assert after is not None
        assert before["x"] + before["width"] <= after["x"] + 1

    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#iteration")).to_have_text("2,960")
    expect(page.get_by_text("What has changed", exact=True)).to_be_visible()
    expect(page.locator("#stage-sum")).to_have_text(f"{told[0]['a']} + {told[0]['b']} = {told[0]['a'] + told[0]['b']}")
    expect(page.get_by_text("You are in the past")).to_be_attached()
    last.click()
    expect(page.locator("#iteration")).to_have_text("7,360")
    result = told[-1]["a"] + told[-1]["b"]
    expect(page.locator("#stage-sum")).to_have_text(f"{told[-1]['a']} + {told[-1]['b']} = {result}")
    expect(page.locator("#stage-says")).to_have_text(str(result))

    page.reload()
    expect(marks).to_have_count(len({one["iteration"] for one in told}))
    api("POST", "/api/runs/main/reset", {})
    expect(marks).to_have_count(0)


def test_a_run_for_which_nobody_has_chosen_a_speed_is_started_as_a_story(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {})
    assert (run["speed"], run["speed_chosen"]) == (300, False)
    page = visit(f"/runs/{run['id']}").page
    slider = page.get_by_role("slider", name="Speed")
    expect(slider).to_have_attribute("aria-valuetext", "300 a second")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(slider).to_have_attribute("aria-valuetext", "story")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    status = api("GET", f"/api/runs/{run['id']}")
    assert (status["speed"], status["state"]) == ("story", "running")
    assert "speed_chosen" not in status
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "unlimited")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "story")
    expect(page).to_have_url(re.compile("#speed=story$"))
    api("DELETE", f"/api/runs/{run['id']}")


def test_a_speed_that_somebody_has_chosen_stays(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"speed": 300})
    page = visit(f"/runs/{run['id']}").page
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    assert api("GET", f"/api/runs/{run['id']}")["speed"] == 300
    api("DELETE", f"/api/runs/{run['id']}")
