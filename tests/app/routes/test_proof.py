"""Proofs over HTTP, by the real prover: of networks written down by hand, and of small ones."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core.checkpoint import encode_checkpoint
from rnn_core.proof import check
from tests.app.conftest import NewRun
from tests.app.routes.test_checkpoint import bring_in
from tests.app.routes.test_inside import inside
from tests.app.services.test_prover import moment
from tests.app.serving import check_problem, check_status, run_server
from tests.patience import PATIENCE
from tests.rnn_core.adders import Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder

ENGINE = "numpy"


def brought(http: httpx2.Client, adder: Adder) -> str:
    """The id of a run that has a network written down by hand."""
    return str(bring_in(http, encode_checkpoint(moment(adder))).json()["id"])


def proof_of(http: httpx2.Client, run: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/proof", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def prove(http: httpx2.Client, run: str, **body: Any) -> dict[str, Any]:
    """The end of a proof that is asked for."""
    response = http.post(f"/api/runs/{run}/proof", json=body)
    assert response.status_code == 202, response.text
    deadline = time.monotonic() + PATIENCE
    while (found := proof_of(http, run, **body))["state"] == "running":
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


@pytest.fixture
def brings(http: httpx2.Client) -> Iterator[Any]:
    """Bring in networks written down by hand, until the end of the test."""
    runs: list[str] = []

    def bring(adder: Adder) -> str:
        runs.append(brought(http, adder))
        return runs[-1]

    yield bring
    for run in runs:
        http.delete(f"/api/runs/{run}")


MEMBERS = {
    *("run", "generation", "iteration", "state", "progress", "stage", "remembered", "ahead", "round", "nodes"),
    *("leaving", "margin", "logit_margin", "counterexample", "seconds", "certificate", "detail", "pictures"),
    *("proofs", "moments"),
}


def test_before_anybody_asks_there_is_no_proof(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4)
    found = proof_of(http, run)
    assert set(found) == MEMBERS
    assert (found["state"], found["iteration"], found["generation"], found["proofs"]) == ("none", 0, 0, [])
    assert found["moments"] == [0]
    assert found["detail"] == "Nobody has asked for a proof yet."
    check_problem(http.get(f"/api/runs/{run}/proof/certificate"), 404)


def test_a_sound_adder_is_proved_and_its_certificate_checks(http: httpx2.Client, brings: Any) -> None:
    run = brings(sound_adder(bits=4))
    found = prove(http, run)
    assert (found["state"], found["iteration"], found["counterexample"]) == ("proved", 0, None)
    assert 0.4 < found["margin"] < 0.5
    assert found["logit_margin"] > 1
    response = http.get(found["certificate"])
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == f'attachment; filename="{run}-0-certificate.safetensors"'
    assert check(response.content).proved
    assert http.get(f"/api/runs/{run}/proof/certificate").content == response.content
    assert check_status(http.get(f"/api/runs/{run}"))["proof"] == {"iteration": 0, "margin": found["margin"]}
    again = http.post(f"/api/runs/{run}/proof")
    assert (again.status_code, again.json()["state"]) == (202, "proved")
    check_status(http.post(f"/api/runs/{run}/reset", json={}), 200)
    assert proof_of(http, run)["state"] == "none"
    assert "proof" not in check_status(http.get(f"/api/runs/{run}"))


def test_the_sets_are_drawn_on_the_axes_of_the_states(http: httpx2.Client, brings: Any) -> None:
    run = brings(sound_adder(bits=4))
    found = prove(http, run)
    assert found["pictures"] >= 1
    assert "picture" not in found
    picture = proof_of(http, run, picture=99)["picture"]
    states = inside(http, run, "states")
    for outline in picture["outlines"]:
        assert outline["leaving"] == 0
        mine = [one for one in states["points"] if states["states"].index(one["state"]) == outline["state"]]
        corners = np.array(outline["points"])
        low, high = corners.min(axis=0) - 1e-3, corners.max(axis=0) + 1e-3
        held = [low[0] <= one["x"] <= high[0] and low[1] <= one["y"] <= high[1] for one in mine]
        assert any(held), "each outline holds some states"


@pytest.mark.parametrize("make", [forgetful_adder, misreading_adder, deaf_adder])
def test_a_broken_adder_is_refuted(http: httpx2.Client, brings: Any, make: Any) -> None:
    run = brings(make(bits=4))
    found = prove(http, run)
    assert set(found) == MEMBERS
    assert (found["state"], found["certificate"], found["margin"], found["progress"]) == ("refuted", None, None, 1.0)
    problem = found["counterexample"]
    assert set(problem) == {"width", "position", "a", "b", "expected", "predicted"}
    said = http.get("/predict", params={"a": problem["a"], "b": problem["b"], "run": run}).json()
    assert [str(said[name]) for name in ("expected", "predicted")] == [problem["expected"], problem["predicted"]]
    assert not said["correct"]
    assert found["proofs"] == [{"iteration": 0, "state": "refuted"}]
    assert check_status(http.get(f"/api/runs/{run}"))["iteration"] == 0


def test_a_past_moment_is_asked_about(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, hidden_size=3)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 50}), 200)
    assert prove(http, run, iteration=20)["state"] == "refuted"
    assert prove(http, run)["iteration"] == 50
    assert [one["iteration"] for one in proof_of(http, run)["proofs"]] == [20, 50]
    assert proof_of(http, run, iteration=30)["state"] == "none"
    for call in (http.get, http.post):
        named: dict[str, Any] = {"params": {"iteration": 51}} if call == http.get else {"json": {"iteration": 51}}
        check_problem(call(f"/api/runs/{run}/proof", **named), 422, "iteration")


def test_the_words_are_those_of_the_reader(http: httpx2.Client, brings: Any) -> None:
    run = brings(forgetful_adder(bits=4))
    found = prove(http, run)
    assert found["detail"].startswith("There is a problem of")
    chinese = http.get(f"/api/runs/{run}/proof", headers={"Accept-Language": "zh"}).json()["detail"]
    assert "位" in chinese


@pytest.mark.parametrize("config", [{"cell": "lstm"}, {"activation": "relu"}], ids=str)
def test_about_other_networks_nothing_can_be_proved(
    http: httpx2.Client, new_run: NewRun, config: dict[str, Any]
) -> None:
    run = new_run(bits=4, hidden_size=3, **config)
    assert "sigmoid or tanh" in check_problem(http.post(f"/api/runs/{run}/proof"), 409)["detail"]
    assert proof_of(http, run)["state"] == "none"


def test_what_is_not_being_proved_can_be_cancelled_without_harm(http: httpx2.Client, brings: Any) -> None:
    run = brings(forgetful_adder(bits=4))
    assert http.delete(f"/api/runs/{run}/proof").json()["state"] == "none"
    prove(http, run)
    assert http.delete(f"/api/runs/{run}/proof").json()["state"] == "refuted"


def test_what_is_asked_wrongly_is_refused(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4)
    check_problem(http.post(f"/api/runs/{run}/proof", json={"iteration": "5"}), 422, "iteration")
    check_problem(http.post(f"/api/runs/{run}/proof", json={"depth": 5}), 422, "depth")
    check_problem(http.get(f"/api/runs/{run}/proof", params={"picture": -1}), 422, "picture")
    for call in (http.get, http.post, http.delete):
        check_problem(call("/api/runs/nowhere/proof"), 404)


def test_a_server_that_is_killed_has_lost_nothing_that_was_found(tmp_path: Path) -> None:
    with run_server(data_dir=str(tmp_path), engine="numpy") as server, server.client() as http:
        run = brought(http, forgetful_adder(bits=4))
        before = prove(http, run)
        server.process.kill()
        server.process.wait()
    with sqlite3.connect(tmp_path / "runs.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM proofs").fetchone() == (1,)
    connection.close()
    with run_server(data_dir=str(tmp_path), engine="numpy") as server, server.client() as http:
        after = proof_of(http, run)
        assert after == before
