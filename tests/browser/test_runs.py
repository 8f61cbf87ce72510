"""The page of all runs: one can create, name, copy, delete, restore, export and import them, and find one of many."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.routes.past import MAX_CHECKPOINT
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import decode_checkpoint, encode_checkpoint
from tests.app.services.test_glance import STORED, keep_many
from tests.browser.conftest import Visit, whole_history
from tests.browser.test_main_job import button
from tests.browser.test_settings import settings
from tests.rnn_core.compare import state_of
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]

SMALL = {"bits": 4, "hidden_size": 4}
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen12"


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    return numpy_server


@pytest.fixture
def new_run(api: Api) -> Callable[..., str]:
    """Creates a run that has done some iterations."""

    def make(name: str, iterations: int = 0, **config: Any) -> str:
        run: str = api("POST", "/api/runs", {"name": name, "config": {**SMALL, **config}})["id"]
        if iterations:
            api("POST", f"/api/runs/{run}/step", {"iterations": iterations})
        return run

    return make


NewRun = Callable[..., str]


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> Locator:
    return page.locator(".card-link")


def toast(page: Page) -> Locator:
    return page.locator("#toast")


def runs_page(visit: Open, **options: Any) -> Page:
    visited = visit("/runs", **options)
    expect(card(visited.page, "Main")).to_be_visible()
    return visited.page


def test_a_run_is_made_named_and_opened(visit: Open, api: Api, new_run: NewRun) -> None:
    page = visit().page
    page.get_by_role("link", name="Runs").click()
    expect(card(page, "Main")).to_be_visible()  # from now on it obeys
    page.get_by_role("textbox", name="Name").fill("Mine <b>")
    page.get_by_label("Experiment").select_option(label="LSTM")
    button(page, "New run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine <b>")
    run = api("GET", f"/api/runs/{page.url.rpartition('/')[2]}")
    assert (run["config"]["cell"], run["config"]["optimizer"]) == ("lstm", "adam")
    page.get_by_role("link", name="Runs").click()
    expect(card(page, "Mine <b>")).to_contain_text("addition, 8 bits, lstm 16, adam 0.01, seed 0")
    expect(card(page, "Mine <b>")).to_contain_text("ready")
    page.get_by_role("textbox", name="Name").fill("x" * 61)
    button(page, "New run").click()
    expect(toast(page)).to_contain_text("The name must have 1 to 60 characters, and this one has 61.")
    page.get_by_role("link", name="Mine <b>").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine <b>")


def test_a_card_shows_where_a_run_stands_and_follows_it(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 1500, seed=9, activation="tanh", max_iterations=1_000_000)
    page = runs_page(visit)
    mine = card(page, "Mine")
    expect(mine).to_contain_text("addition, 4 bits, tanh 4, seed 9")
    expect(mine.locator(".card-iteration")).to_have_text("1,500")
    expect(mine.locator(".card-accuracy")).to_have_text(re.compile(r"^\d+\.\d%$"))
    curve = mine.get_by_role("img")
    expect(curve).to_have_attribute("aria-label", re.compile("^Error of iterations 0 to 1,500: it ends at "))
    expect(mine.locator(".card-line")).to_have_attribute("d", re.compile("^M0 "))
    expect(mine.get_by_text("Accuracy at 1,480")).to_be_visible()
    mark = mine.locator(".controls-mark")
    expect(mark).to_have_text("||")
    mine.get_by_role("button", name="Start").click()
    expect(mine.locator(".card-state")).to_have_text("running")
    expect(mark).to_have_text("▶")
    expect(mine.locator(".card-iteration")).not_to_have_text("1,500")
    before = curve.get_attribute("aria-label") or ""
    expect(curve).not_to_have_attribute("aria-label", before)
    mine.get_by_role("button", name="Pause").click()
    expect(mine.locator(".card-state")).to_have_text("paused")
    assert api("GET", f"/api/runs/{run}")["state"] == "paused"
    [place, _] = whole_history(api, run)[-1]
    expect(mine.get_by_text(f"Accuracy at {place:,}")).to_be_visible()
    api("PATCH", f"/api/runs/{run}", {"name": "By another"})
    expect(card(page, "By another")).to_be_visible()


def test_a_run_is_renamed_in_place(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine")
    page = runs_page(visit)
    rename = card(page, "Mine").get_by_role("button", name="Rename")
    rename.press("Enter")
    field = page.get_by_role("list", name="Runs").get_by_role("textbox", name="Name")
    expect(field).to_be_focused()
    expect(field).to_have_value("Mine")
    field.fill("Thrown away")
    field.press("Escape")
    expect(card(page, "Mine").get_by_role("button", name="Rename")).to_be_focused()
    page.keyboard.press("Enter")
    field.fill(" ")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(
        "The name must have 1 to 60 characters, one of which can be seen."
    )
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("Yours")
    field.press("Enter")
    expect(card(page, "Yours")).to_be_visible()
    assert api("GET", f"/api/runs/{run}")["name"] == "Yours"


def test_a_copy_goes_on_from_where_the_run_stands_with_its_past(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 700)
    api("PATCH", f"/api/runs/{run}", {"learning_rate": 0.5, "speed": 20})
    page = runs_page(visit)
    card(page, "Mine").get_by_role("button", name="Duplicate").click()
    expect(card(page, "Mine copy")).to_contain_text("700")
    expect(page.get_by_role("link", name="Mine copy")).to_be_focused()
    copy = next(each for each in api("GET", "/api/runs") if each["name"] == "Mine copy")
    errors = f"/errors?start=0&stop={700}"
    assert api("GET", f"/api/runs/{copy['id']}{errors}")["errors"] == api("GET", f"/api/runs/{run}{errors}")["errors"]
    for each in (run, copy["id"]):
        api("POST", f"/api/runs/{each}/step", {"iterations": 50})
    mine, its = (api("GET", f"/api/runs/{each}") for each in (run, copy["id"]))
    same = ("iteration", "error", "learning_rate", "changes", "speed", "config")
    assert {name: mine[name] for name in same} == {name: its[name] for name in same}


def test_a_deletion_is_undone_by_keyboard_or_later_from_the_bin(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 120)
    page = runs_page(visit)
    expect(card(page, "Main").get_by_role("button", name="Delete")).to_be_disabled()
    card(page, "Mine").get_by_role("button", name="Delete").press("Enter")
    expect(card(page, "Mine")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="“Mine” is deleted.")).to_be_visible()
    expect(button(page, "Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Mine")).to_be_focused()
    assert api("GET", f"/api/runs/{run}")["iteration"] == 120
    card(page, "Mine").get_by_role("button", name="Delete").click()
    expect(card(page, "Mine")).to_have_count(0)
    page.reload()
    page.get_by_text("Deleted within the last hour").click()
    page.get_by_role("button", name="Bring back Mine", exact=True).first.click()
    expect(card(page, "Mine")).to_contain_text("120")


def test_what_is_exported_and_imported_has_the_same_weights(
    visit: Open, api: Api, new_run: NewRun, tmp_path: Path
) -> None:
    new_run("Mine", 250, cell="lstm", optimizer="adam")
    page = runs_page(visit)
    with page.expect_download() as download:
        card(page, "Mine").get_by_role("button", name="Export").click()
    name = download.value.suggested_filename
    assert re.fullmatch(r"run-\d+-250\.safetensors", name)
    file = tmp_path / name
    shutil.copy(download.value.path(), file)
    page.get_by_label("Import").set_input_files(file)
    brought = name.removesuffix(".safetensors")
    expect(card(page, brought)).to_contain_text("250")
    expect(toast(page)).to_contain_text("its curve begins there")
    run = next(each["id"] for each in api("GET", "/api/runs") if each["name"] == brought)
    response = page.request.get(f"{page.url.rpartition('/')[0]}/api/runs/{run}/checkpoint")
    same, other = (decode_checkpoint(data) for data in (file.read_bytes(), response.body()))
    assert {**state_of(same), "trace": None} == {**state_of(other), "trace": None}
    card(page, brought).get_by_role("button", name="Duplicate").click()
    expect(card(page, f"{brought} copy")).to_contain_text("250")


def test_a_file_that_is_dropped_is_imported_and_a_bad_one_refused_with_the_reason(
    visit: Open, api: Api, new_run: NewRun, tmp_path: Path
) -> None:
    trainer = Trainer(TrainingConfig(**SMALL), "numpy")  # type: ignore[arg-type]
    trainer.advance(30)
    page = runs_page(visit)
    drop = """(bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], "Dropped.safetensors"));
        for (const type of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true }));
    }"""  # noqa: E501
    page.evaluate(drop, list(encode_checkpoint(trainer.snapshot(), 0)))
    expect(card(page, "Dropped")).to_contain_text("30")

    before = len(api("GET", "/api/runs"))
    bad, large = tmp_path / "bad.safetensors", tmp_path / "large.safetensors"
    bad.write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    large.write_bytes(b"\0" * (MAX_CHECKPOINT + 1))
    page.get_by_label("Import").set_input_files(bad)
    expect(toast(page)).to_contain_text(
        "bad.safetensors was not imported. The file is not a safetensors file: the table of contents"
    )
    page.get_by_label("Import").set_input_files(large)
    expect(toast(page)).to_contain_text("large.safetensors was not imported: a checkpoint has at most 16 MB.")
    assert len(api("GET", "/api/runs")) == before


def test_what_another_deletes_goes_from_an_open_list_and_can_be_brought_back(
    visit: Open, api: Api, new_run: NewRun
) -> None:
    run, second = new_run("Mine"), new_run("Second")
    page = runs_page(visit)
    expect(card(page, "Mine")).to_be_visible()
    api("DELETE", f"/api/runs/{run}")
    expect(card(page, "Mine")).to_have_count(0)
    expect(toast(page)).to_contain_text("“Mine” was deleted by somebody else.")
    button(page, "Undo").click()
    expect(card(page, "Mine")).to_be_visible()
    # One whose list is of before is told so.
    page.route("**/api/runs", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    expect(page.locator("#connection")).to_contain_text("disconnected")
    api("DELETE", f"/api/runs/{second}")
    card(page, "Second").get_by_role("button", name="Rename").click()
    page.get_by_role("list", name="Runs").get_by_role("textbox", name="Name").fill("New")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is no run")
    page.unroute("**/api/runs")
    expect(card(page, "Second")).to_have_count(0)
    expect(page.locator("#connection")).to_have_text("live")


def test_runs_are_found_by_name_and_sorted(visit: Open, new_run: NewRun) -> None:
    for name in ("Run ten 10", "Run ten 9", "Other"):
        new_run(name)
    page = runs_page(visit)
    expect(names(page)).to_have_text(["Other", "Run ten 9", "Run ten 10", "Main"])
    page.get_by_label("Sort").select_option("name")
    expect(names(page)).to_have_text(["Main", "Other", "Run ten 9", "Run ten 10"])
    page.get_by_role("searchbox", name="Find").fill("TEN")
    expect(names(page)).to_have_text(["Run ten 9", "Run ten 10"])
    expect(page.locator("#count")).to_have_text("2 of 4 runs")
    page.get_by_role("searchbox", name="Find").fill("nothing")
    expect(page.locator("#none")).to_have_text("No run has “nothing” in its name.")
    page.get_by_role("searchbox", name="Find").fill("")
    expect(names(page)).to_have_count(4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_360_pixels_nothing_is_wider_than_the_screen(visit: Open, new_run: NewRun, scheme: str) -> None:
    new_run("A name so long that it can't be shown in full on a phone", 40, task="three_numbers", optimizer="adam")
    page = runs_page(visit, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    expect(page.locator(".card-line").first).to_have_attribute("d", re.compile("M"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    card(page, "A name so long that it can't be shown in full on a phone").get_by_role("button", name="Delete").click()
    expect(button(page, "Undo")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("size", [(320, 256), (720, 450)])
def test_at_400_and_200_percent_no_page_is_wider_than_the_screen(
    visit: Open, new_run: NewRun, size: tuple[int, int]
) -> None:
    run = new_run(LONG_NAME, 20, cell="lstm", bias=True, bits=16, task="three_numbers")
    wide = new_run("W" * 60)
    viewport = {"width": size[0], "height": size[1]}
    for path in ("/", f"/runs/{run}", "/runs", f"/compare?runs=main,{run},{wide}", f"/runs/{'x' * 200}", "/docs"):
        live = "nobody" if path == "/docs" or "xx" in path else "live"
        page = visit(path, live=live == "live", viewport=viewport).page
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_the_settings_of_a_run_make_another(visit: Open, api: Api, new_run: NewRun) -> None:
    before = api("GET", "/api/runs/main")
    page = visit().page
    panel = settings(page)
    panel.get_by_label("Hidden size").fill("0")
    button(page, "As a new run").click()
    expect(page.locator("#set-hidden_size-problem")).to_contain_text("from 1 to 128, not 0.")
    panel.get_by_label("Hidden size").fill("5")
    button(page, "As a new run").click()
    expect(page).to_have_url(re.compile(r"/runs/run-\d+"))
    run = api("GET", f"/api/runs/{page.url.rpartition('/')[2]}")
    assert run["config"]["hidden_size"] == 5
    assert api("GET", "/api/runs/main")["generation"] == before["generation"]


def test_of_many_stored_runs_only_what_is_in_view_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    keep_many(tmp_path)
    with run_server("--data-dir", str(tmp_path), RNN_ADDER_ENGINE="numpy") as server:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visited = Visit(page)
        page.goto(f"{server.url}/runs")
        expect(page.locator("#count")).to_have_text(f"{STORED + 1} runs")
        last = card(page, "Number 2")
        expect(card(page, f"Number {STORED + 1}").locator(".card-line")).to_have_attribute("d", re.compile("M"))
        assert sum("overview" in url for url in visited.requests) < 40
        assert last.locator(".card-line").get_attribute("d") is None
        last.scroll_into_view_if_needed()
        expect(last.locator(".card-line")).to_have_attribute("d", re.compile("M"))
        assert sum("overview" in url for url in visited.requests) < 80
        assert visited.complaints == []
        page.close()


def test_without_storage_the_page_says_so_and_a_deletion_is_asked_for_twice(browser: Browser) -> None:
    with run_server("--no-store", RNN_ADDER_ENGINE="numpy") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/runs")
        expect(page.get_by_text("they are gone when the server ends")).to_be_visible()
        card(page, "Main").get_by_role("button", name="Duplicate").click()
        copy = card(page, "Main copy")
        copy.get_by_role("button", name="Delete").click()
        copy.get_by_role("button", name="Delete for good?").click()
        expect(copy).to_have_count(0)
        expect(button(page, "Undo")).to_be_hidden()
        for number in range(31):
            page.request.post(f"{server.url}/api/runs", data={"name": f"Number {number}"})
        expect(page.locator("#count")).to_have_text("32 runs")
        card(page, "Number 3").get_by_role("button", name="Duplicate").click()
        expect(toast(page)).to_contain_text("There are 32 runs already")
        page.close()


def test_the_list_says_when_the_server_is_gone_and_goes_on_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    with run_server("--data-dir", str(tmp_path), RNN_ADDER_ENGINE="numpy") as first:
        port = first.port
        page.goto(f"{first.url}/runs")
        expect(card(page, "Main")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("disconnected, trying again")
    card(page, "Main").get_by_role("button", name="Start").click()
    expect(toast(page)).to_contain_text("The server does not answer.")
    with run_server("--data-dir", str(tmp_path), port=port, RNN_ADDER_ENGINE="numpy"):
        expect(page.locator("#connection")).to_have_text("live")
    page.close()
