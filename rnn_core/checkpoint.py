"""Runs on disk: one safetensors file holds all that it takes to go on.

Tensors `weights.*` and `optimizer.*`, float64. Metadata, each a JSON text: `config`, `changes`, `iteration`,
`generation`, `learning_rate`, `diverged` and `random_state`, and `format`, which says what this is.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rnn_core.config import TrainingConfig, checked_learning_rate, must_be, whole_number
from rnn_core.network import make_cell
from rnn_core.optimizers import OPTIMIZERS
from rnn_core.parameters import Parameters
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, listed
from rnn_core.trainer import Trainer
from rnn_core.types import Array

FORMAT = "rnn-adder checkpoint 1"


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this project, or a damaged one."""


def encode_checkpoint(snapshot: Snapshot, generation: int = 0) -> bytes:
    """The checkpoint file of a snapshot, as bytes."""
    random_state = snapshot.random_state
    metadata = {
        "format": FORMAT,
        "config": json.dumps(snapshot.config.to_dict()),
        "changes": json.dumps(snapshot.changes),
        "iteration": json.dumps(snapshot.iteration),
        "generation": json.dumps(generation),
        "learning_rate": json.dumps(snapshot.learning_rate),
        "diverged": json.dumps(snapshot.diverged),
        "random_state": json.dumps(
            {
                "bit_generator": random_state["bit_generator"],
                "key": random_state["state"]["key"].astype("<u4").tobytes().hex(),
                "pos": random_state["state"]["pos"],
            }
        ),
    }
    weights = {f"weights.{name}": np.ascontiguousarray(array) for name, array in snapshot.parameters.items()}
    optimizer = {f"optimizer.{name}": np.ascontiguousarray(array) for name, array in snapshot.optimizer_state.items()}
    return save({**weights, **optimizer}, metadata)


def save_checkpoint(trainer: Trainer, path: str | os.PathLike[str], generation: int = 0) -> None:
    """Write a trainer's checkpoint. The file is whole or not there: it is written beside its place, then moved.

    Raises:
        OSError: the place can't be written to.
    """
    path = Path(path)
    data = encode_checkpoint(trainer.snapshot(), generation)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def load_checkpoint(path: str | os.PathLike[str], engine: str | None = None) -> Trainer:
    """A trainer that goes on exactly where the saved one stood.

    Raises:
        OSError: the file can't be read.
        CheckpointError: it is not a checkpoint, or a damaged one.
        EngineError: no such engine.
    """
    return Trainer.restore(read_checkpoint(path), engine)


def read_checkpoint(path: str | os.PathLike[str]) -> Snapshot:
    """The snapshot in a file, checked: shapes, names, types, finite numbers.

    Raises:
        OSError: the file can't be read.
        CheckpointError: it is not a checkpoint, or a damaged one.
    """
    return decode_checkpoint(Path(path).read_bytes(), str(path))


def decode_checkpoint(data: bytes, name: str = Text("the file")) -> Snapshot:
    """The inverse of `encode_checkpoint`, checked: shapes, names, types, finite numbers.

    Args:
        data: a checkpoint file.
        name: what to call it in messages.

    Raises:
        CheckpointError: it is not a checkpoint, or a damaged one.
    """
    try:
        tensors = load(data)
        metadata = _metadata(data)
    except (SafetensorError, KeyError, TypeError, AttributeError, ValueError) as error:  # also a type that NumPy lacks
        raise CheckpointError(Text("{name} is not a safetensors file: {error}", name=name, error=str(error))) from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            Text('{name} is not a checkpoint of rnn-adder: its format must be "{format}"', name=name, format=FORMAT)
        )
    try:
        return _decode(metadata, tensors)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        what = Text("it lacks {error}", error=repr(error.args[0])) if isinstance(error, KeyError) else str(error)
        raise CheckpointError(Text("{name} is a damaged checkpoint: {what}", name=name, what=what)) from None


def _metadata(data: bytes) -> dict[str, str]:
    """What `safetensors.numpy.load`, which has checked the header, keeps to itself."""
    length = int.from_bytes(data[:8], "little")
    metadata: dict[str, str] = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    return metadata


def _decode(metadata: Mapping[str, str], tensors: Mapping[str, Array]) -> Snapshot:
    values: dict[str, Any] = {name: json.loads(text) for name, text in metadata.items() if name != "format"}
    if not isinstance(values["config"], dict):
        raise ValueError(Text("config must be an object"))
    config = TrainingConfig.from_mapping(values["config"])
    shapes = make_cell(config).shapes
    parameters = Parameters(shapes)
    state = OPTIMIZERS[config.optimizer]().initial_state(parameters.flat.size)
    wanted = {f"weights.{name}": shape for name, shape in shapes.items()}
    wanted |= {f"optimizer.{name}": array.shape for name, array in state.items()}
    if extra := tensors.keys() - wanted.keys():
        raise ValueError(Text("it has tensors that do not belong there: {names}", names=listed(sorted(extra))))
    for name, shape in wanted.items():
        tensor = tensors[name]
        if tensor.shape != shape or tensor.dtype != np.float64:
            raise ValueError(
                Text(
                    "{name} must be float64 of shape {shape}, not {type} of shape {other}",
                    name=name,
                    shape=shape,
                    type=tensor.dtype,
                    other=tensor.shape,
                )
            )
        if not np.isfinite(tensor).all():
            raise ValueError(Text("{name} must be finite", name=name))
    for name in shapes:
        parameters[name][...] = tensors[f"weights.{name}"]

    iteration = values["iteration"]
    if type(iteration) is not int or not 0 <= iteration <= config.max_iterations:
        words = must_be(whole_number(0, config.max_iterations), iteration)
        raise ValueError(Text("{field} {detail}", field="iteration", detail=words))
    changes = tuple((at, checked_learning_rate(rate)) for at, rate in values["changes"])
    positions = [at for at, _ in changes]
    # Those that lie ahead are planned.
    possible = all(type(at) is int and 0 <= at <= config.max_iterations for at in positions)
    if not possible or positions != sorted(set(positions)):
        raise ValueError(Text("changes must be in order, none of them after max_iterations"))
    learning_rate = checked_learning_rate(values["learning_rate"])
    made = [rate for at, rate in changes if at <= iteration]
    if learning_rate != (made[-1] if made else config.learning_rate):
        raise ValueError(Text("learning_rate must be that of the last change"))
    if type(values["diverged"]) is not bool:
        raise ValueError(
            Text("{field} {detail}", field="diverged", detail=must_be(Text("true or false"), values["diverged"]))
        )
    saved = values["random_state"]
    key = np.frombuffer(bytes.fromhex(saved["key"]), dtype="<u4").astype(np.uint32)
    random_state = np.random.RandomState(0).get_state(legacy=False)
    random_state["state"] = {"key": key, "pos": saved["pos"]}
    well_formed = saved["bit_generator"] == "MT19937" and key.shape == (624,) and type(saved["pos"]) is int
    if not well_formed or not 0 <= saved["pos"] <= len(key):
        raise ValueError(Text("random_state must be that of an MT19937"))
    return Snapshot(
        config=config,
        iteration=iteration,
        learning_rate=learning_rate,
        changes=changes,
        parameters=parameters,
        optimizer_state={name: tensors[f"optimizer.{name}"] for name in state},
        random_state=random_state,
        diverged=values["diverged"],
        trace=None,
    )
