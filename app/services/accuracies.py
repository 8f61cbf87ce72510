"""How much a run's network gets right at a moment that somebody asks for: asked for by many, computed once."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor

from app.messages import Accuracy, CaseAnswer, WrongAnswer
from app.services.compiler import Compiler
from rnn_core import Evaluation, evaluate
from rnn_core.cases import mean_outputs
from rnn_core.prediction import Forward, predict
from rnn_core.snapshot import Snapshot

SHARED_SECONDS = 0.25
"""For so long an evaluation serves all who ask while the run goes on."""


class Accuracies:
    """The evaluations of one generation of a run. What they answer lacks the history, which `Historian` keeps."""

    def __init__(self, run_id: str, generation: int, executor: Executor, compiler: Compiler) -> None:
        self._run_id = run_id
        self._generation = generation
        self._executor = executor
        self._compiler = compiler
        self._latest: asyncio.Task[Accuracy] | None = None
        self._iteration, self._asked_at = -1, 0.0

    async def now(self, snapshot: Snapshot, running: bool, clock: Callable[[], float] = time.monotonic) -> Accuracy:
        """How much of its task a network gets right, over all problems; of a running one, lately."""
        fresh = running and clock() < self._asked_at + SHARED_SECONDS
        if self._latest is None or not (fresh or self._iteration == snapshot.iteration):
            self._iteration, self._asked_at = snapshot.iteration, clock()
            self._latest = asyncio.create_task(self._evaluate(snapshot))
        return await asyncio.shield(self._latest)

    async def at(self, snapshot: Snapshot) -> Accuracy:
        """How much of its task a network got right at an earlier moment, over all problems."""
        return await self._evaluate(snapshot)

    async def _evaluate(self, snapshot: Snapshot) -> Accuracy:
        engine = await asyncio.shield(self._compiler.prepare(snapshot.config))
        forward = self._compiler.forward(snapshot.config)
        loop = asyncio.get_running_loop()
        found, worst, cases = await loop.run_in_executor(self._executor, _evaluate, snapshot, engine, forward)
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


def _evaluate(
    snapshot: Snapshot, engine: str, forward: Forward | None
) -> tuple[Evaluation, list[WrongAnswer], list[CaseAnswer]]:
    """An evaluation, in a thread, its worst problems with the network's answers, and its answers by case."""
    found = evaluate(snapshot.config, snapshot.parameters, engine)
    worst = []
    for operands, error in zip(found.worst.tolist(), found.worst_errors.tolist(), strict=True):
        answer = predict(snapshot.config, snapshot.parameters, *operands, forward=forward)
        named = {"a": answer.a, "b": answer.b, "c": answer.c}
        worst.append(WrongAnswer(**named, expected=answer.expected, predicted=answer.predicted, error=error))
    cases = [CaseAnswer(**vars(case)) for case in mean_outputs(snapshot.config, snapshot.parameters)]
    return found, worst, cases
