"""Immutable records that can be read in two ways: `trace.outputs` and `trace["outputs"]`.

A field that is None is an attribute, but not an item: a problem without a third operand has no "c".
Frames, JSON and tests walk over such a record in the same way. No list of names is needed beside the fields.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any


class Record(Mapping[str, Any]):
    """Base of frozen dataclasses whose fields are also the items of a mapping, in the order of declaration."""

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        names = (field.name for field in fields(self))  # type: ignore[arg-type]
        return (name for name in names if getattr(self, name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    # Comparing arrays does not give a single truth value, so a record is equal only to itself.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __contains__(self, name: object) -> bool:
        return any(own == name for own in self)
