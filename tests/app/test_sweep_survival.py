"""A sweep outlives its server, however that ends, and its process does not."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.app.serving import Server, run_server
from tests.app.sweeping import SMALL, check_members, check_sweep, finished, until
from tests.patience import PATIENCE

SWEEP: dict[str, Any] = {**SMALL, "seeds": list(range(40))}


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def begun(server: Server, http: httpx2.Client) -> dict[str, Any]:
    """A sweep of which something is done."""
    created = check_sweep(http.post("/api/sweeps", json={**SWEEP, "name": "Carries"}), 201)
    return until(http, created["id"], lambda status: 3 <= status["done"] < status["members"])


def gone_on_with(http: httpx2.Client, before: dict[str, Any]) -> None:
    """Check that the sweep stands as it was, and that what is left is trained, and nothing else."""
    status = check_sweep(http.get(f"/api/sweeps/{before['id']}"))
    assert (status["state"], status["name"], status["members"]) == ("paused", "Carries", 80)
    assert "Resume goes on from there" in status["detail"]
    assert before["done"] <= status["done"] < 80
    assert [sweep["id"] for sweep in http.get("/api/sweeps").json()] == [before["id"]]
    kept = [member for member in http.get(f"/api/sweeps/{before['id']}/members").json() if member["done"]]
    assert check_sweep(http.post(f"/api/sweeps/{before['id']}/start"))["state"] == "running"
    assert until(http, before["id"], finished)["done"] == 80
    members = http.get(f"/api/sweeps/{before['id']}/members").json()
    assert all(members[member["member"]] == member for member in kept)
    check_members(members[::7], SWEEP["every"], "numpy")


def test_a_sweep_survives_a_kill_and_its_process_ends(tmp_path: Path) -> None:
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as http:
        before = begun(server, http)
        children = children_of(server.process.pid)
        server.end(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while any(os.path.exists(f"/proc/{child}/fd/0") for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as http:
        gone_on_with(http, before)
        assert server.end() == 0
        assert server.complaints() == []


def test_a_sweep_stands_still_when_the_server_ends_and_goes_on_later(tmp_path: Path) -> None:
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as http:
        before = begun(server, http)
        assert server.end() == 0
        assert server.complaints() == []
    with run_server(engine="numpy", data_dir=str(tmp_path)) as server, server.client() as http:
        gone_on_with(http, before)


def test_a_process_that_is_killed_fails_its_sweep_in_words_and_it_can_go_on() -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        before = begun(server, http)
        for child in children_of(server.process.pid):
            if "sweep_child" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while (status := check_sweep(http.get(f"/api/sweeps/{before['id']}")))["state"] == "running":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert status["state"] == "failed"
        assert status["detail"].startswith("The process that trains it has ended")
        http.post(f"/api/sweeps/{before['id']}/start").raise_for_status()
        assert until(http, before["id"], finished)["done"] == 80
