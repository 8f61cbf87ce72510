"""How much a run's network gets right at a moment that a client asks for. If many ask, it is computed once."""

import time
from collections.abc import Callable
from functools import partial

from rnn_core import Evaluation
from rnn_core.assessment.cases import mean_outputs_in_pieces
from rnn_core.assessment.evaluation import evaluation
from rnn_core.assessment.prediction import Forward, predict
from rnn_core.pieces import Pieces
from rnn_core.snapshot import Snapshot

from ..messages.outgoing import Accuracy, CaseAnswer, WrongAnswer
from .compiler import Compiler
from .jobs import Jobs

SHARED_SECONDS = 0.25
"""Seconds for which one evaluation answers all clients while the run goes on."""

PIECE_COST = 2**23
"""What is evaluated in one piece, in problems times their cost: some milliseconds at most."""

LEAST_COST = 64
"""The fixed cost of one bit of a problem. hidden_size**2 is added to it."""


class Accuracies:
    """The evaluations of one generation of a run. Their answers do not hold the history; `Historian` completes that."""

    def __init__(
        self, run_id: str, generation: int, jobs: Jobs, compiler: Compiler, check: Callable[[], None] = lambda: None
    ) -> None:
        """Begin without evaluations. `check` may be called from any thread. It raises if the run no longer has this
        generation, and that ends all evaluations.
        """
        self._run_id = run_id
        self._generation = generation
        self._jobs = jobs
        self._compiler = compiler
        self._check = check
        self._now: Snapshot | None = None
        self._asked_at = 0.0
        self._found: Accuracy | None = None

    async def now(self, snapshot: Snapshot, running: bool) -> Accuracy:
        """How much of its task a network gets right, over all problems. If the run is running, the answer may be a
        little old.

        Raises:
            Refusal: the run was reset or deleted meanwhile, or the server is busy.
        """
        if self._now is None or not (running and self._is_fresh(self._now)):
            self._now, self._asked_at = snapshot, time.monotonic()
        now = self._now
        if self._found is None or self._found.iteration != now.iteration:
            found = await self._jobs.shared((self, "now", now.iteration), partial(self._evaluate, now))
            if self._now is now:
                self._found = found
            return found
        return self._found

    def _is_fresh(self, snapshot: Snapshot) -> bool:
        """Whether the evaluation of this moment still counts as current: it is new, or not answered yet."""
        return time.monotonic() < self._asked_at + SHARED_SECONDS or self._jobs.is_open(
            (self, "now", snapshot.iteration)
        )

    async def at(self, snapshot: Snapshot) -> Accuracy:
        """How much of its task a network got right at an earlier moment, over all problems.

        Raises:
            Refusal: as `now`.
        """
        return await self._jobs.shared((self, "then", snapshot.iteration), partial(self._evaluate, snapshot))

    async def _evaluate(self, snapshot: Snapshot) -> Accuracy:
        engine = await self._compiler.engine(snapshot.config)
        forward = self._compiler.forward(snapshot.config)
        found, worst, cases = await self._jobs.compute(_evaluated(snapshot, engine, forward), self._check)
        return Accuracy(
            run=self._run_id,
            generation=self._generation,
            iteration=snapshot.iteration,
            problems=found.problems,
            sampled=found.sampled,
            accuracy=found.accuracy,
            bit_accuracy=found.bit_accuracy.tolist(),
            hard_problems=found.hard_problems,
            hard_right=found.hard_right,
            worst=worst,
            cases=cases,
        )


def _evaluated(
    snapshot: Snapshot, engine: str, forward: Forward | None
) -> Pieces[tuple[Evaluation, list[WrongAnswer], list[CaseAnswer]]]:
    """An evaluation, its worst problems with the network's answers, and the answers by case."""
    config, parameters = snapshot.config, snapshot.parameters
    piece = PIECE_COST // (config.bits * (config.hidden_size**2 + LEAST_COST))
    found = yield from evaluation(config, parameters, engine, piece)
    worst = []
    for operands, error in zip(found.worst.tolist(), found.worst_errors.tolist(), strict=True):
        yield
        answer = predict(config, parameters, *operands, forward=forward)
        named = {"a": answer.a, "b": answer.b, "c": answer.c}
        worst.append(WrongAnswer(**named, expected=answer.expected, predicted=answer.predicted, error=error))
    cases = yield from mean_outputs_in_pieces(config, parameters)
    return found, worst, [CaseAnswer(**vars(case)) for case in cases]
