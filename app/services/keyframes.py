"""Moments of a run from which all others are computed again."""

from bisect import bisect_left
from collections.abc import Iterable

from rnn_core.snapshot import Snapshot

FIRST_DISTANCE = 1_000
"""Minimum number of iterations between the first keyframes."""

GROWTH = 16
"""Later keyframes are a sixteenth of the iteration apart. So no question needs more than that computed again."""

MAX_BYTES = 64 * 2**20
"""Bytes of memory for keyframes. If they take more, every second one is forgotten."""


class Keyframes:
    """Snapshots at growing distances. Of those on disk, only the iteration is in memory."""

    def __init__(self, snapshots: dict[int, Snapshot | None]) -> None:
        """Begin with these keyframes, by iteration and in order; None for one on disk."""
        self._snapshots = snapshots

    def __len__(self) -> int:
        return len(self._snapshots)

    @property
    def first(self) -> int:
        """The iteration of the first keyframe: the past is known from there on."""
        return next(iter(self._snapshots))

    @property
    def last(self) -> int:
        """The iteration of the last keyframe."""
        return next(reversed(self._snapshots))

    @property
    def places(self) -> list[int]:
        """The iterations of all keyframes, in order."""
        return list(self._snapshots)

    def due(self, iteration: int) -> bool:
        """Whether it is time for a keyframe."""
        return iteration >= self.last + max(FIRST_DISTANCE, self.last // GROWTH)

    def add(self, snapshot: Snapshot) -> None:
        """Add a snapshot after all others, or in place of the last one."""
        self._snapshots[snapshot.iteration] = snapshot
        held = [kept for kept in self._snapshots.values() if kept is not None]
        if len(held) * size_of(snapshot) > MAX_BYTES:
            for before, kept in zip(held[:-2:2], held[1:-1:2], strict=True):
                if before.config == kept.config:  # else a branch begins there
                    del self._snapshots[kept.iteration]

    def release(self, iteration: int) -> None:
        """Drop from memory a snapshot that is on disk now."""
        if iteration in self._snapshots:
            self._snapshots[iteration] = None

    def forget(self, iterations: Iterable[int]) -> None:
        """Forget these keyframes, which are no longer on disk."""
        for iteration in iterations:
            if iteration in self._snapshots and self._snapshots[iteration] is None:
                del self._snapshots[iteration]

    def before(self, iteration: int) -> list[tuple[int, Snapshot | None]]:
        """The keyframes from which an iteration can be computed again: those before it, the latest first, or else the
        first of all.
        """
        places = self.places
        end = max(1, bisect_left(places, iteration))
        return [(place, self._snapshots[place]) for place in reversed(places[:end])]

    def latest(self, iteration: int) -> tuple[int, Snapshot | None]:
        """The last keyframe up to an iteration, or the first."""
        return self.before(iteration + 1)[0]

    def after(self, iteration: int) -> int | None:
        """The iteration of the first keyframe after an iteration, or None."""
        return next((place for place in self._snapshots if place > iteration), None)

    def until(self, iteration: int) -> list[tuple[int, Snapshot | None]]:
        """The keyframes up to an iteration, for a branch that begins there."""
        return [(place, kept) for place, kept in self._snapshots.items() if place <= iteration]


def size_of(snapshot: Snapshot) -> int:
    """About how many bytes a snapshot takes."""
    vectors = 1 + len(snapshot.optimizer_state) + (snapshot.trace is not None)
    return int(snapshot.parameters.flat.nbytes * vectors + 4096)
