"""What is new in a run and not on disk yet."""

from dataclasses import dataclass, replace

from rnn_core.checkpoint import encode_checkpoint
from rnn_core.snapshot import Snapshot

from ..storage.rows import Row
from ..storage.store import CHUNK, Inheritance, Saved
from .error_series import ErrorSeries


@dataclass(frozen=True, eq=False)
class Pending:
    """What has to be written. It is taken while the run stands still, and encoded by the thread that writes.

    Attributes:
        row: what a list shows.
        snapshot: where the run stands.
        keyframes: moments to keep for good.
        series: the run's errors, which may grow meanwhile.
        errors_start: the first iteration whose error has to be written.
        afresh: whether the past on disk is no longer the run's.
        inherited: keyframes of another run, on disk, to be copied for this one.
        put_aside: whether the old past on disk can be brought back for a while.
    """

    row: Row
    snapshot: Snapshot
    keyframes: tuple[Snapshot, ...]
    series: ErrorSeries
    errors_start: int
    afresh: bool
    inherited: Inheritance | None = None
    put_aside: bool = False

    def whole(self) -> "Pending":
        """The same with everything of the run that is in memory, for another database that has nothing of it."""
        return replace(self, errors_start=self.series.first, afresh=True, inherited=None, put_aside=False)

    def encoded(self) -> Saved:
        """The same, encoded for the database."""
        generation = self.row.generation
        return Saved(
            row=self.row,
            snapshot=encode_checkpoint(self.snapshot, generation),
            keyframes=[(kept.iteration, encode_checkpoint(kept, generation)) for kept in self.keyframes],
            errors_start=self.errors_start,
            errors=self.series.slice(self.errors_start, self.row.iteration),
            afresh=self.afresh,
            inherited=self.inherited,
            put_aside=self.put_aside,
        )


class Backlog:
    """Remembers what was written last, and which keyframes are not written yet.

    Attributes:
        put_aside: whether the old past on disk can be brought back for a while.
    """

    def __init__(self, inherited: Inheritance | None = None) -> None:
        """Nothing is on disk, except what is `inherited` from another run."""
        self.put_aside = False
        self._inherited = inherited
        self._kept: Row | None = None
        self._afresh = True
        self._keyframes: list[Snapshot] = []

    @classmethod
    def none(cls, kept: Row) -> "Backlog":
        """A backlog of a run that is completely on disk."""
        backlog = cls()
        backlog._kept, backlog._afresh = kept, False
        return backlog

    @property
    def kept(self) -> Row | None:
        """The run as it was written last, or None."""
        return self._kept

    def add(self, keyframe: Snapshot) -> None:
        """Add a new keyframe."""
        self._keyframes.append(keyframe)

    def take(self, row: Row, snapshot: Snapshot, series: ErrorSeries) -> Pending | None:
        """What has to be written now; None if nothing has changed."""
        if row == self._kept and not self._keyframes and not self._afresh:
            return None
        done = series.first if self._afresh or self._kept is None else self._kept.iteration
        start = row.iteration if done >= row.iteration else max(series.first, done // CHUNK * CHUNK)
        keyframes = tuple(self._keyframes)
        return Pending(row, snapshot, keyframes, series, start, self._afresh, self._inherited, self.put_aside)

    def written(self, pending: Pending) -> None:
        """Forget what has been written."""
        self._kept, self._afresh, self._inherited = pending.row, False, None
        self.put_aside = False
        self._keyframes = [kept for kept in self._keyframes if kept not in pending.keyframes]
