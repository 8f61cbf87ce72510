"""What a client asks for is computed for as long as it is there: over real sockets, to a server in this process whose
work can be looked into.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress

import pytest
import uvicorn
from fastapi import FastAPI

from app.config import Settings
from app.connections import Door
from app.main import create_app
from app.protocols import http_protocol
from app.server import bind
from app.services import accuracies, travel
from app.services.live_run import LiveRun
from app.services.registry import Registry
from rnn_core.pieces import Pieces
from tests.app.serving import check_status, run_server
from tests.patience import PATIENCE


class Endless:
    """A stand-in for any computation: it goes on until it is cancelled."""

    def __init__(self) -> None:
        self.begun, self.ended = 0, 0

    def __call__(self, *_arguments: object) -> Pieces[None]:
        self.begun += 1
        try:
            while True:
                yield
        finally:
            self.ended += 1


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    endless = Endless()
    for module, name in ((travel, "replayed"), (travel, "answers_along"), (accuracies, "_evaluated")):
        monkeypatch.setattr(module, name, endless)
    return endless


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """Serve it, and give the port."""
    listener = bind("127.0.0.1", 0)
    http = http_protocol(Door(100), 20.0, 20.0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", http=http))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def lab() -> AsyncIterator[tuple[int, Registry, LiveRun]]:
    """A port, what is behind it, and a run that has come to iteration 50."""
    app = create_app(Settings(engine="numpy", store=False))
    async with served(app) as port:
        registry: Registry = app.state.registry
        main = await registry.get("main")
        await main.step(50)
        yield port, registry, main


async def ask(port: int, request: str, body: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request without reading the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    writer.write(f"{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{length}\r\n{body}".encode())
    await writer.drain()
    return reader, writer


BRANCH = '{"from": {"run": "main", "iteration": 9}}'

COSTLY = {
    "a moment": ("GET /api/runs/main/iterations/7", ""),
    "a prediction": ("GET /predict?a=9&b=60&iteration=7", ""),
    "a posted prediction": ("POST /predict", '{"a": 9, "b": 60, "iteration": 7}'),
    "answers": ("GET /api/runs/main/answers?a=9&b=60&stop=40", ""),
    "accuracy": ("GET /api/runs/main/accuracy", ""),
    "accuracy then": ("GET /api/runs/main/accuracy?iteration=7", ""),
    "why": ("GET /api/runs/main/why?a=9&b=60&iteration=7", ""),
    "errors": ("GET /api/runs/main/errors?start=3&stop=30", ""),
    "a branch": ("POST /api/runs", BRANCH),
}


@pytest.mark.parametrize("what", list(COSTLY))
async def test_what_a_client_that_leaves_has_asked_for_is_called_off(what: str, endless: Endless) -> None:
    async with lab() as (port, registry, main):
        main.errors.exact_until, main.errors.exact_from = 0, 50  # so that errors have to be computed again
        others = await ask(port, *COSTLY[what])
        _, writer = await ask(port, *COSTLY[what])
        await until(lambda: endless.begun == 1 and registry.jobs.busy)
        await until(lambda: sum(asked.waiting for asked in registry.jobs._questions.values()) == 2)
        writer.close()
        await until(lambda: sum(asked.waiting for asked in registry.jobs._questions.values()) == 1)
        assert (endless.begun, endless.ended) == (1, 0), "the other client waits on"
        others[1].close()
        await until(lambda: endless.ended == 1)
        assert not registry.jobs.busy


async def test_what_is_cheap_is_answered_and_commands_are_obeyed_beside_any_number_of_costly_requests(
    endless: Endless,
) -> None:
    async with lab() as (port, registry, main):
        writers = [(await ask(port, f"GET /predict?a=1&b=2&iteration={k}"))[1] for k in range(1, 21)]
        await until(lambda: endless.begun == 20)
        for request in (
            "GET /healthz",
            "GET /predict?a=9&b=60",
            "GET /api/runs",
            "GET /api/runs/main",
            "GET /api/runs/main/overview",
            "GET /api/runs/main/errors",
            "GET /api/runs/main/checkpoint",
        ):
            reader, writer = await ask(port, request)
            async with asyncio.timeout(PATIENCE):
                assert await reader.readline() == b"HTTP/1.1 200 OK\r\n", request
            writer.close()
        await main.start()
        await until(lambda: main.snapshot.iteration > 60)
        async with asyncio.timeout(PATIENCE):
            await main.pause()
            await main.change({"name": "Still here"})
            await main.reset(None)  # which calls off what was asked of its past
        await until(lambda: endless.ended == 20 and not registry.jobs.busy)
        for writer in writers:
            writer.close()


async def test_too_many_costly_requests_are_refused_with_when_to_come_again(
    endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.jobs.MOST_OF_ONE", 3)
    async with lab() as (port, _, _):
        writers = [(await ask(port, f"GET /api/runs/main/iterations/{k}"))[1] for k in range(1, 4)]
        await until(lambda: endless.begun == 3)
        reader, writer = await ask(port, "GET /api/runs/main/accuracy")
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 5\r\n" in head.lower()
        for each in (writer, *writers):
            each.close()
        await until(lambda: endless.ended == 3)


def test_a_server_that_is_told_to_end_does_so_in_good_order_while_much_is_asked() -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        config = {"bits": 11, "hidden_size": 128}
        run = check_status(http.post("/api/runs", json={"config": config}), 201)["id"]
        http.post(f"/api/runs/{run}/step", json={"iterations": 200})
        asked = [
            f"/api/runs/{run}/accuracy",
            f"/api/runs/{run}/accuracy?iteration=100",
            f"/api/runs/{run}/answers?a=1&b=2",
        ]
        sockets = []
        for path in (*asked, *(f"/api/runs/{run}/iterations/{k}" for k in range(150, 160))):
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
            sockets.append(client)
        assert http.get("/healthz").status_code == 200  # by then the others have been read
        assert server.end() == 0
        assert server.complaints() == []
        answers = []
        for client in sockets:
            with suppress(ConnectionError):
                answers.append(client.recv(65536).split(b"\r\n")[0])
            client.close()
        assert set(answers) <= {b"HTTP/1.1 503 Service Unavailable", b"HTTP/1.1 200 OK", b""}
        assert answers[0] == b"HTTP/1.1 503 Service Unavailable"
