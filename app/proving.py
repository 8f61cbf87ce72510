"""A proof, searched in a process of its own: `python -m rnn_adder.proving`.

So it takes neither Python's lock nor the memory of the server, gets a low priority, and ends at once when nobody wants
it any more. What it reads and writes are messages: a line of JSON each, and as many bytes after it as its `bytes` says.

- On standard input comes one: `config`, and a safetensors file with the parameters. When the input ends, so does the
  process: then the server has ended, too.
- On standard output go `{"kind": "progress", ...}`; `{"kind": "picture", ...}` of the sets; and at last
  `{"kind": "end", ...}` with the certificate, if there is one.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from threading import Thread
from typing import Any, BinaryIO

from safetensors.numpy import load

from rnn_core import TrainingConfig
from rnn_core.analysis.axes import Axes
from rnn_core.analysis.states import NothingHiddenError, hidden_states
from rnn_core.proof import Progress, Proof, prove
from rnn_core.types import Array, Integers

from .proof_picture import outlines

PICTURE_SECONDS = 0.4
"""Seconds between two pictures of the same attempt, at least: nobody sees more. The first few come in any case."""

FIRST_PICTURES = 8
"""How many pictures of an attempt are made whatever time it takes, so that a quick proof can be watched, too."""


def write(stream: BinaryIO, message: Mapping[str, Any], data: bytes = b"") -> None:
    """Write a message."""
    stream.write(json.dumps({**message, "bytes": len(data)}).encode() + b"\n" + data)
    stream.flush()


class Teller:
    """Tells the server how far a proof is."""

    def __init__(self, stream: BinaryIO, axes: Axes | None) -> None:
        """Write to `stream`. Without axes there are no pictures."""
        self._stream = stream
        self._axes = axes
        self._groups: Integers | None = None
        self._pictures = 0
        self._at = 0.0

    def tell(self, progress: Progress) -> None:
        """Tell where the proof stands and, not too often, how its sets look."""
        said = {
            "stage": progress.stage,
            "remembered": progress.remembered,
            "ahead": progress.ahead,
            "round": progress.round,
            "nodes": progress.nodes,
            "leaving": progress.leaving,
        }
        write(self._stream, {"kind": "progress", **said})
        if progress.round <= 1:  # another attempt, with other sets
            self._groups, self._pictures = None, 0
        last = progress.leaving == 0 or progress.stage == "checking"
        due = last or self._pictures < FIRST_PICTURES or time.monotonic() > self._at + PICTURE_SECONDS
        if progress.boxes is None or self._axes is None or not due:
            return
        drawn = outlines(progress.boxes(), self._axes, self._groups)
        self._groups, self._at = drawn.groups, time.monotonic()
        self._pictures += 1
        write(self._stream, {"kind": "picture", **said, "outlines": drawn.told()})


def axes_of(config: TrainingConfig, parameters: Mapping[str, Array]) -> Axes | None:
    """The axes on which the panel Memory shows this network; None if there is nothing to remember."""
    try:
        found = hidden_states(config, parameters)
    except NothingHiddenError:
        return None
    return Axes(found.axes, found.origin)


def ended(proof: Proof) -> dict[str, Any]:
    """The last message of a proof, without its certificate."""
    counterexample = proof.counterexample
    return {
        "kind": "end",
        "state": proof.state,
        "detail": proof.detail.packed(),
        "margin": proof.margin,
        "logit_margin": proof.logit_margin,
        "counterexample": None if counterexample is None else counterexample.to_dict(),
    }


def _leave_with(stream: BinaryIO) -> None:
    """End this process when its input ends."""
    stream.read()
    os._exit(1)


def main() -> None:
    """Prove what comes in."""
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    head = json.loads(inward.readline())
    parameters: dict[str, Array] = load(inward.read(head["bytes"]))
    Thread(target=_leave_with, args=(inward,), daemon=True).start()
    config = TrainingConfig.from_mapping(head["config"])
    proof = prove(config, parameters, progress=Teller(outward, axes_of(config, parameters)).tell)
    write(outward, ended(proof), proof.certificate or b"")


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(2)
    os._exit(0)  # a thread still reads the input
