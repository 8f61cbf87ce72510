"""Trains members of a sweep, in a process of its own: `python -m app.sweep_child`.

Compiling holds the interpreter for seconds, and a thousand networks fill all cores. So a server has this process train
them, at a low priority. The first line of standard input is a JSON object: `configs`, `every`, `engine`, `cores`. On
standard output comes a JSON object a line: `done` is how many iterations were done since the last one, and `ended` has
the results of the members that have ended, by their places in `configs`. The process ends when standard input does: so
it does not outlive the server, however that ends.
"""

import json
import os
import sys
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from rnn_core import EngineError, MemberProgress, TrainingConfig, train_many
from rnn_core.engines.compiled_engine import form_of, serve_by_general_kernels

from .scheduling import LEAST, yield_to_others
from .sweep import GOAL, Member

REFUSED = 2
"""The exit status if the engine can't train here."""

TELL_SECONDS = 0.2
"""Seconds between two lines while no member ends."""

WORTH_COMPILING = 2**35
"""The cost of all members of one form together from which their own kernels are worth compiling: they take some seconds
to compile, and then train several members side by side. Below that the general kernels of the cell serve them, with the
same bits.
"""

POINTS = 40
"""The most points of a member's curve."""


class Curve:
    """The mean error of each stretch of a member's iterations, in at most `POINTS` stretches of equal length."""

    def __init__(self, every: int, iterations: int) -> None:
        """Expect this many iterations, in reports of `every`."""
        self._size = -(-max(1, -(-iterations // every)) // POINTS)  # reports in a stretch
        self._means: list[float] = []
        self._sum, self._count, self._reports = 0.0, 0, 0

    def add(self, report: MemberProgress) -> None:
        """Take over the errors of a report."""
        self._sum += float(report.errors.sum())
        self._count += len(report.errors)
        self._reports += 1
        if self._count and (report.done or self._reports == self._size):
            self._means.append(round(self._sum / self._count, 4))
            self._sum, self._count, self._reports = 0.0, 0, 0

    @property
    def means(self) -> list[float]:
        """The means, the first iterations first."""
        return self._means


def result_of(member: Member, curve: Sequence[float]) -> dict[str, Any]:
    """What was found of a member that has ended, as JSON values."""
    assert member.evaluation is not None
    return {
        "iterations": member.iteration,
        "accuracy": member.evaluation.accuracy,
        "hard_accuracy": member.evaluation.hard_accuracy,
        "flawless": member.evaluation.flawless,
        "reached": member.reached,
        "diverged": member.diverged,
        "errors": list(curve),
    }


def choose_kernels(configs: Sequence[TrainingConfig]) -> None:
    """Have general kernels train the forms of which there is little to train: see `WORTH_COMPILING`."""
    costs: dict[object, int] = defaultdict(int)
    for config in configs:
        costs[form_of(config)] += config.cost * config.max_iterations
    for config in configs:
        serve_by_general_kernels(config, costs[form_of(config)] < WORTH_COMPILING)


def train(
    configs: Sequence[TrainingConfig],
    every: int,
    engine: str | None,
    cores: int | None,
    tell: Callable[[int, dict[int, dict[str, Any]]], None],
) -> None:
    """Train all members, and tell how many iterations were done, and what was found of those that have ended.

    Raises:
        EngineError: there is no such engine here.
    """
    choose_kernels(configs)
    members = [Member(config) for config in configs]
    curves = [Curve(every, config.max_iterations) for config in configs]
    done, told_at = 0, time.monotonic()
    with closing(train_many(configs, every=every, accuracy_until=GOAL, engine=engine, cores=cores)) as reports:
        for report in reports:
            member = members[report.index]
            member.take(report)
            curves[report.index].add(report)
            done += len(report.errors)
            if member.done:
                tell(done, {report.index: result_of(member, curves[report.index].means)})
            elif time.monotonic() < told_at + TELL_SECONDS:
                continue
            else:
                tell(done, {})
            done, told_at = 0, time.monotonic()


def main() -> None:
    """Train what standard input names."""
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()
    yield_to_others(LEAST)  # the threads that train inherit this
    warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)

    def tell(done: int, ended: dict[int, dict[str, Any]]) -> None:
        sys.stdout.write(f"{json.dumps({'done': done, 'ended': ended})}\n")
        sys.stdout.flush()

    configs = [TrainingConfig.from_mapping(config) for config in job["configs"]]
    try:
        train(configs, job["every"], job["engine"], job["cores"], tell)
    except EngineError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    except BrokenPipeError:
        os._exit(1)


def _end_with_server() -> None:
    while os.read(sys.stdin.fileno(), 4096):  # a buffered read would hold a lock that the interpreter needs to end
        pass
    os._exit(0)  # at once: what is under way is lost, and trained again


if __name__ == "__main__":
    main()
