"""The page behind proxies: under prefixes, without WebSockets, without scripts, without its server."""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button, wait_for_iteration
from tests.proxy import Proxy, run_nginx, run_proxy
from tests.server import RunningServer, run_server

Open = Callable[..., Page]
Api = Callable[..., Any]
OVER_HTTP = "live over HTTP"


@pytest.fixture
def opened(browser: Browser, server: RunningServer) -> Iterator[Open]:
    """Open any address, in a context of its own. The main run of the server is as by default."""
    contexts = []

    def open_address(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()


@pytest.mark.parametrize("proxy", ["nginx", "nginx without prefix", "absolute"])
def test_behind_a_proxy_everything_works(
    proxy: str, opened: Open, server: RunningServer, api: Api, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        if proxy == "absolute":  # as jupyter-server-proxy leaves the prefix in what it passes on
            prefix = "/user/ada/proxy/absolute/8000"
            behind = stack.enter_context(run_server("--root-path", prefix))
            port = stack.enter_context(run_proxy(Proxy(behind.port, prefix, strips=False))).port
        else:
            prefix = "/lab" if proxy == "nginx" else ""
            port = stack.enter_context(run_nginx(server.port, tmp_path, prefix))
        # Start tells the run of a fresh server as a story. For the run of the others a speed was chosen before.
        check_everything(opened, f"http://127.0.0.1:{port}{prefix}", "&speed=story" if proxy == "absolute" else "")


def check_everything(opened: Open, root: str, pace: str) -> None:  # noqa: PLR0915 (one walk through the whole lab)
    page = opened(f"{root}/")
    watched = Visit(page)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.reload()
    expect(page.locator("#connection")).to_have_text("live")
    assert set(sockets) == {f"{root.replace('http', 'ws')}/api/runs/main/stream?lang=en&frames=small"}
    button(page, "Start").click()
    wait_for_iteration(page, 50)
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    # The past.
    page.locator("#timeline").focus()
    page.keyboard.press("Home")
    expect(page.locator("#past-place")).to_have_text("0")
    button(page, "Back to now").click()
    button(page, "Predict").click()
    expect(page.locator("#try-answer")).to_contain_text("9 + 60")
    # Another experiment, by its address.
    button(page, "Share").click()
    link = page.locator("#share-link").input_value()
    assert link == f"{root}/#task=addition{pace}"
    embedded = f"{root}/?embed=1#task=addition{pace}".replace("&", "&amp;")
    assert f'src="{embedded}"' in page.locator("#share-embed").input_value()
    page.keyboard.press("Escape")
    other = opened(f"{root}/#seed=5&hidden_size=4")
    other.wait_for_url(re.compile(rf"^{re.escape(root)}/runs/run-[^/]*#"))
    expect(other.locator("#connection")).to_have_text("live")
    # All runs, a new one, and a comparison.
    page.get_by_role("link", name="Runs").click()
    expect(page).to_have_url(f"{root}/runs")
    expect(page.locator("#connection")).to_have_text("live")
    button(page, "New run").click()
    page.wait_for_url(re.compile(rf"^{re.escape(root)}/runs/run-"))
    expect(page.locator("#connection")).to_have_text("live")
    page.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(root)}/compare\?runs=run-"))
    expect(page.locator("#connection")).to_have_text("live")
    # Languages are kept from page to page.
    page.get_by_role("link", name="简体").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.goto(f"{root}/runs/main")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    # An embedded lab, a run and a page that do not exist, and the documentation.
    page.goto(f"{root}/?embed=1&lang=en")
    expect(page.locator("a.embed-out")).to_have_attribute("href", re.compile("runs/main"))
    expect(page.locator("#connection")).to_have_text("live")
    page.goto(f"{root}/docs")
    expect(page.locator("#swagger-ui")).to_contain_text("/predict")
    assert [url for url in watched.requests if not url.startswith((root, "data:", "blob:"))] == []
    assert watched.complaints == []
    page.goto(f"{root}/runs/nobody")
    page.get_by_role("link", name="See all runs").click()
    expect(page).to_have_url(f"{root}/runs")
    page.goto(f"{root}/some/where/else")
    page.get_by_role("link", name="Go to the main run").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(root)}/"))
    expect(page.locator("#connection")).to_have_text("live")


