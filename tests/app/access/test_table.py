"""SECURITY.md says of each call who may make it. Here each is tried at a real server, by everybody."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIWebSocketRoute
from starlette.routing import BaseRoute, Mount

from app.access.keys import FILE, LIFETIME, KeyFile, Keys
from app.access.needs import SOCKET_NEEDS, Need, need_of
from app.config import Settings
from app.main import create_app
from app.messages.incoming import COMMANDS
from tests.app.access.classroom import Classroom, copy_of, run_classroom
from tests.app.serving import ROOT, check_problem
from tests.app.wire import watch
from tests.patience import PATIENCE

ROW = re.compile(r"^\| `([A-Z]+) (\S+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
FOUND = ROW.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
TABLE = {f"{method} {path}": Need(who) for method, path, who in FOUND}
"""Who may make each call, as SECURITY.md says."""

CALLS = [(method, path, Need(who)) for method, path, who in FOUND if method not in ("SOCKET", "MESSAGE")]


def routes(within: list[Any]) -> Iterator[BaseRoute]:
    """All routes of the server, also those of its routers."""
    for route in within:
        router = getattr(route, "original_router", None)
        yield from [route] if router is None else routes(router.routes)


def calls() -> set[str]:
    """Everything that this server answers."""
    found = set()
    for route in routes(create_app(Settings(store=False, engine="numpy")).routes):
        path = getattr(route, "path", None)
        assert path is not None, route
        if isinstance(route, APIWebSocketRoute):
            found.add(f"SOCKET {path}")
        elif isinstance(route, Mount):
            found.add(f"GET {path}")
        else:
            found |= {f"{method} {path}" for method in set(getattr(route, "methods", ())) - {"HEAD"}}
    return found | {f"MESSAGE {name}" for name in COMMANDS}


def test_every_call_is_in_the_table_and_nothing_else_is() -> None:
    assert len(TABLE) == len(FOUND), "each stands there once"
    assert set(TABLE) == calls()


def test_the_table_says_what_the_server_asks_for() -> None:
    asked = {call: need_of(*call.split(" ")) for call in TABLE if not call.startswith(("SOCKET", "MESSAGE"))}
    asked |= {f"MESSAGE {name}": need for name, need in SOCKET_NEEDS.items()}
    assert {**TABLE, **asked} == TABLE


def test_what_nobody_has_thought_of_is_for_the_presenter_alone() -> None:
    assert need_of("POST", "/api/everything") is Need.PRESENT
    assert need_of("DELETE", "/api/everything") is Need.PRESENT
    assert need_of("GET", "/api/everything") is Need.WATCH


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("table")


@pytest.fixture(scope="module")
def renewed(folder: Path) -> str:
    """A token that is no longer valid."""
    token = KeyFile(folder).keys().token
    KeyFile(folder).renew()
    return token


@pytest.fixture(scope="module")
def classroom(folder: Path, renewed: str) -> Iterator[Classroom]:
    assert renewed
    with run_classroom(folder) as classroom:
        with classroom.presenter() as presenter:
            presenter.post("/api/runs/main/step", json={"iterations": 10})
        yield classroom
        assert classroom.server.end() == 0
        assert classroom.server.complaints() == []


@pytest.fixture(scope="module")
def presenter(classroom: Classroom) -> Iterator[httpx2.Client]:
    with classroom.presenter() as client:
        yield client


@pytest.fixture(scope="module")
def visitor(classroom: Classroom) -> Iterator[httpx2.Client]:
    with classroom.visitor() as client:
        yield client


@pytest.fixture(scope="module")
def others(classroom: Classroom, folder: Path, renewed: str) -> dict[str, dict[str, str]]:
    """Headers of those who prove nothing."""
    keys = Keys(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    assert keys.token == classroom.token
    with pytest.MonkeyPatch.context() as patch:
        now = time.time()
        patch.setattr(time, "time", lambda: now - LIFETIME - 60)
        expired = keys.presenters()
    foreign = Keys.new()
    return {
        "stranger": {},
        "renewed token": {"Authorization": f"Bearer {renewed}"},
        "forged token": {"Authorization": f"Bearer {foreign.token}"},
        "expired cookie": {"Cookie": f"{keys.cookie}={expired}"},
        "cookie of a renewed token": {"Cookie": f"{keys.cookie}={Keys(renewed, keys.key).presenters()}"},
        "forged cookie": {"Cookie": f"{keys.cookie}={foreign.presenters()}"},
        "cookie of another server": {"Cookie": f"{foreign.cookie}={keys.presenters()}"},
    }


QUERIES = {
    "/predict": "?a=9&b=60",
    "/api/runs/{run_id}/why": "?a=9&b=60&iteration=3",
    "/api/runs/{run_id}/reach": "?a=9&b=60",
    "/api/runs/{run_id}/reach/along": "?a=9&b=60",
    "/api/runs/{run_id}/trace": "?a=9&b=60",
    "/api/runs/{run_id}/answers": "?a=9&b=60&points=2",
    "/api/runs/{run_id}/events": "?seconds=0",
    "/static": "/favicon.svg",
}
BODIES: dict[str, Any] = {
    "POST /predict": {"a": 9, "b": 60},
    "POST /api/runs": {"from": {"run": "main", "iteration": 0}},
}


def ask(client: httpx2.Client, method: str, path: str, run: str, headers: dict[str, str]) -> httpx2.Response:
    """Make a call about a run."""
    url = path.format(run_id=run, iteration=1, part="tour", sweep_id="sweep-1") + QUERIES.get(path, "")
    body = BODIES.get(f"{method} {path}")
    return client.request(method, url, headers=headers, **({} if body is None else {"json": body}))


@pytest.mark.parametrize(("method", "path", "need"), CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS])
def test_each_call_is_for_those_whom_the_table_names(
    classroom: Classroom,
    presenter: httpx2.Client,
    visitor: httpx2.Client,
    others: dict[str, dict[str, str]],
    method: str,
    path: str,
    need: Need,
) -> None:
    def told(client: httpx2.Client, run: str = "main", headers: dict[str, str] | None = None) -> int:
        status = ask(client, method, path, run, headers or {}).status_code
        assert status < 500
        return status

    with classroom.stranger() as client:
        for who, headers in others.items():
            expected = need is Need.WATCH or need is Need.COPY
            assert (told(client, headers=headers) != 403) == expected, who
            client.cookies.clear()
        if method != "GET":
            foreign = {"Origin": "http://evil.example", "Authorization": f"Bearer {classroom.token}"}
            assert told(client, headers=foreign) == 403
            assert told(presenter, headers={"Origin": "null"}) == 403
    assert (told(visitor) != 403) == (need in (Need.WATCH, Need.COPY))
    if need is Need.COMMAND:
        run = copy_of(visitor)
        with classroom.visitor() as other:
            assert told(other, run) == 403
        assert told(visitor, run) != 403
        with classroom.stranger() as client:
            assert told(client, run) == 403
    assert told(presenter) != 403
    assert told(presenter, headers={"Cookie": "", "Authorization": f"Bearer {classroom.token}"}) != 403
    for run in chain(*(client.get("/api/runs").json() for client in (visitor, presenter))):
        if run["id"] != "main":
            presenter.delete(f"/api/runs/{run['id']}")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"show"}))
async def test_each_message_is_for_those_whom_the_table_names(
    classroom: Classroom, visitor: httpx2.Client, others: dict[str, dict[str, str]], name: str
) -> None:
    assert TABLE[f"MESSAGE {name}"] is Need.COMMAND
    message = {"type": name, **({"value": 300} if name == "speed" else {})}
    cookie = {"Cookie": "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())}
    for headers in (*others.values(), cookie):
        async with watch(classroom.server.stream_url.format("main"), additional_headers=headers) as viewer:
            assert (await viewer.status())["access"] == "watch"
            await viewer.socket.send(json.dumps(message))
            assert (await viewer.problem())["status"] == 403
    with classroom.presenter() as presenter:
        run = copy_of(visitor)
        before = presenter.post("/api/runs/main/pause").json()
        for headers in (cookie, {"Authorization": f"Bearer {classroom.token}"}):
            async with watch(classroom.server.stream_url.format(run), additional_headers=headers) as viewer:
                assert (await viewer.status())["access"] == "command"
                await viewer.socket.send(json.dumps({**message, **({"value": 400} if name == "speed" else {})}))
                await viewer.socket.send('{"type": "nonsense"}')
                assert (await viewer.problem())["status"] == 422, "the answer to the second message"
        assert presenter.delete(f"/api/runs/{run}").status_code == 204
        after = presenter.get("/api/runs/main").json()
        assert after == {**before, "viewers": after["viewers"]}, "what all share has not changed"


async def test_only_the_presenter_shows_something_to_the_class(
    classroom: Classroom, visitor: httpx2.Client, others: dict[str, dict[str, str]]
) -> None:
    assert TABLE["MESSAGE show"] is Need.PRESENT
    cookie = {"Cookie": "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())}
    own = copy_of(visitor)
    with classroom.presenter() as presenter:
        before = presenter.get("/api/class").json()["shown"]
    for headers, run in [*((headers, "main") for headers in others.values()), (cookie, "main"), (cookie, own)]:
        async with watch(classroom.server.stream_url.format(run), additional_headers=headers) as viewer:
            await viewer.socket.send('{"type": "show"}')
            assert (await viewer.problem())["status"] == 403
    with classroom.presenter() as presenter:
        assert presenter.get("/api/class").json()["shown"] == before
        bearer = {"Authorization": f"Bearer {classroom.token}"}
        async with watch(classroom.server.stream_url.format("main"), additional_headers=bearer) as viewer:
            await viewer.socket.send('{"type": "show", "iteration": 3}')
            await viewer.socket.send('{"type": "nonsense"}')
            assert (await viewer.problem())["status"] == 422, "the answer to the second message"
        assert presenter.get("/api/class").json()["shown"]["iteration"] == 3
        presenter.delete(f"/api/runs/{own}")


def statuses_of(port: int, path: str, cookies: dict[str, str], times: int) -> list[int]:
    """The statuses of the answers to the same request, sent so many times in one go."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
    last = f"{request}Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        sending = threading.Thread(
            target=connection.sendall, args=(f"{request}\r\n".encode() * (times - 1) + last.encode(),)
        )
        sending.start()
        answers = b"".join(iter(partial(connection.recv, 65536), b""))
        sending.join()
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
    assert len(statuses) == times
    return statuses


def test_a_flood_of_one_visitor_is_refused_and_others_are_served(
    classroom: Classroom, presenter: httpx2.Client
) -> None:
    with classroom.visitor() as flood, classroom.visitor() as other:
        statuses = statuses_of(classroom.server.port, "/predict?a=1&b=2", dict(flood.cookies), 1000)
        assert set(statuses) == {200, 429}, "a thousand at once are more than one may send"
        refused = flood.get("/predict?a=1&b=2")
        while refused.status_code == 200:  # the answers took so long that one may ask again
            refused = flood.get("/predict?a=1&b=2")
        assert "Ask again" in check_problem(refused, 429)["detail"]
        assert int(refused.headers["retry-after"]) >= 1
        assert other.get("/predict?a=1&b=2").status_code == 200
        assert presenter.get("/predict?a=1&b=2").status_code == 200
