"""Reading safetensors files: floating numbers of any width, and clear errors for other files."""

import json
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize

from rnn_core.config import shown
from rnn_core.text import Text
from rnn_core.types import Array

FLOATS = ("F64", "F32", "F16", "BF16")
"""The types that become float64, by their names in the format."""

LENGTH = 8
"""The number of bytes that hold the length of the header."""


class NotTensorsError(ValueError):
    """Not a safetensors file, or a damaged one."""


class Tensor(NamedTuple):
    """An array of a file.

    Attributes:
        dtype: its name in the format: "F64", "BF16", "I64", ...
        shape: its sizes.
        data: its bytes as in the file.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @property
    def values(self) -> Array | None:
        """The numbers as float64, of that shape; None if `dtype` is not one of `FLOATS`. They are made at each call, so
        that only needed ones take memory.
        """
        if self.dtype == "BF16":  # the upper half of a float32
            return self._shaped((np.frombuffer(self.data, "<u2").astype("<u4") << 16).view("<f4"))
        if self.dtype in FLOATS:
            return self._shaped(np.frombuffer(self.data, f"<f{int(self.dtype[1:]) // 8}"))
        return None

    def _shaped(self, numbers: np.ndarray[Any, Any]) -> Array:
        return numbers.astype(np.float64).reshape(self.shape)


def header_length(data: bytes) -> int:
    """The number of bytes of a safetensors file's table of contents and metadata; any number for another file."""
    return int.from_bytes(data[:LENGTH], "little")


def read_tensors(data: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The metadata of a safetensors file, and its tensors by name.

    Raises:
        NotTensorsError: it is not one, or it is damaged.
    """
    try:
        found = deserialize(data)  # type: ignore[no-untyped-call]
        metadata: dict[str, str] = json.loads(data[LENGTH : LENGTH + header_length(data)]).get("__metadata__") or {}
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise NotTensorsError(_reason(data, error)) from None
    return metadata, {name: Tensor(entry["dtype"], tuple(entry["shape"]), entry["data"]) for name, entry in found}


def _reason(data: bytes, error: Exception) -> Text:
    """Why a file is not a safetensors file, for people."""
    if not data:
        return Text("it is empty")
    if len(data) <= LENGTH:
        return Text("it is only {count} bytes long", count=len(data))
    if header_length(data) > len(data) - LENGTH:
        return Text("it is cut off, or a file of another kind")
    if "not fully covered" in str(error):
        return Text("its numbers do not end where they should: it is cut off, or bytes were added")
    return Text("the table of contents at its beginning is damaged ({error})", error=shown(str(error))[1:-1])
