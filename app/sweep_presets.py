"""Sweeps to begin with. Each asks a question that one network alone can't answer, and says what to watch and what it
shows. tests/app/test_sweep_presets.py checks that a server takes them, and where an answer turns.
"""

from typing import Any, NamedTuple

from rnn_core.text import Text

from .presets import GENTLE


class SweepPreset(NamedTuple):
    """A sweep.

    Attributes:
        name: the question, in a few words.
        config: what all its networks have that differs from the default.
        vary: the fields that vary, and their values.
        seeds: the seeds of each combination.
        watch: what to watch, in a sentence or two.
        shows: what it shows: the answer.
    """

    name: str
    config: dict[str, Any]
    vary: dict[str, list[Any]]
    seeds: list[int]
    watch: str
    shows: str

    @property
    def body(self) -> dict[str, Any]:
        """What a page sends to begin it, but for the name."""
        return {"config": self.config, "vary": self.vary, "seeds": self.seeds}


TEN = list(range(10))

SWEEP_PRESETS = (
    SweepPreset(
        Text("How many units does a carry need?"),
        {**GENTLE, "max_iterations": 10_000},
        {"hidden_size": [1, 2, 3, 4, 5, 6, 8, 12, 16]},
        TEN,
        Text("Watch from which number of units on all ten networks learn, and how soon."),
        Text(
            "One or two never do. Three learn now and then, five more often than not, and from eight on nearly all "
            "learn: a carry needs a few units, and spare ones make it surer and sooner."
        ),
    ),
    SweepPreset(
        Text("The edge of chaos: learning rate"),
        {"max_iterations": 20_000},
        {"learning_rate": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]},
        TEN,
        Text("Each column is three times as bold as the one before. Watch the median fall, and where it all ends."),
        Text(
            "At 0.01 nothing is learned in time. Up to 1, ten times the rate needs about a quarter of the iterations. "
            "At 3 some fail, and at 10 all do: the fastest rates lie beside the edge."
        ),
    ),
    SweepPreset(
        Text("Do gates help here?"),
        {**GENTLE, "max_iterations": 4_000},
        {"bits": [4, 8, 16], "cell": ["elman", "gru", "lstm"]},
        TEN,
        Text("Compare the rows: the same problem, with and without gates. Then compare the columns: longer numbers."),
        Text(
            "They do: networks with gates need about a third of the iterations. But at 16 bits the GRU is quick and "
            "not sure. All its networks reach 99%, and yet most fail at the hard problems, which need a long memory."
        ),
    ),
)
