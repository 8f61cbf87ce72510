"""The machine inside: drawn beside the task's machine, lit in step with the stage, told in words and as a list."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]

ALIKE = "The machine answers as the network does on"


def english(text: str, /, **values: object) -> str:
    return text.format(**values) if values else text


def learn(api: Api, iterations: int, run: str = "main") -> None:
    for start in range(0, iterations, 1000):
        api("POST", f"/api/runs/{run}/step", {"iterations": min(1000, iterations - start)})


def panel(page: Page, said: Said = english) -> Locator:
    """The panel, opened."""
    page.get_by_role("tab", name=said("Inside")).click()
    page.get_by_role("button", name=said("Machine"), exact=True).click()
    found = page.get_by_role("region", name=said("The machine inside the network"))
    expect(found).to_be_visible()
    return found


def pictures(place: Locator) -> tuple[Locator, Locator]:
    """The drawings of the network's machine and of the task's."""
    drawings = place.get_by_role("img")
    expect(drawings).to_have_count(2)
    return drawings.first, drawings.last


def labels(picture: Locator) -> list[str]:
    return [text.replace("\u00a0", " ") for text in picture.locator(".machine-label").all_text_contents()]


ADDER = ["00/0 01/1 10/1", "11/0", "00/1", "01/0 10/0 11/1"]


def test_a_network_that_has_learned_shows_the_tasks_machine_and_says_so(visit: Open, api: Api) -> None:
    learn(api, 8000)
    visited = visit()
    place = panel(visited.page)
    expect(place).to_contain_text("2 states, and they do what the task needs: carry 0, carry 1.")
    expect(place).to_contain_text(f"{ALIKE} all 16,384 problems, and on 100.0% of those with 60 bits.")
    own, of_task = pictures(place)
    expect(own).to_have_accessible_name("States: carry 0, carry 1. The steps are in the list below.")
    assert labels(own) == labels(of_task) == ADDER
    found = api("GET", "/api/runs/main/machine")
    first, second = found["steps"][:4], found["steps"][4:]
    ways = [first[:3], first[3:], second[:1], second[1:]]
    counts = [f"{sum(step['count'] for step in way):,}" for way in ways]
    assert own.locator(".machine-count").all_text_contents() == counts
    expect(of_task.locator(".machine-count")).to_have_count(0)
    assert visited.complaints == []


def test_the_list_of_steps_says_the_same_to_who_cannot_see_the_drawing(visit: Open, api: Api) -> None:
    learn(api, 6000)
    place = panel(visit().page)
    expect(place.get_by_role("table")).to_be_hidden()
    summary = place.get_by_text("All steps of the network's machine")
    summary.focus()
    summary.press("Enter")
    rows = place.get_by_role("row")
    expect(rows).to_have_count(9)
    expect(rows.nth(0)).to_have_text("statereadswritesgoes tohow often")
    expect(rows.nth(6)).to_have_text("carry 10 10carry 1960 of 1,056")


def test_the_current_state_and_the_arrow_light_up_as_the_stage_plays(visit: Open, api: Api) -> None:
    learn(api, 8000)
    page = visit().page
    place = panel(page)
    own, of_task = pictures(place)
    button(page, "Hold").click()
    page.get_by_label("a", exact=True).fill("3")
    page.get_by_label("b", exact=True).fill("1")
    button(page, "Predict").click()
    expect(page.locator("#stage-sum")).to_contain_text("3 + 1 = 4")
    expect(own.locator(".is-lit")).to_have_count(0)
    # 11 + 01, from the right: 1 + 1 carries, 1 + 0 with the carry carries on, and the carry is written.
    for position, (state, reads, writes, following) in enumerate(
        [("0", "1, 1", 0, "1"), ("1", "1, 0", 0, "1"), ("1", "0, 0", 1, "0"), ("0", "0, 0", 0, "0")]
    ):
        button(page, "Next bit").click()
        expect(place).to_contain_text(
            f"Position {position}: in carry {state} it reads {reads}, writes {writes}, and goes to carry {following}."
        )
        for picture in (own, of_task):
            expect(picture.locator(".machine-state.is-lit text")).to_have_text(state)
            expect(picture.locator(".machine-state.is-next text")).to_have_text(following)
            label = f"{reads.replace(', ', '')}/{writes}"
            expect(picture.locator(".machine-arrow.is-lit .machine-label")).to_contain_text(label)


def test_it_follows_training_and_the_past(visit: Open, api: Api) -> None:
    learn(api, 500)
    visited = visit()
    page = visited.page
    place = panel(page)
    expect(place).to_contain_text("No machine of up to 12 states does what this network does.")
    states = len(api("GET", "/api/runs/main/machine")["states"])
    expect(pictures(place)[0].locator(".machine-state")).to_have_count(states)
    expect(place).to_contain_text("The wider an arrow, the more often it is taken.")
    learn(api, 7500)
    expect(place).to_contain_text("2 states, and they do what the task needs: carry 0, carry 1.")
    page.get_by_role("slider", name="Moment").fill("0")
    expect(place).to_contain_text("2 states, but not those that the task needs: right on 0.0% of the problems.")
    expect(pictures(place)[0].locator(".machine-state text")).to_have_text(["A", "B"])
    assert visited.complaints == []


def test_other_tasks_have_other_machines(visit: Open, api: Api) -> None:
    config = {"loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.05, "bias": True, "hidden_size": 4}
    xor = api("POST", "/api/runs", {"config": {"task": "xor", **config}})["id"]
    three = api("POST", "/api/runs", {"config": {"task": "three_numbers", "bits": 5}})["id"]
    learn(api, 1000, xor)
    place = panel(visit(f"/runs/{xor}").page)
    expect(place).to_contain_text("One state, and the task needs no more: nothing has to be remembered.")
    assert [labels(picture) for picture in pictures(place)] == [["00/0 01/1 10/1", "11/0"]] * 2
    place = panel(visit(f"/runs/{three}").page)
    _, of_task = pictures(place)
    expect(of_task.locator(".machine-state")).to_have_count(3)
    assert labels(of_task)[:2] == ["Σ0/0 Σ1/1", "Σ2/0 Σ3/1"]


def test_it_fits_a_small_screen_and_the_large_drawer(visit: Open, api: Api) -> None:
    learn(api, 500)  # a machine of many states
    for width, height in ((360, 740), (1280, 720)):
        page = visit(viewport={"width": width, "height": height}).page
        place = panel(page)
        pictures(place)
        if width > 1000:
            page.get_by_role("button", name="Larger").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert place.evaluate("(node) => node.scrollWidth <= node.clientWidth")


@languages
def test_it_is_told_in_every_language(visit: Open, api: Api, language: str) -> None:
    learn(api, 8000)
    page = opened(visit, language)
    said: Said = in_language(language)
    place = panel(page, said)
    alike = said(
        "The machine answers as the network does on all {n} problems, and on {long} of those with {bits} bits.",
        n="16,384",
        long="100.0%",
        bits=60,
    )
    expect(place).to_contain_text(alike)
    place.get_by_text(said("All steps of the network's machine")).click()
    expect(place.get_by_role("row")).to_have_count(9)
    expect(place.get_by_role("rowheader").first).to_have_text(said("carry 0"))
    if language != "en":
        assert left_over(page) == []
