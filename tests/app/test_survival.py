"""Real servers on real folders, killed at any moment: what was acknowledged stands, and the past can be walked through.

Most train with the reference engine, which needs no compiling.
"""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from app.services.beginnings import ENDED
from app.services.live_run import STOPPED
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.schedule import moments
from rnn_core.checkpoint import decode_checkpoint
from tests.app.serving import (
    LONG,
    ROOT,
    Server,
    check_problem,
    check_status,
    environment,
    eventually,
    run_server,
    whole_history,
)
from tests.app.wire import parse_frame
from tests.patience import PATIENCE, TRY_ALL
from tests.rnn_core.compare import state_of

KILLS = {"numpy": 12 if TRY_ALL else 6, "compiled": 4}
"""How often training is killed at random; any numbers may stand here. A server with the compiled engine takes longer to
begin."""

SMALL = {"bits": 4, "hidden_size": 4, "max_iterations": LONG}


@contextmanager
def served(
    folder: Path, *arguments: str, engine: str = "numpy", within: Sequence[str] = ()
) -> Iterator[tuple[Server, httpx2.Client]]:
    with (
        run_server(*arguments, within=within, data_dir=str(folder), engine=engine) as server,
        server.client() as http,
    ):
        yield server, http


def trained(iterations: int, config: dict[str, Any], *changes: tuple[int, float]) -> tuple[Trainer, Any]:
    """A trainer that was never interrupted, and its errors."""
    trainer, errors = Trainer(TrainingConfig.from_mapping(config), "numpy"), [np.empty(0)]
    for at, rate in changes:
        errors.append(trainer.advance(at - trainer.iteration).errors)
        trainer.set_learning_rate(rate)
    errors.append(trainer.advance(iterations - trainer.iteration).errors)
    return trainer, np.concatenate(errors)


def checkpoint(http: httpx2.Client, run: str) -> dict[str, Any]:
    return state_of(decode_checkpoint(http.get(f"/api/runs/{run}/checkpoint").content))


def all_errors(http: httpx2.Client, run: str) -> list[float]:
    errors: list[float] = []
    while part := http.get(
        f"/api/runs/{run}/errors", params={"start": len(errors), "stop": len(errors) + 10_000}
    ).json()["errors"]:
        errors += part
    return errors


def check_run(http: httpx2.Client, run: str, *changes: tuple[int, float]) -> dict[str, Any]:
    """Check that a run is where an uninterrupted trainer would be, with each of its errors once and in order."""
    status = check_status(http.get(f"/api/runs/{run}"))
    trainer, errors = trained(status["iteration"], status["config"], *changes)
    assert {**checkpoint(http, run), "trace": None} == {**state_of(trainer), "trace": None}
    assert all_errors(http, run) == errors.tolist()
    return status


