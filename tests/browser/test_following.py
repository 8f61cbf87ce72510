"""A presenter, two students and a projector at one server: who follows sees the same."""

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from app.languages import LANGUAGES
from tests.app.access.classroom import Classroom, run_classroom
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.test_accessibility import check
from tests.browser.test_classroom import OWN, at_main, take_copy
from tests.browser.test_main_job import button

RING = ".follow-ring"


@pytest.fixture(scope="module")
def classroom() -> Iterator[Classroom]:
    with run_classroom() as classroom:
        yield classroom


Come = Callable[..., Visit]


@pytest.fixture
def person(classroom: Classroom, browser: Browser) -> Iterator[Come]:
    """Somebody who opens an address of the server in a browser of their own, and is live."""
    contexts = []

    def come(path: str = "/", **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.goto(f"{classroom.server.url}{path}")
        expect(visited.page.locator("body")).to_have_attribute("data-connection", "open")
        return visited

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def teacher(classroom: Classroom, person: Come) -> Iterator[Page]:
    """The presenter's page, of a run that has done 60 iterations. Afterwards everything is as it was."""
    with classroom.presenter() as presenter:
        presenter.post("/api/runs/main/step", json={"iterations": 60})
    page = person(f"/?token={classroom.token}").page
    yield page
    page.close()
    with classroom.presenter() as presenter:
        for run in presenter.get("/api/runs").json():
            if run["id"] != "main":
                presenter.delete(f"/api/runs/{run['id']}")
        presenter.post("/api/runs/main/reset", json={"config": {}})


def past(page: Page) -> Locator:
    """Where the page says that it is, in the past."""
    return page.locator("#past-place")


def go(page: Page, iteration: int) -> None:
    """Move the page to a moment of the past."""
    page.locator("#timeline").evaluate(
        "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input', { bubbles: true })) }", iteration
    )
    expect(past(page)).to_have_text(str(iteration))


def test_who_follows_sees_the_same_moment_and_may_look_around_and_come_back(person: Come, teacher: Page) -> None:
    near, other, projector = (person() for _ in range(3))
    pages = [near.page, other.page, projector.page]
    for page in pages:
        expect(button(page, "Look around")).to_be_visible()
    go(teacher, 20)
    for page in pages:
        expect(past(page)).to_have_text("20")
    # Whoever moves by themselves lets go; the others stay.
    go(other.page, 5)
    expect(button(other.page, "Follow")).to_be_visible()
    go(teacher, 33)
    for page in (near.page, projector.page):
        expect(past(page)).to_have_text("33")
    expect(past(other.page)).to_have_text("5")
    button(other.page, "Follow").click()
    expect(past(other.page)).to_have_text("33")
    button(near.page, "Look around").click()
    button(teacher, "Back to now").click()
    for page in (other.page, projector.page):
        expect(past(page)).to_be_hidden()
    expect(past(near.page)).to_have_text("33")
    late = person()
    go(teacher, 12)
    expect(past(late.page)).to_have_text("12")
    for visited in (near, other, projector, late):
        assert visited.complaints == []
    # A reset takes everybody back to now, and they still follow.
    button(teacher, "Reset").click()
    button(teacher, "Step").click()
    for page in (other.page, projector.page):
        expect(page.locator("#iteration")).to_have_text("1")
        expect(button(page, "Look around")).to_be_visible()


def test_the_pointer_is_a_ring_at_the_same_place_of_every_screen(person: Come, teacher: Page) -> None:
    student, small = person().page, person(viewport={"width": 900, "height": 1200}).page
    cell = "#stage-scroll tr[data-name=true] td:nth-child(4)"
    for page in (student, small):
        expect(page.locator(RING)).to_have_count(1)
        expect(page.locator(cell)).to_be_visible()
    teacher.locator(cell).hover()
    for page in (student, small):
        expect(page.locator(RING)).to_be_visible()
        page.wait_for_function(
            """([ring, cell]) => {
              const at = document.querySelector(ring).getBoundingClientRect();
              const { left, right, top, bottom } = document.querySelector(cell).getBoundingClientRect();
              const [x, y] = [at.left + at.width / 2, at.top + at.height / 2];
              return x >= left && x <= right && y >= top && y <= bottom;
            }""",
            arg=[RING, cell],
        )
    button(small, "Look around").click()
    expect(small.locator(RING)).to_be_hidden()
    teacher.close()
    expect(student.locator(RING)).to_be_hidden()


def test_a_copy_goes_on_the_projector_and_a_call_brings_all_back(
    classroom: Classroom, person: Come, teacher: Page
) -> None:
    student, projector = person().page, person().page
    expect(button(student, "Look around")).to_be_visible()
    take_copy(student)
    own = student.url.partition("#")[0]
    button(student, "Step").click()
    expect(student.locator("#iteration")).to_have_text("61")
    button(teacher, "Class").click()
    places = teacher.locator("#class-places li")
    expect(places).to_have_count(2)
    expect(places.first).to_contain_text("Main")
    expect(places.nth(1)).to_contain_text("One person")
    expect(places.nth(1).locator(".note")).to_have_text(re.compile(r"^[A-Z]\w+ \w+$"))
    expect(teacher.locator("#class-way")).to_have_text(re.compile(r"^[\d.]+:\d+$"))
    places.nth(1).get_by_role("link", name="Show on the projector").click()
    expect(teacher).to_have_url(re.compile(re.escape(own)))
    expect(projector).to_have_url(re.compile(re.escape(own)))
    expect(projector.locator("#iteration")).to_have_text("61")
    go(teacher, 60)
    expect(past(projector)).to_have_text("60")
    # Back at the class's run, the student's copy is left alone until all are called.
    teacher.goto(classroom.server.url)
    expect(projector).to_have_url(at_main(classroom))
    expect(student).to_have_url(OWN)
    button(teacher, "Class").click()
    button(teacher, "Call all back").click()
    expect(student).to_have_url(at_main(classroom))
    expect(button(student, "Look around")).to_be_visible()
    # Nobody sees a copy that the presenter only looks at, nor what a page shows that does not lead.
    leads = teacher.get_by_label("The class follows this page")
    expect(leads).to_be_checked()
    teacher.goto(own)
    expect(teacher.locator("#iteration")).to_have_text("61")
    go(teacher, 60)
    expect(leads).not_to_be_checked()
    teacher.goto(classroom.server.url)
    button(teacher, "Class").click()
    leads.uncheck()
    teacher.keyboard.press("Escape")
    go(teacher, 30)
    button(teacher, "Back to now").click()
    button(teacher, "Class").click()
    expect(student).to_have_url(at_main(classroom))
    expect(past(student)).to_be_hidden()
    leads.check()
    teacher.keyboard.press("Escape")
    go(teacher, 31)
    expect(past(student)).to_have_text("31")


def test_followers_come_along_on_the_tour(classroom: Classroom, person: Come, teacher: Page) -> None:
    student = person().page
    expect(button(student, "Look around")).to_be_visible()
    button(teacher, "Tour").click()
    teacher.locator("#tour").get_by_role("button", name="Begin", exact=True).click()
    expect(teacher).to_have_url(OWN)
    title = teacher.locator("#tour-title")
    expect(teacher.locator(".tour-question legend")).to_be_visible()
    expect(student).to_have_url(re.compile(re.escape(teacher.url.partition("#")[0])))
    expect(student.locator("#tour-title")).to_have_text(title.inner_text())
    expect(student.locator("#tour")).to_contain_text("The presenter leads.")
    expect(student.locator("#tour")).to_contain_text(teacher.locator(".tour-question legend").inner_text())
    first = title.inner_text()
    teacher.locator("#tour .tour-foot").get_by_role("button", name="Next").click()
    expect(title).not_to_have_text(first)
    expect(student.locator("#tour-title")).to_have_text(title.inner_text())
    teacher.locator("#tour").get_by_role("button", name="Leave").click()
    expect(student.locator("#tour")).to_be_hidden()
    expect(button(student, "Look around")).to_be_visible()
    assert classroom.token not in student.content()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_press_shows_a_code_that_a_camera_reads_and_a_person_types(
    classroom: Classroom, person: Come, teacher: Page, theme: str
) -> None:
    visited = person(f"/?token={classroom.token}", bypass_csp=True, color_scheme=theme)
    page = visited.page
    button(page, "QR code").click()
    code = page.locator("#class-code")
    expect(code.locator("img")).to_be_visible()
    page.wait_for_function("document.querySelector('#class-code img').naturalWidth > 0")
    check(page, "the code")
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(page.screenshot())).convert("L"))
    port = classroom.server.url.rpartition(":")[2]
    assert re.fullmatch(rf"http://[^/]+:{port}/", found.text)
    assert classroom.token not in found.text
    typed = page.locator("#class-address")
    expect(typed).to_have_text(found.text.removeprefix("http://").removesuffix("/"))
    assert typed.evaluate("it => parseFloat(getComputedStyle(it).fontSize)") >= 50
    page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    # On a projector there are no buttons, but the same one press.
    button(page, "Present").click()
    expect(button(page, "QR code")).to_be_hidden()
    page.locator("h2").first.click(force=True)
    page.keyboard.press("q")
    expect(code).to_be_visible()
    page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    page.keyboard.press("p")
    button(page, "Class").click()
    expect(page.locator("#class-places li")).to_have_count(1)
    check(page, "the class")
    assert visited.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_small_screen_and_in_each_language_the_class_is_there(
    classroom: Classroom, person: Come, teacher: Page, language: str
) -> None:
    small = {"width": 360, "height": 740}
    student = person(f"/?lang={language}", viewport=small).page
    page = person(f"/?token={classroom.token}&lang={language}", viewport=small).page
    expect(student.locator("#visitor button").nth(1)).to_be_visible()
    page.locator("[popovertarget=class]").click()
    expect(page.locator("#class-places .class-place")).to_have_count(1)
    for one, place in ((student, "#visitor"), (page, "#class")):
        if language != "en":
            text = re.sub(r"\d+\.\d+\.\d+\.\d+:\d+|Main", "", one.locator(place).inner_text())
            assert not re.search("[a-z]{3}", text), text
        assert one.evaluate("document.documentElement.scrollWidth") <= 360


