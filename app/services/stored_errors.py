"""The errors of a run as they are kept on disk: in chunks, of which some are thinned to stretches, and some damaged."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from app.services.error_series import ErrorSeries
from app.services.keeper import Keeper
from app.storage.rows import Row
from app.storage.store import CHUNKS_AT_ONCE, STRETCH, Chunk, Store, stretches_of
from rnn_core.types import Array


async def chunks_of(keeper: Keeper, row: Row) -> list[Chunk]:
    """All that is kept of a run's errors, as `Store.errors`, read in pieces between which others have their turn."""
    numbers = await keeper.call(partial(Store.chunks, run_id=row.id, first=row.first))
    chunks: list[Chunk] = []
    for start in range(0, len(numbers), CHUNKS_AT_ONCE):
        some = numbers[start : start + CHUNKS_AT_ONCE]
        chunks += await keeper.call(partial(Store.errors_of, run_id=row.id, first=row.first, numbers=some))
    return chunks


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
