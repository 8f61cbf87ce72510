"""The address is the experiment: opened, shared, embedded."""

import http.server
import re
import threading
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.test_main_job import button
from tests.server import RunningServer, run_server

Open = Callable[..., Visit]
Api = Callable[..., Any]


def test_opening_an_address_makes_the_experiment_that_it_names(visit: Open, api: Api) -> None:
    page = visit("/#seed=5&learning_rate=0.2&speed=unlimited&theme=dark&hide=matrices", live=False).page
    page.wait_for_url(re.compile("/runs/run-"))
    expect(page.locator("#connection")).to_have_text("live")
    run = api("GET", f"/api/runs/{re.split('[/#]', page.url)[4]}")
    assert (run["config"]["seed"], run["config"]["learning_rate"], run["speed"]) == (5, 0.2, None)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.locator("#matrices")).to_be_hidden()
    expect(page.locator("#stage")).to_be_visible()
    page.reload()
    expect(page.locator("#connection")).to_have_text("live")
    assert run["id"] in page.url, "the run that was made is found again"
    other = visit("/#seed=5&learning_rate=0.2", live=False).page
    other.wait_for_url(re.compile(run["id"]))
    api("DELETE", f"/api/runs/{run['id']}")
    page.reload()
    page.get_by_role("link", name="Make this experiment again").click()
    page.wait_for_url(re.compile("/runs/run-"))
    expect(page.locator("#connection")).to_have_text("live")
    again = re.split("[/#]", page.url)[4]
    assert api("GET", f"/api/runs/{again}")["config"] == run["config"]
    api("DELETE", f"/api/runs/{again}")


def test_the_address_follows_the_run_and_shared_it_leads_back(visit: Open, api: Api) -> None:
    page = visit().page
    expect(page).to_have_url(re.compile("/$"))
    api("POST", "/api/runs/main/reset", {"config": {"hidden_size": 8}})
    expect(page).to_have_url(re.compile("/#hidden_size=8$"))
    button(page, "Share").click()
    panel = page.get_by_role("dialog", name="Share")
    expect(panel.get_by_label("Link")).to_have_value(page.url)
    expect(panel).to_contain_text("the changes of the learning rate")
    panel.get_by_label("Understood so far").uncheck()
    expect(page.locator("#cases")).to_be_hidden()
    expect(page).to_have_url(re.compile("hide=cases$"))
    expect(panel.get_by_label("Embed")).to_have_value(
        re.compile(r'<iframe src="http.*/\?embed=1#hidden_size=8&amp;hide=cases"')
    )
    panel.get_by_role("button", name="Copy link").click()
    expect(panel.get_by_role("status")).to_contain_text(re.compile("Copied|Ctrl"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_default_experiment_is_shared_by_name_and_opens_as_itself_whatever_main_is(visit: Open, api: Api) -> None:
    page = visit().page
    button(page, "Share").click()
    link = page.get_by_role("dialog", name="Share").get_by_label("Link")
    expect(link).to_have_value(re.compile("/#task=addition$"))
    shared = link.input_value()
    api("POST", "/api/runs/main/reset", {"config": {"task": "parity", "seed": 4}})
    other = visit("/" + shared.partition("/#")[1][1:] + shared.partition("/#")[2], live=False).page
    other.wait_for_url(re.compile("/runs/run-"))
    expect(other.locator("#connection")).to_have_text("live")
    run = re.split("[/#]", other.url)[4]
    options = {field["name"]: field["default"] for field in api("GET", "/api/options")["fields"]}
    assert api("GET", f"/api/runs/{run}")["config"] == options
    api("DELETE", f"/api/runs/{run}")


def test_changes_of_the_learning_rate_are_shared_and_made_at_the_same_iterations(visit: Open, api: Api) -> None:
    page = visit().page
    for value in (0.5, 0.05):
        api("POST", "/api/runs/main/step", {"iterations": 100})
        api("PATCH", "/api/runs/main", {"learning_rate": value})
    api("POST", "/api/runs/main/step", {"iterations": 100})
    expect(page).to_have_url(re.compile(r"/#changes=100:0\.5,200:0\.05$"))
    address = page.url
    errors = api("GET", "/api/runs/main/errors")["errors"]
    page.reload()
    expect(page.locator("#connection")).to_have_text("live")
    assert page.url == address, "the run itself is as the address says"
    api("POST", "/api/runs/main/reset")
    other = visit(address[address.index("/#") :], live=False).page
    other.wait_for_url(re.compile("/runs/run-"))
    expect(other.locator("#connection")).to_have_text("live")
    run = re.split("[/#]", other.url)[4]
    status = api("GET", f"/api/runs/{run}")
    assert (status["changes"], status["learning_rate"]) == ([[100, 0.5], [200, 0.05]], 0.1)
    rate = other.get_by_role("dialog", name="Settings").get_by_label("Learning rate")
    button(other, "Settings").click()
    expect(rate).to_have_value("0.1")
    api("POST", f"/api/runs/{run}/step", {"iterations": 150})
    expect(rate).to_have_value("0.5")
    api("POST", f"/api/runs/{run}/step", {"iterations": 150})
    expect(rate).to_have_value("0.05")
    assert api("GET", f"/api/runs/{run}/errors")["errors"] == errors
    visit("/#changes=100:0.5,200:0.05", live=False).page.wait_for_url(re.compile(run))
    api("DELETE", f"/api/runs/{run}")
    page = visit("/#changes=100:0,5").page
    expect(page.locator("#message")).to_contain_text("the changes of the learning rate must be an array of")
    expect(page.locator("#message")).to_contain_text('not "100:0,5"')


def test_an_address_that_the_server_refuses_is_told_and_the_page_works_on(visit: Open) -> None:
    page = visit("/#bits=99").page
    expect(page.locator("#message")).to_contain_text("bits must be a whole number from 2 to 32, not 99")
    button(page, "Step").click()
    expect(page.locator("#iteration")).to_have_text("1")


def test_fields_that_an_address_names_wrongly_are_called_as_people_read_them(visit: Open) -> None:
    page = visit("/#hidden_size=0&task=chess").page
    message = page.locator("#message")
    expect(message).to_contain_text("hidden size must be a whole number from 1 to 128, not 0")
    expect(message).to_contain_text("task must be one of")
    expect(message).not_to_contain_text("config.")


def test_embedded_there_are_stage_and_curve_and_a_start(visit: Open) -> None:
    page = visit("/?embed=1", live=False).page
    expect(page.locator("#stage-caption")).to_contain_text("Press Start")
    for name in ("#stage", "#curve", "#start"):
        expect(page.locator(name)).to_be_visible()
    for name in ("#cases", "#matrices", "#try", "#speed", "#theme"):
        expect(page.locator(name)).to_be_hidden()
    expect(page.locator("#reset")).to_be_hidden()
    button(page, "Start").click()
    expect(page.locator("#iteration")).not_to_have_text("0")
    button(page, "Pause").click()
    asked = visit("/?embed=1&reset=1", live=False).page
    expect(asked.locator("#iteration")).not_to_have_text("0")
    button(asked, "Reset").click()
    expect(asked.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("#message")).to_contain_text("Another visitor reset this run at iteration")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_embedded_a_finished_run_is_not_said_to_be_reset(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"max_iterations": 3}})
    api("POST", "/api/runs/main/step", {"iterations": 3})
    message = visit("/?embed=1", live=False).page.locator("#message")
    expect(message).to_have_text("All 3 iterations are done.")


