"""Problems of any length, over HTTP."""

from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.long_problems import LONG_LIMIT, trace_long
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status
from tests.app.wire import Frame, parse_frame

ENGINE = "numpy"
A, B = 2**1000 - 1, 3**600


def traced(http: httpx2.Client, run: str, **query: Any) -> Frame:
    response = http.get(f"/api/runs/{run}/trace", params=query)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    return parse_frame(response.content)


@pytest.mark.parametrize("cell", ["elman", "lstm"])
@pytest.mark.parametrize("iteration", [None, 0, 120])
def test_a_long_problem_is_that_of_the_moment(
    http: httpx2.Client, new_run: NewRun, cell: str, iteration: int | None
) -> None:
    config = TrainingConfig(bits=4, hidden_size=5, cell=cell)
    run = new_run(bits=4, hidden_size=5, cell=cell)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 200}), 200)
    frame = traced(http, run, a=str(A), b=str(B), **({} if iteration is None else {"iteration": iteration}))
    trainer = Trainer(config, "numpy")
    trainer.advance(200 if iteration is None else iteration)
    expected = trace_long(config, trainer.parameters, A, B)
    assert (frame.metadata["a"], frame.metadata["b"]) == (str(A), str(B))
    assert frame.metadata["expected"] == str(A + B)
    assert frame.metadata["predicted"] == str(expected.predicted)
    assert (frame.metadata["generation"], frame.metadata["iteration"]) == ("0", str(trainer.iteration))
    for name in ("inputs", "targets", "outputs", "bits", "hidden_states"):
        np.testing.assert_array_equal(frame.tensors[f"trace.{name}"], expected[name].astype(np.float32))
    for name, gate in expected.gates.items():
        np.testing.assert_array_equal(frame.tensors[f"trace.gates.{name}"], gate.astype(np.float32))
    for name, weight in trainer.parameters.items():
        np.testing.assert_array_equal(frame.tensors[f"weights.{name}"], weight.astype(np.float32))
    assert ("trace.cell_states" in frame.tensors) == (cell == "lstm")
    assert not any(name.startswith("updates.") or name.endswith("deltas") for name in frame.tensors)


def test_a_problem_may_have_more_positions_than_it_needs(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4)
    assert len(traced(http, run, a="3", b="4").tensors["trace.bits"]) == 4
    assert len(traced(http, run, a="3", b="4", width=100).tensors["trace.bits"]) == 100


def test_a_frame_never_holds_what_is_not_a_number(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, activation="relu", hidden_size=8, seed=3)
    edits = [{"parameter": "W_hh", "at": None, "value": 100}]
    changed = http.post("/api/runs", json={"from": {"run": run, "iteration": 0}, "edits": edits}).json()["id"]
    frame = traced(http, changed, a=str(A), b=str(A))
    assert all(np.isfinite(values).all() for values in frame.tensors.values())
    assert frame.metadata["predicted"] != frame.metadata["expected"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"a": str(LONG_LIMIT), "b": "1"}, "a"),
        ({"a": "9" * 310, "b": "1"}, "a"),
        ({"a": "1", "b": "-1"}, "b"),
        ({"a": "1e3", "b": "1"}, "a"),
        ({"a": "1"}, "b"),
        ({"a": "1", "b": "1", "c": "1"}, "c"),
        ({"a": "255", "b": "1", "width": 8}, "width"),
        ({"a": "1", "b": "1", "iteration": 1}, "iteration"),
    ],
)
def test_what_is_wrong_is_named(http: httpx2.Client, new_run: NewRun, query: dict[str, Any], field: str) -> None:
    check_problem(http.get(f"/api/runs/{new_run(bits=4)}/trace", params=query), 422, field)


def test_a_run_that_is_not_there_is_missing(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nowhere/trace", params={"a": "1", "b": "1"}), 404)
