"""The wire: binary frames and stretches of errors, each laid out as a safetensors file.

See docs/frames.md for the layout. One format serves the wire, the disk and export.
"""

import json
import struct
from collections.abc import Mapping

import numpy as np
from safetensors import TensorSpec, serialize

from rnn_core.assessment.long_problems import LongTrace
from rnn_core.network.parts import make_task
from rnn_core.snapshot import Snapshot
from rnn_core.tasks import Task
from rnn_core.trace import Trace
from rnn_core.types import Array

MAX_ERRORS = 1024
"""A frame holds at most this number of errors, the newest ones. A viewer fetches the others."""

TRACED = ("inputs", "targets", "outputs", "bits", "hidden_states", "output_deltas", "hidden_deltas", "cell_states")
"""The arrays of a trace that are sent under their own names."""

_LIMIT = float(np.finfo(np.float32).max)


def encode(tensors: Mapping[str, Array], metadata: dict[str, str]) -> bytes:
    """A safetensors file of float32 tensors. Values are clamped to the range of float32.

    All are converted as one vector, which takes a third of the time of converting them one by one.
    """
    flat = np.concatenate([array.ravel() for array in tensors.values()])
    np.minimum(flat, _LIMIT, out=flat)  # together with the next line, this takes half the time of np.clip
    np.maximum(flat, -_LIMIT, out=flat)
    data = flat.astype("<f4")
    address = data.ctypes.data
    specs = {}
    for name, array in tensors.items():
        length = 4 * array.size
        specs[name] = TensorSpec(dtype="float32", shape=array.shape, data_ptr=address, data_len=length)
        address += length
    return bytes(serialize(specs, metadata))


def errors_header(count: int, metadata: dict[str, str], *, single: bool = False) -> bytes:
    """The beginning of a safetensors file whose only tensor is `errors`, (count,) float64 or float32. The bytes of the
    tensor follow, as `errors_data` makes them. They may be too many to hold in memory at once, so they are sent piece
    by piece.
    """
    kind, size = ("F32", 4) if single else ("F64", 8)
    entry = {"dtype": kind, "shape": [count], "data_offsets": [0, size * count]}
    header = json.dumps({"__metadata__": metadata, "errors": entry}).encode()
    padded = header + b" " * (-len(header) % 8)
    return struct.pack("<Q", len(padded)) + padded


def errors_data(errors: Array, *, single: bool = False) -> bytes:
    """The bytes of some errors in such a file, little endian. Single ones are clamped to the range of float32."""
    return np.minimum(errors, _LIMIT).astype("<f4").tobytes() if single else errors.astype("<f8").tobytes()


def result_of(task: Task, values: Array) -> int:
    """A task's result from (T,) values, least significant first; a bit is 1 where a value exceeds 0.5. The values are
    so few that plain numbers are fast enough.
    """
    return task.result_of([value > 0.5 for value in values.tolist()])


def encode_frame(
    snapshot: Snapshot, errors: Array, *, generation: int, state: str, rate: float, parting: str | None = None
) -> bytes:
    """One frame of where a run stands.

    Args:
        snapshot: that of the run.
        errors: (n,) the errors of the iterations up to the snapshot's that were not sent to the viewers yet. If there
            are more than `MAX_ERRORS`, the newest are used.
        generation: that of the run.
        state: that of the run.
        rate: iterations a second.
        parting: JSON that says how a moment of the past, computed here, differs from what it was; None if it does not.

    Returns:
        Little-endian header length in 8 bytes, JSON header padded so that the data starts at a multiple of 8, data.
    """
    errors = errors[-MAX_ERRORS:]
    trace = snapshot.trace
    tensors = {"errors": errors, **_weights(snapshot)}
    metadata = {
        "generation": str(generation),
        "iteration": str(snapshot.iteration),
        "errors_start": str(snapshot.iteration - len(errors)),
        "learning_rate": repr(snapshot.learning_rate if trace is None else trace.learning_rate),
        "state": state,
        "iterations_per_second": repr(round(rate, 1)),
    }
    if trace is not None:
        tensors |= {f"updates.{name}": array for name, array in trace.updates.items()}
        tensors |= _traced(trace)
        task = make_task(snapshot.config)
        metadata |= {name: str(getattr(trace, name)) for name in task.operands}
        metadata |= {
            "expected": str(result_of(task, trace.targets)),
            "predicted": str(result_of(task, trace.outputs)),
        }
    if parting is not None:
        metadata["parting"] = parting
    return encode(tensors, metadata)


def encode_traced(
    snapshot: Snapshot, trace: LongTrace, *, generation: int, state: str, parting: str | None = None
) -> bytes:
    """A frame of a moment whose trace is that of a problem that somebody asks for, by the weights of the moment. It has
    no updates and no errors. The numbers of the problem are decimal texts of any length.
    """
    task = make_task(snapshot.config)
    # What is not a number is no answer, and `trace.bits` counts it as wrong.
    traced = {name: np.nan_to_num(array, nan=0.0) for name, array in _traced(trace).items()}
    metadata = {
        "generation": str(generation),
        "iteration": str(snapshot.iteration),
        "errors_start": str(snapshot.iteration),
        "learning_rate": repr(snapshot.learning_rate),
        "state": state,
        "iterations_per_second": "0.0",
        **{name: str(number) for name, number in zip(task.operands, trace.operands, strict=True)},
        "expected": str(trace.expected),
        "predicted": str(trace.predicted),
    }
    if parting is not None:
        metadata["parting"] = parting
    return encode({"errors": np.empty(0), **_weights(snapshot), **traced}, metadata)


def _weights(snapshot: Snapshot) -> dict[str, Array]:
    return {f"weights.{name}": array for name, array in snapshot.parameters.items()}


def _traced(trace: Trace | LongTrace) -> dict[str, Array]:
    """The arrays of a trace, by their names in a frame."""
    arrays = {f"trace.{name}": array for name in TRACED if (array := getattr(trace, name, None)) is not None}
    return arrays | {f"trace.gates.{name}": array for name, array in trace.gates.items()}
