"""What a sweep trains: the settings that vary, their values, and the seeds. It is checked once, then frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from rnn_core import ConfigError, TrainingConfig
from rnn_core.assessment.evaluation import MAX_PROBLEMS, SAMPLE
from rnn_core.config import RULES, TOLD, FieldProblem, shown
from rnn_core.network.parts import make_task
from rnn_core.text import Text, listed

MAX_MEMBERS = 4_000
"""The most members of a sweep on a server."""

MAX_CELLS = 1_024
"""The most combinations of settings of such a sweep."""

MAX_WORK = 2**46
"""The most that all members of such a sweep may cost, in the unit of `work_of`: some hours of all cores."""

MAX_WORK_OF_MEMBER = 2**40
"""The most that one member may cost: some minutes of one core. That is what a killed server may lose."""

EVERY = 500
"""Iterations between two looks at the accuracy, if nothing else is asked for."""

VARIABLE = tuple(name for name in RULES if name != "seed")
"""The fields that may vary beside the seed."""


@dataclass(frozen=True)
class Plan:
    """The identity of a sweep: it decides all results, together with the engine and its version.

    Attributes:
        config: the fields in which all members differ from the default configuration.
        vary: the values of each field that varies, in the order in which they were given.
        seeds: the seeds from which each combination is trained.
        every: iterations between two looks at the accuracy.
        engine: the name of the engine that trains.
    """

    config: Mapping[str, Any]
    vary: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    every: int
    engine: str

    @cached_property
    def combinations(self) -> list[dict[str, Any]]:
        """The values of the fields that vary, for each cell; the last field changes fastest."""
        return [dict(zip(self.vary, values, strict=True)) for values in product(*self.vary.values())]

    @cached_property
    def configs(self) -> list[TrainingConfig]:
        """The configuration of each member: one cell after the other, and in each one seed after the other.

        Raises:
            ConfigError: some are not allowed.
        """
        return [
            TrainingConfig.from_mapping({**self.config, **values, "seed": seed})
            for values in self.combinations
            for seed in self.seeds
        ]

    def to_data(self) -> dict[str, Any]:
        """All of it as JSON values, for the disk and for messages."""
        vary = {name: list(values) for name, values in self.vary.items()}
        return {
            "config": dict(self.config),
            "vary": vary,
            "seeds": list(self.seeds),
            "every": self.every,
            "engine": self.engine,
        }


def planned(config: Mapping[str, Any], vary: Mapping[str, Any], seeds: Sequence[Any], every: int, engine: str) -> Plan:
    """A plan of values that people sent, if a server may train it. Two seeds are the first and the last of a range.

    Raises:
        ConfigError: with the problems of `config.X`, `vary.X` and `seeds`: a value is not allowed, or it is too much.
    """
    problems = [*_problems_of_vary(config, vary), *_problems_of_seeds(config, seeds)]
    if problems:
        raise ConfigError(problems[:TOLD], max(0, len(problems) - TOLD))
    if len(seeds) == 2 and seeds[0] < seeds[1]:
        seeds = range(seeds[0], seeds[1] + 1)
    plan = Plan(config, vary, seeds, every, engine)
    cells = 1
    for values in vary.values():
        cells *= len(values)
    if cells > MAX_CELLS:
        words = Text("must have at most {most} combinations, not {count}", most=f"{MAX_CELLS:,}", count=f"{cells:,}")
        raise ConfigError([FieldProblem("vary", words)])
    if cells * len(seeds) > MAX_MEMBERS:
        words = Text(
            "must be so few that there are at most {most} networks: {cells} combinations from {seeds} seeds are "
            "{count}",
            most=f"{MAX_MEMBERS:,}",
            cells=f"{cells:,}",
            seeds=f"{len(seeds):,}",
            count=f"{cells * len(seeds):,}",
        )
        raise ConfigError([FieldProblem("seeds", words)])
    try:
        configs = plan.configs
    except ConfigError as error:
        raise ConfigError([_placed(problem, vary) for problem in error.problems], error.more) from None
    _require_little_work(configs, every)
    return plan


def _problems_of_vary(config: Mapping[str, Any], vary: Mapping[str, Any]) -> list[FieldProblem]:
    problems = []
    for name, values in vary.items():
        place = f"vary.{shown(name)[1:-1]}"
        if name == "seed":
            problems.append(FieldProblem(place, Text("can't vary here: name the seeds in seeds")))
        elif name not in VARIABLE:
            words = Text("is not a field that can vary; those are {names}", names=listed(sorted(VARIABLE)))
            problems.append(FieldProblem(place, words))
        elif name in config:
            problems.append(FieldProblem(place, Text("stands in config, too; it must be in one of the two")))
        elif not isinstance(values, list) or not values:
            problems.append(FieldProblem(place, Text("must be an array of one or more values")))
        elif len(values) > MAX_CELLS:
            words = Text("must have at most {most} values, not {count}", most=MAX_CELLS, count=len(values))
            problems.append(FieldProblem(place, words))
        elif (
            wrong := next((value for value in values if not RULES[name].accepts(value)), wrong_none)
        ) is not wrong_none:
            words = Text(
                "must have only values that are {allowed}, not {value}", allowed=RULES[name].words, value=shown(wrong)
            )
            problems.append(FieldProblem(place, words))
        elif (twice := _twice(values)) is not wrong_none:
            problems.append(
                FieldProblem(place, Text("must have each value once; {value} is there twice", value=shown(twice)))
            )
    return problems


wrong_none = object()
"""Stands for no value, since null is one."""


def _twice(values: Sequence[Any]) -> Any:
    """The first value that is there a second time, or `wrong_none`."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return wrong_none


