"""Every number belongs to a named moment. The pointer, a click and the picture give the same value."""

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button, wait_for_iteration
from tests.browser.test_pointer import cell, last_number, panel
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]

EXPLODES = {"activation": "relu", "loss": "cross_entropy", "learning_rate": 1}
"""Its numbers grow beyond what a float32 holds."""

POSITIONS = (0, 5)
LOOKED_AT = (3, 8, 11, 17, 18)
"""After this many presses of Next bit: forward, answer, backward, update, at rest."""


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


def held(visit: Open, api: Api, config: object = None, *, iterations: int = 300) -> Page:
    """The page of a paused run that did this many iterations, with its stage held."""
    api("POST", "/api/runs/main/reset", {"config": config or {}})
    api("POST", "/api/runs/main/step", {"iterations": iterations})
    page = visit(reduced_motion="reduce").page
    expect(page.locator("#stage-kind")).to_have_text(f"The problem of iteration {iterations:,}")
    button(page, "Hold").click()
    return page


def number_in(text: str) -> float:
    """The number in the text of a value: it follows the first colon."""
    found = re.search(r": ([+−]?\d+(?:\.\d+)?(?:e−?\d+)?)", text)
    assert found, text
    return float(found[1].replace("−", "-"))


def readout(page: Page) -> str:
    """The text of the value at the pointer, when it is drawn."""
    text: str = page.locator("#matrices-readout").evaluate(
        """(readout) => new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(() => done(readout.innerText))))"""
    )
    return text


def at_rest(page: Page, script: str, given: Any = None) -> Any:
    """What a script says of the page, when it says the same twice, a frame apart: a new size takes effect."""
    found = None
    while found != (found := page.evaluate(script, given)):
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return found


def rows_of(moment: Any, config: dict[str, Any]) -> dict[str, list[list[float]]]:
    """What each row of the stage has to say at each position, worked out from the API's numbers; strips by unit."""
    trace, rate = moment["trace"], moment["learning_rate"]
    before = [w[0] - rate * u[0] for w, u in zip(moment["weights"]["W_hy"], moment["updates"]["W_hy"], strict=True)]
    states = trace["hidden_states"][1:]
    slopes = [[h * (1 - h) if config.get("cell", "elman") == "elman" else 1.0 for h in state] for state in states]
    part = [
        [delta * w * slope for w, slope in zip(before, row, strict=True)]
        for delta, row in zip(trace["output_deltas"], slopes, strict=True)
    ]
    rest = [
        [d - p for d, p in zip(deltas, own, strict=True)]
        for deltas, own in zip(trace["hidden_deltas"], part, strict=True)
    ]
    return {
        "a": [[bits[0]] for bits in trace["inputs"]],
        "b": [[bits[1]] for bits in trace["inputs"]],
        "true": [[bit] for bit in trace["targets"]],
        "predicted": [[output] for output in trace["outputs"]],
        "delta": [[delta] for delta in trace["output_deltas"]],
        "hidden": states,
        "outputPart": part,
        "futurePart": rest,
    }


PLACE = """(stage, [row, position, x, y]) => {
    const cells = stage.querySelectorAll(`tr[data-name=${row}] td`);
    const cell = cells[cells.length - 1 - position];
    const place = cell.querySelector(".stage-units") ?? cell;
    place.scrollIntoViewIfNeeded();
    const { left, top, width, height } = place.getBoundingClientRect();
    const known = ["a", "b", "true"].includes(row) || cell.classList.contains("is-known");
    return [known, left + width * x, top + height * y];
}"""
"""Whether a cell's value is known by now, and where to point at it: in a picture, at shares of its width and height."""


@pytest.mark.parametrize("config", [{}, {"cell": "gru", "hidden_size": 4}, {"cell": "lstm", "hidden_size": 4}])
def test_every_kind_of_cell_in_every_phase_reads_its_own_value(visit: Open, api: Api, config: dict[str, Any]) -> None:
    page = held(visit, api, config)
    moment = api("GET", "/api/runs/main/iterations/300")
    rows = rows_of(moment, config)
    units = len(rows["hidden"][0])
    stage, caption = page.locator(".stage-table"), page.locator("#stage-caption")
    read = 0
    phases = set()
    for press in range(2 * 8 + 3):
        before = caption.inner_text()
        button(page, "Next bit").click()
        expect(caption).not_to_have_text(before)
        phase = stage.get_attribute("data-phase")
        if press not in LOOKED_AT:
            continue
        phases.add(phase)
        for row, values in rows.items():
            for position in POSITIONS:
                unit = (position + 1) % units if len(values[0]) > 1 else 0
                across = math.isqrt(len(values[0]))  # units stand in a square
                down, right = divmod(unit, across)
                known, *middle = stage.evaluate(PLACE, [row, position, (right + 0.5) / across, (down + 0.5) / across])
                page.mouse.move(*middle)
                text = readout(page)
                if not known:
                    assert "at position" not in text, (phase, row, position)
                    continue
                true = values[position][unit]
                assert number_in(text) == pytest.approx(true, abs=6e-5, rel=1e-3), (phase, row, position, text)
                assert f"position {position}" in text
                assert "The problem of iteration 300" in text
                read += 1
    assert phases == {"forward", "answer", "backward", "update", "rest"}
    assert read > 50


