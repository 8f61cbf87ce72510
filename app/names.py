"""The names that people read: for fields of a configuration, their choices, and other things that are compared between
runs. And which names people may give to a run.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

from rnn_core.config import JOINERS, LATIN_END, OPTIONS
from rnn_core.text import Text

from .languages import say

MAIN = "main"
"""The id of the run that always exists."""

MAIN_NAME = Text("Main")
"""Its name until people give it another one. It is in the language of the reader."""


def name_of(run_id: str, name: str) -> str:
    """A run's name. For the main run's own name, in any language, it is a text. If nothing in the name can be seen, it
    is the run's id.
    """
    if isinstance(name, Text):
        return name
    return MAIN_NAME if run_id == MAIN and name == say(MAIN_NAME) else readable(name) or run_id


UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Characters that show nothing or turn the reading direction: Unicode's default-ignorable ones, and the marks of
annotations; but not joiners and selectors.
"""

SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Characters that choose how the sign before them looks, for example an emoji."""

NO_SIGN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Mn", "Mc", "Me"})
"""Unicode's categories of characters that can't be seen alone: spaces, controls, and marks that need a letter."""

BLANK = "\u2800"
"""The Braille sign without dots."""


@lru_cache(maxsize=2048)
def readable(name: str) -> str:
    """A name without characters that can't be seen, so that two names that look the same are the same. It is empty if
    nothing can be seen. Spaces stay, and so do joiners and selectors that have something to join or to choose.
    """
    text = normalize("NFC", UNSEEN.sub("", name))
    kept: list[str] = []
    for place, character in enumerate(text):
        before, after = kept[-1:], text[place + 1 : place + 2]
        if character in JOINERS:
            keep = _joins("".join(before)) and _joins(after) and not SELECTORS.match(after)
        elif SELECTORS.match(character):
            keep = bool(before) and _is_sign(before[0])
        else:
            keep = True
        if keep:
            kept.append(character)
    return "".join(kept) if any(map(_is_sign, kept)) else ""


def _joins(character: str) -> bool:
    """Whether a joiner may be beside this character."""
    return character > LATIN_END and not character.isspace() and character not in JOINERS


def _is_sign(character: str) -> bool:
    """Whether this character can be seen alone."""
    return category(character) not in NO_SIGN and character != BLANK


FIELDS = {name: option.title for name, option in OPTIONS.items()}
"""The name of each field, in order."""

CHOICES = {
    "elman": Text("Elman"),
    "gru": Text("GRU"),
    "lstm": Text("LSTM"),
    "sigmoid": Text("Sigmoid"),
    "tanh": Text("Tanh"),
    "relu": Text("ReLU"),
    "uniform": Text("Uniform"),
    "glorot": Text("Glorot"),
    "squared_error": Text("Squared error"),
    "cross_entropy": Text("Cross entropy"),
    "sgd": Text("SGD"),
    "momentum": Text("Momentum"),
    "adam": Text("Adam"),
}
"""The names of fields' choices, except tasks, which have titles of their own."""

READ = {
    "error": Text("Error"),
    "mean_of": Text("Mean of"),
    "smoothed": Text("Smoothed"),
    "accuracy": Text("Accuracy"),
}
"""The names of the values that a comparison shows at an iteration."""

COMPARED = {
    **FIELDS,
    "learning_rate_now": Text("Learning rate now"),
    "changes": Text("Its changes"),
    "state": Text("State"),
    "iteration": Text("Iteration"),
    "last_error": Text("Last error"),
    "last_accuracy": Text("Last accuracy"),
}
"""The names of the things in which it looks for differences."""

IN_SENTENCES = (
    *(Text("ready"), Text("running"), Text("paused"), Text("finished"), Text("diverged"), Text("failed")),
    *(Text("addition"), Text("three numbers"), Text("subtraction"), Text("comparison"), Text("parity"), Text("xor")),
    *(Text("elman"), Text("gru"), Text("lstm"), Text("sigmoid"), Text("tanh"), Text("relu")),
    *(Text("squared error"), Text("cross entropy"), Text("uniform"), Text("glorot")),
    *(Text("sgd"), Text("momentum"), Text("adam")),
    *(Text("update"), Text("reset"), Text("input"), Text("forget"), Text("candidate"), Text("output"), Text("cell")),
)
"""States, values of a configuration and gates, as the page's scripts use them in the middle of a sentence."""
