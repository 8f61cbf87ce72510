"""The log, the ids of requests in it, and whether the server says that it is ready."""

import asyncio
import json
import logging
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from websockets.sync.client import connect

from app.config import Settings
from app.logs import JsonLines, Lines, without_secrets
from app.main import create_app
from app.messages.outgoing import EngineStatus, StorageStatus
from app.refusals import Busy
from app.request_ids import _current
from app.routes import pages
from tests.app.serving import Server, check_problem, run_server
from tests.patience import PATIENCE

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) \S.*")


def test_a_line_has_time_level_message_and_the_id_of_its_request() -> None:
    record = logging.LogRecord("app", logging.WARNING, __file__, 1, "the disk is %s", ("full",), None)
    record.created = 1_769_860_800.125
    assert Lines().format(record) == "2026-01-31T12:00:00.125Z WARNING the disk is full"
    token = _current.set("abc")
    try:
        assert Lines().format(record) == "2026-01-31T12:00:00.125Z WARNING the disk is full [abc]"
    finally:
        _current.reset(token)


def test_every_line_of_a_server_has_this_form() -> None:
    with run_server("--log-level", "info", "--engine", "numpy") as server:
        with httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as http:
            http.get("/healthz", headers={"X-Request-ID": "mine-1"})
        with connect(server.stream_url.format("main"), additional_headers={"X-Request-ID": "mine-2"}, proxy=None):
            pass
        assert server.end() == 0
        lines = server.stderr().splitlines()
    assert lines
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert any('"GET /healthz HTTP/1.1" 200 [mine-1]' in line for line in lines)
    assert any("/api/runs/main/stream" in line for line in lines)


def json_line(message: str, *arguments: Any, **more: Any) -> dict[str, Any]:
    """What the log says as JSON, as a program reads it."""
    record = logging.LogRecord(more.pop("name", "app"), logging.WARNING, __file__, 1, message, arguments, None)
    record.created = 1_769_860_800.125
    for name, value in more.items():
        setattr(record, name, value)
    text = JsonLines().format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_json_line_has_time_level_event_and_the_id_of_its_request() -> None:
    plain = {"time": "2026-01-31T12:00:00.125Z", "level": "warning", "event": "the disk is full\nor gone"}
    assert json_line("the disk is %s", "full\nor gone") == plain
    token = _current.set("abc")
    try:
        assert json_line("the disk is %s", "full\nor gone") == {**plain, "request_id": "abc"}
    finally:
        _current.reset(token)


def test_a_json_line_has_fields_and_the_traceback() -> None:
    named = json_line("local: start main", event="command", fields={"run": "main", "status": 200})
    assert (named["event"], named["message"]) == ("command", "local: start main")
    assert named["fields"] == {"run": "main", "status": 200}
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        failed = json_line("it failed", exc_info=sys.exc_info())
    assert failed["exception"].startswith("Traceback")
    assert failed["exception"].endswith("RuntimeError: broken")


def test_requests_are_fields_of_a_json_line() -> None:
    asked = ("127.0.0.1:5", "GET", "/predict?a=9&b=60", "1.1", 200)
    line = json_line('%s - "%s %s HTTP/%s" %d', *asked, name="uvicorn.access")
    assert line["event"] == "request"
    assert line["fields"] == dict(zip(("client", "method", "path", "http_version", "status"), asked, strict=True))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ('"GET /?token=abc HTTP/1.1" 200', '"GET /?(hidden) HTTP/1.1" 200'),
        ('"GET /runs?lang=zh&Token=abc HTTP/1.1"', '"GET /runs?(hidden) HTTP/1.1"'),
        ("GET /?%74%6fken=abc", "GET /?(hidden)"),
        ("GET /?to%6ben=abc&a=1", "GET /?(hidden)"),
        ("GET /predict?a=9&b=60", "GET /predict?a=9&b=60"),
        ("< Cookie: rnn=abc; other=def", "< Cookie: (hidden)"),
        ("> set-cookie: rnn=abc", "> set-cookie: (hidden)"),
        ("< AUTHORIZATION: Bearer abc.def", "< AUTHORIZATION: (hidden)"),
        ("it said Bearer abc.def-1=", "it said Bearer (hidden)"),
        ("What is that? A token.", "What is that? A token."),
    ],
)
def test_no_secret_is_written(text: str, safe: str) -> None:
    assert without_secrets(text) == safe


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_server_that_tells_everything_tells_no_secret(form: str) -> None:
    with run_server("--log-level", "debug", engine="numpy", log_format=form) as server:
        secret = {"Authorization": "Bearer SECRET", "Cookie": "rnn=SECRET"}
        with server.client(headers=secret) as http:
            http.get("/?token=SECRET")
            http.get("/predict?a=1&%74oken=SECRET")
            http.post("/api/runs/main/step?token=SECRET", json={})
        address = f"{server.stream_url.format('main')}?token=SECRET"
        with connect(address, additional_headers=secret, proxy=None) as socket:
            socket.recv(PATIENCE)
        assert server.end() == 0
        log = server.stderr()
    assert "SECRET" not in log
    assert "(hidden)" in log
    if form == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        assert all({"time", "level", "event"} <= line.keys() for line in lines)
        command = next(line for line in lines if line["event"] == "command")
        assert command["fields"]["command"] == "step"
        request = next(line for line in lines if line.get("request_id") == command["request_id"] and line != command)
        assert (request["fields"]["path"], request["fields"]["status"]) == ("/api/runs/main/step?(hidden)", 200)


