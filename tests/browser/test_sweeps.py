"""The page of sweeps: a question is chosen, its map fills in live, a cell opens its run in the lab, exact."""

import csv
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.languages import catalogue
from tests.app.sweeping import SMALL
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.test_languages import opened
from tests.browser.test_main_job import button
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]

both = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture
def warm_server(numpy_server: RunningServer) -> RunningServer:
    """The reference engine, so that small networks need no compilation."""
    return numpy_server


@pytest.fixture(autouse=True)
def no_sweeps(api: Api) -> Iterator[None]:
    yield
    for sweep in api("GET", "/api/sweeps"):
        api("DELETE", f"/api/sweeps/{sweep['id']}")


def in_language(language: str) -> Callable[[str], str]:
    """A text of the page in its language: those of its template come before those of scripts."""
    texts = {**catalogue(language, "sweeps"), **catalogue(language, "server")}
    return lambda text: str(texts.get(text, text))


def done(api: Api, sweep: str) -> dict[str, Any]:
    """The sweep, finished."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (found := api("GET", f"/api/sweeps/{sweep}"))["state"] != "finished":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    status: dict[str, Any] = found
    return status


def grid(page: Page) -> Locator:
    return page.get_by_role("grid")


def squares(page: Page) -> Locator:
    """The cells of the map. A corner of the table has no name."""
    return grid(page).get_by_role("gridcell", name=re.compile(r"\w"))


def opened_run(page: Page) -> str:
    """The run that the page has gone to."""
    page.wait_for_url(re.compile(r"/runs/run-\d+"))
    found = re.search(r"/runs/(run-\d+)", page.url)
    assert found is not None
    return found[1]


@both
def test_a_sweep_is_set_up_and_its_map_fills_in_live(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language, "/sweeps")
    new = page.get_by_role("region", name=said("New sweep"))
    presets = new.get_by_role("group", name=said("Questions to begin with")).get_by_role("button")
    expect(presets).to_have_count(3)
    presets.nth(2).click()
    expect(presets.nth(2)).to_have_attribute("aria-pressed", "true")
    new.get_by_text(said("What it shows")).click()
    expect(new.locator("#shows")).to_contain_text("GRU")
    across = new.get_by_role("group", name=said("Vary across"))
    across.get_by_role("combobox").select_option("hidden_size")
    across.get_by_role("textbox").fill("1..3")
    down = new.get_by_role("group", name=said("and down"))
    down.get_by_role("combobox").select_option("cell")
    down.get_by_role("checkbox", name="LSTM").uncheck()
    for label, value in (("Seeds", "0, 1"), ("Iterations", "300"), ("Look every", "100"), ("Name", "Mine")):
        new.get_by_role("textbox", name=said(label), exact=True).fill(value)
    new.get_by_text(said("What all networks have")).click()
    new.get_by_label(said("Bits"), exact=True).fill("2")
    expect(new.locator("#size")).to_contain_text("12")
    button(page, said("Begin")).click()
    expect(squares(page)).to_have_count(6)
    sweep = done(api, api("GET", "/api/sweeps")[0]["id"])
    assert sweep["vary"] == {"hidden_size": [1, 2, 3], "cell": ["elman", "gru"]}
    assert sweep["config"] == {
        "bits": 2, "bias": True, "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.01,
        "max_iterations": 300,
    }  # fmt: skip
    assert (sweep["name"], sweep["seeds"], sweep["every"]) == ("Mine", [0, 1], 100)
    shares = [f"{round(100 * cell['learned'] / 2)}%" for cell in sweep["cells"]]
    rows = [shares[row::2] for row in range(2)]
    expect(grid(page).locator("td b")).to_have_text([*rows[0], *rows[1]])
    expect(page.locator(".sweeps-state")).to_contain_text("12")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"sweep={sweep['id']}"))


def test_what_the_server_refuses_is_said_beside_its_field(visit: Open, api: Api) -> None:
    page = visit("/sweeps").page
    values = page.get_by_role("group", name="Vary across").get_by_role("textbox")
    values.fill("1, many")
    button(page, "Begin").click()
    expect(page.get_by_text(re.compile('must have only values that are .* from 1 to 128, not "many"'))).to_be_visible()
    expect(values).to_be_focused()
    values.fill("1")
    page.get_by_role("textbox", name="Iterations").fill("0")
    button(page, "Begin").click()
    expect(page.get_by_text(re.compile("This must be a whole number from 1 to 10000000, not 0"))).to_be_visible()
    assert api("GET", "/api/sweeps") == []


@both
def test_a_cell_tells_its_networks_and_opens_one_in_the_lab_exact(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    sweep = done(api, api("POST", "/api/sweeps", {**SMALL, "name": "Units"})["id"])
    members = api("GET", f"/api/sweeps/{sweep['id']}/members?cell=1")
    page = opened(visit, language, f"/sweeps?sweep={sweep['id']}")
    cells = squares(page)
    expect(cells).to_have_count(2)
    cells.nth(1).hover()
    about = page.locator(".sweeps-cell")
    expect(about.get_by_role("heading")).to_have_text(re.compile(f"{said('Hidden size')} 3"))
    expect(about.get_by_role("img")).to_have_attribute("aria-label", re.compile("3"))
    buttons = about.get_by_role("group", name=said("Open in the lab")).get_by_role("button")
    expect(buttons).to_have_count(3)
    expect(cells.nth(1)).to_have_accessible_name(re.compile(rf"{said('Hidden size')} 3.*99%"))
    buttons.nth(2).click()
    run = opened_run(page)
    expect(page.locator("#state")).to_have_text(said("finished"))
    status = api("GET", f"/api/runs/{run}")
    assert status["config"] == members[2]["config"]
    errors = api("GET", f"/api/runs/{run}/errors?start=0&stop=100")["errors"]
    assert members[2]["errors"][0] == pytest.approx(sum(errors) / 100, abs=1e-4)
    accuracy = api("GET", f"/api/runs/{run}/accuracy")["accuracy"]
    assert accuracy == members[2]["accuracy"]


def test_the_map_is_walked_by_keys_and_enter_opens_what_is_typical(visit: Open, api: Api) -> None:
    body = {**SMALL, "vary": {"hidden_size": [1, 3, 4], "bias": [False, True]}}
    sweep = done(api, api("POST", "/api/sweeps", body)["id"])
    page = visit(f"/sweeps?sweep={sweep['id']}").page
    cells = squares(page)
    expect(grid(page).locator("[tabindex='0']")).to_have_count(1)
    cells.first.focus()
    for key, words in (
        ("ArrowRight", "Hidden size 3, Biases no"),
        ("ArrowDown", "Hidden size 3, Biases yes"),
        ("ArrowDown", "Hidden size 3, Biases yes"),
        ("End", "Hidden size 4, Biases yes"),
        ("Home", "Hidden size 1, Biases yes"),
        ("End", "Hidden size 4, Biases yes"),
    ):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_accessible_name(re.compile(f"^{words}: "))
        expect(page.locator(".sweeps-cell h3")).to_have_text(words)
    members = api("GET", f"/api/sweeps/{sweep['id']}/members?cell=5")
    there = sorted((member for member in members if member["reached"]), key=lambda member: member["reached"])
    typical = there[(len(there) - 1) // 2] if there else members[0]
    page.keyboard.press("Enter")
    assert api("GET", f"/api/runs/{opened_run(page)}")["config"] == typical["config"]


def test_a_sweep_is_paused_resumed_named_compared_saved_and_deleted(visit: Open, api: Api, tmp_path: Path) -> None:
    api("POST", "/api/sweeps", {**SMALL, "name": "Long", "seeds": list(range(1000))})
    other = api("POST", "/api/sweeps", {**SMALL, "name": "Short"})
    page = visit("/sweeps").page
    page.get_by_role("link", name=re.compile("^Long")).click()
    state = page.locator("[data-slot='0'] .sweeps-state")
    button(page, "Pause").click()
    expect(state).to_have_text(re.compile("^paused"))
    done(api, other["id"])
    button(page, "Resume").click()
    expect(state).to_have_text(re.compile("^running"))
    button(page, "Rename").click()
    page.keyboard.type("Longest")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Longest")).to_be_visible()
    page.get_by_role("combobox", name="Compare with").select_option("Short")
    expect(page.get_by_role("grid")).to_have_count(2)
    expect(page).to_have_url(re.compile(rf"with={other['id']}"))
    second = page.locator("[data-slot='1']")
    expect(second.locator(".sweeps-state")).to_have_text("finished, 6 of 6 networks")
    for words, ending in (("Data as CSV", "csv"), ("Data as Parquet", "parquet"), ("Map as PNG", "png")):
        with page.expect_download() as caught:
            second.get_by_role("button", name=words).click()
        assert caught.value.suggested_filename == f"{other['id']}.{ending}"
        caught.value.save_as(tmp_path / ending)
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text())))) == 6
    assert (tmp_path / "parquet").read_bytes()[:4] == b"PAR1"
    assert (tmp_path / "png").read_bytes()[1:4] == b"PNG"
    first = page.locator("[data-slot='0']")
    first.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    first.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("grid")).to_have_count(1)
    expect(page.get_by_role("link", name=re.compile("^Long"))).to_have_count(0)
    assert [sweep["name"] for sweep in api("GET", "/api/sweeps")] == ["Short"]


def test_the_lab_leads_to_sweeps_and_a_phone_shows_them(visit: Open, api: Api) -> None:
    sweep = done(api, api("POST", "/api/sweeps", {**SMALL, "vary": {"hidden_size": [1, 2, 3, 4]}})["id"])
    page = visit("/", viewport={"width": 360, "height": 800}).page
    page.get_by_role("link", name="Sweeps").click()
    page.get_by_role("link", name=re.compile("^Sweep")).click()
    expect(grid(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    again = button(page, "Change and begin anew")
    again.click()
    values = page.get_by_role("group", name="Vary across").get_by_role("textbox")
    expect(values).to_have_value("1..4")
    assert json.loads(json.dumps(sweep["vary"])) == {"hidden_size": [1, 2, 3, 4]}


@both
def test_axe_finds_nothing_on_a_sweep(visit: Open, api: Api, language: str) -> None:
    from tests.browser.test_accessibility import check

    sweep = done(api, api("POST", "/api/sweeps", {**SMALL, "vary": {"hidden_size": [1, 3, 6]}})["id"])
    page = opened(visit, language, f"/sweeps?sweep={sweep['id']}", bypass_csp=True, reduced_motion="reduce")
    expect(page.locator(".sweeps-members button")).to_have_count(3)
    check(page)
