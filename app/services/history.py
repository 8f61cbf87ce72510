"""The accuracy of a run over time: one point for each scheduled moment, even if nobody watches. And the milestones,
which are found from what the network gets wrong at these moments.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from rnn_core import Trainer
from rnn_core.assessment.marks import Marks
from rnn_core.assessment.milestones import Milestone, Moment, Way
from rnn_core.assessment.schedule import DISTANCE, is_scheduled, moments, next_moment, ordinal, sparse_from
from rnn_core.snapshot import Snapshot
from rnn_core.types import Array

Point = tuple[int, float]
"""An iteration and the accuracy there, from 0 to 1."""

Entry = tuple[int, float | None]
"""A point or, with None, a break in the line through the points: the accuracy there is not known."""

Weights = Mapping[str, Array]

MANY = 2**20
"""A number above the number of scheduled moments."""

MAX_BYTES = 4 * 2**20
"""Bytes of memory for the weights of one run that wait to be evaluated."""


class History:
    """The accuracies of one generation of a run: where it begins, at each scheduled moment, and where it ends.

    It does not depend on viewers, on the speed, or on how training was cut into calls. The moments are scheduled. The
    network of each moment is evaluated, and computed again for that if necessary. So it is with milestones.

    Attributes:
        first: the earliest iteration of which something is known.
        waiting: weights of moments that are not evaluated yet, by iteration.
        turn: when it was last worked on, as a number that counts up.
    """

    def __init__(
        self, points: Sequence[Point], first: int, snapshot: Snapshot, marks: Sequence[tuple[int, Marks]] = ()
    ) -> None:
        """Begin with points that are known already.

        Args:
            points: in order. Points that are neither scheduled nor at an end are left out.
            first: the earliest iteration of the known past.
            snapshot: where the run stands.
            marks: what the network got wrong, at those of the points at which that is known.
        """
        self.first = min([first, *(place for place, _ in points[:1])])
        self.waiting: dict[int, Weights] = {}
        self.turn = 0
        self._given_up: set[int] = set()
        expected = set(self._expected(snapshot))
        self._known = {place: share for place, share in points if place in expected}
        self._points: tuple[Point, ...] | None = None
        self._marks = {place: found for place, found in marks if place in self._known}
        self._marked: tuple[tuple[int, Marks], ...] | None = None
        self._without_marks: set[int] = set()
        self._way: Way | None = None
        self._met = self.first - 1
        self._milestones: list[Milestone] = []

    def _expected(self, snapshot: Snapshot) -> list[int]:
        """Every iteration that should have a point by now, in order."""
        last = snapshot.iteration
        ended = [last] if has_ended(snapshot) and not is_scheduled(last) and last > self.first else []
        return [self.first, *moments(self.first + 1, last), *ended]

    def _number_expected(self, snapshot: Snapshot) -> int:
        last = snapshot.iteration
        ended = has_ended(snapshot) and not is_scheduled(last) and last > self.first
        return 1 + ordinal(last) - ordinal(self.first) + ended

    @property
    def points(self) -> tuple[Point, ...]:
        """The known points, in order."""
        if self._points is None:
            self._points = tuple(sorted(self._known.items()))
        return self._points

    def pending(self, snapshot: Snapshot) -> int:
        """The number of points that are still to come, up to where the run stands."""
        return self._number_expected(snapshot) - len(self._known) - len(self._given_up)

    def missing(self, snapshot: Snapshot) -> list[int]:
        """The iterations without a point and without waiting weights, in order."""
        if self.pending(snapshot) == len(self.waiting):
            return []
        there = self._known.keys() | self.waiting.keys() | self._given_up
        return [place for place in self._expected(snapshot) if place not in there]

    def unmarked(self) -> list[int]:
        """The iterations at which the accuracy is known, but not yet what the network got wrong, in order."""
        if len(self._marks) + len(self._without_marks) == len(self._known):
            return []
        return sorted(self._known.keys() - self._marks.keys() - self._without_marks)

    @property
    def marks(self) -> tuple[tuple[int, Marks], ...]:
        """What the network got wrong at the known points, in order."""
        if self._marked is None:
            self._marked = tuple(sorted(self._marks.items()))
        return self._marked

    def milestones(self, snapshot: Snapshot) -> tuple[Milestone, ...]:
        """The milestones so far, in order: up to the first moment that is still to be evaluated. So none of them
        changes later, in whatever order moments are evaluated.
        """
        if self._way is None:
            self._way = Way(snapshot.config)
        for place in self._expected(snapshot):
            if place <= self._met or place in self._given_up or place in self._without_marks:
                continue
            if place not in self._marks:
                break
            self._milestones += self._way.meet(Moment(place, self._known[place], self._marks[place]))
            self._met = place
        return tuple(self._milestones)

    def take(self, met: Iterable[tuple[int, Weights]]) -> None:
        """Let weights of scheduled moments wait to be evaluated. If they take too much memory, the least urgent are
        dropped: they are computed again later.
        """
        self.waiting.update(met)
        while self.waiting and size_of(next(iter(self.waiting.values()))) * len(self.waiting) > MAX_BYTES:
            del self.waiting[max(self.waiting, key=_urgency)]

    def next_waiting(self) -> tuple[int, Weights]:
        """The iteration to evaluate next, and its weights. A coarse grid of iterations comes before a fine one. So the
        first points are spread over the whole training.
        """
        place = min(self.waiting, key=_urgency)
        return place, self.waiting[place]

    def add(self, place: int, share: float, marks: Marks | None = None) -> None:
        """Add a point, and what the network got wrong there."""
        self.waiting.pop(place, None)
        self._known[place] = share
        self._points = None
        if marks is not None:
            self._marks[place] = marks
            self._marked = None

    def give_up(self, places: Iterable[int]) -> None:
        """Note that these points can't be known, or, where the accuracy is known, what the network got wrong."""
        for place in places:
            (self._without_marks if place in self._known else self._given_up).add(place)

    def until(self, iteration: int) -> tuple[Point, ...]:
        """The points up to an iteration, for a branch that begins there. The branch has not ended there."""
        return tuple(
            (place, share)
            for place, share in self.points
            if place <= iteration and (is_scheduled(place) or place == self.first)
        )


