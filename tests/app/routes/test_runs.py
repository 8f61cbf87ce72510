import re

import httpx2
import pytest

from rnn_core import TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import STATUS_KEYS, bring, check_problem, check_status, eventually, run_server

ENGINE = "numpy"

DEFAULT = TrainingConfig().to_dict()


def test_main_is_there_with_the_default_configuration() -> None:
    with run_server(engine="numpy") as server, server.client() as own:  # others have commanded that of all
        main = check_status(own.get("/api/runs/main"))
    assert (main["id"], main["config"], main["generation"]) == ("main", DEFAULT, 0)


def test_a_new_run_is_ready_and_where_its_location_says(http: httpx2.Client, new_run: NewRun) -> None:
    response = http.post("/api/runs", json={"name": "Färbung 7", "config": {"seed": 3, "bits": 4}, "speed": 25})
    run = check_status(response, 201)
    try:
        assert response.headers["location"] == f"/api/runs/{run['id']}"
        assert re.fullmatch(r"[a-z0-9-]{1,32}", run["id"])
        assert run == {
            "id": run["id"],
            "name": "Färbung 7",
            "state": "ready",
            "generation": 0,
            "iteration": 0,
            "config": {**DEFAULT, "seed": 3, "bits": 4},
            "changes": [],
            "learning_rate": 0.1,
            "speed": 25,
            "error": None,
            "iterations_per_second": 0,
            "viewers": 0,
            "detail": None,
            "access": "command",
        }
        assert http.get(response.headers["location"]).json() == run
        assert run in http.get("/api/runs").json()
    finally:
        assert http.delete(response.headers["location"]).status_code == 204


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"name":null,"config":null}', b'{"config":{}}', b'{"config":{"bits":null}}']
)
def test_what_is_left_out_or_null_is_the_default(http: httpx2.Client, body: bytes) -> None:
    response = http.post("/api/runs", content=body, headers={"content-type": "application/json"})
    run = check_status(response, 201)
    assert (run["config"], run["speed"]) == (DEFAULT, 300)
    assert run["name"]
    assert http.delete(f"/api/runs/{run['id']}").status_code == 204


def test_a_speed_of_null_is_unlimited(http: httpx2.Client, new_run: NewRun) -> None:
    assert http.get(f"/api/runs/{new_run(speed=None)}").json()["speed"] is None


def test_the_list_holds_every_run_once(http: httpx2.Client, new_run: NewRun) -> None:
    ids = {"main", new_run(), new_run()}
    runs = http.get("/api/runs").json()
    assert len(runs) == len({run["id"] for run in runs})
    assert ids <= {run["id"] for run in runs}
    # Other tests leave runs with members that are only present if they say something.
    some_have = {"changes_left_out", "speed_chosen", "edits", "proof", "proving"}
    assert [set(run) - some_have for run in runs] == [STATUS_KEYS] * len(runs)


def test_there_are_at_most_32_runs_and_then_503_says_when_to_try_again(http: httpx2.Client, new_run: NewRun) -> None:
    while len(http.get("/api/runs").json()) < 32:
        new_run()
    response = http.post("/api/runs")
    problem = check_problem(response, 503)
    assert int(response.headers["retry-after"]) > 0
    assert "32" in problem["detail"]
    first = http.get("/api/runs").json()[1]["id"]
    assert http.delete(f"/api/runs/{first}").status_code == 204
    new_run()


