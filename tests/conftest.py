"""What holds for all tests."""

import gc
import os
import signal
import sys

import pytest
from hypothesis import Phase, settings

# No test writes to where a person's own runs are: a server that is to store runs, and is told no folder of its own,
# does not start.
os.environ["RNN_ADDER_DATA_DIR"] = f"{os.devnull}/a test has to name a folder of its own"

# As the lab does (app/cli.py), before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes is nothing that a test asserts: others use the machine, too.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# For scripts/mutate, where each example is tried with hundreds of faults: whether one fails is all that matters.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
)

# What is loaded and collected here stays until the end: thousands of tests, and Numba's whole compiler. To look through
# it for garbage again and again takes a fifth of the time.
gc.set_threshold(20_000, 10, 10)

# A shell that starts the tests in the background has them ignore Ctrl-C. Programs that tests interrupt would, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_forks = sys.platform == "linux"


def pytest_collection_finish() -> None:
    """Exclude what there is so far from garbage collection."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Once kernels may be compiled, do that in children. Tests that need none are not kept waiting for Numba."""
    global _forks  # noqa: PLW0603
    if _forks and "rnn_core.engines.kernel_cache" in sys.modules:
        from tests.compiling import compile_in_children

        compile_in_children()
        _forks = False
