"""How the system shares its cores among this server's threads, as far as anybody may ask without privileges."""

import ctypes
import os
import platform
import struct
import sys
import threading
from contextlib import suppress

NICENESS = 10
"""Of a thread that trains."""

LEAST = 19
"""The niceness of the lowest priority."""

WAITED_FOR = 12
"""Of a thread that computes what somebody waits for: beside a thread that trains, it has a third of a core."""

TURN_NANOSECONDS = 100_000
"""The turn that the event loop and trainers ask for, the shortest there is: the loop seldom needs more before it waits
again, and a trainer that steps aside gives up what is left of its turn.
"""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""The number of the system call, which Python does not offer, by machine."""

_RESET_ON_FORK = 1
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # size, policy, flags, nice, priority, turn, deadline, period


def yield_to_others(niceness: int = NICENESS) -> None:
    """Lower the priority of this thread: where all cores train, whoever asks the server is still answered at once.

    A thread of the batch class does not push another off its core when it wakes, which a trainer that waited for the
    interpreter would do to the event loop. Its niceness, besides, makes the compiled loop step aside often
    (`rnn_core.kernels.courtesy`); with long turns that would cost it most of its share beside other programs.
    """
    if sys.platform == "linux":  # elsewhere priorities belong to processes
        with suppress(OSError):  # where a sandbox forbids it, the niceness alone has to do
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(niceness, os.getpriority(os.PRIO_PROCESS, thread)))
        ask_for_short_turns()


def lower_priority(process: int, niceness: int | None = NICENESS) -> None:
    """Give a process this niceness; None leaves it the time that nothing else wants.

    To Linux a core on which only such an idle process computes is free: what else there is to do goes there at once. It
    would wait behind a process of a low priority: what trains steps aside often, and loses a turn each time.
    """
    with suppress(OSError):  # where a sandbox forbids it, or the process has ended
        if niceness is None and sys.platform == "linux":
            os.sched_setscheduler(process, os.SCHED_IDLE, os.sched_param(0))
        elif hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, process, LEAST if niceness is None else niceness)


def ask_for_short_turns() -> bool:
    """Let this thread, when it is due, go before those that asked for longer turns; its share stays the same.

    Threads and processes that it starts later are not included.

    Returns:
        Whether the system agreed. Linux knows turns from 6.12 on; all else goes on as before.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return False
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, _RESET_ON_FORK, nice, 0, TURN_NANOSECONDS, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, attributes, 0) == 0)
