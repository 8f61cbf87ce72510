"""Runs on disk: one safetensors file holds everything that a run needs to go on.

Tensors: `weights.*` and `optimizer.*`, float64. Metadata, each a JSON text: `config`, `changes`, `iteration`,
`generation`, `learning_rate`, `diverged`, `random_state` and, if it is known what computed the run, `provenance`. If
somebody set or held weights of the run, there is `edits`, too. The metadata `format` says what kind of file this is.

Files that other programs have written or changed may lack some parts, and `open_checkpoint` says what was lost.
Floating numbers of any width become float64. Other entries are left out. A missing memory of the optimizer or state of
the generator starts as in a new run. There must be `format`, `config`, `iteration` and every weight.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from rnn_core import provenance
from rnn_core.config import (
    MAX_CHANGES,
    MAX_RECORDED,
    ConfigError,
    TrainingConfig,
    checked_learning_rate,
    must_be,
    shown,
    whole_number,
)
from rnn_core.edits import Edits, edits_of_data, edits_to_data, held_by, without_moments
from rnn_core.network.optimizers import OPTIMIZERS, State
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell
from rnn_core.snapshot import Snapshot
from rnn_core.tensors import FLOATS, NotTensorsError, Tensor, header_length, read_tensors
from rnn_core.text import Text, listed
from rnn_core.trainer import Trainer
from rnn_core.types import Array

FORMAT = "rnn-adder checkpoint 1"


NEEDED = {
    "config": Text(
        'it lacks the settings of the network: metadata named "config", a JSON object such as {example}',
        example='{"bits": 8, "hidden_size": 16}',
    ),
    "iteration": Text(
        'it lacks how many iterations are done: metadata named "iteration", a whole number such as {example}',
        example="5000",
    ),
}
"""The notes about a file that lacks them."""

NAMED = 3
"""The number of tensors that a sentence names; it only counts the others."""


class Limits(NamedTuple):
    """The most that a file may hold beside its tensors.

    Attributes:
        header: bytes of its table of contents and metadata.
        changes: the number of changes of the learning rate.
    """

    header: int
    changes: int


FROM_ELSEWHERE = Limits(header=2**19, changes=MAX_RECORDED + MAX_CHANGES)
"""For files that a server takes from anybody. Files of its own runs have a header of 7,000 bytes, and at most 33 bytes
more for each change of the learning rate.
"""


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this project, or a damaged one."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What was made of a file.

    Attributes:
        snapshot: where its run stands.
        notes: sentences about what the file did not hold; none for a file of this project.
    """

    snapshot: Snapshot
    notes: tuple[Text, ...]


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
    if snapshot.edits:
        metadata["edits"] = json.dumps(edits_to_data(snapshot.edits))
    if snapshot.provenance is not None:
        metadata["provenance"] = json.dumps(dict(snapshot.provenance))
    weights = {f"weights.{name}": np.ascontiguousarray(array) for name, array in snapshot.parameters.items()}
    optimizer = {f"optimizer.{name}": np.ascontiguousarray(array) for name, array in snapshot.optimizer_state.items()}
    return save({**weights, **optimizer}, metadata)


def save_checkpoint(trainer: Trainer, path: str | os.PathLike[str], generation: int = 0) -> None:
    """Write a trainer's checkpoint. There is never half a file: it is written under another name, then moved.

    Raises:
        OSError: the place can't be written to.
    """
    path = Path(path)
    data = encode_checkpoint(trainer.snapshot(), generation)
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    try:
        with file:  # Windows moves only closed files
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except BaseException:
        os.unlink(file.name)
        raise


def load_checkpoint(path: str | os.PathLike[str], engine: str | None = None) -> Trainer:
    """A trainer that goes on exactly where the saved one stood. If a file of another program lacks something, a
    UserWarning says what was lost.

    Raises:
        OSError: the file can't be read.
        CheckpointError: it is not a checkpoint, or a damaged one.
        EngineError: no such engine.
    """
    opened = open_checkpoint(Path(path).read_bytes(), str(path))
    for note in opened.notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    return Trainer.restore(opened.snapshot, engine)


def decode_checkpoint(data: bytes, name: str = Text("the file")) -> Snapshot:
    """The inverse of `encode_checkpoint`. It is like `open_checkpoint` without the notes."""
    return open_checkpoint(data, name).snapshot


