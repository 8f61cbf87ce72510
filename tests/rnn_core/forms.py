"""Networks that several test files share: a kernel is compiled once for each form, which takes seconds.

A test for which the form of its network does not matter takes the default or one of these.
"""

from typing import Any

Form = dict[str, Any]

EVERYTHING: Form = {
    "bits": 5,
    "hidden_size": 7,
    "bias": True,
    "optimizer": "adam",
    "batch_size": 3,
    "activation": "tanh",
    "loss": "cross_entropy",
    "clip_norm": 0.5,
}
"""An Elman cell with every option."""

MOMENTUM: Form = {
    "bits": 6,
    "hidden_size": 33,
    "activation": "tanh",
    "loss": "cross_entropy",
    "optimizer": "momentum",
    "clip_norm": 0.5,
    "batch_size": 2,
}
"""What `EVERYTHING` leaves out: momentum, and no biases."""

STEADY: Form = {
    "bits": 9,
    "hidden_size": 17,
    "bias": True,
    "optimizer": "momentum",
    "activation": "relu",
    "clip_norm": 0.5,
}
"""More units than a block holds, with one problem in each batch."""

WIDE: Form = {"bits": 4, "hidden_size": 19, "activation": "relu", "loss": "cross_entropy"}
"""Of these networks only groups of four are trained side by side."""

PARITY: Form = {
    "bits": 3,
    "hidden_size": 5,
    "activation": "tanh",
    "optimizer": "momentum",
    "clip_norm": 0.5,
    "task": "parity",
}

GRU: Form = {"cell": "gru", "bits": 4, "hidden_size": 3, "bias": True, "optimizer": "momentum", "task": "parity"}

LSTM: Form = {
    "cell": "lstm",
    "bits": 9,
    "hidden_size": 5,
    "task": "three_numbers",
    "batch_size": 2,
    "loss": "cross_entropy",
}

EXPLODING: Form = {"activation": "relu", "loss": "cross_entropy"}
"""At a high learning rate it is soon not finite."""
