"""When a run's accuracy is computed: a fixed schedule of iterations, denser at the beginning, the same for every run.

Every 10 iterations up to 400, then every 20 up to 800, every 40 up to 1,600, and so on: the distance doubles when the
iteration doubles. From 200 on, the distance between two neighbours is 2.5 to 5 percent of the iteration. That is 180
moments for 50,000 iterations, and 331 for 10,000,000.
"""

DISTANCE = 10
"""The number of iterations between the first moments."""

IN_AN_OCTAVE = 20
"""The number of moments from one doubling of the iteration to the next."""

FIRST_OCTAVE = DISTANCE * IN_AN_OCTAVE
"""The iteration from which distances grow."""


def ordinal(iteration: int) -> int:
    """The number of the last scheduled moment at or before `iteration` (0 or more). Iteration 0 is moment number 0."""
    octave = max(0, (iteration // FIRST_OCTAVE).bit_length() - 1)
    return octave * IN_AN_OCTAVE + iteration // (DISTANCE << octave)


def moment(number: int) -> int:
    """The iteration of the scheduled moment with this number (0 or more)."""
    octave = max(0, number // IN_AN_OCTAVE - 1)
    return int((number - octave * IN_AN_OCTAVE) * (DISTANCE << octave))


def is_scheduled(iteration: int) -> bool:
    """Whether a run's accuracy is computed when `iteration` iterations are done."""
    return moment(ordinal(iteration)) == iteration


def next_moment(iteration: int) -> int:
    """The first scheduled moment after `iteration`."""
    return moment(ordinal(iteration) + 1)


def moments(first: int, last: int) -> list[int]:
    """The scheduled moments from `first` to `last`, both included, in order."""
    start = ordinal(first) + (not is_scheduled(first))
    return [moment(number) for number in range(start, ordinal(last) + 1)]


def sparse_from(apart: int) -> int:
    """The iteration from which scheduled moments are at least `apart` iterations apart."""
    octave = (-(-apart // DISTANCE) - 1).bit_length() if apart > DISTANCE else 0
    return FIRST_OCTAVE << octave if octave else 0
