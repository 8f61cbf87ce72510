"""The machine inside a network, over HTTP: now and at past moments."""

from typing import Any

import httpx2
import pytest

from app.examples import EXAMPLES
from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import extract_machine
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status

ENGINE = "numpy"

RECIPE: dict[str, Any] = {"bits": 5, "hidden_size": 6, "bias": True, "loss": "cross_entropy", "optimizer": "adam"}
CONFIG = {**RECIPE, "learning_rate": 0.05, "seed": 3}
"""A network that has learned to carry after 1,000 iterations."""


def machine(http: httpx2.Client, run: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/machine", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


@pytest.fixture
def trained(http: httpx2.Client, new_run: NewRun) -> str:
    run = new_run(**CONFIG)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 1000}), 200)
    return run


def test_it_is_the_machine_of_the_moment(http: httpx2.Client, trained: str) -> None:
    trainer = Trainer(TrainingConfig(**CONFIG), "numpy")
    equal = []
    for iteration in (0, 300, 1000):
        trainer.advance(iteration - trainer.iteration)
        found = machine(http, trained, **({} if iteration == 1000 else {"iteration": iteration}))
        expected = extract_machine(trainer.config, trainer.parameters)
        assert (found["run"], found["generation"], found["iteration"]) == (trained, 0, iteration)
        assert (found["states"], found["start"]) == (list(expected.states), expected.start)
        assert found["steps"] == [
            {
                "state": step.state,
                "bits": list(step.bits),
                "next": step.next,
                "output": step.output,
                "count": step.count,
                "of": step.of,
            }
            for step in expected.steps
        ]
        for name in ("agrees_with_network", "agrees_with_task", "agrees_with_network_long", "agrees_with_task_long"):
            assert found[name] == getattr(expected, name)
        assert (found["equals_task"], found["problems"], found["sampled"]) == (expected.equals_task, 256, False)
        assert (found["long_bits"], found["most_states"]) == (60, 12)
        equal.append(found["equals_task"])
    assert equal == [False, False, True]


def test_states_of_the_tasks_machine_are_named_in_the_language_of_the_client(http: httpx2.Client, trained: str) -> None:
    answers = [
        http.get(f"/api/runs/{trained}/machine", headers={"Accept-Language": language}).json()
        for language in ("en", "zh")
    ]
    assert [answer["states"] for answer in answers] == [["carry 0", "carry 1"], ["进位 0", "进位 1"]]
    assert {step["next"] for step in answers[1]["steps"]} == {"进位 0", "进位 1"}
    assert answers[1]["start"] == "进位 0"


@pytest.mark.parametrize("task", ["three_numbers", "parity", "xor", "comparison", "subtraction"])
def test_every_task_and_cell_has_one(http: httpx2.Client, new_run: NewRun, task: str) -> None:
    found = machine(http, new_run(task=task, bits=4, hidden_size=3, cell="lstm"))
    operands = {"three_numbers": 3, "parity": 1}.get(task, 2)
    assert len(found["steps"]) == len(found["states"]) * 2**operands


@pytest.mark.parametrize(
    ("query", "field"), [({"iteration": 1001}, "iteration"), ({"iteration": "x"}, "iteration"), ({"a": 1}, "a")]
)
def test_what_is_wrong_is_named(http: httpx2.Client, trained: str, query: dict[str, Any], field: str) -> None:
    check_problem(http.get(f"/api/runs/{trained}/machine", params=query), 422, field)


def test_a_run_that_is_not_there_has_none(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nowhere/machine"), 404)


def test_what_the_documentation_tells_of_the_articles_network_is_so(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 6000}), 200)
    found = {**machine(http, run), "run": "main"}
    for name in ("agrees_with_network", "agrees_with_network_long"):
        found[name] = round(found[name], 3)
    assert found == EXAMPLES["ExtractedMachine"]
