import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from pyarrow import parquet
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.cli import app
from app.services.sweeps import MAX_SWEEPS
from app.sweep_plan import MAX_CELLS, MAX_MEMBERS
from tests.app.serving import Server, check_problem
from tests.app.sweeping import LARGE, SMALL, check_members, check_sweep, finished, until
from tests.patience import PATIENCE

ENGINE = "numpy"

PARQUET = {"Accept": "application/vnd.apache.parquet"}

NewSweep = Callable[..., dict[str, Any]]


@pytest.fixture
def new_sweep(http: httpx2.Client) -> Iterator[NewSweep]:
    """Create sweeps that are deleted after the test."""
    created: list[str] = []

    def create(**members: Any) -> dict[str, Any]:
        sweep = check_sweep(http.post("/api/sweeps", json={**SMALL, **members}), 201)
        created.append(sweep["id"])
        return sweep

    yield create
    for sweep_id in created:
        assert http.delete(f"/api/sweeps/{sweep_id}").status_code in (204, 404)


def watch(server: Server, sweep_id: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/api/sweeps/{sweep_id}/stream", proxy=None)


def rest_of(socket: ClientConnection) -> list[dict[str, Any]]:
    """All messages until the socket is closed."""
    told = []
    with suppress(ConnectionClosed):
        while True:
            told.append(next_of(socket))
    return told


def next_of(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(4 * PATIENCE))
    return message


def test_a_sweep_trains_every_combination_from_every_seed(http: httpx2.Client, new_sweep: NewSweep) -> None:
    created = new_sweep(name="Units", vary={"hidden_size": [1, 3], "bias": [False, True]})
    assert (created["name"], created["state"], created["members"], created["done"]) == ("Units", "running", 12, 0)
    values = [{"hidden_size": units, "bias": bias} for units in (1, 3) for bias in (False, True)]
    assert [cell["values"] for cell in created["cells"]] == values
    status = until(http, created["id"], finished)
    assert (status["done"], status["progress"], status["detail"]) == (12, 1.0, None)
    members = http.get(f"/api/sweeps/{created['id']}/members").json()
    assert [member["config"]["seed"] for member in members] == [0, 1, 2] * 4
    check_members(members, 100, "numpy")
    for cell in status["cells"]:
        mine = [member for member in members if member["cell"] == cell["place"]]
        assert mine == http.get(f"/api/sweeps/{created['id']}/members?cell={cell['place']}").json()
        assert all(member["config"].items() >= cell["values"].items() for member in mine)
        assert cell["learned"] == sum(member["learned"] for member in mine)
        reached = sorted(member["reached"] for member in mine if member["reached"] is not None)
        assert cell["reached_by"] == len(reached)
        assert (cell["reached"] is None) == (not reached)
        if len(reached) == 3:
            assert cell["reached"][1] == reached[1]
        assert not cell["sampled"]
        assert all(len(member["errors"]) == 4 for member in mine)


def test_results_are_those_of_the_same_networks_alone_to_the_last_digit(
    server_with: Callable[[str], Server],
) -> None:
    with server_with("compiled").client() as http:
        config = {"max_iterations": 700}
        body = {"config": config, "vary": {"learning_rate": [1, 90]}, "seeds": [0, 3], "every": 300}
        created = check_sweep(http.post("/api/sweeps", json=body), 201)
        until(http, created["id"], finished)
        members = http.get(f"/api/sweeps/{created['id']}/members").json()
        assert len(members) == 8
        check_members(members, 300, "compiled")
        assert http.delete(f"/api/sweeps/{created['id']}").status_code == 204


def test_a_network_that_diverges_is_counted_and_ends(http: httpx2.Client, new_sweep: NewSweep) -> None:
    config = {"activation": "relu", "loss": "cross_entropy", "max_iterations": 200}
    created = new_sweep(config=config, vary={"learning_rate": [0.5]}, seeds=[0], every=50)
    (cell,) = until(http, created["id"], finished)["cells"]
    assert (cell["diverged"], cell["learned"], cell["reached"]) == (1, 0, None)
    (member,) = http.get(f"/api/sweeps/{created['id']}/members").json()
    check_members([member], 50, "numpy")
    assert member["iterations"] < 200


def test_sweeps_are_listed_named_paused_and_gone_on_with(http: httpx2.Client, new_sweep: NewSweep) -> None:
    response = http.post("/api/sweeps", json=LARGE)
    large = check_sweep(response, 201)
    assert response.headers["location"].endswith(f"/api/sweeps/{large['id']}")
    small = new_sweep()
    address = f"/api/sweeps/{large['id']}"
    assert "waits until" in http.get(f"/api/sweeps/{small['id']}").json()["detail"]
    until(http, large["id"], lambda status: bool(status["done"] > 2))
    paused = check_sweep(http.post(f"{address}/pause"))
    assert (paused["state"], paused["detail"]) == ("paused", None)
    assert check_sweep(http.post(f"{address}/pause"))["state"] == "paused"
    until(http, small["id"], finished)  # the one that waited is trained now
    done = check_sweep(http.get(address))["done"]
    assert check_sweep(http.patch(address, json={"name": "Thousands"}))["name"] == "Thousands"
    assert check_sweep(http.patch(address))["name"] == "Thousands"
    assert [sweep["id"] for sweep in http.get("/api/sweeps").json()] == [large["id"], small["id"]]
    assert check_sweep(http.post(f"{address}/start"))["state"] == "running"
    until(http, large["id"], lambda status: bool(status["done"] > done))
    assert check_sweep(http.post(f"/api/sweeps/{small['id']}/start"))["state"] == "finished"
    assert check_sweep(http.post(f"/api/sweeps/{small['id']}/pause"))["state"] == "finished"
    assert http.delete(address).status_code == 204
    for call in (
        http.get(address),
        http.delete(address),
        http.post(f"{address}/start"),
        http.get(f"{address}/members"),
    ):
        assert large["id"] in check_problem(call, 404)["detail"]


def test_whoever_watches_gets_all_cells_first_and_then_what_changes(
    server: Server, http: httpx2.Client, new_sweep: NewSweep
) -> None:
    created = new_sweep()
    with watch(server, created["id"]) as socket:
        message = next_of(socket)
        assert [cell["place"] for cell in message["cells"]] == [0, 1]
        cells = {cell["place"]: cell for cell in message["cells"]}
        progress = [message["progress"]]
        while message["state"] != "finished":
            message = next_of(socket)
            assert message["type"] == "sweep"
            assert all(cell != cells[cell["place"]] for cell in message["cells"])  # only what has changed
            cells |= {cell["place"]: cell for cell in message["cells"]}
            progress.append(message["progress"])
        status = check_sweep(http.get(f"/api/sweeps/{created['id']}"))
        assert list(cells.values()) == status["cells"]
        assert message.items() >= {name: status[name] for name in ("id", "name", "done", "members")}.items()
        assert progress == sorted(progress)
        http.patch(f"/api/sweeps/{created['id']}", json={"name": "Seen"}).raise_for_status()
        message = next_of(socket)
        assert (message["name"], message["cells"]) == ("Seen", [])
        http.delete(f"/api/sweeps/{created['id']}").raise_for_status()
        rest_of(socket)
        assert (socket.close_code, socket.close_reason) == (1008, "This sweep has been deleted.")


def test_a_socket_says_why_it_closes(server: Server, new_sweep: NewSweep) -> None:
    with watch(server, "sweep-999") as socket, pytest.raises(ConnectionClosed):
        next_of(socket)
    assert (socket.close_code, socket.close_reason) == (1008, 'There is no sweep "sweep-999".')
    sweep_id = new_sweep()["id"]
    for sent, code in ((b"x", 1003), ("x", 1008)):
        with watch(server, sweep_id) as socket:
            next_of(socket)
            with suppress(ConnectionClosed):
                for _ in range(10):
                    socket.send(sent)
            problems = [message for message in rest_of(socket) if message["type"] == "problem"]
            assert socket.close_code == code
            assert len(problems) == (0 if code == 1003 else 9)
            assert all(problem["status"] == 422 for problem in problems)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"vary": {"units": [1]}}, "vary.units", "is not a field that can vary"),
        ({"vary": {"seed": [1]}}, "vary.seed", "name the seeds in seeds"),
        ({"vary": {"bits": [2]}}, "vary.bits", "stands in config, too"),
        ({"vary": {"hidden_size": []}}, "vary.hidden_size", "array of one or more"),
        ({"vary": {"hidden_size": 3}}, "vary.hidden_size", "array of one or more"),
        ({"vary": {"hidden_size": [3, 0]}}, "vary.hidden_size", "from 1 to 128, not 0"),
        ({"vary": {"hidden_size": [3, True]}}, "vary.hidden_size", "from 1 to 128, not true"),
        ({"vary": {"hidden_size": [3, 4, 3]}}, "vary.hidden_size", "3 is there twice"),
        ({"vary": {"hidden_size": [[3]]}}, "vary.hidden_size", "not an array"),
        ({"vary": {"cell": ["gru", "lstm"], "activation": ["tanh"]}}, "vary.activation", "is for the elman cell"),
        ({"seeds": []}, "seeds", "one or more seeds"),
        ({"seeds": [0, 2**32 - 1]}, "seeds", "from 4,294,967,296 seeds"),
        ({"seeds": [-1]}, "seeds", "not -1"),
        ({"seeds": [1, 1]}, "seeds", "1 is there twice"),
        ({"seeds": list(range(MAX_MEMBERS))}, "seeds", "at most 4,000 networks: 2 combinations from 4,000 seeds"),
        ({"config": {"seed": 3}}, "config.seed", "name the seeds in seeds"),
        ({"config": {"depth": 3}}, "config.depth", "is not a field"),
        ({"config": {"bits": 1}}, "config.bits", "from 2 to 32, not 1"),
        ({"config": {"bits": 32, "max_iterations": 10**7}}, "config.max_iterations", "times as long as a network"),
        ({"vary": {"clip_norm": [k / 9 for k in range(1, 2 + MAX_CELLS)]}}, "vary.clip_norm", "at most 1024 values"),
        ({"vary": {"bits": list(range(2, 32)), "hidden_size": list(range(1, 60))}, "config": {}}, "vary", "1,770"),
        ({"every": 0}, "every", "from 1 to"),
        ({"scheduler": "tcp://10.0.0.1:8786"}, "scheduler", "trains sweeps on its own cores"),
        ({"name": " "}, "name", "one of which can be seen"),
        ({"members": 3}, "members", "is not known here"),
    ],
)  # fmt: skip
def test_what_can_not_be_swept_is_refused_in_words(
    http: httpx2.Client, changes: dict[str, Any], field: str, words: str
) -> None:
    problem = check_problem(http.post("/api/sweeps", json={**SMALL, **changes}), 422, field)
    assert words in problem["errors"][0]["detail"]
    assert http.get("/api/sweeps").json() == []


