"""The certificate of a proof: one safetensors file with all that is needed to prove it once more.

Tensors: the weights (`weights.*`, float64); for every box its word (`words.lengths`, `words.states`, `words.inputs`),
which of the axes are its own (`frames`), its center (`centers`) and its radii (`radii`); and the `axes`, float32. The
metadata `proof` is a JSON object: task, activation and bits; how many positions are read from the start (`beginning`)
and from each box (`ahead`) until what comes out is in a box; and the whole configuration.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from rnn_core.config import TrainingConfig
from rnn_core.proof.search import Sets
from rnn_core.types import Array

FORMAT = "rnn-adder proof 1"

MOST_BYTES = 5_000_000
"""The most that a certificate may have."""

FOR_HEADER = 10_000
"""What is left for its metadata."""


def most_boxes(config: TrainingConfig, parameters: Mapping[str, Array]) -> int:
    """How many boxes with axes of their own a certificate may hold."""
    units = config.hidden_size
    room = MOST_BYTES - FOR_HEADER - sum(array.nbytes for array in parameters.values())
    return max(0, room // (4 * units * (units + 2) + 20))


def encode(config: TrainingConfig, parameters: Mapping[str, Array], sets: Sets, ahead: int, beginning: int) -> bytes:
    """The certificate."""
    longest = sets.histories.longest + 1  # a history that is shorter may end in no word yet
    facts = {
        "task": config.task,
        "activation": config.activation,
        "bits": config.bits,
        "ahead": max(ahead, longest),
        "beginning": max(beginning, longest),
        "config": config.to_dict(),
    }
    words = sets.histories.words
    tensors: dict[str, NDArray[Any]] = {
        **{f"weights.{name}": np.ascontiguousarray(array) for name, array in parameters.items()},
        "words.lengths": words.lengths.astype(np.int32),
        "words.states": words.states.astype(np.int32),
        "words.inputs": words.inputs.astype(np.int64),
        "frames": sets.frames.astype(np.int32),
        "axes": sets.axes,
        "centers": sets.centers,
        "radii": sets.radii,
    }
    return save(tensors, {"format": FORMAT, "proof": json.dumps(facts)})
