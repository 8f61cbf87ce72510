import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.scheduling import NICENESS, ask_for_short_turns, yield_to_others

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads are all alike")
RESET_ON_FORK = 0x40000000


def in_a_thread(*calls: object) -> object:
    def run() -> object:
        return [call() for call in calls][-1]  # type: ignore[operator]

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(run).result()


def standing() -> tuple[int, int]:
    return os.sched_getscheduler(0) & ~RESET_ON_FORK, os.getpriority(os.PRIO_PROCESS, 0)


def test_a_thread_that_trains_lowers_itself_and_no_other() -> None:
    before = standing()
    assert in_a_thread(yield_to_others, standing) == (os.SCHED_BATCH, max(NICENESS, before[1]))
    assert standing() == before


def test_short_turns_keep_class_and_niceness_and_are_not_handed_on() -> None:
    before = standing()

    def child() -> object:
        return in_a_thread(lambda: os.sched_getscheduler(0))

    assert in_a_thread(ask_for_short_turns, standing) == before
    assert in_a_thread(ask_for_short_turns, child) == before[0]


def test_numpy_has_no_threads_of_its_own() -> None:
    """On two cores or more it would begin with one for each."""
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    code = "import os, app.cli, numpy; print(len(os.listdir('/proc/self/task')))"
    done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n", done.stderr
