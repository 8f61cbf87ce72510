"""The benchmarks run, and compare what they say they compare. No test asserts a speed."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import attacks, classroom, engine, inside, page, served, siege, stored
from benchmarks.crowd import Reading
from benchmarks.frame_sizes import frame_sizes
from benchmarks.measure import alternate, percentile, readable, readable_time, table
from benchmarks.peers import compiled, jax_scan, plain_c, reference, script, vector_c
from benchmarks.problem import Problem
from benchmarks.processes import running, watching

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


def test_numbers_are_written_for_reading() -> None:
    assert [readable(rate) for rate in (1_234_567, 1_500, 42)] == ["1.23 M", "1.5 k", "42"]
    assert [readable_time(seconds) for seconds in (2, 0.00123, 45e-6)] == ["2 s", "1.23 ms", "45 us"]


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (0.1, 1)])
def test_a_percentile_is_the_smallest_sample_that_so_many_do_not_exceed(percent: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


@pytest.mark.parametrize(("at_most", "results", "met"), [(True, [1, 2, 9], "yes"), (False, [1, 2, 9], "yes")])
@pytest.mark.parametrize("shift", [0, 1])
def test_a_target_is_met_by_the_median(at_most: bool, results: list[float], met: str, shift: int) -> None:
    target = 2 + (-shift if at_most else shift)
    cells = served.Row("x", results, target, at_most, served.ratio, "").cells()
    assert cells[1:4] == ["2.00", f"{'<=' if at_most else '>='} {target:.2f}", "no" if shift else met]


def test_the_report_lands_between_its_markers() -> None:
    before = command.DOCUMENT.read_text(encoding="utf-8")
    after = command.rewritten(before, "engine", "| a table |")
    assert "<!-- engine -->\n\n| a table |\n\n<!-- end of engine -->" in after
    assert after.partition("<!-- end of engine -->")[2] == before.partition("<!-- end of engine -->")[2]
    assert command.rewritten(after, "engine", "| a table |") == after


def test_a_document_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="it lacks <!-- served -->"):
        command.rewritten("# Nothing", "served", "| a table |")


def test_a_peer_that_is_missing_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    lines = engine.side_by_side([(compiled, 100), (jax_scan, 100)], rounds=1, script_iterations=100).splitlines()
    assert lines[-1].split("|")[1].strip() == "JAX"
    assert "not run: jax is not installed" in lines[-1]


def test_a_peer_that_fails_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(problem: Problem) -> None:
        raise RuntimeError("no such operation\nand a long story")

    monkeypatch.setattr(reference, "run", fail)
    lines = engine.side_by_side([(compiled, 100), (reference, 100)], rounds=1, script_iterations=100).splitlines()
    assert "not run: RuntimeError: no such operation |" in lines[-1]


def test_viewers_and_askers_find_what_a_real_server_does() -> None:
    with running("app", "serve", "--port", "0", "--no-store") as server:
        server.await_engine()
        server.call("PATCH", "/api/runs/main", {"speed": None})
        with watching(server, "main", 2) as watched:
            assert server.call("GET", "/api/runs/main")["viewers"] == 2
            server.call("POST", "/api/runs/main/step", {"iterations": 1})
        assert len(watched.frames) == 2
        assert served.trained(server, 0, 0.1)[0] > 0
        rate, waits = inside.trained(server, inside.PANELS["way back"], 0.1)
        assert rate > 0
        assert len(waits) == len(inside.PANELS["way back"])
        crowd = served.Crowd(server)
        states = crowd.busy(lambda: [run["state"] for run in server.call("GET", "/api/runs")])
        assert states == ["running"] * served.RUNS
        assert crowd.idle(lambda: served.waits(server, served.PREDICT, 0.1, 2))
        with pytest.raises(RuntimeError, match="404"):
            server.call("GET", "/api/runs/nope")


def test_the_servers_beside_it_answer_and_the_probe_notes_lags() -> None:
    with running("benchmarks.servers", "empty") as empty, running("benchmarks.servers", "probed") as probed:
        assert empty.call("GET", "/") == {"status": "ok"}
        assert served.waits(empty, "/", 0.1)
        lags = probed.call("GET", "/lag")
        assert all(-0.001 < lag < 10 for lag in lags)


def test_a_class_notices_what_a_real_server_sends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(classroom, "VIEWERS", 5)
    monkeypatch.setattr(classroom, "SETTLE", 0.1)
    monkeypatch.setattr(classroom, "MAIN", {})
    monkeypatch.setattr(classroom, "COMMANDS", 1)
    monkeypatch.setenv("RNN_ADDER_DATA_DIR", str(tmp_path))
    with running("benchmarks.servers", "watched") as server:
        server.await_engine()
        server.call("PATCH", "/api/runs/main", {"speed": 300})
        assert classroom.lesson(server, 1.0, None).iterations > 0
        plain, small = (classroom.lesson(server, 1.0, path) for path in (classroom.PLAIN, classroom.SMALL))
    for lesson in (plain, small):
        assert lesson.all_frames >= 2 * lesson.frames > 0
        assert lesson.late > 0
        assert lesson.command > 0
    assert small.bytes / small.all_frames < plain.bytes / plain.all_frames
    assert classroom.served_again(str(tmp_path)) > 0


def test_small_frames_take_fewer_bytes_than_plain_ones() -> None:
    lines = frame_sizes().splitlines()
    sizes = {line.split("|")[1].strip(): [float(cell) for cell in line.split("|")[2:5]] for line in lines[2:-1]}
    small = sizes["small: ten whole, light ones between"]
    assert all(2.5 * few < many for few, many in zip(small, sizes["plain"], strict=True))


def test_viewers_of_a_crowd_find_frames_however_they_are_cut() -> None:
    def message(first: int, payload: bytes) -> bytes:
        short = len(payload) < 126
        length = bytes([len(payload)]) if short else b"\x7e" + len(payload).to_bytes(2, "big")
        return bytes([first]) + length + payload

    frames = [b'{"iteration":"%d"}' % number + bytes(size) for number, size in ((7, 0), (123, 9_000), (4567, 200))]
    sent = message(0x81, b'{"iteration":"1"}') + b"".join(message(0x82, frame) for frame in frames)
    for size in (1, 2, 3, 10, 125, 4_000, len(sent)):
        reading = Reading()
        for begin in range(0, len(sent), size):
            reading.feed(sent[begin : begin + size], float(begin))
        assert [iteration for iteration, _ in reading.frames] == [7, 123, 4567]
        assert reading.bytes == len(sent)


def test_a_server_that_does_not_start_is_no_server() -> None:
    with pytest.raises(RuntimeError, match="printed no address"), running("json.tool", "/nowhere"):
        pass


def test_costs_are_measured_in_this_process() -> None:
    frame, pairs = served.costs(rounds=2, repetitions=2)
    assert (len(frame.results), len(pairs.results)) == (2, 2)
    assert "1,024 errors" in frame.remark
    assert "16,384 pairs" in pairs.remark


def test_training_is_measured_with_its_accuracies_and_without() -> None:
    (row,) = served.histories(rounds=1, seconds=0.2)
    assert row.results[0] > 0


def test_stored_runs_are_those_that_a_server_begins_with_and_walks_through(tmp_path: Path) -> None:
    size = stored.fill(tmp_path, runs=3, iterations=2_000)
    assert size > 3 * 8 * 2_000
    assert stored.begun(tmp_path, runs=3) > 0
    with pytest.raises(RuntimeError, match="3 runs were there, not 4"):
        stored.begun(tmp_path, runs=4)
    with running(*stored.SERVE, "--data-dir", str(tmp_path)) as server:
        assert server.call("GET", "/api/runs/run-3")["iteration"] == 2_000
        assert len(server.call("GET", "/api/runs/run-2/errors?start=1990")["errors"]) == 10
        p50, worst = stored.travelling(server, rounds=1, moments=2)
        assert 0 < p50.results[0] <= worst.results[0]


def test_arrivals_are_read_from_where_the_server_is() -> None:
    with running(*stored.SERVE, "--no-store") as server:
        assert page.address(server) == f"http://127.0.0.1:{server.port}/"
        assert server.call("GET", "/healthz") == {"status": "ok"}


def felt(**figures: float) -> siege.Felt:
    return siege.Felt(**{"iterations": 1000, "frames": 30, "health": 0.01, "median": 0.001, "command": 0.1, **figures})


@pytest.mark.parametrize(
    ("during", "memory", "disk", "missed"),
    [
        (felt(), 0, 0, []),
        (felt(iterations=500, frames=15, health=0.1, command=0.5), 200 * 2**20, siege.JOURNAL, []),
        (felt(iterations=499), 0, 0, ["iterations"]),
        (felt(frames=14), 0, 0, ["frames"]),
        (felt(health=0.11), 0, 0, ["/healthz"]),
        (felt(command=0.6), 0, 0, ["commands"]),
        (felt(), 201 * 2**20, siege.JOURNAL + 1, ["memory", "disk"]),
    ],
)
def test_a_siege_says_which_targets_are_missed(during: siege.Felt, memory: int, disk: int, missed: list[str]) -> None:
    result = siege.Result("B3 pings", felt(), during, (2**20, 2**20 + memory, 2**20), 100 + disk, 100)
    assert result.missed == missed
    assert result.cells()[-1] == ("missed: " + ", ".join(missed) if missed else "met")
    assert len(result.cells()) == len(siege.HEADER)


def test_newcomers_have_the_same_right() -> None:
    share = siege.FAIR["A5 newcomers"]
    few = felt(iterations=501 * share, frames=15.1 * share)
    assert siege.Result("A5 newcomers", felt(), few, (0, 0, 0), 0, 100).missed == []


def test_each_attack_says_in_a_sentence_what_it_does() -> None:
    assert all(attack.__doc__ and attack.__doc__.endswith(".") for attack in attacks.ATTACKS.values())


@pytest.mark.parametrize("name", ["B3 refused commands", "A3 replays"])
def test_an_attack_is_felt_or_not_on_a_server_of_its_own(name: str) -> None:
    result = siege.besieged(name, 1.0)
    assert result.before.iterations > 0
    assert 0 < result.before.median <= result.before.health
    assert result.memory[1] >= result.memory[0] > 0
    assert result.disk > 0
