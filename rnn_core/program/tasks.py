"""How a program draws the problems of each task, and which bits should come out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problems:
    """The lines of a task.

    Attributes:
        comment: what a problem is, in a sentence.
        draw: the operands, each (B,), from the drawn numbers {numbers} of shape (B, operands).
        targets: the bits that should come out, (T, B) or with one more axis.
        setup: what is needed once.
    """

    comment: str
    draw: str
    targets: str
    setup: str = ""


PAIR = "a, b = {numbers}.T"

PROBLEMS: dict[str, Problems] = {
    "addition": Problems(
        "The problem: two numbers, their bits, and those of their sum, the lowest first",
        PAIR,
        "(a + b >> bit & 1)[..., np.newaxis]",
    ),
    "three_numbers": Problems(
        "The problem: three numbers, their bits, and those of their sum, the lowest first",
        "a, b, c = {numbers}.T",
        "(a + b + c >> bit & 1)[..., np.newaxis]",
    ),
    "subtraction": Problems(
        "The problem: two numbers, the larger one first, and the bits of their difference",
        "a, b = -np.sort(-{numbers}).T",
        "(a - b >> bit & 1)[..., np.newaxis]",
    ),
    "xor": Problems(
        "The problem: two numbers, and at each position whether their bits differ",
        PAIR,
        "((a ^ b) >> bit & 1)[..., np.newaxis]",
    ),
    "parity": Problems(
        "The problem: a number, and at each position whether the ones so far are odd",
        "(a,) = {numbers}.T",
        "np.cumsum(x, axis=0) % 2",
    ),
    "comparison": Problems(
        "The problem: two numbers, and at each position whether a > b for the bits so far",
        PAIR,
        "((a & lower) > (b & lower)).astype(int)[..., np.newaxis]",
        "lower = (2 << bit) - 1",
    ),
}
"""By the tasks' names in a configuration."""
