"""Edits: what a person does to single weights. A weight is set to a value, held as it is, or released again.

A held weight is not trained. Its gradient counts as zero before anything else is done with it: before the gradient is
clipped to a length, and before the optimizer sees it. Its moments become zero when it is held. So it has no update and
no moment as long as it is held, and it is the same bit by bit. After a release it trains on from there.

A run's edits, each with the iteration at which it was made, are part of its past: they decide its numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.config import ConfigError, FieldProblem, must_be, shown, whole_number
from rnn_core.network.optimizers import State
from rnn_core.network.parameters import Parameters, Shapes
from rnn_core.text import Text, listed
from rnn_core.types import Integers

MAX_EDITS = 200
"""The most edits that a run may have, with those of the runs that it comes from: each saving writes all of them."""

LARGEST = 1e6
"""The largest size of a value that a weight may be set to. Far smaller ones saturate every unit."""

NONE_HELD: Integers = np.empty(0, np.int64)
"""What is held where nothing is."""

MEMBERS = ("parameter", "at", "value", "frozen")


@dataclass(frozen=True)
class Edit:
    """What is done to some entries of one matrix.

    Attributes:
        parameter: the matrix, by its name.
        at: the entry: an index for each axis, or None for all along that axis. None instead of all: the whole matrix.
        value: what the entries become; None to leave them.
        frozen: whether they are held from now on; None to leave that as it is.
    """

    parameter: str
    at: tuple[int | None, ...] | None = None
    value: float | None = None
    frozen: bool | None = None

    @property
    def index(self) -> tuple[int | slice, ...]:
        """The entries, as an index of the matrix."""
        return tuple(slice(None) if place is None else place for place in self.at or ())

    def to_dict(self) -> dict[str, Any]:
        """The edit as data, for example for JSON; what is None is left out."""
        at = None if self.at is None else list(self.at)
        members = {"parameter": self.parameter, "at": at, "value": self.value, "frozen": self.frozen}
        return {name: member for name, member in members.items() if member is not None}


Edits = tuple[tuple[int, Edit], ...]
"""A run's edits in order, each with the number of iterations that are done before it. Those that are still to come are
planned.
"""


def checked_edits(edits: Any, shapes: Shapes, before: int = 0) -> tuple[Edit, ...]:
    """Edits of a network, if they are allowed.

    Args:
        edits: a list of edits, or of objects with their members.
        shapes: the shapes of the network's parameters.
        before: how many edits the run has already.

    Raises:
        ConfigError: about `edits` or a member such as `edits.0.at`.
    """
    if not isinstance(edits, list | tuple) or not edits:
        example = '[{"parameter": "W_hh", "at": [0, null], "value": 0, "frozen": true}]'
        words = Text("must be an array of at least one edit, such as {example}", example=example)
        raise ConfigError([FieldProblem("edits", words)])
    if before + len(edits) > MAX_EDITS:
        words = Text(
            "must be at most {most} of a run and those that it comes from, not {number}",
            most=MAX_EDITS,
            number=before + len(edits),
        )
        raise ConfigError([FieldProblem("edits", words)])
    return tuple(_checked(edit, shapes, f"edits.{number}") for number, edit in enumerate(edits))


def _checked(edit: Any, shapes: Shapes, field: str) -> Edit:
    """One edit, if it is allowed."""
    found = edit.to_dict() if isinstance(edit, Edit) else edit
    if not isinstance(found, Mapping):
        raise _wrong(field, must_be(Text("an object with the members {names}", names=listed(MEMBERS)), edit))
    for name in found:
        if name not in MEMBERS:
            words = Text("is not known here; known: {names}", names=listed(MEMBERS))
            raise _wrong(f"{field}.{shown(name)[1:-1]}", words)
    parameter, at, value, frozen = map(found.get, MEMBERS)
    if not isinstance(parameter, str) or parameter not in shapes:
        words = must_be(Text("one of {names}", names=listed(f'"{name}"' for name in shapes)), parameter)
        raise _wrong(f"{field}.parameter", words)
    if at is not None:
        at = _place(at, shapes[parameter], f"{field}.at")
    if value is not None and not (type(value) in (int, float) and -LARGEST <= value <= LARGEST):
        words = must_be(
            Text("null or a number from {low} to {high}", low=f"{-LARGEST:,.0f}", high=f"{LARGEST:,.0f}"), value
        )
        raise _wrong(f"{field}.value", words)
    if frozen is not None and type(frozen) is not bool:
        raise _wrong(f"{field}.frozen", must_be(Text("true or false"), frozen))
    if value is None and frozen is None:
        raise _wrong(field, Text("must set a value, or hold or release what is there"))
    return Edit(parameter, at, None if value is None else float(value), frozen)


def _place(at: Any, shape: tuple[int, ...], field: str) -> tuple[int | None, ...] | None:
    """Where an edit is made, if it is within a matrix of this shape."""
    if not isinstance(at, list | tuple) or len(at) != len(shape):
        words = Text(
            "must be null or an array of {count}, one for each axis: an index from 0, or null for all", count=len(shape)
        )
        raise _wrong(field, words)
    for place, size in zip(at, shape, strict=True):
        if place is not None and not (type(place) is int and 0 <= place < size):
            raise _wrong(field, must_be(Text("null or {allowed}", allowed=whole_number(0, size - 1)), place))
    return None if all(place is None for place in at) else tuple(at)


def _wrong(field: str, words: Text) -> ConfigError:
    return ConfigError([FieldProblem(field, words)])


def held_by(shapes: Shapes, edits: Iterable[Edit]) -> Integers:
    """The places in the flat vector of the parameters that are held after these edits, in order: (K,)."""
    held = Parameters(shapes)
    for edit in edits:
        if edit.frozen is not None:
            held[edit.parameter][edit.index] = edit.frozen
    return np.flatnonzero(held.flat).astype(np.int64)


def edited(parameters: Parameters, state: State, edits: Iterable[Edit]) -> tuple[Parameters, State]:
    """Parameters and the optimizer's memory after edits; those given are not changed.

    What is set becomes the value. What is held gets moments of zero. A held zero loses its minus, because adding an
    update of zero would take it away.
    """
    parameters = parameters.copy()
    for edit in edits:
        if edit.value is not None:
            parameters[edit.parameter][edit.index] = edit.value
        held = held_by(parameters.shapes, [edit])
        parameters.flat[held] += 0.0
        state = without_moments(state, held, parameters.flat.size)
    return parameters, state


def without_moments(state: State, held: Integers, size: int) -> State:
    """An optimizer's memory of `size` parameters in which held ones have moments of zero; the one given is not changed.
    How many steps were made stays.
    """
    if not held.size:
        return state
    memory = {name: array.copy() for name, array in state.items()}
    for array in memory.values():
        if array.shape == (size,):
            array[held] = 0.0
    return memory


def edits_to_data(edits: Edits) -> list[dict[str, Any]]:
    """A run's edits as data."""
    return [{"iteration": iteration, **edit.to_dict()} for iteration, edit in edits]