def has_ended(snapshot: Snapshot) -> bool:
    """Whether the run can't go on after this snapshot."""
    return snapshot.diverged or snapshot.iteration >= snapshot.config.max_iterations


def _urgency(place: int) -> tuple[int, int]:
    """Sorts iterations by their number in the schedule. A number that can be halved more often comes first, 0 before
    all. Among equals the later comes first.
    """
    number = ordinal(place)
    return (-(number & -number), -place) if number else (-MANY, 0)


def size_of(weights: Weights) -> int:
    """About how many bytes these weights take."""
    return sum(values.nbytes for values in weights.values()) + 512


def advance(trainer: Trainer, iterations: int, apart: int) -> tuple[Array, list[tuple[int, Weights]]]:
    """`trainer.advance(iterations)`, and the weights at the scheduled moments on the way.

    Args:
        trainer: a run's trainer; it is advanced.
        iterations: how many to do.
        apart: moments closer together than this, in iterations, are skipped. At high speed the first moments are so
            close that a stop at each costs more than computing them again.

    Returns:
        (n,) the errors, and (iteration, weights) of the moments on the way.
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
    """The last point, if it is at most a tenth of `iteration`, or 10 iterations, before it; else None."""
    return points[-1] if points and iteration - points[-1][0] <= max(DISTANCE, iteration // 10) else None


def entries(points: Sequence[Point]) -> list[Entry]:
    """The points, with a break between two points if scheduled points are missing there."""
    following = [(next_moment(before), place) for (before, _), (place, _) in pairwise(points)]
    return _with([between for between, place in following if between < place], points)


def thinned(points: Sequence[Point], most: int) -> list[Entry]:
    """At most `most` entries: evenly spread points, with the first and the last, and the breaks between them. If `most`
    is 1: the last point.
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
    """The points, and between two of them the first of these breaks there, if any."""
    found: list[Entry] = list(points[:1])
    for (before, _), point in pairwise(points):
        k = bisect_right(breaks, before)
        if k < len(breaks) and breaks[k] < point[0]:
            found.append((breaks[k], None))
        found.append(point)
    return found


def spread(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` of the points: evenly spread, with the first and the last. If `most` is 1: the last."""
    if len(points) <= most:
        return list(points)
    if most == 1:
        return [points[-1]]
    return [points[round(k * (len(points) - 1) / (most - 1))] for k in range(most)]
