"""What is inside a network, over HTTP: now and at past moments. The numbers are those of `rnn_core.analysis`."""

from typing import Any

import httpx2
import numpy as np
import pytest

from app.problems import Problem
from app.routes.inside import analysed
from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import gradient_reach
from rnn_core.analysis.reach import gradient_reach_in_pieces
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status

ENGINE = "numpy"


def inside(http: httpx2.Client, run: str, call: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/{call}", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


@pytest.fixture
def trained(http: httpx2.Client, new_run: NewRun) -> tuple[str, TrainingConfig]:
    """A run that has done 300 iterations, and its configuration."""
    run = new_run(bits=4, hidden_size=5, seed=2)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 300}), 200)
    return run, TrainingConfig(bits=4, hidden_size=5, seed=2)


@pytest.mark.parametrize("iteration", [None, 0, 120, 300])
def test_the_reach_is_that_of_the_moment(
    http: httpx2.Client, trained: tuple[str, TrainingConfig], iteration: int | None
) -> None:
    run, config = trained
    moment = {} if iteration is None else {"iteration": iteration}
    found = inside(http, run, "reach", a=5, b=11, **moment)
    trainer = Trainer(config, "numpy")
    trainer.advance(300 if iteration is None else iteration)
    expected = gradient_reach(config, trainer.parameters, 5, 11).norms
    assert (found["run"], found["generation"], found["iteration"]) == (run, 0, trainer.iteration)
    assert [[norm is None for norm in row] for row in found["norms"]] == np.isnan(expected).tolist()
    np.testing.assert_array_equal(np.array(found["norms"], dtype=float), expected)


def test_the_reach_along_training_is_that_of_kept_moments(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, hidden_size=5, seed=2)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 2100}), 200)
    found = inside(http, run, "reach/along", a=5, b=11)
    moments = found["moments"]
    iterations = [moment["iteration"] for moment in moments]
    assert iterations[0] == 0
    assert len(iterations) > 2
    assert iterations == sorted(set(iterations))
    assert found["iteration"] == iterations[-1]
    trainer = Trainer(TrainingConfig(bits=4, hidden_size=5, seed=2), "numpy")
    for moment in moments:
        trainer.advance(moment["iteration"] - trainer.iteration)
        shares = gradient_reach(trainer.config, trainer.parameters, 5, 11).shares
        np.testing.assert_array_equal(np.array(moment["shares"], dtype=float), shares)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"a": 5}, "b"),
        ({"a": -1, "b": 2}, "a"),
        ({"a": 1, "b": 2, "c": 3}, "c"),
        ({"a": 1, "b": 2, "iteration": 301}, "iteration"),
        ({"a": 1, "b": "x"}, "b"),
        ({"a": 1, "b": 2, "d": 3}, "d"),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx2.Client, trained: tuple[str, TrainingConfig], query: dict[str, Any], field: str
) -> None:
    check_problem(http.get(f"/api/runs/{trained[0]}/reach", params=query), 422, field)


def test_a_run_that_is_not_there_has_no_inside(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nowhere/reach", params={"a": 1, "b": 2}), 404)


async def test_a_problem_of_a_task_that_a_reset_took_away_is_refused() -> None:
    class Run:
        async def analyse(self, iteration: int | None, analysis: Any, *asked: int) -> None:
            gradient_reach(TrainingConfig(task="parity", bits=4), {}, *asked)

    run: Any = Run()
    with pytest.raises(Problem) as refused:
        await analysed(run, None, gradient_reach_in_pieces, 3, 1)
    assert refused.value.status == 422
