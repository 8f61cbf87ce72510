"""The errors of a run as they are on disk: in chunks. Some chunks are thinned to stretches, and some are damaged."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from rnn_core.types import Array

from ..storage.rows import Row
from ..storage.store import CHUNKS_AT_ONCE, STRETCH, Chunk, Store, stretches_of
from .error_series import ErrorSeries
from .keeper import Keeper


async def chunks_of(keeper: Keeper, row: Row) -> list[Chunk]:
    """All stored errors of a run, as `Store.errors`. They are read in pieces; other calls go in between."""
    numbers = await keeper.call(partial(Store.chunks, run_id=row.id, first=row.first))
    chunks: list[Chunk] = []
    for start in range(0, len(numbers), CHUNKS_AT_ONCE):
        some = numbers[start : start + CHUNKS_AT_ONCE]
        chunks += await keeper.call(partial(Store.errors_of, run_id=row.id, first=row.first, numbers=some))
    return chunks


def gaps_of(row: Row, chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
    """The gaps where errors of a run are damaged or missing on disk: (start, stop) of iterations."""
    sound = [(chunk.start, min(chunk.stop, row.iteration)) for chunk in chunks if chunk.count]
    edges = [(row.first, row.first), *sound, (row.iteration, row.iteration)]
    return [(stop, start) for (_, stop), (start, _) in pairwise(edges) if stop < start]


def known_from(row: Row, chunks: Sequence[Chunk]) -> int:
    """The iteration from which all errors of a run are stored, up to where it stands."""
    gaps = gaps_of(row, chunks)
    return gaps[-1][1] if gaps else row.first


def series_of(row: Row, chunks: Sequence[Chunk]) -> ErrorSeries:
    """The errors of a stored run. For a thinned stretch the series holds values with the stretch's minimum, mean and
    maximum, and knows that they are not exact. If errors are missing, it begins after them.
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
    """A value for each iteration of a chunk, (n,); n is 0 if it is damaged. The values of a thinned stretch have its
    minimum, mean and maximum.
    """
    if chunk.stretches is not None:
        return spread(chunk.stretches)
    return np.empty(0) if chunk.values is None else chunk.values


def overlaid(chunks: Sequence[Chunk], start: int, errors: Array) -> list[Chunk]:
    """The same chunks, with `errors` in place of the old errors from the iteration `start` on."""
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
    """Values with the minimum, mean and maximum of these stretches: (3, k) to (k STRETCH,)."""
    low, mean, high = np.asarray(stretches, dtype=np.float64)
    rest = np.clip((STRETCH * mean - low - high) / (STRETCH - 2), low, high)
    values = np.repeat(rest[:, None], STRETCH, axis=1)
    values[:, 0], values[:, 1] = low, high
    return values.ravel()
