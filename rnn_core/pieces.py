"""Long computations in pieces: whoever drives one may do something else between two of them, or give it up."""

from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

R = TypeVar("R")

Pieces: TypeAlias = Generator[None, None, R]
"""A computation that stops between its pieces, and returns its result at the end. `close` gives it up."""


def result_of(pieces: Pieces[R]) -> R:
    """Do all of it at once."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: R = end.value
            return result


def in_one(work: Callable[[], R]) -> Pieces[R]:
    """A computation of one piece."""
    yield
    return work()
