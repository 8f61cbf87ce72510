"""The wire: binary frames, each laid out as a safetensors file, all tensors float32.

See docs/frames.md for the layout. One format serves the wire, the disk and export.
"""

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from rnn_core.metrics import predicted_bits
from rnn_core.network import make_task
from rnn_core.snapshot import Snapshot
from rnn_core.tasks import number_of
from rnn_core.types import Array

MAX_ERRORS = 1024
"""A frame holds at most this many errors, the newest; a viewer fetches what it lacks."""

_LIMIT = float(np.finfo(np.float32).max)


def _float32(array: Array) -> NDArray[np.float32]:
    """float32, contiguous, clamped to its range."""
    return np.ascontiguousarray(np.clip(array, -_LIMIT, _LIMIT), dtype=np.float32)


def encode_frame(snapshot: Snapshot, errors: Array, *, generation: int, state: str, rate: float) -> bytes:
    """One frame of where a run stands.

    Args:
        snapshot: the run.
        errors: (n,) the errors of the iterations up to the snapshot's that the viewers have not been sent; of more
            than `MAX_ERRORS` the newest are taken.
        generation: the run's.
        state: the run's.
        rate: iterations a second.

    Returns:
        Little-endian header length in 8 bytes, JSON header padded so that the data starts at a multiple of 8, data.
    """
    errors = errors[-MAX_ERRORS:]
    trace = snapshot.trace
    tensors = {"errors": _float32(errors)}
    tensors |= {f"weights.{name}": _float32(array) for name, array in snapshot.parameters.items()}
    metadata = {
        "generation": str(generation),
        "iteration": str(snapshot.iteration),
        "errors_start": str(snapshot.iteration - len(errors)),
        "learning_rate": repr(snapshot.learning_rate if trace is None else trace.learning_rate),
        "state": state,
        "iterations_per_second": repr(round(rate, 1)),
    }
    if trace is not None:
        tensors |= {f"updates.{name}": _float32(array) for name, array in trace.updates.items()}
        for name in ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas"):
            tensors[f"trace.{name}"] = _float32(trace[name])
        metadata |= {
            "a": str(trace.a),
            "b": str(trace.b),
            "expected": str(make_task(snapshot.config).answer(np.array([trace.a, trace.b]))),
            "predicted": str(number_of(predicted_bits(trace.outputs))),
        }
    return save(tensors, metadata)