def check_lab(page: Page, words: str) -> None:
    """The lab works: commands, frames, the past."""
    expect(page.locator("#connection")).to_have_text(words)
    button(page, "Start").click()
    wait_for_iteration(page, 50)
    button(page, "Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    button(page, "Step").click()
    expect(page.locator("#stage-sum")).to_contain_text("=")
    button(page, "Reset").click()
    expect(page.locator("#iteration")).to_have_text("0")
    expect(page.locator("#state")).to_have_text("ready")


@pytest.mark.parametrize(("upgrade", "holds"), [("refuse", False), ("hang", False), ("refuse", True)])
def test_where_websockets_are_blocked_the_page_goes_on_over_http_and_says_so(
    opened: Open, server: RunningServer, api: Api, upgrade: str, holds: bool
) -> None:
    with run_proxy(Proxy(server.port, upgrade=upgrade, holds=holds)) as proxy:
        page = opened(f"http://127.0.0.1:{proxy.port}/")
        expect(page.locator("#message")).to_contain_text("blocks WebSockets")
        check_lab(page, OVER_HTTP)
        # What others do is seen as well.
        api("POST", "/api/runs/main/step", {"iterations": 7})
        expect(page.locator("#iteration")).to_have_text("7")
        page.close()


def test_nginx_that_forgets_websockets(opened: Open, server: RunningServer, tmp_path: Path) -> None:
    with run_nginx(server.port, tmp_path) as port:
        check_lab(opened(f"http://127.0.0.1:{port}/blocked/"), OVER_HTTP)


def test_a_run_that_is_deleted_is_gone_over_http_too(opened: Open, server: RunningServer, api: Api) -> None:
    run = api("POST", "/api/runs", {})["id"]
    with run_proxy(Proxy(server.port, upgrade="refuse")) as proxy:
        page = opened(f"http://127.0.0.1:{proxy.port}/runs/{run}")
        expect(page.locator("#connection")).to_have_text(OVER_HTTP)
        api("DELETE", f"/api/runs/{run}")
        expect(page.locator("#message")).to_contain_text("deleted")
        expect(page.locator("#connection")).to_have_text("closed")
        page.close()


def test_over_http_the_page_finds_its_server_again(browser: Browser) -> None:
    with run_server() as first, run_proxy(Proxy(first.port, upgrade="refuse")) as proxy:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{proxy.port}/")
        expect(page.locator("#connection")).to_have_text(OVER_HTTP)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        expect(page.locator("#connection")).not_to_have_text(OVER_HTTP)
        expect(page.locator("#message")).to_contain_text("The connection is lost.")
        with run_server() as second:
            proxy.upstream = second.port
            expect(page.locator("#connection")).to_have_text(OVER_HTTP)
        page.close()


def answer_with(page: Page, pattern: str, **answer: Any) -> None:
    """Let another program answer at these addresses."""

    def fulfil(route: Route) -> None:
        route.fulfill(**answer)

    page.route(pattern, fulfil)


STRANGER = {"status": 404, "content_type": "text/html", "body": "<h1>Another program</h1>"}


@pytest.mark.parametrize("path", ["/", "/runs", "/compare"])
@pytest.mark.parametrize(
    ("answer", "words"), [(STRANGER, "Another program"), ({"status": 502, "body": "Bad Gateway"}, "proxy answers")]
)
def test_another_program_at_the_address_is_said(
    browser: Browser, server: RunningServer, path: str, answer: dict[str, Any], words: str
) -> None:
    page = browser.new_page()
    page.route_web_socket("**", lambda socket: socket.close(code=1012))
    answer_with(page, "**/api/**", **answer)
    answer_with(page, "**/healthz", **answer)
    page.goto(f"{server.url}{path}")
    expect(page.locator("#connection")).to_contain_text(re.compile("disconnected|reconnecting"))
    if path == "/runs":
        expect(page.locator("#none")).to_contain_text(words)
    page.close()


def test_a_server_of_another_age_is_said(opened: Open, server: RunningServer) -> None:
    page = opened("about:blank")
    page.route_web_socket("**", lambda socket: socket.send('{"type": "status", "network": {}}'))
    page.goto(server.url)
    expect(page.locator("#message")).to_contain_text("one of them is older")
    expect(page.locator("#connection")).to_have_text("closed")


def test_a_script_that_does_not_arrive_is_said(opened: Open, server: RunningServer) -> None:
    page = opened("about:blank")
    page.route(re.compile("/static/.*js$"), lambda route: route.abort())
    page.goto(server.url)
    missing = page.locator(".missing-late")
    expect(missing).to_be_visible()
    expect(missing).to_contain_text("scripts of this page have not arrived")
    expect(page.locator("#connection")).not_to_be_visible()


@pytest.mark.parametrize("path", ["/", "/runs", "/compare"])
def test_without_javascript_the_page_says_so_and_does_not_connect_for_ever(
    opened: Open, server: RunningServer, path: str
) -> None:
    page = opened(f"{server.url}{path}", java_script_enabled=False)
    # `expect` leaves out the text of a noscript element.
    assert "needs JavaScript" in page.locator("#missing").inner_text()
    expect(page.locator("#connection")).not_to_be_visible()
    page.locator("#missing a").click()
    expect(page).to_have_url(f"{server.url}/docs")
    expect(page.locator("body")).to_contain_text("openapi.json")


@pytest.mark.parametrize("path", ["/", "/runs", "/compare"])
def test_nothing_is_said_where_nothing_is_missing(visit: Callable[..., Visit], path: str) -> None:
    visited = visit(path)
    expect(visited.page.locator("#missing")).to_have_count(0)
    assert visited.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_refused_page_looks_like_the_lab(opened: Open, server: RunningServer, scheme: str, language: str) -> None:
    address = f"http://127.0.0.1:{server.port}"
    looks = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('h1')).fontSize]"
    page = opened(f"{address}/runs/nobody", color_scheme=scheme, locale=language)
    usual = page.evaluate(looks)
    page.goto(f"{address}/no/such/page")
    assert page.evaluate(looks) == usual
    expect(page.locator("h1")).to_have_text({"en": "There is nothing here", "zh-CN": "这里什么也没有"}[language])
