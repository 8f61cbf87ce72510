"""What a proof answers, and what it says while it is at work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rnn_core.assessment.failing_problem import FailingProblem
from rnn_core.text import Text
from rnn_core.types import Array, Integers

State = Literal["proved", "refuted", "undecided", "cancelled"]


class NoProofError(ValueError):
    """A network of a kind about which nothing can be proved here; the reason is a sentence."""


class Counterexample(FailingProblem):
    """A problem that refutes the claim that the network is always right. It has the members of any failing problem."""


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
