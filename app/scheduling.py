"""How the system shares its cores among this server's threads, with what a program may ask for without privileges."""

import ctypes
import os
import platform
import struct
import sys
import threading
from contextlib import suppress

NICENESS = 10
"""The niceness of a thread that trains."""

LEAST = 19
"""The niceness of the lowest priority."""

WAITED_FOR = 12
"""The niceness of a thread that computes for somebody who waits: beside a trainer it gets a third of a core."""

TURN_NANOSECONDS = 100_000
"""The length of the turns that the event loop and trainers ask for, the shortest possible. The loop seldom needs more
before it waits again, and a trainer that yields loses the rest of its turn.
"""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""The number of the system call for each kind of machine. Python does not offer this call."""

_RESET_ON_FORK = 1
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # size, policy, flags, nice, priority, turn, deadline, period


def yield_to_others(niceness: int = NICENESS) -> None:
    """Lower the priority of this thread, so that the server answers at once even while all cores train.

    A thread of the batch class does not take a core from another thread when it wakes. Without that, a trainer that had
    waited for the interpreter would take the core from the event loop. Because of its niceness the compiled loop also
    yields often (`rnn_core.kernels.machine.yielding`). With long turns it would lose most of its share to other
    programs.
    """
    if sys.platform == "linux":  # elsewhere priorities belong to processes
        with suppress(AttributeError, OSError):  # a sandbox or musl may forbid it: then the niceness has to be enough
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(niceness, os.getpriority(os.PRIO_PROCESS, thread)))
        ask_for_short_turns()


def lower_priority(process: int, niceness: int | None = NICENESS) -> None:
    """Give a process this niceness. With None it gets only the time that nothing else wants.

    For Linux a core with only such an idle process is free, so other threads go there at once. With a process of low
    priority there they would wait: a trainer yields often, and loses a turn each time.
    """
    with suppress(OSError, AttributeError):  # a sandbox may forbid it, or the process may have ended
        if niceness is None and sys.platform == "linux":
            os.sched_setscheduler(process, os.SCHED_IDLE, os.sched_param(0))
        elif hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, process, LEAST if niceness is None else niceness)


def ask_for_short_turns() -> bool:
    """Let this thread go before those that asked for longer turns. Its share stays the same.

    Threads and processes that it starts later are not included.

    Returns:
        Whether the system agreed. Linux supports this from 6.12 on; other systems go on as before.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return False
    try:
        policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    except (AttributeError, OSError):  # with musl there is no such call, or it always fails
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, _RESET_ON_FORK, nice, 0, TURN_NANOSECONDS, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, attributes, 0) == 0)
