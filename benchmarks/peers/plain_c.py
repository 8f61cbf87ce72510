"""Plain C: naive loops, full optimization, finite-math options, sizes known to the compiler."""

from benchmarks.native import missing_compiler
from benchmarks.native import run as run_native
from benchmarks.problem import Floats, Problem

name = "plain C"
FLAGS = ("-O3", "-march=native", "-ffast-math")


def refuses(problem: Problem) -> str | None:
    return missing_compiler() or (None if problem.batch == 1 else "batch 1 only")


def run(problem: Problem) -> Floats:
    return run_native(problem, "plain.c", *FLAGS, f"-DHIDDEN={problem.hidden}", f"-DPOSITIONS={problem.bits}")
