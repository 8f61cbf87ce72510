"""Ways to send fewer bytes to a viewer, compared: part of `scripts/bench classroom`."""

import struct
import zlib

from app.frames import MAX_ERRORS, Form, encode_frame
from benchmarks.measure import readable_time, seconds_of, table
from rnn_core import Trainer, TrainingConfig

RATE, WHOLE, FEW_WHOLE = 30, 10, 4
"""Frames a second: all; the whole ones among the small ones; those of them if the others had weights, too."""

METADATA = 250
"""The bytes of a frame's metadata."""

ENTRY = 80
"""The bytes of a tensor's entry in a header."""

REPETITIONS = 200


class Sizes:
    """How many bytes a second each way takes, for one configuration and number of errors in a frame."""

    def __init__(self, config: TrainingConfig, errors: int) -> None:
        trainer = Trainer(config, "numpy")
        series = trainer.advance(MAX_ERRORS).errors[-errors:]
        snapshot = trainer.snapshot()
        plain, small, light = (
            encode_frame(snapshot, series, generation=0, state="running", rate=300.0, form=form) for form in Form
        )
        header = 8 + struct.unpack_from("<Q", plain)[0]
        half = (len(plain) - header) // 2
        weights = [array.size for array in snapshot.parameters.values()]
        between = len(light) + sum(ENTRY + 2 * size for size in weights)
        deflated = [len(zlib.compress(frame)) for frame in (plain, small, light)]
        self.ways = {
            "plain": RATE * len(plain),
            "float16": RATE * (header + half),
            "float16, tensors named once": RATE * (METADATA + half),
            "deflated": RATE * deflated[0],
            "four whole, float16 weights between": FEW_WHOLE * len(small) + (RATE - FEW_WHOLE) * between,
            "small: ten whole, light ones between": WHOLE * len(small) + (RATE - WHOLE) * len(light),
            "small, deflated": WHOLE * deflated[1] + (RATE - WHOLE) * deflated[2],
        }
        self.deflating = seconds_of(lambda: [zlib.compress(plain) for _ in range(REPETITIONS)]) / REPETITIONS


def frame_sizes() -> str:
    """The table."""
    found = {
        "300 a second": Sizes(TrainingConfig(), RATE // 3),
        "unlimited": Sizes(TrainingConfig(), MAX_ERRORS),
        "64 units": Sizes(TrainingConfig(hidden_size=64), RATE // 3),
    }
    ways = next(iter(found.values())).ways
    rows = [[way, *(f"{sizes.ways[way] / 1e3:.1f}" for sizes in found.values())] for way in ways]
    rows.append(["deflating a plain frame takes", *(readable_time(sizes.deflating) for sizes in found.values())])
    return table(["kB a second for each viewer", *found], rows)
