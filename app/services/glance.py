"""A short view of a run, for lists: where it stands and how its error fell. The run need not come into memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rnn_core.types import Array

from ..messages.outgoing import RunStatus
from .registry import Registry, unknown
from .status import status_of

FEW = 500
"""Points that take some milliseconds, even for a long run. More points are a job."""


@dataclass(frozen=True, eq=False)
class Glance:
    """A short view of a run.

    Attributes:
        status: where the run stands.
        start: the iteration at which the first piece of its errors begins.
        stride: iterations per piece; the last may be shorter.
        pieces: (3, k), minimum, mean and maximum of each piece.
        accuracies: (iteration, accuracy) of the scheduled moments so far that are evaluated already, in order.
        pending: how many scheduled moments will be evaluated soon.
    """

    status: RunStatus
    start: int
    stride: int
    pieces: Array
    accuracies: Sequence[tuple[int, float]]
    pending: int


async def glance(runs: Registry, run_id: str, start: int, stop: int | None, points: int) -> Glance:
    """A run, with the errors of the iterations from `start` to before `stop` in at most `points` pieces. If the run is
    only on disk, it stays there, and the errors are read there. If some of them are damaged, the answer begins after
    these: they are computed again when the run comes into memory.

    Raises:
        Refusal: `Missing` if there is no run with this id, `Unstored` if it can't be read.
    """
    while (row := runs.on_disk(run_id)) is not None:
        found = await runs.summaries.of(row, start, stop, points)
        if runs.on_disk(run_id) is row:  # else the run has changed since, and is read again
            return Glance(status_of(row), found.start, found.stride, found.pieces, row.accuracies, 0)
    run = runs.in_memory(run_id)
    if run is None:
        raise unknown(run_id)
    status, series = run.status(), run.errors
    accuracies, pending = run.accuracies, run.pending_accuracies
    begin, end = max(start, series.first), len(series) if stop is None else stop
    if points <= FEW:
        stride, low, mean, high = await asyncio.to_thread(series.summary, start, end, points)
    else:
        summary = partial(series.summary_in_pieces, start, end, points)
        question = "summary", series, len(series), start, end, points
        stride, low, mean, high = await runs.jobs.shared(question, lambda: runs.jobs.compute(summary()), always=True)
    return Glance(status, begin, stride, np.stack([low, mean, high]), accuracies, pending)
