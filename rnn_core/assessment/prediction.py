"""Asking a network for the answer to one problem."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from rnn_core.assessment.metrics import settled
from rnn_core.config import FieldProblem, TrainingConfig, must_be, sentences, whole_number
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.tasks import Task
from rnn_core.text import Text, listed
from rnn_core.trace import Prediction
from rnn_core.types import Array

OPERAND_LIMIT = 2**52
"""Operands of a prediction are below this limit, so that a sum of two is exact in every client's numbers."""

ALLOWED = whole_number(0, OPERAND_LIMIT - 1)

Forward: TypeAlias = Callable[[Parameters, Sequence[int]], list[float]]
"""A compiled network: its outputs P(bit = 1), least significant first, for one problem's operands at the width of
training.
"""


class OperandError(ValueError):
    """Numbers that are not a problem of the task. `problems` holds the error of each wrong number."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__(sentences(problems))
        self.problems = problems


def checked_operands(task: Task, given: Mapping[str, object], limit: int = OPERAND_LIMIT) -> tuple[int, ...]:
    """The numbers of a problem, in the order of the task's operands.

    Args:
        task: the task of the problem.
        given: the numbers by operand; None counts as absent.
        limit: they are below it. Above the usual one, results need not be exact in every client's numbers.

    Raises:
        OperandError: one is missing, is not an operand of the task, or is not a whole number below the limit; or
            they are not a problem of the task.
    """
    problems = []
    allowed = ALLOWED if limit == OPERAND_LIMIT else Text("a whole number below 2^{bits}", bits=limit.bit_length() - 1)
    for name in dict.fromkeys((*task.operands, *given)):
        value = given.get(name)
        if name not in task.operands:
            if value is not None:
                words = Text(
                    "must be left out: the task {task} takes {operands}",
                    task=task.name,
                    operands=_together(task.operands),
                )
                problems.append(FieldProblem(name, words))
        elif value is None:
            problems.append(FieldProblem(name, Text("is missing; it must be {allowed}", allowed=allowed)))
        elif isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < limit:
            problems.append(FieldProblem(name, must_be(allowed, value)))
    if not problems:
        operands = tuple(int(given[name]) for name in task.operands)  # type: ignore[call-overload]
        # Three numbers have a refusal that is only about clients' numbers.
        refusal = task.refusal(operands) if limit == OPERAND_LIMIT or task.picky else None
        if refusal is None:
            return operands
        name, why = refusal
        problems.append(FieldProblem(name, why))
    raise OperandError(problems)


def _together(names: Sequence[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    if len(names) == 1:
        return names[0]
    return Text("{others} and {last}", others=listed(names[:-1]), last=names[-1])


_make_task, _make_cell = lru_cache(256)(make_task), lru_cache(256)(make_cell)  # they do not depend on a run's numbers


def reference_outputs(
    config: TrainingConfig, parameters: Mapping[str, Array], operands: Sequence[int], width: int
) -> list[float]:
    """The network's outputs P(bit = 1) at `width` positions, least significant first, by the cell itself."""
    # For one problem plain numbers are faster than arrays, except inside the network.
    inputs = np.array([[[operand >> t & 1 for operand in operands]] for t in range(width)], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # (T, B=1, I) in, (T,) out
        outputs: list[float] = _make_cell(config).forward(parameters, inputs).outputs[:, 0].tolist()
    return outputs


def predict(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
    *,
    forward: Forward | None = None,
) -> Prediction:
    """Run the network over the bits of a problem.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, from 0 to 2**52 - 1.
        b: the second, for a task that has one.
        c: the third, for a task that has one.
        forward: the compiled network. It is used at the width of training, if the parameters share one vector. It is
            many times as fast, with the same numbers within rounding.

    Returns:
        The answer. If the problem needs more positions than training had, the network runs over more positions; a
        network that has learned to carry can do that. An output that is not a number is the wrong bit; see
        `rnn_core.assessment.metrics.settled`.

    Raises:
        OperandError: see `checked_operands`.
    """
    task = _make_task(config)
    operands = checked_operands(task, {"a": a, "b": b, "c": c})
    width = task.width(operands)
    target = task.target(operands, width)
    if forward is not None and width == config.bits and isinstance(parameters, Parameters):
        outputs = forward(parameters, operands)
    else:
        outputs = reference_outputs(config, parameters, operands, width)
    targets = [target >> t & 1 for t in range(width)]
    finite = not math.isnan(sum(outputs))  # all of them between 0 and 1
    probabilities = outputs if finite else settled(np.array(outputs), np.array(targets)).tolist()
    bits = [1 if probability > 0.5 else 0 for probability in probabilities]
    expected, predicted = task.result_of(targets), task.result_of(bits)
    places = range(width - 1, -1, -1)

    def written(number: int) -> list[int]:
        return [number >> t & 1 for t in places]

    named = dict(zip(task.operands, operands, strict=True))
    return Prediction(
        task=task.name,
        **named,
        expected=expected,
        predicted=predicted,
        correct=predicted == expected,
        width=width,
        bits={
            **{name: written(number) for name, number in named.items()},
            "expected": written(target),
            "predicted": bits[::-1],
        },
        probabilities=probabilities[::-1],
        beyond_training=max(operands) >= task.operand_limit,
        overflow=None if finite else True,
    )
