"""The family: every cell, loss, optimizer and task compiled against the reference, and ensembles against single runs:
`scripts/bench family`.

The time of a whole trainer is measured: drawing, encoding and bookkeeping included. "distance" is the largest
difference between the two engines' errors.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measure import Spread, load, machine, readable, seconds_of, table, take_turns
from rnn_core import Trainer, TrainingConfig, train_many

COMPARED = 2_000
"""The number of iterations over which engines are compared."""

CELLS: dict[str, dict[str, Any]] = {
    "elman": {},
    "elman, tanh": {"activation": "tanh", "init": "glorot", "learning_rate": 0.01},
    "elman, relu": {"activation": "relu", "init": "glorot", "learning_rate": 0.01},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
}
VARIATIONS: dict[str, dict[str, Any]] = {
    "cross-entropy": {"loss": "cross_entropy"},
    "momentum": {"optimizer": "momentum", "learning_rate": 0.01},
    "adam": {"optimizer": "adam", "learning_rate": 0.01},
    "clipped": {"clip_norm": 1.0},
    "biases": {"bias": True},
    "batch of 8": {"batch_size": 8},
    "three numbers": {"task": "three_numbers"},
    "comparison": {"task": "comparison"},
}
ENSEMBLES: dict[str, dict[str, Any]] = {
    "elman": {},
    "elman, adam": VARIATIONS["adam"],
    "elman, 8 units": {"hidden_size": 8},
    "elman, 32 units": {"hidden_size": 32},
    "gru": {"cell": "gru"},
    "gru, 8 units": {"cell": "gru", "hidden_size": 8},
    "lstm": {"cell": "lstm"},
    "lstm, 8 units": {"cell": "lstm", "hidden_size": 8},
}
MEMBERS = 16
"""The number of members of an ensemble."""


def configs() -> dict[str, TrainingConfig]:
    """Every cell with its defaults, and the plain cells with every variation."""
    found = {name: TrainingConfig(**values) for name, values in CELLS.items()}
    for cell in ("elman", "gru", "lstm"):
        found |= {f"{cell}, {name}": TrainingConfig(**{**CELLS[cell], **more}) for name, more in VARIATIONS.items()}
    return found


def rate(config: TrainingConfig, engine: str, iterations: int) -> float:
    """Iterations a second of a new trainer."""
    trainer = Trainer(config, engine)
    return iterations / seconds_of(lambda: trainer.advance(iterations))


def against_reference(rounds: int, shrink: int) -> str:
    """Each configuration in both engines, in turns."""
    rows = []
    for name, config in configs().items():
        errors = [Trainer(config, engine).advance(COMPARED // shrink).errors for engine in ("compiled", "numpy")]
        longest = 20_000 // shrink // config.batch_size
        turns = {
            "compiled": lambda config=config, longest=longest: rate(config, "compiled", longest),
            "numpy": lambda config=config, longest=longest: rate(config, "numpy", max(50, longest // 40)),
        }
        found = take_turns(turns, rounds)
        ratios = Spread.of([fast / slow for fast, slow in zip(found["compiled"], found["numpy"], strict=True)])
        fast, slow = (Spread.of(found[engine]).median for engine in ("compiled", "numpy"))
        apart = f"{np.abs(errors[0] - errors[1]).max():.0e} of {len(errors[0]):,}"
        rows.append([name, f"{ratios.median:.0f}", ratios.written(ratio), readable(fast), readable(slow), apart])
    return table(["network", "compiled over numpy", "min .. max", "iterations/s", "numpy's", "distance"], rows)


def ratio(number: float) -> str:
    return f"{number:.3g}"


def ensembles(rounds: int, shrink: int) -> str:
    """Members of one form on one core: by `train_many`, and one after the other."""
    rows = []
    for name, values in ENSEMBLES.items():
        iterations = 20_000 // shrink
        members = [TrainingConfig(**values, seed=seed, max_iterations=iterations) for seed in range(MEMBERS)]

        def together(members: list[TrainingConfig] = members, iterations: int = iterations) -> float:
            return seconds_of(lambda: list(train_many(members, every=iterations, engine="compiled", cores=1)))

        def alone(members: list[TrainingConfig] = members, iterations: int = iterations) -> float:
            return seconds_of(lambda: [Trainer(member, "compiled").advance(iterations) for member in members])

        together(), alone()  # this compiles both
        found = take_turns({"together": together, "alone": alone}, rounds)
        ratios = Spread.of([slow / fast for fast, slow in zip(found["together"], found["alone"], strict=True)])
        rates = [MEMBERS * iterations / Spread.of(found[how]).median for how in ("together", "alone")]
        rows.append([name, f"{ratios.median:.2f}", ratios.written(lambda x: f"{x:.2f}"), *map(readable, rates)])
    header = ["network", "together over alone", "min .. max", "iterations/s", "alone"]
    return table(header, rows)


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then both tables. A quick report does a fifth of the iterations."""
    shrink = 5 if quick else 1
    yield f"{machine('numpy', 'numba', 'llvmlite')}; {load()} before."
    yield against_reference(rounds, shrink)
    yield f"{MEMBERS} like members on one core, by `train_many` and one after the other:"
    yield ensembles(rounds, shrink)
    yield f"{rounds} rounds; {load()} at the end."
