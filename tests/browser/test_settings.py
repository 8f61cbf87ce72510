"""The settings: fields for a reset, the field that acts at once, and what is refused."""

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


def settings(page: Page) -> Locator:
    """The open panel."""
    button(page, "Settings").click()
    panel = page.get_by_role("dialog", name="Settings")
    expect(panel).to_be_visible()
    return panel


def reset(panel: Locator) -> None:
    panel.get_by_role("button", name="Reset with these settings").click()


def test_every_field_of_a_configuration_is_there_with_the_server_s_bounds(visit: Open, api: Api) -> None:
    panel = settings(visit().page)
    for field in api("GET", "/api/options")["fields"]:
        control = panel.locator(f"[name={field['name']}]")
        expect(control).to_have_attribute("data-default", re.compile(".*"))
        label = panel.locator(f"label[for={control.get_attribute('id')}]")
        assert label.inner_text()
        expect(panel).to_contain_text(field["meaning"])
        if field["kind"] == "choice":
            assert control.locator("option").evaluate_all("all => all.map((o) => o.value)") == field["choices"]
            expect(control).to_have_value(field["default"])
        elif field["kind"] == "boolean":
            expect(control).to_have_role("checkbox")
        else:
            expect(control).to_have_role("textbox")
            expect(control).to_have_attribute("inputmode", "numeric" if field["kind"] == "integer" else "decimal")
            expect(panel).to_contain_text(field["allowed"].removeprefix("null or ").removeprefix("a "))


def test_a_cell_is_changed_in_the_panel_and_the_heatmaps_show_its_gates(visit: Open, api: Api) -> None:
    visited = visit()
    page = visited.page
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")
    panel = settings(page)
    expect(panel).to_contain_text("The same as the run.")
    panel.get_by_label("Cell").select_option("lstm")
    panel.get_by_label("Biases").check()
    panel.get_by_label("Hidden size").fill("6")
    expect(panel.get_by_label("Activation")).to_be_disabled()
    expect(panel).to_contain_text("Different from the run: cell, hidden size, biases.")
    expect(panel).to_contain_text("A reset begins again")
    reset(panel)
    expect(panel).to_be_hidden()
    expect(button(page, "Settings")).to_be_focused()
    expect(page.locator("#iteration")).to_have_text("0")
    expect(page.locator("#message")).to_contain_text("begun anew")
    config = api("GET", "/api/runs/main")["config"]
    assert (config["cell"], config["hidden_size"], config["bias"]) == ("lstm", 6, True)

    names = page.locator(".matrix canvas[role=img]").evaluate_all("all => all.map((c) => c.id.replace('heatmap-', ''))")
    rows = [*(f"W_x{gate}" for gate in "ifgo"), *(f"W_h{gate}" for gate in "ifgo"), "W_hy"]
    assert names == [*rows, *(f"b_{gate}" for gate in "ifgoy")]
    tops = [page.locator(f"#heatmap-W_h{gate}").bounding_box() for gate in "ifgo"]
    assert len({box and box["y"] for box in tops}) == 1
    forget = page.get_by_role("img", name="W_hf forget, 6 × 6")
    forget.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#matrices-readout")).to_contain_text("to the forget gate of hidden unit")
    forget.blur()
    page.get_by_role("img", name="b_f forget, 1 × 6").hover()
    expect(page.locator("#matrices-readout")).to_contain_text("b_f of the forget gate of hidden unit")
    expect(settings(page).get_by_label("Cell")).to_have_value("lstm")
    assert visited.complaints == []


def test_what_is_refused_is_said_at_its_field_and_nothing_is_lost(visit: Open, api: Api) -> None:
    generation = api("GET", "/api/runs/main")["generation"]
    page = visit().page
    panel = settings(page)
    bits, size, seed = (panel.get_by_label(label, exact=True) for label in ("Bits", "Hidden size", "Seed"))
    bits.fill("99")
    size.fill("0")
    seed.fill("7")
    reset(panel)
    for control, words in ((bits, "must be a whole number from 2 to 32, not 99."), (size, "from 1 to 128, not 0.")):
        expect(control).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{control.get_attribute('id')}-problem")).to_contain_text(words)
    expect(bits).to_be_focused()
    expect(seed).to_have_value("7")
    assert api("GET", "/api/runs/main")["generation"] == generation

    bits.fill("6")
    expect(bits).not_to_have_attribute("aria-invalid", "true")
    size.fill("")
    reset(panel)
    expect(page.locator(f"#{size.get_attribute('id')}-problem")).to_contain_text('not "".')
    size.fill("5")
    reset(panel)
    expect(panel).to_be_hidden()
    config = api("GET", "/api/runs/main")["config"]
    assert (config["bits"], config["hidden_size"], config["seed"]) == (6, 5, 7)


