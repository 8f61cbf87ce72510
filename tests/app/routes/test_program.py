"""The program of a run, as JSON and as text."""

import httpx2

from rnn_core import TrainingConfig
from rnn_core.program import written
from tests.app.conftest import NewRun
from tests.app.serving import check_problem, check_status

ENGINE = "numpy"

CHINESE = {"Accept-Language": "zh"}
PYTHON = {"Accept": "text/x-python"}


def test_the_lines_are_those_of_the_runs_configuration(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(cell="gru", bits=4, hidden_size=3, optimizer="adam")
    program = http.get(f"/api/runs/{run}/program").json()
    assert (program["generation"], program["changes"]) == (0, 0)
    text = "".join(f"{'    ' * line['indent']}{line['text']}\n" for line in program["lines"])
    assert text == written(TrainingConfig(cell="gru", bits=4, hidden_size=3, optimizer="adam")).text
    line = next(line for line in program["lines"] if line["step"] == "forward.output")
    assert line["variables"] == ["o", "t", "h", "W_hy"]
    assert program["variables"]["h"] == {
        "role": "hidden_states",
        "meaning": "the hidden states: what the network remembers; row 0 is the empty start",
        "shape": [5, 1, 3],
    }
    assert {name for line in program["lines"] for name in line["variables"]} == set(program["variables"])


def test_as_text_it_is_the_program_itself(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(seed=5)
    answer = http.get(f"/api/runs/{run}/program", headers=PYTHON)
    assert answer.headers["content-type"].startswith("text/x-python")
    assert answer.headers["vary"].startswith("Accept")
    assert answer.text == written(TrainingConfig(seed=5)).text
    script = http.get(f"/api/runs/{run}/program?names=script", headers=PYTHON).text
    assert script == written(TrainingConfig(seed=5), names_of_script=True).text
    assert "synapse_h" in script


def test_it_knows_the_changes_of_the_learning_rate_and_the_newest_configuration(
    http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run()
    check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 20}))
    check_status(http.patch(f"/api/runs/{run}", json={"learning_rate": 0.5}))
    assert "changes = {20: 0.5}" in http.get(f"/api/runs/{run}/program", headers=PYTHON).text
    assert http.get(f"/api/runs/{run}/program").json()["changes"] == 1
    check_status(http.post(f"/api/runs/{run}/reset", json={"config": {"seed": 9}}))
    program = http.get(f"/api/runs/{run}/program").json()
    assert (program["generation"], program["changes"]) == (1, 0)
    assert "random = np.random.RandomState(9)" in [line["text"] for line in program["lines"]]


def test_the_program_of_a_diverged_run_ends_where_it_did(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(activation="relu", loss="cross_entropy", learning_rate=30)
    status = check_status(http.post(f"/api/runs/{run}/step", json={"iterations": 100}))
    assert status["state"] == "diverged"
    assert f"range({status['iteration']}):  # then" in http.get(f"/api/runs/{run}/program", headers=PYTHON).text


def test_meanings_are_said_in_chinese_and_the_program_is_not(http: httpx2.Client, new_run: NewRun) -> None:
    run = new_run(cell="lstm")
    english = http.get(f"/api/runs/{run}/program").json()
    chinese = http.get(f"/api/runs/{run}/program", headers=CHINESE).json()
    assert chinese["lines"] == english["lines"]
    for name, variable in chinese["variables"].items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in variable["meaning"]), (name, variable)


def test_what_is_wrong_is_named(http: httpx2.Client, run: str) -> None:
    check_problem(http.get(f"/api/runs/{run}/program?names=mine"), 422, "names")
    check_problem(http.get("/api/runs/nobody/program"), 404)
