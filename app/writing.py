"""JSON of long documents, written piece by piece. Written in one go, in any thread, it would hold the interpreter for a
tenth of a second, and the event loop would wait.
"""

import json
from typing import Any

import numpy as np

from rnn_core.pieces import Pieces

NUMBERS = 1024
"""The number of numbers of an array that are written in one go."""

ITEMS = 64
"""The number of items of a list that are written in one go."""

LITTLE = 2048
"""The number of numbers that may be written on the event loop: it takes some hundred microseconds."""


def json_in_pieces(document: Any) -> Pieces[bytes]:
    """A document of dicts, lists, arrays and other JSON values, as JSON. Arrays become nested lists."""
    parts: list[str] = []
    yield from _write(document, parts)
    return "".join(parts).encode()


def is_little(document: Any) -> bool:
    """Whether it may be written in one go."""
    return _size(document) <= LITTLE


def _size(document: Any) -> int:
    """About how many numbers, texts and other values it has."""
    if isinstance(document, np.ndarray):
        return document.size
    if isinstance(document, dict):
        return sum(map(_size, document.values()))
    if isinstance(document, list | tuple):
        inner = _size(document[0]) if document else 0
        return len(document) * max(1, inner)
    return 1


def _write(document: Any, parts: list[str]) -> Pieces[None]:
    if isinstance(document, np.ndarray) and document.ndim == 1:
        yield from _write_list(document, NUMBERS, parts)
    elif isinstance(document, np.ndarray) and document.ndim > 1:
        yield from _write_each(list(document), parts)
    elif isinstance(document, dict):
        for place, (name, value) in enumerate(document.items()):
            parts.append(f"{',' if place else '{'}{_dumps(name)}:")
            yield from _write(value, parts)
        parts.append("}" if document else "{}")
    elif isinstance(document, list | tuple) and any(isinstance(item, np.ndarray | dict) for item in document):
        yield from _write_each(document, parts)
    elif isinstance(document, list | tuple):
        yield from _write_list(document, ITEMS, parts)
    else:
        parts.append(_dumps(document))


def _write_each(items: Any, parts: list[str]) -> Pieces[None]:
    parts.append("[")
    for place, item in enumerate(items):
        parts.append("," if place else "")
        yield from _write(item, parts)
    parts.append("]")


def _write_list(values: Any, together: int, parts: list[str]) -> Pieces[None]:
    parts.append("[")
    for start in range(0, len(values), together):
        yield
        some = values[start : start + together]
        parts.append("," if start else "")
        parts.append(_dumps(some.tolist() if isinstance(some, np.ndarray) else list(some))[1:-1])
    parts.append("]")


def _dumps(value: Any) -> str:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
