"""A run in the database: a row of values, with a checksum that shows whether the row is as it was written."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float

from rnn_core.assessment.marks import Marks
from rnn_core.edits import Edits, edits_as_kept, edits_to_data
from rnn_core.text import Text, unpacked

from ..run_state import STORY, Speed, State
from . import schema

ASIDE = "~"
"""The end of the id of a run's history before its last reset. It is kept as a deleted run that nobody can ask for."""


CHOSEN, DEFAULT = "chosen", "default"
"""Whether somebody has chosen a speed, or it is the default. The story is always chosen."""


ADDED = ("marks", "pace", "edits", "owner", "used_at")
"""The columns that were added since rows have checksums."""


@dataclass(frozen=True)
class Row:
    """A run without its weights and errors: the data that a list shows.

    Attributes:
        number: the order of creation.
        first: the iteration of its first error.
        accuracies: (iteration, accuracy) of those scheduled moments at which it was computed.
        marks: (iteration, what the network got wrong), where that is known.
        speed_chosen: whether somebody has chosen the speed. Otherwise it is the default.
        edits: what was done to single weights, with the iterations.
        owner: the visitor whose copy it is; None for a run that all share.
        used_at: of a copy, when somebody last used it: seconds since 1970, within an hour.
        others: as in a run's status.
    """

    id: str
    number: int
    name: str
    state: State
    detail: str | None
    generation: int
    iteration: int
    config: dict[str, Any]
    changes: tuple[tuple[int, float], ...]
    learning_rate: float
    speed: Speed
    error: float | None
    first: int = 0
    accuracies: tuple[tuple[int, float], ...] = ()
    marks: tuple[tuple[int, Marks], ...] = ()
    speed_chosen: bool = True
    edits: Edits = ()
    owner: str | None = None
    used_at: float | None = None


class Damaged(ValueError):
    """The content of the database is not what was written. The message says why, for people."""


def seal(head: Sequence[Any], data: bytes = b"") -> str:
    """The checksum of a row: SHA-256 over the values of `head` as JSON, and then `data`.

    Raises:
        TypeError: a value is none that is ever written.
    """
    digest = hashlib.sha256(json.dumps(head).encode())
    digest.update(data)
    return digest.hexdigest()


def seal_of_run(values: Mapping[str, Any], without: Sequence[str] = ()) -> str:
    """The checksum of a row of runs. A row of an earlier version has it `without` the columns that were added since.

    Raises:
        TypeError, ValueError: a value is none that is ever written.
    """
    names = {"sha256", *without}
    return seal([_plain(column, values[column.name]) for column in schema.runs.c if column.name not in names])


def _plain(column: Any, value: Any) -> Any:
    """A value in the form in which a database returns it."""
    return float(value) + 0.0 if isinstance(column.type, Float) and value is not None else value


def seal_of_snapshot(run_id: str, iteration: int, keyframe: int, data: bytes) -> str:
    """The checksum of a row of snapshots. It stays valid when a run's history is put aside."""
    return seal([run_id.removesuffix(ASIDE), iteration, keyframe], data)


def seal_of_errors(run_id: str, chunk: int, thinned: int, data: bytes) -> str:
    """The checksum of a row of errors. It stays valid in the same way."""
    return seal([run_id.removesuffix(ASIDE), chunk, thinned], data)


def seal_of_proof(run_id: str, iteration: int, answer: str, data: bytes = b"") -> str:
    """The checksum of a row of proofs, without the data: these may be large, and the answer has a checksum of them. It
    stays valid in the same way.
    """
    return seal([run_id.removesuffix(ASIDE), iteration, answer])


def seal_of_sweep(*values: Any) -> str:
    """The checksum of a row of sweeps: all other values in their order, the data last."""
    return seal(values[:-1], values[-1])


def seal_of_member(sweep_id: str, member: int, data: bytes) -> str:
    """The checksum of a row of members."""
    return seal([sweep_id, member], data)


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row of runs, with their checksum."""
    return {**values, "sha256": seal_of_run(values)}


def values_of_row(row: Row, deleted_at: float | None = None) -> dict[str, Any]:
    """A run as a row, with its checksum."""
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    if isinstance(row.detail, Text):
        values["detail"] = row.detail.packed()
    values |= {name: json.dumps(values[name]) for name in ("config", "changes", "accuracies")}
    values["marks"] = json.dumps([[place, *vars(marks).values()] for place, marks in row.marks])
    values["edits"] = json.dumps(edits_to_data(row.edits))
    values["pace"] = STORY if row.speed == STORY else CHOSEN if row.speed_chosen else DEFAULT
    del values["speed_chosen"]
    values["speed"] = None if row.speed == STORY else row.speed
    return sealed({**values, "deleted_at": deleted_at})


def checked(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of runs, after a check that it is as it was written.

    Raises:
        Damaged: it is not.
    """
    try:
        right = found["sha256"] == seal_of_run(found)
    except (TypeError, ValueError, UnicodeError):
        right = False
    if not right:
        raise Damaged(Text("its checksum is wrong"))
    return found


def row_of(found: Mapping[str, Any]) -> Row:
    """The run of a row.

    Raises:
        Damaged: the row is not a run, or not as it was written.
    """
    checked(found)
    try:
        values = {name: found[name] for name in Row.__dataclass_fields__ if name != "speed_chosen"}
        values["speed_chosen"] = found["pace"] != DEFAULT
        values["speed"] = STORY if found["pace"] == STORY else found["speed"]
        values["marks"] = tuple((place, _marks(*each)) for place, *each in json.loads(found["marks"]))
        values |= {name: tuple(map(tuple, json.loads(values[name]))) for name in ("changes", "accuracies")}
        values["edits"] = edits_as_kept(json.loads(found["edits"]))
        detail = values["detail"] and unpacked(values["detail"])
        return Row(**{**values, "detail": detail, "config": dict(json.loads(values["config"]))})
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        raise Damaged(Text("what is stored about it makes no sense")) from None


def _marks(wrong: list[int], missed: list[list[int]], solved: list[int]) -> Marks:
    return Marks(tuple(wrong), tuple(map(tuple, missed)), tuple(solved))
