import json
import struct
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from rnn_core import Trainer
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, whole_history

COUNT = 12_000


@pytest.fixture(scope="module")
def long_run(http: httpx2.Client) -> str:
    run: str = http.post("/api/runs").json()["id"]
    for _ in range(2):
        http.post(f"/api/runs/{run}/step", json={"iterations": COUNT // 2}).raise_for_status()
    return run


@pytest.fixture(scope="module")
def truth() -> list[float]:
    errors: list[float] = Trainer().advance(COUNT).errors.tolist()
    return errors


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 0),
        (0, 1),
        (0, 10_000),
        (5, 9),
        (2_000, 12_000),
        (11_990, 20_000),
        (12_000, 12_000),
        (12_000, 13_000),
        (50_000, 50_001),
        (2**53 - 1, 2**53 - 1),
    ],
)
def test_raw_errors_are_the_trainers_unrounded_with_the_stop_left_out(
    http: httpx2.Client, long_run: str, truth: list[float], start: int, stop: int
) -> None:
    answer = http.get(f"/api/runs/{long_run}/errors", params={"start": start, "stop": stop})
    assert answer.status_code == 200
    assert answer.json() == {"generation": 0, "start": start, "errors": truth[start:stop]}


def test_left_out_the_start_is_zero_and_the_stop_is_what_exists(
    http: httpx2.Client, long_run: str, truth: list[float], run: str
) -> None:
    url = f"/api/runs/{long_run}/errors"
    assert http.get(url, params={"start": 3000}).json() == {"generation": 0, "start": 3000, "errors": truth[3000:]}
    assert http.get(url, params={"stop": 10}).json() == {"generation": 0, "start": 0, "errors": truth[:10]}
    assert http.get(f"/api/runs/{run}/errors").json() == {"generation": 0, "start": 0, "errors": []}


def test_more_than_10000_raw_errors_are_refused_and_points_recommended(http: httpx2.Client, long_run: str) -> None:
    for query in ({}, {"stop": 10_001}, {"start": 1, "stop": 10_002}):
        problem = check_problem(http.get(f"/api/runs/{long_run}/errors", params=query), 422, "stop")
        assert "10000" in problem["detail"]
        assert "points" in problem["detail"]


@pytest.mark.parametrize(
    ("start", "stop", "points"),
    [
        (0, None, 1),
        (0, None, 5_000),
        (0, None, 11_999),
        (7, 11_001, 100),
        (0, 10, 5_000),
        (100, 103, 2),
        (11_999, None, 3),
        (12_000, None, 3),
        (0, 2**53 - 1, 4_999),
    ],
)
def test_a_summary_stands_for_every_iteration_of_the_range(
    http: httpx2.Client, long_run: str, truth: list[float], start: int, stop: int | None, points: int
) -> None:
    params = {"start": start, "points": points} | ({} if stop is None else {"stop": stop})
    answer = http.get(f"/api/runs/{long_run}/errors", params=params)
    if points > 5_000:
        check_problem(answer, 422, "points")
        return
    summary = answer.json()
    assert set(summary) == {"generation", "start", "stride", "min", "mean", "max"}
    stride, asked = summary["stride"], truth[start:stop]
    assert stride >= 1
    groups = [asked[at : at + stride] for at in range(0, len(asked), stride)]
    assert len(groups) <= points
    assert (summary["generation"], summary["start"]) == (0, start)
    assert summary["min"] == [min(group) for group in groups]
    assert summary["max"] == [max(group) for group in groups]
    assert summary["mean"] == pytest.approx([sum(group) / len(group) for group in groups], rel=1e-12)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=-1", "start"),
        ("start=1.0", "start"),
        ("start=", "start"),
        ("start=x", "start"),
        ("start=1e3", "start"),
        ("start=%2B1", "start"),
        ("start=%D9%A1", "start"),
        ("start=9007199254740992", "start"),
        ("start=" + "9" * 5000, "start"),
        ("start=true", "start"),
        ("stop=-1", "stop"),
        ("start=5&stop=4", "stop"),
        ("points=0", "points"),
        ("points=5001", "points"),
        ("points=null", "points"),
        ("start=1&start=2", "start"),
        ("begin=1", "begin"),
    ],
)
def test_a_bad_query_is_refused_by_name(http: httpx2.Client, run: str, query: str, field: str) -> None:
    check_problem(http.get(f"/api/runs/{run}/errors?{query}"), 422, field)


BINARY = {"Accept": "application/octet-stream"}


