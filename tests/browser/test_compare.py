"""The page that compares runs: they are chosen, added, removed, read at an iteration, told apart, and saved."""

import csv
import io
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.conftest import whole_history
from tests.browser.test_runs import Api, NewRun, Open, card, new_run, runs_page, toast, warm_server

__all__ = ["new_run", "warm_server"]


def compare_page(visit: Open, *runs: str, **options: Any) -> Page:
    page: Page = visit(f"/compare?runs={','.join(runs)}", **options).page
    return page


def cells(page: Page, field: str) -> Locator:
    """The cells of a row of the table, run by run."""
    return page.locator(f"tr[data-field={field}] td:visible")


def charts(page: Page) -> tuple[Locator, Locator]:
    return page.get_by_role("img", name=re.compile("^Error")), page.get_by_role("img", name=re.compile("^Accuracy"))


def point(page: Page, share: float) -> int:
    """Point at the error chart, and return the iteration at the pointer."""
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    title = page.get_by_role("heading", name=re.compile(r"^At iteration "))
    expect(title).to_be_visible()
    return int(title.inner_text().rpartition(" ")[2].replace(",", ""))


def test_two_runs_are_overlaid_and_read_where_one_points(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run("First", 300), new_run("Second", 500, seed=4, activation="tanh")]
    for run in runs:
        api("GET", f"/api/runs/{run}/accuracy")
        api("POST", f"/api/runs/{run}/step", {"iterations": 200})
    shares = [whole_history(api, run) for run in runs]
    page = compare_page(visit, *runs)
    error, accuracy = charts(page)
    expect(error).to_have_attribute("aria-label", re.compile("over 700 iterations.*First: error.*Second: error"))
    expect(accuracy).to_have_attribute("aria-label", re.compile(r"Second: error 0?\d\.\d{4}, accuracy \d+\.\d%"))
    ends = [api("GET", f"/api/runs/{run}")["error"] for run in runs]
    expect(cells(page, "error")).to_have_text([f"{end:.4f}" for end in ends])

    at = point(page, 0.45)
    errors = [api("GET", f"/api/runs/{run}/errors?start={at}&stop={at + 1}")["errors"][0] for run in runs]
    expect(cells(page, "error")).to_have_text([f"{value:.4f}" for value in errors])
    for k, history in enumerate(shares):  # watched by nobody
        share = next(share for place, share in reversed(history) if place <= at + 1)
        expect(cells(page, "accuracy").nth(k)).to_have_text(re.compile(rf"^{int(share * 1000) / 10:.1f}%"))
    page.mouse.move(5, 5)
    expect(page.get_by_role("heading", name="At the end of each run")).to_be_visible()


def test_smoothing_is_an_average_that_begins_at_the_first_error(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 400)
    page = compare_page(visit, run)
    errors = api("GET", f"/api/runs/{run}/errors")["errors"]
    expect(page.locator("#smoothing-text")).to_have_text("about 100 iterations")

    def smoothed(beta: float) -> str:
        weights = [beta ** (len(errors) - 1 - k) for k in range(len(errors))]
        mean = sum(w * error for w, error in zip(weights, errors, strict=True)) / sum(weights)
        return f"{mean:.4f}"

    expect(cells(page, "smoothed")).to_have_text(smoothed(0.99))
    slider = page.get_by_role("slider", name="Smoothing")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "about 1,000 iterations")
    expect(cells(page, "smoothed")).to_have_text(smoothed(0.999))
    slider.press("Home")
    expect(cells(page, "smoothed")).to_have_text(f"{errors[-1]:.4f}")


def test_by_keyboard_one_walks_through_the_iterations_and_hears_them(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 600)
    page = compare_page(visit, run)
    expect(cells(page, "error")).not_to_have_text("–")
    error, _ = charts(page)
    error.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("heading", name="At iteration 3", exact=True)).to_be_visible()
    value = api("GET", f"/api/runs/{run}/errors?start=3&stop=4")["errors"][0]
    # Whether the first accuracy has been looked at by now is nobody's promise.
    spoken = re.compile(rf"^Iteration 3\. Mine: error {value:.4f}, accuracy (–|[0-9.]+% at 0)$")
    expect(page.locator("#spoken")).to_have_text(spoken)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=re.compile("At iteration ([5-9]|1[0-9])$"))).to_be_visible()


