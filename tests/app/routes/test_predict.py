import asyncio

import httpx2
import numpy as np
import pytest
from fastapi import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.messages.incoming import PredictRequest
from app.routes.predict import by_query, finite, ordinary
from rnn_core import Trainer, TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import DIVERGING, LONG, check_problem, eventually, whole_history

KEYS = {
    "task",
    "a",
    "b",
    "expected",
    "predicted",
    "correct",
    "width",
    "bits",
    "probabilities",
    "run",
    "generation",
    "iteration",
    "beyond_training",
}
operands = st.integers(0, 2**52 - 1) | st.integers(0, 300)


@pytest.fixture(scope="module")
def trained(http: httpx2.Client) -> tuple[str, Trainer]:
    run: str = http.post("/api/runs").json()["id"]
    http.post(f"/api/runs/{run}/step", json={"iterations": 9000}).raise_for_status()
    trainer = Trainer()
    trainer.advance(9000)
    return run, trainer


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(a=operands, b=operands)
def test_both_ways_of_asking_give_what_the_trainer_gives(
    http: httpx2.Client, trained: tuple[str, Trainer], a: int, b: int
) -> None:
    run, trainer = trained
    by_query = http.get("/predict", params={"a": a, "b": b, "run": run})
    assert by_query.status_code == 200
    answer = by_query.json()
    assert set(answer) == KEYS
    where = {"run": run, "generation": 0, "iteration": 9000}
    assert answer == {**dict(trainer.predict(a, b)), **where}
    assert http.post("/predict", json={"a": a, "b": b, "run": run}).json() == answer

    assert answer["expected"] == a + b
    assert answer["width"] == max(8, (a + b).bit_length())
    for name, number in (("a", a), ("b", b), ("expected", a + b), ("predicted", answer["predicted"])):
        assert answer["bits"][name] == [int(bit) for bit in format(number, f"0{answer['width']}b")]
    assert answer["bits"]["predicted"] == [int(p > 0.5) for p in answer["probabilities"]]
    assert answer["correct"] is (answer["predicted"] == a + b)
    assert answer["beyond_training"] is (max(a, b) >= 128)


def test_a_trained_network_adds(http: httpx2.Client, trained: tuple[str, Trainer]) -> None:
    answer = http.get("/predict", params={"a": 9, "b": 60, "run": trained[0]}).json()
    assert (answer["predicted"], answer["correct"]) == (69, True)


def read_in_full(query: bytes) -> tuple[int | None, int | None, str]:
    async def read() -> PredictRequest:
        scope = {"type": "http", "method": "GET", "path": "/predict", "headers": [], "query_string": query}
        return await by_query(Request(scope))

    asked = asyncio.run(read())
    return asked.a, asked.b, asked.run


@pytest.mark.parametrize("query", [b"a=1&b=2", b"a=007&b=0", b"a=999999999999999&b=1", b"a=1&b=2&run=run-12"])
def test_an_ordinary_query_is_read_as_any_other_is(query: bytes) -> None:
    assert ordinary(query) == read_in_full(query)


number = st.from_regex(r"-?[0-9]{0,17}|[0-9]{1,3}", fullmatch=True)
run_id = st.sampled_from(["main", "run-2", "", "Main", "x" * 32, "a%20b", "\n"])


@settings(deadline=None, max_examples=300)
@given(a=number, b=number, run=st.none() | run_id, more=st.sampled_from(["", "&", "&a=1", "&c=3", ";", "\n"]))
def test_what_passes_for_ordinary_is_right_and_means_the_same(a: str, b: str, run: str | None, more: str) -> None:
    query = (f"a={a}&b={b}" + ("" if run is None else f"&run={run}") + more).encode()
    quick = ordinary(query)
    assert quick is None or quick == read_in_full(query)


