"""Why a run's answer is wrong: now and at past moments."""

from typing import Any

import httpx2
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import explain
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status

ENGINE = "numpy"


def why(http: httpx2.Client, run: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/why", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def step(http: httpx2.Client, run: str, iterations: int) -> None:
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}), 200)


def test_it_is_the_explanation_of_that_moment_and_names_the_moment(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=5, hidden_size=6, seed=3)
    step(http, run, 700)
    trainer = Trainer(TrainingConfig(bits=5, hidden_size=6, seed=3), "numpy")
    for iteration in (0, 400, 700):
        trainer.advance(iteration - trainer.iteration)
        for a, b in ((3, 1), (7, 9), (40, 3)):
            asked = {"a": a, "b": b} if iteration == 700 else {"a": a, "b": b, "iteration": iteration}
            found = why(http, run, **asked)
            plainly = explain(trainer.config, trainer.parameters, a, b)
            assert (found["run"], found["generation"], found["iteration"]) == (run, 0, iteration)
            assert found["case"] == {"state": plainly.case.state, "bits": list(plainly.case.bits)}
            for name in ("position", "probability", "expected", "verdict"):
                assert found[name] == getattr(plainly, name)
            patched = plainly.patched
            assert found["patched"] == (
                patched
                and {
                    "from": patched.from_,
                    "position": patched.position,
                    "state": patched.state,
                    "probability": patched.probability,
                    "share": patched.share,
                    "problems": patched.problems,
                }
            )
            assert found.keys().isdisjoint({"overflow", "parting"})


def test_what_the_documentation_tells_of_the_articles_network_is_so(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    step(http, run, 6000)
    found = why(http, run, a=127, b=1)
    assert (found["position"], found["case"], found["expected"]) == (4, {"state": "carry 1", "bits": [1, 0]}, 0)
    assert (found["verdict"], round(found["probability"], 3)) == ("memory", 0.556)
    patched = found["patched"]
    assert (patched["from"], round(patched["probability"], 3), round(patched["share"], 3), patched["problems"]) == (
        {"a": 12, "b": 11},
        0.149,
        0.933,
        7616,
    )


@pytest.mark.parametrize("task", ["three_numbers", "parity", "xor"])
def test_every_task_takes_its_own_numbers(http: httpx2.Client, new_run: NewRun, task: str) -> None:
    run = new_run(task=task, bits=4, hidden_size=3)
    operands = {"three_numbers": {"a": 3, "b": 2, "c": 3}, "parity": {"a": 3}, "xor": {"a": 6, "b": 3}}[task]
    found = why(http, run, **operands)
    assert len(found["case"]["bits"]) == len(operands)


def test_states_are_told_in_the_language_of_the_client(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, hidden_size=3)
    answers = [
        http.get(f"/api/runs/{run}/why?a=3&b=1", headers={"Accept-Language": language}).json()
        for language in ("en", "zh")
    ]
    assert answers[0]["case"]["state"] in ("carry 0", "carry 1")
    assert answers[1]["case"]["state"] in ("进位 0", "进位 1")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"a": 1}, ["b"]),
        ({}, ["a", "b"]),
        ({"a": 1, "b": 2, "c": 3}, ["c"]),
        ({"a": "x", "b": 2}, ["a"]),
        ({"a": 1, "b": 2**52}, ["b"]),
        ({"a": 1, "b": 2, "iteration": -1}, ["iteration"]),
        ({"a": 1, "b": 2, "iteration": 11}, ["iteration"]),
        ({"a": 1, "b": 2, "iteration": "1.0"}, ["iteration"]),
        ({"a": 1, "b": 2, "run": "main"}, ["run"]),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    http: httpx2.Client, new_run: NewRun, query: dict[str, Any], fields: list[str]
) -> None:
    run = new_run(bits=4, hidden_size=3)
    step(http, run, 10)
    check_problem(http.get(f"/api/runs/{run}/why", params=query), 422, *fields)


def test_an_unknown_run_is_not_found(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nobody/why?a=1&b=2"), 404)


def test_a_reset_run_forgets_the_explanations_of_its_past(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, hidden_size=3)
    step(http, run, 50)
    before = why(http, run, a=3, b=1, iteration=50)
    check_status(http.post(f"/api/runs/{run}/reset", json={"config": {"bits": 4, "hidden_size": 3, "seed": 9}}), 200)
    step(http, run, 50)
    after = why(http, run, a=3, b=1, iteration=50)
    assert (before["generation"], after["generation"]) == (0, 1)
    assert before["probability"] != after["probability"]
