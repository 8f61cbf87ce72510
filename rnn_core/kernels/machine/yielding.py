"""Yielding the core to other threads while a kernel computes.

When a system has given a core to a thread, it takes it back only at its next tick, perhaps four milliseconds later,
even if something more urgent waits. If that is too long, a thread has to yield often by itself.
"""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import os
import sys

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def has_low_priority() -> bool:
    """Whether this thread has a low priority, so that other threads go first.

    Only then should it yield: beside a program of the same priority it would lose half of its time.
    """
    return sys.platform == "linux" and os.getpriority(os.PRIO_PROCESS, 0) > 0


@intrinsic
def yield_core(typingctx):
    """Let another thread have this core if one waits for it; if none does, this takes much less than a microsecond."""

    def generate(context, builder, sig, args):
        if sys.platform == "linux":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate
