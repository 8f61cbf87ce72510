"""Experiments to begin with. Each says what to look for, and tests/app/test_presets.py checks that it is there."""

from typing import Any, NamedTuple

from rnn_core.text import Text


class Preset(NamedTuple):
    """An experiment.

    Attributes:
        name: its name, in a few words.
        config: the fields that differ from the default.
        look: what to look for, in a sentence or two.
    """

    name: str
    config: dict[str, Any]
    look: str


GENTLE: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "loss": "cross_entropy", "bias": True}
"""Settings with which the harder experiments learn quickly and reliably."""

PRESETS = (
    Preset(
        Text("The article"),
        {},
        Text(
            "For 3,000 iterations nothing happens. Then it learns the carry, within a few thousand more. Cases with a "
            "carry come last."
        ),
    ),
    Preset(
        Text("Too hot: learning rate 10"),
        {"learning_rate": 10.0},
        Text(
            "Every step leaps over its goal: the error falls and rises again, weights grow, and it never learns to add."
        ),
    ),
    Preset(
        Text("No memory needed: XOR"),
        {"task": "xor"},
        Text("All is right within some 1,000 iterations: no bit depends on another, and nothing has to be carried."),
    ),
    Preset(
        Text("LSTM"),
        {"cell": "lstm", **GENTLE},
        Text(
            "Gates remember better: the carry is learned in some 500 iterations. "
            "Point at a hidden state to see its gates."
        ),
    ),
    Preset(
        Text("Three numbers"),
        {"task": "three_numbers", **GENTLE},
        Text("The carry can be 2: 24 cases instead of 8, and more than 10,000 iterations until every sum is right."),
    ),
    Preset(
        Text("Long numbers"),
        {"bits": 24},
        Text("Longer sums are learned sooner, not later: each of them has more carries to learn from."),
    ),
)
