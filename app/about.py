"""What this is, where it comes from, and how to cite it. CITATION.cff says the same: a test compares them."""

from typing import NamedTuple

from rnn_core import __version__

VERSION = __version__
AUTHORS = "The authors of rnn-adder"
LICENCE = "MIT"


class Article(NamedTuple):
    """An article on the web."""

    title: str
    author: str
    year: int
    url: str


ARTICLE = Article(
    "Anyone Can Learn To Code an LSTM-RNN in Python (Part 1: RNN)",
    "Andrew Trask",
    2015,
    "https://iamtrask.github.io/2015/11/15/anyone-can-code-lstm/",
)
"""The article whose script this lab grew from."""