@pytest.mark.parametrize(("name", "gates"), [("gru", 3), ("lstm", 4)])
def test_a_gate_that_is_pointed_at_reads_its_own_value(visit: Open, api: Api, name: str, gates: int) -> None:
    page = held(visit, api, {"cell": name, "hidden_size": 4})
    trace = api("GET", "/api/runs/main/iterations/300")["trace"]
    rows = page.locator("#stage-scroll tr[data-gate]")
    expect(rows).to_have_count(gates + (name == "lstm"))
    for row in rows.all():
        gate = row.get_attribute("data-gate") or ""
        strip = cell(page, gate, 3).locator(".stage-units").bounding_box()
        assert strip
        page.mouse.move(strip["x"] + strip["width"] * 0.25, strip["y"] + strip["height"] * 0.75)  # two by two units
        value = trace["cell_states"][4][2] if gate == "cell" else trace["gates"][gate][3][2]
        expect(page.locator("#matrices-readout")).to_contain_text(re.compile("Hidden unit 2 at position 3, its"))
        assert number_in(readout(page)) == pytest.approx(value, abs=6e-5, rel=1e-3)


def test_held_the_matrices_are_of_the_stages_moment_and_say_so(visit: Open, api: Api) -> None:
    page = held(visit, api)
    when = page.locator("#matrices-when")
    expect(when).to_have_text("after iteration 300")
    api("POST", "/api/runs/main/step", {"iterations": 1000})
    expect(page.locator("#iteration")).to_have_text("1,300")
    expect(when).to_have_text("after iteration 300, held")
    weights = api("GET", "/api/runs/main/iterations/300")["weights"]["W_hh"]
    box = page.locator("#heatmap-W_hh").bounding_box()
    assert box
    place = box["x"] + box["width"] * 9.5 / 16, box["y"] + box["height"] * 2.5 / 16
    page.mouse.move(*place)
    expect(page.locator("#matrices-readout")).to_contain_text("W_hh from hidden unit 2 to hidden unit 9: ")
    assert number_in(readout(page)) == pytest.approx(weights[2][9], abs=6e-5)
    page.mouse.click(*place)
    expect(panel(page)).to_contain_text("The problem of iteration 300.")
    assert last_number(page) == pytest.approx(weights[2][9], abs=6e-5)
    expect(panel(page)).to_contain_text("stay at this moment while this is open")
    page.keyboard.press("Escape")
    button(page, "Hold").click()
    expect(when).to_have_text("after iteration 1,300")
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 1,300")


def test_while_it_trains_a_weight_that_is_clicked_is_the_one_that_is_drawn(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    api("PATCH", "/api/runs/main", {"speed": 200})
    page = visit().page
    button(page, "Start").click()
    wait_for_iteration(page, 200)
    expect(page.locator("#matrices-when")).to_have_text(re.compile(r"^after iteration [\d,]+$"))
    page.locator("#heatmap-W_xh").click(position={"x": 30, "y": 5})
    expect(panel(page)).to_contain_text("stay at this moment while this is open")
    named = re.search(r"The problem of iteration ([\d,]+)\.", panel(page).inner_text())
    assert named
    iteration = int(named[1].replace(",", ""))
    wait_for_iteration(page, iteration + 50)
    expect(page.locator("#matrices-when")).to_have_text(f"after iteration {iteration:,}, held")
    expect(page.locator("#stage-kind")).to_have_text(f"The problem of iteration {iteration:,}")
    shown = number_in(readout(page))
    place = re.search(r"W_xh from input ([ab]) to hidden unit (\d+)", readout(page))
    assert place
    weights = api("GET", f"/api/runs/main/iterations/{iteration}")["weights"]["W_xh"]
    assert shown == pytest.approx(weights["ab".index(place[1])][int(place[2])], abs=6e-5)
    assert last_number(page) == pytest.approx(shown, abs=6e-5)
    page.keyboard.press("Escape")
    expect(page.locator("#matrices-when")).not_to_have_text(f"after iteration {iteration:,}, held")
    api("POST", "/api/runs/main/pause")


def test_a_paused_run_comes_to_one_moment_by_itself(visit: Open, api: Api) -> None:
    api("PATCH", "/api/runs/main", {"speed": 200})
    page = visit().page
    button(page, "Start").click()
    wait_for_iteration(page, 100)
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    iteration = api("GET", "/api/runs/main")["iteration"]
    expect(page.locator("#stage-kind")).to_have_text(f"The problem of iteration {iteration:,}")
    for place in ("#matrices-when", "#cases-when"):
        expect(page.locator(place)).to_have_text(f"after iteration {iteration:,}")
    for place in ("#strip-when", "#accuracy-when"):
        expect(page.locator(place)).to_have_text(f"at {iteration:,}")


def test_a_problem_asked_while_the_network_learns_is_explained_by_the_weights_that_answered(
    visit: Open, api: Api
) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 10_000_000}})
    api("PATCH", "/api/runs/main", {"speed": 200})
    page = visit(reduced_motion="reduce").page
    button(page, "Start").click()
    wait_for_iteration(page, 100)
    button(page, "Predict").click()
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    expect(page.locator("#stage-verdict")).to_contain_text(re.compile("right|wrong"))
    named = re.match(r"after iteration ([\d,]*\d)", page.locator("#stage-when").inner_text())
    assert named
    iteration = int(named[1].replace(",", ""))
    cell(page, "predicted", 2).click()
    expect(panel(page)).to_contain_text(f"Output at position 2. Your problem, after iteration {named[1]}.")
    expect(panel(page).locator("#terms-lines p")).not_to_have_count(0)  # on a busy machine the weights come later
    answer = api("GET", f"/predict?a=9&b=60&iteration={iteration}")
    assert last_number(page) == pytest.approx(answer["probabilities"][-3], abs=6e-5)
    expect(page.locator("#matrices-when")).to_contain_text(f"after iteration {iteration:,}")
    api("POST", "/api/runs/main/pause")


