"""`rnn-adder prove` and `rnn-adder verify`: a proof for numbers of any length, and its check."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_core import Trainer, TrainingConfig, save_checkpoint
from tests.app.serving import ROOT, environment
from tests.patience import PATIENCE
from tests.rnn_core.adders import Adder, fading_adder, sound_adder


def saved(path: Path, adder: Adder) -> Path:
    """A hand-built network in a file."""
    trainer = Trainer(adder.config, "numpy")
    for name, values in adder.parameters.items():
        trainer._parameters[name][...] = values
    save_checkpoint(trainer, path)
    return path


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rnn_adder", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_a_proof_is_found_written_and_verified(tmp_path: Path) -> None:
    network, certificate = saved(tmp_path / "adder", sound_adder(sure=8.0)), tmp_path / "proof"
    done = run("prove", network, "--output", certificate)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Proved: it is right on numbers of any length.")
    verified = run("verify", certificate, "--checkpoint", network)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "addition right on numbers of any length" in verified.stdout
    found = json.loads(run("verify", certificate, "--json").stdout)
    assert found["proved"] is True
    assert found["detail"] == verified.stdout.strip()
    assert 0.4 < found["margin"] < 0.5

    other = run("verify", certificate, "--checkpoint", saved(tmp_path / "other", sound_adder(sure=9.0)))
    assert other.returncode == 1
    assert "another network" in other.stderr
    assert other.stdout == ""

    certificate.write_bytes(certificate.read_bytes()[:-1])
    damaged = run("verify", certificate)
    assert damaged.returncode == 1
    assert damaged.stderr.startswith("Not proved.")


def test_a_network_that_forgets_is_refuted(tmp_path: Path) -> None:
    network = saved(tmp_path / "adder", fading_adder())
    done = run("prove", network, "--output", tmp_path / "proof")
    assert done.returncode == 1
    assert done.stdout.startswith("Refuted.")
    assert "140737488355327 + 1 = " in done.stdout
    assert "Right is 140737488355328." in done.stdout
    assert not (tmp_path / "proof").exists()
    found = json.loads(run("prove", network, "--json").stdout)
    assert (found["state"], found["certificate"]) == ("refuted", None)
    assert found["counterexample"]["a"] == "140737488355327"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prove", "missing"), "can't read missing"),
        (("verify", "missing"), "can't read missing"),
        (("prove", "{gated}"), "Elman"),
        (("prove", "{adder}", "--output", "nowhere/proof"), "there is no folder nowhere"),
        (("verify", "{adder}"), "not a certificate"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    files = {"adder": str(saved(tmp_path / "adder", sound_adder())), "gated": str(tmp_path / "gated")}
    save_checkpoint(Trainer(TrainingConfig(cell="gru", hidden_size=2), "numpy"), files["gated"])
    done = run(*(argument.format(**files) for argument in arguments))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
