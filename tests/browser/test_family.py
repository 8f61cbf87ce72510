"""Tasks and cells on the page: their words, their rows, their gates, and following what another viewer chose."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


def begin(api: Api, **config: object) -> None:
    """Begin a run of this configuration, and do one iteration."""
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 1})


def labels(page: Page) -> list[str]:
    """The labels of the stage's rows that depend on the task: the truth that is carried, and what comes in."""
    rows = page.locator(
        "#stage-scroll .stage-row-state:visible .stage-carried, #stage-scroll tr[data-operand]:visible th"
    )
    expect(page.locator("#stage-scroll tr:visible th[scope]").last).to_have_text("gradient from later bits")
    return rows.all_inner_texts()


def row(page: Page, name: str) -> list[str]:
    """A row's cells, the most significant first."""
    return page.locator(f"#stage-scroll tr[data-name={name}] td").all_inner_texts()


def number(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


ROWS = {
    "addition": ["true carry", "a", "b"],
    "three_numbers": ["true carry", "a", "b", "c"],
    "subtraction": ["true borrow", "a", "b"],
    "xor": ["a", "b"],
    "parity": ["true parity", "a"],
    "comparison": ["true a > b so far", "a", "b"],
}
ASKED = {
    "addition": ((7, 9), "7 + 9 = 16"),
    "three_numbers": ((7, 7, 7), "7 + 7 + 7 = 21"),
    "subtraction": ((8, 3), "8 − 3 = 5"),
    "xor": ((12, 10), "12 xor 10 = 6"),
    "parity": ((1,), "running parity of 1 = 63"),
    "comparison": ((9, 8), "9 > 8: yes"),
}
STATES = {
    "addition": "0 1 1 1 1 0",
    "three_numbers": "0 1 2 2 1 0",
    "subtraction": "0 0 1 1 1 0",
    "parity": "odd odd odd odd odd even",
    "comparison": "yes yes yes yes yes no",
}


@pytest.mark.parametrize("task", list(ROWS))
def test_stage_and_fields_speak_the_language_of_the_task(visit: Open, api: Api, task: str) -> None:
    begin(api, task=task, bits=6)
    visited = visit(reduced_motion="reduce")
    page = visited.page
    title = next(t["title"] for t in api("GET", "/api/options")["tasks"] if t["name"] == task)
    heading = "A recurrent network learns " + "to add" if task == "addition" else f"A recurrent network learns: {title}"
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_role("region", name=f"{title}, bit by bit")).to_be_visible()
    assert labels(page) == ROWS[task]

    operands, said = ASKED[task]
    for name, operand in zip("abc", operands, strict=False):
        number(page, name).fill(str(operand))
    for name in "abc"[len(operands) :]:
        expect(number(page, name)).to_have_count(0)
    button(page, "Predict").click()
    expect(page.get_by_role("status")).to_contain_text(f"{said}. The network")
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    expect(page.locator("#stage-sum")).to_have_text(said)
    if task in STATES:
        assert " ".join(row(page, "state")) == STATES[task]
    query = "&".join(f"{name}={operand}" for name, operand in zip("abc", operands, strict=False))
    answer = api("GET", f"/predict?{query}")
    words = {0: "no", 1: "yes"} if task == "comparison" else {answer["predicted"]: f"{answer['predicted']:,}"}
    expect(page.locator("#stage-says")).to_have_text(words[answer["predicted"]])
    assert visited.complaints == []


def test_the_hardest_problem_of_a_task_is_one_press_away(visit: Open, api: Api) -> None:
    begin(api, task="subtraction")
    page = visit().page
    button(page, "128 − 1").click()
    expect(page.get_by_role("status")).to_contain_text("128 − 1 = 127")


def test_what_the_task_refuses_is_explained(visit: Open, api: Api) -> None:
    begin(api, task="subtraction")
    page = visit().page
    number(page, "a").fill("3")
    number(page, "b").fill("8")
    button(page, "Predict").click()
    expect(page.get_by_role("status")).to_contain_text("b must be at most a, which is 3")


def test_a_comparison_is_read_at_the_last_position(visit: Open, api: Api) -> None:
    begin(api, task="comparison")
    page = visit().page
    expect(page.locator("#stage-sum")).to_contain_text(">")
    read = page.locator(".stage-out.is-read")
    expect(read).to_have_count(1)
    assert page.locator("#stage-scroll tr[data-name=predicted] td").first.locator(".is-read").count() == 1