def test_weights_that_come_late_complete_the_answer_that_waits_for_them(visit: Open, api: Api) -> None:
    page = held(visit, api)
    held_back: list[Route] = []
    page.route("**/iterations/*", lambda route: held_back.append(route))  # noqa: PLW0108 (Playwright wants a function)
    api("POST", "/api/runs/main/step", {"iterations": 1})
    answer = api("GET", "/predict?a=9&b=60&iteration=200")
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    button(page, "Predict").click()
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    expect(page.locator("#stage-says")).to_have_text(str(answer["predicted"]))
    strips = page.locator("#stage-scroll tr[data-name=hidden] .stage-strip.is-known")
    expect(strips).to_have_count(0)
    cell(page, "predicted", 2).click()
    missing = panel(page).get_by_text("The weights behind this answer did not arrive in time.")
    expect(missing).to_be_visible()
    for route in held_back:
        route.continue_()
    expect(panel(page).locator("#terms-lines p")).not_to_have_count(0)
    expect(missing).to_be_hidden()
    assert last_number(page) == pytest.approx(answer["probabilities"][-3], abs=6e-5)
    expect(strips).to_have_count(8)


def test_a_problem_that_is_asked_while_the_stage_is_held_shows_its_answer(visit: Open, api: Api) -> None:
    page = held(visit, api)
    button(page, "Predict").click()
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    predicted = api("GET", "/predict?a=9&b=60")["predicted"]
    expect(page.locator("#stage-says")).to_have_text(str(predicted))
    expect(page.locator("#stage-verdict")).to_contain_text(re.compile("right|wrong"))
    # Next bit plays it from its beginning, then goes back to what the network trains on.
    button(page, "Next bit").click()
    expect(page.locator("#stage-caption")).to_contain_text("Position 0: ")
    expect(page.locator("#stage-kind")).to_have_text("Your problem")
    for _ in range(9):
        button(page, "Next bit").click()
    expect(page.locator("#stage-says")).to_have_text(str(predicted))
    button(page, "Next bit").click()
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 300")


def test_at_the_end_of_a_paused_runs_problem_the_page_says_how_to_go_on(visit: Open, api: Api) -> None:
    page = held(visit, api)
    caption, when = page.locator("#stage-caption"), page.locator("#stage-when")
    expect(caption).to_have_text("Iteration 300 is done. Next bit plays it from the start; Step brings a new problem.")
    for _ in range(8 + 1 + 8 + 2):
        button(page, "Next bit").click()
    expect(caption).to_contain_text("Step brings a new problem")
    button(page, "Next bit").click()
    expect(caption).to_contain_text("Position 0: ")
    expect(when).to_have_text("shown again")
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("301")
    for _ in range(8 + 1 + 8 + 1):
        button(page, "Next bit").click()
    expect(caption).to_have_text("Iteration 300 is done")  # something new has come
    button(page, "Next bit").click()
    expect(page.locator("#stage-kind")).to_have_text("The problem of iteration 301")
    expect(when).to_have_text("")


