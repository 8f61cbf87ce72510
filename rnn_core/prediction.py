"""Asking a network, trained or not, for one answer."""

import math
from collections.abc import Mapping

import numpy as np

from rnn_core.bits import bits_of
from rnn_core.config import FieldProblem, TrainingConfig, shown
from rnn_core.network import make_cell, make_task
from rnn_core.tasks import Task
from rnn_core.trace import Prediction
from rnn_core.types import Array

OPERAND_LIMIT = 2**52
"""Operands of a prediction stay below this, so that a sum of two is exact in every client's numbers."""

ALLOWED = f"a whole number from 0 to {OPERAND_LIMIT - 1}"


class OperandError(ValueError):
    """Numbers that are no problem of the task: `problems` names each at fault."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.field} {problem.detail}" for problem in problems))
        self.problems = problems


def checked_operands(task: Task, given: Mapping[str, object]) -> tuple[int, ...]:
    """The numbers of a problem, in the order of the task's operands.

    Args:
        task: whose problem it is to be.
        given: by operand; one that is None counts as absent.

    Raises:
        OperandError: one is missing, not taken by the task, or not a whole number from 0 up to below 2**52; or they
            are no problem of the task.
    """
    takes = " and ".join(filter(None, (", ".join(task.operands[:-1]), task.operands[-1])))
    problems = []
    for name in dict.fromkeys((*task.operands, *given)):
        value = given.get(name)
        if name not in task.operands:
            if value is not None:
                problems.append(FieldProblem(name, f"must be left out: the task {task.name} takes {takes}"))
        elif value is None:
            problems.append(FieldProblem(name, f"is missing; it must be {ALLOWED}"))
        elif isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < OPERAND_LIMIT:
            problems.append(FieldProblem(name, f"must be {ALLOWED}, not {shown(value)}"))
    if not problems:
        operands = tuple(int(given[name]) for name in task.operands)  # type: ignore[call-overload]
        refusal = task.refusal(operands)
        if refusal is None:
            return operands
        name, why = refusal
        problems.append(FieldProblem(name, f"{why}, not {given[name]}"))
    raise OperandError(problems)


def predict(
    config: TrainingConfig, parameters: Mapping[str, Array], a: int, b: int | None = None, c: int | None = None
) -> Prediction:
    """Run the network over the bits of a problem.

    Args:
        config: of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, from 0 up to below 2**52.
        b: the second, for a task that has one.
        c: the third, for a task that has one.

    Returns:
        The answer. Where the problem needs more positions than training had, the network runs on for as many: an adder
        that carries does not mind.

    Raises:
        OperandError: see `checked_operands`.
    """
    task = make_task(config)
    operands = checked_operands(task, {"a": a, "b": b, "c": c})
    width = task.width(operands)
    numbers = np.array(operands, dtype=np.int64)
    targets = bits_of(task.targets(numbers, width), width)
    # One problem is too little for arrays to pay, but for the network's own.
    inputs = np.array([[[number >> t & 1 for number in operands]] for t in range(width)], dtype=np.float64)  # (T, 1, I)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = make_cell(config).forward(parameters, inputs).outputs[:, 0]  # (T,)
    # A network on the edge of diverging may overflow on other inputs than training's: it then knows nothing.
    probabilities = [0.5 if math.isnan(output) else output for output in outputs.tolist()]
    bits = np.array([probability > 0.5 for probability in probabilities], dtype=np.int64)
    expected, predicted = int(task.read(targets)), int(task.read(bits))

    def written(number: int) -> list[int]:
        return [number >> t & 1 for t in range(width - 1, -1, -1)]

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
            "expected": targets[::-1].tolist(),
            "predicted": bits[::-1].tolist(),
        },
        probabilities=probabilities[::-1],
        beyond_training=max(operands) >= task.operand_limit,
    )
