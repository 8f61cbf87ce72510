"""What a run has behind it when it comes into memory: nothing, another run's past, or what is on disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.run_state import State
from app.services.backlog import Backlog
from app.services.error_series import ErrorSeries
from app.services.keyframes import Keyframes
from app.storage.rows import Row
from app.storage.store import STRETCH, Chunk, Inheritance, stretches_of
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import Opened
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text
from rnn_core.types import Array

ENDED = Text(
    "The server ended while this run was training. It stands where it was last saved; Start goes on from here."
)


@dataclass(frozen=True, eq=False)
class Past:
    """Where a run begins in memory.

    Attributes:
        snapshot: where it stands.
        errors: of its iterations so far.
        keyframes: moments from which its past is computed again.
        backlog: what is not on disk yet.
        generation: as in its status, as are state, detail and error.
        accuracies: (iteration, accuracy) of its scheduled moments, as far as they were looked at.
    """

    snapshot: Snapshot
    errors: ErrorSeries
    keyframes: Keyframes
    backlog: Backlog
    generation: int = 0
    state: State = "ready"
    detail: str | None = None
    error: float | None = None
    accuracies: Sequence[tuple[int, float]] = ()

    @classmethod
    def fresh(cls, config: TrainingConfig, engine: str, changes: Sequence[tuple[int, float]] = ()) -> "Past":
        """None: a run that has just been created or reset, with changes of its learning rate that are planned."""
        trainer = Trainer(config, engine)
        trainer.plan(changes)
        return cls._beginning_at(trainer.snapshot(), {})

    @classmethod
    def of_import(cls, opened: Opened) -> "Past":
        """Of a checkpoint: it is known where the run stands, not how it came there."""
        detail = None
        for note in opened.notes:
            detail = note if detail is None else Text("{one} {other}", one=detail, other=note)
        return replace(cls._beginning_at(opened.snapshot, {}), detail=detail)

    @classmethod
    def of_branch(
        cls,
        moment: Snapshot,
        errors: ErrorSeries,
        origin: tuple[str, int],
        keyframes: Sequence[tuple[int, Snapshot | None]],
        accuracies: Sequence[tuple[int, float]] = (),
    ) -> "Past":
        """That of another run up to a moment of it.

        Args:
            moment: where the branch begins.
            errors: those of the other run up to there, in a series of its own.
            origin: the other run's id and generation.
            keyframes: those of the other run up to there, by iteration; None for one that is on disk alone.
            accuracies: of the other run up to there.
        """
        earlier = {place: kept for place, kept in keyframes if place < moment.iteration}
        return replace(cls._beginning_at(moment, earlier, errors, origin), accuracies=accuracies)

    @classmethod
    def _beginning_at(
        cls,
        snapshot: Snapshot,
        earlier: dict[int, Snapshot | None],
        errors: ErrorSeries | None = None,
        origin: tuple[str, int] = ("", 0),
    ) -> "Past":
        on_disk = tuple(place for place, kept in earlier.items() if kept is None)
        backlog = Backlog(Inheritance(*origin, on_disk) if on_disk else None)
        keyframes = {**earlier, snapshot.iteration: snapshot}
        for kept in keyframes.values():
            if kept is not None:
                backlog.add(kept)
        return cls(
            snapshot,
            ErrorSeries(snapshot.iteration) if errors is None else errors,
            Keyframes(keyframes),
            backlog,
            state=state_of(snapshot),
            error=None if snapshot.trace is None else snapshot.trace.error,
        )

    def anew_from(self, iteration: int) -> "Past":
        """The same, where all from an iteration on is to be written again: it was computed again, and is another."""
        assert self.backlog.kept is not None
        kept = replace(self.backlog.kept, iteration=iteration)
        detail = Text(
            "What was saved last of this run is damaged. Its iterations from {iteration} on were computed again, "
            "and this machine computes them differently.",
            iteration=f"{iteration:,}",
        )
        return replace(self, backlog=Backlog.none(kept), detail=detail)

    @classmethod
    def of_row(cls, row: Row, snapshot: Snapshot, errors: ErrorSeries, keyframes: Sequence[int]) -> "Past":
        """What is on disk."""
        row = shelved(row)
        return cls(
            snapshot,
            errors,
            Keyframes(dict.fromkeys(keyframes) if keyframes else {snapshot.iteration: snapshot}),
            Backlog.none(row),
            generation=row.generation,
            state=row.state,
            detail=row.detail,
            error=row.error,
            accuracies=row.accuracies,
        )


def state_of(snapshot: Snapshot) -> State:
    """The state of a run that stands there and does nothing."""
    if snapshot.diverged:
        return "diverged"
    if snapshot.iteration >= snapshot.config.max_iterations:
        return "finished"
    return "paused" if snapshot.iteration else "ready"


def shelved(row: Row) -> Row:
    """A run as it is when the server that trained it has ended."""
    return replace(row, state="paused", detail=ENDED) if row.state == "running" else row


def gaps_of(row: Row, chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
    """Where errors of a run are damaged or missing on disk: (start, stop) of iterations."""
    sound = [(chunk.start, min(chunk.stop, row.iteration)) for chunk in chunks if chunk.count]
    edges = [(row.first, row.first), *sound, (row.iteration, row.iteration)]
    return [(stop, start) for (_, stop), (start, _) in pairwise(edges) if stop < start]


def known_from(row: Row, chunks: Sequence[Chunk]) -> int:
    """From which iteration on all errors of a run are kept, up to where it stands."""
    gaps = gaps_of(row, chunks)
    return gaps[-1][1] if gaps else row.first


def series_of(row: Row, chunks: Sequence[Chunk]) -> ErrorSeries:
    """The errors of a run that was kept. Of thinned stretches the series holds values that have the stretch's least,
    mean and most, and knows that they are not exact. Where some are missing, it begins behind them.
    """
    first = known_from(row, chunks)
    series = ErrorSeries(first)
    for chunk in chunks:
        if chunk.start < first or not chunk.count:
            continue
        if chunk.stretches is not None:
            if series.exact_from == first:
                series.exact_until = chunk.start
            series.exact_from = chunk.stop
        values = values_of(chunk)[: max(0, row.iteration - len(series))]
        series.store(values)
        series.reveal(len(values))
    return series


def values_of(chunk: Chunk) -> Array:
    """A value for each iteration of a chunk, (n,), none where it is damaged; of stretches such as have their least,
    mean and most.
    """
    if chunk.stretches is not None:
        return spread(chunk.stretches)
    return np.empty(0) if chunk.values is None else chunk.values


def overlaid(chunks: Sequence[Chunk], start: int, errors: Array) -> list[Chunk]:
    """The same chunks where errors from the iteration `start` on are others, up to the end of `errors`."""
    changed = []
    for chunk in chunks:
        low, high = max(start, chunk.start), min(start + len(errors), chunk.stop)
        if low >= high:
            changed.append(chunk)
            continue
        values = values_of(chunk).copy()
        values[low - chunk.start : high - chunk.start] = errors[low - start : high - start]
        thinned = chunk.stretches is not None
        changed.append(Chunk(chunk.start, None if thinned else values, stretches_of(values) if thinned else None))
    return changed


def spread(stretches: Array) -> Array:
    """Values of stretches that have the same least, mean and most: (3, k) to (k STRETCH,)."""
    low, mean, high = np.asarray(stretches, dtype=np.float64)
    rest = np.clip((STRETCH * mean - low - high) / (STRETCH - 2), low, high)
    values = np.repeat(rest[:, None], STRETCH, axis=1)
    values[:, 0], values[:, 1] = low, high
    return values.ravel()
