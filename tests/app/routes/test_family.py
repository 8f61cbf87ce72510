"""Every task and every cell on a server: what one can ask, what frames hold, what is refused."""

from typing import Any

import httpx2
import pytest

from rnn_core.cells import CELLS
from rnn_core.config import MAX_COST, RULES, TrainingConfig
from rnn_core.tasks import TASKS
from tests.app.conftest import NewRun
from tests.app.serving import Server, check_problem
from tests.app.wire import watch

ENGINE = "numpy"

PROBLEMS: dict[str, tuple[dict[str, int], int]] = {
    "addition": ({"a": 9, "b": 60}, 69),
    "subtraction": ({"a": 60, "b": 9}, 51),
    "xor": ({"a": 12, "b": 10}, 6),
    "parity": ({"a": 0b1101}, 0b11111011),
    "comparison": ({"a": 9, "b": 60}, 0),
    "three_numbers": ({"a": 9, "b": 60, "c": 1}, 70),
}
TRACED = {"inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas"}


def test_every_task_is_asked_here() -> None:
    assert set(PROBLEMS) == set(TASKS)


@pytest.mark.parametrize("task", PROBLEMS)
def test_predict_takes_the_operands_of_the_task_and_knows_its_answer(
    http: httpx2.Client, new_run: NewRun, task: str
) -> None:
    run = new_run(task=task)
    operands, expected = PROBLEMS[task]
    answer = http.get("/predict", params={**operands, "run": run}).json()
    assert (answer["task"], answer["expected"]) == (task, expected)
    assert {name: answer[name] for name in ("a", "b", "c") if name in answer} == operands
    assert set(answer["bits"]) == {*operands, "expected", "predicted"}
    assert {len(bits) for bits in answer["bits"].values()} == {answer["width"]} == {8}
    assert answer["correct"] is (answer["predicted"] == expected)
    assert http.post("/predict", json={**operands, "run": run}).json() == answer


@pytest.mark.parametrize(
    ("task", "operands", "field"),
    [
        ("addition", {"a": 1}, "b"),
        ("addition", {"a": 1, "b": 2, "c": 3}, "c"),
        ("subtraction", {"a": 9, "b": 10}, "b"),
        ("parity", {"a": 1, "b": 2}, "b"),
        ("three_numbers", {"a": 1, "b": 2}, "c"),
    ],
)
def test_what_is_no_problem_of_the_task_is_refused_by_name(
    http: httpx2.Client, new_run: NewRun, task: str, operands: dict[str, int], field: str
) -> None:
    run = new_run(task=task)
    problem = check_problem(http.get("/predict", params={**operands, "run": run}), 422, field)
    assert problem["detail"].startswith(field)
    assert check_problem(http.post("/predict", json={**operands, "run": run}), 422, field) == problem


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", ["three_numbers", "parity"])
async def test_frames_hold_the_gates_and_as_many_operands_as_the_task_has(
    server: Server, http: httpx2.Client, new_run: NewRun, cell: str, task: str
) -> None:
    run = new_run(cell=cell, task=task, hidden_size=5, bias=True)
    async with watch(server.stream_url.format(run)) as watcher:
        before = await watcher.frame()
        assert not [name for name in before.tensors if name.startswith("trace.")]
        await watcher.send("step", iterations=3)
        frame = await watcher.frame(lambda frame: frame.iteration == 3)
    names = TASKS[task].operands
    assert {name for name in ("a", "b", "c") if name in frame.metadata} == set(names)
    numbers = {name: int(frame.metadata[name]) for name in names}
    assert frame.tensors["trace.inputs"].shape == (8, len(names))
    for k, number in enumerate(numbers.values()):
        assert frame.tensors["trace.inputs"][:, k].tolist() == [number >> t & 1 for t in range(8)]
    gates = {f"gates.{gate}" for gate in CELLS[cell].gates}
    states = {"cell_states"} if cell == "lstm" else set()
    assert {name[6:] for name in frame.tensors if name.startswith("trace.")} == TRACED | gates | states
    for gate in gates:
        assert frame.tensors[f"trace.{gate}"].shape == (8, 5)
        assert abs(frame.tensors[f"trace.{gate}"]).max() <= 1
    for name in states:
        assert frame.tensors[f"trace.{name}"].shape == (9, 5)
        assert not frame.tensors[f"trace.{name}"][0].any()