def open_checkpoint(data: bytes, name: str = Text("the file"), limits: Limits | None = None) -> Opened:
    """The content of a checkpoint file, after checks of shapes, names, types and finite numbers.

    Args:
        data: a checkpoint file.
        name: what to call it in messages.
        limits: the most that it may hold; None for no limit.

    Raises:
        CheckpointError: it is not a checkpoint, or a damaged one.
    """
    length = header_length(data)
    if limits is not None and limits.header < length <= len(data):
        detail = Text(
            "{name} can't be used: its table of contents and metadata have {length} bytes, and at most {most} are "
            "taken",
            name=name,
            length=f"{length:,}",
            most=f"{limits.header:,}",
        )
        raise CheckpointError(detail)
    try:
        metadata, tensors = read_tensors(data)
    except NotTensorsError as error:
        raise CheckpointError(Text("{name} is not a safetensors file: {error}", name=name, error=str(error))) from None
    if metadata.get("format") != FORMAT:
        detail = Text(
            "{name} is a safetensors file, but not a checkpoint of rnn-adder: "
            'its metadata has to hold "format" with the value "{format}"',
            name=name,
            format=FORMAT,
        )
        raise CheckpointError(detail)
    try:
        return _decode(metadata, tensors, limits and limits.changes)
    except ValueError as error:
        raise CheckpointError(Text("{name} can't be used: {what}", name=name, what=str(error))) from None


def _decode(metadata: Mapping[str, str], tensors: Mapping[str, Tensor], most_changes: int | None) -> Opened:
    """What a file holds.

    Raises:
        ValueError: something is missing or not valid; the message says what.
    """
    for key, lacks in NEEDED.items():
        if key not in metadata:
            raise ValueError(lacks)
    config = _config(metadata)
    iteration = _json(metadata, "iteration")
    if type(iteration) is not int or not 0 <= iteration <= config.max_iterations:
        words = must_be(whole_number(0, config.max_iterations), iteration)
        raise ValueError(Text("{field} {detail}", field="iteration", detail=words))
    changes, learning_rate = _rates(metadata, config, iteration, most_changes)
    diverged = _json(metadata, "diverged", False)
    if type(diverged) is not bool:
        raise ValueError(Text("{field} {detail}", field="diverged", detail=must_be(Text("true or false"), diverged)))

    shapes = make_cell(config).shapes
    weights = {f"weights.{name}": shape for name, shape in shapes.items()}
    missing = [name for name in weights if name not in tensors]
    if missing:
        example, which = missing[0], _some(missing)
        detail = Text(
            "it lacks weights that a network with its settings has: {names}; {name} must have the shape {shape}",
            names=which,
            name=example,
            shape=weights[example],
        )
        raise ValueError(detail)
    edits: Edits = ()
    if "edits" in metadata:
        edits = edits_of_data(_json(metadata, "edits"), shapes, config.max_iterations)
    parameters = Parameters(shapes)
    for name, shape in weights.items():
        parameters[name.removeprefix("weights.")][...] = _values(tensors, name, shape)
    notes = []
    state, begun_anew = _memory(config, tensors, parameters.flat.size)
    state = without_moments(
        state, held_by(shapes, (edit for at, edit in edits if at <= iteration)), parameters.flat.size
    )
    if begun_anew:
        notes.append(Text("The file holds no memory of the optimizer, so that begins empty."))
    random_state = _random_state(metadata)
    if random_state is None:
        notes.append(Text("The file holds no state of the random generator, so the problems of the seed begin anew."))
        random_state = Trainer(config, "numpy").snapshot().random_state
    used = {*weights, *(() if begun_anew else (f"optimizer.{name}" for name in state))}
    narrow = sorted({tensors[name].dtype for name in used} - {"F64"})
    if narrow:
        notes.append(Text("The file holds numbers as {types}, so they are rounded.", types=listed(narrow)))
    if left := sorted(tensors.keys() - used):
        notes.append(Text("What does not belong to this network was left out: {names}.", names=_some(left)))
    snapshot = Snapshot(
        config=config,
        iteration=iteration,
        learning_rate=learning_rate,
        changes=changes,
        parameters=parameters,
        optimizer_state=state,
        random_state=random_state,
        diverged=diverged,
        trace=None,
        provenance=provenance.checked(_json_or_none(metadata, "provenance")),
        edits=edits,
    )
    return Opened(snapshot, tuple(notes))


