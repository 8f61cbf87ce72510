"""Proofs: how many trained networks are decided, and how long it takes.

The default network with the seeds from 0 on, after 50,000 iterations each. Only those count that answer all problems of
the trained width right; the others have not learned to add.
"""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measure import load, machine, readable_time, table
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.proof import Proof, check, prove

SECONDS = 300.0
"""How long one network may take."""

SEEDS, QUICK_SEEDS = 100, 5
"""How many networks."""


def decided(seed: int, seconds: float) -> tuple[Proof, float, float] | None:
    """The proof for one seed, its seconds, and those of its check; None if the network has not learned."""
    trainer = Trainer(TrainingConfig(seed=seed))
    trainer.advance(50_000)
    if evaluate(trainer.config, trainer.parameters, trainer.engine).accuracy < 1:
        return None
    began = time.perf_counter()
    proof = prove(trainer.config, trainer.parameters, cancelled=lambda: time.perf_counter() - began > seconds)
    took = time.perf_counter() - began
    began = time.perf_counter()
    if proof.certificate is not None:
        check(proof.certificate)
    return proof, took, time.perf_counter() - began


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The tables, one after the other. Every network is proved once; `rounds` has no part in it."""
    del rounds
    seeds = QUICK_SEEDS if quick else SEEDS
    yield f"{machine('numpy')}; {load()}"
    found = [result for seed in range(seeds) if (result := decided(seed, SECONDS)) is not None]
    rows = []
    for state in ("proved", "refuted", "undecided", "cancelled"):
        here = [(proof, took, checked) for proof, took, checked in found if proof.state == state]
        times, checks = [took for _, took, _ in here], [checked for *_, checked in here]
        sizes = [len(proof.certificate or b"") for proof, *_ in here]
        rows.append(
            [
                "out of time" if state == "cancelled" else state,
                str(len(here)),
                readable_time(float(np.median(times))) if here else "",
                readable_time(max(times)) if here else "",
                readable_time(max(checks)) if state == "proved" and here else "",
                f"{max(sizes) / 1e6:.2f} MB" if state == "proved" and here else "",
            ]
        )
    head = [f"of {len(found)} that have learned", "networks", "median", "longest", "longest check", "largest file"]
    yield table(head, rows)
