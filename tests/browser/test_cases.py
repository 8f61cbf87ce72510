"""The panel of cases: each case of the task's machine, and the network's mean answer."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

Open = Callable[..., Visit]
Api = Callable[..., Any]


def test_the_eight_lines_of_a_full_adder_are_as_the_server_says_and_follow_the_training(visit: Open, api: Api) -> None:
    page = visit().page
    panel = page.get_by_role("region", name="Understood so far")
    table = panel.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["a b", "carry 0", "carry 1"])
    expect(table.get_by_role("rowheader")).to_have_text(["0 0", "0 1", "1 0", "1 1"])
    expect(table.locator(".cases-parts td")).to_have_text([re.compile(r"^bit\s+says\s+right\s*$")] * 2)
    places = panel.locator(".cases-cell")
    expect(places.locator(".cases-truth")).to_have_text(["0", "1", "1", "0", "1", "0", "0", "1"])
    expect(panel).to_contain_text("of 8 understood")
    expect(panel).to_contain_text("in all of 1,024 problems")
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})
    expect(panel).to_contain_text("All 8 understood")
    for case in api("GET", "/api/runs/main/accuracy")["cases"]:
        a, b = case["bits"]
        place = page.get_by_role(
            "cell", name=f"a {a}, b {b}, {case['state']}: should be {case['expected']}, the network"
        )
        expect(place.locator(".cases-p")).to_have_text(f"{case['output']:.2f}")
        expect(place.locator(".cases-share")).to_have_text("100%")
        expect(place).to_have_attribute("data-verdict", "right")
        expect(place.locator(".cases-sign")).to_have_text("✓")


@pytest.mark.parametrize(("task", "lines"), [("three_numbers", 24), ("xor", 4), ("parity", 4), ("comparison", 8)])
def test_other_tasks_have_the_cases_of_their_machine(visit: Open, api: Api, task: str, lines: int) -> None:
    page = visit().page
    api("POST", "/api/runs/main/reset", {"config": {"task": task}})
    expect(page.locator("#cases .cases-cell")).to_have_count(lines)


def test_a_case_that_never_occurs_is_not_counted_and_shown_as_such(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"bits": 2, "learning_rate": 1}})
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})
    assert api("GET", "/api/runs/main/accuracy")["accuracy"] == 1
    page = visit().page
    panel = page.get_by_role("region", name="Understood so far")
    expect(panel).to_contain_text("All 5 understood")
    expect(panel.locator("td[data-verdict=right]")).to_have_count(5)
    expect(panel.locator("td[data-verdict=unknown]")).to_have_count(3)
    expect(page.get_by_role("cell", name="does not occur")).to_have_count(3)
    expect(panel).to_contain_text("in all of 4 problems")


def test_a_network_that_always_answers_ones_has_understood_nothing(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"learning_rate": 100}})
    api("POST", "/api/runs/main/step", {"iterations": 300})
    found = api("GET", "/api/runs/main/accuracy")
    shares = {(case["expected"], case["right"]) for case in found["cases"]}
    assert shares in ({(0, 0.0), (1, 1.0)}, {(0, 1.0), (1, 0.0)})
    page = visit().page
    expect(page.get_by_role("region", name="Understood so far")).to_contain_text("0 of 8 understood: nearly always")
    ticks = page.locator("#cases .cases-cell .cases-sign", has_text="✓")
    expect(ticks).to_have_count(0)  # they count what is understood


def test_why_it_learns_to_remember_is_told_where_it_shows(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3_000})
    page = visit().page
    page.get_by_role("region", name="Understood so far").get_by_role(
        "button", name="Why does it learn to remember?"
    ).click()
    panel = page.get_by_role("dialog", name="Why does it learn to remember?")
    cases = api("GET", "/api/runs/main/accuracy")["cases"]
    right = [case["right"] for case in cases if case["state"] == "carry 1"]
    expect(panel).to_contain_text(f"{100 * sum(right) / 4:.0f}% of the bits are right where carry 1 comes in")
    expect(panel).to_contain_text(re.compile(r"In the problem on the stage, \d+% of what moves the hidden states"))
    expect(panel).to_contain_text("until iteration 2,960 no case was understood.")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    api("POST", "/api/runs/main/step", {"iterations": 1_000})
    expect(page.locator("#message")).to_contain_text("milestones at once")
    page.get_by_role("button", name="Why now?").click()
    expect(panel).to_contain_text("Since iteration 3,680 it does better than any network without memory.")
