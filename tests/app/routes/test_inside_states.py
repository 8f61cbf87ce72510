"""The hidden state as a place, over HTTP. The numbers are those of `rnn_core.analysis.hidden_states`."""

import time
from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import HiddenStates, hidden_states
from rnn_core.assessment.schedule import moments
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status
from tests.patience import PATIENCE

ENGINE = "numpy"

CONFIG = TrainingConfig(bits=6, hidden_size=5, seed=2)

STEPS = 300


@pytest.fixture
def trained(http: httpx2.Client, new_run: NewRun) -> str:
    """A run that has done 300 iterations."""
    run = new_run(bits=6, hidden_size=5, seed=2)
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": STEPS}), 200)
    return run


def states(http: httpx2.Client, run: str, **query: Any) -> dict[str, Any]:
    response = http.get(f"/api/runs/{run}/states", params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def expected(iteration: int) -> HiddenStates:
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(iteration)
    return hidden_states(CONFIG, trainer.parameters)


@pytest.mark.parametrize("iteration", [None, 0, 120, STEPS])
def test_they_are_those_of_the_moment(http: httpx2.Client, trained: str, iteration: int | None) -> None:
    found = states(http, trained, **({} if iteration is None else {"iteration": iteration}))
    at = STEPS if iteration is None else iteration
    own = expected(at)
    assert (found["run"], found["generation"], found["iteration"], found["axes_iteration"]) == (trained, 0, at, at)
    np.testing.assert_array_equal(np.array(found["axes"]), own.axes)
    np.testing.assert_array_equal(np.array(found["origin"]), own.origin)
    np.testing.assert_array_equal(np.array(found["tells"]), own.tells)
    assert (found["separation"], found["base_rate"], found["tested"]) == (own.separation, own.base_rate, own.tested)
    assert found["states"] == ["carry 0", "carry 1"]
    assert found["alignment"] == pytest.approx(1)
    assert len(found["points"]) == len(own.points)
    for point, known in zip(found["points"], own.points, strict=True):
        assert set(point) == {"x", "y", "state", "position", "a", "b"}
        assert (point["a"], point["b"], point["position"], point["state"]) == (
            known.a,
            known.b,
            known.position,
            known.state,
        )
        assert [point["x"], point["y"]] == pytest.approx([known.x, known.y], rel=1e-5, abs=1e-6)
    assert not {"history", "pending"} & set(found)


def test_points_stay_on_the_axes_of_another_moment(http: httpx2.Client, trained: str) -> None:
    found = states(http, trained, axes=40)
    fitted, own = expected(40), expected(STEPS)
    assert (found["iteration"], found["axes_iteration"]) == (STEPS, 40)
    np.testing.assert_array_equal(np.array(found["axes"]), fitted.axes)
    assert found["separation"] == own.separation  # of the moment itself, whatever the axes
    assert found["alignment"] == pytest.approx(abs(fitted.axes[0] @ own.axes[0]))
    places = (own.states - fitted.origin) @ fitted.axes.T
    np.testing.assert_allclose([[point["x"], point["y"]] for point in found["points"]], places, rtol=1e-5, atol=1e-6)


def test_the_past_comes_along_until_it_is_whole(http: httpx2.Client, trained: str) -> None:
    deadline = time.monotonic() + PATIENCE
    found = states(http, trained, history=10)
    while found.get("pending"):
        assert time.monotonic() < deadline
        found = states(http, trained, history=10)
    places = [place for place, _ in found["history"]]
    assert 5 <= len(places) <= 10
    assert set(places) <= set(moments(0, STEPS))
    assert places == sorted(places)
    place, share = found["history"][3]
    assert share == expected(place).separation


def test_the_answer_is_bounded(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(task="three_numbers", bits=16, hidden_size=64)
    response = http.get(f"/api/runs/{run}/states", params={"history": 100})
    assert response.status_code == 200
    assert len(response.content) < 120_000
    assert {"a", "b", "c"} <= set(response.json()["points"][0])


@pytest.mark.parametrize("config", [{"task": "xor"}, {"bits": 2}])
def test_where_the_bits_tell_everything_there_is_no_answer(
    http: httpx2.Client, new_run: NewRun, config: dict[str, Any]
) -> None:
    run = new_run(**config)
    check_problem(http.get(f"/api/runs/{run}/states"), 409)
    check_problem(http.get(f"/api/runs/{run}/states", params={"history": 5}), 409)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cells_have_hidden_states_too(http: httpx2.Client, new_run: NewRun, cell: str) -> None:
    found = states(http, new_run(cell=cell, hidden_size=4))
    assert [len(axis) for axis in found["axes"]] == [4, 4]


def test_states_are_named_in_the_language_of_the_client(http: httpx2.Client, trained: str) -> None:
    response = http.get(f"/api/runs/{trained}/states", headers={"Accept-Language": "zh"})
    assert response.json()["states"] == ["进位 0", "进位 1"]
    assert {point["state"] for point in response.json()["points"]} == {"进位 0", "进位 1"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"iteration": STEPS + 1}, "iteration"),
        ({"axes": STEPS + 1}, "axes"),
        ({"axes": "new"}, "axes"),
        ({"history": 0}, "history"),
        ({"history": 1001}, "history"),
        ({"a": 1}, "a"),
    ],
)
def test_what_is_wrong_is_named(http: httpx2.Client, trained: str, query: dict[str, Any], field: str) -> None:
    check_problem(http.get(f"/api/runs/{trained}/states", params=query), 422, field)


def test_a_run_that_is_not_there_has_no_states(http: httpx2.Client) -> None:
    check_problem(http.get("/api/runs/nowhere/states"), 404)
