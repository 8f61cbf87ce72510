"""The log, the ids of requests in it, and whether the server says that it is ready."""

import asyncio
import logging
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from websockets.sync.client import connect

from app.config import Settings
from app.logs import Lines
from app.main import create_app
from app.messages.outgoing import EngineStatus, StorageStatus
from app.refusals import Busy
from app.request_ids import _current
from app.routes import pages
from tests.app.serving import Server, check_problem, run_server

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
