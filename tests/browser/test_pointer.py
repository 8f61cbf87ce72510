"""Pointing at a number lights up what belongs to it. A click explains how it was computed. Keys do the same."""

import math
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


def trained(
    visit: Open, api: Api, *, path: str = "/", iterations: int = 300, config: object = None, **options: Any
) -> Page:
    """The page of a paused run that did this many iterations. The stage shows the end of its last problem."""
    api("POST", "/api/runs/main/reset", {"config": config or {}})
    api("POST", "/api/runs/main/step", {"iterations": iterations})
    page = visit(path, **options).page
    expect(page.locator("#stage-kind")).to_have_text(f"The problem of iteration {iterations:,}")
    expect(page.locator("#cases .cases-cell")).not_to_have_count(0)  # these come late, and move what stands below them
    return page


def cell(page: Page, row: str, position: int) -> Locator:
    """A cell of the stage, position 0 on the right."""
    cells = page.locator(f"#stage-scroll tr[data-name={row}] td")
    return cells.nth(cells.count() - 1 - position)


def point_at_unit(page: Page, line: str, position: int, unit: int, units: int = 16, *, click: bool = False) -> None:
    """Point at the middle of a unit."""
    strip = cell(page, line, position).locator(".stage-units").first
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    assert box
    across = math.isqrt(units)  # they stand in a square
    row, column = divmod(unit, across)
    place = (box["x"] + box["width"] * (column + 0.5) / across, box["y"] + box["height"] * (row + 0.5) / across)
    page.mouse.move(*place)
    if click:
        page.mouse.click(*place)


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="How this number came about")


def last_number(page: Page) -> float:
    """The result in the last line."""
    text = panel(page).locator("#terms-lines p").last.inner_text().replace("\n", "").replace("−", "-")
    return float(text.rpartition("=")[2].strip().lstrip("+"))


def terms_of(page: Page) -> Locator:
    """The rows of the terms and of their sum, without those in words: the rest and the rounding error."""
    return panel(page).locator("tr:not(.terms-words)")


def added_up(page: Page) -> tuple[float, float]:
    """The sum of the rows, and the sum in the last row."""
    texts = panel(page).locator("tr td:last-child").all_inner_texts()
    *terms, total = [float(text.replace("−", "-")) for text in texts]
    return sum(terms), total


