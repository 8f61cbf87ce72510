"""Networks for every task, written down by hand. Each is right on numbers of any length.

Unit k says whether a count is at least k; the count goes up by one for each bit that is 1, and for what is carried.
"""

import numpy as np

from rnn_core import TrainingConfig
from tests.rnn_core.adders import SURE, Adder


def counting(task: str, sure: float = SURE) -> Adder:
    """A network for a task, as sure as told."""
    bits, recurrent, thresholds, readout, above = {
        # how each operand's bit counts, how each unit counts, the thresholds, the readout, and its threshold
        "addition": ([1, 1], [0, 1, 0], [0.5, 1.5, 2.5], [1, -1, 1], 0.5),
        "three_numbers": ([1, 1, 1], [0, 1, 0, 1, 0], [0.5, 1.5, 2.5, 3.5, 4.5], [1, -1, 1, -1, 1], 0.5),
        "subtraction": ([-1, 1], [0, 1, 0], [-0.5, 0.5, 1.5], [-1, 1, -1], -0.5),
        "xor": ([1, 1], [0, 0], [0.5, 1.5], [1, -1], 0.5),
        "parity": ([1], [1, -1], [0.5, 1.5], [1, -1], 0.5),
        "comparison": ([2, -2], [1], [0.5], [1], 0.5),
    }[task]
    units = len(thresholds)
    config = TrainingConfig(task=task, bits=5, hidden_size=units, bias=True)
    return Adder(
        config,
        {
            "W_xh": sure * np.outer(bits, np.ones(units)),
            "W_hy": sure * np.array(readout, dtype=float)[:, None],
            "W_hh": sure * np.outer(recurrent, np.ones(units)),
            "b_h": -sure * np.array(thresholds),
            "b_y": np.array([-sure * above]),
        },
    )


def tanh_adder(sure: float = SURE) -> Adder:
    """Its units are -1 or 1. A fourth one is 0 at the start and 1 from then on, so that nothing is carried at first."""
    one = np.array([1.0, 1, 1, 0])
    return Adder(
        TrainingConfig(bits=5, hidden_size=4, bias=True, activation="tanh"),
        {
            "W_xh": sure * np.stack([one, one]),
            "W_hy": sure * np.array([[1.0], [-1], [1], [0]]),
            "W_hh": sure / 2 * np.stack([0 * one, one, 0 * one, one]),
            "b_h": -sure * np.array([0.5, 1.5, 2.5, -1.0]),
            "b_y": np.zeros(1),
        },
    )


def reordered(adder: Adder, order: list[int]) -> Adder:
    """The same network with its units in another order."""
    numbers = adder.parameters
    moved = {
        "W_xh": numbers["W_xh"][:, order],
        "W_hy": numbers["W_hy"][order],
        "W_hh": numbers["W_hh"][np.ix_(order, order)],
        "b_h": numbers["b_h"][order],
        "b_y": numbers["b_y"],
    }
    return Adder(adder.config, {name: np.ascontiguousarray(array) for name, array in moved.items()})