def test_who_may_embed_the_page_is_a_setting(browser: Browser, server: RunningServer) -> None:
    class Blog(http.server.BaseHTTPRequestHandler):
        target = ""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{self.target}" width="900" height="900"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    blog = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blog)
    threading.Thread(target=blog.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{blog.server_port}"
    page = browser.new_page()
    try:
        with run_server("--engine", "numpy", RNN_ADDER_FRAME_ANCESTORS=f'["{origin}"]') as open_one:
            Blog.target = f"{open_one.url}/?embed=1"
            page.goto(origin)
            frame = page.frame_locator("iframe")
            expect(frame.locator("#stage-caption")).to_contain_text("Press Start")
            frame.get_by_role("button", name="Step").click()
            expect(frame.locator("#iteration")).to_have_text("1")
            Blog.target = open_one.url  # with all its buttons it can be framed by nobody
            page.goto(origin)
            expect(frame.locator("body")).not_to_contain_text("Understood")
        Blog.target = f"{server.url}/?embed=1"
        page.goto(origin)
        expect(frame.locator("body")).not_to_contain_text("Press Start")
    finally:
        page.close()
        blog.shutdown()
        blog.server_close()


def test_of_a_run_with_more_changes_than_its_status_tells_the_address_has_all(visit: Open, api: Api) -> None:
    planned = [[k, (0.2, 0.3)[k % 2]] for k in range(100)]
    run = api("POST", "/api/runs", {"changes": planned, "config": {"bits": 2, "hidden_size": 2}})["id"]
    api("POST", f"/api/runs/{run}/step", {"iterations": 100})
    page = visit(f"/runs/{run}").page
    wanted = [f"{k}:{rate}" for k, rate in planned]
    for rate in (0.5, 0.6, 0.7):
        at = api("POST", f"/api/runs/{run}/step")["iteration"]
        api("PATCH", f"/api/runs/{run}", {"learning_rate": rate})
        wanted.append(f"{at}:{rate}")
    expect(page).to_have_url(re.compile(f"changes={','.join(wanted)}$".replace(".", r"\.")))
    address = page.url
    page.reload()
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#iteration")).to_have_text("103")
    assert page.url == address, "the run itself is as the address says"
    other = visit("/#" + address.partition("#")[2], live=False).page
    other.wait_for_url(re.compile(run))
    api("DELETE", f"/api/runs/{run}")
