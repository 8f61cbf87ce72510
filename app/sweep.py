"""Many runs compared: which configurations learn, how often, and how fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from rnn_core import ConfigError, MemberProgress, TrainingConfig
from rnn_core.assessment.evaluation import is_sampled
from rnn_core.config import RULES, FieldProblem, must_be

GOAL = 0.99
"""The accuracy to reach: over all problems or, if there are too many, over a sample."""

MAX_MEMBERS = 100_000


class Findings(Protocol):
    """What an evaluation found of a network. See `Evaluation` for the meaning."""

    @property
    def accuracy(self) -> float: ...  # noqa: D102
    @property
    def hard_accuracy(self) -> float | None: ...  # noqa: D102
    @property
    def flawless(self) -> bool: ...  # noqa: D102


class Recorded(NamedTuple):
    """The findings of a run that an earlier sweep has finished."""

    accuracy: float
    hard_accuracy: float | None
    flawless: bool


@dataclass
class Member:
    """One run of a sweep.

    Attributes:
        config: its configuration.
        iteration: how many it has done.
        evaluation: what the latest evaluation found; None before the first.
        reached: the iteration at which its accuracy was first found to be `GOAL` or more; or None.
        done: whether it has ended.
        diverged: whether it ended by divergence.
    """

    config: TrainingConfig
    iteration: int = 0
    evaluation: Findings | None = None
    reached: int | None = None
    done: bool = False
    diverged: bool = False

    @property
    def accuracy(self) -> float:
        """The share of problems right in the latest evaluation, from 0 to 1; of a sample, if there are too many."""
        return 0.0 if self.evaluation is None else self.evaluation.accuracy

    @property
    def sampled(self) -> bool:
        """Whether its task has more problems than are tried."""
        return is_sampled(self.config)

    @property
    def flawless(self) -> bool:
        """Whether it got all tried problems right at its end."""
        return self.done and self.evaluation is not None and self.evaluation.flawless

    @property
    def learned(self) -> bool:
        """Whether it got all problems of its task right at its end. False if only a sample was tried."""
        return self.flawless and not self.sampled

    @property
    def passed(self) -> bool:
        """Whether its task has too many problems, and it got a sample and all hard ones right at its end."""
        return self.flawless and self.sampled

    def take(self, report: MemberProgress) -> None:
        """Take over a report of its progress."""
        self.iteration = report.snapshot.iteration
        self.done, self.diverged = report.done, report.snapshot.diverged
        if report.evaluation is not None:
            self.evaluation = report.evaluation
            if self.reached is None and self.accuracy >= GOAL:
                self.reached = self.iteration


@dataclass(frozen=True)
class Summary:
    """The results of a combination of settings, over its seeds.

    Attributes:
        varied: the fields in which combinations differ, and their values here.
        members: its runs.
    """

    varied: dict[str, Any]
    members: tuple[Member, ...]

    @property
    def sampled(self) -> bool:
        """Whether the task has more problems than are tried; it is the same for all seeds."""
        return self.members[0].sampled

    @property
    def learned(self) -> int:
        """The number of runs that got all problems of their task right at their end."""
        return sum(member.learned for member in self.members)

    @property
    def passed(self) -> int:
        """The number of runs whose task has too many problems, and that got a sample and all hard ones right."""
        return sum(member.passed for member in self.members)

    @property
    def diverged(self) -> int:
        """The number of runs that diverged."""
        return sum(member.diverged for member in self.members)

    @property
    def reached(self) -> list[int]:
        """The iterations at which runs reached `GOAL`, in order."""
        return sorted(member.reached for member in self.members if member.reached is not None)

    @property
    def flawless(self) -> int:
        """The number of runs that got everything right that was tried at their end."""
        return sum(member.flawless for member in self.members)

    @property
    def quartiles(self) -> tuple[float, float, float] | None:
        """Lower quartile, median and upper quartile of `reached`; None if it is empty."""
        if not self.reached:
            return None
        low, middle, high = np.percentile(self.reached, [25, 50, 75]).tolist()
        return low, middle, high


def parse_values(field: str, text: str) -> list[Any]:
    """The values of a field from a text such as `1,2,5`, `0..99` or `elman,gru`.

    Raises:
        ConfigError: one of them can't be read. `TrainingConfig` checks whether they are allowed.
    """
    return [value for part in text.split(",") for value in _values(field, part.strip())]


def _values(field: str, part: str) -> Sequence[Any]:
    rule = RULES[field]
    if rule.nullable and part == "none":
        return [None]
    try:
        if rule.kind == "integer":
            first, dots, last = part.partition("..")
            numbers = range(int(first), int(last) + 1) if dots else [int(part)]
            if len(numbers) > MAX_MEMBERS or not numbers:
                raise ValueError
            return numbers
        if rule.kind == "number":
            return [float(part)]
        if rule.kind == "boolean":
            return [{"true": True, "false": False}[part]]
    except (ValueError, KeyError, OverflowError):
        raise ConfigError([FieldProblem(field, must_be(rule.words, part))]) from None
    return [part]


def grid(values: Mapping[str, Sequence[Any]]) -> list[TrainingConfig]:
    """Every combination of the values; the last field changes fastest.

    Raises:
        ConfigError: a combination is not allowed, or there are more than a hundred thousand.
    """
    count = int(np.prod([len(choices) for choices in values.values()], dtype=object))
    if count > MAX_MEMBERS:
        raise ConfigError([FieldProblem("the sweep", f"must have at most {MAX_MEMBERS} runs, not {count}")])
    return [
        TrainingConfig.from_mapping(dict(zip(values, combination, strict=True)))
        for combination in product(*values.values())
    ]


def summarise(members: Sequence[Member], varied: Sequence[str]) -> list[Summary]:
    """The members grouped by the values of the `varied` fields, in the order of first appearance."""
    groups: dict[tuple[Any, ...], list[Member]] = {}
    for member in members:
        groups.setdefault(tuple(getattr(member.config, name) for name in varied), []).append(member)
    return [Summary(dict(zip(varied, key, strict=True)), tuple(group)) for key, group in groups.items()]


def plain(value: Any) -> Any:
    """A value as it is typed on the command line: "true", not "True"."""
    return str(value).lower() if isinstance(value, bool) else value


def draw_picture(path: Path, summaries: Sequence[Summary]) -> None:
    """Draw the share of runs that have reached 99%, over iterations, with one line for each combination.

    Raises:
        OSError: the place can't be written to.
        ValueError: matplotlib does not know this kind of file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (an optional extra)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    end = max(member.config.max_iterations for summary in summaries for member in summary.members)
    styles = ("-", "--", ":", "-.")
    for number, summary in enumerate(summaries):
        reached, total = summary.reached, len(summary.members)
        shares = [100 * k / total for k in range(len(reached) + 1)]
        verdict = f"{summary.passed} of {total} passed" if summary.sampled else f"{summary.learned} of {total} learned"
        label = f"{named(summary.varied)} ({verdict})"
        axes.step(
            [0, *reached, end], [*shares, shares[-1]], where="post", label=label, linestyle=styles[number // 10 % 4]
        )
    axes.set_xlim(0, end)
    axes.set_ylim(-2, 102)
    axes.set_xlabel("iterations")
    kinds = {summary.sampled for summary in summaries}
    problems = "problems" if len(kinds) > 1 else "a sample of problems" if kinds == {True} else "all problems"
    axes.set_ylabel(f"runs with 99% of {problems} right, in %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="best")
    figure.savefig(path, dpi=150)


def named(varied: Mapping[str, Any]) -> str:
    """A combination in words: "cell gru, learning_rate 0.1"."""
    return ", ".join(f"{name} {plain(value)}" for name, value in varied.items()) or "the default"
