"""The class over HTTP and the socket: who is where, the call, the code, and the cookie that a handshake gives."""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import segno
from websockets.asyncio.client import ClientConnection

from app.routes.classroom import typed
from tests.app.access.classroom import Classroom, copy_of, run_classroom
from tests.app.serving import check_problem, run_server
from tests.app.wire import watch


@pytest.fixture(scope="module")
def classroom() -> Iterator[Classroom]:
    with run_classroom() as classroom:
        yield classroom


def cookies_of(client: httpx2.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{key}={value}" for key, value in client.cookies.items())}


def cookie_given(connection: ClientConnection) -> str:
    """The cookie that a handshake gave, or nothing."""
    assert connection.response is not None
    return connection.response.headers.get("Set-Cookie", "")


async def test_the_presenter_sees_who_is_where_by_colours_and_animals(classroom: Classroom) -> None:
    stream = classroom.server.stream_url.format
    with classroom.presenter() as presenter, classroom.visitor() as visitor:
        run = copy_of(visitor)
        async with (
            watch(stream(run), additional_headers=cookies_of(visitor)),
            watch(stream("main"), additional_headers=cookies_of(visitor)),
            watch(stream("main")) as stranger,
            watch(stream("main"), additional_headers=cookies_of(presenter)) as lead,
        ):
            for viewer in (stranger, lead):
                await viewer.status()
            given = cookie_given(stranger.socket)
            assert "HttpOnly" in given
            assert "SameSite=strict" in given
            assert cookie_given(lead.socket) == ""
            found = presenter.get("/api/class").json()
            main, own = found["places"]
            assert found["number"] == 2
            assert (main["run"], main["private"], main["number"]) == ("main", False, 2)
            assert (own["run"], own["private"], own["number"]) == (run, True, 1)
            assert own["name"].startswith(own["people"][0])
            assert own["people"][0] in main["people"]
            name, _, value = given.partition(";")[0].partition("=")
            with classroom.stranger() as client:
                again = client.get("/api/me", headers={"Cookie": f"{name}={value}"})
                assert again.json()["role"] == "visitor"
            async with watch(stream("main"), additional_headers={"Cookie": f"{name}={value}"}) as back:
                await back.status()
                assert cookie_given(back.socket) == "", "it has one"
                assert presenter.get("/api/class").json()["number"] == 2, "the same person twice"
        presenter.delete(f"/api/runs/{run}")


async def test_what_the_presenter_shows_reaches_followers_over_the_socket_and_a_call_reaches_all(
    classroom: Classroom,
) -> None:
    stream = classroom.server.stream_url.format
    with classroom.presenter() as presenter, classroom.visitor() as visitor:
        run = copy_of(visitor)
        async with (
            watch(stream("main")) as near,
            watch(stream(run), additional_headers=cookies_of(visitor)) as far,
            watch(stream("main"), additional_headers=cookies_of(presenter)) as lead,
        ):
            pointer = {"at": "stage-scroll", "part": 4, "x": 0.5, "y": 0.5}
            await lead.socket.send(json.dumps({"type": "show", "iteration": 12, "pointer": pointer, "tour": 2}))
            expected = {"type": "presenter", "run": "main", "iteration": 12, "pointer": pointer, "tour": 2, "calls": 0}
            assert await shown(near) == expected
            assert await shown(far) == expected
            async with watch(stream("main")) as late:
                assert await shown(late) == expected
            with classroom.stranger() as client:
                text = client.get("/api/runs/main/events?seconds=0").content
                assert json.dumps(expected, separators=(",", ":")).encode() in text, "also over HTTP"
            assert presenter.post("/api/class/call").status_code == 204
            assert (await shown(far))["calls"] == 1
            assert (await shown(near))["calls"] == 1
            assert presenter.get("/api/audit?last=1").json()[0]["command"] == "call_class"
        presenter.delete(f"/api/runs/{run}")
        check_problem(visitor.get("/api/class"), 403)
        check_problem(visitor.post("/api/class/call"), 403)


async def shown(viewer: Any) -> dict[str, Any]:
    """The next presenter message of a viewer."""
    while True:
        message = await viewer.next()
        if isinstance(message, dict) and message["type"] == "presenter":
            return message


@pytest.mark.parametrize(
    "show",
    [
        {"iteration": -1},
        {"iteration": 0.5},
        {"tour": 0},
        {"tour": 100},
        {"pointer": "stage"},
        {"pointer": {"at": "stage"}},
        {"pointer": {"at": "a" * 41, "x": 0, "y": 0}},
        {"pointer": {"at": "#stage > *", "x": 0, "y": 0}},
        {"pointer": {"at": "stage", "x": 1.01, "y": 0}},
        {"pointer": {"at": "stage", "x": 0, "y": 0, "words": "more"}},
        {"pointer": {"at": "stage", "part": 10_000, "x": 0, "y": 0}},
        {"run": "main"},
    ],
)
async def test_what_is_shown_is_small_and_well_formed(classroom: Classroom, show: dict[str, Any]) -> None:
    with classroom.presenter() as presenter:
        headers = cookies_of(presenter)
        before = presenter.get("/api/class").json()["shown"]
        async with watch(classroom.server.stream_url.format("main"), additional_headers=headers) as viewer:
            await viewer.socket.send(json.dumps({"type": "show", **show}))
            assert (await viewer.problem())["status"] == 422
        assert presenter.get("/api/class").json()["shown"] == before


def test_the_code_is_that_of_the_link_by_which_the_class_comes(classroom: Classroom) -> None:
    with classroom.presenter() as presenter:
        told = presenter.get("/api/class").json()
        assert told["link"].endswith(f":{classroom.server.url.rpartition(':')[2]}/")
        assert f"http://{told['typed']}/" == told["link"]
        picture = presenter.get("/api/class/code")
        assert picture.headers["content-type"] == "image/svg+xml"
        assert picture.content == drawn(told["link"])
        local = presenter.get("/api/class", headers={"Host": classroom.server.url.removeprefix("http://")}).json()
        assert local["link"] == told["link"], "nobody else gets to this machine by that name"


def test_who_comes_by_another_name_gives_that_name_on() -> None:
    with (
        run_server("--host", "0.0.0.0", engine="numpy", allowed_hosts='["lab.example"]') as server,
        server.client() as client,
    ):
        code = client.get("/api/class/code", headers={"Host": "lab.example:81"})
        assert code.content == drawn("http://lab.example:81/")


def drawn(link: str) -> bytes:
    """The QR code of a link."""
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(
        picture, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, nl=False
    )
    return picture.getvalue()


def test_what_is_typed_is_short() -> None:
    assert typed("http://192.168.1.20:8000/") == "192.168.1.20:8000"
    assert typed("http://school.example/lab/") == "school.example/lab"
    assert typed("https://lab.example/") == "https://lab.example"


def test_where_everybody_is_presenter_nobody_is_told_anything() -> None:
    with run_server(engine="numpy") as server, server.client() as client:
        assert client.get("/api/class").json()["places"] == []
        assert client.post("/api/class/call").status_code == 204
        assert client.get("/api/class/code").status_code == 200
        assert "class-code-open" not in client.get("/").text
