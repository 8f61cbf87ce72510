"""Compares the states of two runs: every bit that their next iterations depend on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_core import Trace, Trainer
from rnn_core.snapshot import Snapshot


def bits_of_arrays(arrays: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], bytes]]:
    return {name: (np.shape(array), np.asarray(array).tobytes()) for name, array in arrays.items()}


def bits_of_trace(trace: Trace | None) -> Any:
    if trace is None:
        return None
    nested = ("updates", "gates")
    plain = {name: value for name, value in trace.items() if name not in nested}
    return bits_of_arrays(plain), *(bits_of_arrays(trace[name]) for name in nested)


def state_of(run: Trainer | Snapshot) -> dict[str, Any]:
    """The state without the trace, bit by bit, in a form that can be compared and printed."""
    snapshot = run.snapshot() if isinstance(run, Trainer) else run
    return {
        "config": snapshot.config,
        "iteration": snapshot.iteration,
        "learning_rate": snapshot.learning_rate,
        "changes": snapshot.changes,
        "edits": snapshot.edits,
        "diverged": snapshot.diverged,
        "parameters": bits_of_arrays(snapshot.parameters),
        "optimizer_state": bits_of_arrays(snapshot.optimizer_state),
        "key": snapshot.random_state["state"]["key"].tobytes(),
        "pos": snapshot.random_state["state"]["pos"],
    }


def assert_finite(run: Trainer | Snapshot) -> None:
    """Check that nothing that a run shows or saves is NaN or infinite."""
    snapshot = run.snapshot() if isinstance(run, Trainer) else run
    arrays = {**snapshot.parameters, **snapshot.optimizer_state}
    if snapshot.trace is not None:
        arrays |= {f"trace.{name}": value for name, value in snapshot.trace.items() if name not in ("updates", "gates")}
        arrays |= {f"gates.{name}": value for name, value in snapshot.trace.gates.items()}
        arrays |= {f"updates.{name}": value for name, value in snapshot.trace.updates.items()}
    assert [name for name, array in arrays.items() if not np.isfinite(array).all()] == []
