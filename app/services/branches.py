"""The beginning of a branch: a run that goes on from a moment of another run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rnn_core.config import MAX_RECORDED
from rnn_core.pieces import Pieces
from rnn_core.travel import branch
from rnn_core.types import Array

from ..storage.store import CHUNK
from .beginnings import Beginning
from .error_series import ErrorSeries
from .jobs import Jobs
from .live_run import LiveRun, too_many_changes
from .parting import Parted


@dataclass(frozen=True, eq=False)
class Branched:
    """The past of a branch.

    Attributes:
        parent: the name of the run that it comes from.
        beginning: the past of that run up to where the branch begins.
    """

    parent: str
    beginning: Beginning


async def branched_off(
    parent: LiveRun, iteration: int, changes: Mapping[str, Any], jobs: Jobs, edits: list[Any] | None = None
) -> Branched:
    """The past of a run that begins at a moment of `parent`, with edits of its weights. No run is created yet.

    Raises:
        Refusal, ConfigError: as `Registry.branched`.
    """
    series, keyframes = parent.errors, parent.keyframes
    moment = branch(await parent.travel.moment(iteration), dict(changes), edits)
    if len(moment.changes) > MAX_RECORDED:
        raise too_many_changes(parent.name)
    # The last chunk has to be exact, even if the parent knows only stretches of it: compute those errors again.
    whole = max(series.first, iteration // CHUNK * CHUNK)
    try:
        last = await parent.travel.errors(whole, iteration)
    except Parted:  # the network was kept, but its exact errors can't be computed here: begin without errors
        errors = ErrorSeries(iteration)
    else:
        there = partial(parent.travel.expect, keyframes)
        errors = await jobs.compute(_with(series.copied(whole), last), there)
    parent.travel.expect(keyframes)
    origin = parent.id, parent.generation
    # The edited network is another one, so what was found of the network here does not hold for it.
    known = parent.history.until(iteration if edits is None else iteration - 1)
    beginning = Beginning.of_branch(moment, errors, origin, keyframes.until(iteration), known, parent.history.marks)
    return Branched(parent.name, beginning)


def _with(copied: Pieces[ErrorSeries], last: Array) -> Pieces[ErrorSeries]:
    """A series that is copied piece by piece, with these last errors added."""
    errors = yield from copied
    errors.store(last)
    errors.reveal(len(last))
    return errors
