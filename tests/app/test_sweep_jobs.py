"""The sweeps of a lab on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import app
from app.storage.database import default_url, open_database
from app.storage.kept_sweeps import KeptSweep
from app.storage.store import Store
from app.sweep_plan import planned
from tests.app.serving import run_server
from tests.app.sweeping import SMALL, alone, check_sweep, finished, until
from tests.ports import own_port


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory in which a sweep was interrupted: its second network is known, by a number that none has."""
    monkeypatch.setenv("RNN_ADDER_DATA_DIR", str(tmp_path))
    store = Store(open_database(default_url(tmp_path))[0])
    plan = planned(SMALL["config"], SMALL["vary"], SMALL["seeds"], SMALL["every"], "numpy")
    store.sweeps.save(KeptSweep("sweep-1", 1, "Units", "running", None, plan.to_data()))
    known: dict[str, Any] = {"iterations": 400, "accuracy": 0.123, "hard_accuracy": None, "flawless": False}
    store.sweeps.add("sweep-1", {1: {**known, "reached": None, "diverged": False, "errors": [1.0]}})
    store.close()
    return tmp_path


def test_a_sweep_that_was_interrupted_is_listed_gone_on_with_and_the_lab_shows_it(folder: Path) -> None:
    listed = call("--jobs")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert listed.stdout.splitlines()[2].split() == ["sweep-1", "Units", "paused", "hidden_size", "1/6"]
    result = call("--resume", "sweep-1", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["state"], told["done"], told["members"]) == ("finished", 6, 6)
    with run_server(engine="numpy", data_dir=str(folder)) as server, server.client() as http:
        assert check_sweep(http.get("/api/sweeps/sweep-1")) == told
        members = http.get("/api/sweeps/sweep-1/members").json()
        assert members[1]["accuracy"] == 0.123  # what was known is not trained again
        for member in (members[0], members[5]):
            config = planned(SMALL["config"], SMALL["vary"], SMALL["seeds"], 100, "numpy").configs[member["member"]]
            expected = alone(config, 100, "numpy")
            assert {name: member[name] for name in expected} == expected
        refused = call("--jobs")
        assert refused.exit_code == 3
        assert "--server http" in refused.stderr


def test_a_sweep_of_a_server_is_listed_started_and_followed() -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        assert "there are no sweeps" in call("--jobs", "--server", server.url).stderr
        created = check_sweep(http.post("/api/sweeps", json={**SMALL, "name": "Rates"}), 201)
        http.post(f"/api/sweeps/{created['id']}/pause").raise_for_status()
        listed = json.loads(call("--jobs", "--server", server.url, "--json").stdout)
        assert [sweep["name"] for sweep in listed] == ["Rates"]
        result = call("--resume", created["id"], "--server", f"{server.url}/")
        assert result.exit_code == 0, result.stderr
        lines = [line.split() for line in result.stdout.splitlines()[2:]]
        status = until(http, created["id"], finished)
        assert [line[:3] for line in lines] == [
            [str(cell["values"]["hidden_size"]), "3/3", str(cell["learned"])] for cell in status["cells"]
        ]
        missing = call("--resume", "sweep-9", "--server", server.url)
        assert (missing.exit_code, missing.stdout) == (1, "")
        assert 'There is no sweep "sweep-9".' in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--jobs", "--resume", "sweep-1"], 2, "choose one of"),
        (["--server", "http://127.0.0.1:1"], 2, "choose one of"),
        (["--jobs", "--seeds", "0..3"], 2, "leave out the options of a new one"),
        (["--resume", "sweep-7"], 1, "there is no sweep sweep-7 here"),
        (["--jobs", "--server", "nowhere"], 2, "is no address of a lab"),
        (["--jobs", "--server", f"http://127.0.0.1:{own_port()}"], 1, "can't reach"),
    ],
)
def test_what_can_not_be_is_said(folder: Path, arguments: list[str], status: int, words: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert words in result.stderr
