"""Over the wire: runs whose weights are set and held. They are branches, or begin so."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core import Edit, Trainer, TrainingConfig, load_checkpoint
from rnn_core.checkpoint import decode_checkpoint
from tests.app.conftest import NewRun
from tests.app.serving import Server, check_problem, check_status, eventually
from tests.app.test_survival import served
from tests.app.wire import parse_frame, watch
from tests.patience import PATIENCE
from tests.rnn_core.compare import state_of

ENGINE = "numpy"

CUT = {"parameter": "W_hh", "value": 0.0, "frozen": True}
UNIT: dict[str, Any] = {"parameter": "W_hy", "at": [3, None], "value": 0.5}
RELEASE: dict[str, Any] = {"parameter": "W_hh", "at": [0, 1], "frozen": False}


def branch(http: httpx2.Client, run: str, iteration: int, edits: Any, **more: Any) -> dict[str, Any]:
    body = {"from": {"run": run, "iteration": iteration}, "edits": edits, **more}
    return check_status(http.post("/api/runs", json=body), 201)


def step(http: httpx2.Client, run: str, iterations: int) -> dict[str, Any]:
    return check_status(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}))


def network(http: httpx2.Client, run: str) -> dict[str, Any]:
    return state_of(decode_checkpoint(http.get(f"/api/runs/{run}/checkpoint").content))


def moment(http: httpx2.Client, run: str, iteration: int) -> dict[str, Any]:
    found = http.get(f"/api/runs/{run}/iterations/{iteration}", headers={"Accept": "application/json"})
    assert found.status_code == 200, found.text
    document: dict[str, Any] = found.json()
    return document


def test_an_edited_branch_leaves_the_run_alone_and_trains_on_with_what_is_held(
    http: httpx2.Client, new_run: NewRun, tmp_path: Path
) -> None:
    config = {"optimizer": "momentum", "hidden_size": 6}
    run = new_run(**config)
    step(http, run, 40)
    before = network(http, run)
    made = branch(http, run, 25, [CUT, UNIT], name="Cut")
    assert (made["iteration"], made["state"], made["name"]) == (25, "paused", "Cut")
    assert made["edits"] == [{"iteration": 25, **CUT}, {"iteration": 25, **UNIT}]
    step(http, made["id"], 30)
    other = branch(http, made["id"], 50, [RELEASE])
    assert other["edits"] == [*made["edits"], {"iteration": 50, **RELEASE}]
    step(http, other["id"], 20)

    trainer = Trainer(TrainingConfig(**config), ENGINE)  # type: ignore[arg-type]
    trainer.advance(25)
    trainer.edit([CUT, UNIT])
    at_cut = trainer.snapshot()
    trainer.advance(25)
    trainer.edit([RELEASE])
    trainer.advance(20)
    assert network(http, other["id"]) == state_of(trainer)
    assert "edits" not in http.get(f"/api/runs/{run}").json()
    assert network(http, run) == before

    # The past of the branches: before the edits, at them, and after them.
    assert np.any(moment(http, other["id"], 24)["weights"]["W_hh"])
    assert moment(http, other["id"], 25)["weights"]["W_hh"] == at_cut.parameters["W_hh"].tolist()
    assert not np.any(moment(http, other["id"], 49)["weights"]["W_hh"])
    assert moment(http, other["id"], 49) == {**moment(http, made["id"], 49)}
    late = np.array(moment(http, other["id"], 70)["weights"]["W_hh"])
    assert late[0, 1]
    assert np.count_nonzero(late) == 1
    frame = parse_frame(http.get(f"/api/runs/{other['id']}/iterations/60").content)
    assert np.count_nonzero(frame.tensors["updates.W_hh"]) == 1

    # Taken out and brought in it is the same run.
    file = tmp_path / "edited.safetensors"
    file.write_bytes(http.get(f"/api/runs/{other['id']}/checkpoint").content)
    assert state_of(load_checkpoint(file, ENGINE)) == state_of(trainer)
    kind = {"Content-Type": "application/octet-stream"}
    brought = check_status(http.post("/api/runs/import", content=file.read_bytes(), headers=kind), 201)
    assert brought["edits"] == other["edits"]
    step(http, brought["id"], 10)
    trainer.advance(10)
    assert network(http, brought["id"]) == state_of(trainer)
    for each in (made, other, brought):
        http.delete(f"/api/runs/{each['id']}")


def test_a_run_that_trains_can_be_branched_with_edits_and_goes_on(http: httpx2.Client, run: str) -> None:
    http.post(f"/api/runs/{run}/start")
    there = eventually(http, run, lambda status: status["iteration"] > 100)
    made = branch(http, run, there["iteration"], [CUT])
    assert not np.any(moment(http, made["id"], there["iteration"])["weights"]["W_hh"])
    assert http.get(f"/api/runs/{run}").json()["state"] == "running"
    http.delete(f"/api/runs/{made['id']}")


def test_the_accuracy_where_a_branch_begins_is_that_of_the_edited_network(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=3, hidden_size=4)
    step(http, run, 20)

    def known(run: str) -> dict[int, float]:
        found = http.get(f"/api/runs/{run}/accuracy", timeout=PATIENCE).json()["history"]
        return dict(found)

    eventually(http, run, lambda _: 20 in known(run))
    made = branch(http, run, 20, [{"parameter": name, "value": 0, "frozen": True} for name in ("W_xh", "W_hh", "W_hy")])
    eventually(http, made["id"], lambda _: 20 in known(made["id"]))
    nothing = http.get(f"/api/runs/{made['id']}/accuracy", timeout=PATIENCE).json()["accuracy"]
    assert known(made["id"])[20] == nothing
    earlier, later = known(run), known(made["id"])
    assert {place: later[place] for place in earlier if place < 20} == {p: s for p, s in earlier.items() if p < 20}
    http.delete(f"/api/runs/{made['id']}")


def test_a_run_begins_with_edits_or_has_them_planned_and_a_reset_makes_those_of_its_beginning_again(
    http: httpx2.Client,
) -> None:
    edits = [CUT, {"iteration": 5, **RELEASE}]
    run = check_status(http.post("/api/runs", json={"config": {"seed": 3}, "edits": edits}), 201)
    assert run["edits"] == [{"iteration": 0, **CUT}, {"iteration": 5, **RELEASE}]
    run_id = run["id"]
    step(http, run_id, 9)
    trainer = Trainer(TrainingConfig(seed=3), ENGINE)
    trainer.edit([CUT])
    trainer.advance(5)
    trainer.edit([Edit("W_hh", (0, 1), frozen=False)])
    trainer.advance(4)
    assert network(http, run_id) == state_of(trainer)
    again = check_status(http.post(f"/api/runs/{run_id}/reset"))
    assert again["edits"] == [{"iteration": 0, **CUT}]
    other = check_status(http.post(f"/api/runs/{run_id}/reset", json={"edits": [UNIT]}))
    assert (other["edits"], other["config"]["seed"]) == ([{"iteration": 0, **UNIT}], 3)
    assert "edits" not in check_status(http.post(f"/api/runs/{run_id}/reset", json={"config": {"seed": 3}}))
    check_problem(http.post(f"/api/runs/{run_id}/reset", json={"edits": []}), 422, "edits")
    smaller = {"config": {"hidden_size": 2}, "edits": [UNIT]}
    check_problem(http.post(f"/api/runs/{run_id}/reset", json=smaller), 422, "edits.0.at")
    http.delete(f"/api/runs/{run_id}")


async def test_the_socket_resets_with_edits_and_says_which_are_wrong(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.status()
        await viewer.send("reset", edits=[{"parameter": "W", "value": 0}])
        assert "edits.0.parameter" in (await viewer.problem())["detail"]
        await viewer.send("reset", edits=[CUT])
        assert (await viewer.status())["edits"] == [{"iteration": 0, **CUT}]


@pytest.mark.parametrize(
    ("edits", "field"),
    [
        ([], "edits"),
        ("W_hh", "edits"),
        ({}, "edits"),
        ([CUT] * 201, "edits"),
        ([3], "edits.0"),
        ([CUT, {"parameter": "W_ih", "value": 0}], "edits.1.parameter"),
        ([{"parameter": "W_hh", "at": [0, 16], "value": 0}], "edits.0.at"),
        ([{"parameter": "W_hh", "value": "0"}], "edits.0.value"),
        ([{"parameter": "W_hh", "value": 1e400}], None),
        ([{"parameter": "W_hh", "frozen": "yes"}], "edits.0.frozen"),
        ([{"parameter": "W_hh"}], "edits.0"),
        ([{"iteration": 3, **CUT}], "edits.0.iteration"),
    ],
)
def test_edits_that_are_not_possible_are_refused_and_make_no_run(http: httpx2.Client, edits: Any, field: str) -> None:
    runs = len(http.get("/api/runs").json())
    body = json.dumps({"from": {"run": "main", "iteration": 0}, "edits": edits})
    answer = http.post("/api/runs", content=body, headers={"Content-Type": "application/json"})
    check_problem(answer, 422 if field else 400, *([field] if field else []))
    assert len(http.get("/api/runs").json()) == runs


def test_planned_edits_of_a_new_run_are_in_order_and_within_it(http: httpx2.Client) -> None:
    for places in ((9, 3), (0, 51), (-1,), (1.0,), (True,)):
        edits = [{"iteration": place, **CUT} for place in places]
        answer = http.post("/api/runs", json={"config": {"max_iterations": 50}, "edits": edits})
        check_problem(answer, 422, f"edits.{len(places) - 1}.iteration")


def test_there_is_no_program_of_what_a_hand_did(http: httpx2.Client) -> None:
    made = branch(http, "main", 0, [CUT])
    assert "by hand" in check_problem(http.get(f"/api/runs/{made['id']}/program"), 409)["detail"]
    http.delete(f"/api/runs/{made['id']}")


def test_edits_survive_a_kill_and_the_past_is_the_same_after_it(tmp_path: Path) -> None:
    places = (0, 999, 1499, 1500, 1501, 1700, 1800, 1850)
    with served(tmp_path) as (server, http):
        run = check_status(http.post("/api/runs", json={"config": {"bits": 3, "hidden_size": 4}}), 201)["id"]
        step(http, run, 1600)
        made = branch(http, run, 1500, [CUT])
        step(http, made["id"], 300)
        other = branch(http, made["id"], 1800, [{"parameter": "W_xh", "at": [0, None], "value": 1.5, "frozen": True}])
        still = branch(http, other["id"], 1800, [UNIT])
        step(http, other["id"], 50)
        known = {place: moment(http, other["id"], place) for place in places}
        server.end(signal.SIGKILL)
    with served(tmp_path) as (server, http):
        back = http.get(f"/api/runs/{other['id']}").json()
        assert back["edits"] == other["edits"]
        assert len(back["edits"]) == 2
        assert {place: moment(http, other["id"], place) for place in places} == known
        assert http.get(f"/api/runs/{still['id']}").json()["edits"] == still["edits"]
        assert moment(http, still["id"], 1800)["weights"]["W_hy"][3] == [0.5]
        step(http, other["id"], 20)
        trainer = Trainer(TrainingConfig(bits=3, hidden_size=4), ENGINE)
        trainer.advance(1500)
        trainer.edit([CUT])
        trainer.advance(300)
        trainer.edit([Edit("W_xh", (0, None), 1.5, frozen=True)])
        trainer.advance(70)
        found = decode_checkpoint(http.get(f"/api/runs/{other['id']}/checkpoint").content)
        assert state_of(found) == state_of(replace(trainer.snapshot(), edits=found.edits))
        assert server.complaints() == []