def test_the_run_is_main_unless_said_otherwise(http: httpx2.Client) -> None:
    answers = [
        http.get("/predict?a=9&b=60"),
        http.get("/predict?a=9&b=60&run=main"),
        http.post("/predict", json={"a": 9, "b": 60}),
        http.post("/predict", json={"a": 9, "b": 60, "run": None}),
    ]
    assert [answer.json()["run"] for answer in answers] == ["main"] * 4


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["a", "b"]),
        ("a=9", ["b"]),
        ("a=&b=", ["a", "b"]),
        ("a=-1&b=0", ["a"]),
        ("a=4503599627370496&b=0", ["a"]),
        ("a=1.0&b=1.5", ["a", "b"]),
        ("a=nine&b=0x9", ["a", "b"]),
        ("a=%209&b=9%20", ["a", "b"]),
        ("a=1_0&b=%D9%A1", ["a", "b"]),
        ("a=true&b=null", ["a", "b"]),
        ("a=1e3&b=NaN", ["a", "b"]),
        ("a=" + "9" * 4500 + "&b=1", ["a"]),
        ("a=1&a=2&b=3", ["a"]),
        ("a=1&b=2&c=3", ["c"]),
    ],
)
def test_a_bad_query_is_refused_by_name(http: httpx2.Client, query: str, fields: list[str]) -> None:
    check_problem(http.get(f"/predict?{query}"), 422, *fields)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("{}", ["a", "b"]),
        ('{"a":null,"b":null}', ["a", "b"]),
        ('{"a":"9","b":true}', ["a", "b"]),
        ('{"a":9.0,"b":1e2}', ["a", "b"]),
        ('{"a":-1,"b":4503599627370496}', ["a", "b"]),
        ('{"a":1e999,"b":-1e999}', ["a", "b"]),
        ('{"a":[9],"b":{"c":1}}', ["a", "b"]),
        ('{"a":' + "1" * 4000 + ',"b":1}', ["a"]),
        ('{"a":1,"b":2,"c":3}', ["c"]),
        ('{"a":1,"b":2,"run":3}', ["run"]),
        ("[9,60]", ["body"]),
        ('"9"', ["body"]),
        ("null", ["body"]),
        ("9", ["body"]),
    ],
)
def test_a_bad_body_is_refused_by_name(http: httpx2.Client, body: str, fields: list[str]) -> None:
    answer = http.post("/predict", content=body, headers={"content-type": "application/json"})
    check_problem(answer, 422, *fields)


def test_minus_zero_is_zero(http: httpx2.Client) -> None:
    answer = http.post("/predict", content='{"a":-0,"b":0}', headers={"content-type": "application/json"})
    assert answer.json()["a"] == 0


@pytest.mark.parametrize("run", ["nope", "Main", "", "\x00", "\U0001f600", "main "])
def test_an_unknown_run_is_a_404(http: httpx2.Client, run: str) -> None:
    check_problem(http.get("/predict", params={"a": 1, "b": 2, "run": run}), 404)
    check_problem(http.post("/predict", json={"a": 1, "b": 2, "run": run}), 404)


def test_an_answer_while_training_is_that_of_the_iteration_it_names(http: httpx2.Client, run: str) -> None:
    http.post(f"/api/runs/{run}/start")
    seen = 0
    for _ in range(5):
        eventually(http, run, lambda status, seen=seen: status["iteration"] > seen)  # type: ignore[misc]
        answer = http.get("/predict", params={"a": 9, "b": 60, "run": run}).json()
        seen = answer["iteration"]
        trainer = Trainer(TrainingConfig(max_iterations=LONG))
        trainer.advance(seen)
        assert answer["probabilities"] == trainer.predict(9, 60).probabilities


@pytest.mark.parametrize("learning_rate", [0.5, 10.0])
def test_a_network_whose_numbers_overflow_still_answers(
    http: httpx2.Client, new_run: NewRun, learning_rate: float
) -> None:
    config = {**DIVERGING, "learning_rate": learning_rate}
    run, trainer = new_run(**config), Trainer(TrainingConfig.from_mapping(config))
    for _ in range(5):
        http.post(f"/api/runs/{run}/step")
        trainer.advance(1)
        answer = http.get("/predict", params={"a": 2**52 - 1, "b": 2**52 - 1, "run": run})
        assert answer.status_code == 200
        assert all(0 <= probability <= 1 for probability in answer.json()["probabilities"])