def _problems_of_seeds(config: Mapping[str, Any], seeds: Sequence[Any]) -> list[FieldProblem]:
    problems = []
    if "seed" in config:
        problems.append(FieldProblem("config.seed", Text("can't stand here: name the seeds in seeds")))
    wrong = next((seed for seed in seeds if not RULES["seed"].accepts(seed)), wrong_none)
    if not seeds:
        problems.append(FieldProblem("seeds", Text("must be an array of one or more seeds")))
    elif wrong is not wrong_none:
        words = Text(
            "must have only values that are {allowed}, not {value}", allowed=RULES["seed"].words, value=shown(wrong)
        )
        problems.append(FieldProblem("seeds", words))
    elif (twice := _twice(seeds)) is not wrong_none:
        problems.append(
            FieldProblem("seeds", Text("must have each value once; {value} is there twice", value=shown(twice)))
        )
    return problems


def _placed(problem: FieldProblem, vary: Mapping[str, Any]) -> FieldProblem:
    """A problem of a member's configuration, with the place of that field in the plan."""
    return FieldProblem(f"{'vary' if problem.field in vary else 'config'}.{problem.field}", problem.detail)


def _require_little_work(configs: Sequence[TrainingConfig], every: int) -> None:
    """Check that it is not too much.

    Raises:
        ConfigError: it is.
    """
    works = [work_of(config, every) for config in configs]
    largest, total = max(works), sum(works)
    if largest > MAX_WORK_OF_MEMBER:
        words = Text(
            "must be less for one network: it would take {times} times as long as a network of a sweep may. Ask for "
            "fewer iterations, units or bits, or look at it less often",
            times=f"{largest / MAX_WORK_OF_MEMBER:,.1f}",
        )
        raise ConfigError([FieldProblem("config.max_iterations", words)])
    if total > MAX_WORK:
        words = Text(
            "must be less in all: it would take {times} times as long as a sweep may. Ask for fewer seeds, values or "
            "iterations",
            times=f"{total / MAX_WORK:,.1f}",
        )
        raise ConfigError([FieldProblem("seeds", words)])


def work_of(config: TrainingConfig, every: int) -> int:
    """About what a member costs, in products of the recurrent matrix: its iterations, and the looks at its accuracy. A
    small network costs as much as one of eight units.
    """
    count = make_task(config).problem_count
    tried = count if count <= MAX_PROBLEMS else SAMPLE
    looks = -(-config.max_iterations // every)
    size = max(config.hidden_size, 8) ** 2
    return config.bits * size * (config.max_iterations * config.batch_size + looks * tried // 3)
