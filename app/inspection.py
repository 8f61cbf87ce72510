"""Everything that `rnn_core.analysis` finds in one network, and how it is said in sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core import Evaluation, Trainer, TrainingConfig, evaluate
from rnn_core.analysis import (
    AccuracyMap,
    ExtractedMachine,
    GradientReach,
    HiddenStates,
    Lengths,
    NoMapError,
    NothingHiddenError,
    accuracy_map,
    extract_machine,
    gradient_reach,
    hidden_states,
    lengths,
)
from rnn_core.network.parts import make_task
from rnn_core.tasks import Task


def percent(share: float) -> str:
    """A share in percent, rounded down: 100% is all."""
    return f"{np.floor(share * 1000) / 10:.1f}%"


def longest_memory(task: Task) -> tuple[int, ...]:
    """A problem in which something must be remembered along as many positions as possible."""
    problems = task.hard_problems() if len(task.hard_problems()) else task.some_problems(1, 1)
    inputs, _ = task.encode(problems, task.bits)  # (T, n, I)
    start = task.machine.states[0]
    remembers = np.array([state != start for state, _ in task.machine.steps])  # by the step that is taken
    longest = int(remembers[task.machine.lines(inputs.astype(np.int64))].sum(axis=0).argmax())
    return tuple(problems[longest].tolist())


@dataclass(frozen=True, eq=False)
class Inspection:
    """What is inside a network.

    Attributes:
        config: the run's.
        iteration: after how many iterations.
        accuracy: how much of its task it gets right.
        states: where its hidden states lie; None if there is nothing to remember.
        machine: what machine it has become.
        lengths: how far it carries.
        map: the margins of all pairs; None for a task without pairs.
        problem: the hard problem whose way back is looked at.
        reach: how far back the errors of that problem reach.
    """

    config: TrainingConfig
    iteration: int
    accuracy: Evaluation
    states: HiddenStates | None
    machine: ExtractedMachine
    lengths: Lengths
    map: AccuracyMap | None
    problem: tuple[int, ...]
    reach: GradientReach

    @classmethod
    def of(cls, trainer: Trainer) -> "Inspection":
        """Look into a trainer's network."""
        config, parameters = trainer.config, trainer.parameters
        problem = longest_memory(make_task(config))
        return cls(
            config=config,
            iteration=trainer.iteration,
            accuracy=evaluate(config, parameters, "numpy"),
            states=_unless(NothingHiddenError, lambda: hidden_states(config, parameters)),
            machine=extract_machine(config, parameters),
            lengths=lengths(config, parameters),
            map=_unless(NoMapError, lambda: accuracy_map(config, parameters)),
            problem=problem,
            reach=gradient_reach(config, parameters, *problem),
        )

    def to_dict(self) -> dict[str, Any]:
        """What was found, as data for JSON. Numbers that may exceed 2**53 are decimal strings, as in the HTTP API."""
        failure = self.lengths.first_failure
        return {
            "config": self.config.to_dict(),
            "iteration": self.iteration,
            "accuracy": self.accuracy.accuracy,
            "problems": self.accuracy.problems,
            "states": self.states and {"separation": self.states.separation, "base_rate": self.states.base_rate},
            "machine": {
                "states": list(self.machine.states),
                "start": self.machine.start,
                "steps": [{**vars(step), "bits": list(step.bits)} for step in self.machine.steps],
                "agrees_with_network": self.machine.agrees_with_network,
                "agrees_with_task": self.machine.agrees_with_task,
                "equals_task": self.machine.equals_task,
            },
            "lengths": {
                "widths": list(self.lengths.widths),
                "random": list(self.lengths.random),
                "hard": list(self.lengths.hard),
                "first_failure": failure and failure.to_dict(),
            },
            "map": self.map and {"right": self.map.right, "tried": self.map.tried, "problems": self.map.problems},
            "reach": {
                "problem": list(self.problem),
                "shares": [None if np.isnan(share) else share for share in self.reach.shares.tolist()],
            },
        }

    def sentences(self) -> list[str]:
        """What was found, a line for each thing."""
        task, config = make_task(self.config), self.config
        right = round(self.accuracy.accuracy * self.accuracy.problems)
        sample = "of a sample of" if self.accuracy.sampled else "of all"
        return [
            f"Network:  {config.cell}, {config.hidden_size} hidden units, trained on {task.title.lower()} "
            f"of {config.bits} bits for {self.iteration:,} iterations.",
            f"Right:    {right:,} {sample} {self.accuracy.problems:,} problems ({percent(self.accuracy.accuracy)}).",
            f"Memory:   {self._memory()}",
            f"Machine:  {self._machine()}",
            f"How far:  {self._how_far()}",
            f"Way back: {self._way_back()}",
        ]

    def _memory(self) -> str:
        if self.states is None:
            return "the bits alone tell all that has to be remembered."
        names = " or ".join(self.states.names)
        return (
            f"the hidden state tells {names} right in {percent(self.states.separation)} of the cases in which the bits "
            f"do not; the bits alone, in {percent(self.states.base_rate)}."
        )

    def _machine(self) -> str:
        machine = self.machine
        count = f"{len(machine.states)} state{'' if len(machine.states) == 1 else 's'}"
        agrees = f"it answers as the network does on {percent(machine.agrees_with_network)} of the problems"
        if machine.equals_task:
            return f"{count}, and it is the machine that solves the task at every length; {agrees}."
        return f"{count}; {agrees}, and is right on {percent(machine.agrees_with_task)}. It does not solve the task."

    def _how_far(self) -> str:
        failure = self.lengths.first_failure
        if failure is None:
            return f"right on every problem that was tried, up to {self.lengths.widths[-1]:,} bits."
        task = make_task(self.config)
        if failure.width > 64:
            return f"it fails first at {failure.width:,} bits, at position {failure.position:,}."
        said = task.said(list(failure.operands.values()), failure.predicted)
        right = ("no", "yes")[failure.expected] if task.truth else failure.expected
        return (
            f"it fails first at {failure.width} bits, at position {failure.position}: it says {said}, "
            f"which should be {right}."
        )

    def _way_back(self) -> str:
        shares = self.reach.shares
        known = np.flatnonzero(np.nan_to_num(shares) > 0)
        if len(known) < 2:
            return "no error reaches an earlier state."
        far = int(known[-1])
        problem = make_task(self.config).expression.format(**dict(zip("abc", self.problem, strict=False)))
        first, last = percent(shares[1]), percent(shares[far])
        return f"at {problem}, one position back {first} of an error is left, {far} positions back {last}."


def _unless(error: type[Exception], find: Callable[[], Any]) -> Any:
    """What is found, or None if there is no such thing for the task."""
    try:
        return find()
    except error:
        return None
