"""The panels How far and All sums: what they say, what they can be asked, and by whom."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Position, expect

from tests.browser.conftest import Visit
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button
from tests.browser.test_why import learn

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]


def looked(page: Page, panel: str, name: str, said: Said = str) -> Locator:
    """The panel of this name, opened."""
    page.get_by_role("tab", name=said("Inside")).click()
    button(page, said(panel)).click()
    found = page.get_by_role("region", name=said(name), exact=True)
    expect(found).to_be_visible()
    return found


def far(page: Page, said: Said = str) -> Locator:
    return looked(page, "How far", "How far does it carry?", said)


def sums(page: Page, said: Said = str) -> Locator:
    return looked(page, "All sums", "All problems as one picture", said)


def chart(panel: Locator) -> Locator:
    return panel.get_by_role("img", name=re.compile("Share of right answers"))


def picture(panel: Locator) -> Locator:
    return panel.get_by_role("img", name=re.compile("All problems"))


def test_how_far_it_carries_is_said_drawn_and_played(visit: Open, api: Api) -> None:
    learn(api, 7000)
    visited = visit()
    page = visited.page
    panel = far(page)
    found = api("GET", "/api/runs/main/lengths")
    failure = found["first_failure"]
    before = found["widths"][found["widths"].index(failure["width"]) - 1]
    expect(panel).to_contain_text(
        f"Trained on 8 bits, right on every tried problem up to {before}, but not at {failure['width']}."
    )
    expect(chart(panel)).to_have_accessible_name(re.compile(r"8 bits: 100\.0% and 100\.0%; .*1,024 bits: 100\.0% and "))
    bit = int(failure["expected"]) >> failure["position"] & 1
    expect(panel).to_contain_text(f"position {failure['position']} should be {bit}, and it says {1 - bit}.")
    button(page, "Play it").click()
    expect(page.locator("#stage-sum")).to_contain_text(f"{int(failure['a']):,} + {int(failure['b']):,}")
    expect(columns(page)).to_have_count(failure["width"])
    assert visited.complaints == []


def columns(page: Page) -> Locator:
    """The positions that the stage has columns of."""
    return page.locator(".stage-row-position th:not([scope])")


def test_a_failing_sum_of_a_hundred_bits_is_played_where_it_fails(visit: Open, api: Api) -> None:
    learn(api, 18_000)
    failure = api("GET", "/api/runs/main/lengths")["first_failure"]
    assert failure["width"] > 64
    visited = visit()
    page = visited.page
    far(page)
    button(page, "Play it").click()
    place = failure["position"]
    expect(page.locator("#stage-caption")).to_contain_text(f"of 0 to {failure['width'] - 1:,}")
    expect(page.locator("#stage-caption")).to_contain_text(f"wrong, the first at position {place:,}")
    assert columns(page).count() < 100
    shown = columns(page).filter(has_text=re.compile(rf"^{place}$"))
    expect(shown).to_be_in_viewport()
    column = shown.evaluate("cell => cell.cellIndex")
    wrong = page.locator(f".stage-row-predicted td:nth-child({column + 1}) .stage-out")
    expect(wrong).to_have_class(re.compile("is-wrong"))
    before = page.locator(f".stage-row-predicted td:nth-child({column + 2}) .stage-out")
    expect(before).not_to_have_class(re.compile("is-wrong"))
    assert visited.complaints == []


def test_numbers_of_a_thousand_bits_are_typed_and_walked_by_keyboard(visit: Open, api: Api) -> None:
    learn(api, 10_000)
    visited = visit()
    page = visited.page
    a, b = 3**600, 2**1000 - 1
    page.get_by_role("textbox", name="a", exact=True).fill(str(a))
    page.get_by_role("textbox", name="b", exact=True).fill(str(b))
    button(page, "Hold").click()
    page.keyboard.press("Tab")
    button(page, "Predict").click()
    head = f"{str(a)[:2]}…{str(a)[-3:]} + {str(b)[:2]}…{str(b)[-3:]}"
    expect(page.locator("#stage-sum")).to_contain_text(head)
    expect(page.get_by_role("status").filter(has_text=head)).to_contain_text("The network is right")
    expect(page.locator("#stage-caption")).to_contain_text("All 1,001 bits are right")
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-colcount", "1002")
    page.locator(".stage-row-hidden td.is-known .stage-units").first.focus()
    for keys, place in ((["Home"], 1000), (["ArrowRight", "ArrowRight"], 998), (["End"], 0), (["ArrowLeft"] * 70, 70)):
        for key in keys:
            page.keyboard.press(key)
        focus = page.locator(":focus")
        expect(focus).to_have_accessible_name(re.compile(rf"^hidden state at position {place}:"))
        expect(focus).to_be_in_viewport()
    page.get_by_role("slider", name="Moment").fill("3000")
    expect(page.get_by_role("status").filter(has_text=head)).to_contain_text("which is wrong")
    assert visited.complaints == []


def test_how_far_it_carried_at_another_moment(visit: Open, api: Api) -> None:
    learn(api, 10_000)
    page = visit().page
    panel = far(page)
    expect(panel).to_contain_text("Trained on 8 bits, right on every tried problem up to 1,024 bits.")
    expect(button(page, "Play it")).to_be_hidden()
    page.get_by_role("slider", name="Moment").fill("2000")
    expect(panel).to_contain_text("after iteration 2,000")
    expect(panel).to_contain_text("It does not get all problems of its own 8 bits right.")
    expect(button(page, "Play it")).to_be_visible()


def test_the_picture_is_read_by_pointer_and_a_click_plays(visit: Open, api: Api) -> None:
    learn(api, 7000)
    visited = visit()
    page = visited.page
    panel = sums(page)
    canvas = picture(panel)
    expect(canvas).to_have_accessible_name(re.compile("16,384 of 16,384 problems are right"))
    expect(panel).to_contain_text("The squares within squares are the carry")
    box = canvas.bounding_box()
    assert box is not None
    square: Position = {"x": box["width"] * 35.5 / 128, "y": box["height"] * 93.5 / 128}
    canvas.hover(position=square)
    expect(panel).to_contain_text(re.compile(r"93 \+ 35 = 128, the network says 128, least margin \+0\.\d{4}"))
    canvas.click(position=square)
    expect(page.locator("#stage-sum")).to_contain_text("93 + 35 = 128")
    assert visited.complaints == []


def test_the_picture_is_read_and_played_by_keyboard(visit: Open, api: Api) -> None:
    learn(api, 7000)
    page = visit().page
    panel = sums(page)
    canvas = picture(panel)
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        canvas.press(key)
    expect(panel.locator("[aria-live]")).to_have_text(re.compile(r"^1 \+ 2 = 3, the network says 3, least margin \+"))
    canvas.press("Enter")
    expect(page.locator("#stage-sum")).to_contain_text("1 + 2 = 3")


def test_the_picture_has_the_colours_of_right_and_wrong(visit: Open, api: Api) -> None:
    """Of a fresh network nearly all is wrong; of a trained one nothing is. Orange has more red than blue."""
    page = visit(color_scheme="light").page
    panel = sums(page)

    def reddish() -> float:
        share: float = picture(panel).evaluate(
            """canvas => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let red = 0;
              for (let k = 0; k < data.length; k += 4) red += data[k] > data[k + 2];
              return (4 * red) / data.length;
            }"""
        )
        return share

    expect(picture(panel)).to_have_accessible_name(re.compile("of 16,384 problems are right"))
    assert reddish() > 0.9
    learn(api, 7000)
    expect(picture(panel)).to_have_accessible_name(re.compile("16,384 of 16,384 problems are right"))
    assert reddish() == 0


def test_a_task_of_one_number_says_why_it_has_no_picture(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"config": {"task": "parity"}})["id"]
    page = visit(f"/runs/{run}").page
    page.get_by_role("tab", name="Inside").click()
    button(page, "All sums").click()
    inside = page.get_by_role("tabpanel", name="Inside")
    expect(inside).to_contain_text("this task reads only one number")
    expect(inside.get_by_role("img")).to_have_count(0)


def test_of_three_numbers_one_chooses_the_third(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"config": {"task": "three_numbers"}})["id"]
    visited = visit(f"/runs/{run}")
    page = visited.page
    panel = sums(page)
    expect(panel).to_contain_text("of 4,096 problems are right")
    with page.expect_response(lambda response: "/map?" in response.url) as answered:
        panel.get_by_role("spinbutton", name="c =").fill("13")
    assert parse_qs(urlsplit(answered.value.url).query) == {"c": ["13"]}
    picture(panel).press("ArrowUp")
    expect(panel).to_contain_text("0 + 0 + 13 = 13, the network says")
    picture(panel).press("Enter")
    expect(page.locator("#stage-sum")).to_contain_text("0 + 0 + 13 = 13")
    assert visited.complaints == []


def test_squares_of_wide_numbers_say_how_many_were_tried(visit: Open, api: Api) -> None:
    run = api("POST", "/api/runs", {"config": {"bits": 20, "hidden_size": 2}})["id"]
    panel = sums(visit(f"/runs/{run}").page)
    expect(panel).to_contain_text("of 262,144 tried problems are right. There are 274,877,906,944.")


@pytest.mark.parametrize("panel", [far, sums])
def test_on_a_phone_nothing_sticks_out(visit: Open, api: Api, panel: Callable[[Page], Locator]) -> None:
    learn(api, 3000)
    page = visit(viewport={"width": 360, "height": 740}).page
    expect(panel(page)).to_contain_text("after iteration 3,000")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@languages
def test_both_are_told_in_every_language(visit: Open, api: Api, language: str) -> None:
    learn(api, 7000)
    page = opened(visit, language)
    said: Said = in_language(language)
    expect(far(page, said)).to_contain_text(said("random numbers"))
    button(page, said("Play it")).wait_for()
    if language != "en":
        assert left_over(page) == []
    panel = sums(page, said)
    right = said("{right} of {tried} problems are right.", right="16,384", tried="16,384")
    expect(panel).to_contain_text(right)
    expect(panel.get_by_role("img", name=right)).to_be_visible()
    if language != "en":
        assert left_over(page) == []
