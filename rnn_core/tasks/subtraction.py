"""Subtracting: borrowing instead of carrying."""

from collections.abc import Sequence

import numpy as np

from rnn_core.tasks.machine import Machine
from rnn_core.tasks.task import Task
from rnn_core.text import Text
from rnn_core.types import Integers


class Subtraction(Task):
    """a - b for a >= b, one bit of each at every position, least significant first.

    The network must learn to borrow. Two numbers are drawn below 2**bits; the larger one becomes a.
    """

    name = "subtraction"
    title = Text("Subtraction")
    expression = "{a} − {b}"
    carried = Text("borrow")
    memoryless = ("no_borrow", Text("subtracting without ever borrowing"))
    machine = Machine.of(
        (Text("borrow 0"), Text("borrow 1")),
        2,
        lambda borrow, bits: (int(bits[0] - bits[1] - borrow < 0), (bits[0] - bits[1] - borrow) % 2),
    )

    def draw(self, random: np.random.RandomState, iterations: int, batch: int) -> Integers:
        """Draw like all tasks, and put the larger number first."""
        return -np.sort(-super().draw(random, iterations, batch), axis=-1)

    @property
    def problem_count(self) -> int:
        """The number of pairs with a >= b."""
        return self.operand_limit * (self.operand_limit + 1) // 2

    def all_problems(self) -> Integers:
        """Every pair with a >= b, (problem_count, 2); b changes fastest."""
        pairs = super().all_problems()
        return np.ascontiguousarray(pairs[pairs[:, 0] >= pairs[:, 1]])

    def refusal(self, operands: Sequence[int]) -> tuple[str, str] | None:
        """A difference below zero can't be written in bits."""
        a, b = operands
        if a >= b:
            return None
        return "b", Text(
            "must be at most a, which is {a}, since the difference must be 0 or more, not {value}", a=a, value=b
        )

    def targets(self, operands: Integers, length: int) -> Integers:
        """The differences."""
        operands = np.asarray(operands, dtype=np.int64)
        return np.asarray(operands[..., 0] - operands[..., 1], dtype=np.int64)

    def memoryless_error(self) -> float:
        """The error of the answer a xor b, which is wrong wherever a borrow comes in.

        Take two independent numbers, the larger one first. A borrow comes into position t under two conditions. The
        bits from t on differ (probability 1 - 2^-(T-t)), so they alone decide which number is larger. And the t bits
        below are in the opposite order (probability (1 - 2^-t) / 2).
        """
        return sum((1 - 2.0 ** (t - self.bits)) * (1 - 2.0**-t) / 2 for t in range(self.bits))
