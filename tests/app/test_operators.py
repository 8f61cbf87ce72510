"""What operators see: metrics, and the record of who did what. A real server, real sockets."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.observed import OF_ROUTE, QUESTIONS, SAFE
from app.routes import operators, past, predict, runs
from app.services.audit import KEPT
from tests.app.access.classroom import run_classroom
from tests.app.serving import ROOT, Server, check_problem, run_server
from tests.patience import PATIENCE

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def lab() -> Iterator[Server]:
    with run_server(engine="numpy", max_viewers="1") as server:
        yield server
        assert server.end() == 0
        assert server.complaints() == []


@pytest.fixture(scope="module")
def http(lab: Server) -> Iterator[httpx2.Client]:
    with lab.client() as client:
        yield client


def numbers(http: httpx2.Client) -> Numbers:
    """All samples, by name and labels."""
    text = http.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Numbers, name: str, **labels: str) -> float:
    return found.get((f"rnn_adder_{name}", tuple(sorted(labels.items()))), 0.0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def watching(server: Server, run: str = "main", cookies: httpx2.Cookies | None = None) -> ClientConnection:
    brought = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    headers = {"Cookie": brought} if brought else {}
    return connect(server.stream_url.format(run), proxy=None, open_timeout=PATIENCE, additional_headers=headers)


def audit(http: httpx2.Client) -> list[dict[str, Any]]:
    answer = http.get("/api/audit")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


# Metrics


def test_requests_are_counted_by_the_template_of_their_route(http: httpx2.Client) -> None:
    before = numbers(http)
    for path in ("/api/runs/main", "/api/runs/main", "/api/runs/nobody", "/static/main.js", "/nowhere/at/all"):
        http.get(path)
    http.get("/healthz", headers={"Host": "evil.example"})
    http.post("/healthz")
    after = numbers(http)

    def more(method: str, route: str, status: int) -> float:
        labels = {"method": method, "route": route, "status": str(status)}
        return value(after, "requests_total", **labels) - value(before, "requests_total", **labels)

    assert more("GET", "/api/runs/{run_id}", 200) == 2
    assert more("GET", "/api/runs/{run_id}", 404) == 1
    assert more("GET", "/static", 200) == 1
    assert more("GET", "other", 404) == 1
    assert more("GET", "other", 421) == 1
    assert more("POST", "/healthz", 405) == 1
    answered = value(after, "request_seconds_count", route="/api/runs/{run_id}")
    assert answered - value(before, "request_seconds_count", route="/api/runs/{run_id}") == 3


def test_nothing_that_a_client_chooses_becomes_a_label(http: httpx2.Client) -> None:
    for number in range(20):
        http.get(f"/api/runs/strange-{number}", headers={"X-Request-ID": f"strange-{number}"})
        http.post(f"/api/runs/strange-{number}/start")
        http.delete(f"/strange-{number}?token=strange-{number}")
        http.request("PROPFIND", f"/strange-{number}")
        http.get(f"/static/strange-{number}.css")
        http.get("/healthz", headers={"Host": f"strange-{number}.example"})
    text = http.get("/metrics").text
    assert "strange" not in text
    assert "PROPFIND" not in text
    assert "127.0.0.1" not in text
    routes = set(re.findall(r'route="([^"]+)"', text))
    assert all(re.fullmatch(r"other|(/[a-z.]+|/\{run_id\})+", route) for route in routes), routes


def test_viewers_frames_iterations_and_commands_are_counted(lab: Server, http: httpx2.Client) -> None:
    before = numbers(http)
    with watching(lab) as socket:
        assert value(numbers(http), "viewers") == 1
        socket.send('{"type": "step", "iterations": 30}')
        socket.send('{"type": "pause"}')
        socket.send('{"type": "reset", "config": {"hidden_size": 0}}')
        told: list[str] = []
        until(lambda: told.append(str(socket.recv(PATIENCE))) or '"problem"' in told[-1])  # type: ignore[func-returns-value]
    until(lambda: value(numbers(http), "viewers") == 0)
    after = numbers(http)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("iterations_total") == 30
    assert more("frames_sent_total") >= 2
    assert more("frame_bytes_total") > 1000
    assert more("commands_total", command="step", via="socket", result="done") == 1
    assert more("commands_total", command="pause", via="socket", result="nothing") == 1
    assert more("commands_total", command="reset", via="socket", result="refused") == 1
    assert more("command_seconds_count", command="step") == 1
    assert more("requests_total", method="WEBSOCKET", route="/api/runs/{run_id}/stream", status="101") == 1
    http.post("/api/runs/main/reset")
    assert value(numbers(http), "commands_total", command="reset", via="http", result="done") == 1


def test_what_is_refused_because_of_a_limit_is_counted_by_its_code(lab: Server, http: httpx2.Client) -> None:
    before = numbers(http)
    with watching(lab):
        with watching(lab) as second, pytest.raises(ConnectionClosed) as closed:
            second.recv(PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        check_problem(http.get("/api/runs/main/events"), 503)
    after = numbers(http)
    for code in ("1013", "503"):
        assert value(after, "refusals_total", code=code) - value(before, "refusals_total", code=code) == 1
    assert value(after, "refusals_total", code="429") == 0


def test_metrics_tell_of_runs_process_and_lag(http: httpx2.Client) -> None:
    run = http.post("/api/runs", json={}).json()["id"]
    found = numbers(http)
    assert value(found, "runs", state="ready", **{"in": "memory"}) >= 1
    assert value(found, "viewers_most") == 1
    assert value(found, "storage_trouble") == 0
    assert value(found, "connections") >= 1
    assert found["process_cpu_seconds_total", ()] > 0
    until(lambda: value(numbers(http), "loop_lag_seconds_count") > 0)
    http.delete(f"/api/runs/{run}")


def test_metrics_come_in_the_form_that_is_asked_for(http: httpx2.Client) -> None:
    plain = http.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert plain.headers["cache-control"] == "no-store"
    newer = http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")


# Who did what


def test_every_command_that_changes_a_run_is_recorded(lab: Server, http: httpx2.Client) -> None:
    newest = max((line["number"] for line in audit(http)), default=0)
    run = http.post("/api/runs", json={"name": "recorded"}).json()["id"]
    branch = http.post("/api/runs", json={"from": {"run": run, "iteration": 0}}).json()["id"]
    for path, body in (
        ("start", {}),
        ("pause", {}),
        ("step", {"iterations": 2}),
        ("reset", {"config": {"hidden_size": 2}}),
        ("reset/undo", {}),
    ):
        assert http.post(f"/api/runs/{run}/{path}", json=body).status_code == 200
    http.patch(f"/api/runs/{run}", json={"name": "renamed", "speed": 5})
    file = http.get(f"/api/runs/{run}/checkpoint").content
    imported = http.post("/api/runs/import", content=file, headers={"Content-Type": "application/octet-stream"}).json()
    with watching(lab, branch) as socket:
        socket.send('{"type": "speed", "value": 7}')
        socket.send('{"type": "speed", "value": 7}')  # changes nothing
        socket.send('{"type": "nonsense"}')  # is no command
        until(lambda: any(line["command"] == "speed" for line in audit(http)))
    for each in (run, branch, imported["id"]):
        http.delete(f"/api/runs/{each}")
    http.delete("/api/runs/main")
    http.post(f"/api/runs/{run}/restore")
    lines = [line for line in reversed(audit(http)) if line["number"] > newest]
    assert {line["actor"] for line in lines} == {"local"}
    assert [(line["command"], line["run"], line["given"], line["status"]) for line in lines] == [
        ("create", run, ["name"], 201),
        ("create", branch, ["origin"], 201),
        ("start", run, [], 200),
        ("pause", run, [], 200),
        ("step", run, ["iterations"], 200),
        ("reset", run, ["config"], 200),
        ("undo_reset", run, [], 200),
        ("change", run, ["name", "speed"], 200),
        ("import", imported["id"], [], 201),
        ("speed", branch, ["value"], 200),
        ("delete", run, [], 204),
        ("delete", branch, [], 204),
        ("delete", imported["id"], [], 204),
        ("delete", "main", [], 409),
        ("restore", run, [], 404),
    ]


def test_questions_and_what_is_no_command_are_not_recorded(http: httpx2.Client) -> None:
    before = audit(http)
    http.get("/api/runs")
    http.post("/predict", json={"a": 1, "b": 2})
    http.post("/api/config", json={})
    http.post("/nowhere")
    http.put("/api/runs/main")
    http.post("/api/runs/main/start", headers={"Origin": "https://evil.example"})
    assert audit(http) == before


def test_the_record_holds_no_ids_that_no_run_can_have(http: httpx2.Client) -> None:
    http.post(f"/api/runs/{'x' * 500}/start")
    http.post("/api/runs/%0A<b>/pause")
    assert [(line["command"], line["run"]) for line in audit(http)[:2]] == [("pause", None), ("start", None)]


def test_the_record_is_asked_for_in_part(http: httpx2.Client) -> None:
    http.post("/api/runs/main/step", json={})
    http.post("/api/runs/main/reset", json={})
    assert [line["command"] for line in http.get("/api/audit?last=2").json()] == ["reset", "step"]
    check_problem(http.get("/api/audit?last=0"), 422, "last")
    check_problem(http.get(f"/api/audit?last={KEPT + 1}"), 422, "last")


def test_the_record_survives_a_killed_server(tmp_path: Path) -> None:
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as client:
        client.post("/api/runs/main/step", json={})
        before = audit(client)
        until((tmp_path / "audit.jsonl").exists)
        server.end(signal.SIGKILL)
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as client:
        assert audit(client) == before


def test_every_route_that_changes_something_is_a_command_with_words_on_the_page() -> None:
    """Whoever adds a route says whether it is a command, and what people call it."""
    names = {
        route.name
        for module in (runs, past, predict, operators)
        for route in module.router.routes
        if isinstance(route, APIRoute) and not (route.methods or set()) <= SAFE
    }
    commands = {OF_ROUTE.sub("", name) for name in names - QUESTIONS}
    page = (ROOT / "app" / "static" / "views" / "audit.js").read_text(encoding="utf-8")
    assert {"create", "undo_reset", "import"} < commands
    assert [command for command in sorted(commands | {"speed"}) if f"  {command}: say(" not in page] == []


# Who may read it

GUARDED = ["/metrics", "/api/audit"]


def test_a_class_sees_neither_and_the_presenter_sees_who_did_what() -> None:
    with run_classroom() as classroom, classroom.visitor() as visitor, classroom.presenter() as presenter:
        with classroom.stranger() as stranger:
            for client, path in product((visitor, stranger), GUARDED):
                assert "presenter" in check_problem(client.get(path), 403)["detail"]
                assert 'id="audit"' not in client.get("/runs").text
            stranger.post("/api/runs/main/start")
        visitor.post("/api/runs/main/reset")
        with watching(classroom.server, cookies=visitor.cookies) as socket:
            socket.send('{"type": "start"}')
            until(lambda: '"problem"' in str(socket.recv(PATIENCE)))
        presenter.post("/api/runs/main/step", json={})
        assert 'id="audit"' in presenter.get("/runs").text
        lines = [(line["actor"], line["command"], line["status"]) for line in reversed(audit(presenter))]
        who = lines[1][0]
        assert re.fullmatch("visitor [0-9a-f]{6}", who)
        assert lines == [
            ("stranger", "start", 403),
            (who, "reset", 403),
            (who, "start", 403),
            ("presenter", "step", 200),
        ]
        with classroom.server.client(headers={"Authorization": f"Bearer {classroom.token}"}) as program:
            assert "rnn_adder_commands_total" in program.get("/metrics").text


def test_where_everybody_is_presenter_only_this_machine_sees_them() -> None:
    with run_server("--host", "0.0.0.0", engine="numpy", access="open") as server, server.client() as client:
        for path in GUARDED:
            assert "Only whoever runs this server" in check_problem(client.get(path), 403)["detail"]
        assert 'id="audit"' not in client.get("/runs").text


def test_who_comes_through_a_proxy_from_elsewhere_sees_neither(http: httpx2.Client) -> None:
    far = {"X-Forwarded-For": "203.0.113.9"}
    for path in GUARDED:
        check_problem(http.get(path, headers=far), 403)
        assert http.get(path).status_code == 200
    assert 'id="audit"' not in http.get("/runs", headers=far).text
    assert 'id="audit"' in http.get("/runs").text
    http.post("/api/runs/main/step", json={}, headers=far)
    assert audit(http)[0]["actor"] == "203.0.113.9"


def test_a_page_of_another_site_reads_neither(http: httpx2.Client) -> None:
    for path in GUARDED:
        check_problem(http.get(path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}), 403)
