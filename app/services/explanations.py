"""Why a run's answer is wrong, at the moment that a client asks for. If many ask the same, it is computed once."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rnn_core.analysis.why import Explanation, explanation
from rnn_core.snapshot import Snapshot

from .jobs import Jobs
from .parting import Look
from .travel import Travel

KEPT = 64
"""How many of the latest explanations of a run are kept. Each takes about a kilobyte."""


@dataclass(frozen=True, eq=False)
class Found:
    """An explanation, and the moment whose network was asked."""

    look: Look
    explanation: Explanation

    @property
    def iteration(self) -> int:
        """After how many iterations the network was asked."""
        return self.look.snapshot.iteration


class Explanations:
    """The explanations of one generation of a run."""

    def __init__(self, travel: Travel, jobs: Jobs, check: Callable[[], None]) -> None:
        """Begin without explanations. `check` may be called from any thread. It raises if the run no longer has this
        generation, and that ends all computing.
        """
        self._travel = travel
        self._jobs = jobs
        self._check = check
        self._found: OrderedDict[tuple[int, tuple[int, ...]], Found] = OrderedDict()

    async def at(self, now: Snapshot, iteration: int, operands: tuple[int, ...]) -> Found:
        """Why the network's answer to a problem is as it is, after `iteration` iterations.

        Args:
            now: where the run stands.
            iteration: at most that of `now`.
            operands: a problem of the run's task.

        Raises:
            Refusal: the run was reset or deleted meanwhile, the server is busy, or as `Travel.look`.
        """
        question = iteration, operands
        if question not in self._found:
            look = Look(now, None) if iteration == now.iteration else await self._travel.look(iteration)
            find = partial(self._find, look, operands)
            self._found[question] = await self._jobs.shared((self, *question), find)
            if len(self._found) > KEPT:
                self._found.popitem(last=False)
        self._found.move_to_end(question)
        return self._found[question]

    async def _find(self, look: Look, operands: tuple[int, ...]) -> Found:
        moment = look.snapshot
        pieces = explanation(moment.config, moment.parameters, *operands)
        return Found(look, await self._jobs.compute(pieces, self._check))
