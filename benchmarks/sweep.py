"""Sweeps: the members of one sweep by `train_many` in this process, on one core and on all, and by the process that a
server has for them: `scripts/bench sweep`.

Each looks at the accuracy every 500 iterations, until it is 99%. The server's process has the lowest priority, and
counts from its first word: starting it takes a second or two more, whatever it trains.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from app.services.sweep_process import SweepProcess
from app.sweep import GOAL
from benchmarks.measure import Spread, load, machine, readable, seconds_of, table, take_turns
from rnn_core import TrainingConfig, train_many

EVERY = 500
SEEDS = 16
"""The number of members of each form."""

SWEEPS: dict[str, list[dict[str, Any]]] = {
    "16 units": [{}],
    "4 to 16 units": [{"hidden_size": size} for size in (4, 6, 8, 12, 16)],
    "elman, gru, lstm": [{"cell": cell} for cell in ("elman", "gru", "lstm")],
}


def in_process(configs: Sequence[TrainingConfig], cores: int | None) -> float:
    """Seconds of `train_many`."""
    return seconds_of(
        lambda: list(train_many(configs, every=EVERY, accuracy_until=GOAL, engine="compiled", cores=cores))
    )


def by_server(configs: Sequence[TrainingConfig]) -> float:
    """Seconds of the server's process from its first word on, scaled to all iterations."""

    async def follow() -> float:
        began, before, done = 0.0, 0, 0
        async for told in SweepProcess(configs, EVERY, "compiled").told():
            done += told.iterations
            if not began:
                began, before = time.perf_counter(), done
        return (time.perf_counter() - began) * done / max(1, done - before)

    return asyncio.run(follow())


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then a table."""
    cores = os.cpu_count() or 1
    yield f"{machine('numpy', 'numba', 'llvmlite')}; {load()} before."
    rows = []
    for name, forms in SWEEPS.items():
        iterations = 4_000 if quick else 20_000
        configs = [
            TrainingConfig(**form, seed=seed, max_iterations=iterations) for form in forms for seed in range(SEEDS)
        ]
        in_process(configs, None)  # this compiles
        found = take_turns(
            {
                "all": partial(in_process, configs, None),
                "one": partial(in_process, configs, 1),
                "server": partial(by_server, configs),
            },
            rounds,
        )
        of_ideal = Spread.of([one / (cores * many) for one, many in zip(found["one"], found["all"], strict=True)])
        kept = Spread.of([many / server for many, server in zip(found["all"], found["server"], strict=True)])
        rates = [len(configs) * iterations / Spread.of(found[how]).median for how in ("all", "one", "server")]

        def short(spread: Spread) -> str:
            return f"{spread.median:.2f} ({spread.written(lambda x: f'{x:.2f}')})"

        rows.append([name, str(len(configs)), short(of_ideal), short(kept), *map(readable, rates)])
    header = ["sweep", "members", f"of the ideal on {cores} cores", "server over train_many", "iterations/s"]
    yield table([*header, "one core", "server"], rows)
    yield f"{rounds} rounds; {load()} at the end."
