"""The reference engine: the same mathematics in readable NumPy."""

import importlib.util

from benchmarks.problem import Floats, Problem

name = "reference"


def refuses(problem: Problem) -> str | None:
    return None if importlib.util.find_spec("rnn_core.trainer") else "rnn_core has no trainer here"


def run(problem: Problem) -> Floats:
    from rnn_core import Trainer, TrainingConfig  # noqa: PLC0415

    config = TrainingConfig(
        bits=problem.bits,
        hidden_size=problem.hidden,
        batch_size=problem.batch,
        seed=problem.seed,
        max_iterations=problem.iterations,
    )
    return Trainer(config, engine="numpy").advance(problem.iterations).errors
