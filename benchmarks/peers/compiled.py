"""The compiled engine."""

from benchmarks.problem import LEARNING_RATE, Floats, Problem
from rnn_core.kernels.calls.engine import train
from rnn_core.kernels.network.plan import Plan

name = "compiled"


def refuses(problem: Problem) -> str | None:
    return None


def run(problem: Problem) -> Floats:
    plan = Plan(hidden=problem.hidden, positions=problem.bits, batch=problem.batch)
    return train(plan, problem.parameters(), problem.operands, problem.operands.sum(1), LEARNING_RATE).errors
