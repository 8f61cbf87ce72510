"""Compares errors that are computed again with the recorded ones.

Each error depends on the whole network. So if two trainings differ, their errors soon differ, too. If all errors are
equal to the last bit, the trainings are probably equal.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from rnn_core.types import Array

from ..storage.store import STRETCH, Chunk
from .error_series import PIECE, ErrorSeries
from .stored_errors import values_of

NEAR = 1e-5
"""Relative difference up to which two means of a stretch count as equal: the recorded one is a float32."""


class Piece(NamedTuple):
    """Recorded errors.

    Attributes:
        start: the iteration of the first error.
        values: (n,) float64. In a thinned stretch they are not the real errors, but have the same minimum, mean and
            maximum; see `stored_errors.spread`.
        exact: whether each error is known exactly.
    """

    start: int
    values: Array
    exact: bool


def compared_until(series: ErrorSeries, stop: int) -> int:
    """How far to compute, to compare up to before `stop`: to the end of the stretch if it is thinned."""
    return stop if series.is_exact(stop - 1, stop) else -(-stop // STRETCH) * STRETCH


def pieces_of(series: ErrorSeries, start: int, stop: int) -> Iterable[Piece]:
    """What a series knows of the iterations from `start` to before `stop`. Thinned stretches come whole."""
    bounds = [
        (series.first, series.exact_until, True),
        (series.exact_until, series.exact_from, False),
        (series.exact_from, len(series), True),
    ]
    for begin, end, exact in bounds:
        low, high = max(begin, start), min(end, stop)
        if not exact:
            low, high = low // STRETCH * STRETCH, min(end, -(-high // STRETCH) * STRETCH)
        for place in range(low, high, PIECE):  # a multiple of STRETCH
            yield Piece(place, series.slice(place, min(place + PIECE, high)), exact)


def pieces_of_chunks(chunks: Iterable[Chunk], start: int, stop: int) -> Iterable[Piece]:
    """The same from chunks on disk. Of damaged chunks nothing is known."""
    touched = (chunk for chunk in chunks if chunk.count and chunk.start < stop and start < chunk.stop)
    return (Piece(chunk.start, values_of(chunk), chunk.stretches is None) for chunk in touched)


def parting(recorded: Iterable[Piece], start: int, again: Array) -> int | None:
    """Where errors that were computed again first differ from the record.

    Args:
        recorded: what is known, in order. Iterations of which nothing is known count as equal.
        start: the iteration of again[0].
        again: (n,) float64.

    Returns:
        The first iteration whose error differs in any bit; None if all are equal. In a thinned stretch: the first error
        outside the stretch's minimum and maximum. If there is none and `again` has the whole stretch: the stretch's
        beginning if its minimum, mean or maximum differs.
    """
    for piece in recorded:
        low, high = max(start, piece.start), min(start + len(again), piece.start + len(piece.values))
        if low >= high:
            continue
        found = again[low - start : high - start]
        if piece.exact:
            kept = piece.values[low - piece.start : high - piece.start]
            differs = np.flatnonzero(kept.view(np.int64) != found.view(np.int64))
            place = low + int(differs[0]) if len(differs) else None
        else:
            place = _parting_of_stretches(piece, low, found)
        if place is not None:
            return place
    return None


def _parting_of_stretches(piece: Piece, start: int, again: Array) -> int | None:
    """The same if only minimum, mean and maximum of every `STRETCH` iterations are known."""
    for begin in range(piece.start, piece.start + len(piece.values), STRETCH):
        low, high = max(begin, start), min(begin + STRETCH, start + len(again))
        if low >= high:
            continue
        kept = piece.values[begin - piece.start : begin - piece.start + STRETCH]
        found = again[low - start : high - start]
        rounded = found.astype(np.float32)
        outside = np.flatnonzero((rounded < kept.min()) | (rounded > kept.max()))
        if len(outside):
            return low + int(outside[0])
        whole = high - low == len(kept)
        if whole and (rounded.min() != kept.min() or rounded.max() != kept.max()):
            return begin
        if whole and not np.isclose(found.mean(), kept.mean(), rtol=NEAR, atol=0.0):
            return begin
    return None
