"""How a run's accuracy came about: a point for each scheduled moment of it, whether anybody watched or not."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from rnn_core import Trainer
from rnn_core.assessment.schedule import DISTANCE, is_scheduled, moments, next_moment, ordinal, sparse_from
from rnn_core.snapshot import Snapshot
from rnn_core.types import Array

Point = tuple[int, float]
"""An iteration and the accuracy there, from 0 to 1."""

Entry = tuple[int, float | None]
"""A point or, with None, a place where the line through the points is broken: what was there is not known."""

Weights = Mapping[str, Array]

MANY = 2**20
"""More than there are scheduled moments."""

MAX_BYTES = 4 * 2**20
"""What weights that wait to be looked at may take in memory, for one run."""


class History:
    """The accuracies of one generation of a run: where it begins, at each scheduled moment, and where it ends.

    What is known does not depend on who watches, on the speed, or on how training was cut into calls: the moments are
    scheduled, and a network that stood there is looked at, or computed again and looked at.

    Attributes:
        first: the earliest iteration that something is known of.
        waiting: weights of moments that were not looked at yet, by iteration.
        turn: when it was last worked on, as a number that counts up.
    """

    def __init__(self, points: Sequence[Point], first: int, snapshot: Snapshot) -> None:
        """Begin with points that are known already.

        Args:
            points: in order; of these, what is neither scheduled nor an end is left out.
            first: the earliest iteration that can be gone back to.
            snapshot: where the run stands.
        """
        self.first = min([first, *(place for place, _ in points[:1])])
        self.waiting: dict[int, Weights] = {}
        self.turn = 0
        self._given_up: set[int] = set()
        expected = set(self._expected(snapshot))
        self._known = {place: share for place, share in points if place in expected}
        self._points: tuple[Point, ...] | None = None

    def _expected(self, snapshot: Snapshot) -> list[int]:
        """Every place that should have a point by now, in order."""
        last = snapshot.iteration
        ended = [last] if has_ended(snapshot) and not is_scheduled(last) and last > self.first else []
        return [self.first, *moments(self.first + 1, last), *ended]

    def _number_expected(self, snapshot: Snapshot) -> int:
        last = snapshot.iteration
        ended = has_ended(snapshot) and not is_scheduled(last) and last > self.first
        return 1 + ordinal(last) - ordinal(self.first) + ended

    @property
    def points(self) -> tuple[Point, ...]:
        """What is known, in order."""
        if self._points is None:
            self._points = tuple(sorted(self._known.items()))
        return self._points

    def pending(self, snapshot: Snapshot) -> int:
        """How many points are still to come, up to where the run stands."""
        return self._number_expected(snapshot) - len(self._known) - len(self._given_up)

    def missing(self, snapshot: Snapshot) -> list[int]:
        """The places that have no point, and no weights that wait for one, in order."""
        if self.pending(snapshot) == len(self.waiting):
            return []
        there = self._known.keys() | self.waiting.keys() | self._given_up
        return [place for place in self._expected(snapshot) if place not in there]

    def take(self, met: Iterable[tuple[int, Weights]]) -> None:
        """Have weights of scheduled moments looked at. Where they would take too much memory, the finest are dropped:
        they are computed again later.
        """
        self.waiting.update(met)
        while self.waiting and size_of(next(iter(self.waiting.values()))) * len(self.waiting) > MAX_BYTES:
            del self.waiting[max(self.waiting, key=_urgency)]

    def next_waiting(self) -> tuple[int, Weights]:
        """The place that should be looked at next, and the weights there: coarse places go before fine ones, so that
        where points come late they are spread over the whole way.
        """
        place = min(self.waiting, key=_urgency)
        return place, self.waiting[place]

    def add(self, place: int, share: float) -> None:
        """A point is known."""
        self.waiting.pop(place, None)
        self._known[place] = share
        self._points = None

    def give_up(self, places: Iterable[int]) -> None:
        """These can't be known."""
        self._given_up.update(places)

    def until(self, iteration: int) -> tuple[Point, ...]:
        """The points up to an iteration, for a branch that begins there: for that it is no end."""
        return tuple(
            (place, share)
            for place, share in self.points
            if place <= iteration and (is_scheduled(place) or place == self.first)
        )


def has_ended(snapshot: Snapshot) -> bool:
    """Whether no iteration can follow."""
    return snapshot.diverged or snapshot.iteration >= snapshot.config.max_iterations


def _urgency(place: int) -> tuple[int, int]:
    """Sorts places: those at numbers that can be halved often come first, and among equals the later. 0 always can."""
    number = ordinal(place)
    return (-(number & -number), -place) if number else (-MANY, 0)


def size_of(weights: Weights) -> int:
    """Bytes, about."""
    return sum(values.nbytes for values in weights.values()) + 512


def advance(trainer: Trainer, iterations: int, apart: int) -> tuple[Array, list[tuple[int, Weights]]]:
    """`trainer.advance(iterations)`, and the weights at the scheduled moments on the way.

    Args:
        trainer: of a run; it is advanced.
        iterations: how many are to be done.
        apart: moments that lie closer together, in iterations, are passed by. At high speed the first ones are so close
            that stopping there would cost more than computing them again.

    Returns:
        (n,) the errors, and (iteration, weights) of the moments met.
    """
    errors: list[Array] = [np.empty(0)]
    met: list[tuple[int, Weights]] = []
    goal, sparse = trainer.iteration + iterations, sparse_from(apart)
    while trainer.iteration < goal and not (trainer.finished or trainer.diverged):
        stop = min(goal, next_moment(max(trainer.iteration, sparse - 1)))
        errors.append(trainer.advance(stop - trainer.iteration).errors)
        if is_scheduled(trainer.iteration) and len(errors[-1]):
            met.append((trainer.iteration, trainer.parameters))
    return np.concatenate(errors), met


def latest(points: Sequence[Point], iteration: int) -> Point | None:
    """The last of some points, unless it lies further back from an iteration than a tenth of the way, or 10."""
    return points[-1] if points and iteration - points[-1][0] <= max(DISTANCE, iteration // 10) else None


def entries(points: Sequence[Point]) -> list[Entry]:
    """Points, and a break wherever scheduled ones are missing between two of them."""
    following = [(next_moment(before), place) for (before, _), (place, _) in pairwise(points)]
    return _with([between for between, place in following if between < place], points)


def thinned(points: Sequence[Point], most: int) -> list[Entry]:
    """At most so many entries: points spread evenly over all there are, the first and the last among them, with the
    breaks between those; of one, the last.
    """
    whole = entries(points)
    if len(whole) <= most:
        return whole
    breaks = [place for place, share in whole if share is None]
    keep = most
    while len(found := _with(breaks, spread(points, keep))) > most:
        keep -= (len(found) - most + 1) // 2
    return found


def _with(breaks: Sequence[int], points: Sequence[Point]) -> list[Entry]:
    """Points, and between two of them the first of these breaks that lies there."""
    found: list[Entry] = list(points[:1])
    for (before, _), point in pairwise(points):
        k = bisect_right(breaks, before)
        if k < len(breaks) and breaks[k] < point[0]:
            found.append((breaks[k], None))
        found.append(point)
    return found


def spread(points: Sequence[Point], most: int) -> list[Point]:
    """So many of them, or all: evenly spread, with the first and the last; of one, the last."""
    if len(points) <= most:
        return list(points)
    if most == 1:
        return [points[-1]]
    return [points[round(k * (len(points) - 1) / (most - 1))] for k in range(most)]
