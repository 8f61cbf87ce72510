"""The benchmarks run, and compare what they say they compare. How fast anything is, is not asserted."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import served
from benchmarks.measure import alternate, readable, table
from benchmarks.peers import compiled, plain_c, reference, script, vector_c
from benchmarks.problem import Problem
from tests.server import run_server

PROBLEM = Problem(iterations=300)


@pytest.mark.parametrize("peer", [compiled, reference])
def test_the_engines_give_the_scripts_errors(peer: Any) -> None:
    np.testing.assert_allclose(peer.run(PROBLEM), script.run(PROBLEM), rtol=0, atol=1e-9)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the C contenders are compiled on the fly with gcc")
@pytest.mark.parametrize("peer", [plain_c, vector_c])
def test_the_c_contenders_give_the_scripts_errors(peer: Any) -> None:
    assert peer.refuses(PROBLEM) is None
    np.testing.assert_allclose(peer.run(PROBLEM), script.run(PROBLEM), rtol=0, atol=1e-9)


def test_contenders_take_turns() -> None:
    calls: list[str] = []
    rates = alternate({"a": (lambda: calls.append("a"), 10), "b": (lambda: calls.append("b"), 10)}, rounds=3)
    assert calls == ["a", "b", "b", "a", "a", "b"]
    assert all(rate.least <= rate.median <= rate.most for rate in rates.values())


def test_tables_are_aligned_markdown() -> None:
    lines = table(["name", "n"], [["x", "1"], ["longer", "23"]]).splitlines()
    assert lines == ["| name   |  n |", "|--------|---:|", "| x      |  1 |", "| longer | 23 |"]
    assert readable(1_234_567) == "1.23 M"


def test_the_report_lands_between_its_markers(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = command.DOCUMENT.read_text(encoding="utf-8")
    copy = Path(f"{tmp_path}/benchmarks.md")
    copy.write_text(before, encoding="utf-8")
    monkeypatch.setattr(command, "DOCUMENT", copy)
    command.write("engine", "| a table |")
    after = copy.read_text(encoding="utf-8")
    assert "<!-- engine -->\n\n| a table |\n\n<!-- end of engine -->" in after
    assert after.partition("<!-- end of engine -->")[2] == before.partition("<!-- end of engine -->")[2]


def test_viewers_watch_and_runs_train_while_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "WINDOW_SECONDS", 0.2)
    with run_server() as server:
        served.wait_for_engine(server.url)
        served.call(server.url, "PATCH", "/api/runs/main", {"speed": None})
        with served.viewers(server.url, 2):
            assert served.call(server.url, "GET", "/api/runs/main")["viewers"] == 2
            assert served.training_rate(server.url) > 0
        with served.four_runs(server.url):
            runs = served.call(server.url, "GET", "/api/runs")
            assert [run["state"] for run in runs] == ["paused", *["running"] * 4]
            assert len(served.latencies(server.port, "/healthz", 20)) == 20