def test_a_moment_of_the_past_answers_as_it_did_then(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(max_iterations=LONG)
    then = {}
    for iteration in (0, 700, 2500):
        if iteration:
            done = http.get(f"/api/runs/{run}").json()["iteration"]
            http.post(f"/api/runs/{run}/step", json={"iterations": iteration - done}).raise_for_status()
        then[iteration] = http.get(f"/predict?a=9&b=60&run={run}").json()
    http.post(f"/api/runs/{run}/step", json={"iterations": 1500}).raise_for_status()
    for iteration, answer in then.items():
        assert answer["iteration"] == iteration
        # Before the engine was compiled the reference answered: the same within rounding.
        for again in (
            http.get(f"/predict?a=9&b=60&run={run}&iteration={iteration}"),
            http.post("/predict", json={"a": 9, "b": 60, "run": run, "iteration": iteration}),
        ):
            assert again.json() == {**answer, "probabilities": pytest.approx(answer["probabilities"], abs=1e-12)}
    now = http.get(f"/predict?a=9&b=60&run={run}").json()
    assert http.get(f"/predict?a=9&b=60&run={run}&iteration=4000").json() == now
    assert http.post("/predict", json={"a": 9, "b": 60, "run": run, "iteration": None}).json() == now


@pytest.mark.parametrize("iteration", ["3", "-1", "1.5", "", "x", "1&iteration=1", str(2**53), "%201"])
def test_a_moment_that_is_none_is_refused_by_name(http: httpx2.Client, new_run: NewRun, iteration: str) -> None:
    run = new_run()
    http.post(f"/api/runs/{run}/step", json={"iterations": 2}).raise_for_status()
    for path in (f"/predict?a=1&b=2&run={run}&iteration=", f"/api/runs/{run}/accuracy?iteration="):
        check_problem(http.get(path + iteration), 422, "iteration")


@pytest.mark.parametrize("iteration", [3, -1, 1.0, "1", True, [1]])
def test_a_moment_of_another_type_or_beyond_is_refused_by_name(
    http: httpx2.Client, new_run: NewRun, iteration: object
) -> None:
    run = new_run()
    http.post(f"/api/runs/{run}/step", json={"iterations": 2}).raise_for_status()
    answer = http.post("/predict", json={"a": 1, "b": 2, "run": run, "iteration": iteration})
    check_problem(answer, 422, "iteration")


def test_the_accuracy_of_the_past_is_what_it_was_then(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(bits=4, max_iterations=LONG)
    then = {}
    for iterations in (0, 1200, 1800):
        if iterations:
            http.post(f"/api/runs/{run}/step", json={"iterations": iterations}).raise_for_status()
        accuracy = http.get(f"/api/runs/{run}/accuracy").json()
        then[accuracy["iteration"]] = accuracy
    assert list(then) == [0, 1200, 3000]
    history = whole_history(http, run)
    for iteration, accuracy in then.items():
        again = http.get(f"/api/runs/{run}/accuracy?iteration={iteration}").json()
        assert again == {**{name: value for name, value in accuracy.items() if name != "pending"}, "history": history}


INSIDE = {"inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas", "gates"}


def test_a_trace_is_what_the_run_saw_at_that_problem(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run()
    http.post(f"/api/runs/{run}/step", json={"iterations": 5}).raise_for_status()
    moment = http.get(f"/api/runs/{run}/iterations/5", headers={"Accept": "application/json"}).json()
    asked = {"a": moment["a"], "b": moment["b"], "run": run, "iteration": 4}
    plain = http.get("/predict", params=asked).json()
    answer = http.get("/predict", params={**asked, "trace": "true"}).json()
    trace = answer.pop("trace")
    assert answer == plain == http.get("/predict", params={**asked, "trace": "false"}).json()
    assert set(trace) == set(moment["trace"]) == INSIDE
    assert trace["gates"] == {}
    for name in INSIDE - {"gates"}:
        np.testing.assert_allclose(trace[name], moment["trace"][name], rtol=0, atol=1e-12)
    assert http.post("/predict", json={**asked, "trace": True}).json() == {**answer, "trace": trace}


def test_a_trace_has_a_row_for_each_position_of_a_long_problem(http: httpx2.Client) -> None:
    answer = http.get(f"/predict?a={2**52 - 1}&b=1&trace=true").json()
    assert answer["width"] == 53
    assert [len(answer["trace"][name]) for name in ("outputs", "hidden_states")] == [53, 54]
    assert answer["trace"]["outputs"] == pytest.approx(answer["probabilities"][::-1], abs=1e-12)


@pytest.mark.parametrize("value", ["1", "yes", "True", ""])
def test_a_trace_is_asked_for_by_true_or_false(http: httpx2.Client, value: str) -> None:
    check_problem(http.get("/predict", params={"a": 1, "b": 2, "trace": value}), 422, "trace")


def test_numbers_that_json_does_not_have_are_null_in_a_trace() -> None:
    array = np.array([[1.0, np.inf], [np.nan, 0.5]])
    assert finite(array) == [[1.0, None], [None, 0.5]]
    assert finite(array[:, :1][:1]).tolist() == [[1.0]]
