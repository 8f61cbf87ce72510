"""A run whose past this machine computes differently: the page says so, and links to the known moments."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, call
from tests.browser.test_main_job import button
from tests.browser.test_past import expect_moment, expect_now, slider
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
CHAOTIC = {"activation": "tanh", "learning_rate": 1.0}


@pytest.fixture(scope="session")
def warm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose `main` was trained by the other engine."""
    folder = str(tmp_path_factory.mktemp("moved"))
    with run_server("--data-dir", folder, "--engine", "numpy") as running:
        call(running, "POST", "/api/runs/main/reset", {"config": CHAOTIC})
        for _ in range(2):
            call(running, "POST", "/api/runs/main/step", {"iterations": 1000})
    with run_server("--data-dir", folder) as running:
        call(running, "GET", "/api/runs/main/accuracy")
        yield running


@pytest.fixture
def server(warm_server: RunningServer) -> RunningServer:
    """The same server: the run has to stay as it is."""
    return warm_server


def errors(server: RunningServer, place: int) -> Any:
    return call(server, "GET", f"/api/runs/main/errors?start={place - 1}&stop={place}")["errors"][0]


def test_a_past_that_is_computed_differently_is_not_passed_off_as_the_runs(visit: Open, server: RunningServer) -> None:
    visited = visit()
    page = visited.page
    expect(page.locator("#stage-caption")).to_have_text("Press Start, and the next problem is drawn here.")
    slider(page).press("Home")
    expect_moment(page, 0)
    apart, detail = page.locator("#past-parting"), page.locator("#past-parting-detail")
    expect(apart).to_be_hidden()

    for place in (1, 2):
        slider(page).press("ArrowRight")
        expect_moment(page, place)
    slider(page).press("PageUp")
    expect(page.locator("#iteration")).not_to_have_text("2")
    place = int(slider(page).input_value())
    expect_moment(page, place)
    expect(detail).to_contain_text("What is shown is not exactly what was then: the error was ")
    expect(detail).to_contain_text("It was trained by the NumPy engine; here the compiled engine computes.")
    expect(page.locator("#past-spoken")).to_contain_text("What is shown is not exactly what was then")
    expect(page.locator("#error")).to_have_text(f"{errors(server, place):.4f}")
    expect(button(page, "Branch from here")).to_be_disabled()
    expect(button(page, "Go to iteration 0")).to_be_visible()

    button(page, "Go to iteration 1,000").click()
    expect_moment(page, 1000)
    expect(detail).to_contain_text("This network was kept as it was.")
    expect(page.locator("#stage-caption")).to_have_text("The last problem before this moment is not known.")
    expect(page.locator("#stage-kind")).to_have_text("Problem not known")
    expect(page.locator("#error")).to_have_text(f"{errors(server, 1000):.4f}")
    expect(apart.get_by_role("button")).to_have_count(0)
    expect(button(page, "Branch from here")).to_be_enabled()
    expect(button(page, "Play")).to_have_attribute("aria-disabled", "true")

    slider(page).press("ArrowRight")
    expect_moment(page, 1001)
    slider(page).press("PageUp")
    expect(button(page, "Go to iteration 2,000")).to_be_visible()
    button(page, "Go to iteration 2,000").click()
    expect_now(page)
    assert visited.complaints == []


def test_a_branch_of_a_kept_moment_goes_on_as_its_own(visit: Open, server: RunningServer) -> None:
    page = visit().page
    page.goto(f"{server.url}/")
    expect(page.locator("#iteration")).to_have_text("2,000")  # a key before that moves nothing
    slider(page).press("ArrowLeft")
    expect_moment(page, 1999)
    button(page, "Go to iteration 1,000").click()
    expect_moment(page, 1000)
    button(page, "Branch from here").click()
    button(page, "Create the branch").click()
    page.wait_for_url("**/runs/*")
    expect(page.locator("#iteration")).to_have_text("1,000")
    page.get_by_role("button", name="Step").click()
    expect(page.locator("#iteration")).to_have_text("1,001")
    slider(page).press("ArrowLeft")
    expect_moment(page, 1000)
    expect(page.locator("#past-parting-detail")).to_contain_text("This network was kept as it was.")