def test_a_learning_rate_acts_at_once_without_a_reset(visit: Open, api: Api) -> None:
    page = visit().page
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")
    before = api("GET", "/api/runs/main")
    panel = settings(page)
    rate, apply = panel.get_by_label("Learning rate"), panel.get_by_role("button", name="Apply now")
    rate.fill("0.25")
    expect(panel).to_contain_text("Different from the run: learning rate.")
    apply.click()
    expect(panel).to_contain_text("The same as the run.")
    rate.fill("0.5")
    rate.press("Enter")
    expect(panel).to_contain_text("The same as the run.")
    status = api("GET", "/api/runs/main")
    assert (status["learning_rate"], status["generation"], status["iteration"]) == (0.5, before["generation"], 1)
    rate.fill("1000")
    rate.press("Enter")
    expect(page.locator("#set-learning_rate-problem")).to_contain_text("must be a number above 0 up to 100, not 1000")
    expect(rate).to_be_focused()
    assert api("GET", "/api/runs/main")["learning_rate"] == 0.5


def test_fields_follow_the_run_but_not_those_that_are_edited(visit: Open, api: Api) -> None:
    panel = settings(visit().page)
    panel.get_by_label("Hidden size").fill("9")
    api("POST", "/api/runs/main/reset", {"config": {"hidden_size": 4, "seed": 12, "optimizer": "adam"}})
    expect(panel.get_by_label("Seed")).to_have_value("12")
    expect(panel.get_by_label("Optimizer")).to_have_value("adam")
    expect(panel.get_by_label("Hidden size")).to_have_value("9")
    expect(panel).to_contain_text("The run: 4.")
    panel.get_by_role("button", name="The article").click()
    expect(panel.get_by_label("Hidden size")).to_have_value("16")
    expect(panel).to_contain_text("Different from the run: hidden size, optimizer, seed.")
    reset(panel)
    expect(panel).to_be_hidden()
    options = {field["name"]: field["default"] for field in api("GET", "/api/options")["fields"]}
    assert api("GET", "/api/runs/main")["config"] == options


def test_the_panel_is_left_by_keyboard(visit: Open) -> None:
    page = visit().page
    panel = settings(page)
    expect(panel.get_by_label("Task")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button(page, "Settings")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_360_pixels_the_open_panel_fits(visit: Open, api: Api, scheme: str) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"cell": "lstm", "bias": True, "task": "three_numbers", "bits": 5}})
    api("POST", "/api/runs/main/step", {"iterations": 1})
    page = visit(viewport={"width": 360, "height": 740}, color_scheme=scheme).page
    expect(page.locator("#stage-sum")).to_contain_text("=")
    panel = settings(page)
    box = panel.bounding_box()
    assert box
    assert (box["x"] >= 0, box["x"] + box["width"] <= 360, box["y"] + box["height"] <= 740) == (True, True, True)
    widths = "[document.documentElement.scrollWidth, document.querySelector('#settings').scrollWidth]"
    assert max(page.evaluate(widths)) <= 360
    expect(panel.get_by_role("button", name="Reset with these settings")).to_be_in_viewport()


def test_a_preset_fills_the_fields_and_tells_its_story(visit: Open, api: Api) -> None:
    page = visit().page
    panel = settings(page)
    panel.get_by_role("button", name="LSTM").click()
    expect(panel.get_by_role("button", name="LSTM")).to_have_attribute("aria-pressed", "true")
    expect(panel.locator("#settings-question")).to_have_text(
        "Do gates, which can keep a state as it is, help to remember the carry?"
    )
    expect(panel.locator("#settings-watch")).to_contain_text("Watch the rows of the gates")
    answer = panel.get_by_text("Gates remember better")
    expect(answer).to_be_hidden()
    panel.get_by_text("What it shows").click()
    expect(answer).to_be_visible()
    expect(panel.get_by_label("Cell")).to_have_value("lstm")
    expect(panel.get_by_label("Biases")).to_be_checked()
    reset(panel)
    expect(page.locator("#message")).to_contain_text("help to remember the carry? Watch the rows")
    expect(page.locator("#message")).not_to_contain_text("Gates remember better")
    assert api("GET", "/api/runs/main")["config"]["cell"] == "lstm"
    panel = settings(page)
    expect(panel.get_by_role("button", name="LSTM")).to_have_attribute("aria-pressed", "true")
    expect(answer).to_be_visible()
    panel.get_by_role("button", name="Long numbers").click()
    expect(panel.get_by_text("learned sooner")).to_be_hidden()
    panel.get_by_label("Seed").fill("5")
    expect(panel.get_by_role("button", name="Long numbers")).to_have_attribute("aria-pressed", "false")
    expect(panel.get_by_text("What it shows")).to_be_hidden()


def test_what_is_typed_is_checked_by_the_server_as_it_is_typed(visit: Open, api: Api) -> None:
    panel = settings(visit().page)
    panel.get_by_label("Bits").fill("99")
    expect(panel.locator("#set-bits-problem")).to_have_text("must be a whole number from 2 to 32, not 99.")
    expect(panel.get_by_label("Bits")).to_have_attribute("aria-invalid", "true")
    panel.get_by_label("Bits").fill("2")
    expect(panel.locator("#set-bits-problem")).to_have_text("")
    panel.get_by_label("Task").select_option("three_numbers")
    expect(panel.locator("#set-bits-problem")).to_have_text("must be at least 3 for the task Three numbers, not 2.")
    assert api("GET", "/api/runs/main")["config"]["bits"] == 8
