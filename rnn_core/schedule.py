"""When a run's accuracy is looked at: a fixed schedule of iterations, denser early, the same for every run.

Every 10 iterations up to 400, then every 20 up to 800, every 40 up to 1,600, and so on: the distance doubles whenever
the iteration does. From 200 on, two neighbours lie between 2.5 and 5 percent of the way apart. That is 180 moments for
50,000 iterations, and 331 for 10,000,000.
"""

DISTANCE = 10
"""Iterations between the first moments."""

IN_AN_OCTAVE = 20
"""Moments from one doubling of the iteration to the next."""

FIRST_OCTAVE = DISTANCE * IN_AN_OCTAVE
"""The iteration from which on distances grow."""


def ordinal(iteration: int) -> int:
    """The number of the last scheduled moment up to `iteration` (0 or more); iteration 0 is moment number 0."""
    octave = max(0, (iteration // FIRST_OCTAVE).bit_length() - 1)
    return octave * IN_AN_OCTAVE + iteration // (DISTANCE << octave)


def moment(number: int) -> int:
    """The iteration of a scheduled moment, by its number (0 or more)."""
    octave = max(0, number // IN_AN_OCTAVE - 1)
    return int((number - octave * IN_AN_OCTAVE) * (DISTANCE << octave))


def is_scheduled(iteration: int) -> bool:
    """Whether a run's accuracy is looked at when so many iterations are done."""
    return moment(ordinal(iteration)) == iteration


def next_moment(iteration: int) -> int:
    """The first scheduled moment after `iteration`."""
    return moment(ordinal(iteration) + 1)


def moments(first: int, last: int) -> list[int]:
    """The scheduled moments from `first` to `last`, both included, in order."""
    start = ordinal(first) + (not is_scheduled(first))
    return [moment(number) for number in range(start, ordinal(last) + 1)]


def sparse_from(apart: int) -> int:
    """The iteration from which on scheduled moments lie at least `apart` iterations from each other."""
    octave = (-(-apart // DISTANCE) - 1).bit_length() if apart > DISTANCE else 0
    return FIRST_OCTAVE << octave if octave else 0
