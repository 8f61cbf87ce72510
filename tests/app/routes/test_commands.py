from pathlib import Path

import httpx2
import pytest

from rnn_core import Trainer, TrainingConfig, load_checkpoint
from tests.app.conftest import NewRun
from tests.app.serving import DIVERGING, bring, check_problem, check_status, eventually

ENGINE = "numpy"

TABLE = {
    ("ready", "start"): "running",
    ("ready", "pause"): "ready",
    ("ready", "step"): "paused",
    ("ready", "reset"): "ready",
    ("running", "start"): "running",
    ("running", "pause"): "paused",
    ("running", "step"): 409,
    ("running", "reset"): "ready",
    ("paused", "start"): "running",
    ("paused", "pause"): "paused",
    ("paused", "step"): "paused",
    ("paused", "reset"): "ready",
    ("finished", "start"): 409,
    ("finished", "pause"): "finished",
    ("finished", "step"): 409,
    ("finished", "reset"): "ready",
    ("diverged", "start"): 409,
    ("diverged", "pause"): "diverged",
    ("diverged", "step"): 409,
    ("diverged", "reset"): "ready",
}


@pytest.mark.parametrize(("state", "command", "after"), [(*key, after) for key, after in TABLE.items()])
def test_each_command_does_in_each_state_what_the_table_says(
    http: httpx2.Client, new_run: NewRun, state: str, command: str, after: str | int
) -> None:
    run = bring(http, new_run, state)
    before = http.get(f"/api/runs/{run}").json()
    response = http.post(f"/api/runs/{run}/{command}")
    if after == 409:
        detail = check_problem(response, 409)["detail"]
        assert ("Pause" if state == "running" else "Reset") in detail, "it says what to do instead"
        after = state
    else:
        assert check_status(response)["state"] == after, "the answer comes once it holds"
    now = http.get(f"/api/runs/{run}").json()
    assert now["state"] == after
    assert now["generation"] == before["generation"] + (command == "reset")
    if command == "step" and after == "paused":
        assert now["iteration"] == before["iteration"] + 1
    if command == "reset":
        assert (now["iteration"], now["error"], now["detail"]) == (0, None, None)


@pytest.mark.parametrize("iterations", [1, 2, 999, 10_000])
def test_a_step_does_so_many_iterations_and_then_answers(http: httpx2.Client, run: str, iterations: int) -> None:
    status = check_status(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}))
    trainer = Trainer(engine=ENGINE)
    trainer.advance(iterations)
    assert trainer.trace is not None
    assert (status["state"], status["iteration"], status["error"]) == ("paused", iterations, trainer.trace.error)


def test_a_step_ignores_the_speed(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(speed=0.1)
    for _ in range(3):
        status = check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 500}))
    assert (status["iteration"], status["speed"]) == (1500, 0.1)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"iterations":null}'])
def test_a_step_of_unsaid_length_is_one_iteration(http: httpx2.Client, run: str, body: bytes) -> None:
    response = http.post(f"/api/runs/{run}/step", content=body, headers={"content-type": "application/json"})
    assert check_status(response)["iteration"] == 1


@pytest.mark.parametrize("iterations", [0, -1, 10_001, 1.0, "1", True, 1e300, 10**30, [1], {}])
def test_a_step_of_another_length_is_refused_and_does_nothing(
    http: httpx2.Client, run: str, iterations: object
) -> None:
    detail = check_problem(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}), 422, "iterations")[
        "detail"
    ]
    assert "1 to 10000" in detail
    assert http.get(f"/api/runs/{run}").json()["state"] == "ready"


def test_a_step_ends_at_max_iterations(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(max_iterations=7)
    status = check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 10_000}))
    assert (status["state"], status["iteration"]) == ("finished", 7)
    assert "7" in status["detail"]


