"""The panel Proof: it proves, refutes, plays what fails, searches the past, and says why a proof is one."""

import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from rnn_core.checkpoint import encode_checkpoint
from tests.app.routes.test_checkpoint import KIND
from tests.app.services.test_prover import moment
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import check
from tests.browser.test_inside_far import looked
from tests.browser.test_languages import in_language, languages, left_over, opened
from tests.browser.test_main_job import button
from tests.rnn_core.adders import Adder, forgetful_adder, sound_adder
from tests.server import RunningServer

Open = Callable[..., Visit]
Api = Callable[..., Any]
Said = Callable[..., str]


@pytest.fixture
def brought(server: RunningServer) -> Callable[[Adder], str]:
    """Bring in a network written down by hand: the address of its run."""

    def bring(adder: Adder) -> str:
        data = encode_checkpoint(moment(adder))
        answer = httpx2.post(
            f"{server.url}/api/runs/import?name=1", content=data, headers=KIND, trust_env=False, timeout=60
        )
        return f"/runs/{answer.json()['id']}"

    return bring


def proof(page: Page, said: Said = str) -> Locator:
    return looked(page, "Proof", "Does it hold for ever?", said)


def picture(panel: Locator) -> Locator:
    return panel.get_by_role("img", name=re.compile("Outlines"))


def test_a_sound_network_is_proved_and_wears_a_badge(visit: Open, brought: Any) -> None:
    visited = visit(brought(sound_adder(bits=4)), bypass_csp=True)
    page = visited.page
    expect(page.locator("#proved")).to_be_hidden()
    panel = proof(page)
    expect(panel).to_contain_text("A proof speaks about all of them, however long they are.")
    check(page, "before a proof")
    button(page, "Prove it").press("Enter")
    expect(panel).to_contain_text("Proved: after iteration 0 it is right on every problem of every length.")
    expect(panel).to_contain_text(re.compile(r"No output ever comes nearer to one half than 0\.\d+\."))
    expect(picture(panel)).to_have_accessible_name(re.compile("carry 0, carry 1.*Nothing leaves them"))
    expect(button(page, "Prove it")).to_be_hidden()
    expect(panel.get_by_text("It is like dominoes")).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("link", name="Certificate").click()
    assert download.value.suggested_filename.endswith("-0-certificate.safetensors")
    check(page, "after a proof")
    page.get_by_role("tab", name="Weights").click()
    badge = button(page, "proved")
    expect(badge).to_have_attribute("title", re.compile("any length, after iteration 0"))
    badge.press("Enter")
    expect(panel).to_be_visible()
    button(page, "Reset").click()
    expect(badge).to_be_hidden()
    expect(panel).to_contain_text("A test tries some numbers.")
    assert visited.complaints == []


def test_a_broken_network_is_refuted_and_the_stage_plays_how(visit: Open, brought: Any, api: Api) -> None:
    path = brought(forgetful_adder(bits=4))
    visited = visit(path)
    page = visited.page
    panel = proof(page)
    button(page, "Prove it").click()
    expect(panel).to_contain_text("After iteration 0 it fails:")
    failing = api("GET", f"/api{path}/proof")["counterexample"]
    a, b = int(failing["a"]), int(failing["b"])
    expect(panel).to_contain_text(f"{a} + {b} = {a + b}, the network says {failing['predicted']}.")
    expect(panel.get_by_role("link", name="Certificate")).to_be_hidden()
    expect(page.locator("#proved")).to_be_hidden()
    button(page, "Play it").click()
    expect(page.locator("#stage-sum")).to_contain_text(f"{a} + {b}")
    assert visited.complaints == []


def test_what_one_page_proves_another_sees(visit: Open, brought: Any, api: Api) -> None:
    path = brought(sound_adder(bits=4))
    page = visit(path).page
    panel = proof(page)
    expect(panel).to_contain_text("A test tries some numbers.")
    api("POST", f"/api{path}/proof", {})
    expect(panel).to_contain_text("Proved: after iteration 0")
    expect(page.locator("#proved")).to_be_visible()


def test_the_past_is_searched_and_each_moment_can_be_gone_to(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"bits": 4, "hidden_size": 3}})
    api("POST", "/api/runs/main/step", {"iterations": 1200})
    page = visit().page
    panel = proof(page)
    button(page, "From when on?").click()
    expect(panel).to_contain_text("At the last moment that was kept, 1,200: fails.")
    tried = panel.get_by_role("list", name="Moments that were tried")
    expect(tried.get_by_role("listitem")).to_have_text(["1,200 ✗"])
    page.get_by_role("slider", name="Moment").fill("1000")
    expect(panel).to_contain_text("A test tries some numbers.")
    button(page, "Prove it").click()
    expect(panel).to_contain_text("After iteration 1,000 it fails:")
    expect(tried.get_by_role("listitem")).to_have_text(["1,000 ✗", "1,200 ✗"])
    tried.get_by_role("button", name="1,200: fails").click()
    expect(panel).to_contain_text("After iteration 1,200 it fails:")


def test_a_network_about_which_nothing_can_be_proved_says_so(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"bits": 4, "hidden_size": 3, "cell": "gru"}})
    page = visit().page
    panel = proof(page)
    button(page, "Prove it").click()
    expect(panel.get_by_role("alert")).to_contain_text("Elman cells with sigmoid or tanh")


@languages
def test_in_every_language_on_a_phone(visit: Open, brought: Any, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language, brought(sound_adder(bits=4)), viewport={"width": 360, "height": 740})
    panel = proof(page, said)
    button(page, said("Prove it")).click()
    expect(panel).to_contain_text(re.compile(r"0\.\d+"))
    expect(panel.get_by_role("link", name=said("Certificate"))).to_be_visible()
    if language != "en":
        assert left_over(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
