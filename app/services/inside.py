"""What can be computed of a run's network, at the moment that a client asks for. If many ask the same, it is computed
once.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot

from .jobs import Jobs
from .parting import Look
from .travel import Travel

T = TypeVar("T")

Analysis: TypeAlias = Callable[..., Pieces[T]]
"""What is to be computed: called with a configuration, parameters by name, and what else the question names."""

KEPT = 64
"""How many of the latest answers of a run are kept. The largest take about a hundred kilobytes."""

MOST_ALONG = 12
"""The most moments for which an analysis is done along training."""

SHARED_SECONDS = 0.5
"""Seconds for which one moment of a running run counts as now. So all who watch it get the same answers."""


@dataclass(frozen=True, eq=False)
class Found(Generic[T]):
    """An answer, and the moment whose network was asked.

    Attributes:
        generation: that of the run.
        look: the moment.
        answer: what the analysis found.
    """

    generation: int
    look: Look
    answer: T

    @property
    def iteration(self) -> int:
        """After how many iterations the network was asked."""
        return self.look.snapshot.iteration


class Inside:
    """The answers about one generation of a run."""

    def __init__(self, generation: int, travel: Travel, jobs: Jobs, check: Callable[[], None]) -> None:
        """Begin without answers. `check` may be called from any thread. It raises if the run no longer has this
        generation, and that ends all computing.
        """
        self._generation = generation
        self._travel = travel
        self._jobs = jobs
        self._check = check
        self._now: Snapshot | None = None
        self._taken_at = 0.0
        self._found: OrderedDict[tuple[Hashable, ...], Found[Any]] = OrderedDict()

    async def now(self, snapshot: Snapshot, running: bool, analysis: Analysis[T], *asked: Hashable) -> Found[T]:
        """What an analysis finds in the network of now. If the run is running, the answer may be a little old.

        Args:
            snapshot: where the run stands.
            running: whether it is training.
            analysis: the same function for the same question.
            asked: what else the analysis is called with.

        Raises:
            Refusal: the run was reset or deleted meanwhile, or the server is busy.
        """
        if self._now is None or not running or time.monotonic() > self._taken_at + SHARED_SECONDS:
            self._now, self._taken_at = snapshot, time.monotonic()
        return await self.at(self._now.iteration, self._now, analysis, *asked)

    async def at(self, iteration: int, now: Snapshot, analysis: Analysis[T], *asked: Hashable) -> Found[T]:
        """What an analysis finds in the network after `iteration` iterations.

        Args:
            iteration: at most that of `now`.
            now: where the run stands.
            analysis: the same function for the same question.
            asked: what else the analysis is called with.

        Raises:
            Refusal: as `now`, or as `Travel.look`.
        """

        async def look() -> Look | None:
            return Look(now, None) if now.iteration == iteration else await self._travel.look(iteration)

        found = await self._answer(iteration, look, analysis, asked)
        assert found is not None
        return found

    async def along(self, analysis: Analysis[T], *asked: Hashable) -> list[Found[T]]:
        """What an analysis finds along training: at some of the moments that are kept, of which nothing has to be
        computed again, in order.

        Args:
            analysis: the same function for the same question.
            asked: what else the analysis is called with.

        Raises:
            Refusal: as `now`.
        """
        found = []
        for iteration in self._travel.landmarks(MOST_ALONG):
            answer = await self._answer(iteration, partial(self._travel.kept, iteration), analysis, asked)
            if answer is not None:
                found.append(answer)
        return found

    async def _answer(
        self,
        iteration: int,
        look: Callable[[], Awaitable[Look | None]],
        analysis: Analysis[T],
        asked: tuple[Hashable, ...],
    ) -> Found[T] | None:
        question = iteration, analysis, asked
        if question not in self._found:
            moment = await look()
            if moment is None:
                return None
            find = partial(self._find, moment, analysis, asked)
            self._found[question] = await self._jobs.shared((self, *question), find)
            if len(self._found) > KEPT:
                self._found.popitem(last=False)
        self._found.move_to_end(question)
        return self._found[question]

    async def _find(self, look: Look, analysis: Analysis[T], asked: tuple[Hashable, ...]) -> Found[T]:
        moment = look.snapshot
        pieces = analysis(moment.config, moment.parameters, *asked)
        return Found(self._generation, look, await self._jobs.compute(pieces, self._check))
