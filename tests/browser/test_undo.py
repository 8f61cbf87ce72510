"""All viewers are told of a reset and can undo it. A run that can't go on says why."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, call
from tests.browser.test_main_job import button
from tests.browser.test_settings import reset, settings
from tests.server import run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]


def undo(page: Page) -> Any:
    return page.get_by_role("button", name="Undo")


def says(page: Page, words: str) -> None:
    expect(page.locator("#message")).to_contain_text(words)
    expect(page.locator("#announcer")).to_contain_text(words)


def test_a_reset_is_told_to_each_who_watches_and_whoever_likes_undoes_it(visit: Open, api: Api) -> None:
    before = api("POST", "/api/runs/main/step", {"iterations": 3131})
    other, mine = visit().page, visit().page
    tab = mine.context.new_page()
    tab.goto(mine.url)
    expect(tab.locator("#iteration")).to_have_text("3,131")
    mine.bring_to_front()
    button(mine, "Reset").click()
    says(mine, "You reset this run at iteration 3,131.")
    expect(undo(mine)).to_be_visible()
    expect(undo(mine)).to_have_attribute("aria-describedby", "message")
    says(other, "Another visitor reset this run at iteration 3,131.")
    tab.bring_to_front()
    says(tab, "You reset this run at iteration 3,131, in another tab.")
    mine.bring_to_front()
    mine.reload()
    says(mine, "You reset this run at iteration 3,131.")
    undo(mine).click()
    expect(mine.locator("#iteration")).to_have_text("3,131")
    says(mine, "The reset is undone: the run is at iteration 3,131 again.")
    says(other, "Another visitor undid the reset: the run is at iteration 3,131 again.")
    expect(mine.locator("#start")).to_be_focused()
    for page in (mine, other):
        expect(undo(page)).to_be_hidden()
    assert api("GET", "/api/runs/main") == {**before, "generation": before["generation"] + 2, "viewers": 3}

    api("POST", "/api/runs/main/start")
    expect(other.locator("#state")).to_have_text("running")
    api("POST", "/api/runs/main/reset", {"config": {"seed": 2}})
    says(other, "Another visitor reset this run at iteration")
    undo(other).click()
    expect(other.locator("#state")).to_have_text("paused")
    stood = api("GET", "/api/runs/main")["iteration"]
    assert stood > 3131
    says(mine, f"the run is at iteration {stood:,} again")


def test_undo_is_offered_until_training_goes_on_and_the_settings_come_back_with_it(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 200})
    page = visit().page
    panel = settings(page)
    panel.get_by_label("Hidden size").fill("4")
    reset(panel)
    expect(page.locator("#message")).to_contain_text("begun anew")
    expect(undo(page)).to_be_visible()
    page.clock.install()
    page.clock.fast_forward("00:10")
    says(page, "You reset this run at iteration 200.")
    expect(undo(page)).to_be_visible()
    undo(page).click()
    expect(page.locator("#iteration")).to_have_text("200")
    assert api("GET", "/api/runs/main")["config"]["hidden_size"] == 16
    button(page, "Reset").click()
    expect(undo(page)).to_be_visible()
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")
    expect(undo(page)).to_be_hidden()


def test_what_can_no_longer_be_undone_is_said(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 20})
    page = visit().page
    button(page, "Reset").click()
    expect(undo(page)).to_be_visible()
    words = "Main was not reset within the last hour: there is nothing to undo."
    document = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": words}
    page.route("**/reset/undo", lambda route: route.fulfill(status=409, json=document))
    undo(page).click()
    says(page, words)
    expect(undo(page)).to_be_hidden()


def test_a_run_that_can_not_go_on_offers_no_start_and_says_why(visit: Open, api: Api) -> None:
    page = visit().page
    start, step = button(page, "Start"), button(page, "Step")
    for config, words in (
        ({"max_iterations": 3}, "All 3 iterations are done. Reset to learn again."),
        ({"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.5}, "would not be finite"),
    ):
        api("POST", "/api/runs/main/reset", {"config": config})
        expect(page.locator("#state")).to_have_text("ready")
        expect(start).to_be_enabled()
        api("POST", "/api/runs/main/step", {"iterations": 100})
        for control in (start, step):
            expect(control).to_be_disabled()
            expect(control).to_have_attribute("title", re.compile(re.escape(words)))
        iteration = page.locator("#iteration").inner_text()
        start.focus()
        page.keyboard.press("Enter")
        expect(start).to_be_focused()
        assert page.locator("#iteration").inner_text() == iteration
    button(page, "Reset").click()
    expect(step).to_be_enabled()


def test_after_a_kill_the_page_says_why_the_run_stands_and_meanwhile_that_nobody_knows(
    browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page()
    with run_server(RNN_ADDER_DATA_DIR=str(tmp_path), RNN_ADDER_ENGINE="numpy") as server:
        page.goto(server.url)
        button(page, "Start").click()
        expect(page.locator("#iteration")).not_to_have_text("0")
        expect(page.locator("#state")).to_have_text("running")
        assert call(server, "GET", "/api/runs/main")["state"] == "running"
        server.process.send_signal(signal.SIGKILL)
        expect(page.locator("#state")).to_have_text("unknown")
        expect(page.locator("#state")).to_have_attribute("title", "When the server answered last: running")
        expect(page.locator("#rate")).to_have_text("–")
    with run_server(port=server.port, RNN_ADDER_DATA_DIR=str(tmp_path), RNN_ADDER_ENGINE="numpy") as server:
        expect(page.locator("#state")).to_have_text("paused")
        says(page, "The server ended while this run was training.")
        button(page, "Start").click()
        expect(page.locator("#state")).to_have_text("running")
        expect(page.locator("#message")).to_be_hidden()
    page.close()
