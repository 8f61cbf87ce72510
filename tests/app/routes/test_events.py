"""The stream over HTTP: the same messages and frames as over the socket, with the same bounds."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from app.routes import events
from app.routes.events import Kind, record
from app.services.lesson import Lesson
from app.services.viewer import Farewell, Viewer
from tests.app.conftest import NewRun
from tests.app.serving import Server, check_problem, eventually, run_server
from tests.app.wire import Frame, parse_frame, watch

Record = tuple[int, Any]


def records(data: bytes) -> list[Record]:
    """The records of a whole answer."""
    found = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        found.append((kind, read(kind, data[8 : 8 + length])))
        data = data[8 + length :]
    return found


def read(kind: int, body: bytes) -> Any:
    if kind == Kind.FRAME:
        return parse_frame(body)
    return json.loads(body) if body else None


@contextmanager
def watched(server: Server, run: str, query: str = "") -> Iterator[Iterator[Record]]:
    """The records of an answer, one after the other."""
    with (
        httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as client,
        client.stream("GET", f"/api/runs/{run}/events{query}") as answer,
    ):
        assert answer.status_code == 200
        pieces = answer.iter_bytes()

        def one_by_one() -> Iterator[Record]:
            data = b""
            while True:
                while len(data) < 8 or len(data) < 8 + struct.unpack_from("<II", data)[1]:
                    piece = next(pieces, None)
                    if piece is None:
                        assert data == b"", "the answer ends within a record"
                        return
                    data += piece
                kind, length = struct.unpack_from("<II", data)
                yield kind, read(kind, data[8 : 8 + length])
                data = data[8 + length :]

        yield one_by_one()


async def test_it_greets_as_the_socket_does(server: Server, http: httpx2.Client, run: str) -> None:
    http.post(f"/api/runs/{run}/step", json={"iterations": 3})
    async with watch(server.stream_url.format(run)) as viewer:
        status, frame = await viewer.status(), await viewer.frame()
    eventually(http, run, lambda found: found["viewers"] == 0)
    (text, message), (kind, same) = records(http.get(f"/api/runs/{run}/events?seconds=0").content)
    assert (text, kind) == (Kind.TEXT, Kind.FRAME)
    assert message == {"type": "status", "run": status}
    assert (same.metadata, list(same.tensors), same.size) == (frame.metadata, list(frame.tensors), frame.size)
    assert len(same.errors) == 0


def test_changes_come_as_they_happen(server: Server, http: httpx2.Client, run: str) -> None:
    with watched(server, run) as found:
        assert next(found)[1]["run"]["viewers"] == 1
        assert isinstance(next(found)[1], Frame)
        http.post(f"/api/runs/{run}/start")
        kind, message = next(found)
        assert (kind, message["run"]["state"]) == (Kind.TEXT, "running")
        frames = [what for _, what in (next(found) for _ in range(20)) if isinstance(what, Frame)]
        assert len(frames) > 10
        assert [frame.iteration for frame in frames] == sorted(frame.iteration for frame in frames)
        assert frames[-1].errors_start > 0
    assert eventually(http, run, lambda status: status["viewers"] == 0)["state"] == "running"


def test_who_asks_for_small_frames_gets_light_ones_between(server: Server, http: httpx2.Client, run: str) -> None:
    with watched(server, run, "?frames=small") as found:
        http.post(f"/api/runs/{run}/start")
        frames = [what for _, what in (next(found) for _ in range(30)) if isinstance(what, Frame)]
        assert {"light" in frame.metadata for frame in frames} == {True, False}


def test_a_deleted_run_ends_it_with_the_code_of_the_socket(
    server: Server, http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run()
    with watched(server, run) as found:
        next(found)
        http.delete(f"/api/runs/{run}")
        *_, (kind, end) = found
    assert (kind, end["code"]) == (Kind.END, 1008)
    assert end["reason"]


def test_a_server_that_ends_says_so() -> None:
    with run_server() as server, watched(server, "main") as found:
        next(found)
        assert server.end() == 0
        *_, (kind, end) = found
        assert (kind, end["code"]) == (Kind.END, 1012)
        assert server.complaints() == []


def test_it_is_refused_like_any_other_question(server: Server, http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nobody/events"), 404)
    check_problem(http.get("/api/runs/main/events?seconds=-1"), 422, "seconds")
    check_problem(http.get("/api/runs/main/events?x=1"), 422, "x")
    check_problem(http.get("/api/runs/main/events?frames=tiny"), 422, "frames")
    assert http.post("/api/runs/main/events").status_code == 405
    head = http.head("/api/runs/main/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["cache-control"] == "no-store, no-transform"
    assert http.get("/api/runs/main").json()["viewers"] == 0


def test_a_viewer_over_http_counts_as_any_other() -> None:
    with run_server(max_viewers="1") as server, httpx2.Client(base_url=server.url, trust_env=False) as http:
        with watched(server, "main") as found:
            next(found)
            problem = check_problem(http.get("/api/runs/main/events?seconds=0"), 503)
            assert "Too many browsers" in problem["detail"]
        eventually(http, "main", lambda status: status["viewers"] == 0)
        assert http.get("/api/runs/main/events?seconds=0").status_code == 200


class FakeRun:
    """A run that any viewer may watch."""

    @contextmanager
    def watched_by(self, _: Viewer) -> Iterator[None]:
        yield


NOTHING_SHOWN = Lesson(dict, lambda _: True)


async def test_an_empty_record_says_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SILENCE", 0.01)
    viewer = Viewer()
    found = events._records(FakeRun(), viewer, None, NOTHING_SHOWN)  # type: ignore[arg-type]
    assert await anext(found) == record(Kind.NOTHING)
    viewer.tell("{}")
    while (told := await anext(found)) == record(Kind.NOTHING):
        pass
    assert told == record(Kind.TEXT, b"{}")
    viewer.close(Farewell.BINARY, "no")
    *_, last = [one async for one in found]
    assert struct.unpack_from("<II", last)[0] == Kind.END


async def test_of_frames_that_are_not_taken_the_newest_is_sent() -> None:
    viewer = Viewer()
    found = events._records(FakeRun(), viewer, 0, NOTHING_SHOWN)  # type: ignore[arg-type]
    for number in range(1000):
        viewer.show(b"%d" % number)
        viewer.tell(str(number))
    sent = [one async for one in found]
    assert sent[-1] == record(Kind.FRAME, b"999")
    assert len(sent) == 65