def post(http: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    response = http.post(f"/api/runs{path}", json=body)
    return check_status(response, response.status_code if response.is_success else 200)


def test_what_was_acknowledged_stands_after_a_kill_and_goes_on_bit_by_bit(tmp_path: Path) -> None:
    with served(tmp_path) as (server, http):
        names = [
            post(http, "", config={**SMALL, "seed": seed}, speed=speed, name=f"Number {seed}")["id"]
            for seed, speed in ((1, None), (2, 7.5), (3, None), (4, None))
        ]
        made, stepped, reset, finished = names
        post(http, f"/{stepped}/step", iterations=1500)
        http.patch(f"/api/runs/{stepped}", json={"learning_rate": 0.5, "name": "Renamed", "speed": 9})
        post(http, f"/{stepped}/step", iterations=10)
        http.patch(f"/api/runs/{stepped}", json={"learning_rate": 0.25})
        post(http, f"/{reset}/step", iterations=20)
        post(http, f"/{reset}/reset", config={**SMALL, "seed": 9})
        post(http, f"/{finished}/reset", config={"max_iterations": 3})
        post(http, f"/{finished}/step", iterations=3)
        post(http, "/main/start")
        eventually(http, "main", lambda run: run["iteration"] > 2)
        acknowledged = {run: http.get(f"/api/runs/{run}").json() for run in names}
        paused = post(http, "/main/pause")
        running = post(http, f"/{made}/start")
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        assert [run["id"] for run in http.get("/api/runs").json()] == ["main", *names]
        assert check_run(http, "main") == paused
        for run in (stepped, reset, finished):
            assert http.get(f"/api/runs/{run}").json() == acknowledged[run]
        back = http.get(f"/api/runs/{made}").json()
        assert (back["state"], back["detail"]) == ("paused", ENDED)
        assert running["state"] == "running"
        check_run(http, stepped, (1500, 0.5), (1510, 0.25))
        post(http, f"/{stepped}/step", iterations=30)
        check_run(http, stepped, (1500, 0.5), (1510, 0.25))
        trainer, _ = trained(1540, {**SMALL, "seed": 2}, (1500, 0.5), (1510, 0.25))
        answer = http.get("/predict", params={"a": 3, "b": 5, "run": stepped}).json()
        assert answer["probabilities"] == list(trainer.predict(3, 5).probabilities)
        post(http, f"/{reset}/step", iterations=2)
        assert check_run(http, reset)["generation"] == 1
        assert post(http, f"/{made}/start")["state"] == "running"
        assert server.end() == 0
        assert server.complaints() == []
    with served(tmp_path) as (_, http):
        back = check_run(http, made)
        assert (back["state"], back["detail"]) == ("paused", STOPPED)


def test_a_history_that_a_kill_cut_short_is_completed(tmp_path: Path) -> None:
    with served(tmp_path) as (server, http):
        run = post(http, "", config={**SMALL, "max_iterations": 1500}, speed=None)["id"]
        post(http, f"/{run}/step", iterations=1500)  # which is on the disk, and most of its accuracies are not
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        assert http.get(f"/api/runs/{run}/accuracy").json()["accuracy"] >= 0  # it comes into memory
        history = whole_history(http, run)
        places = [*moments(0, 1500), 1500]
        trainer, truth = Trainer(TrainingConfig.from_mapping(SMALL), "numpy"), []
        for place in places:
            trainer.advance(place - trainer.iteration)
            truth.append([place, evaluate(trainer.config, trainer.parameters, "numpy").accuracy])
        assert history == truth
        assert http.get(f"/api/runs/{run}/overview").json()["accuracy"] == truth[-1]
        assert server.end() == 0
    with served(tmp_path) as (_, http):
        assert http.get(f"/api/runs/{run}/overview?history=1000").json()["history"] == truth, "kept, and on disk alone"
        thin = http.get(f"/api/runs/{run}/overview?history=10").json()["history"]
        assert (len(thin), thin[0], thin[-1]) == (10, truth[0], truth[-1])


@pytest.mark.parametrize(
    ("engine", "config", "speed"), [("numpy", SMALL, None), ("compiled", {"max_iterations": LONG}, 20_000.0)]
)
def test_training_that_is_killed_at_random_leaves_no_gap_and_nothing_twice(
    tmp_path: Path, engine: str, config: dict[str, Any], speed: float | None
) -> None:
    chance = random.Random(20)
    changes: list[tuple[int, float]] = []
    done = followed = 0
    trainer, errors = Trainer(TrainingConfig.from_mapping(config), engine), [np.empty(0)]
    for number in range(KILLS[engine] + 1):
        with served(tmp_path, engine=engine) as (server, http):
            if not number:
                post(http, "/main/reset", config=config)
                http.patch("/api/runs/main", json={"speed": speed})
            status = check_status(http.get("/api/runs/main"))
            assert status["iteration"] >= done, "what was acknowledged"
            assert [tuple(change) for change in status["changes"]] == changes
            for at, rate in changes[followed:]:
                errors.append(trainer.advance(at - trainer.iteration).errors)
                trainer.set_learning_rate(rate)
            followed = len(changes)
            errors.append(trainer.advance(status["iteration"] - trainer.iteration).errors)
            assert checkpoint(http, "main") == state_of(trainer)
            assert all_errors(http, "main") == np.concatenate(errors).tolist()
            if number == KILLS[engine]:
                break
            done = status["iteration"]
            post(http, "/main/start")
            eventually(http, "main", lambda run, done=done: run["iteration"] > done)  # type: ignore[misc]
            if chance.random() < 0.5:
                rate = chance.uniform(0.05, 0.3)
                changed = http.patch("/api/runs/main", json={"learning_rate": rate}).json()
                changes = [(at, value) for at, value in changed["changes"]]
                done = changes[-1][0]
            time.sleep(chance.uniform(0, 0.4))  # at any moment, which no event tells
            if chance.random() < 0.3:
                done = post(http, "/main/pause")["iteration"]
            server.end(signal.SIGKILL)
    assert status["iteration"] >= done > 0
    assert status["generation"] == 1


def check_moment(
    http: httpx2.Client, run: str, place: int, config: dict[str, Any], *changes: tuple[int, float]
) -> None:
    """Check that a moment of a run is what a trainer had, as a frame and as JSON."""
    trainer, errors = trained(place, config, *[change for change in changes if change[0] < place])
    response = http.get(f"/api/runs/{run}/iterations/{place}")
    assert response.headers["content-type"] == "application/octet-stream"
    frame = parse_frame(response.content)
    assert (frame.iteration, frame.errors.tolist()) == (place, errors[-1:].astype(np.float32).tolist())
    document = http.get(f"/api/runs/{run}/iterations/{place}", headers={"Accept": "application/json"}).json()
    assert document["iteration"] == place
    for name, weights in trainer.parameters.items():
        np.testing.assert_array_equal(frame.weights()[name], weights.astype(np.float32))
        assert document["weights"][name] == weights.tolist()
    if place == 0:
        assert "trace" not in document
        return
    trace = trainer.trace
    assert trace is not None
    for name in ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas"):
        np.testing.assert_array_equal(frame.tensors[f"trace.{name}"], np.float32(trace[name]))
        assert document["trace"][name] == trace[name].tolist()
    for name, update in trace.updates.items():
        np.testing.assert_array_equal(frame.tensors[f"updates.{name}"], update.astype(np.float32))
        assert document["updates"][name] == update.tolist()
    assert (document["error"], document["a"], document["b"]) == (errors[-1], trace["a"], trace["b"])
    assert document["learning_rate"] == trace.learning_rate == float(frame.metadata["learning_rate"])


def test_any_moment_can_be_gone_back_to_before_and_after_a_restart_and_branched_from(tmp_path: Path) -> None:
    config = {**SMALL, "optimizer": "momentum"}
    change = (1200, 0.3)
    places = (0, 1, 999, 1000, 1001, 1199, 1200, 1201, 2200)
    with served(tmp_path) as (server, http):
        run = post(http, "", config=config)["id"]
        post(http, f"/{run}/step", iterations=1200)
        http.patch(f"/api/runs/{run}", json={"learning_rate": 0.3})
        post(http, f"/{run}/step", iterations=1000)
        for place in places:
            check_moment(http, run, place, config, change)
        for nonsense in ("-1", "1.5", "x", "1e3", "9" * 20):
            check_problem(http.get(f"/api/runs/{run}/iterations/{nonsense}"), 422, "iteration")
        check_problem(http.get(f"/api/runs/{run}/iterations/2201"), 404)
        check_problem(http.get("/api/runs/nobody/iterations/0"), 404)

        branch = post(http, "", **{"from": {"run": run, "iteration": 1500}, "config": {"learning_rate": 0.01}})
        assert (branch["iteration"], branch["state"]) == (1500, "paused")
        assert (branch["changes"], branch["learning_rate"]) == ([[1200, 0.3], [1500, 0.01]], 0.01)
        post(http, f"/{branch['id']}/step", iterations=100)
        check_run(http, branch["id"], change, (1500, 0.01))
        limited = post(http, "", **{"from": {"run": run, "iteration": 5}, "config": {"max_iterations": 6}, "name": "B"})
        assert post(http, f"/{limited['id']}/step", iterations=9)["state"] == "finished"
        for name, value in (("hidden_size", 5), ("seed", 1), ("bits", 5), ("nonsense", 1), ("learning_rate", "x")):
            body = {"from": {"run": run, "iteration": 5}, "config": {name: value}}
            check_problem(http.post("/api/runs", json=body), 422, f"config.{name}")
        for origin, status in (({"run": run, "iteration": 2201}, 404), ({"run": "nobody", "iteration": 0}, 404)):
            check_problem(http.post("/api/runs", json={"from": origin}), status)
        check_problem(http.post("/api/runs", json={"from": {"run": run}}), 422, "from.iteration")
        check_problem(http.post("/api/runs", json={"from": {"run": run, "iteration": 1, "x": 0}}), 422, "from.x")
        assert "such as" in check_problem(http.post("/api/runs", json={"from": 3}), 422, "from")["detail"]
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        for place in places:
            check_moment(http, run, place, config, change)
        check_moment(http, branch["id"], 1499, config, change)
        check_moment(http, branch["id"], 1600, config, change, (1500, 0.01))
        check_run(http, branch["id"], change, (1500, 0.01))
        assert server.complaints() == []


def test_runs_are_taken_out_brought_in_deleted_and_brought_back(tmp_path: Path) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    with served(tmp_path) as (server, http):
        run = post(http, "", config=SMALL)["id"]
        post(http, f"/{run}/step", iterations=50)
        http.patch(f"/api/runs/{run}", json={"learning_rate": 0.5})
        file = http.get(f"/api/runs/{run}/checkpoint").content
        response = http.post("/api/runs/import", params={"name": "Brought in"}, content=file, headers=kind)
        brought = check_status(response, 201)
        assert response.headers["location"] == f"/api/runs/{brought['id']}"
        assert (brought["name"], brought["iteration"], brought["state"]) == ("Brought in", 50, "paused")
        for each in (run, brought["id"]):
            post(http, f"/{each}/step", iterations=20)
        assert checkpoint(http, run) == checkpoint(http, brought["id"])
        later = http.get(f"/api/runs/{brought['id']}/errors").json()
        assert (later["start"], later["errors"]) == (50, all_errors(http, run)[50:])
        check_problem(http.get(f"/api/runs/{brought['id']}/iterations/49"), 404)
        assert parse_frame(http.get(f"/api/runs/{brought['id']}/iterations/50").content).iteration == 50

        damaged = bytearray(file)
        damaged[-8:] = b"\xff" * 8  # not a number
        for content in (b"", b"nonsense", file[:-1], bytes(damaged), b"\xff" * 100):
            check_problem(http.post("/api/runs/import", content=content, headers=kind), 422, "body")
        check_problem(http.post("/api/runs/import", content=b"x" * (16 * 2**20 + 1), headers=kind), 413)
        check_problem(http.post("/api/runs/import", json={}), 415)
        check_problem(http.post("/api/runs/import", params={"nam": "x"}, content=file, headers=kind), 422, "nam")

        status = check_status(http.get(f"/api/runs/{run}"))
        errors = all_errors(http, run)
        assert http.delete(f"/api/runs/{run}").status_code == 204
        check_problem(http.get(f"/api/runs/{run}"), 404)
        server.end(signal.SIGKILL)
    with served(tmp_path) as (_, http):
        check_problem(http.get(f"/api/runs/{run}"), 404)
        assert post(http, f"/{run}/restore") == status
        assert all_errors(http, run) == errors
        assert checkpoint(http, run) == checkpoint(http, brought["id"])
        check_problem(http.post(f"/api/runs/{run}/restore"), 409)
        check_problem(http.post("/api/runs/nobody/restore"), 404)
        check_problem(http.post("/api/runs/main/restore"), 409)


def test_a_reset_and_what_undoes_it_survive_a_kill_and_so_does_a_plan(tmp_path: Path) -> None:
    plan = [[1200, 0.3], [1700, 0.02]]
    with served(tmp_path) as (server, http):
        run = post(http, "", config=SMALL, changes=plan)["id"]
        before = post(http, f"/{run}/step", iterations=1500)
        errors, here = all_errors(http, run), checkpoint(http, run)
        reset = post(http, f"/{run}/reset", config={"seed": 3})
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        assert http.get(f"/api/runs/{run}").json() == reset
        assert http.get("/api/runs/deleted").json() == []
        undone = post(http, f"/{run}/reset/undo")
        assert undone == {**before, "generation": 2}
        assert (all_errors(http, run), checkpoint(http, run)) == (errors, here)
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        assert http.get(f"/api/runs/{run}").json() == undone
        check_problem(http.post(f"/api/runs/{run}/reset/undo"), 409)
        check_moment(http, run, 1300, SMALL, (1200, 0.3))
        post(http, f"/{run}/step", iterations=500)
        check_run(http, run, (1200, 0.3), (1700, 0.02))
        assert server.complaints() == []


def test_resets_and_undos_that_are_killed_at_random_leave_one_or_the_other_and_all_of_it(tmp_path: Path) -> None:
    chance = random.Random(13)
    with served(tmp_path) as (server, http):
        post(http, "/main/reset", config=SMALL)
        before = post(http, "/main/step", iterations=3000)
        errors, here = all_errors(http, "main"), checkpoint(http, "main")
        server.end(signal.SIGKILL)
    for _ in range(8):
        with served(tmp_path) as (server, http):
            status = check_status(http.get("/api/runs/main"))
            path = "reset" if status["iteration"] else "reset/undo"
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as asking:
                host = f"127.0.0.1:{server.port}"
                asking.sendall(f"POST /api/runs/main/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                time.sleep(chance.uniform(0, 0.1))  # at any moment, which no event tells
                server.end(signal.SIGKILL)
    with served(tmp_path) as (_, http):
        status = check_status(http.get("/api/runs/main"))
        if not status["iteration"]:
            status = post(http, "/main/reset/undo")
        assert status == {**before, "generation": status["generation"]}
        assert (all_errors(http, "main"), checkpoint(http, "main")) == (errors, here)


def ended(*arguments: str) -> tuple[str, int]:
    """The output and the exit status of a server that refuses to start."""
    command = [sys.executable, "-m", "rnn_adder", "serve", "--port", "0", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(store="true"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.stdout, "Traceback" in done.stderr) == ("", False)
    return done.stderr, done.returncode


def test_a_second_server_on_the_folder_is_refused(tmp_path: Path) -> None:
    with served(tmp_path) as (server, http):
        storage = http.get("/api/storage").json()
        assert (storage["state"], storage["detail"], storage["deleted"]) == ("kept", None, 0)
        assert 0 < storage["used"] < storage["budget"] == 4 * 2**30
        said, status = ended("--data-dir", str(tmp_path))
        assert (status, "another rnn-adder" in said) == (3, True)
        assert said.endswith("Name another folder by --data-dir, or serve without storing runs by --no-store.\n")
        assert server.end() == 0
    with served(tmp_path) as (_, http):
        assert http.get("/healthz").status_code == 200


def test_runs_are_stored_where_the_system_keeps_a_users_data_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for iterations in (5, 10):
        with run_server(store="true", engine="numpy") as server, server.client() as http:
            assert http.get("/api/storage").json()["state"] == "kept"
            assert post(http, "/main/step", iterations=5)["iteration"] == iterations
    assert [file.parent.name for file in tmp_path.rglob("runs.sqlite3")] == ["rnn-adder"]


def test_a_folder_that_can_not_be_is_a_sentence_and_no_server() -> None:
    said, status = ended("--data-dir", f"{os.devnull}/runs")
    assert (status, "can't be used" in said, "--no-store" in said) == (1, True, True)


def test_damage_is_said_and_the_rest_serves(tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite3"
    with served(tmp_path) as (server, http):
        run = post(http, "", config=SMALL)["id"]
        post(http, f"/{run}/step", iterations=2300)
        expected = checkpoint(http, run)
        assert server.end() == 0
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE snapshots SET sha256 = 'x' WHERE run_id = ? AND iteration > 2000", (run,))
    connection.close()
    with served(tmp_path) as (server, http):
        assert checkpoint(http, run) == expected
        check_moment(http, run, 2200, SMALL)
        post(http, f"/{run}/step", iterations=5)
        check_run(http, run)
        assert "is damaged; an earlier one serves" in server.stderr()
        assert server.end() == 0
    data = bytearray(file.read_bytes())
    data[100:3000] = b"\xa5" * 2900
    file.write_bytes(data)
    with served(tmp_path) as (server, http):
        check_run(http, run)
        notice = http.get("/api/storage").json()
        assert notice["state"] == "kept"
        assert "damaged" in notice["detail"]
        assert server.complaints() == [f"rnn-adder: {notice['detail']}"]
        (aside,) = tmp_path.glob("runs.sqlite3.damaged-*")
        assert aside.read_bytes() == data
        assert server.end() == 0
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    said, status = ended("--data-dir", str(tmp_path))
    assert (status, "newer" in said) == (3, True)
    assert file.read_bytes() == before


def test_more_than_one_worker_is_refused_with_the_reason(tmp_path: Path) -> None:
    said, status = ended("--workers", "2", "--data-dir", str(tmp_path / "runs"))
    assert (status, "one process" in said) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_without_storing_nothing_is_written_and_restoring_finds_nothing(tmp_path: Path) -> None:
    with served(tmp_path / "runs", "--no-store") as (_, http):
        assert http.get("/api/storage").json()["state"] == "none"
        run = post(http, "", config=SMALL)["id"]
        post(http, f"/{run}/step", iterations=1100)
        check_moment(http, run, 1050, SMALL)
        assert http.delete(f"/api/runs/{run}").status_code == 204
        check_problem(http.post(f"/api/runs/{run}/restore"), 404)
    assert list(tmp_path.iterdir()) == []


@dataclass
class SmallDisk:
    """A disk of one megabyte.

    Attributes:
        folder: where it is mounted, for those within.
        within: the command that runs another so that it sees the disk.
        seen: the same folder, for those without.
    """

    folder: Path
    within: Sequence[str]
    seen: Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk in a namespace of a process that does nothing else, and gone with it. Where such namespaces are not
    allowed, tests/app/services/test_keeper.py has a disk that is full in the program's own eyes.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("there is no unshare here")
    script = f"mount -t tmpfs -o size=1m tmpfs '{folder}' && echo mounted && exec cat"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", script], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "mounted\n":
            pytest.skip("a disk of its own can't be mounted here")
        entering = ("nsenter", "--user", "--mount", "--preserve-credentials", "--target", str(process.pid))
        yield SmallDisk(folder, entering, Path(f"/proc/{process.pid}/root{folder}"))
        process.communicate("")


def test_on_a_full_disk_a_run_can_be_deleted_and_what_it_leaves_lets_others_go_on(small_disk: SmallDisk) -> None:
    with served(small_disk.folder, within=small_disk.within) as (server, http):
        run = post(http, "", config=SMALL, speed=30)["id"]  # not more than there will be room for
        big = post(http, "", config={"hidden_size": 64, "optimizer": "adam"})["id"]
        deadline = time.monotonic() + PATIENCE
        while not (small_disk.seen / "runs.sqlite3.reserve").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with (small_disk.seen / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        http.post(f"/api/runs/{run}/start")
        eventually(http, run, lambda run: run["state"] == "paused")
        stood = http.get(f"/api/runs/{run}").json()["iteration"]
        assert http.delete(f"/api/runs/{big}").status_code == 204
        check_problem(http.get(f"/api/runs/{big}"), 404)
        eventually(http, run, lambda run: run["state"] == "running" and run["iteration"] > stood)
        post(http, f"/{run}/pause")
        server.end(signal.SIGKILL)
    with served(small_disk.folder, within=small_disk.within) as (_, http):
        assert check_run(http, run)["iteration"] > stood
        check_problem(http.get(f"/api/runs/{big}"), 404)


def test_a_full_disk_stops_training_until_there_is_room(small_disk: SmallDisk) -> None:
    with served(small_disk.folder, within=small_disk.within) as (server, http):
        run = post(http, "", config=SMALL, speed=30)["id"]
        filler = small_disk.seen / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        http.post(f"/api/runs/{run}/start")  # which may be told already that it can't be
        status = eventually(http, run, lambda run: run["state"] == "paused")
        assert "full" in status["detail"]
        check_problem(http.post(f"/api/runs/{run}/start"), 507)
        assert http.get("/api/storage").json()["state"] == "trouble"
        assert http.get("/predict", params={"a": 1, "b": 2, "run": run}).status_code == 200
        assert http.get("/api/runs/main/iterations/0").status_code == 200
        filler.unlink()
        stood = status["iteration"]
        eventually(http, run, lambda run: run["state"] == "running" and run["iteration"] > stood)
        post(http, f"/{run}/pause")
        server.end(signal.SIGKILL)
    with served(small_disk.folder, within=small_disk.within) as (_, http):
        assert check_run(http, run)["iteration"] > stood
