"""Summaries of the errors of runs that are only on disk, for lists.

One thread uses the database, and commands wait for what they write there. So a long series is read in short pieces.
The summaries are kept for the same question: a run that is only on disk does not change.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rnn_core.pieces import Pieces
from rnn_core.types import Array

from ..storage.rows import Row
from ..storage.store import Chunk
from .jobs import Jobs
from .keeper import Keeper
from .stored_errors import chunks_of, known_from, values_of

MAX_BYTES = 8 * 2**20
"""Bytes of memory for the summaries that are kept."""

READERS = 4
"""Series that are read at the same time. Each may take ten megabytes, and a command waits for a piece of each."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Errors in pieces.

    Attributes:
        row: the run as it was saved last.
        start: the iteration at which the first piece begins.
        stride: iterations per piece; the last may be shorter.
        pieces: (3, k), minimum, mean and maximum of each piece.
    """

    row: Row
    start: int
    stride: int
    pieces: Array


class Summaries:
    """Makes summaries, and keeps those that were asked for lately."""

    def __init__(self, keeper: Keeper, jobs: Jobs) -> None:
        """`keeper` reads the series, and `jobs` compute the summaries."""
        self._keeper = keeper
        self._jobs = jobs
        self._readers = asyncio.Semaphore(READERS)
        self._kept: OrderedDict[tuple[object, ...], Summary] = OrderedDict()
        self._bytes = 0

    async def of(self, row: Row, start: int, stop: int | None, points: int) -> Summary:
        """The errors of a run that is only on disk, from `start` to before `stop`, in at most `points` pieces.

        Raises:
            Refusal: `Unstored` if they can't be read.
        """
        asked = row.id, start, stop, points
        kept = self._kept.get(asked)
        if kept is not None and kept.row is row:
            self._kept.move_to_end(asked)
            return kept
        question = "summary", id(row), *asked
        found = await self._jobs.shared(question, partial(self._find, row, start, stop, points), always=True)
        self._keep(asked, found)
        return found

    def _keep(self, asked: tuple[object, ...], found: Summary) -> None:
        """Keep this summary. If there is too little room, forget those that were not used for the longest time."""
        for key in (asked, *self._kept):
            before = self._kept.pop(key, None)
            if before is not None:
                self._bytes -= before.pieces.nbytes
            if self._bytes + found.pieces.nbytes <= MAX_BYTES:
                break
        self._kept[asked] = found
        self._bytes += found.pieces.nbytes

    async def _find(self, row: Row, start: int, stop: int | None, points: int) -> Summary:
        async with self._readers:
            chunks = await chunks_of(self._keeper, row)
            begin = max(start, known_from(row, chunks))
            end = max(begin, min(row.iteration, row.iteration if stop is None else stop))
            stride = max(1, -(-(end - begin) // points))
            return Summary(row, begin, stride, await self._jobs.compute(summary_of(chunks, begin, end, stride)))


def summary_of(chunks: Sequence[Chunk], start: int, stop: int, stride: int) -> Pieces[Array]:
    """Minimum, mean and maximum of every `stride` iterations from `start` to before `stop`, as far as they are stored:
    (3, k). It works chunk by chunk, so a long run takes no more memory than a short one.
    """
    kept = min(stop, max((chunk.stop for chunk in chunks), default=start))
    edges = np.arange(start, max(start, kept), stride)
    low, total, high = np.full(len(edges), np.inf), np.zeros(len(edges)), np.full(len(edges), -np.inf)
    for chunk in chunks:
        begin, end = max(start, chunk.start), min(kept, chunk.stop)
        if begin >= end:
            continue
        yield
        values = values_of(chunk)[begin - chunk.start : end - chunk.start]
        touched = slice((begin - start) // stride, -(-(end - start) // stride))
        places = np.maximum(edges[touched] - begin, 0)
        low[touched] = np.minimum(low[touched], np.minimum.reduceat(values, places))
        high[touched] = np.maximum(high[touched], np.maximum.reduceat(values, places))
        total[touched] += np.add.reduceat(values, places)
    mean = total / np.diff(np.append(edges, kept))
    return np.stack([low, np.clip(mean, low, high), high])  # rounding could put a mean outside
