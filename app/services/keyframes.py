"""Moments of a run from which all others are computed again."""

from bisect import bisect_left
from collections.abc import Iterator

from rnn_core.snapshot import Snapshot

FIRST_DISTANCE = 1_000
"""Iterations between the first keyframes, at the least."""

GROWTH = 16
"""Later ones lie a sixteenth of the iteration apart: whatever is asked, at most so much has to be computed again."""

MAX_BYTES = 64 * 2**20
"""What they may take; beyond, every second one is forgotten."""


class Keyframes:
    """Snapshots at growing distances, the first at the run's beginning."""

    def __init__(self, first: Snapshot) -> None:
        """Begin with the run's first snapshot, or with those that a branch inherits."""
        self._snapshots = [first]

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._snapshots)

    @property
    def due(self) -> int:
        """The iteration from which the next is wanted."""
        last = self._snapshots[-1].iteration
        return last + max(FIRST_DISTANCE, last // GROWTH)

    def offer(self, snapshot: Snapshot) -> bool:
        """Keep a snapshot where one is wanted; whether it was."""
        if snapshot.iteration < self.due:
            return False
        self.add(snapshot)
        return True

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of a moment after all those so far, or in the place of the last."""
        if snapshot.iteration == self._snapshots[-1].iteration:
            self._snapshots.pop()
        self._snapshots.append(snapshot)
        if len(self._snapshots) * size_of(snapshot) > MAX_BYTES and len(self._snapshots) > 3:
            del self._snapshots[1:-1:2]

    def before(self, iteration: int) -> Snapshot:
        """The last one from which an iteration can be done again: before it, or at the beginning."""
        place = bisect_left(self._snapshots, iteration, key=lambda snapshot: snapshot.iteration)
        return self._snapshots[max(0, place - 1)]

    def until(self, iteration: int) -> list[Snapshot]:
        """Those up to an iteration, for a branch that begins there."""
        return [snapshot for snapshot in self._snapshots if snapshot.iteration <= iteration]


def size_of(snapshot: Snapshot) -> int:
    """Bytes, about."""
    vectors = 1 + len(snapshot.optimizer_state) + (snapshot.trace is not None)
    return int(snapshot.parameters.flat.nbytes * vectors + 4096)
