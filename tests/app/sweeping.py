"""Small sweeps for tests: their networks are trained in a second, by the reference engine."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx2

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.evaluation import evaluate
from tests.patience import PATIENCE

SMALL: dict[str, Any] = {
    "config": {"bits": 2, "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.05, "max_iterations": 400},
    "vary": {"hidden_size": [1, 3]},
    "seeds": [0, 1, 2],
    "every": 100,
}
LARGE: dict[str, Any] = {**SMALL, "seeds": list(range(1000))}
"""A sweep that does not end during a test."""

KEYS = {"id", "name", "state", "done", "members", "cells", "detail", "progress", "config", "vary", "seeds", "every"}
CELL_KEYS = {"place", "values", "members", "done", "learned", "sampled", "diverged", "reached", "reached_by"}


def check_sweep(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """Check that the answer is a sweep's status."""
    assert response.status_code == status, response.text
    document: dict[str, Any] = response.json()
    assert set(document) == KEYS | {"engine"}
    assert all(set(cell) == CELL_KEYS for cell in document["cells"])
    assert document["done"] == sum(cell["done"] for cell in document["cells"])
    assert document["members"] == sum(cell["members"] for cell in document["cells"])
    return document


def until(http: httpx2.Client, sweep: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask for a sweep's status until `holds`."""
    deadline = time.monotonic() + 4 * PATIENCE  # its process has the lowest priority
    while not holds(status := check_sweep(http.get(f"/api/sweeps/{sweep}"))):
        assert status["state"] != "failed", status["detail"]
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    return status


def finished(status: dict[str, Any]) -> bool:
    return bool(status["state"] == "finished")


def alone(config: TrainingConfig, every: int, engine: str) -> dict[str, Any]:
    """What a network of a sweep has to be: trained by itself."""
    trainer = Trainer(config, engine)
    reached = None
    while not trainer.finished and not trainer.diverged:
        trainer.advance(every)
        found = evaluate(config, trainer.parameters, engine)
        reached = trainer.iteration if reached is None and found.accuracy >= 0.99 else reached
    return {
        "iterations": trainer.iteration,
        "accuracy": found.accuracy,
        "hard_accuracy": found.hard_accuracy,
        "learned": found.flawless,
        "reached": reached,
        "diverged": trainer.diverged,
    }


def check_members(members: Sequence[dict[str, Any]], every: int, engine: str) -> None:
    """Check that each result is that of the same network alone, to the last digit."""
    for member in members:
        expected = alone(TrainingConfig.from_mapping(member["config"]), every, engine)
        assert {name: member[name] for name in expected} == expected, member["config"]
        assert member["done"]
