"""Safetensors files as they come: floating numbers of any width, and in words what is wrong with others."""

import json
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize

from rnn_core.config import shown
from rnn_core.text import Text
from rnn_core.types import Array

FLOATS = ("F64", "F32", "F16", "BF16")
"""The types that become float64, by the names that the format has for them."""

LENGTH = 8
"""Bytes in which the length of the header stands."""


class NotTensorsError(ValueError):
    """Not a safetensors file, or a damaged one."""


class Tensor(NamedTuple):
    """An array of a file.

    Attributes:
        dtype: as the format calls it: "F64", "BF16", "I64", ...
        shape: its sizes.
        values: float64, of that shape; None where `dtype` is none of `FLOATS`.
    """

    dtype: str
    shape: tuple[int, ...]
    values: Array | None


def read_tensors(data: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The metadata of a safetensors file, and its tensors by name.

    Raises:
        NotTensorsError: it is none, or a damaged one.
    """
    try:
        found = deserialize(data)  # type: ignore[no-untyped-call]
        length = int.from_bytes(data[:LENGTH], "little")
        metadata: dict[str, str] = json.loads(data[LENGTH : LENGTH + length]).get("__metadata__") or {}
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise NotTensorsError(_reason(data, error)) from None
    return metadata, {name: _tensor(**entry) for name, entry in found}


def _tensor(dtype: str, shape: list[int], data: bytes) -> Tensor:
    """Of a file's entry."""
    values = None
    if dtype == "BF16":  # the upper half of a float32
        values = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype(np.float64)
    elif dtype in FLOATS:
        values = np.frombuffer(data, f"<f{int(dtype[1:]) // 8}").astype(np.float64)
    return Tensor(dtype, tuple(shape), None if values is None else values.reshape(shape))


def _reason(data: bytes, error: Exception) -> Text:
    """Why a file is no safetensors file, for people."""
    if not data:
        return Text("it is empty")
    if len(data) <= LENGTH:
        return Text("it is only {count} bytes long", count=len(data))
    if int.from_bytes(data[:LENGTH], "little") > len(data) - LENGTH:
        return Text("it is cut off, or a file of another kind")
    if "not fully covered" in str(error):
        return Text("its numbers do not end where they should: it is cut off, or bytes were added")
    return Text("the table of contents at its beginning is damaged ({error})", error=shown(str(error))[1:-1])