def test_axes_become_logarithmic_and_a_long_run_is_fine_at_its_beginning(
    visit: Open, api: Api, new_run: NewRun
) -> None:
    run = new_run("Mine", 10_000)
    page = compare_page(visit, run)
    expect(cells(page, "mean_of")).to_have_text("5 iterations")
    middle = point(page, 0.5)
    page.get_by_role("checkbox", name="iterations").check()
    page.get_by_role("checkbox", name="values").check()
    page.mouse.move(5, 5)
    at = point(page, 0.5)
    assert middle == pytest.approx(5_000, rel=0.02)
    assert at == pytest.approx(100, abs=2)
    expect(cells(page, "mean_of")).to_have_text("1 iteration")
    value = api("GET", f"/api/runs/{run}/errors?start={at}&stop={at + 1}")["errors"][0]
    expect(cells(page, "error")).to_have_text(f"{value:.4f}")
    page.mouse.move(5, 5)
    assert point(page, 0.0005) == 1


@pytest.mark.parametrize("steps", [0, 1, 40])
def test_logarithmic_axes_bear_whatever_is_known_and_nothing_too(
    visit: Open, api: Api, new_run: NewRun, steps: int
) -> None:
    run = new_run("Mine", steps)
    visited = visit(f"/compare?runs={run},nobody#x=log&y=log")
    page = visited.page
    expect(page.get_by_text("There is no such run").locator("visible=true")).to_be_visible()
    for name in ("values", "iterations"):
        page.get_by_role("checkbox", name=name).uncheck()
    for name in ("values", "iterations"):
        page.get_by_role("checkbox", name=name).check()
    expect(charts(page)[0]).to_have_attribute("aria-label", re.compile(f"over {steps} iteration"))
    api("GET", f"/api/runs/{run}/accuracy")
    api("POST", f"/api/runs/{run}/step", {"iterations": 3})
    expect(charts(page)[0]).to_have_attribute("aria-label", re.compile(f"over {steps + 3} iteration"))
    assert [text for text in visited.complaints if "404" not in text] == []


def drawn(page: Page) -> int:
    """The number of pixels of the error chart in the first run's colour."""
    return int(
        page.evaluate(
            """() => {
                const canvas = document.querySelector(".compare-error canvas");
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                const { stroke } = getComputedStyle(document.querySelector("thead svg"));
                const [r, g, b] = stroke.match(/\\d+/g).map(Number);
                let count = 0;
                for (let k = 0; k < pixels.length; k += 4)
                    if (pixels[k] === r && pixels[k + 1] === g && pixels[k + 2] === b && pixels[k + 3] === 255) count++;
                return count;
            }"""
        )
    )


def test_a_single_error_is_a_point(visit: Open, new_run: NewRun) -> None:
    page = compare_page(visit, new_run("Mine", 1))
    expect(cells(page, "error")).not_to_have_text("–")
    page.wait_for_function("document.querySelector('.compare-error canvas') !== null")
    assert drawn(page) > 3
    assert drawn(compare_page(visit, new_run("None"))) == 0


def test_runs_of_different_widths_are_shown_per_position_and_it_is_said(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run("Eight", 40, bits=8), new_run("Four", 40, bits=4)]
    page = compare_page(visit, *runs)
    box = page.get_by_role("checkbox", name="per position")
    expect(box).to_be_checked()
    ends = [api("GET", f"/api/runs/{run}")["error"] for run in runs]
    shares = [f"{end / bits:.4f}" for end, bits in zip(ends, (8, 4), strict=True)]
    expect(cells(page, "error")).to_have_text(shares)
    expect(cells(page, "last_error")).to_have_text(shares)
    expect(page.get_by_role("rowheader", name="Error, per position", exact=True)).to_be_visible()
    expect(page.get_by_text("each error is divided by them")).to_be_visible()
    error = page.get_by_role("img", name=re.compile("^Error per position over"))
    expect(error).to_have_attribute("aria-label", re.compile(f"Eight: error {shares[0]}"))
    box.uncheck()
    expect(cells(page, "error")).to_have_text([f"{end:.4f}" for end in ends])
    expect(page.get_by_text("over more of them an error is larger")).to_be_visible()
    page.reload()
    expect(cells(page, "error")).to_have_text([f"{end:.4f}" for end in ends])
    expect(box).not_to_be_checked()


def test_runs_of_one_width_are_shown_as_sums_until_somebody_asks(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run("One", 40, bits=8), new_run("Other", 40, bits=8, task="subtraction")]
    page = compare_page(visit, *runs)
    ends = [api("GET", f"/api/runs/{run}")["error"] for run in runs]
    expect(cells(page, "error")).to_have_text([f"{end:.4f}" for end in ends])
    box = page.get_by_role("checkbox", name="per position")
    expect(box).not_to_be_checked()
    expect(page.locator("#widths")).to_be_hidden()
    box.check()
    expect(cells(page, "error")).to_have_text([f"{end / 8:.4f}" for end in ends])
    expect(page).to_have_url(re.compile("#error=position$"))


