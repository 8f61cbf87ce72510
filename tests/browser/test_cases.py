"""What the network has understood: each case of the task's machine, and its mean answer."""

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
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(8)
    expect(rows.last.locator("td").nth(2)).to_have_text("1")
    assert [rows.last.locator("td").nth(k).inner_text() for k in range(4)] == ["1", "1", "1", "1"]
    expect(panel).to_contain_text("of 8 understood")
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})
    expect(panel).to_contain_text("All 8 understood")
    for k, case in enumerate(api("GET", "/api/runs/main/accuracy")["cases"]):
        expect(rows.nth(k).locator(".cases-p")).to_have_text(f"{case['output']:.2f}")
        expect(rows.nth(k)).to_have_attribute("data-verdict", "right")
        expect(rows.nth(k).locator(".cases-sign")).to_have_text("✓")
        expect(page.get_by_role("row", name=f"should be {case['expected']}, the network says").nth(0)).to_be_visible()


@pytest.mark.parametrize(("task", "lines"), [("three_numbers", 24), ("xor", 4), ("parity", 4), ("comparison", 8)])
def test_other_tasks_have_the_cases_of_their_machine(visit: Open, api: Api, task: str, lines: int) -> None:
    page = visit().page
    api("POST", "/api/runs/main/reset", {"config": {"task": task}})
    expect(page.locator("#cases tbody tr")).to_have_count(lines, timeout=60_000)
