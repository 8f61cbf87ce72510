"""The program beside the stage: its line is lit in step, a name lights up its numbers, and copying gives it all."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from rnn_core import TrainingConfig
from rnn_core.program import written
from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.browser.test_pointer import cell, point_at_unit, trained
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]

LIT = re.compile(r"\bis-lit\b")


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


def opened(page: Page) -> Locator:
    """The lines of the program, after it is opened."""
    page.get_by_role("tab", name="The program").click()
    lines = page.get_by_role("list", name="The program, line by line").get_by_role("listitem")
    expect(lines.first).to_contain_text("NumPy")
    return lines


def line(page: Page, code: str) -> Locator:
    return page.get_by_role("tabpanel", name="The program").get_by_role("listitem").filter(has_text=code)


def name(page: Page, code: str, text: str, place: int = 0) -> Locator:
    """A name in a line."""
    return line(page, code).get_by_role("button", name=text, exact=True).nth(place)


def at_work(page: Page) -> Locator:
    return page.locator("#code-lines [aria-current=step]")


def test_it_is_fetched_when_it_is_opened_and_shown_for_the_runs_own_network(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"cell": "gru", "hidden_size": 4, "seed": 3}})
    visited = visit()
    page = visited.page
    assert not any(url.endswith("names=formulas") for url in visited.requests)
    lines = opened(page)
    expected = written(TrainingConfig(cell="gru", hidden_size=4, seed=3))
    expect(lines).to_have_count(len(expected.lines))
    assert page.locator("#code-lines code").all_inner_texts() == [
        str(line) if line.text else "\n" for line in expected.lines
    ]
    assert sum(url.endswith("names=formulas") for url in visited.requests) == 1
    page.get_by_role("tab", name="Weights").click()
    expect(lines.first).to_be_hidden()
    api("POST", "/api/runs/main/reset", {"config": {"seed": 9}})
    page.get_by_role("tab", name="The program").click()
    expect(line(page, "RandomState(9)")).to_be_visible()
    api("PATCH", "/api/runs/main", {"learning_rate": 0.5})
    expect(line(page, "changes = {0: 0.5}")).to_be_visible()
    assert visited.complaints == []


def test_its_line_is_lit_in_step_with_the_stage_and_says_what_it_has_computed(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    opened(page)
    expect(at_work(page)).to_have_count(0)
    trace = api("GET", "/api/runs/main/iterations/300")["trace"]
    for position in range(8):
        button(page, "Next bit").click()
        # First the state, then the output; a held stage stays at the output.
        expect(at_work(page)).to_have_text(re.compile(r"o\[t\] = sigmoid\(h\[t \+ 1\] @ W_hy\)"))
        value = f"{trace['outputs'][position]:.3f}"
        expect(at_work(page).locator(".code-value")).to_have_text(f"  # {value}")
        expect(line(page, "for t in range(T)").locator(".code-value")).to_have_text(f"  # {position}")
    expect(line(page, "do[t] = ").locator(".code-value")).to_have_text("")
    button(page, "Next bit").click()
    expect(at_work(page)).to_contain_text("error = np.abs(y - o).sum()")
    for _ in range(2):
        button(page, "Next bit").click()
        expect(at_work(page).first).to_contain_text("dW_xh += ")
        expect(at_work(page)).to_have_count(3)
    delta = f"{trace['output_deltas'][6]:#.3g}".replace("-", "−")
    expect(line(page, "do[t] = ").locator(".code-value")).to_have_text(f"  # {delta}")
    expect(line(page, "for t in reversed").locator(".code-value")).to_have_text("  # 6")
    for _ in range(7):
        button(page, "Next bit").click()
    expect(at_work(page)).to_have_text([re.compile(f"{name} \\+= learning_rate") for name in ("W_xh", "W_hy", "W_hh")])
    expect(at_work(page).first.locator(".code-value")).to_contain_text("moved by up to")


def test_a_playing_stage_comes_by_the_line_of_the_state_first(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    opened(page)
    seen = page.evaluate(
        """() => new Promise((resolve) => {
            const lines = document.querySelector("#code-lines");
            const seen = [];
            new MutationObserver((_, observer) => {
                const step = lines.querySelector("[aria-current]")?.dataset.step;
                if (step && seen.at(-1) !== step) seen.push(step);
                if (step !== "update") return;
                observer.disconnect();
                resolve(seen);
            }).observe(lines, { attributes: true, subtree: true });
            document.querySelector("#step").click();
        })"""
    )
    # A busy machine may draw too seldom to show each step of each position.
    order = [
        "forward.state",
        "forward.output",
        "error",
        "backward.output",
        "backward.state",
        "backward.weights",
        "update",
    ]
    assert [step for step in order if step in seen] == order
    assert (seen[0], seen[-1]) == ("forward.state", "update")
    assert seen.index("error") > seen.index("forward.output")


def test_a_click_on_a_name_lights_up_its_numbers(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    opened(page)
    name(page, "h[t + 1] = ", "h").click()
    for position in range(8):
        expect(cell(page, "hidden", position)).to_have_class(LIT)
    expect(name(page, "dW_hh += ", "h")).to_have_class(LIT)
    expect(page.locator("#code-readout")).to_contain_text("h, 9 × 1 × 16: the hidden states")
    page.mouse.move(5, 5)  # a click keeps it lit
    expect(cell(page, "hidden", 0)).to_have_class(LIT)

    button(page, "Next bit").click()
    button(page, "Next bit").click()
    expect(cell(page, "hidden", 1)).to_have_class(LIT)  # h[t + 1] is the state of the position that is played
    expect(cell(page, "hidden", 0)).not_to_have_class(LIT)
    name(page, "h[t + 1] = ", "h", 1).click()  # h[t] is the state before it
    expect(cell(page, "hidden", 0)).to_have_class(LIT)
    expect(cell(page, "hidden", 1)).not_to_have_class(LIT)

    name(page, "W_hh += ", "W_hh").click()  # it stays lit while another tab is open
    expect(cell(page, "hidden", 0)).not_to_have_class(LIT)
    page.get_by_role("tab", name="Weights").click()
    box = page.locator(".matrix-box", has=page.locator("#heatmap-W_hh"))
    expect(box).to_have_class(LIT)
    expect(box.locator(".lit-all")).to_be_visible()
    expect(page.locator(".matrix-box", has=page.locator("#heatmap-W_xh")).locator(".lit-all")).to_be_hidden()
    expect(page.locator("#matrices-readout")).to_contain_text("W_hh, 16 × 16: the weights from the hidden state")
    page.get_by_role("tab", name="The program").click()
    name(page, "W_hh += ", "W_hh").click()
    page.mouse.move(5, 5)
    expect(box).not_to_have_class(LIT)


def test_what_is_pointed_at_lights_up_its_names(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    opened(page)
    point_at_unit(page, "hidden", 3, 5)
    expect(name(page, "h[t + 1] = ", "h")).to_have_class(LIT)
    expect(name(page, "o[t] = ", "o")).not_to_have_class(LIT)
    cell(page, "delta", 2).hover()
    expect(name(page, "dh[t] = ", "do")).to_have_class(LIT)
    expect(name(page, "h[t + 1] = ", "h")).not_to_have_class(LIT)
    page.get_by_role("tab", name="Weights").click()
    page.locator("#heatmap-W_hy").click()  # what is explained stays lit
    expect(page.get_by_role("dialog", name="How this number came about")).to_be_visible()
    page.get_by_role("tab", name="The program").click()
    expect(name(page, "o[t] = ", "W_hy")).to_have_class(LIT)
    expect(name(page, "dW_hy += ", "dW_hy")).to_have_class(LIT)


def test_the_keyboard_walks_from_name_to_name(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    opened(page)
    button(page, "Copy").focus()
    page.keyboard.press("Tab")
    expect(name(page, "T, H = ", "T")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(name(page, "T, H = ", "H")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(name(page, "learning_rate = ", "learning_rate")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(name(page, "T, H = ", "T")).to_be_focused()
    expect(page.locator("#matrices-spoken")).to_contain_text("T: the number of positions")
    name(page, "o[t] = ", "W_hy").focus()
    page.keyboard.press("Enter")
    box = page.locator(".matrix-box", has=page.locator("#heatmap-W_hy"))
    expect(box).to_have_class(LIT)
    page.keyboard.press("Escape")
    expect(box).not_to_have_class(LIT)
    page.keyboard.press("Tab")  # one stop for the whole program
    expect(page.locator("#code-lines :focus")).to_have_count(0)


def test_copying_gives_the_program_with_the_names_that_are_shown(visit: Open, api: Api) -> None:
    page = trained(visit, api, permissions=["clipboard-read", "clipboard-write"])
    opened(page)
    button(page, "Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied. Python and NumPy run it.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == written(TrainingConfig()).text
    button(page, "Names of the script").click()
    expect(button(page, "Names of the script")).to_have_attribute("aria-pressed", "true")
    expect(line(page, "layer_1_values[position + 1] = ")).to_be_visible()
    name(page, "synapse_h += ", "synapse_h").click()
    expect(page.locator(".matrix-box", has=page.locator("#heatmap-W_hh"))).to_have_class(LIT)
    button(page, "Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == written(TrainingConfig(), names_of_script=True).text


def test_without_the_server_it_says_so_and_comes_when_the_server_does(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    address = re.compile(r"/program\?names=")
    page.route(address, lambda route: route.abort())
    page.get_by_role("tab", name="The program").click()
    expect(page.get_by_role("status").filter(has_text="The server does not answer.")).to_be_visible()
    page.unroute(address)
    expect(line(page, "import numpy as np")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="The server does not answer.")).to_have_count(0)


def test_on_a_phone_no_line_is_wider_than_the_screen(visit: Open, api: Api) -> None:
    page = trained(visit, api, viewport={"width": 360, "height": 800})
    opened(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    wide = "(list) => list.scrollWidth - list.clientWidth"
    assert page.locator("#code-lines").evaluate(wide) == 0