def test_cookies_that_are_held_are_good_after_a_restart(browser: Browser, tmp_path: Path) -> None:
    with run_classroom(tmp_path) as before:
        port = before.server.url.rpartition(":")[2]
        contexts = [browser.new_context() for _ in range(2)]
        for context in contexts:
            context.set_default_timeout(PATIENCE)
        teacher, student = (context.new_page() for context in contexts)
        teacher.goto(f"{before.server.url}/?token={before.token}")
        student.goto(before.server.url)
        expect(button(student, "Look around")).to_be_visible()
        take_copy(student)
        run = student.url.partition("/runs/")[2].partition("#")[0]
        assert before.server.end() == 0
    for page in (teacher, student):
        expect(page.locator("body")).to_have_attribute("data-connection", "lost")
    with run_classroom(tmp_path, "--port", port) as after:
        assert after.token == before.token
        for page in (teacher, student):
            expect(page.locator("body")).to_have_attribute("data-connection", "open")
        button(student, "Step").click()
        expect(student.locator("#iteration")).to_have_text("1")
        with after.stranger() as client:
            cookies = {cookie.get("name", ""): cookie.get("value", "") for cookie in contexts[1].cookies()}
            found = client.get("/api/me", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
            assert found.json() == {"role": "visitor", "runs": [run]}, json.dumps(found.json())
        button(teacher, "Class").click()
        expect(teacher.locator("#class-places .class-place")).to_have_count(1)
        button(teacher, "Call all back").click()
        expect(button(student, "Look around")).to_be_visible()
        expect(student).to_have_url(at_main(after))
    for context in contexts:
        context.close()
