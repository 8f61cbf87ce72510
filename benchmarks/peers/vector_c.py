"""C vectorised by hand for the default sizes."""

from benchmarks.native import missing_compiler
from benchmarks.native import run as run_native
from benchmarks.problem import Floats, Problem

name = "hand-vectorised C"
FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-Wno-psabi")


def refuses(problem: Problem) -> str | None:
    if (problem.bits, problem.hidden, problem.batch) != (8, 16, 1):
        return "bits 8, hidden 16, batch 1 only"
    return missing_compiler()


def run(problem: Problem) -> Floats:
    return run_native(problem, "vector.c", *FLAGS)
