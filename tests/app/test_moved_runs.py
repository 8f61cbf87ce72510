"""A run that one engine trained and another engine serves: real servers on one folder, one after the other."""

import json
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from tests.app.serving import check_problem
from tests.app.test_survival import all_errors, checkpoint, post, served
from tests.app.wire import parse_frame

CHAOTIC = {"activation": "tanh", "learning_rate": 1.0}
"""Where any rounding grows within fifty iterations until two histories have nothing in common."""

BINARY, JSON = {"Accept": "application/octet-stream"}, {"Accept": "application/json"}


def trained(folder: Path, engine: str, config: dict[str, Any]) -> tuple[list[float], dict[int, Any]]:
    """Train `main` for 2,500 iterations; its errors, and some of its moments as that server shows them."""
    with served(folder, engine=engine) as (_, http):
        post(http, "/main/reset", config=config)
        for iterations in (1000, 1000, 500):
            post(http, "/main/step", iterations=iterations)
        moments = {place: moment(http, "main", place) for place in (0, 1000, 1600, 2000, 2500)}
        assert not any("parting" in found for found in moments.values())
        return all_errors(http, "main"), moments


def moment(http: httpx2.Client, run: str, place: int) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"/api/runs/{run}/iterations/{place}", headers=JSON).raise_for_status().json()
    return found


def check_says_so(http: httpx2.Client, errors: list[float], then: dict[int, Any]) -> None:
    """Check that nothing that this server says about `main` contradicts its curve without a notice."""
    found = moment(http, "main", 1600)
    parting = found["parting"]
    assert found["error"] == errors[1599], "the one on the curve"
    assert (parting["sound"], 1000 <= parting["iteration"] <= 1050) == ([1000, 2000], True)
    frame = parse_frame(http.get("/api/runs/main/iterations/1600", headers=BINARY).content)
    assert frame.errors.tolist() == [np.float32(errors[1599])]
    assert json.loads(frame.metadata["parting"]) == parting
    for path in ("/predict?a=1&b=2&iteration=1600", "/api/runs/main/accuracy?iteration=1600"):
        assert http.get(path).json()["parting"] == parting
    refusal = check_problem(http.post("/api/runs", json={"from": {"run": "main", "iteration": 1600}}), 409)
    assert "The nearest moments that were kept: 1,000, 2,000." in refusal["detail"]
    for place in (0, 1000, 2000, 2500):
        found = moment(http, "main", place)
        assert found["weights"] == then[place]["weights"], "kept, every bit of it"
        assert found.get("error") == then[place].get("error")
        assert "trace" not in found
    for path in ("/predict?a=1&b=2&iteration=2000", "/api/runs/main/accuracy?iteration=2000"):
        assert "parting" not in http.get(path).json()
    assert moment(http, "main", 2000)["parting"]["sound"] == [2000]
    answers = http.get("/api/runs/main/answers", params={"a": 1, "b": 2, "points": 26}).json()
    assert {0, 1000, 2000, 2500} <= set(answers["iterations"]), "those that were kept"
    assert not {500, 900, 1500, 1900, 2400} & set(answers["iterations"])
    assert answers["parting"]["iteration"] < 100
    assert all_errors(http, "main") == errors


def test_a_run_moved_to_the_other_engine_says_where_its_past_is_another(tmp_path: Path) -> None:
    errors, then = trained(tmp_path, "compiled", CHAOTIC)
    with served(tmp_path, engine="numpy") as (server, http):
        status = http.get("/api/runs/main").json()
        assert (status["iteration"], status["error"]) == (2500, errors[-1])
        check_says_so(http, errors, then)
        told = moment(http, "main", 1600)["parting"]["detail"]
        assert f"the error was {errors[1599]:.4f}, and here it is " in told
        assert told.endswith("It was trained by the compiled engine; here the NumPy engine computes.")

        branch = post(http, "", **{"from": {"run": "main", "iteration": 2000}})["id"]
        assert all_errors(http, branch) == errors[:2000]
        post(http, f"/{branch}/step", iterations=100)
        assert "parting" not in moment(http, branch, 2050), "which is its own"

        post(http, "/main/step", iterations=600)  # it goes on from where it stood
        assert all_errors(http, "main")[:2500] == errors
        assert "parting" not in moment(http, "main", 2800)
        errors = all_errors(http, "main")
        assert server.end() == 0
        assert server.complaints() == []
    with served(tmp_path, engine="compiled") as (_, http):
        for place, found in then.items():
            assert moment(http, "main", place) == found, "on the old machine all is as it was"
        found = moment(http, "main", 2800)
        assert (found["error"], found["parting"]["sound"]) == (errors[2799], [2500, 3100])
        assert found["parting"]["detail"].endswith(
            "It was trained by the NumPy engine; here the compiled engine computes."
        )


def test_an_ordinary_run_that_was_moved_shows_nearly_the_same_and_says_so(tmp_path: Path) -> None:
    errors, then = trained(tmp_path, "compiled", {})
    with served(tmp_path, engine="numpy") as (_, http):
        before = checkpoint(http, "main")
        found = moment(http, "main", 1600)
        assert found["error"] == errors[1599]
        assert found["parting"]["sound"] == [1000, 2000]
        np.testing.assert_allclose(found["weights"]["W_hh"], then[1600]["weights"]["W_hh"], rtol=1e-9)
        shown = f"the error was {errors[1599]:.4f}, and here it is {errors[1599]:.4f}."
        assert shown in found["parting"]["detail"]
        assert checkpoint(http, "main") == before
