"""Errors that are computed again, compared with those that were recorded.

Each error sums up what the whole network did in an iteration, so two histories that part soon differ in it. Where the
errors are the same to the last bit, so is the history, as far as can be told.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from app.services.error_series import PIECE, ErrorSeries
from app.services.stored_errors import values_of
from app.storage.store import STRETCH, Chunk
from rnn_core.types import Array

NEAR = 1e-5
"""How far the mean of a stretch, kept as float32, may be from one that is the same, as a share of it."""


class Piece(NamedTuple):
    """Recorded errors.

    Attributes:
        start: the iteration of the first.
        values: (n,) float64. Of thinned stretches such as have their least, mean and most; see `stored_errors.spread`.
        exact: whether each is known by itself.
    """

    start: int
    values: Array
    exact: bool


def compared_until(series: ErrorSeries, stop: int) -> int:
    """How far to compute for a comparison up to before `stop`: of a thinned stretch all of it."""
    return stop if series.is_exact(stop - 1, stop) else -(-stop // STRETCH) * STRETCH


def pieces_of(series: ErrorSeries, start: int, stop: int) -> Iterable[Piece]:
    """What a series knows of the iterations from `start` to before `stop`, thinned stretches as a whole."""
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
    """The same of what is on disk; of damaged chunks nothing is known."""
    touched = (chunk for chunk in chunks if chunk.count and chunk.start < stop and start < chunk.stop)
    return (Piece(chunk.start, values_of(chunk), chunk.stretches is None) for chunk in touched)


def parting(recorded: Iterable[Piece], start: int, again: Array) -> int | None:
    """Where errors that were computed again part from what was recorded.

    Args:
        recorded: what is known, in order; where nothing is, nothing can part.
        start: the iteration of again[0].
        again: (n,) float64.

    Returns:
        The first iteration whose error is another, in any bit; None where all agree. Of a thinned stretch the first
        that lies outside or, where all of the stretch is there, its beginning if its least, mean or most is another.
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
    """The same where of every `STRETCH` iterations only least, mean and most are known."""
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
