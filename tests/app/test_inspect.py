"""`rnn-adder inspect`: what is inside a network, in sentences, as data and in pictures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import app
from rnn_core import Trainer, TrainingConfig, save_checkpoint
from rnn_core.analysis import extract_machine, hidden_states, lengths
from rnn_core.tasks import TASKS
from tests.app.serving import ROOT, environment
from tests.patience import PATIENCE
from tests.rnn_core.adders import Adder, forgetful_adder, sound_adder


def saved(folder: Path, adder: Adder) -> Path:
    """A hand-built network in a file."""
    trainer = Trainer(adder.config, "numpy")
    for name, values in adder.parameters.items():
        trainer._parameters[name][...] = values
    save_checkpoint(trainer, folder / "adder.safetensors")
    return folder / "adder.safetensors"


def inspect(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """What the command does, here in this process: to load all that it needs takes longer than what it does."""
    done = CliRunner().invoke(app, ["inspect", *map(str, arguments)], prog_name="rnn-adder")
    assert isinstance(done.exception, SystemExit | None), done.exception
    return subprocess.CompletedProcess([], done.exit_code, done.stdout, done.stderr)


def inspect_as_people_do(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rnn_adder", "inspect", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_a_sound_adder_is_told_in_sentences_and_in_pictures(tmp_path: Path) -> None:
    done = inspect_as_people_do(saved(tmp_path, sound_adder(bits=5)), "--pictures", tmp_path / "new" / "pictures")
    assert done.returncode == 0, done.stderr
    assert "256 of all 256 problems (100.0%)" in done.stdout
    assert "the machine that solves the task at every length" in done.stdout
    assert "right on every problem that was tried, up to 1,024 bits" in done.stdout
    assert "100.0% of the cases" in done.stdout
    names = sorted(path.name for path in (tmp_path / "new" / "pictures").iterdir())
    assert names == ["lengths.png", "machine.png", "map.png", "reach.png", "states.png"]
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (tmp_path / "new" / "pictures").iterdir())
    assert done.stderr.count("Wrote ") == 5


def test_a_forgetful_adder_is_found_out(tmp_path: Path) -> None:
    adder = forgetful_adder(bits=5)
    done = inspect(saved(tmp_path, adder), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    plainly = lengths(adder.config, adder.parameters).first_failure
    assert plainly is not None
    failure = found["lengths"]["first_failure"]
    assert (failure["width"], failure["position"]) == (plainly.width, plainly.position)
    assert {name: int(failure[name]) for name in plainly.operands} == plainly.operands
    assert found["machine"]["equals_task"] is False
    assert found["machine"]["states"] == list(extract_machine(adder.config, adder.parameters).states)
    assert found["states"]["separation"] == hidden_states(adder.config, adder.parameters).separation
    assert found["accuracy"] < 1
    assert found["map"]["right"] == round(found["accuracy"] * found["problems"])


@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_and_an_untrained_network_have_an_inside(tmp_path: Path, task: str) -> None:
    trainer = Trainer(TrainingConfig(task=task, bits=4, hidden_size=3), "numpy")
    save_checkpoint(trainer, tmp_path / "new.safetensors")
    done = inspect(tmp_path / "new.safetensors", "--json", "--pictures", tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["states"] is None) == (task == "xor")
    assert (found["map"] is None) == (task == "parity")
    assert (tmp_path / "map.png").exists() == (task != "parity")
    assert inspect(tmp_path / "new.safetensors", "-q").stderr == ""


def test_a_diverged_network_can_be_inspected(tmp_path: Path) -> None:
    adder = sound_adder(bits=4)
    adder.parameters["W_hh"] = np.full((3, 3), 1e308)
    done = inspect_as_people_do(saved(tmp_path, adder), "--pictures", tmp_path / "pictures")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.safetensors"], "can't read nowhere.safetensors"),
        (["README.md"], "README.md"),
        ([], "CHECKPOINT"),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_words(arguments: list[str], words: str) -> None:
    done = inspect(*arguments)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_to_costs_the_pictures_alone(tmp_path: Path) -> None:
    done = inspect(saved(tmp_path, sound_adder(bits=4)), "--pictures", tmp_path / "adder.safetensors")
    assert done.returncode == 1
    assert "Machine:" in done.stdout
    assert "can't write to" in done.stderr
