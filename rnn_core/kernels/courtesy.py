"""Making room for others while a kernel computes.

A system that has given a core to a thread takes it back at its next tick, four milliseconds later perhaps, even where
something more urgent waits. Where that is too long, a thread asks often by itself whether anybody waits.
"""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import os
import sys

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def is_humble() -> bool:
    """Whether this thread was given a low priority, that is, whether whoever waits is to go first.

    Only then is it right to step aside: beside a program of the same priority it would give half of its time away.
    """
    return sys.platform == "linux" and os.getpriority(os.PRIO_PROCESS, 0) > 0


@intrinsic
def step_aside(typingctx):
    """Let another thread have this core if one is due; takes well below a microsecond if not."""

    def generate(context, builder, sig, args):
        if sys.platform == "linux":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate
