"""How pages look, coarsely: small enough that fonts do not matter, fine enough that no panel can go missing.

What is compared with are the small pictures in `looks/`. After a change that is meant they are made anew and looked at:
`RNN_ADDER_LOOKS=write scripts/test tests/browser/test_looks.py`.
"""

import io
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import PATIENCE, Visit
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]

LOOKS = Path(__file__).parent / "looks"
TILE = 24
"""Pixels of the page that become one of the small picture's."""

TOLERANCE = 7.0
"""The most that pictures may be apart, of 255: the mean over the tiles of any square of `REGION` by `REGION`."""

REGION = 8


def small(page: Page) -> NDArray[np.float64]:
    """The page reduced to tiles, (rows, columns, 3)."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    size = picture.width // TILE, picture.height // TILE
    return np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float64)


def apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The largest difference between two small pictures."""
    if one.shape != other.shape:
        return float("inf")
    away = np.abs(one - other).mean(axis=2)
    rows, columns = (max(1, side - REGION + 1) for side in away.shape)
    return max(float(away[i : i + REGION, j : j + REGION].mean()) for i in range(rows) for j in range(columns))


def settled(page: Page, known: NDArray[np.float64]) -> float:
    """The difference between the page and a picture of it, when moving parts have come to rest and late ones are there:
    what the server computes at low priority may take a while.
    """
    deadline = time.monotonic() + PATIENCE / 1000
    while (away := apart(small(page), known)) >= TOLERANCE and time.monotonic() < deadline:
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return away


class Look(NamedTuple):
    """A state of a page: how the browser is, what happens before and after it is opened, and a panel that must not go
    missing.
    """

    options: dict[str, Any]
    before: Callable[[Api], None]
    after: Callable[[Page], None]
    panel: str
    path: str = "/"


def nothing(api: Api) -> None:
    """Leave the page as it begins."""


def learn(api: Api) -> None:
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})


def gates(api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"cell": "gru", "task": "three_numbers", "bias": True}})
    api("POST", "/api/runs/main/step", {"iterations": 100})


def fresh(page: Page) -> None:
    expect(page.locator("#cases .cases-cell")).to_have_count(8)
    expect(page.locator("#strip-title")).not_to_have_text("")


def learned(page: Page) -> None:
    expect(page.locator("#cases-summary")).to_contain_text("All 8")
    expect(page.locator("#strip")).to_contain_text("right since")
    expect(page.locator("#curve-plot")).to_have_attribute("aria-label", re.compile("0 to 20,000"))
    expect(page.locator("#stage-caption")).to_contain_text("is done")


def past(page: Page) -> None:
    learned(page)
    page.get_by_role("slider", name="Moment").fill("4500")
    expect(page.get_by_text("You are at iteration 4,500, in the past")).to_be_visible()
    expect(page.locator("#cases-summary")).not_to_contain_text("All 8")
    expect(page.locator("#stage-caption")).to_contain_text("Iteration 4,500 is done")


def settings(page: Page) -> None:
    fresh(page)
    button(page, "Settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def gated(page: Page) -> None:
    expect(page.locator("#cases .cases-cell")).to_have_count(24)
    expect(page.locator("#strip-title")).not_to_have_text("")
    expect(page.locator("#stage-caption")).to_contain_text("is done")


def diverge(api: Api) -> None:
    config = {"activation": "relu", "loss": "cross_entropy", "learning_rate": 1}
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 1000})
    assert api("GET", "/api/runs/main")["state"] == "diverged"


def diverged(page: Page) -> None:
    expect(page.locator("#message")).to_contain_text("Reset to begin anew.")
    expect(page.locator("#cases .cases-cell")).to_have_count(8)
    expect(page.locator("#strip-title")).not_to_have_text("")


def compiling(page: Page) -> None:
    """As the page is while the network's engine is compiled, however fast this machine does that."""
    engine = {"name": "compiled", "state": "compiling", "detail": None, "kernels": None, "waiting": True}
    page.route("**/api/engine?*", lambda route: route.fulfill(json={**engine, "seconds": 4.0, "expected": 20.0}))
    page.reload()
    expect(page.locator("#stage-caption")).to_have_text("Compiling this network's engine.")
    expect(page.locator("#message")).to_contain_text("4 s of about 20 s.")
    expect(page.locator("#strip-title")).not_to_have_text("")


def reconnecting(page: Page) -> None:
    """As the page is after its connection broke, while it tries to get another one."""
    sockets: list[WebSocketRoute] = []

    def connected(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if len(sockets) == 1:
            socket.connect_to_server()
        else:
            socket.close(code=1013)

    page.route_web_socket("**/stream?*", connected)
    page.reload()
    learned(page)
    sockets[0].close(code=1012)
    expect(page.locator("body")).to_have_attribute("data-connection", "lost")
    expect(page.locator("#message")).to_contain_text("The connection is lost.")


def runs(page: Page) -> None:
    expect(page.get_by_role("listitem").filter(has_text="Main")).to_be_visible()


DARK = {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 360, "height": 1600}}
LOOKED_AT = {
    "fresh": Look({}, nothing, fresh, "#cases"),
    "learned": Look({}, learn, learned, "#matrices"),
    "learned-dark": Look(DARK, learn, learned, "#stage"),
    "past": Look({}, learn, past, "#stage"),
    "settings": Look(DARK, nothing, settings, "#settings"),
    "gated": Look({}, gates, gated, "#matrices"),
    "phone": Look(PHONE, learn, learned, "#cases"),
    "diverged": Look({}, diverge, diverged, "#cases"),
    "diverged-dark": Look(DARK, diverge, diverged, "#matrices"),
    "compiling": Look({}, nothing, compiling, "#cases"),
    "reconnecting": Look({}, learn, reconnecting, "#matrices"),
    "runs": Look({}, nothing, runs, ".controls", "/runs"),
}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_looks_as_it_did_and_a_missing_panel_would_be_seen(visit: Open, api: Api, name: str) -> None:
    look = LOOKED_AT[name]
    look.before(api)
    page = visit(look.path, reduced_motion="reduce", bypass_csp=True, **look.options).page
    look.after(page)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0), document.fonts.ready")
    file = LOOKS / f"{name}.png"
    if os.environ.get("RNN_ADDER_LOOKS") == "write":
        LOOKS.mkdir(exist_ok=True)
        Image.fromarray(small(page).astype(np.uint8)).save(file)
    known = np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)
    assert settled(page, known) < TOLERANCE
    page.add_style_tag(content=f"{look.panel} {{ visibility: hidden !important }}")
    assert apart(small(page), known) > TOLERANCE
