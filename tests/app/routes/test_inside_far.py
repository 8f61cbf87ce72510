"""How far a network carries and all its answers as one picture, over HTTP."""

import json
from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import accuracy_map, lengths
from rnn_core.tensors import read_tensors
from tests.app.conftest import NewRun
from tests.app.routes.test_inside import inside
from tests.app.serving import check_problem, check_status


def picture(http: httpx2.Client, run: str, **query: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metadata and the arrays of a map."""
    response = http.get(f"/api/runs/{run}/map", params=query)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    metadata, tensors = read_tensors(response.content)
    return metadata, {name: tensor.values for name, tensor in tensors.items()}


def run_of(http: httpx2.Client, new_run: NewRun, iterations: int, **config: Any) -> tuple[str, Trainer]:
    """A run that has done this many iterations, and a trainer that has done the same."""
    run = new_run(**config)
    trainer = Trainer(TrainingConfig(**config), "numpy")
    if iterations:
        check_status(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}), 200)
    trainer.advance(iterations)
    return run, trainer


@pytest.mark.parametrize("iteration", [None, 0, 120])
def test_lengths_are_those_of_the_moment(http: httpx2.Client, new_run: NewRun, iteration: int | None) -> None:
    run, trainer = run_of(http, new_run, 300, bits=4, hidden_size=5)
    found = inside(http, run, "lengths", **({} if iteration is None else {"iteration": iteration}))
    if iteration is not None:
        trainer = Trainer(trainer.config, "numpy")
        trainer.advance(iteration)
    expected = lengths(trainer.config, trainer.parameters)
    assert (found["run"], found["generation"], found["iteration"]) == (run, 0, trainer.iteration)
    assert found["widths"] == list(expected.widths)
    assert (found["random"], found["hard"]) == (list(expected.random), list(expected.hard))
    failure = expected.first_failure
    assert failure is not None
    assert found["first_failure"] == {
        "width": failure.width,
        "position": failure.position,
        "a": str(failure.operands["a"]),
        "b": str(failure.operands["b"]),
        "expected": str(failure.expected),
        "predicted": str(failure.predicted),
        "hard": failure.hard,
    }


@pytest.mark.parametrize(("task", "operands"), [("parity", {"a"}), ("three_numbers", {"a", "b", "c"})])
def test_the_failure_has_the_numbers_of_the_task(
    http: httpx2.Client, new_run: NewRun, task: str, operands: set[str]
) -> None:
    run, _ = run_of(http, new_run, 0, bits=4, task=task)
    failure = inside(http, run, "lengths")["first_failure"]
    assert failure.keys() & {"a", "b", "c"} == operands
    assert all(failure[name].isdecimal() for name in (*operands, "expected", "predicted"))


@pytest.mark.parametrize(
    ("config", "query"),
    [
        ({"bits": 5}, {}),
        ({"bits": 5}, {"iteration": 7}),
        ({"bits": 5, "task": "subtraction"}, {}),
        ({"bits": 5, "task": "three_numbers"}, {"c": 3}),
        ({"bits": 11, "hidden_size": 2}, {}),
    ],
)
def test_the_picture_is_that_of_the_moment(
    http: httpx2.Client, new_run: NewRun, config: dict[str, Any], query: dict[str, int]
) -> None:
    run, trainer = run_of(http, new_run, 20, **config)
    metadata, arrays = picture(http, run, **query)
    trainer = Trainer(trainer.config, "numpy")
    trainer.advance(query.get("iteration", 20))
    expected = accuracy_map(trainer.config, trainer.parameters, query.get("c"))
    np.testing.assert_allclose(arrays["margins"], expected.margins, atol=1e-6)
    np.testing.assert_array_equal(arrays["predicted"], expected.predicted)
    assert ("worst" in arrays) == (expected.side > 1)
    if expected.side > 1:
        np.testing.assert_array_equal(arrays["worst"], expected.worst)
    assert metadata == {
        "run": run,
        "generation": "0",
        "iteration": str(trainer.iteration),
        "side": str(expected.side),
        "lows": json.dumps(expected.lows.tolist()),
        "right": str(expected.right),
        "tried": str(expected.tried),
        "problems": str(expected.problems),
        **({} if expected.c is None else {"c": str(expected.c)}),
    }


def test_results_of_32_bits_are_exact(http: httpx2.Client, new_run: NewRun) -> None:
    run, trainer = run_of(http, new_run, 1, bits=32, hidden_size=2)
    expected = accuracy_map(trainer.config, trainer.parameters)
    assert expected.predicted.max() > 2**30
    np.testing.assert_array_equal(picture(http, run)[1]["predicted"], expected.predicted)


def test_a_task_of_one_number_has_no_picture_and_the_answer_says_why(http: httpx2.Client, new_run: NewRun) -> None:
    run, _ = run_of(http, new_run, 0, bits=4, task="parity")
    problem = check_problem(http.get(f"/api/runs/{run}/map"), 409)
    assert "only one number" in problem["detail"]


@pytest.mark.parametrize(
    ("task", "call", "query", "field"),
    [
        ("addition", "lengths", {"iteration": 1}, "iteration"),
        ("addition", "lengths", {"a": 1}, "a"),
        ("addition", "map", {"iteration": "x"}, "iteration"),
        ("addition", "map", {"c": 1}, "c"),
        ("three_numbers", "map", {"c": 4}, "c"),
        ("three_numbers", "map", {"c": -1}, "c"),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx2.Client, new_run: NewRun, task: str, call: str, query: dict[str, Any], field: str
) -> None:
    run, _ = run_of(http, new_run, 0, bits=4, task=task)
    check_problem(http.get(f"/api/runs/{run}/{call}", params=query), 422, field)


@pytest.mark.parametrize("call", ["lengths", "map"])
def test_a_run_that_is_not_there_is_missing(http: httpx2.Client, call: str) -> None:
    check_problem(http.get(f"/api/runs/nowhere/{call}"), 404)
