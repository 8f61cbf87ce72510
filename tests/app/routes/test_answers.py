"""A network's answers to one problem through all of its training."""

from typing import Any

import httpx2
import pytest

from rnn_core import Trainer, TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status


def answers(http: httpx2.Client, run: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/answers", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def step(http: httpx2.Client, run: str, iterations: int) -> None:
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": iterations}), 200)


def test_each_answer_is_what_the_network_said_at_that_moment(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    step(http, run, 2000)
    assert http.patch(f"/api/runs/{run}", json={"learning_rate": 0.5}).status_code == 200
    step(http, run, 1500)
    found = answers(http, run, a=127, b=1, points=8)
    assert found["iterations"] == [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]
    assert (found["expected"], found["width"], found["bits"]) == (128, 8, [1, 0, 0, 0, 0, 0, 0, 0])
    trainer = Trainer(TrainingConfig())
    for iteration, predicted, probabilities in zip(
        found["iterations"], found["predicted"], found["probabilities"], strict=True
    ):
        if iteration > 2000:
            trainer.set_learning_rate(0.5)
        trainer.advance(iteration - trainer.iteration)
        answer = trainer.predict(127, 1)
        assert (predicted, probabilities) == (answer.predicted, answer.probabilities)
    assert found["probabilities"][0] != found["probabilities"][-1]
    assert probabilities == http.get("/predict", params={"a": 127, "b": 1, "run": run}).json()["probabilities"]


def test_a_stretch_of_training(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    assert answers(http, run, a=1, b=1)["iterations"] == [0]
    step(http, run, 1000)
    assert answers(http, run, a=1, b=1, start=10, stop=30, points=3)["iterations"] == [10, 20, 30]
    assert answers(http, run, a=1, b=1, start=990, points=300)["iterations"] == list(range(990, 1001))
    assert answers(http, run, a=1, b=1, start=7, stop=7)["iterations"] == [7]
    assert answers(http, run, a=1, b=1, points=1)["iterations"] == [1000], "the newest, where there is room for one"
    assert answers(http, run, a=1, b=1, start=1001)["iterations"] == []


def test_a_long_stretch_of_a_large_network_has_answers_where_it_was_kept(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(hidden_size=64, bits=16)
    for _ in range(2):
        step(http, run, 2500)
    found = answers(http, run, a=3, b=5, points=50)
    assert found["iterations"][0] == 0
    assert found["iterations"][-1] == 5000
    assert 2 < len(found["iterations"]) < 50
    assert len(found["probabilities"][1]) == 16
    for iteration, predicted in zip(found["iterations"], found["predicted"], strict=True):
        exact = answers(http, run, a=3, b=5, start=iteration, stop=iteration)
        assert exact["predicted"] == [predicted]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"a": 1}, ["b"]),
        ({"a": 1, "b": 2, "c": 3}, ["c"]),
        ({"a": "x", "b": 2}, ["a"]),
        ({"a": 1, "b": 2, "points": 0}, ["points"]),
        ({"a": 1, "b": 2, "points": 301}, ["points"]),
        ({"a": 1, "b": 2, "start": -1}, ["start"]),
        ({"a": 1, "b": 2, "start": 5, "stop": 4}, ["stop"]),
        ({"a": 1, "b": 2, "nonsense": 4}, ["nonsense"]),
    ],
)
def test_nonsense_is_refused_by_name(http: httpx2.Client, query: dict[str, Any], fields: list[str]) -> None:
    check_problem(http.get("/api/runs/main/answers", params=query), 422, *fields)


def test_an_unknown_run_is_not_found(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nobody/answers", params={"a": 1, "b": 2}), 404)
