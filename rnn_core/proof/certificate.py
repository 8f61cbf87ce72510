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
from safetensors.numpy import load, save

from rnn_core.config import TrainingConfig
from rnn_core.proof.search import Sets
from rnn_core.tensors import read_tensors
from rnn_core.types import Array

FORMAT = "rnn-adder proof 1"

MOST_BYTES = 5_000_000
"""The most that a certificate may have."""

FOR_HEADER = 10_000
"""What is left for its metadata."""


def fits(config: TrainingConfig, parameters: Mapping[str, Array], boxes: int, frames: int) -> bool:
    """Whether a certificate may hold so many boxes with so many different axes."""
    units = config.hidden_size
    weights = sum(array.nbytes for array in parameters.values())
    return weights + boxes * (8 * units + 20) + frames * 4 * units**2 <= MOST_BYTES - FOR_HEADER


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


def same_network(certificate: bytes, config: TrainingConfig, parameters: Mapping[str, Array]) -> bool:
    """Whether a certificate that was checked is about this network and its task."""
    parts = load(certificate)
    facts = json.loads(read_tensors(certificate)[0]["proof"])
    weights = {name for name in parts if name.startswith("weights.")}
    return (
        all(facts[name] == getattr(config, name) for name in ("task", "activation", "bits"))
        and weights == {f"weights.{name}" for name in parameters}
        and all(np.array_equal(parts[f"weights.{name}"], array) for name, array in parameters.items())
    )