def test_a_run_of_another_task_and_cell_learns_it_and_says_so(http: httpx2.Client, new_run: NewRun) -> None:
    config = {"task": "xor", "cell": "gru", "bits": 4, "optimizer": "adam", "learning_rate": 0.05}
    run = new_run(**config, loss="cross_entropy")
    http.post(f"/api/runs/{run}/step", json={"iterations": 2000}).raise_for_status()
    assert http.get(f"/api/runs/{run}/accuracy").json()["accuracy"] == 1.0
    assert http.get("/predict", params={"a": 12, "b": 10, "run": run}).json()["predicted"] == 6


@pytest.mark.parametrize("task", TASKS)
def test_the_accuracy_of_every_task_names_problems_by_their_operands(
    http: httpx2.Client, new_run: NewRun, task: str
) -> None:
    run = new_run(task=task, bits=4)
    accuracy = http.get(f"/api/runs/{run}/accuracy").json()
    assert accuracy["problems"] == TASKS[task](4).problem_count
    for worst in accuracy["worst"]:
        assert set(worst) == {*TASKS[task].operands, "expected", "predicted", "error"}
    steps = [(state, list(bits), step.output) for (state, bits), step in TASKS[task].machine.steps.items()]
    assert [(case["state"], case["bits"], case["expected"]) for case in accuracy["cases"]] == steps
    assert all(case["output"] is None or 0 <= case["output"] <= 1 for case in accuracy["cases"])


@pytest.mark.parametrize("task", TASKS)
def test_the_task_is_described_with_its_machine(http: httpx2.Client, new_run: NewRun, task: str) -> None:
    described = http.get(f"/api/runs/{new_run(task=task)}/task").json()
    made = TASKS[task](8)
    assert described["operands"] == list(made.operands)
    assert described["operand_limit"] == made.operand_limit
    assert described["expression"].format(**PROBLEMS[task][0])
    assert described["states"] == list(made.machine.states)
    steps = {(state, tuple(bits)): (after, output) for state, bits, after, output in described["machine"]}
    assert steps == {key: (step.state, step.output) for key, step in made.machine.steps.items()}
    assert described["reference_errors"][0] == {"key": "half", "label": "always one half", "error": 4.0}


def test_the_options_are_the_rules_with_their_defaults(http: httpx2.Client) -> None:
    options = http.get("/api/options").json()
    defaults = TrainingConfig().to_dict()
    assert [field["name"] for field in options["fields"]] == list(RULES) == list(defaults)
    for field in options["fields"]:
        assert field["default"] == defaults[field["name"]]
        assert field["allowed"] == RULES[field["name"]].words
        assert field["meaning"]
    assert [field["name"] for field in options["fields"] if field["live"]] == ["learning_rate"]
    assert [task["name"] for task in options["tasks"]] == list(TASKS)
    assert {cell["name"]: cell["gates"] for cell in options["cells"]} == {
        name: list(cell.gates) for name, cell in CELLS.items()
    }
    assert options["max_cost"] == MAX_COST


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"cell": "gru", "activation": "tanh"}, "config.activation"),
        ({"task": "three_numbers", "bits": 2}, "config.bits"),
        ({"task": "multiplication"}, "config.task"),
        ({"cell": "transformer"}, "config.cell"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_by_name(
    http: httpx2.Client, config: dict[str, Any], field: str
) -> None:
    check_problem(http.post("/api/runs", json={"config": config}), 422, field)


def test_a_configuration_is_checked_and_nothing_is_made_of_it(http: httpx2.Client) -> None:
    before = [run["id"] for run in http.get("/api/runs").json()]
    whole = http.post("/api/config", json={"config": {"bits": 5, "cell": "gru"}})
    assert (whole.status_code, whole.json()) == (200, TrainingConfig(bits=5, cell="gru").to_dict())
    assert http.post("/api/config", json={}).json() == TrainingConfig().to_dict()
    check_problem(
        http.post("/api/config", json={"config": {"bits": 99, "nonsense": 1}}), 422, "config.bits", "config.nonsense"
    )
    check_problem(http.post("/api/config", json={"config": {"task": "three_numbers", "bits": 2}}), 422, "config.bits")
    check_problem(http.post("/api/config", json={"bits": 5}), 422, "bits")
    assert [run["id"] for run in http.get("/api/runs").json()] == before
