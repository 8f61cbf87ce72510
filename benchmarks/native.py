"""C contenders: compiled with gcc into a temporary directory during the benchmark, and called through ctypes."""

import ctypes
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.problem import LEARNING_RATE, Floats, Problem

SOURCES = Path(__file__).parent / "peers"


def missing_compiler() -> str | None:
    return None if shutil.which("gcc") else "no gcc"


def version() -> str:
    """The compiler and its version, in words."""
    if missing_compiler():
        return "no gcc"
    said = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return f"gcc {said.stdout.strip()}"


@functools.cache
def compiled(source: str, *flags: str) -> Callable[..., None]:
    """The function `train` of a C file, compiled with these flags."""
    directory = Path(tempfile.mkdtemp(prefix="rnn-adder-bench-"))
    try:
        code, library = directory / "train.o", directory / "train.so"
        subprocess.run(["gcc", "-c", "-fPIC", *flags, str(SOURCES / source), "-o", str(code)], check=True)
        # Linked without the flags: in linking, gcc's -ffast-math switches denormals off for the whole process.
        subprocess.run(["gcc", "-shared", str(code), "-o", str(library), "-lmvec", "-lm"], check=True)
        function = ctypes.CDLL(str(library)).train
    finally:
        shutil.rmtree(directory)
    floats, integers = (np.ctypeslib.ndpointer(kind, flags="C_CONTIGUOUS") for kind in (np.float64, np.int64))
    function.argtypes = [floats, integers, ctypes.c_int64, ctypes.c_double, floats]
    function.restype = None
    return function


def run(problem: Problem, source: str, *flags: str) -> Floats:
    function = compiled(source, *flags)
    errors = np.empty(problem.iterations)
    function(problem.parameters(), problem.operands, problem.iterations, LEARNING_RATE, errors)
    return errors
