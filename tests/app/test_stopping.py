"""A server that has to end while many requests wait: every client is told so, and the log stays empty."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.app.serving import Server, run_server
from tests.app.test_slow_viewers import stalled
from tests.app.wire import watch
from tests.patience import PATIENCE

LARGE = {"bits": 11, "hidden_size": 128, "optimizer": "adam"}
"""An evaluation of it takes seconds, and its checkpoint is more than the system holds for a client."""

ASKED = (
    "GET /api/runs/{large}/accuracy",
    "GET /api/runs/{large}/accuracy?iteration=150",
    "GET /api/runs/{unseen}/accuracy",
    "GET /predict?a=1&b=1&run={large}&iteration=199",
    "GET /api/runs/{large}/iterations/199",
    "GET /api/runs/{large}/answers?a=1&b=1",
    "GET /api/runs/{large}/errors",
    "GET /api/runs/{large}/errors?points=100",
    "GET /api/runs/{large}/overview?history=100",
    "POST /api/runs/{large}/step",
    "POST /api/runs/{unseen}/step",
    "POST /api/runs/{large}/reset",
)


def asks(server: Server, what: str, accept: str = "*/*") -> socket.socket:
    """A client that has sent a request and has not read the answer yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", server.port))
    client.sendall(f"{what} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: {accept}\r\n\r\n".encode())
    return client


def status_of(client: socket.socket) -> int | None:
    """The status of the answer, or None if the connection was closed instead."""
    response = HTTPResponse(client)
    try:
        response.begin()
        response.read()
    except OSError:
        return None
    return response.status


@pytest.mark.parametrize(
    ("engine", "asked"),
    [("numpy", ASKED[:1]), ("compiled", ASKED[2:3]), ("compiled", ASKED)],
    ids=["evaluation", "engine", "all"],
)
def test_whoever_waits_at_the_end_is_told_so_and_the_log_is_empty(
    engine: str, asked: Sequence[str], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(run_server(data_dir=str(tmp_path), engine=engine))
        http = stack.enter_context(server.client())
        large = http.post("/api/runs", json={"config": LARGE, "speed": None}).json()["id"]
        http.post(f"/api/runs/{large}/step", json={"iterations": 200})
        unseen = http.post("/api/runs", json={"config": {"cell": "gru", "hidden_size": 23}}).json()["id"]
        http.post("/api/runs/main/start")
        questions = [what.format(large=large, unseen=unseen) for what in asked]
        clients = [stack.enter_context(asks(server, what)) for what in questions for _ in range(3)]
        http.get("/healthz")  # what was asked before is being answered
        assert server.end() == 0
        assert {status_of(client) for client in clients} <= {200, 201, 409, 503, None}
        assert server.complaints() == []


async def test_streams_and_downloads_that_nobody_reads_do_not_hold_the_end_up(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(run_server(data_dir=str(tmp_path), engine="numpy"))
        http = stack.enter_context(server.client())
        large = http.post("/api/runs", json={"config": LARGE, "speed": None}).json()["id"]
        http.post(f"/api/runs/{large}/start")
        async with watch(server.stream_url.format(large)) as viewer:
            for _ in range(3):
                stack.enter_context(stalled(server, large))
                stack.enter_context(asks(server, f"GET /api/runs/{large}/checkpoint"))
                stack.enter_context(asks(server, f"GET /api/runs/{large}/errors", "application/octet-stream"))
            for _ in range(40):
                await viewer.frame()  # by now the others are sent no more
            assert server.end() == 0
            assert await viewer.closed() == 1012
        assert server.complaints() == []