@pytest.mark.parametrize(
    ("cell", "gates"),
    [("gru", ["update", "reset", "candidate"]), ("lstm", ["cell", "input", "forget", "candidate", "output"])],
)
def test_gates_have_rows_of_their_own_that_say_their_values_by_keyboard_too(
    visit: Open, api: Api, cell: str, gates: list[str]
) -> None:
    begin(api, cell=cell, hidden_size=5)
    visited = visit()
    page = visited.page
    rows = page.locator("#stage-scroll tr[data-gate]")
    expect(rows).to_have_count(len(gates))
    assert {row.get_attribute("data-gate") for row in rows.all()} == set(gates)
    assert all(row.is_visible() for row in rows.all())
    state = page.locator("#stage-scroll tr[data-name=hidden] td").last.locator(
        ".stage-units"
    )  # position 0, on the right
    state.focus()
    for _ in gates:
        page.keyboard.press("ArrowDown")
        label = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert re.fullmatch(r".+ at position 0: [−\d.]+ to [−\d.]+", label)
    assert visited.complaints == []


def test_an_answer_of_a_gated_cell_plays_without_strips(visit: Open, api: Api) -> None:
    begin(api, cell="lstm")
    visited = visit(reduced_motion="reduce")
    page = visited.page
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 1")
    button(page, "Predict").click()
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    expect(page.locator("#stage-sum")).to_have_text("9 + 60 = 69")
    expect(page.locator("#stage-verdict")).to_contain_text(re.compile("right|wrong"))
    expect(page.locator("#stage-scroll .stage-strip.is-known")).to_have_count(0)
    assert visited.complaints == []


def test_an_elman_cell_has_no_gates_to_show(visit: Open, api: Api) -> None:
    begin(api)
    page = visit().page
    expect(page.locator("#stage-scroll tr[data-name=hidden] td")).to_have_count(8)
    expect(page.locator("[data-gate]")).to_have_count(0)
    assert page.locator(".matrix canvas[role=img]").evaluate_all("all => all.map((c) => c.id)") == [
        "heatmap-W_xh",
        "heatmap-W_hh",
        "heatmap-W_hy",
    ]


def test_a_reset_by_another_viewer_to_another_task_and_cell_is_followed(visit: Open) -> None:
    first, second = visit(), visit()
    button(first.page, "Step").click()
    expect(second.page.locator("#stage-sum")).to_have_text("9 + 60 = 69")
    for visited in (first, second):  # nothing more is asked about the old task
        expect(visited.page.locator("#strip-when")).to_have_text("at 1")
    button(first.page, "Settings").click()
    panel = first.page.get_by_role("dialog", name="Settings")
    panel.get_by_label("Task").select_option("three_numbers")
    panel.get_by_label("Bits").fill("5")
    panel.get_by_label("Cell").select_option("gru")
    panel.get_by_role("button", name="Reset with these settings").click()
    for visited in (first, second):
        page = visited.page
        expect(page.get_by_role("heading", level=1, include_hidden=True)).to_contain_text("Three numbers")
        expect(page.locator("#heatmap-W_hz")).to_be_visible()
        expect(page.locator("#heatmap-W_hh")).to_have_count(0)
        expect(number(page, "c")).to_be_visible()
        assert labels(page) == ROWS["three_numbers"]
        expect(page.locator("#stage-sum")).to_have_text("a + b + c = ?")
    button(second.page, "Step").click()
    for visited in (first, second):
        expect(visited.page.locator("#iteration")).to_have_text("1")
        expect(visited.page.locator("#stage-sum")).not_to_contain_text("?")
        assert visited.complaints == []


def test_large_and_small_matrices_fit_their_panel(visit: Open, api: Api) -> None:
    for config in ({"hidden_size": 128, "cell": "lstm", "bits": 4}, {"hidden_size": 1, "cell": "gru", "bias": True}):
        begin(api, **config)
        for width in (1440, 768, 360):
            page = visit(viewport={"width": width, "height": 900}).page
            expect(page.locator("#heatmap-W_hy")).to_be_visible()
            right = page.locator("#matrices").evaluate("panel => panel.getBoundingClientRect().right")
            edges = page.locator(".matrix canvas").evaluate_all(
                "all => all.map((c) => c.getBoundingClientRect()).map((b) => [b.width, b.height, b.right])"
            )
            assert all(w >= 4 and h >= 4 and edge <= right for w, h, edge in edges)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.context.close()
