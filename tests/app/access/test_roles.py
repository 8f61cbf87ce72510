"""Presenter, visitors and strangers at a real server."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from app.access.keys import LIFETIME, Keys
from app.routes.stream import SEATS_OF_ONE
from tests.app.access.classroom import Classroom, copy_of, printed_token, run_classroom
from tests.app.serving import ROOT, check_problem, check_status, environment, eventually, run_server
from tests.app.wire import watch
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def classroom() -> Iterator[Classroom]:
    with run_classroom() as classroom:
        yield classroom
        assert classroom.server.end() == 0
        assert classroom.server.complaints() == []


@pytest.fixture
def presenter(classroom: Classroom) -> Iterator[httpx2.Client]:
    with classroom.presenter() as client:
        yield client
        for run in client.get("/api/runs").json():
            if run["id"] != "main":
                assert client.delete(f"/api/runs/{run['id']}").status_code == 204


@pytest.fixture
def visitor(classroom: Classroom, presenter: httpx2.Client) -> Iterator[httpx2.Client]:
    with classroom.visitor() as client:
        yield client


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("/?token={}", "/"),
        ("/?lang=zh&token={}", "/?lang=zh"),
        ("/?token={}&lang=zh", "/?lang=zh"),
        ("/?a=1&token={}&lang=zh", "/?a=1&lang=zh"),
        ("/runs/main?token={}", "/runs/main"),
        ("/runs?token={}", "/runs"),
    ],
)
def test_a_token_is_exchanged_for_a_cookie_and_leaves_the_address(classroom: Classroom, asked: str, left: str) -> None:
    with classroom.stranger() as client:
        response = client.get(asked.format(classroom.token))
        assert response.status_code == 303
        assert response.headers["cache-control"] == "no-store"
        assert response.url.join(response.headers["location"]) == f"{classroom.server.url}{left}"
        assert classroom.token not in f"{response.headers}{response.text}"
        ((_, cookie),) = SimpleCookie(response.headers["set-cookie"]).items()
        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/", "strict", True)
        assert (cookie["max-age"], cookie["secure"]) == (str(LIFETIME), "")
        assert client.get(f"{classroom.server.url}{left}").status_code == 200
        assert client.get("/api/me").json() == {"role": "presenter", "runs": []}


def test_behind_tls_and_a_prefix_the_cookie_is_for_them_alone(classroom: Classroom) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/user/ada/lab"}
    with classroom.stranger() as client:
        for asked in (f"/?token={classroom.token}", "/api/me"):
            ((_, cookie),) = SimpleCookie(client.get(asked, headers=headers).headers["set-cookie"]).items()
            assert (cookie["path"], cookie["secure"], cookie["samesite"]) == ("/user/ada/lab/", True, "strict")


@pytest.mark.parametrize("forged", ["{}x", "x{}", "", "%00", "%FF", "é", "presenter"])
def test_a_forged_token_opens_nothing(classroom: Classroom, forged: str) -> None:
    token = forged.format(classroom.token)
    with classroom.stranger() as client:
        response = client.get(f"/?token={token}")
        check_problem(response, 403)
        assert "set-cookie" not in response.headers
        page = client.get(f"/?token={token}", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "rnn-adder token --show" in page.text
        assert client.get("/").status_code == 200, "without it, the class's address works"


def test_programs_send_the_token_as_bearer(classroom: Classroom) -> None:
    with classroom.stranger() as client:
        for scheme in ("Bearer", "bearer", "BEARER "):
            headers = {"Authorization": f"{scheme} {classroom.token}"}
            check_status(client.post("/api/runs/main/pause", headers=headers))
            assert client.get("/api/me", headers=headers).json()["role"] == "presenter"
        bad = f"Bearer {classroom.token}x", "Bearer x", "Bearer \xe9"
        for wrong in (*bad, f"Basic {classroom.token}", classroom.token):
            sent = [(b"Authorization", wrong.encode("latin-1"))]
            problem = check_problem(client.post("/api/runs/main/pause", headers=sent), 403)
            assert ("rnn-adder token --show" in problem["detail"]) == (wrong in bad)
            check_status(client.get("/api/runs/main", headers=sent))


@pytest.mark.parametrize(
    "forge",
    [
        lambda _: Keys.new().presenters(),
        lambda _: "presenter",
        lambda cookie: cookie.replace(cookie.partition(".")[0], "presenter", 1),
        lambda cookie: f"{cookie[:-1]}{'A' if cookie[-1] != 'A' else 'B'}x",
    ],
)
def test_a_forged_cookie_makes_nobody_presenter(classroom: Classroom, forge: object) -> None:
    with classroom.visitor() as client:
        ((name, value),) = client.cookies.items()
        assert callable(forge)
        with classroom.stranger() as forger:
            forger.cookies.set(name, forge(value))
            check_problem(forger.post("/api/runs/main/pause"), 403)
            assert forger.get("/api/me").json() == {"role": "visitor", "runs": []}


def test_a_visitor_watches_and_the_refusals_say_what_to_do_instead(
    visitor: httpx2.Client, presenter: httpx2.Client
) -> None:
    check_status(presenter.post("/api/runs/main/step", json={"iterations": 5}))
    assert check_status(visitor.get("/api/runs/main"))["access"] == "watch"
    assert check_status(presenter.get("/api/runs/main"))["access"] == "command"
    assert visitor.get("/predict?a=9&b=60").json()["expected"] == 69
    assert visitor.post("/predict", json={"a": 9, "b": 60, "iteration": 3}).json()["iteration"] == 3
    assert visitor.get("/api/runs/main/iterations/2").status_code == 200
    assert visitor.get("/api/runs/main/checkpoint").status_code == 200
    before = presenter.get("/api/runs").json()
    refused = [
        visitor.post("/api/runs/main/start"),
        visitor.post("/api/runs/main/pause"),
        visitor.post("/api/runs/main/step"),
        visitor.post("/api/runs/main/reset"),
        visitor.post("/api/runs/main/reset/undo"),
        visitor.patch("/api/runs/main", json={"name": "Mine"}),
        visitor.delete("/api/runs/main"),
        visitor.post("/api/runs", json={}),
    ]
    for response in refused:
        assert "My own copy" in check_problem(response, 403)["detail"]
    assert "token" in check_problem(visitor.post("/api/runs/import", content=b"x"), 403)["detail"]
    assert presenter.get("/api/runs").json() == before
    check_problem(visitor.post("/api/runs/nobody/start"), 404)


def test_a_copy_is_its_owners_and_a_link_shows_it_to_others(
    classroom: Classroom, visitor: httpx2.Client, presenter: httpx2.Client
) -> None:
    check_status(presenter.post("/api/runs/main/step", json={"iterations": 20}))
    run = copy_of(visitor, iteration=7)
    assert visitor.get("/api/me").json() == {"role": "visitor", "runs": [run]}
    assert check_status(visitor.post(f"/api/runs/{run}/step", json={"iterations": 3}))["iteration"] == 10
    check_status(visitor.patch(f"/api/runs/{run}", json={"name": "Ada's", "speed": 1000}))
    with classroom.visitor() as other:
        seen = check_status(other.get(f"/api/runs/{run}"))
        assert (seen["access"], seen["private"], seen["iteration"]) == ("watch", True, 10)
        assert other.get(f"/predict?a=1&b=2&run={run}").status_code == 200
        assert other.get(f"/runs/{run}").status_code == 200
        for method, path in (("POST", "/start"), ("POST", "/reset"), ("DELETE", ""), ("PATCH", "")):
            problem = check_problem(other.request(method, f"/api/runs/{run}{path}"), 403)
            assert "somebody else" in problem["detail"]
        listed = {who: [one["id"] for one in who.get("/api/runs").json()] for who in (other, visitor, presenter)}
    assert run not in listed[other]
    assert run in listed[visitor]
    assert run in listed[presenter]
    assert check_status(presenter.post(f"/api/runs/{run}/step"))["iteration"] == 11
    assert visitor.delete(f"/api/runs/{run}").status_code == 204
    assert visitor.get("/api/me").json()["runs"] == []


def test_a_stranger_who_takes_a_copy_becomes_a_visitor(classroom: Classroom, presenter: httpx2.Client) -> None:
    with classroom.stranger() as client:
        run = copy_of(client)
        assert client.get("/api/me").json() == {"role": "visitor", "runs": [run]}
        check_status(client.post(f"/api/runs/{run}/pause"))
        with classroom.stranger() as other:
            check_problem(other.post(f"/api/runs/{run}/pause"), 403)
            assert other.get("/api/runs").json()[0]["id"] == "main"


def test_a_visitor_has_two_copies_at_most_however_fast_they_ask(visitor: httpx2.Client) -> None:
    runs = [copy_of(visitor), copy_of(visitor)]
    refused = visitor.post("/api/runs", json={"from": {"run": "main", "iteration": 0}})
    assert "Delete one first" in check_problem(refused, 429)["detail"]
    assert int(refused.headers["retry-after"]) > 0
    assert visitor.delete(f"/api/runs/{runs[0]}").status_code == 204
    copy_of(visitor)


def test_a_copy_is_bounded_in_size(visitor: httpx2.Client, presenter: httpx2.Client) -> None:
    large = check_status(presenter.post("/api/runs", json={"config": {"hidden_size": 128}}), 201)["id"]
    refused = visitor.post("/api/runs", json={"from": {"run": large, "iteration": 0}})
    assert "too large" in check_problem(refused, 403)["detail"]
    assert visitor.get("/api/me").json()["runs"] == []
    run = copy_of(visitor)
    for config in ({"hidden_size": 128}, {"max_iterations": 10_000_000}):
        check_problem(visitor.post(f"/api/runs/{run}/reset", json={"config": config}), 403)
    longer = {"from": {"run": "main", "iteration": 0}, "config": {"max_iterations": 10_000_000}}
    check_problem(visitor.post("/api/runs", json=longer), 403)
    assert check_status(visitor.get(f"/api/runs/{run}"))["generation"] == 0
    check_status(visitor.post(f"/api/runs/{run}/reset", json={"config": {"hidden_size": 32}}))


async def test_the_socket_tells_each_viewer_what_they_may_do(classroom: Classroom) -> None:
    with classroom.visitor() as visitor, classroom.presenter() as presenter:
        run = copy_of(visitor)
        url = classroom.server.stream_url.format(run)
        cookies = [
            {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}
            for who in (visitor, presenter)
        ]
        async with (
            watch(url, additional_headers=cookies[0]) as owner,
            watch(url, additional_headers=cookies[1]) as commander,
            watch(url) as stranger,
            watch(url, additional_headers={"Authorization": f"Bearer {classroom.token}x"}) as forger,
        ):
            reach = [(await one.status())["access"] for one in (owner, commander, stranger, forger)]
            assert reach == ["command", "command", "watch", "watch"]
            for one in (stranger, forger):
                for kind in ("start", "pause", "step", "reset"):
                    await one.send(kind)
                    problem = await one.problem()
                    assert (problem["status"], problem["title"]) == (403, "Forbidden")
                await one.send("speed", value=5)
                assert (await one.problem())["status"] == 403
            await owner.send("step", iterations=3)
            for one, may in ((owner, "command"), (commander, "command"), (stranger, "watch")):
                status = await one.status(lambda run: run["iteration"] == 3)
                assert (status["access"], status["state"], status["generation"]) == (may, "paused", 0)
            await commander.send("reset")
            assert (await stranger.status(lambda run: run["generation"] == 1))["access"] == "watch"
        presenter.delete(f"/api/runs/{run}")


async def test_a_visitor_watches_in_so_many_places_at_once_and_no_more(classroom: Classroom) -> None:
    url = classroom.server.stream_url.format("main")
    with classroom.visitor() as visitor:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
        async with AsyncExitStack() as stack:
            for _ in range(SEATS_OF_ONE):
                await (await stack.enter_async_context(watch(url, additional_headers=cookie))).status()
            async with watch(url, additional_headers=cookie) as more:
                assert await more.closed() == 1013
            refused = check_problem(visitor.get("/api/runs/main/events?seconds=0"), 503)
            assert f"{SEATS_OF_ONE} places" in refused["detail"]
            async with watch(url) as other:
                await other.status()
        assert visitor.get("/api/runs/main/events?seconds=0").status_code == 200


async def test_a_full_class_leaves_the_presenter_a_seat() -> None:
    with run_classroom(max_viewers=1) as classroom:
        url = classroom.server.stream_url.format("main")
        bearer = {"Authorization": f"Bearer {classroom.token}"}
        async with watch(url) as first:
            await first.status()
            async with watch(url) as second:
                assert await second.closed() == 1013
            async with watch(url, additional_headers=bearer) as presenter:
                assert (await presenter.status())["access"] == "command"


async def test_a_page_of_another_site_gets_in_nowhere_whatever_it_brings(classroom: Classroom) -> None:
    foreign = {"Origin": "http://evil.example", "Authorization": f"Bearer {classroom.token}"}
    with classroom.presenter() as presenter:
        for method, path in (("POST", "/api/runs/main/start"), ("DELETE", "/api/runs/main"), ("POST", "/api/runs")):
            check_problem(presenter.request(method, path, headers=foreign), 403)
    with pytest.raises(InvalidStatus, match="403"):
        async with watch(classroom.server.stream_url.format("main"), additional_headers=foreign):
            pass


def test_nobody_is_logged_with_a_token_or_a_cookie(tmp_path: Path) -> None:
    with run_classroom(tmp_path, "--log-level", "debug") as classroom:
        with classroom.presenter() as presenter:
            (cookie,) = presenter.cookies.values()
            presenter.get("/api/me")
            presenter.get(f"/runs?lang=zh&token={classroom.token}&x=1")
            presenter.get(f"/api/nothing?token={classroom.token}")
            presenter.post(f"/api/runs?token={classroom.token}")
            presenter.get("/", headers={"Authorization": f"Bearer {classroom.token}"})
        assert classroom.server.end() == 0
        log = classroom.server.stderr()
        assert '"GET /?(hidden) HTTP/1.1" 303' in log
        assert '"GET /runs?(hidden) HTTP/1.1" 303' in log
        assert classroom.token not in log
        assert cookie not in log


def renewed(folder: Path, *arguments: str) -> str:
    """What `rnn-adder token` prints."""
    command = [sys.executable, "-m", "rnn_adder", "token", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(data_dir=str(folder)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.rstrip("\n")


def test_all_that_was_given_out_is_good_after_a_restart_until_the_token_is_renewed(tmp_path: Path) -> None:
    with run_classroom(tmp_path) as before:
        with before.presenter() as presenter, before.visitor() as visitor:
            run = copy_of(visitor)
            check_status(visitor.post(f"/api/runs/{run}/step", json={"iterations": 4}))
            held = [dict(client.cookies.items()) for client in (presenter, visitor)]
        before.server.end()
    with run_classroom(tmp_path) as after:
        assert after.token == before.token == renewed(tmp_path, "--show")
        with after.server.client(cookies=held[0]) as presenter, after.server.client(cookies=held[1]) as visitor:
            assert presenter.get("/api/me").json()["role"] == "presenter"
            assert visitor.get("/api/me").json() == {"role": "visitor", "runs": [run]}
            assert check_status(visitor.post(f"/api/runs/{run}/step"))["iteration"] == 5
            with after.stranger() as stranger:
                check_problem(stranger.post(f"/api/runs/{run}/step"), 403)
                new = renewed(tmp_path)
                assert new not in ("", after.token)
                eventually(presenter, "main", lambda status: status["access"] == "watch")
                check_problem(presenter.post("/api/runs/main/step"), 403)
                check_problem(stranger.get(f"/?token={after.token}"), 403)
                bearer = {"Authorization": f"Bearer {new}"}
                check_status(stranger.post("/api/runs/main/step", headers=bearer))
            assert visitor.get("/api/me").json()["runs"] == [run]
        with after.presenter(new) as presenter:
            assert presenter.get("/api/me").json()["role"] == "presenter"


def test_on_this_machine_alone_everybody_is_presenter_and_nothing_else_is_printed() -> None:
    with run_server(engine="numpy") as server, server.client() as client:
        assert client.get("/api/me").json() == {"role": "presenter", "runs": []}
        assert "set-cookie" not in client.get("/api/me").headers
        assert check_status(client.post("/api/runs/main/pause"))["access"] == "command"
        assert client.get("/?token=any&lang=zh").headers["location"] == "./?lang=zh", "an old link of another server"
        # A proxy on this machine does not change what the server is.
        forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "127.0.0.1"}
        check_status(client.post("/api/runs/main/pause", headers=forwarded))
        server.end()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


@pytest.mark.parametrize(
    ("host", "access", "role"), [("0.0.0.0", "open", "presenter"), ("127.0.0.1", "presenter", "visitor")]
)
def test_a_setting_says_otherwise(host: str, access: str, role: str) -> None:
    with run_server("--host", host, engine="numpy", access=access) as server, server.client() as client:
        assert client.get("/api/me").json()["role"] == role
        if role == "visitor":
            with Classroom(server, printed_token(server)).presenter() as presenter:
                check_status(presenter.post("/api/runs/main/pause"))