def saved_rows(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Data as CSV").click()
    return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"), newline="")))


def test_the_file_has_every_error_though_the_chart_shows_pieces(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 10_000)
    api("POST", f"/api/runs/{run}/step", {"iterations": 446})
    page = compare_page(visit, run)
    expect(cells(page, "mean_of")).to_have_text(re.compile("^[2-9] iterations"))
    rows = [row for row in saved_rows(page) if row["error_mean"]]
    errors = [
        error
        for start in (0, 10_000)
        for error in api("GET", f"/api/runs/{run}/errors?start={start}&stop={start + 10_000}")["errors"]
    ]
    assert [int(row["iteration"]) for row in rows] == list(range(10_446))
    assert {row["iterations"] for row in rows} == {"1"}
    for name in ("error_min", "error_mean", "error_max"):
        assert [float(row[name]) for row in rows] == errors
    expect(page.get_by_text("10,446 errors are in the file, each by itself.")).to_be_visible()


def test_a_file_of_pieces_says_so_and_so_does_the_page(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Long", 0, bits=2, hidden_size=1, max_iterations=110_000)
    for _ in range(11):
        api("POST", f"/api/runs/{run}/step", {"iterations": 10_000})
    page = compare_page(visit, run, new_run("Short", 5, bits=2))
    expect(cells(page, "mean_of").first).to_have_text("55 iterations")
    rows = [row for row in saved_rows(page) if row["error_mean"]]
    long = [row for row in rows if row["run"] == "Long"]
    assert long[-1]["iterations"] == "55"
    assert sum(int(row["iterations"]) for row in long) == 110_000
    said = "For Long, each row of the file has the smallest, mean and largest error of up to 55 iterations."
    expect(page.locator("#csv-text")).to_have_text(f"5 errors are in the file, each by itself. {said}")


def test_the_table_says_what_differs_and_folds_the_rest(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run("First", 20), new_run("Second", 20, hidden_size=5)]
    api("PATCH", f"/api/runs/{runs[1]}", {"learning_rate": 0.5})
    page = compare_page(visit, *runs)
    expect(cells(page, "hidden_size")).to_have_text(["4", "5"])
    expect(cells(page, "learning_rate_now")).to_have_text(["0.1", "0.5"])
    expect(cells(page, "changes")).to_have_text(["none", "0.5 from 20"])
    expect(page.locator("tr[data-field=task]")).to_be_hidden()
    expect(page.locator("tr[data-field=iteration]")).to_be_hidden()
    page.get_by_label("Show all fields").check()
    expect(cells(page, "task")).to_have_text(["addition", "addition"])
    expect(cells(page, "iteration")).to_have_text(["20", "20"])


def test_runs_are_added_and_removed_and_the_address_follows(visit: Open, new_run: NewRun) -> None:
    run = new_run("Mine", 30)
    page = visit("/").page
    page.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare\?runs=main$"))
    page.get_by_role("combobox", name="Add a run").select_option("Mine")
    expect(page).to_have_url(re.compile(rf"/compare\?runs=main,{run}$"))
    expect(cells(page, "iteration")).to_have_text(["0", "30"])
    page.reload()
    expect(cells(page, "iteration")).to_have_text(["0", "30"])
    page.get_by_role("button", name="Remove Main").click()
    expect(page).to_have_url(re.compile(rf"/compare\?runs={run}$"))
    expect(page.get_by_role("columnheader", name="Mine")).to_be_visible()
    page.get_by_role("button", name="Remove Mine").click()
    expect(page.get_by_text("Nothing is compared.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nothing is compared.")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("live")


def test_a_deleted_run_is_said_and_the_others_stay(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run("First", 10), new_run("Second", 10)]
    page = compare_page(visit, *runs, "nobody")
    gone = page.get_by_text("There is no such run: it was deleted, or never existed.")
    expect(gone.locator("visible=true")).to_have_count(1)
    api("DELETE", f"/api/runs/{runs[0]}")
    expect(gone.locator("visible=true")).to_have_count(2)
    expect(cells(page, "error")).to_have_text(["–", re.compile(r"^\d\.\d{4}$"), "–"])


def test_a_run_that_trains_is_followed_one_question_at_a_time(visit: Open, api: Api, new_run: NewRun) -> None:
    run = new_run("Mine", 10, max_iterations=1_000_000)
    page = compare_page(visit, run, "main")
    expect(cells(page, "iteration")).to_have_text(["10", "0"])
    flying: set[Request] = set()
    together: list[int] = []

    def asked(request: Request) -> None:
        flying.add(request)
        together.append(len(flying))

    def answered(request: Request) -> None:
        flying.discard(request)

    page.on("request", asked)
    page.on("requestfinished", answered)
    page.on("requestfailed", answered)
    api("POST", f"/api/runs/{run}/start")
    expect(cells(page, "state")).to_have_text(["running", "ready"])
    for _ in range(2):
        before = cells(page, "iteration").first.inner_text()
        expect(cells(page, "iteration").first).not_to_have_text(before)
    expect(cells(page, "last_accuracy").first).to_contain_text("%")
    api("POST", f"/api/runs/{run}/pause")
    end = api("GET", f"/api/runs/{run}")["iteration"]
    expect(cells(page, "iteration").first).to_have_text(f"{end:,}")
    assert max(together) == 1


def test_what_is_drawn_is_taken_along_as_csv_and_png(visit: Open, api: Api, new_run: NewRun) -> None:
    runs = [new_run('A, "quoted"', 50), new_run("Plain", 30, seed=2)]
    shares = [whole_history(api, run) for run in runs]
    page = compare_page(visit, *runs, device_scale_factor=2)
    expect(cells(page, "iteration")).to_have_text(["50", "30"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Data as CSV").click()
    assert download.value.suggested_filename == "rnn-adder-compare.csv"
    text = Path(download.value.path()).read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.startswith("iteration,iterations,run,error_min,error_mean,error_max,accuracy\r\n")
    assert [row["run"] for row in rows] == ['A, "quoted"'] * 51 + ["Plain"] * 31
    errors = api("GET", f"/api/runs/{runs[0]}/errors")["errors"]
    assert [float(row["error_mean"]) for row in rows[:50]] == errors
    assert (rows[50]["iteration"], rows[50]["error_mean"], float(rows[50]["accuracy"])) == ("50", "", shares[0][-1][1])
    told = [[int(row["iteration"]), float(row["accuracy"])] for row in rows if row["accuracy"]]
    assert told == [*shares[0], *shares[1]]

    with page.expect_download() as download:
        page.get_by_role("button", name="Chart as PNG").click()
    assert download.value.suggested_filename == "rnn-adder-compare.png"
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    boxes = [plot.bounding_box() for plot in page.locator(".curve-plot").all()]
    assert width == pytest.approx(2 * (boxes[0]["width"] + 32), abs=4)  # type: ignore[index]
    assert height > 2 * sum(box["height"] for box in boxes if box)


def test_cards_are_chosen_to_be_compared_four_at_most(visit: Open, new_run: NewRun) -> None:
    made = [new_run(f"Number {k}") for k in range(5)]
    page = runs_page(visit)
    bar = page.locator("#chosen")
    expect(bar).to_be_hidden()
    for k in (0, 2):
        card(page, f"Number {k}").get_by_label("Compare").check()
    expect(bar).to_have_text("Compare 2 runs")
    page.get_by_role("searchbox", name="Find").fill("3")
    card(page, "Number 3").get_by_label("Compare").check()
    page.get_by_role("searchbox", name="Find").fill("")
    card(page, "Number 4").get_by_label("Compare").check()
    card(page, "Main").get_by_label("Compare").click()
    expect(toast(page)).to_contain_text("Four runs at most")
    expect(card(page, "Main").get_by_label("Compare")).not_to_be_checked()
    card(page, "Number 4").get_by_label("Compare").uncheck()
    expect(bar).to_have_text("Compare 3 runs")
    bar.click()
    expect(page.get_by_role("columnheader")).to_have_count(3)
    asked = page.url.partition("runs=")[2].split(",")
    assert sorted(asked) == sorted([made[0], made[2], made[3]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_360_pixels_nothing_is_wider_than_the_screen(visit: Open, new_run: NewRun, scheme: str) -> None:
    runs = [new_run("A name so long that it can't be shown in full on a phone", 40, seed=k) for k in range(4)]
    page = compare_page(visit, *runs, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    expect(cells(page, "iteration")).to_have_count(0)
    expect(cells(page, "seed")).to_have_text(["0", "1", "2", "3"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page = visit("/", viewport={"width": 360, "height": 740}).page
    expect(page.get_by_role("link", name="Compare")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
