"""Writes the frames that tests/static/terms.test.js and tour.test.js read, with the server's encoder.

Run `python -m tests.static.frames.make` if the layout of frames or the arithmetic of a network has changed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from app.frames import encode_frame
from rnn_core import Trainer, TrainingConfig

FOLDER = Path(__file__).parent
CONFIGS: dict[str, dict[str, Any]] = {
    "elman": {},
    "tanh": {"activation": "tanh", "loss": "cross_entropy", "bias": True, "hidden_size": 5, "learning_rate": 0.05},
    "relu": {"activation": "relu", "bits": 12, "hidden_size": 6, "init": "glorot", "task": "three_numbers"},
    "gru": {"cell": "gru", "hidden_size": 4, "bias": True},
    "lstm": {"cell": "lstm", "hidden_size": 4},
    "adam": {"optimizer": "adam", "hidden_size": 4, "learning_rate": 0.01},
    "batch": {"batch_size": 4, "hidden_size": 4},
    "clipped": {"clip_norm": 0.01, "hidden_size": 4},
}
ITERATIONS = 300

TOUR = (1, 1000, 3004, 10_000)
"""The moments that the stops of the guided tour are about."""


def write(name: str, trainer: Trainer) -> None:
    """Write a frame of where a training stands, and its configuration."""
    frame = encode_frame(trainer.snapshot(), np.zeros(0), generation=0, state="paused", rate=0.0)
    (FOLDER / f"{name}.frame").write_bytes(frame)
    (FOLDER / f"{name}.json").write_text(json.dumps(trainer.config.to_dict()) + "\n", encoding="utf-8")


def main() -> None:
    """Train each network for a while, so that none of its numbers is still zero."""
    for name, values in CONFIGS.items():
        trainer = Trainer(TrainingConfig(**values), engine="numpy")
        trainer.advance(ITERATIONS)
        write(name, trainer)
    trainer = Trainer(TrainingConfig(), engine="numpy")
    for iteration in TOUR:
        trainer.advance(iteration - trainer.iteration)
        write(f"tour-{iteration}", trainer)


if __name__ == "__main__":
    main()
