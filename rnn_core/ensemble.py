"""Many runs at once: they are spread over the cores, and runs of one form are computed side by side on each core.

This is the only file in `rnn_core` that uses threads. Kernels release the interpreter's lock, so threads are enough.
"""

import os
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby, islice

from rnn_core.assessment.evaluation import Evaluation, evaluate
from rnn_core.config import TrainingConfig
from rnn_core.engines.compiled_engine import form_of
from rnn_core.kernels.network.plan import TOGETHER
from rnn_core.snapshot import Snapshot
from rnn_core.together import advance_together
from rnn_core.trainer import Trainer
from rnn_core.types import Array


@dataclass(frozen=True, eq=False)
class MemberProgress:
    """How far one member of an ensemble has come.

    Attributes:
        index: which of the configurations.
        errors: (n,) of the iterations done since the last report of this member.
        snapshot: where it stands, exactly as if it were trained alone.
        evaluation: how well it has learned, as `evaluate` finds it; None if it was not asked for.
        done: whether it has finished or diverged; then this is its last report.
    """

    index: int
    errors: Array
    snapshot: Snapshot
    evaluation: Evaluation | None
    done: bool

    @property
    def accuracy(self) -> float | None:
        """The share of problems right, from 0 to 1; None if it was not asked for."""
        return None if self.evaluation is None else self.evaluation.accuracy


def train_many(
    configs: Sequence[TrainingConfig],
    *,
    every: int = 1000,
    accuracy_until: float | None = None,
    engine: str | None = None,
    cores: int | None = None,
) -> Generator[MemberProgress, None, None]:
    """Train every configuration to its end, and report the progress of each.

    Members may differ in anything. Each computes exactly what its own `Trainer` would, whatever is beside it. Closing
    the generator, or an exception in the loop around it, cancels: running members end within `every` iterations, and no
    other member begins.

    Args:
        configs: one for each member.
        every: iterations between two reports of a member.
        accuracy_until: evaluate a member at each report until it has this accuracy, and at its end; None for never.
        engine: a key of `ENGINES`; None for the default.
        cores: the number of threads; None for one on each core.

    Yields:
        Reports. Those of one member come in order; those of different members in any order.

    Raises:
        ValueError: `every` or `cores` is below 1.
        EngineError: no such engine.
    """
    if every < 1 or (cores is not None and cores < 1):
        raise ValueError("every and cores must be 1 or more")
    threads = cores or os.cpu_count() or 1
    size = next((size for size in TOGETHER if size * (threads - 1) < len(configs)), min(TOGETHER))
    waiting = iter([_Group(members, every, accuracy_until, engine) for members in _like(configs, size)])
    with ThreadPoolExecutor(threads, thread_name_prefix="ensemble") as pool:
        running = {pool.submit(group.advance): group for group in islice(waiting, threads)}
        try:
            while running:
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    group: _Group | None = running.pop(future)
                    reports = future.result()
                    if group is not None and group.done:
                        group = next(waiting, None)
                    if group is not None:
                        running[pool.submit(group.advance)] = group
                    yield from reports
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _like(configs: Sequence[TrainingConfig], size: int) -> list[list[tuple[int, TrainingConfig]]]:
    """The members in groups of up to `size` that one kernel can train: only seed, rates and length differ."""

    def likeness(member: tuple[int, TrainingConfig]) -> str:
        return repr(form_of(member[1]))

    groups = []
    for _, alike in groupby(sorted(enumerate(configs), key=likeness), key=likeness):
        members = list(alike)
        groups += [members[k : k + size] for k in range(0, len(members), size)]
    return groups


class _Group:
    """Members of one form. One thread at a time trains them side by side."""

    def __init__(
        self,
        members: list[tuple[int, TrainingConfig]],
        every: int,
        accuracy_until: float | None,
        engine: str | None,
    ) -> None:
        self._waiting = members
        self._every = every
        self._accuracy_until = accuracy_until
        self._engine = engine
        self._runs: dict[int, Trainer] = {}
        self._reached: set[int] = set()

    @property
    def done(self) -> bool:
        """Whether all members have ended."""
        return not self._waiting and not self._runs

    def advance(self) -> list[MemberProgress]:
        """Train each member further, and report."""
        if self._waiting:  # trainers are made here, so that thousands do not exist before their turn
            self._runs = {index: Trainer(config, self._engine) for index, config in self._waiting}
            self._waiting = []
        advances = advance_together(list(self._runs.values()), self._every)
        reports = [
            self._report(index, run, advance.errors)
            for (index, run), advance in zip(self._runs.items(), advances, strict=True)
        ]
        for report in reports:
            if report.done:
                del self._runs[report.index]
        return reports

    def _report(self, index: int, run: Trainer, errors: Array) -> MemberProgress:
        snapshot, done = run.snapshot(), run.finished or run.diverged
        evaluation = None
        if self._accuracy_until is not None and (done or index not in self._reached):
            evaluation = evaluate(snapshot.config, snapshot.parameters, run.engine)
            if evaluation.accuracy >= self._accuracy_until:
                self._reached.add(index)
        return MemberProgress(index, errors, snapshot, evaluation, done)