def test_a_unit_lights_up_everywhere(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    lit = page.locator(".lit:visible")
    expect(lit).to_have_count(0)
    point_at_unit(page, "hidden", 3, 5)
    # Eight positions in three rows; a column of W_xh, a column and a row of W_hh, a row of W_hy.
    expect(lit).to_have_count(28)
    expect(page.locator("#matrices-readout")).to_contain_text("Hidden unit 5 at position 3: ")
    matrix, row, column = (
        page.locator(".matrix-box:has(#heatmap-W_hh)").locator(name).bounding_box()
        for name in ("#heatmap-W_hh", ".lit-row", ".lit-column")
    )
    assert matrix
    assert row
    assert column
    assert row["y"] == pytest.approx(matrix["y"] + matrix["height"] * 5 / 16, abs=1)
    assert column["x"] == pytest.approx(matrix["x"] + matrix["width"] * 5 / 16, abs=1)
    assert (row["width"], column["height"]) == pytest.approx((matrix["width"], matrix["height"]), abs=1)
    page.mouse.move(0, 0)
    expect(lit).to_have_count(0)


def test_a_unit_lights_up_from_a_matrix_too_and_the_weight_is_still_read(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    box = page.locator("#heatmap-W_hh").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 9.5 / 16, box["y"] + box["height"] * 2.5 / 16)
    expect(page.locator("#matrices-readout")).to_contain_text("W_hh from hidden unit 2 to hidden unit 9: ")
    expect(page.locator(".lit:visible")).to_have_count(28)
    assert page.evaluate("document.documentElement.style.getPropertyValue('--unit')") == "9"


@pytest.mark.parametrize(("cell_name", "matrices"), [("gru", 3 + 6 + 1), ("lstm", 4 + 8 + 1)])
def test_a_gated_unit_lights_up_in_the_matrices_of_each_gate(
    visit: Open, api: Api, cell_name: str, matrices: int
) -> None:
    page = trained(visit, api, config={"cell": cell_name, "hidden_size": 4})
    point_at_unit(page, "hidden", 0, 2, 4)
    # Eight positions in three rows and in one for each gate and for the cell state.
    gates = {"gru": 3, "lstm": 5}[cell_name]
    expect(page.locator(".lit:visible")).to_have_count(8 * (3 + gates) + matrices)


def test_a_bit_lights_up_what_it_came_from(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    for row in ("predicted", "true", "a"):
        cell(page, row, 3).hover()
        expect(page.locator("td.is-lit:visible")).to_have_count(4)
        for name, position in (("a", 3), ("b", 3), ("predicted", 3), ("hidden", 2)):
            expect(cell(page, name, position)).to_have_class(re.compile("is-lit"))
        expect(page.locator(".lit:visible")).to_have_count(1)
        expect(page.locator(".matrix-box:has(#heatmap-W_hy) .lit-all")).to_be_visible()


def test_the_sum_of_an_output_is_the_bit_that_is_shown(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_contain_text("Output at position 2. The problem of iteration 300.")
    assert panel(page).locator("math:visible").count() > 10
    shown = float(cell(page, "predicted", 2).locator(".stage-out-p").inner_text())
    assert last_number(page) == pytest.approx(shown, abs=0.0051)
    terms, total = added_up(page)
    assert terms == pytest.approx(total, abs=1e-9)
    expect(terms_of(page)).to_have_count(6 + 1)
    expect(panel(page).locator("tr")).to_contain_text(["10 others"])
    panel(page).get_by_role("button", name="Show all 16 terms").click()
    expect(terms_of(page)).to_have_count(16 + 1)
    assert added_up(page)[0] == pytest.approx(total, abs=1e-9)


def test_what_explains_is_fetched_again_where_that_failed(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 1})
    page = visit(live=False).page
    page.route("**/built/lazy-*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("#message")).to_have_text("The server does not answer.")
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_be_hidden()
    page.unroute("**/built/lazy-*.js")
    expect(page.locator("#curve-plot canvas")).to_be_visible()
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_contain_text("Output at position 2.")


def test_a_weight_is_the_old_one_and_its_update(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    page.locator("#heatmap-W_hh").click(position={"x": 40, "y": 90})
    expect(panel(page)).to_contain_text("W_hh from hidden unit ")
    readout = page.locator("#matrices-readout")
    page.locator("#heatmap-W_hh").hover(position={"x": 40, "y": 90})
    expect(readout).to_contain_text("W_hh from")
    said = re.search(r": ([+−][\d.]+)", readout.inner_text())
    assert said
    assert last_number(page) == pytest.approx(float(said[1].replace("−", "-")), abs=0.00011)
    expect(terms_of(page)).to_have_count(8 + 1)
    terms, total = added_up(page)
    assert terms == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_deltas_are_what_the_stage_shows(visit: Open, api: Api, loss: str) -> None:
    page = trained(visit, api, config={"loss": loss})
    cell(page, "delta", 0).click()
    expect(panel(page)).to_contain_text("Output at position 0, its delta.")
    shown = float(cell(page, "delta", 0).inner_text().replace("−", "-"))
    assert last_number(page) == pytest.approx(shown, abs=0.0006)
    page.keyboard.press("Escape")
    point_at_unit(page, "futurePart", 1, 4, click=True)
    expect(panel(page)).to_contain_text("Hidden unit 4 at position 1, its delta.")
    expect(panel(page).locator("#terms-lines p")).to_have_count(3)


@pytest.mark.parametrize("bias", [False, True])
def test_the_formula_has_a_bias_where_the_network_has_one(visit: Open, api: Api, bias: bool) -> None:
    page = trained(visit, api, config={"bias": bias})
    cell(page, "predicted", 1).click()
    formulas = panel(page).locator(".terms-formula:visible")
    expect(formulas).to_have_count(2 + bias)
    expect(formulas.last).to_have_text("o=σ(z)")
    page.locator("#heatmap-W_xh").click(position={"x": 10, "y": 5})
    expect(panel(page)).to_contain_text("W_xh from input a")
    expect(formulas).to_have_count(2)


def test_escape_and_close_lead_back_to_where_one_was(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    bit = cell(page, "predicted", 2)
    bit.click()
    expect(panel(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(bit).to_be_focused()
    bit.click()
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_be_hidden()
    expect(bit).to_be_focused()


def test_the_stage_stands_still_while_a_number_is_explained(visit: Open, api: Api) -> None:
    page = trained(visit, api, reduced_motion="reduce")
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_be_visible()
    api("POST", "/api/runs/main/step", {"iterations": 1})
    expect(page.locator("#iteration")).to_have_text("301")
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 300")
    page.keyboard.press("Escape")
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 301")


def test_the_stage_is_walked_by_keyboard(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    cell(page, "true", 0).evaluate("element => element.closest('table').querySelector('[tabindex=\"0\"]').focus()")
    expect(cell(page, "predicted", 0)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cell(page, "predicted", 1)).to_be_focused()
    expect(page.locator("td.is-lit:visible")).to_have_count(4)
    page.keyboard.press("ArrowDown")
    strip = cell(page, "hidden", 1).locator(".stage-units")
    expect(strip).to_be_focused()
    expect(strip).to_have_attribute("aria-label", re.compile("^hidden state at position 1: "))
    expect(page.locator(".lit:visible")).to_have_count(28)
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#matrices-spoken")).to_contain_text("Hidden unit 1 at position 1: ")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Hidden unit 1 at position 1.")
    expect(panel(page).get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(strip).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cell(page, "predicted", 1)).to_be_focused()


def test_a_weight_is_explained_by_keyboard(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    page.locator("#heatmap-W_xh").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text(re.compile("W_xh from input a to hidden unit [01]"))


def test_a_unit_of_an_lstm_is_explained_by_its_gates(visit: Open, api: Api) -> None:
    page = trained(visit, api, config={"cell": "lstm", "hidden_size": 4})
    point_at_unit(page, "hidden", 2, 1, 4, click=True)
    expect(panel(page)).to_contain_text("Hidden unit 1 at position 2.")
    said = re.search(r": ([+−][\d.e−]+)", page.locator("#matrices-readout").inner_text())
    assert said
    assert last_number(page) == pytest.approx(float(said[1].replace("−", "-")), abs=0.0001)
    expect(terms_of(page)).to_have_count(2 + 1)
    page.locator("#heatmap-W_hi").click(position={"x": 10, "y": 10})
    expect(panel(page)).to_contain_text("What each position asked of a gate is not sent to the page")


def test_numbers_of_the_past_are_explained_as_they_were(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    slider = page.get_by_role("slider", name="Moment of the run")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.locator("#stage-kind")).not_to_have_text("The problem of iteration 300")
    expect(page.locator("html")).to_have_attribute("data-when", "past")
    cell(page, "predicted", 1).click()
    where = page.locator("#stage-kind").inner_text()
    expect(panel(page)).to_contain_text(f"Output at position 1. {where}.")
    shown = float(cell(page, "predicted", 1).locator(".stage-out-p").inner_text())
    assert last_number(page) == pytest.approx(shown, abs=0.0051)
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-when", "past")


def test_a_typed_problem_has_outputs_and_weights_are_explained_by_what_they_learned_from(visit: Open, api: Api) -> None:
    page = trained(visit, api, reduced_motion="reduce")
    button(page, "Predict").click()
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    expect(page.locator("#stage-verdict")).to_contain_text(re.compile("right|wrong"))
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_contain_text("Output at position 2. Your problem, after iteration 300.")
    shown = float(cell(page, "predicted", 2).locator(".stage-out-p").inner_text())
    assert last_number(page) == pytest.approx(shown, abs=0.0051)
    page.locator("#heatmap-W_hh").click(position={"x": 40, "y": 90})
    expect(panel(page)).to_contain_text(
        re.compile(r"W_hh from hidden unit \d+ to hidden unit \d+\. The problem of iteration 300\.")
    )
    expect(page.locator("#stage-kind")).to_have_text("Your problem")


def test_a_reset_closes_what_is_explained(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_be_visible()
    api("POST", "/api/runs/main/reset", {"config": {"bits": 4}})
    expect(panel(page)).to_be_hidden()


def test_on_a_narrow_screen_nothing_is_cut(visit: Open, api: Api) -> None:
    page = trained(visit, api, viewport={"width": 360, "height": 800})
    point_at_unit(page, "hidden", 1, 12, click=True)
    expect(panel(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert panel(page).evaluate("element => element.scrollWidth <= element.clientWidth")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (360, 800)])
def test_long_numbers_are_whole(visit: Open, api: Api, width: int, height: int) -> None:
    options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}
    page = trained(visit, api, iterations=1_000, config={"task": "xor", "learning_rate": 10}, **options)
    point_at_unit(page, "outputPart", 1, 10, click=True)
    page.get_by_role("button", name="Show all 17 terms").click()
    rows = panel(page).get_by_role("row")
    expect(rows.filter(has_text="×")).to_have_count(17)
    assert re.search(r"e−\d", rows.nth(1).inner_text())
    assert panel(page).evaluate("element => element.scrollWidth <= element.clientWidth")
    edge = panel(page).evaluate("element => element.getBoundingClientRect().right")
    for box in (row.bounding_box() for row in rows.all()):
        assert box is not None
        assert box["x"] + box["width"] <= edge
