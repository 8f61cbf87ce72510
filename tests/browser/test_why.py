"""Why a bit is wrong: one press beside the verdict says it, about the answer that the stage shows."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]


def learn(api: Api, iterations: int) -> None:
    for start in range(0, iterations, 1000):
        api("POST", "/api/runs/main/step", {"iterations": min(1000, iterations - start)})


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Why?")


def asked(visited: Visit) -> dict[str, str]:
    """What the page asked the server last."""
    (*_, last) = [urlsplit(url) for url in visited.requests if urlsplit(url).path.endswith("/why")]
    return dict(parse_qsl(last.query))


def test_a_typed_problem_is_explained_at_the_runs_moment(visit: Open, api: Api) -> None:
    learn(api, 6000)
    visited = visit()
    page = visited.page
    page.get_by_label("a", exact=True).fill("127")
    page.get_by_label("b", exact=True).fill("1")
    button(page, "Predict").click()
    expect(page.locator("#stage-sum")).to_contain_text("127 + 1 = 128")
    button(page, "Why?").click()
    found = dialog(page)
    expect(found).to_contain_text("127 + 1 = 128, answered after iteration 6,000")
    expect(found).to_contain_text("The first wrong bit is at position 4. There 1 + 0 with carry 1 comes in")
    expect(found).to_contain_text("Had the state been one with carry 1 (that of 12 + 11), it would have said 0 (0.15).")
    expect(found).to_contain_text("So the memory was to blame, not the reading of it.")
    assert asked(visited) == {"a": "127", "b": "1", "iteration": "6000"}
    found.get_by_text("Found by activation patching").click()
    expect(found.get_by_text("Causal Abstractions of Neural Networks")).to_be_visible()
    assert visited.complaints == []


def test_a_training_problem_is_explained_with_the_weights_that_answered_it(visit: Open, api: Api) -> None:
    learn(api, 5999)
    visited = visit()
    page = visited.page
    button(page, "Step").click()
    expect(page.locator("#stage-kind")).to_contain_text("iteration 6,000")
    button(page, "Why?").click()
    trace = api("GET", "/api/runs/main/iterations/6000")
    expect(dialog(page)).to_contain_text("answered after iteration 5,999")
    why = api("GET", f"/api/runs/main/why?a={trace['a']}&b={trace['b']}&iteration=5999")
    assert asked(visited) == {"a": str(trace["a"]), "b": str(trace["b"]), "iteration": "5999"}
    # What it said then is what the stage shows.
    assert abs(why["probability"] - trace["trace"]["outputs"][why["position"]]) < 1e-12
    expect(dialog(page)).to_contain_text(f"at position {why['position']}.")
    expect(dialog(page)).to_contain_text(f"({why['probability']:.2f})")


def test_the_stage_stands_still_until_the_panel_is_closed_by_keyboard(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 1})
    page = visit().page
    why = button(page, "Why?")
    why.focus()
    page.keyboard.press("Enter")
    expect(dialog(page)).to_contain_text("answered after iteration 0")
    expect(dialog(page).get_by_role("button", name="Close")).to_be_focused()
    api("POST", "/api/runs/main/step", {"iterations": 500})
    expect(page.locator("#iteration")).to_have_text("501")
    expect(page.locator("#stage-kind")).to_contain_text("iteration 1")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#stage-kind")).to_contain_text("iteration 501")


def test_before_the_answer_and_without_a_problem_nothing_is_offered(visit: Open, api: Api) -> None:
    page = visit().page
    expect(button(page, "Why?")).to_be_hidden()
    button(page, "Hold").click()
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("9 + 60 = 69")
    expect(button(page, "Why?")).to_be_hidden()
    for _ in range(8):
        button(page, "Next bit").click()
    expect(button(page, "Why?")).to_be_visible()


def test_a_moment_of_the_past_is_explained_too_and_a_reset_closes_the_panel(visit: Open, api: Api) -> None:
    learn(api, 2000)
    visited = visit()
    page = visited.page
    page.get_by_role("slider", name="Moment").fill("1200")
    expect(page.locator("#stage-kind")).to_contain_text("iteration 1,200")
    button(page, "Why?").click()
    expect(dialog(page)).to_contain_text("answered after iteration 1,199")
    assert asked(visited)["iteration"] == "1199"
    api("POST", "/api/runs/main/reset", {})
    expect(dialog(page)).to_be_hidden()


def test_a_server_that_refuses_says_why_in_the_panel(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 1})
    page = visit().page
    page.route(
        "**/why?*",
        lambda route: route.fulfill(
            status=503,
            content_type="application/problem+json",
            json={"title": "Service Unavailable", "status": 503, "detail": "The server is busy. Ask again."},
        ),
    )
    button(page, "Why?").click()
    expect(dialog(page)).to_contain_text("The server is busy. Ask again.")
    expect(dialog(page).get_by_text("Found by activation patching")).to_be_hidden()


@languages
def test_it_is_told_in_every_language(visit: Open, api: Api, language: str) -> None:
    learn(api, 6000)
    page = opened(visit, language)
    said: Said = in_language(language)
    button(page, said("Why?")).click()
    found = page.get_by_role("dialog", name=said("Why?"))
    expect(found).to_contain_text(said("That was a close call."))
    expect(found).to_contain_text(said("So the memory was to blame, not the reading of it."))
    found.get_by_text(
        said("Found by activation patching: the state of another problem is put in, and nothing else changes.")
    ).click()
    expect(found).to_contain_text("Causal Abstractions of Neural Networks")
    if language != "en":
        assert left_over(page) == []
