"""A problem that a network gets wrong, of any length."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FailingProblem:
    """A problem that the network gets wrong.

    Attributes:
        width: its number of positions.
        position: that of its first wrong bit. Position 0 is the least significant.
        operands: its numbers by operand, such as {"a": 127, "b": 1}. They may be as long as the width.
        expected: the right result.
        predicted: the network's.
    """

    width: int
    position: int
    operands: dict[str, int]
    expected: int
    predicted: int

    def to_dict(self) -> dict[str, Any]:
        """The problem as data for JSON. Its numbers may exceed 2**53, so they are decimal texts."""
        return {
            "width": self.width,
            "position": self.position,
            **{name: str(number) for name, number in self.operands.items()},
            "expected": str(self.expected),
            "predicted": str(self.predicted),
        }
