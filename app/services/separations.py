"""How far a run's hidden states told what should be remembered, at moments of its past. Computed when somebody asks."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from rnn_core.analysis.states import hidden_states_in_pieces
from rnn_core.assessment.schedule import moments, ordinal

from ..refusals import Missing, Refusal
from .jobs import Jobs
from .parting import Parted
from .travel import Travel

Point = tuple[int, float]
"""An iteration and the separation there, from 0 to 1."""

SECONDS = 0.3
"""Seconds for which one request computes moments that are not known yet."""


class Separations:
    """The separations of one generation of a run, at some of the moments at which its accuracy is computed, too."""

    def __init__(self, travel: Travel, jobs: Jobs, check: Callable[[], None]) -> None:
        """Begin without separations. `check` is as for `Inside`."""
        self._travel = travel
        self._jobs = jobs
        self._check = check
        self._known: dict[int, float | None] = {}  # None: this moment can't be had

    async def until(self, first: int, last: int, most: int) -> tuple[list[Point], int]:
        """The separations from iteration `first` to `last`, at up to `most` moments, and how many of them are still to
        be computed. Each call computes some more.

        Raises:
            NothingHiddenError: the task or the width has nothing to look for.
        """
        wanted = spread(first, last, most)
        end = time.monotonic() + SECONDS
        for place in coarse_first([place for place in wanted if place not in self._known]):
            try:
                self._known[place] = await self._jobs.shared((self, place), partial(self._measure, place))
            except (Missing, Parted):
                self._known[place] = None
            except Refusal:  # the run was reset, or the server is busy: what is known is answered
                break
            if time.monotonic() > end:
                break
        found = [(place, share) for place in wanted if (share := self._known.get(place)) is not None]
        return found, sum(place not in self._known for place in wanted)

    async def _measure(self, iteration: int) -> float:
        snapshot = (await self._travel.look(iteration)).snapshot
        pieces = hidden_states_in_pieces(snapshot.config, snapshot.parameters)
        return (await self._jobs.compute(pieces, self._check)).separation


def spread(first: int, last: int, most: int) -> list[int]:
    """Up to `most` scheduled moments from `first` to `last`, in order: all, or every second, or every fourth, and so
    on. So those that are chosen later are among those that were chosen before.
    """
    step = 1
    while ordinal(last) // step - (ordinal(first) - 1) // step > most:
        step *= 2
    return [place for place in moments(first, last) if ordinal(place) % step == 0]


def coarse_first(places: Sequence[int]) -> list[int]:
    """The same moments in another order: first those that are far apart, then those between."""
    numbers = {place: ordinal(place) for place in places}
    return sorted(places, key=lambda place: (numbers[place] > 0, -(numbers[place] & -numbers[place]), place))
