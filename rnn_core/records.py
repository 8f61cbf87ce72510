"""Immutable records that read both ways: `trace.outputs` and `trace["outputs"]`.

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
        return (field.name for field in fields(self))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(fields(self))  # type: ignore[arg-type]

    # Arrays do not compare to a single truth value, so records are equal only to themselves.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in fields(self))  # type: ignore[arg-type]