def test_numbers_that_explode_draw_nothing_larger_than_the_largest(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": EXPLODES})
    api("POST", "/api/runs/main/step", {"iterations": 1000})
    status = api("GET", "/api/runs/main")
    assert status["state"] == "diverged"
    page = visit(reduced_motion="reduce").page
    for back in range(3):
        iteration = status["iteration"] - back
        if iteration < 1:
            break
        page.get_by_role("slider", name="Moment of the run").fill(str(iteration))
        expect(page.locator("#stage-kind")).to_have_text(f"The problem of iteration {iteration:,}")
        links = page.locator(".flow:visible i")
        heights = links.evaluate_all("(links) => links.map((link) => link.getBoundingClientRect().height)")
        assert len(heights) == 2 * 7
        assert max(heights) <= 9.1
        strips = page.locator(".stage-strip > .stage-units").evaluate_all(
            "(strips) => strips.map(({ style }) => style.cssText)"
        )
        assert len(strips) == 3 * 8
        assert not any("rgb(0, 0, 0)" in style for style in strips)
        for canvas in page.locator(".matrix canvas[role=img]").all():
            black = canvas.evaluate(
                """(canvas) => {
                    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                    const isBlack = (k) => data[k + 3] < 255 || data[k] + data[k + 1] + data[k + 2] === 0;
                    return data.some((_, k) => k % 4 === 0 && isBlack(k));
                }"""
            )
            assert not black
        for text in ("#matrices-readout", "#legend-high"):
            assert "NaN" not in page.locator(text).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440


PLACES = """() => ["#hold", ".stage-says", ".stage-now", ".stage-scroll", "#stage"].map((place) => {
    const { left, top, height } = document.querySelector(place).getBoundingClientRect();
    return [left, top + scrollY, height];
})"""


@pytest.mark.parametrize("config", [{}, {"bits": 32, "task": "three_numbers"}, {"task": "comparison"}])
def test_neither_the_shortest_nor_the_longest_problem_moves_the_stage(
    visit: Open, api: Api, config: dict[str, Any]
) -> None:
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 1})
    page = visit(reduced_motion="reduce").page
    button(page, "Hold").click()
    task = api("GET", "/api/runs/main/task")
    limit = task["operand_limit"]
    places: dict[int, list[Any]] = {1440: [], 1280: [], 1024: [], 360: []}
    for number in (0, limit - 1, limit // 2):
        for name in task["operands"]:
            page.locator(f"#try-{name}").fill(str(number))
        button(page, "Predict").click()
        expect(page.locator("#stage-sum")).to_contain_text(f"{number:,}")
        expect(page.locator("#stage-verdict")).not_to_have_text("")
        expect(page.locator("#cases-summary")).not_to_have_text("")
        for width, found in places.items():
            page.set_viewport_size({"width": width, "height": 900})
            found.append(at_rest(page, PLACES))
    for width, (least, *others) in places.items():
        assert others == [least, least], width
    if not config:
        # The widest sum stands in one row with the answer and the buttons.
        page.set_viewport_size({"width": 1440, "height": 900})
        sum_box, hold = page.locator(".stage-sum").bounding_box(), page.locator("#hold").bounding_box()
        assert sum_box
        assert hold
        assert hold["y"] < sum_box["y"] + sum_box["height"]


OUTSIDE = """() => [...document.querySelectorAll(".panel *")].filter((element) => {
    if (element.closest(".stage-scroll, .try-bits, .cases-scroll, .u-wrap, dialog, [popover]")) return false;
    const [own, panel] = [element, element.closest(".panel")].map((one) => one.getBoundingClientRect());
    return own.width && own.right > panel.right + 1;
}).map(({ id, className }) => `${id} ${className}`)"""


def test_long_numbers_stay_inside_their_panels(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"bits": 32, "task": "three_numbers"}})
    api("POST", "/api/runs/main/step", {"iterations": 30})
    page = visit(reduced_motion="reduce").page
    number = str(2**51 // 3)
    for name in "abc":
        page.locator(f"#try-{name}").fill(number)
    button(page, "Predict").click()
    expect(page.get_by_role("status")).to_contain_text("2,251,799,813,685,24")
    expect(page.locator("#strip-title")).to_contain_text("750,599,937,895,082 + ")
    page.get_by_role("tab", name="Your problem").click()
    positions = api("GET", f"/predict?a={number}&b={number}&c={number}")["width"]
    for width in (1440, 1024, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert at_rest(page, OUTSIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        rows = page.locator(".strip-truth").evaluate(
            """(list) => [...list.children].map((row) => {
                const { top, bottom } = row.getBoundingClientRect();
                return [top, bottom];
            })"""
        )
        assert len(rows) == positions
        assert all(following[0] >= row[1] - 0.5 for row, following in pairwise(rows))
        assert min(bottom - top for top, bottom in rows) >= 9
