"""Sweeps: the options that people type, the counts, and the files that are written."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import app
from app.sweep import Member, draw_picture, grid, named, parse_values, summarise
from app.sweep_file import Conditions, alone_at, write_csv
from rnn_core import ConfigError, Evaluation, MemberProgress, Trainer, TrainingConfig, evaluate, train_many
from tests.app.serving import ROOT, environment
from tests.app.test_cli import COMMAND, run_command
from tests.patience import PATIENCE

FAST = ("--bits", "3", "--hidden-size", "6", "--loss", "cross_entropy", "--iterations", "2000", "--every", "200")


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("seed", "0..3", [0, 1, 2, 3]),
        ("seed", "7,1..2, 9", [7, 1, 2, 9]),
        ("cell", "elman,gru", ["elman", "gru"]),
        ("learning_rate", "0.01,1", [0.01, 1.0]),
        ("bias", "true,false", [True, False]),
        ("clip_norm", "none,0.5", [None, 0.5]),
    ],
)
def test_values_are_read_as_people_type_them(field: str, text: str, values: list[object]) -> None:
    assert parse_values(field, text) == values


@pytest.mark.parametrize(
    ("field", "text"),
    [("seed", "x"), ("seed", "3..1"), ("seed", "0..1000000"), ("seed", ""), ("learning_rate", "fast"), ("bias", "yes")],
)
def test_what_can_not_be_read_is_refused_by_name(field: str, text: str) -> None:
    with pytest.raises(ConfigError, match=field):
        parse_values(field, text)


def test_the_grid_is_every_combination_the_last_field_fastest() -> None:
    configs = grid({"cell": ["elman", "gru"], "seed": [0, 1]})
    assert [(config.cell, config.seed) for config in configs] == [("elman", 0), ("elman", 1), ("gru", 0), ("gru", 1)]


def test_a_grid_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(ConfigError, match="at most 100000"):
        grid({"seed": range(100_000), "bits": [8, 9], "hidden_size": range(1, 120)})


def evaluated(accuracy: float, hard: int = 0, right: int = 0) -> Evaluation:
    return Evaluation(4, hard > 0, accuracy, np.ones(8), hard, right, np.zeros((0, 2), np.int64), np.zeros(0))


def test_quartiles_count_only_runs_that_got_there() -> None:
    config = TrainingConfig()
    reached = [100, 200, 300, 400, None, None]
    members = [Member(config, 500, evaluated(1.0 if at == 100 else 0.995), at, True) for at in reached]
    (summary,) = summarise(members, [])
    assert summary.quartiles == (175.0, 250.0, 325.0)
    assert (summary.learned, len(summary.reached)) == (1, 4)
    assert summarise([Member(config)], [])[0].quartiles is None


def test_a_sweep_prints_counts_and_writes_every_run(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    result = run_command("sweep", "--seeds", "0..2", "--learning-rate", "0.1,2", *FAST, "--csv", path)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()[:1].isdigit()]
    assert [line[:2] for line in lines] == [["0.1", "3"], ["2.0", "3"]]
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["learning_rate"], row["seed"]) for row in rows] == [(r, s) for r in ("0.1", "2.0") for s in "012"]
    for row in rows:
        config = TrainingConfig(
            bits=3, hidden_size=6, loss="cross_entropy", learning_rate=float(row["learning_rate"]),
            seed=int(row["seed"]), max_iterations=2000,
        )  # fmt: skip
        trainer = Trainer(config)
        reached = None
        while not trainer.finished:
            trainer.advance(200)
            accuracy = evaluate(config, trainer.snapshot().parameters).accuracy
            reached = trainer.iteration if reached is None and accuracy >= 0.99 else reached
        assert float(row["accuracy"]) == accuracy
        assert row["learned"] == str(accuracy == 1.0).lower()
        assert row["iterations_to_99_percent"] == ("" if reached is None else str(reached))
    for line in lines:
        mine = [row for row in rows if row["learning_rate"] == line[0]]
        assert int(line[2]) == sum(row["learned"] == "true" for row in mine)
        reached_by = [int(row["iterations_to_99_percent"]) for row in mine if row["iterations_to_99_percent"]]
        assert int(line[3]) == len(reached_by)
        if reached_by:
            assert line[5] == f"{np.median(reached_by):,.0f}"


SMALL = ("--bits", "2", "--hidden-size", "3", "--iterations", "400", "--every", "100", "--engine", "numpy")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_sweep_goes_on_from_its_file_and_trains_none_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[int] = []

    def noted(configs: Sequence[TrainingConfig], **options: Any) -> Any:
        trained.extend(config.seed for config in configs)
        return train_many(configs, **options)

    monkeypatch.setattr("app.sweep_work.train_many", noted)
    path = tmp_path / "runs.csv"
    whole = CliRunner().invoke(app, ["sweep", "--seeds", "0..5", *SMALL, "--csv", str(path)])
    assert whole.exit_code == 0
    written, lines = path.read_bytes(), path.read_bytes().splitlines(keepends=True)
    trained.clear()
    path.write_bytes(lines[0] + lines[3] + lines[1] + lines[6][:40])  # killed: in the order of their end, one cut off
    again = CliRunner().invoke(app, ["sweep", "--seeds", "0..5", *SMALL, "--csv", str(path)])
    assert again.exit_code == 0
    assert sorted(trained) == [1, 3, 4, 5]
    assert "2 of 6 runs are done already" in again.stderr
    assert (path.read_bytes(), again.stdout) == (written, whole.stdout)
    assert os.listdir(tmp_path) == ["runs.csv"]


def test_a_finished_run_is_in_the_file_before_another_one_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "runs.csv", []

    def watched(configs: Sequence[TrainingConfig], **options: Any) -> Iterator[MemberProgress]:
        done: list[int] = []
        for report in train_many(configs, **{**options, "cores": 1}):
            yield report
            done += [configs[report.index].seed] if report.done else []
            seen.append([int(row["seed"]) for row in rows_of(path)] == done)

    monkeypatch.setattr("app.sweep_work.train_many", watched)
    assert CliRunner().invoke(app, ["sweep", "--seeds", "0..2", *SMALL, "--csv", str(path)]).exit_code == 0
    assert len(seen) == 12
    assert all(seen)


def test_a_sweep_that_is_killed_or_interrupted_keeps_what_was_finished(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    options = ["--seeds", "0..20000", *SMALL, "--csv", str(path)]
    command = [*COMMAND, "sweep", *options]
    for number, status in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        before = len(rows_of(path)) if path.exists() else 0
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 60
        while not path.exists() or len(rows_of(path)) < before + 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == status
        assert "Traceback" not in err
        assert len(rows_of(path)) >= before + 3
    assert "The same command goes on from there." in err
    assert len({row["seed"] for row in rows_of(path)}) == len(rows_of(path)) < 20_001


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--iterations", "300"], "one has max_iterations 400"),
        (["--every", "50"], "one has every 100"),
        (["--cell", "gru"], 'one has cell "elman"'),
        (["--seeds", "0"], "one has seed 1"),
    ],
)
def test_a_changed_sweep_is_told_and_overwrites_nothing(tmp_path: Path, options: list[str], words: str) -> None:
    path = tmp_path / "runs.csv"
    sweep = ["sweep", "--seeds", "0,1", *SMALL, "--csv", str(path)]
    runner = CliRunner()
    assert runner.invoke(app, sweep).exit_code == 0
    written = path.read_bytes()
    changed = runner.invoke(app, [*sweep, *options])
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert words in changed.stderr
    assert path.read_bytes() == written
    assert runner.invoke(app, [*sweep, *options, "--overwrite"]).exit_code == 0
    assert path.read_bytes() != written


@pytest.mark.parametrize("content", ["my notes\n", "task,bits\naddition,8\n"])
def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(content)
    refused = CliRunner().invoke(app, ["sweep", "--seeds", "0", *SMALL, "--csv", str(path)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "is not the file of a sweep" in refused.stderr
    assert path.read_text() == content


def test_two_sweeps_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    with alone_at(path):
        refused = CliRunner().invoke(app, ["sweep", "--seeds", "0", *SMALL, "--csv", str(path)])
    assert refused.exit_code == 1
    assert "another sweep writes" in refused.stderr


def test_a_full_disk_ends_a_sweep_with_a_sentence_and_its_table() -> None:
    refused = CliRunner().invoke(app, ["sweep", "--seeds", "0", *SMALL, "--csv", "/dev/full"])
    assert refused.exit_code == 1
    assert "can't write /dev/full: No space left on device." in refused.stderr


def test_a_sweep_tells_programs_its_counts_as_json() -> None:
    result = CliRunner().invoke(app, ["sweep", "--seeds", "0..2", "--bias", "true,false", *SMALL, "--json"])
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert (told["state"], told["done"], told["members"]) == ("finished", 6, 6)
    assert [cell["values"] for cell in told["cells"]] == [{"bias": True}, {"bias": False}]
    for cell in told["cells"]:
        configs = [TrainingConfig(bits=2, hidden_size=3, seed=seed, **cell["values"]) for seed in range(3)]
        trainers = [Trainer(config, "numpy") for config in configs]
        for trainer in trainers:
            trainer.advance(400)
        right = [evaluate(trainer.config, trainer.parameters, "numpy").flawless for trainer in trainers]
        assert (cell["members"], cell["learned"], cell["sampled"], cell["diverged"]) == (3, sum(right), False, 0)


def test_where_not_all_problems_are_tried_a_run_passes_and_never_learns(tmp_path: Path) -> None:
    wide, narrow = TrainingConfig(bits=32), TrainingConfig(bits=8)
    members = [
        Member(wide, 9, evaluated(1.0, 5, 5), 9, True),
        Member(wide, 9, evaluated(1.0, 5, 4), 9, True),
        Member(wide, 9, evaluated(0.999, 5, 5), 9, True),
        Member(wide, 9, evaluated(1.0, 5, 5), 9),
        Member(narrow, 9, evaluated(1.0), 9, True),
        Member(narrow, 9),
    ]
    assert [(member.learned, member.passed) for member in members] == [
        (False, True), *[(False, False)] * 3, (True, False), (False, False)
    ]  # fmt: skip
    ours, theirs = summarise(members, ["bits"])
    assert (ours.sampled, ours.learned, ours.passed) == (True, 0, 1)
    assert (theirs.sampled, theirs.learned, theirs.passed) == (False, 1, 0)
    write_csv(tmp_path / "runs.csv", members, Conditions(500, "numpy"))
    with (tmp_path / "runs.csv").open(newline="", encoding="utf-8") as file:
        rows = [[row[name] for name in COLUMNS] for row in csv.DictReader(file)]
    assert rows == [
        ["sample", "1.0", "1.0", "", "true"],
        ["sample", "1.0", "0.8", "", "false"],
        ["sample", "0.999", "1.0", "", "false"],
        ["sample", "1.0", "1.0", "", "false"],
        ["all", "1.0", "", "true", ""],
        ["all", "0.0", "", "false", ""],
    ]


COLUMNS = ("looked_at", "accuracy", "hard_accuracy", "learned", "passed")


def test_a_sweep_of_wide_sums_says_what_was_tried() -> None:
    wide = ("--seeds", "0", "--bits", "4,14", "--hidden-size", "2", "--iterations", "20", "--engine", "numpy")
    result = run_command("sweep", *wide)
    assert result.returncode == 0, result.stderr
    header = next(line for line in result.stdout.splitlines() if "runs" in line).split()
    assert header[:4] == ["bits", "runs", "learned", "passed"]
    lines = [line.split()[:4] for line in result.stdout.splitlines() if line.strip()[:1].isdigit()]
    assert lines == [["4", "1", "0", "–"], ["14", "1", "–", "0"]]
    assert "passed: right on a sample of 65,536 problems and on all hard ones" in result.stdout


def test_a_picture_is_drawn_of_when_runs_got_there(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture is an optional extra")
    path = tmp_path / "runs.png"
    members = [Member(TrainingConfig(seed=seed), 900, evaluated(1.0), 100 * seed or None, True) for seed in range(5)]
    draw_picture(path, summarise(members, []))
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="nonsense"):
        draw_picture(tmp_path / "runs.nonsense", summarise(members, []))


def test_without_matplotlib_a_picture_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'matplotlib' else find(name, *a);"
        "sys.argv = ['rnn-adder', 'sweep', '--picture', 'x.png']; from app.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (result.returncode, result.stdout) == (1, "")
    assert "rnn-adder[picture]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--cell", "perceptron"], 2, "cell must be one of"),
        (["--seeds", "many"], 2, "seed must be a whole number"),
        (["--engine", "steam"], 2, "engine must be one of"),
        (["--cell", "gru", "--activation", "relu"], 2, "activation is for the elman cell"),
        (["--csv", "/nowhere/at/all.csv"], 1, "there is no folder"),
        (["--iterations", "0"], 2, "iterations"),
    ],
)
def test_bad_usage_is_a_sentence(arguments: list[str], status: int, words: str) -> None:
    result = run_command("sweep", *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert words in result.stderr


def test_a_combination_is_named_by_what_varies() -> None:
    assert named({"cell": "gru", "bias": True}) == "cell gru, bias true"
    assert named({}) == "the default"
