"""Long computations in pieces: the caller may do something else between two pieces, or stop the computation."""

from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

R = TypeVar("R")

Pieces: TypeAlias = Generator[None, None, R]
"""A computation that pauses between its pieces, and returns its result at the end. `close` cancels it."""


def result_of(pieces: Pieces[R]) -> R:
    """Do all pieces at once."""
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