def test_too_much_in_all_is_refused_and_so_is_a_plan_without_seeds(http: httpx2.Client) -> None:
    much = {"config": {"bits": 16, "max_iterations": 1_000_000}, "vary": {}, "seeds": list(range(4000))}
    problem = check_problem(http.post("/api/sweeps", json=much), 422, "seeds")
    assert "times as long as a sweep may" in problem["detail"]
    check_problem(http.post("/api/sweeps", json={}), 422, "vary", "seeds")
    check_problem(http.get("/api/sweeps/sweep-0/members?cell=x"), 422, "cell")


def test_there_are_only_so_many_sweeps(http: httpx2.Client, new_sweep: NewSweep) -> None:
    for _ in range(MAX_SWEEPS):
        new_sweep()
    problem = check_problem(http.post("/api/sweeps", json=SMALL), 503)
    assert "There are 32 sweeps already" in problem["detail"]


def test_the_command_line_goes_on_from_the_table_of_a_sweep(
    http: httpx2.Client, new_sweep: NewSweep, tmp_path: Path
) -> None:
    created = new_sweep(vary={"hidden_size": [1, 3]})
    until(http, created["id"], finished)
    response = http.get(f"/api/sweeps/{created['id']}/members", headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="{created["id"]}.csv"' in response.headers["content-disposition"]
    file = tmp_path / "sweep.csv"
    file.write_bytes(response.content)
    options = "--bits 2 --loss cross_entropy --optimizer adam --learning-rate 0.05 --iterations 400 --hidden-size 1,3"
    more = ["--every", "100", "--engine", "numpy", "--csv", str(file), "--json"]
    result = CliRunner().invoke(app, ["sweep", *options.split(), "--seeds", "0..2", *more])
    assert result.exit_code == 0, result.stderr
    assert "6 of 6 runs are done already" in result.stderr
    assert file.read_bytes() == response.content


def test_the_tables_hold_the_same_numbers(http: httpx2.Client, new_sweep: NewSweep) -> None:
    created = new_sweep()
    until(http, created["id"], finished)
    address = f"/api/sweeps/{created['id']}/members"
    members = http.get(address).json()
    table = parquet.read_table(io.BytesIO(http.get(address, headers=PARQUET).content)).to_pylist()
    lines = list(csv.DictReader(io.StringIO(http.get(f"{address}?cell=1", headers={"Accept": "text/csv"}).text)))
    assert [float(line["accuracy"]) for line in lines] == [member["accuracy"] for member in members[3:]]
    assert len(table) == len(members) == 6
    for row, member in zip(table, members, strict=True):
        assert {name: row[name] for name in member["config"]} == member["config"]
        assert all(row[name] == member[name] for name in ("member", "accuracy", "reached", "learned", "errors"))
        assert (row["every"], row["engine"]) == (100, "numpy")
    cell = check_problem(http.get(f"{address}?cell=2"), 422, "cell")
    assert "must be below 2" in cell["detail"]
    assert "text/csv" in check_problem(http.get(address, headers={"Accept": "image/png"}), 406)["detail"]


def test_without_pyarrow_there_is_a_sentence_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.problems import Problem
    from app.routes import sweeps

    monkeypatch.setattr(sweeps, "find_spec", lambda name: None)
    with pytest.raises(Problem, match=r"Install rnn-adder\[parquet\]") as caught:
        sweeps._kind(PARQUET["Accept"])
    assert caught.value.status == 406
    assert sweeps._kind(f"{PARQUET['Accept']}, text/csv") == "text/csv"