def edits_as_kept(data: list[dict[str, Any]]) -> Edits:
    """The inverse, for what is known to be as it was written."""
    return tuple((each["iteration"], _as_kept(**each)) for each in data)


def _as_kept(
    parameter: str,
    iteration: int,
    at: list[int | None] | None = None,
    value: float | None = None,
    frozen: bool | None = None,
) -> Edit:
    return Edit(parameter, None if at is None else tuple(at), value, frozen)


def edits_of_data(found: Any, shapes: Shapes, max_iterations: int) -> Edits:
    """The inverse, after checks: a run's edits, at least one. One without an iteration is made at the beginning.

    Args:
        found: what `edits_to_data` returned, or what somebody sent.
        shapes: the shapes of the network's parameters.
        max_iterations: the last iteration at which an edit may be made.

    Raises:
        ConfigError: about `edits` or a member such as `edits.0.at`.
    """
    whole = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    plain = (
        [{name: member for name, member in each.items() if name != "iteration"} for each in found] if whole else found
    )
    checked = checked_edits(plain, shapes)
    places: list[int] = []
    for number, each in enumerate(found):
        place, field = each.get("iteration", 0), f"edits.{number}.iteration"
        if type(place) is not int or not 0 <= place <= max_iterations:
            raise _wrong(field, must_be(whole_number(0, max_iterations), place))
        if places and place < places[-1]:
            raise _wrong(field, Text("must be in order: {one} can't follow {other}", one=place, other=places[-1]))
        places.append(place)
    return tuple(zip(places, checked, strict=True))