def test_a_running_run_ends_at_max_iterations(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(max_iterations=1234)
    http.post(f"/api/runs/{run}/start")
    status = eventually(http, run, lambda status: status["state"] == "finished")
    assert (status["iteration"], status["iterations_per_second"]) == (1234, 0)
    assert len(http.get(f"/api/runs/{run}/errors").json()["errors"]) == 1234


def test_a_run_that_diverges_keeps_its_last_finite_state_and_says_where(http: httpx2.Client, new_run: NewRun) -> None:
    trainer = Trainer(TrainingConfig.from_mapping(DIVERGING), ENGINE)
    errors = trainer.advance(1000).errors
    assert trainer.diverged
    stepped, started = new_run(**DIVERGING), new_run(**DIVERGING)
    http.post(f"/api/runs/{stepped}/step", json={"iterations": 1000})
    http.post(f"/api/runs/{started}/start")
    for run in (stepped, started):
        status = eventually(http, run, lambda status: status["state"] == "diverged")
        assert status["iteration"] == trainer.iteration
        assert str(trainer.iteration) in status["detail"]
        assert http.get(f"/api/runs/{run}/errors").json()["errors"] == errors.tolist()
        for command in ("start", "step"):
            assert status["detail"] in check_problem(http.post(f"/api/runs/{run}/{command}"), 409)["detail"]
        assert http.get("/predict", params={"a": 9, "b": 60, "run": run}).json()["expected"] == 69
        assert http.get(f"/api/runs/{run}/checkpoint").status_code == 200
    again = check_status(http.post(f"/api/runs/{stepped}/reset", json={"config": {"learning_rate": 0.1}}))
    assert (again["state"], again["detail"], again["config"]["activation"]) == ("ready", None, "sigmoid")


def test_a_reset_without_a_config_keeps_the_runs_own(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(seed=9, bits=4)
    for body in (None, {}, {"config": None}):
        config = check_status(http.post(f"/api/runs/{run}/reset", json=body))["config"]
        assert (config["seed"], config["bits"]) == (9, 4)


def test_a_resets_config_is_merged_onto_the_default_not_onto_the_runs_own(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(seed=9, bits=4)
    status = check_status(http.post(f"/api/runs/{run}/reset", json={"config": {"hidden_size": 5}}))
    assert status["config"] == TrainingConfig(hidden_size=5).to_dict()
    assert status["generation"] == 1
    assert (
        check_status(http.post(f"/api/runs/{run}/reset", json={"config": {}}))["config"] == TrainingConfig().to_dict()
    )


@pytest.mark.parametrize(
    "config", [{"bits": 33}, {"bits": "8"}, {"nope": 1}, {"hidden_size": 128, "bits": 32, "batch_size": 256}]
)
def test_a_refused_config_changes_nothing(http: httpx2.Client, new_run: NewRun, config: dict[str, object]) -> None:
    field = "config." + ("hidden_size" if "batch_size" in config else next(iter(config)))
    run = bring(http, new_run, "paused")
    before = http.get(f"/api/runs/{run}").json()
    check_problem(http.post(f"/api/runs/{run}/reset", json={"config": config}), 422, field)
    assert http.get(f"/api/runs/{run}").json() == before
    number = len(http.get("/api/runs").json())
    check_problem(http.post("/api/runs", json={"config": config}), 422, field)
    assert len(http.get("/api/runs").json()) == number


def test_a_refused_config_leaves_a_running_run_running(http: httpx2.Client, new_run: NewRun) -> None:
    run = bring(http, new_run, "running")
    check_problem(http.post(f"/api/runs/{run}/reset", json={"config": {"bits": 1}}), 422, "config.bits")
    status = http.get(f"/api/runs/{run}").json()
    assert (status["state"], status["generation"]) == ("running", 0)
    eventually(http, run, lambda later: later["iteration"] > status["iteration"])


def test_a_learning_rate_changed_while_running_is_recorded_and_acts(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(speed=2000)
    http.post(f"/api/runs/{run}/start")
    eventually(http, run, lambda status: status["iteration"] > 50)
    changed = check_status(http.patch(f"/api/runs/{run}", json={"learning_rate": 0.35}))
    assert (changed["state"], changed["learning_rate"], changed["config"]["learning_rate"]) == ("running", 0.35, 0.1)
    [[at, value]] = changed["changes"]
    assert value == 0.35
    eventually(http, run, lambda status: status["iteration"] > at + 50)
    status = http.post(f"/api/runs/{run}/pause").json()

    trainer = Trainer(engine=ENGINE)
    errors = trainer.advance(at).errors.tolist()
    trainer.set_learning_rate(0.35)
    errors += trainer.advance(status["iteration"] - at).errors.tolist()
    assert http.get(f"/api/runs/{run}/errors").json()["errors"] == errors
    assert status["changes"] == [list(change) for change in trainer.changes]
    reset = check_status(http.post(f"/api/runs/{run}/reset"))
    assert (reset["changes"], reset["learning_rate"]) == ([], 0.1)


def test_statuses_tell_the_newest_hundred_changes_and_all_else_uses_all(
    http: httpx2.Client, new_run: NewRun, tmp_path: Path
) -> None:
    run = new_run(hidden_size=2, bits=2)
    changes = []
    for k in range(120):
        status = check_status(http.patch(f"/api/runs/{run}", json={"learning_rate": (0.2, 0.3)[k % 2]}))
        changes.append([k, (0.2, 0.3)[k % 2]])
        left_out = max(0, k - 99)
        assert status["changes"] == changes[left_out:]
        assert status.get("changes_left_out", 0) == left_out
        http.post(f"/api/runs/{run}/step")
    assert http.get(f"/api/runs/{run}/changes").json() == {"generation": 0, "changes": changes}
    (listed,) = [status for status in http.get("/api/runs").json() if status["id"] == run]
    assert (listed["changes"], listed["changes_left_out"]) == (changes[20:], 20)

    path = tmp_path / "run.safetensors"
    path.write_bytes(http.get(f"/api/runs/{run}/checkpoint").content)
    assert [list(change) for change in load_checkpoint(path).changes] == changes
    past = http.get(f"/api/runs/{run}/iterations/4", headers={"Accept": "application/json"}).json()
    assert past["learning_rate"] == 0.3
    branch = check_status(http.post("/api/runs", json={"from": {"run": run, "iteration": 115}}), 201)["id"]
    assert http.get(f"/api/runs/{branch}/changes").json()["changes"] == changes[:116]
    check_problem(http.get("/api/runs/none/changes"), 404)


def test_commands_that_take_no_members_refuse_some(http: httpx2.Client, run: str) -> None:
    for command in ("start", "pause"):
        check_problem(http.post(f"/api/runs/{run}/{command}", json={"now": True}), 422, "now")
    check_problem(http.post(f"/api/runs/{run}/reset", json={"seed": 1}), 422, "seed")
    assert http.get(f"/api/runs/{run}").json()["state"] == "ready"
