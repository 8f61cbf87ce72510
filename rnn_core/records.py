"""Immutable records that read both ways: `trace.outputs` and `trace["outputs"]`.

A field that is None is an attribute, but no item: a problem without a third operand has no "c".
One tree-walk over such a record serves frames, JSON and tests, without a list of names kept beside the fields.
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

    # Arrays do not compare to a single truth value, so records are equal only to themselves.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __contains__(self, name: object) -> bool:
        return any(own == name for own in self)