@pytest.mark.parametrize("sane", ["7f", "Root=1-67891233-abcdef012345678912345678", "a" * 128])
def test_a_sane_id_of_a_request_comes_back(http: httpx2.Client, sane: str) -> None:
    assert http.get("/healthz", headers={"X-Request-ID": sane}).headers["x-request-id"] == sane
    refused = http.get("/nothing", headers={"X-Request-ID": sane})
    assert (refused.status_code, refused.headers["x-request-id"]) == (404, sane)
    foreign = http.get("/healthz", headers={"X-Request-ID": sane, "Host": "evil.example"})
    assert (foreign.status_code, foreign.headers["x-request-id"]) == (421, sane)


@pytest.mark.parametrize("odd", ["", "a b", "a" * 129, 'a"b', "a,b"])
def test_an_odd_id_is_replaced(http: httpx2.Client, odd: str) -> None:
    made = http.get("/healthz", headers={"X-Request-ID": odd}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    assert http.get("/healthz").headers["x-request-id"] != made


def test_a_socket_has_an_id_too(server: Server) -> None:
    with connect(server.stream_url.format("main"), additional_headers={"X-Request-ID": "mine"}, proxy=None) as socket:
        assert socket.response is not None
        assert socket.response.headers.get_all("X-Request-ID") == ["mine"]


def test_a_mistake_of_the_server_is_found_in_its_log_by_the_id_of_the_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("app.services.keeper.Keeper.look", broken)
    app = create_app(Settings(store=False, engine="numpy"))
    with TestClient(app, "http://testserver", raise_server_exceptions=False) as client:
        client.headers["Host"] = "testserver"
        answer = client.get("/api/storage", headers={"X-Request-ID": "mine"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "mine"
    assert answer.json()["detail"] == "The server made a mistake; its log tells more under mine."
    assert "mine: GET /api/storage failed" in caplog.text


def test_a_server_that_can_be_used_says_that_it_is_ready(http: httpx2.Client) -> None:
    deadline = time.monotonic() + 120
    while (answer := http.get("/readyz")).status_code == 503:
        assert "engine" in check_problem(answer, 503)["detail"]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def fake_runs(engine: EngineStatus, storage: StorageStatus | None) -> Any:
    async def look() -> StorageStatus:
        if storage is None:
            await asyncio.Event().wait()
        assert storage is not None
        return storage

    return SimpleNamespace(compiler=SimpleNamespace(status=lambda: engine), keeper=SimpleNamespace(look=look))


READY = EngineStatus(name="compiled", state="ready", detail=None)
KEPT = StorageStatus(state="kept", detail=None)


@pytest.mark.parametrize(
    ("engine", "storage", "why"),
    [
        (EngineStatus(name="compiled", state="compiling", detail="It waits.", waiting=True), KEPT, "It waits."),
        (READY, StorageStatus(state="trouble", detail="The disk is full."), "The disk is full."),
        (READY, None, "The disk does not answer."),
    ],
)
async def test_a_server_that_can_not_be_used_says_why(
    monkeypatch: pytest.MonkeyPatch, engine: EngineStatus, storage: StorageStatus | None, why: str
) -> None:
    monkeypatch.setattr(pages, "DISK_SECONDS", 0.01)
    with pytest.raises(Busy, match=why):
        await pages.readiness(fake_runs(engine, storage))


@pytest.mark.parametrize(
    "engine",
    [
        READY,
        EngineStatus(name="compiled", state="compiling", detail="A general engine computes.", kernels="general"),
        EngineStatus(name="numpy", state="fallback", detail="There is no compiler."),
    ],
)
async def test_a_slower_engine_and_no_storage_are_ready(engine: EngineStatus) -> None:
    storage = StorageStatus(state="none", detail="Runs are not stored.")
    assert (await pages.readiness(fake_runs(engine, storage))).status == "ready"


def test_not_being_ready_is_a_503_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def trouble(*_: Any) -> StorageStatus:
        return StorageStatus(state="trouble", detail="The disk is full.")

    monkeypatch.setattr("app.services.keeper.Keeper.look", trouble)
    with TestClient(create_app(Settings(store=False, engine="numpy")), "http://testserver") as client:
        answer = client.get("/readyz")
    problem = check_problem(answer, 503)
    assert problem["detail"] == "The disk is full."
    assert answer.headers["retry-after"] == "5"
