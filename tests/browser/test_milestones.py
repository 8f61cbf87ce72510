"""Milestones on the page: told as they happen, marked under the curve, and each leads to its moment. And the story."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

Open = Callable[..., Visit]
Api = Callable[..., Any]

MARK = re.compile(r"^Iteration [\d,]+: ")
SEVERAL = re.compile(r"^\d+ milestones, iterations ")


def place_of(page: Page, iteration: int) -> float:
    """Where an iteration is under the curve, in pixels from the left."""
    box = page.locator(".timeline").bounding_box()
    assert box is not None
    end = page.locator(".timeline").evaluate("(line) => Number(line.style.getPropertyValue('--end'))")
    most = int(page.get_by_role("slider", name="Moment of the run").get_attribute("max") or 0)
    return float(box["x"] + box["width"] * end * iteration / most)


def test_what_happens_is_told_and_marked_and_a_mark_leads_to_its_problem(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {}})
    page = visit().page
    marks = page.get_by_role("list", name="Milestones", exact=True).get_by_role("button", name=MARK)
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
    several = page.get_by_role("list", name="Milestones", exact=True).get_by_role("button", name=SEVERAL)
    boxes = [box for mark in (*marks.all(), *several.all()) if (box := mark.bounding_box())]
    boxes.sort(key=lambda box: box["x"])
    for before, after in pairwise(boxes):
        assert before["x"] + before["width"] <= after["x"] + 1
    middle = first.bounding_box()
    assert middle is not None
    assert middle["x"] + middle["width"] / 2 == pytest.approx(place_of(page, 2_960), abs=1)

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
    expect(first).to_be_visible()
    api("POST", "/api/runs/main/reset", {})
    expect(marks).to_have_count(0)
    expect(several).to_have_count(0)


def test_marks_that_would_touch_are_one_at_their_true_place_which_opens_a_list(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {}})
    api("POST", "/api/runs/main/step", {"iterations": 8_000})
    page = visit("/", viewport={"width": 360, "height": 800}).page
    marks = page.get_by_role("list", name="Milestones", exact=True).get_by_role("button")
    expect(page.locator("#message")).to_contain_text("Every problem is right")
    mark = marks.filter(has_text=re.compile(r"\d")).first
    name = mark.get_attribute("aria-label")
    assert name is not None
    found = re.fullmatch(r"(\d+) milestones, iterations ([\d,]+) to ([\d,]+)", name)
    assert found
    count, first, last = (int(number.replace(",", "")) for number in found.groups())
    box = mark.bounding_box()
    assert box is not None
    assert box["x"] + 12 == pytest.approx(place_of(page, first), abs=1)
    assert box["x"] + box["width"] - 12 == pytest.approx(place_of(page, last), abs=1)
    mark.focus()
    page.keyboard.press("Enter")
    items = page.get_by_role("list", name="Milestones close together").get_by_role("button")
    expect(items).to_have_count(count)
    told = api("GET", "/api/runs/main/milestones")
    assert count == sum(first <= one["iteration"] <= last for one in told)
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(items.first).to_be_hidden()
    expect(mark).to_be_focused()
    mark.click()
    items.last.click()
    expect(items.first).to_be_hidden()
    expect(page.locator("#iteration")).to_have_text(f"{last:,}")


def test_a_run_for_which_nobody_has_chosen_a_speed_is_started_as_a_story(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {})
    assert (run["speed"], run["speed_chosen"]) == (300, False)
    page = visit(f"/runs/{run['id']}").page
    slider = page.get_by_role("slider", name="Speed")
    expect(slider).to_have_attribute("aria-valuetext", "story")  # what Start begins
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


def test_while_training_is_ahead_of_the_stage_the_heading_names_both_moments(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    page = visit(reduced_motion="reduce").page
    page.get_by_role("button", name="Start", exact=True).click()
    heading = page.locator(".stage-name")
    expect(heading).to_have_text(re.compile(r"^Iteration [\d,]+, played slowly; training is at [\d,]+ now$"))
    api("POST", "/api/runs/main/pause")
    expect(page.locator("#state")).to_have_text("paused")
    iteration = page.locator("#iteration").inner_text()
    expect(heading).to_have_text(f"The problem of iteration {iteration}")
