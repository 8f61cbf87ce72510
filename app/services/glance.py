"""A run at a glance, for lists of many: where it stands and how its error fell. None comes into memory for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from app.messages import RunStatus
from app.services.past import known_from, values_of
from app.services.registry import Registry, status_of, unknown
from app.storage.store import Chunk, Store
from rnn_core.types import Array


@dataclass(frozen=True, eq=False)
class Glance:
    """What is seen.

    Attributes:
        status: where the run stands.
        start: the iteration that the first piece of its errors begins with.
        stride: iterations of a piece; the last may be shorter.
        pieces: (3, k), minimum, mean and maximum of each.
        accuracies: (iteration, accuracy) of the scheduled moments so far, in order, as far as they were looked at.
        pending: how many of them will be looked at soon.
    """

    status: RunStatus
    start: int
    stride: int
    pieces: Array
    accuracies: Sequence[tuple[int, float]]
    pending: int


async def glance(runs: Registry, run_id: str, start: int, stop: int | None, points: int) -> Glance:
    """A run, with the errors of the iterations from `start` to before `stop` in at most `points` pieces. Of one that
    is on disk alone they are read there, and it stays there; where some are damaged, they begin behind those, until it
    comes into memory and they are computed again.

    Raises:
        Problem: 404 where there is none of that id, 507 where it can't be read.
    """
    while (row := runs.on_disk(run_id)) is not None:
        chunks = await runs.keeper.call(partial(Store.errors, run_id=row.id, first=row.first))
        begin = max(start, known_from(row, chunks))
        end = max(begin, min(row.iteration, row.iteration if stop is None else stop))
        stride = max(1, -(-(end - begin) // points))
        if runs.on_disk(run_id) is row:  # else what was read may be of another time
            pieces = await asyncio.to_thread(summary_of, chunks, begin, end, stride)
            return Glance(status_of(row), begin, stride, pieces, row.accuracies, 0)
    run = runs.in_memory(run_id)
    if run is None:
        raise unknown(run_id)
    status, series = run.status(), run.errors
    accuracies, pending = run.accuracies, run.pending_accuracies
    begin, end = max(start, series.first), len(series) if stop is None else stop
    stride, low, mean, high = await asyncio.to_thread(series.summary, start, end, points)
    return Glance(status, begin, stride, np.stack([low, mean, high]), accuracies, pending)


def summary_of(chunks: Sequence[Chunk], start: int, stop: int, stride: int) -> Array:
    """Minimum, mean and maximum of every `stride` iterations from `start` to before `stop`, as far as they are kept:
    (3, k). Chunk by chunk, so that the longest run takes no more memory than any other.
    """
    kept = min(stop, max((chunk.stop for chunk in chunks), default=start))
    edges = np.arange(start, max(start, kept), stride)
    low, total, high = np.full(len(edges), np.inf), np.zeros(len(edges)), np.full(len(edges), -np.inf)
    for chunk in chunks:
        begin, end = max(start, chunk.start), min(kept, chunk.stop)
        if begin >= end:
            continue
        values = values_of(chunk)[begin - chunk.start : end - chunk.start]
        touched = slice((begin - start) // stride, -(-(end - start) // stride))
        places = np.maximum(edges[touched] - begin, 0)
        low[touched] = np.minimum(low[touched], np.minimum.reduceat(values, places))
        high[touched] = np.maximum(high[touched], np.maximum.reduceat(values, places))
        total[touched] += np.add.reduceat(values, places)
    mean = total / np.diff(np.append(edges, kept))
    return np.stack([low, np.clip(mean, low, high), high])  # rounding alone could put a mean outside
