"""Experiments to begin with. Each asks a question and says what to watch and what that shows, and
tests/app/test_presets.py checks that it is so.
"""

from typing import Any, NamedTuple

from rnn_core import Edit
from rnn_core.text import Text


class Preset(NamedTuple):
    """An experiment.

    Attributes:
        name: its name, in a few words.
        config: the fields that differ from the default.
        edits: what is done to weights at the beginning.
        question: what it asks, for people who guess before they look.
        watch: what to watch, in a sentence or two.
        shows: what it shows: the answer.
    """

    name: str
    config: dict[str, Any]
    question: str
    watch: str
    shows: str
    edits: tuple[Edit, ...] = ()

    @property
    def edits_as_data(self) -> list[dict[str, Any]]:
        """The edits as a page sends them."""
        return [edit.to_dict() for edit in self.edits]


GENTLE: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "loss": "cross_entropy", "bias": True}
"""Settings with which the harder experiments learn quickly and reliably."""

PRESETS = (
    Preset(
        Text("The article"),
        {},
        Text("Nobody tells the network that there is a carry. Does it find out?"),
        Text(
            "Watch “Understood so far”: which cases come last? In the first 3,000 iterations, hardly anything happens."
        ),
        Text(
            "It does. Within a few thousand iterations more it carries, and the cases with a carry come "
            "last: they need "
            "the hidden state, the others only the two bits."
        ),
    ),
    Preset(
        Text("Too hot: learning rate 10"),
        {"learning_rate": 10.0},
        Text("If a hundred times the learning rate moves the weights a hundred times as far, is it faster?"),
        Text("Watch the error jump, and the numbers beside the pictures of the weights grow."),
        Text("Every step leaps over its goal: the error falls and rises again, and it never learns to add."),
    ),
    Preset(
        Text("No memory needed: XOR"),
        {"task": "xor"},
        Text("How long does it take if no bit depends on another, so that nothing has to be carried?"),
        Text("Watch the accuracy: when does it reach 100%?"),
        Text("Within some 1,000 iterations. What takes the article’s network so long is the memory, not the bits."),
    ),
    Preset(
        Text("LSTM"),
        {"cell": "lstm", **GENTLE},
        Text("Do gates, which can keep a state as it is, help to remember the carry?"),
        Text("Watch the rows of the gates on the stage, and when the accuracy rises. Then switch the cell to Elman."),
        Text(
            "Gates remember better: the carry is learned in some 500 iterations. With the same settings the "
            "simple cell "
            "needs some 2,500."
        ),
    ),
    Preset(
        Text("Three numbers"),
        {"task": "three_numbers", **GENTLE},
        Text("With three numbers the carry can be 0, 1 or 2. Can one hidden state keep that, too?"),
        Text("Watch the cases: there are 24 now, not 8."),
        Text(
            "It can, but it takes more than 10,000 iterations until every sum is right: there are three "
            "things to hold in "
            "mind, not two."
        ),
    ),
    Preset(
        Text("Long numbers"),
        {"bits": 24},
        Text("Sums of 24 bits: are they learned later than sums of 8?"),
        Text("Watch when the accuracy reaches 100%. The article’s network needs some 7,000 iterations."),
        Text(
            "Longer sums are learned sooner, not later, before iteration 6,000: each of them has more "
            "carries to learn from."
        ),
    ),
    Preset(
        Text("Without memory"),
        {},
        Text("How far does it come if nothing leads from one hidden state to the next?"),
        Text("Watch the cases: for the same two bits, the answer is the same with and without a carry."),
        Text("The error stops at some 3.75, and 13% of the sums become right: those without any carry."),
        (Edit("W_hh", value=0.0, frozen=True),),
    ),
    Preset(
        Text("Smallest brain"),
        {"hidden_size": 4, **GENTLE},
        Text("How few hidden units are enough to add?"),
        Text("Watch the accuracy, then try fewer units."),
        Text(
            "Four learn it within some 5,000 iterations. Three could do it, but with most seeds they stop at 58%. "
            "Two stop there or below."
        ),
    ),
    Preset(
        Text("Lesion"),
        {"hidden_size": 8, **GENTLE},
        Text("Which of the eight units holds the carry?"),
        Text("Watch it learn every sum. Then zero one unit after the other, and look at the cases."),
        Text("No single one: without any of them some sums are wrong. Trained on, the others mostly do without."),
    ),
)
