"""One screen: stage, curve, controls and what is understood are seen together, for every preset, task and cell. Also
the network rolled up, the projector's look, hidden panels, and the scales of the matrices.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.presets import PRESETS
from rnn_core.config import TrainingConfig
from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.browser.test_one_moment import at_rest
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]

SCREENS = [(1280, 720), (1440, 900), (1920, 1080), (1024, 768)]
SEEN = [".head", ".controls", "#stage", "#curve", "#cases"]
"""What has to be on the screen together."""

OTHERS = [
    {"task": "three_numbers", "bits": 32, "hidden_size": 24},
    {"task": "comparison", "cell": "gru", "bias": True},
    {"task": "parity", "cell": "lstm", "hidden_size": 64},
    {"bits": 2, "hidden_size": 1},
    {"hidden_size": 128, "bits": 8},
]
"""Configurations that no preset has: long numbers, few and many units, gates."""


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


PLACES = """(panels) => panels.map((panel) => {
    const { left, top, right, bottom } = document.querySelector(panel).getBoundingClientRect();
    return [left, top, right, bottom].map(Math.round);
})"""
"""Where panels are: left, top, right, bottom."""

CUT_OFF = """() => [...document.querySelectorAll(".panel *, .controls *, .head *")].filter((element) => {
    const elsewhere = ".stage-scroll, .drawer, .u-wrap, .curve-plot, dialog, [popover], .unseen, [hidden]";
    if (element.closest(elsewhere)) return false;
    if (getComputedStyle(element).position === "absolute") return false;
    const [own, box] = [element, element.closest(".panel, .controls, .head")].map((one) => one.getBoundingClientRect());
    return own.width && own.height && (own.right > box.right + 1 || own.bottom > box.bottom + 1);
}).map(({ id, className }) => `${id} ${className}`)"""
"""What stands outside of its panel."""


def ready(page: Page) -> None:
    expect(page.locator("#stage-caption")).to_contain_text("is done")
    expect(page.locator("#cases .cases-cell")).not_to_have_count(0)
    expect(page.locator("#strip-title")).not_to_have_text("")


def overlap(one: list[int], other: list[int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize(
    "config", [preset.config for preset in PRESETS] + OTHERS, ids=lambda config: "-".join(map(str, config.values()))
)
def test_all_that_belongs_together_is_on_one_screen(visit: Open, api: Api, config: dict[str, Any]) -> None:
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 3})
    visited = visit(reduced_motion="reduce")
    page = visited.page
    ready(page)
    task = api("GET", "/api/runs/main/task")
    expect(page.locator("#cases .cases-cell")).to_have_count(len(task["machine"]))
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        places = at_rest(page, PLACES, [*SEEN, ".try", ".drawer"])
        for panel, (left, top, right, bottom) in zip(SEEN, places, strict=False):
            assert left >= 0, (panel, width)
            assert top >= 0, (panel, width)
            assert right <= width, (panel, width)
            assert bottom <= height, (panel, width)
        pairs = [(k, j) for k in range(len(places)) for j in range(k)]
        assert not [(k, j) for k, j in pairs if overlap(places[k], places[j])], width
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            width,
            height,
        ]
        assert page.locator("#curve-plot").evaluate("(plot) => plot.clientHeight") >= 60, width
        assert at_rest(page, CUT_OFF) == [], width
    page.set_viewport_size({"width": 360, "height": 800})
    assert at_rest(page, "() => document.documentElement.scrollWidth") <= 360
    assert at_rest(page, CUT_OFF) == []
    assert visited.complaints == []


def test_nothing_moves_while_training_runs(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit(viewport={"width": 1280, "height": 720}).page
    ready(page)
    panels = [*SEEN, ".try", ".drawer", "#stage-scroll", "#curve-plot", ".cases-table"]
    before = at_rest(page, PLACES, panels)
    button(page, "Start").click()
    for number in (10, 20, 30):
        while int(page.locator("#iteration").inner_text().replace(",", "")) <= number:
            page.evaluate("new Promise(requestAnimationFrame)")
        assert page.evaluate(PLACES, panels) == before
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    assert at_rest(page, PLACES, panels) == before


@pytest.mark.parametrize(
    ("hidden", "wide"),
    [("curve", "#stage"), ("stage", "#curve"), ("cases,try,matrices", "#stage"), ("stage,curve", ".side")],
)
def test_a_hidden_panel_leaves_no_hole(visit: Open, api: Api, hidden: str, wide: str) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit(f"/#hide={hidden}", viewport={"width": 1280, "height": 720}).page
    expect(page.locator("#iteration")).to_have_text("3")
    for name in hidden.split(","):
        expect(page.locator(f"#{name}")).to_be_hidden()
    [(left, _, right, bottom)] = at_rest(page, PLACES, [wide])
    if hidden in ("curve", "stage"):
        assert bottom >= 720 - 12
    else:
        assert (left, right) == pytest.approx((17, 1263), abs=3)


def test_rolled_up_the_network_is_one_cell_and_unrolled_it_is_itself_again(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit(reduced_motion="reduce").page
    ready(page)
    cells = page.locator("#stage-scroll tr[data-name=hidden] td")
    places = [box["x"] for box in (cell.bounding_box() for cell in cells.all()) if box]
    button(page, "Roll up").click()
    expect(button(page, "Roll up")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("The arrow back to itself is its memory")).to_be_visible()
    rolled = at_rest(
        page,
        "() => [...document.querySelectorAll('tr[data-name=hidden] td')].map((cell) => "
        "[Math.round(cell.getBoundingClientRect().x), getComputedStyle(cell).opacity])",
    )
    assert len({x for x, _ in rolled}) == 1
    assert sum(opacity == "1" for _, opacity in rolled) == 1
    expect(page.locator(".is-seen .flow").first).to_be_visible()
    button(page, "Next bit").click()  # the position that is played is the one that shows
    expect(page.locator("tr[data-name=hidden] td.is-seen")).to_have_count(1)
    assert page.locator("tr[data-name=hidden] td").last.evaluate("(cell) => cell.matches('.is-seen')")
    button(page, "Roll up").click()
    found = at_rest(
        page,
        "() => [...document.querySelectorAll('tr[data-name=hidden] td')].map((cell) => cell.getBoundingClientRect().x)",
    )
    assert found == pytest.approx(places, abs=1)


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_presenting_is_larger_and_on_one_screen_and_a_key_leads_back(
    visit: Open, api: Api, width: int, height: int
) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit("/#present", viewport={"width": width, "height": height}, reduced_motion="reduce", live=False).page
    ready(page)
    size = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
    large = at_rest(page, size)
    for panel in ("#stage", "#curve", "#cases", ".controls"):
        expect(page.locator(panel)).to_be_visible()
    for panel in ("#try", "#matrices"):
        expect(page.locator(panel)).to_be_hidden()
    assert at_rest(page, "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        width,
        height,
    ]
    page.keyboard.press("p")
    expect(page.locator("#try")).to_be_visible()
    assert "present" not in page.url
    assert at_rest(page, size) < large
    button(page, "Present").click()
    expect(page).to_have_url(re.compile("#present$"))


def test_each_matrix_has_its_own_scale_or_all_share_one(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = visit().page
    ready(page)
    weights = api("GET", "/api/runs/main/iterations/300")["weights"]
    limits = page.locator(".matrix-limit")
    expect(limits).to_have_text([re.compile(r"^±[\d.]+$")] * 3)
    for name, text in zip(("W_xh", "W_hh", "W_hy"), limits.all_inner_texts(), strict=True):
        most = max(abs(value) for row in weights[name] for value in row)
        assert most <= float(text.removeprefix("±")) <= 4 * most
    page.get_by_role("checkbox", name="one scale").check()
    expect(limits).to_have_text([""] * 3)
    expect(page.locator("#legend-high")).to_have_text(re.compile(r"^\+[\d.]+$"))


@pytest.mark.parametrize(
    ("config", "low", "high"),
    [
        ({}, "0", "1"),
        ({"activation": "tanh"}, "−1", "1"),
        ({"cell": "lstm"}, "−1", "1"),
        ({"activation": "relu"}, "0", ""),
    ],
)
def test_the_hidden_states_say_their_scale(visit: Open, api: Api, config: dict[str, Any], low: str, high: str) -> None:
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 3})
    page = visit().page
    ready(page)
    expect(page.locator(".stage-legend-low")).to_have_text(low)
    if high:
        expect(page.locator(".stage-legend-high")).to_have_text(high)
    else:
        states = api("GET", "/api/runs/main/iterations/3")["trace"]["hidden_states"]
        assert float(page.locator(".stage-legend-high").inner_text()) >= max(max(row) for row in states)


def test_every_preset_is_a_configuration() -> None:
    for preset in PRESETS:
        assert TrainingConfig(**preset.config)
