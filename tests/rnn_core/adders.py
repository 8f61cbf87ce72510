"""Networks that add, written down by hand: one that is right, and some with one known fault each.

A sum of two bits and a carry is 0, 1, 2 or 3: the number of ones. Unit k (1, 2, 3) of the sound adder says whether
there are at least k of them. Unit 2 is the carry, so it alone goes back into all units. The bit of the sum is 1 if
there are one or three ones: unit 1 less unit 2 plus unit 3.
"""

from dataclasses import dataclass

import numpy as np

from rnn_core import TrainingConfig
from rnn_core.types import Array

SURE = 40.0
"""How far from one half a unit's sum is, in units of the sigmoid's input: twice this is nearly a step."""


@dataclass(frozen=True)
class Adder:
    """A network written down by hand."""

    config: TrainingConfig
    parameters: dict[str, Array]


def sound_adder(bits: int = 8, sure: float = SURE) -> Adder:
    """Right on every sum of every length. Each output is about sigmoid(sure / 2) sure."""
    return Adder(
        TrainingConfig(bits=bits, hidden_size=3, bias=True),
        {
            "W_xh": np.full((2, 3), sure),
            "W_hy": sure * np.array([[1.0], [-1.0], [1.0]]),
            "W_hh": sure * np.array([[0.0, 0, 0], [1, 1, 1], [0, 0, 0]]),
            "b_h": -sure * np.array([0.5, 1.5, 2.5]),
            "b_y": -sure * np.array([0.5]),
        },
    )


def forgetful_adder(bits: int = 8) -> Adder:
    """It forgets the carry of one case: after three ones, unit 3 takes back what unit 2 carries."""
    adder = sound_adder(bits)
    adder.parameters["W_hh"][2] = -SURE
    return adder


def misreading_adder(bits: int = 8) -> Adder:
    """Its memory is sound, and the output layer reads one case wrongly: it says 0 at three ones."""
    adder = sound_adder(bits)
    adder.parameters["W_hy"][2] = 0.0
    return adder


def deaf_adder(bits: int = 8) -> Adder:
    """It never reads its memory, so it adds without ever carrying."""
    adder = sound_adder(bits)
    adder.parameters["W_hh"][...] = 0.0
    return adder


def fading_adder(bits: int = 8) -> Adder:
    """Its carry fades: each bit that passes it on takes a little away. So it is right on short sums, and on long ones
    without a long chain of carries.

    Unit 2 is so soft that it no longer holds itself. Its sum is a little below what would keep it at one half.
    """
    adder = sound_adder(bits)
    adder.parameters["W_xh"][:, 1] = adder.parameters["W_hh"][1, 1] = 4.0
    adder.parameters["b_h"][1] = -6.02
    return adder
