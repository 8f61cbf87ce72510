"""Adding numbers: two, the task of the article, or three."""

from collections.abc import Sequence

import numpy as np

from rnn_core.tasks.machine import Bits, Machine
from rnn_core.tasks.task import Task
from rnn_core.text import Text
from rnn_core.types import Integers

EXACT_LIMIT = 2**53
"""Whole numbers below this limit are exact in every client, also if all its numbers are float64."""


def add(carry: int, bits: Bits) -> tuple[int, int]:
    """One position of a sum: the outgoing carry and the bit that is written."""
    return divmod(carry + sum(bits), 2)


class Addition(Task):
    """a + b, one bit of each at every position, least significant first.

    The network must learn to carry: the output bit depends on earlier positions through the carry alone. Operands are
    drawn below 2**(bits-1), so that the sum fits into `bits` bits.

    Adding without ever carrying (a xor b) is wrong by 1 at each position into which a carry comes. For uniform operand
    bits a carry comes into position t with probability (1 - 2^-t) / 2, because c_{t+1} = 1/4 + c_t / 2 from c_0 = 0.
    The sum over t = 0 .. T-1 is (T - 2 + 2^(1-T)) / 2. That is the smallest error without memory.
    """

    name = "addition"
    title = Text("Addition")
    expression = "{a} + {b}"
    carried = Text("carry")
    memoryless = ("no_carry", Text("adding without ever carrying"))
    machine = Machine.of((Text("carry 0"), Text("carry 1")), 2, add)

    @property
    def operand_bits(self) -> int:
        """One less than `bits`."""
        return self.bits - 1

    def targets(self, operands: Integers, length: int) -> Integers:
        """The sums. They are added operand by operand, because NumPy is slow at summing over a short axis."""
        first, *others = np.moveaxis(np.asarray(operands, dtype=np.int64), -1, 0)
        return np.asarray(sum(others, start=first), dtype=np.int64)

    def target(self, operands: Sequence[int], length: int) -> int:
        """The sum, without making an array, which is slow."""
        return sum(operands)

    def width(self, operands: Sequence[int]) -> int:
        """Enough positions for the sum, too."""
        return max(self.bits, sum(operands).bit_length())


class ThreeNumbers(Addition):
    """a + b + c, one bit of each at every position, least significant first.

    A position may have three ones and a carry of 2. So the carry into a position is 0, 1 or 2, and one bit of memory is
    not enough. Operands are drawn below 2**(bits-2), so that the sum fits into `bits` bits.

    The best without memory is not adding without carrying. A carry of 1 is the most frequent one, so far from the first
    position it is better to answer as if it always came in.
    """

    name = "three_numbers"
    title = Text("Three numbers")
    operands = ("a", "b", "c")
    expression = "{a} + {b} + {c}"
    memoryless = Task.memoryless
    least_bits = 3
    machine = Machine.of((Text("carry 0"), Text("carry 1"), Text("carry 2")), 3, add)

    @property
    def operand_bits(self) -> int:
        """Two less than `bits`."""
        return self.bits - 2

    def refusal(self, operands: Sequence[int]) -> tuple[str, str] | None:
        """A sum of three wide numbers may be larger than clients can hold."""
        a, b, c = operands
        most = EXACT_LIMIT - 1 - a - b
        if c <= most:
            return None
        return "c", Text(
            "must be at most {most}, so that the sum stays below {limit}, not {value}",
            most=most,
            limit=EXACT_LIMIT,
            value=c,
        )