def parsed(response: httpx2.Response) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """Metadata and tensors of an answer in safetensors."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["vary"] == "Accept"
    (length,) = struct.unpack_from("<Q", response.content)
    assert length % 8 == 0, "the data must start at a multiple of 8"
    return json.loads(response.content[8 : 8 + length])["__metadata__"], load(response.content)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, None), (0, 0), (0, 1), (5, 9), (1, 11_999), (11_990, 20_000), (12_000, None), (50_000, None)],
)
def test_as_a_file_raw_errors_are_the_trainers_bit_by_bit_and_any_number_of_them(
    http: httpx2.Client, long_run: str, truth: list[float], start: int, stop: int | None
) -> None:
    params = {"start": start} | ({} if stop is None else {"stop": stop})
    answer = http.get(f"/api/runs/{long_run}/errors", params=params, headers=BINARY)
    metadata, tensors = parsed(answer)
    assert metadata == {"generation": "0", "start": str(start), "stride": "1"}
    assert set(tensors) == {"errors"}
    assert tensors["errors"].dtype == np.float64
    assert tensors["errors"].tolist() == truth[start:stop]
    head = http.head(f"/api/runs/{long_run}/errors", params=params, headers=BINARY)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in ("content-type", "content-length", "vary")} == {
        name: answer.headers[name] for name in ("content-type", "content-length", "vary")
    }


@pytest.mark.parametrize(("start", "stop"), [(0, None), (5, 9), (7, 7), (11_990, 20_000)])
def test_as_a_file_raw_errors_come_in_single_precision_if_that_is_asked(
    http: httpx2.Client, long_run: str, truth: list[float], start: int, stop: int | None
) -> None:
    params: dict[str, Any] = {"start": start, "precision": "single"} | ({} if stop is None else {"stop": stop})
    answer = http.get(f"/api/runs/{long_run}/errors", params=params, headers=BINARY)
    metadata, tensors = parsed(answer)
    assert metadata == {"generation": "0", "start": str(start), "stride": "1"}
    assert tensors["errors"].dtype == np.float32
    assert tensors["errors"].tolist() == np.asarray(truth[start:stop], np.float32).tolist()
    head = http.head(f"/api/runs/{long_run}/errors", params=params, headers=BINARY)
    assert head.headers["content-length"] == str(len(answer.content))


def test_there_are_two_precisions(http: httpx2.Client, long_run: str) -> None:
    check_problem(http.get(f"/api/runs/{long_run}/errors?precision=half"), 422, "precision")


@pytest.mark.parametrize(("start", "points"), [(0, 1), (7, 100), (0, 5_000), (11_999, 3), (12_000, 3)])
def test_as_a_file_a_summary_is_the_same_in_single_precision(
    http: httpx2.Client, long_run: str, start: int, points: int
) -> None:
    params = {"start": start, "points": points}
    wanted = http.get(f"/api/runs/{long_run}/errors", params=params).json()
    metadata, tensors = parsed(http.get(f"/api/runs/{long_run}/errors", params=params, headers=BINARY))
    assert metadata == {name: str(wanted[name]) for name in ("generation", "start", "stride")}
    assert set(tensors) == {"min", "mean", "max"}
    for name, values in tensors.items():
        assert values.dtype == np.float32
        assert values.tolist() == np.float32(wanted[name]).tolist()


@pytest.mark.parametrize(
    ("accept", "binary"),
    [
        ("*/*", False),
        ("", False),
        ("application/json, application/octet-stream", False),
        ("application/octet-stream, application/json", True),
        ("text/html, Application/Octet-Stream;q=0.9", True),
    ],
)
def test_a_file_is_sent_to_who_asks_for_it_first(http: httpx2.Client, run: str, accept: str, binary: bool) -> None:
    for query in ("", "?points=10"):
        answer = http.get(f"/api/runs/{run}/errors{query}", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["vary"]) == (200, "Accept")
        assert answer.headers["content-type"] == ("application/octet-stream" if binary else "application/json")


def test_a_file_is_refused_as_json_is(http: httpx2.Client, run: str) -> None:
    check_problem(http.get("/api/runs/nobody/errors", headers=BINARY), 404)
    check_problem(http.get("/api/runs/nobody/errors?points=5", headers=BINARY), 404)
    assert http.head("/api/runs/nobody/errors", headers=BINARY).status_code == 404
    check_problem(http.get(f"/api/runs/{run}/errors?start=5&stop=4", headers=BINARY), 422, "stop")
    check_problem(http.get(f"/api/runs/{run}/errors?points=0", headers=BINARY), 422, "points")


def test_the_documentation_names_both_forms(http: httpx2.Client) -> None:
    answer = http.get("/openapi.json").json()["paths"]["/api/runs/{run_id}/errors"]["get"]["responses"]["200"]
    assert set(answer["content"]) == {"application/json", "application/octet-stream"}


def test_errors_belong_to_a_generation(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    http.post(f"/api/runs/{run}/step", json={"iterations": 10})
    http.post(f"/api/runs/{run}/reset", json={"config": {"seed": 5}})
    assert http.get(f"/api/runs/{run}/errors").json() == {"generation": 1, "start": 0, "errors": []}
    http.post(f"/api/runs/{run}/step")
    assert http.get(f"/api/runs/{run}/errors").json()["generation"] == 1


def test_an_overview_is_the_status_the_errors_in_pieces_and_the_accuracy_once_it_is_known(
    http: httpx2.Client, long_run: str
) -> None:
    url = f"/api/runs/{long_run}"
    history = whole_history(http, long_run)
    found = http.get(f"{url}/overview", params={"points": 50}).json()
    assert set(found) == {"run", "errors", "accuracy"}
    assert found["run"] == http.get(url).json()
    assert found["errors"] == http.get(f"{url}/errors", params={"points": 50}).json()
    assert found["accuracy"] == history[-1]
    assert http.get(f"{url}/accuracy").json()["history"] == history
    check_problem(http.get(f"{url}/overview", params={"history": 1001}), 422, "history")
    check_problem(http.get(f"{url}/overview", params={"points": 0}), 422, "points")
    check_problem(http.get("/api/runs/nobody/overview"), 404)


def test_nothing_deleted_can_be_brought_back_where_nothing_is_stored(http: httpx2.Client) -> None:
    answer = http.get("/api/runs/deleted")
    assert (answer.status_code, answer.json()) == (200, [])
