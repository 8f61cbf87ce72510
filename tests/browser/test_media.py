"""The page in the system's high contrast, on paper, and with more contrast."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit

Open = Callable[..., Visit]
Api = Callable[..., Any]


def trained(visit: Open, api: Api, path: str = "/", **options: Any) -> Page:
    """The lab of a run whose numbers have grown, with everything drawn."""
    api("POST", "/api/runs/main/step", {"iterations": 6000})
    page: Page = visit(path, reduced_motion="reduce", **options).page
    expect(page.locator("#cases .cases-cell")).to_have_count(8)
    expect(page.locator("#stage-caption")).to_contain_text("is done")
    expect(page.locator("#strip-title")).not_to_have_text("")
    return page


def colours(element: Locator) -> int:
    """The number of colours that cover more than a trace of an element. In a gradient its steps count."""
    picture = Image.open(io.BytesIO(element.screenshot(animations="disabled"))).convert("RGB")
    picture = picture.point(lambda value: value // 16)
    found = picture.getcolors(picture.width * picture.height) or []
    return sum(count > 0.003 * picture.width * picture.height for count, _ in found)


PICTURES = {
    "#heatmap-W_hh": 8,
    "#heatmap-W_hy": 6,
    ".stage-row-hidden .stage-units": 6,
    ".stage-row-part .stage-units": 6,
    ".strip-picture canvas": 8,
    ".matrices-legend .legend-bar": 15,
    ".stage-row-predicted .stage-out": 3,
    "tbody .cases-share": 3,
}
"""The least numbers of colours by which one sees anything there."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_the_systems_high_contrast_pictures_keep_their_colours(visit: Open, api: Api, scheme: str) -> None:
    page = trained(visit, api, forced_colors="active", color_scheme=scheme)
    strip = ".strip-picture canvas"
    seen = {name: colours(page.locator(name).last) for name in PICTURES if name != strip}
    page.get_by_role("tab", name="Your problem").click()
    seen[strip] = colours(page.locator(strip))
    assert {name: count for name, count in seen.items() if count < PICTURES[name]} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_what_is_no_picture_has_the_systems_colours_also_beside_a_theme(
    visit: Open, api: Api, scheme: str
) -> None:
    other = "light" if scheme == "dark" else "dark"
    page = trained(visit, api, f"/#theme={other}", forced_colors="active", color_scheme=scheme)
    paper, text = {"light": ((255, 255, 255), "rgb(0, 0, 0)"), "dark": ((0, 0, 0), "rgb(255, 255, 255)")}[scheme]
    expect(page.locator("#iteration")).to_have_css("color", text)
    expect(page.get_by_role("button", name="Switch between light and dark")).to_be_hidden()
    plot = Image.open(io.BytesIO(page.locator("#curve-plot").screenshot())).convert("RGB")
    counted = plot.getcolors(plot.width * plot.height) or []
    assert max(counted)[1] == paper
    pressed = page.get_by_role("button", name="Weights", exact=True)
    assert pressed.evaluate("element => getComputedStyle(element).backgroundColor") != f"rgb{paper}"


def test_the_systems_high_contrast_may_come_while_the_page_is_open(visit: Open, api: Api) -> None:
    page = trained(visit, api, color_scheme="light")
    before = colours(page.locator("#heatmap-W_hh"))
    page.emulate_media(forced_colors="active", color_scheme="dark")
    expect(page.locator("#iteration")).to_have_css("color", "rgb(255, 255, 255)")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert colours(page.locator("#heatmap-W_hh")) >= before // 2


MIDDLE = """canvas => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0; for (let k = 0; k < data.length; k += 4) sum += data[k] + data[k + 1] + data[k + 2];
    return sum / (data.length / 4) / 3; }"""
"""How light a canvas is, from 0 to 255."""


def test_on_paper_what_is_drawn_is_dark_on_light_and_on_the_screen_as_before_again(visit: Open, api: Api) -> None:
    page = trained(visit, api, color_scheme="dark")
    heatmap = page.locator("#heatmap-W_hh")
    dark = heatmap.evaluate(MIDDLE)
    page.evaluate("window.addEventListener('beforeprint', () => window.printing = true)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert heatmap.evaluate(MIDDLE) > dark + 60
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert heatmap.evaluate(MIDDLE) == pytest.approx(dark, abs=2)
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.pdf(print_background=False).startswith(b"%PDF")
    assert page.evaluate("window.printing")  # a browser that prints says so


def test_on_paper_pictures_come_out_without_backgrounds_and_the_curve_is_whole(visit: Open, api: Api) -> None:
    page = trained(visit, api)
    page.emulate_media(media="print")
    for name in (*PICTURES, "#curve-plot canvas"):
        if name in PICTURES:
            place = page.locator(name).last
            over = "::after" if name.startswith("#heatmap") else None  # the hair lines between cells
            kept = "(element, part) => getComputedStyle(element, part).printColorAdjust"
            assert (place.locator("..") if over else place).evaluate(kept, over) == "exact", name
        expect(page.locator(name).last).to_be_visible()
    # The screen was wider than the paper is.
    page.evaluate("Object.assign(document.querySelector('.u-wrap').style, { width: '3000px', height: '900px' })")
    plot, canvas = (page.locator(name).bounding_box() for name in ("#curve-plot", "#curve-plot canvas"))
    assert plot is not None
    assert canvas is not None
    assert canvas["width"] <= plot["width"] + 1
    assert canvas["height"] <= plot["height"] + 1
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_asks_for_more_contrast_gets_seven_to_one(visit: Open, api: Api, scheme: str) -> None:
    page = trained(visit, api, contrast="more", color_scheme=scheme)
    for name in (".note", ".stage-table th[scope]", "a.head-fact", ".stage-verdict", ".strip-truth span"):
        ink, paper = (
            [int(part) for part in re.findall(r"\d+", colour)[:3]]
            for colour in page.locator(name).first.evaluate(
                """element => [getComputedStyle(element).color,
                    getComputedStyle(document.querySelector(".panel")).backgroundColor]"""
            )
        )
        lighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 7, (name, ink, paper)


def luminance(colour: list[int]) -> float:
    """Relative luminance of an sRGB colour, as in WCAG 2."""
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
