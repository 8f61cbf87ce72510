"""What is learned: problems in whole numbers, and the bit sequences that a network reads and should answer."""

from dataclasses import dataclass

import numpy as np

from rnn_core.types import Array, Integers


def bits_of(numbers: Integers, length: int) -> Integers:
    """Whole numbers as bits, least significant first, along a new last axis.

    Args:
        numbers: any shape, each from 0 up to below 2**length.
        length: T, how many bits.

    Returns:
        (..., T) zeros and ones.
    """
    return (np.asarray(numbers, dtype=np.int64)[..., None] >> np.arange(length)) & 1


def number_of(bits: Integers) -> Integers:
    """The inverse of `bits_of`: (..., T) bits, least significant first, to whole numbers (...)."""
    return np.asarray(bits, dtype=np.int64) @ (np.int64(1) << np.arange(np.shape(bits)[-1]))


@dataclass(frozen=True)
class Plateau:
    """The error that a known simple behaviour would have, to read a curve by.

    Attributes:
        key: a short name.
        label: the behaviour in words.
        error: its expected sum over positions of abs(target - output), over the problems the task draws.
    """

    key: str
    label: str
    error: float


class AdditionTask:
    """a + b = c, one bit of each at every position, least significant first.

    The network must learn to carry: the output bit depends on earlier positions through the carry alone. Operands are
    drawn below 2**(bits-1), so that the sum fits into `bits` bits.
    """

    name = "addition"
    symbol = "+"
    operands = ("a", "b")

    def __init__(self, bits: int) -> None:
        """Fix the width: T = `bits` positions in training."""
        self.bits = bits
        self.operand_limit = 2 ** (bits - 1)

    def draw(self, random: np.random.RandomState, iterations: int, batch: int) -> Integers:
        """Draw problems in the script's order: a1, b1, a2, b2 ...

        However the iterations are cut into calls, the same stream gives the same problems.

        Returns:
            (iterations, B, 2) operands below `operand_limit`.
        """
        return random.randint(self.operand_limit, size=(iterations, batch, 2), dtype=np.int64)

    def all_problems(self) -> Integers:
        """Every problem that training may draw, (operand_limit**2, 2), the second operand running fastest."""
        numbers = np.arange(self.operand_limit, dtype=np.int64)
        return np.stack(np.meshgrid(numbers, numbers, indexing="ij"), axis=-1).reshape(-1, 2)

    def answer(self, operands: Integers) -> Integers:
        """What the numbers should give: (..., 2) operands to (...) sums."""
        return np.asarray(np.sum(operands, axis=-1), dtype=np.int64)

    def encode(self, operands: Integers, length: int) -> tuple[Array, Array]:
        """Problems as the network sees them.

        Args:
            operands: (..., B, 2) numbers.
            length: T, positions; the sums must fit.

        Returns:
            inputs (..., T, B, 2) and targets (..., T, B), bits as 0.0 and 1.0.
        """
        inputs = np.moveaxis(bits_of(operands, length), -1, -3)
        targets = np.moveaxis(bits_of(self.answer(operands), length), -1, -2)
        return np.ascontiguousarray(inputs, dtype=np.float64), np.ascontiguousarray(targets, dtype=np.float64)

    def reference_errors(self) -> tuple[Plateau, ...]:
        """The two plateaus of learning to add.

        Always answering one half is wrong by 1/2 at each of T positions. Adding without ever carrying (a xor b) is
        wrong by 1 wherever a carry comes in. A carry comes into position t with probability (1 - 2^-t) / 2 for uniform
        operand bits, since c_{t+1} = 1/4 + c_t / 2 from c_0 = 0; summed over t = 0 .. T-1 that is
        (T - 2 + 2^(1-T)) / 2.
        """
        length = self.bits
        return (
            Plateau("half", "always one half", length / 2),
            Plateau("no_carry", "adding without ever carrying", (length - 2 + 2.0 ** (1 - length)) / 2),
        )


TASKS: dict[str, type[AdditionTask]] = {"addition": AdditionTask}
