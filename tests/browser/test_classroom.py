"""A presenter and students, side by side at one server that lets a class in."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.languages import LANGUAGES
from tests.app.access.classroom import Classroom, run_classroom
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.test_accessibility import check
from tests.browser.test_main_job import button
from tests.browser.test_tour import arrive, begin

COMMANDS = ("Start", "Step", "Reset", "Settings")
SENTENCE = "You watch: only the presenter commands this run."
SMALL = {"width": 360, "height": 740}
OWN = re.compile(r"/runs/run-\d+")


@pytest.fixture(scope="module")
def classroom() -> Iterator[Classroom]:
    with run_classroom() as classroom:
        yield classroom


@pytest.fixture
def person(classroom: Classroom, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Somebody who opens an address of the server in a browser of their own, and is live."""
    contexts = []

    def come(path: str = "/", *, live: bool = True, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.goto(f"{classroom.server.url}{path}")
        if live:
            expect(visited.page.locator("#connection")).to_have_text("live")
        return visited

    yield come
    for context in contexts:
        context.close()


Come = Callable[..., Visit]


@pytest.fixture
def teacher(classroom: Classroom, person: Come) -> Iterator[Page]:
    """The presenter's page, opened by the link with the token. Afterwards everything is as it was."""
    page = person(f"/?token={classroom.token}").page
    yield page
    with classroom.presenter() as presenter:
        for run in presenter.get("/api/runs").json():
            if run["id"] != "main":
                presenter.delete(f"/api/runs/{run['id']}")
        presenter.post("/api/runs/main/reset", json={"config": {}})


def at_main(classroom: Classroom) -> re.Pattern[str]:
    """The address of the class's run, whatever it says of the experiment."""
    return re.compile(rf"{re.escape(classroom.server.url)}/(#.*)?$")


def offered(page: Page) -> list[str]:
    """Which commands the page offers."""
    return [name for name in (*COMMANDS, "Pause") if button(page, name).is_visible()]


def take_copy(page: Page) -> None:
    """Press My own copy, and arrive there."""
    button(page, "My own copy").click()
    expect(page).to_have_url(OWN)
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.get_by_role("link", name="Back to the class")).to_be_visible()


def test_a_student_watches_what_the_presenter_does_and_the_page_says_why_it_offers_no_commands(
    classroom: Classroom, person: Come, teacher: Page
) -> None:
    expect(teacher).to_have_url(at_main(classroom))
    assert "token" not in teacher.evaluate("document.documentElement.outerHTML + location.href")
    visited = person(bypass_csp=True)
    student = visited.page
    expect(student.get_by_text(SENTENCE)).to_be_visible()
    check(student, "watching")
    expect(button(student, "My own copy")).to_be_visible()
    assert offered(student) == []
    expect(student.locator("#speed")).to_be_hidden()
    assert offered(teacher) == list(COMMANDS)
    expect(teacher.get_by_text(SENTENCE)).to_have_count(0)
    button(teacher, "Start").click()
    expect(student.locator("#state")).to_have_text("running")
    # Keys act as buttons do, so they are refused, in words.
    student.locator("body").press("Space")
    expect(student.locator("#message")).to_contain_text("My own copy")
    expect(student.locator("#state")).to_have_text("running")
    button(teacher, "Pause").click()
    expect(student.locator("#state")).to_have_text("paused")
    # Looking and asking are for all.
    student.get_by_role("textbox", name="a", exact=True).fill("100")
    button(student, "Predict").click()
    expect(student.locator("#stage-sum")).to_contain_text("100 + 60 = 160")
    assert visited.complaints == []


def test_a_copy_is_one_press_away_and_so_is_the_class(classroom: Classroom, person: Come, teacher: Page) -> None:
    button(teacher, "Step").click()
    expect(teacher.locator("#iteration")).to_have_text("1")
    student = person().page
    expect(student.locator("#iteration")).to_have_text("1")
    take_copy(student)
    expect(student.locator("#iteration")).to_have_text("1")
    assert offered(student) == list(COMMANDS)
    button(student, "Step").click()
    expect(student.locator("#iteration")).to_have_text("2")
    expect(teacher.locator("#iteration")).to_have_text("1")
    # By its address others watch it, the presenter commands it, and it is in nobody else's list.
    address = student.url.removeprefix(classroom.server.url)
    neighbour = person(address).page
    expect(neighbour.get_by_text("You watch somebody else's copy.")).to_be_visible()
    assert offered(neighbour) == []
    teacher.goto(student.url)
    expect(teacher.locator("#iteration")).to_have_text("2")
    button(teacher, "Step").click()
    for page in (student, neighbour):
        expect(page.locator("#iteration")).to_have_text("3")
    student.get_by_role("link", name="Back to the class").click()
    expect(student).to_have_url(at_main(classroom))
    expect(student.get_by_text(SENTENCE)).to_be_visible()
    student.get_by_role("link", name="To my copy").click()
    expect(student.locator("#iteration")).to_have_text("3")


def test_the_list_of_runs_offers_what_one_may_do(classroom: Classroom, person: Come, teacher: Page) -> None:
    student = person().page
    expect(student.get_by_text(SENTENCE)).to_be_visible()
    take_copy(student)
    run = student.url.partition("/runs/")[2].partition("#")[0]
    student.goto(f"{classroom.server.url}/runs")
    own, main = student.locator(f"#{run}"), student.locator("#main")
    expect(own).to_be_visible()
    expect(student.get_by_text("You watch: only the presenter begins")).to_be_visible()
    expect(button(student, "New run")).to_be_hidden()
    expect(student.get_by_text("Import …")).to_be_hidden()
    for name in ("Start", "Rename", "Delete"):
        expect(own.get_by_role("button", name=name, exact=True)).to_be_visible()
        expect(main.get_by_role("button", name=name, exact=True)).to_be_hidden()
    main.get_by_role("button", name="Duplicate", exact=True).click()
    expect(student.locator(".card")).to_have_count(3)
    main.get_by_role("button", name="Duplicate", exact=True).click()
    expect(student.locator("#toast")).to_contain_text("Delete one first")
    neighbour = person("/runs", live=False).page
    expect(neighbour.locator(".card")).to_have_count(1)
    teacher.goto(f"{classroom.server.url}/runs")
    expect(teacher.locator(".card")).to_have_count(3)
    expect(button(teacher, "New run")).to_be_visible()
    expect(teacher.get_by_text("You watch: only the presenter begins")).to_be_hidden()
    expect(teacher.locator(f"#{run}").get_by_text("A copy of one person")).to_be_visible()


def test_a_student_takes_the_tour_on_a_copy_of_their_own(person: Come, teacher: Page) -> None:
    student = person().page
    begin(student)
    arrive(student, 1)
    expect(student.get_by_role("link", name="Back to the class")).to_be_visible()
    expect(teacher.locator("#iteration")).to_have_text("0")


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_small_screen_and_in_each_language_everything_is_there(
    classroom: Classroom, person: Come, teacher: Page, language: str
) -> None:
    assert teacher
    student = person(f"/?lang={language}", live=False, viewport=SMALL).page
    copy = student.locator("#visitor .button-main")
    expect(copy).to_be_visible()
    expect(student.locator("#visitor p")).to_have_text(re.compile(r"\S"))
    if language != "en":
        assert not re.search("[a-z]{3}", student.locator("#visitor").inner_text())
    for _ in range(2):
        assert student.evaluate("document.documentElement.scrollWidth") <= 360
        if copy.is_visible():
            copy.click()
            expect(student).to_have_url(OWN)
            expect(student.locator(".head-text a")).to_be_visible()
