"""What a proof answers, and what it says while it is at work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rnn_core.text import Text
from rnn_core.types import Array, Integers

State = Literal["proved", "refuted", "undecided", "cancelled"]


class NoProofError(ValueError):
    """A network of a kind about which nothing can be proved here; the reason is a sentence."""


@dataclass(frozen=True)
class Counterexample:
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


@dataclass(frozen=True)
class Boxes:
    """The sets of hidden states at one moment of the search, to be drawn. N sets, H units.

    A set holds the hidden states h with abs(axes @ (h - center)) <= radii.

    Attributes:
        states: (N,) the machine's state for each set, by its place.
        leaving: (N,) how many of the sets next to come leave it yet; 0 if none does.
        centers: (N, H).
        axes: (N, H, H), the rows are orthonormal up to rounding.
        radii: (N, H), half of the width along each axis.
    """

    states: Integers
    leaving: Integers
    centers: Array
    axes: Array
    radii: Array


@dataclass(frozen=True)
class Progress:
    """Where a proof stands.

    Attributes:
        stage: "refuting" while problems are tried, "closing" while the sets grow, "checking" at the end.
        remembered: how many of the last positions a set stands for; 0 while refuting.
        ahead: how many further positions are looked at from each set; 0 while refuting.
        round: how often the sets have grown, from 1; 0 while refuting.
        nodes: the number of sets.
        leaving: the number of sets that something leaves yet; they grow in the next round.
        boxes: the sets, made only if asked; None while there are none.
    """

    stage: Literal["refuting", "closing", "checking"]
    remembered: int = 0
    ahead: int = 0
    round: int = 0
    nodes: int = 0
    leaving: int = 0
    boxes: Callable[[], Boxes] | None = None


@dataclass(frozen=True)
class Proof:
    """What was found out about a network.

    Attributes:
        state: "proved": right at every position of every problem of every length. "refuted": a problem fails.
            "undecided": neither was found. "cancelled": the caller wanted no answer any more.
        detail: the same in a sentence, with how far it came and why it stopped.
        margin: if proved, the least distance of an output from 1/2, as a probability.
        logit_margin: the same before the sigmoid.
        counterexample: if refuted, a problem that fails.
        certificate: if proved, a safetensors file from which `check` proves it once more.
    """

    state: State
    detail: Text
    margin: float | None = None
    logit_margin: float | None = None
    counterexample: Counterexample | None = None
    certificate: bytes | None = None
