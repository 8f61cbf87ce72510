"""What `rnn-adder train` tells at its end: for people in a sentence, for programs as JSON."""

from pathlib import Path
from typing import Any

from rnn_core import Evaluation, Trainer, evaluate


def evaluate_now(trainer: Trainer) -> Evaluation:
    """How well the network has learned so far, by the engine that trains it."""
    return evaluate(trainer.config, trainer.parameters, trainer.engine)


def iterations_done(trainer: Trainer) -> str:
    """How many, in words."""
    return "1 iteration" if trainer.iteration == 1 else f"{trainer.iteration} iterations"


def in_words(evaluation: Evaluation) -> str:
    """The accuracy: "accuracy 99.98% (16,382 of 16,384 problems right)". Only a perfect one is 100%."""
    right = round(evaluation.accuracy * evaluation.problems)
    percent = 10_000 * right // evaluation.problems / 100  # rounded down
    tried = f"{right:,} of {evaluation.problems:,} problems right"
    if evaluation.sampled:
        tried = f"a sample: {tried}"
    if evaluation.hard_problems:
        tried += f", and {evaluation.hard_right:,} of {evaluation.hard_problems:,} hard ones"
    return f"accuracy {percent:.2f}% ({tried})"


def training_result(
    trainer: Trainer, evaluation: Evaluation | None, interrupted: bool, checkpoint: Path | None
) -> dict[str, Any]:
    """The result of `train --json`. What is not known is null.

    Args:
        trainer: the trained network.
        evaluation: how well it has learned; None if it was not tried.
        interrupted: whether somebody stopped training before its end.
        checkpoint: where the network was saved, if it was.
    """
    return {
        "state": "interrupted" if interrupted else "diverged" if trainer.diverged else "finished",
        "iteration": trainer.iteration,
        "error": None if trainer.trace is None else trainer.trace.error,
        "accuracy": evaluation and evaluation.accuracy,
        "bit_accuracy": evaluation and evaluation.bit_accuracy.tolist(),
        "problems": evaluation and evaluation.problems,
        "sampled": evaluation and evaluation.sampled,
        "hard_problems": evaluation and evaluation.hard_problems,
        "hard_right": evaluation and evaluation.hard_right,
        "engine": trainer.engine,
        "config": trainer.config.to_dict(),
        "checkpoint": None if checkpoint is None else str(checkpoint),
    }
