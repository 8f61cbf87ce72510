"""Over the wire: a reset that is undone, and runs whose learning rate changes as planned."""

from typing import Any

import httpx2
import pytest

from rnn_core import Trainer, TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import bring, check_problem, check_status, eventually

ENGINE = "numpy"


@pytest.mark.parametrize("state", ["running", "paused", "finished", "diverged"])
def test_a_reset_is_undone_in_every_state(http: httpx2.Client, new_run: NewRun, state: str) -> None:
    run = bring(http, new_run, state)
    before = eventually(http, run, lambda status: status["iteration"] > 0)
    http.post(f"/api/runs/{run}/reset", json={"config": {"seed": 9}})
    undone = check_status(http.post(f"/api/runs/{run}/reset/undo"))
    assert undone["generation"] == before["generation"] + 2
    if state == "running":
        assert (undone["state"], undone["config"]) == ("paused", before["config"])
    else:
        assert undone == {**before, "generation": undone["generation"]}
    assert http.get(f"/api/runs/{run}").json() == undone


def test_what_can_not_be_undone_is_a_409_that_says_why(http: httpx2.Client, run: str) -> None:
    undo = f"/api/runs/{run}/reset/undo"
    assert "nothing to undo" in check_problem(http.post(undo), 409)["detail"]
    http.post(f"/api/runs/{run}/step", json={"iterations": 3})
    assert "nothing to undo" in check_problem(http.post(undo), 409)["detail"]
    http.post(f"/api/runs/{run}/reset")
    http.post(f"/api/runs/{run}/step")
    assert "has gone on" in check_problem(http.post(undo), 409)["detail"]
    assert http.get(f"/api/runs/{run}").json()["iteration"] == 1
    check_problem(http.post("/api/runs/nobody/reset/undo"), 404)
    check_problem(http.post(undo, json={"x": 1}), 422, "x")
    assert http.get(undo).status_code == 405


def test_a_run_is_made_with_changes_that_are_planned(http: httpx2.Client) -> None:
    changes = [[3, 0.05], [7, 0.3]]
    run = check_status(http.post("/api/runs", json={"changes": changes, "config": {"max_iterations": 9}}), 201)
    assert (run["changes"], run["learning_rate"], run["iteration"]) == (changes, 0.1, 0)
    rates = []
    for _ in range(9):
        status = check_status(http.post(f"/api/runs/{run['id']}/step"))
        rates.append(status["learning_rate"])
    assert rates == [0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.3, 0.3, 0.3]
    trainer = Trainer(TrainingConfig(max_iterations=9), ENGINE)
    errors = trainer.advance(3).errors.tolist()
    trainer.set_learning_rate(0.05)
    errors += trainer.advance(4).errors.tolist()
    trainer.set_learning_rate(0.3)
    errors += trainer.advance(2).errors.tolist()
    assert http.get(f"/api/runs/{run['id']}/errors").json()["errors"] == errors
    past = http.get(f"/api/runs/{run['id']}/iterations/5", headers={"Accept": "application/json"}).json()
    assert past["learning_rate"] == 0.05
    reset = check_status(http.post(f"/api/runs/{run['id']}/reset"))
    assert (reset["changes"], reset["learning_rate"]) == ([], 0.1)
    undone = check_status(http.post(f"/api/runs/{run['id']}/reset/undo"))
    assert (undone["changes"], undone["learning_rate"]) == (changes, 0.3)
    assert check_status(http.post("/api/runs", json={"changes": None}), 201)["changes"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ("2000:0.05", "must be an array of at most 100 pairs"),
        ({}, "must be an array of at most 100 pairs"),
        ([[1]], "must be an array of pairs"),
        ([[2, 0.1], [1, 0.1]], "must be in order"),
        ([[-1, 0.1]], "from 0 to 50000"),
        ([[1, 1000]], "not 1000"),
        ([[1, True]], "not true"),
        ([[k, 0.1] for k in range(101)], "must be at most 100 pairs, not 101"),
    ],
)
def test_changes_that_can_not_be_planned_are_refused_and_no_run_is_made(
    http: httpx2.Client, changes: Any, words: str
) -> None:
    count = len(http.get("/api/runs").json())
    problem = check_problem(http.post("/api/runs", json={"changes": changes}), 422, "changes")
    assert words in problem["detail"]
    assert len(http.get("/api/runs").json()) == count


def test_a_branch_has_no_plan(http: httpx2.Client) -> None:
    run = http.post("/api/runs", json={"changes": [[3, 0.05], [7, 0.3]]}).json()["id"]
    http.post(f"/api/runs/{run}/step", json={"iterations": 5})
    body = {"from": {"run": run, "iteration": 5}}
    assert check_status(http.post("/api/runs", json=body), 201)["changes"] == [[3, 0.05]]
    check_problem(http.post("/api/runs", json={**body, "changes": [[9, 0.1]]}), 422, "changes")