def _config(metadata: Mapping[str, str]) -> TrainingConfig:
    values = _json(metadata, "config")
    if not isinstance(values, dict):
        raise ValueError(Text("config must be an object"))
    try:
        return TrainingConfig.from_mapping(values)
    except ConfigError as error:
        raise ValueError(Text("its settings are not possible: {problems}", problems=str(error))) from None


def _json(metadata: Mapping[str, str], key: str, default: object = None) -> Any:
    """A value of the metadata; `default` if there is none of that name."""
    if key not in metadata:
        return default
    try:
        return json.loads(metadata[key])
    except (ValueError, RecursionError):
        raise ValueError(Text('its metadata "{key}" is not JSON: {text}', key=key, text=shown(metadata[key]))) from None


def _json_or_none(metadata: Mapping[str, str], key: str) -> Any:
    """The same for a value that nothing depends on; None if it can't be read."""
    try:
        return _json(metadata, key)
    except ValueError:
        return None


def _rates(
    metadata: Mapping[str, str], config: TrainingConfig, iteration: int, most: int | None
) -> tuple[tuple[tuple[int, float], ...], float]:
    """The learning-rate changes, at most `most_changes` of them, and the current rate."""
    found = _json(metadata, "changes", [])
    if most is not None and isinstance(found, list) and len(found) > most:
        raise ValueError(Text("changes must be at most {most}, not {count}", most=f"{most:,}", count=f"{len(found):,}"))
    if not isinstance(found, list) or not all(isinstance(each, list) and len(each) == 2 for each in found):
        raise ValueError(
            Text("changes must be an array of pairs, each an iteration and the learning rate from there on")
        )
    changes = tuple((at, checked_learning_rate(rate)) for at, rate in found)
    places = [at for at, _ in changes]
    # Changes that are still to come are planned.
    possible = all(type(at) is int and 0 <= at <= config.max_iterations for at in places)
    if not possible or places != sorted(set(places)):
        raise ValueError(Text("changes must be in order, none of them after max_iterations"))
    made = [rate for at, rate in changes if at <= iteration]
    last = made[-1] if made else config.learning_rate
    learning_rate = checked_learning_rate(_json(metadata, "learning_rate", last))
    if learning_rate != last:
        raise ValueError(Text("learning_rate must be that of the last change"))
    return changes, learning_rate


def _memory(config: TrainingConfig, tensors: Mapping[str, Tensor], size: int) -> tuple[State, bool]:
    """The optimizer's memory, and whether it begins empty because the file does not hold all of it."""
    state = OPTIMIZERS[config.optimizer]().initial_state(size)
    if any(f"optimizer.{name}" not in tensors for name in state):
        return state, True
    return {name: _values(tensors, f"optimizer.{name}", array.shape) for name, array in state.items()}, False


def _random_state(metadata: Mapping[str, str]) -> dict[str, Any] | None:
    """The generator's state; None if there is none."""
    saved = _json(metadata, "random_state")
    if "random_state" not in metadata:
        return None
    wrong = ValueError(Text("random_state must be that of an MT19937"))
    try:
        key = np.frombuffer(bytes.fromhex(saved["key"]), dtype="<u4").astype(np.uint32)
        place, kind = saved["pos"], saved["bit_generator"]
    except (KeyError, TypeError, ValueError):
        raise wrong from None
    if kind != "MT19937" or key.shape != (624,) or type(place) is not int or not 0 <= place <= len(key):
        raise wrong
    random_state = dict(np.random.RandomState(0).get_state(legacy=False))
    random_state["state"] = {"key": key, "pos": place}
    return random_state


def _values(tensors: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> Array:
    """A tensor's numbers, float64.

    Raises:
        ValueError: of another shape, not of a floating type, or not finite.
    """
    tensor = tensors[name]
    if tensor.shape != shape:
        raise ValueError(
            Text("{name} must have the shape {shape}, not {other}", name=name, shape=shape, other=tensor.shape)
        )
    values = tensor.values
    if values is None:
        detail = Text(
            "{name} must hold floating numbers ({types}), not {type}",
            name=name,
            types=listed(FLOATS),
            type=shown(tensor.dtype)[1:-1],
        )
        raise ValueError(detail)
    if not np.isfinite(values).all():
        raise ValueError(Text("{name} must be finite", name=name))
    return values


def _some(names: Sequence[str]) -> Text:
    """The first of these names, shortened, and the number of the others."""
    few = listed(shown(name)[1:-1] for name in names[:NAMED])
    more = len(names) - NAMED
    return Text("{names} and {count} more", names=few, count=more) if more > 0 else few
