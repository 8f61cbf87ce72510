"""The commands `rnn-adder prove` and `rnn-adder verify`: a proof for numbers of any length, and its check."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .terminal import FILE, complain, fail, json_option, opened, quiet_option

if TYPE_CHECKING:
    from rnn_core.proof import Progress, Proof
    from rnn_core.tasks import Task


@click.command(name="prove")
@click.argument("checkpoint", type=FILE)
@click.option("--output", type=FILE, help="Write the certificate of the proof to this file; verify checks it.")
@json_option
@quiet_option
def prove(checkpoint: Path, output: Path | None, as_json: bool, quiet: bool) -> None:
    """Prove that a trained network is right on numbers of any length, or find numbers on which it fails.

    CHECKPOINT is a file that train --save or the server wrote. It exits with 0 only if there is a proof.
    """
    trainer, notes = opened(checkpoint)
    for sentence in () if quiet else notes:
        complain(sentence)
    if output is not None and not output.absolute().parent.is_dir():
        fail(f"can't write {output}: there is no folder {output.parent}.", 1)
    from rnn_core.network.parts import make_task  # noqa: PLC0415 (the other commands need none of it)
    from rnn_core.proof import NoProofError  # noqa: PLC0415
    from rnn_core.proof import prove as find_proof  # noqa: PLC0415

    watched = sys.stderr.isatty() and not quiet
    try:
        proof = find_proof(trainer.config, trainer.parameters, progress=_tell if watched else lambda _: None)
    except NoProofError as error:
        fail(str(error), 1)
    if output is not None and proof.certificate is not None:
        try:
            output.write_bytes(proof.certificate)
        except OSError as error:
            fail(f"can't write {output}: {error.strerror or error}.", 1)
    if as_json:
        print(json.dumps(_as_json(proof, output, trainer.iteration), allow_nan=False), flush=True)
    else:
        print(_in_words(proof, make_task(trainer.config)), flush=True)
    if proof.state != "proved":
        raise click.exceptions.Exit(1)


def _tell(progress: "Progress") -> None:
    """Say where the proof stands."""
    if progress.stage == "refuting":
        complain("Looking for numbers on which it fails ...")
    else:
        complain(f"Round {progress.round}: {progress.leaving:,} of {progress.nodes:,} sets of states are left yet.")


def _in_words(proof: "Proof", task: "Task") -> str:
    """The answer in one or two sentences."""
    if proof.margin is not None:
        certain = f"Every output is at least {proof.margin:.3f} away from one half."
        return f"Proved: it is right on numbers of any length. {proof.detail} {certain}"
    if (wrong := proof.counterexample) is not None:
        said = task.said(list(wrong.operands.values()), wrong.predicted)
        return f"Refuted. {proof.detail} It says {said}. Right is {wrong.expected}."
    return f"Undecided. {proof.detail}"


def _as_json(proof: "Proof", output: Path | None, iteration: int) -> dict[str, object]:
    """The answer for programs, in the names of the API."""
    return {
        "state": proof.state,
        "iteration": iteration,
        "margin": proof.margin,
        "logit_margin": proof.logit_margin,
        "counterexample": None if proof.counterexample is None else proof.counterexample.to_dict(),
        "certificate": None if output is None or proof.certificate is None else str(output),
        "detail": proof.detail,
    }


@click.command(name="verify")
@click.argument("certificate", type=FILE)
@click.option("--checkpoint", type=FILE, help="Check also that the certificate is about the network in this file.")
@json_option
def verify(certificate: Path, checkpoint: Path | None, as_json: bool) -> None:
    """Check a certificate from scratch: does it prove that its network is right on numbers of any length?

    CERTIFICATE is a file that prove --output or the server wrote. It exits with 0 only if it does.
    """
    from rnn_core.proof import check, same_network  # noqa: PLC0415 (the other commands need none of it)

    try:
        data = certificate.read_bytes()
    except OSError as error:
        fail(f"can't read {certificate}: {error.strerror or error}.", 1)
    trainer = None if checkpoint is None else opened(checkpoint)[0]
    checked = check(data)
    proved, sentence = checked.proved, checked.sentence
    if proved and trainer is not None and not same_network(data, trainer.config, trainer.parameters):
        proved, sentence = False, f"It proves this of another network than that in {checkpoint}."
    if as_json:
        margins = {"margin": checked.margin, "logit_margin": checked.logit_margin}
        print(json.dumps({"proved": proved, "detail": sentence, **margins}, allow_nan=False), flush=True)
    elif proved:
        print(sentence, flush=True)
    else:
        complain(f"Not proved. {sentence}")
    if not proved:
        raise click.exceptions.Exit(1)