def test_a_deleted_run_is_gone_and_its_id_is_not_given_again(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    response = http.delete(f"/api/runs/{run}")
    assert (response.status_code, response.content) == (204, b"")
    for answer in (
        http.get(f"/api/runs/{run}"),
        http.delete(f"/api/runs/{run}"),
        http.post(f"/api/runs/{run}/start"),
        http.get(f"/api/runs/{run}/errors"),
        http.get(f"/api/runs/{run}/checkpoint"),
        http.get("/predict", params={"a": 1, "b": 1, "run": run}),
    ):
        assert run in check_problem(answer, 404)["detail"]
    assert new_run() != run


@pytest.mark.parametrize("state", ["ready", "running", "paused", "finished", "diverged"])
def test_a_run_can_be_deleted_in_any_state(http: httpx2.Client, new_run: NewRun, state: str) -> None:
    run = bring(http, new_run, state)
    assert http.delete(f"/api/runs/{run}").status_code == 204
    check_problem(http.get(f"/api/runs/{run}"), 404)


def test_main_cannot_be_deleted(http: httpx2.Client) -> None:
    problem = check_problem(http.delete("/api/runs/main"), 409)
    assert "eset" in problem["detail"], "it says what to do instead"
    check_status(http.get("/api/runs/main"))


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"name": "Other"}, {"name": "Other"}),
        ({"speed": 0.1}, {"speed": 0.1}),
        ({"speed": 1_000_000}, {"speed": 1_000_000}),
        ({"speed": None}, {"speed": None}),
        ({"learning_rate": 100}, {"learning_rate": 100, "changes": [[0, 100]]}),
        ({"learning_rate": 1e-9, "name": "x"}, {"learning_rate": 1e-9, "changes": [[0, 1e-9]], "name": "x"}),
        ({"name": None, "learning_rate": None}, {}),
        ({}, {}),
    ],
)
def test_a_patch_changes_what_it_names_and_nothing_else(
    http: httpx2.Client, new_run: NewRun, change: dict[str, object], after: dict[str, object]
) -> None:
    run = new_run(speed=7)
    before = http.get(f"/api/runs/{run}").json()
    assert check_status(http.patch(f"/api/runs/{run}", json=change)) == {**before, **after}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"speed": 0.09}, "speed"),
        ({"speed": 1_000_000.5}, "speed"),
        ({"speed": "300"}, "speed"),
        ({"speed": True}, "speed"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": 100.01}, "learning_rate"),
        ({"learning_rate": "0.1"}, "learning_rate"),
        ({"learning_rate": False}, "learning_rate"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"seed": 5}, "seed"),
    ],
)
def test_a_patch_with_one_bad_member_changes_nothing(
    http: httpx2.Client, run: str, change: dict[str, object], field: str
) -> None:
    before = http.get(f"/api/runs/{run}").json()
    good = {"name": "New", "speed": 5, "learning_rate": 0.7}
    check_problem(http.patch(f"/api/runs/{run}", json={**good, **change}), 422, field)
    assert http.get(f"/api/runs/{run}").json() == before


def test_name_and_speed_survive_a_reset(http: httpx2.Client, run: str) -> None:
    http.patch(f"/api/runs/{run}", json={"name": "Kept", "speed": 12.5, "learning_rate": 0.4})
    http.post(f"/api/runs/{run}/step", json={"iterations": 10})
    after = check_status(http.post(f"/api/runs/{run}/reset"))
    assert (after["name"], after["speed"]) == ("Kept", 12.5)
    assert (after["learning_rate"], after["changes"]) == (0.1, []), "and the learning rate does not"
    assert (after["generation"], after["iteration"], after["error"], after["state"]) == (1, 0, None, "ready")


def test_iterations_per_second_is_that_of_running_and_zero_otherwise(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(speed=200)
    assert http.get(f"/api/runs/{run}").json()["iterations_per_second"] == 0
    http.post(f"/api/runs/{run}/start")
    eventually(http, run, lambda status: status["iteration"] >= 400 and 100 <= status["iterations_per_second"] <= 300)
    assert check_status(http.post(f"/api/runs/{run}/pause"))["iterations_per_second"] == 0


@pytest.mark.parametrize(
    "run_id", ["nope", "MAIN", "main%00", "%F0%9F%98%80", "x" * 3000, "%ED%A0%80", "a b", "..%2Fmain"]
)
def test_an_unknown_run_is_a_404_that_names_it_printably(http: httpx2.Client, run_id: str) -> None:
    for answer in (
        http.get(f"/api/runs/{run_id}"),
        http.post(f"/api/runs/{run_id}/start"),
        http.patch(f"/api/runs/{run_id}", json={}),
        http.delete(f"/api/runs/{run_id}"),
    ):
        detail = check_problem(answer, 404)["detail"]
        assert detail.isprintable()
