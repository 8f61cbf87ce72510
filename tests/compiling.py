"""Kernels are compiled in a child of the test process, so that it does not keep what compiling leaves in memory: some
forty megabytes for each, and there are a hundred.
"""

import os
import sys
import warnings
from typing import Any

from filelock import FileLock
from numba.core import sigutils

from rnn_core.engines.kernel_cache import KernelCache


def compile_in_children() -> None:
    """Have a kernel that nobody kept compiled by a fork of this process, and load it. Processes that need one at the
    same time take turns, so none is compiled twice. Where the fork fails, this process compiles it, and sees why.
    """
    load = KernelCache.load_overload

    def load_or_compile(cache: KernelCache, sig: Any, target_context: Any) -> Any:
        found = load(cache, sig, target_context)
        function = cache._function
        if found is not None or cache.cache_path is None or not function.__module__.startswith("rnn_core.kernels."):
            return found
        os.makedirs(cache.cache_path, exist_ok=True)
        with FileLock(os.path.join(cache.cache_path, "compiling.lock")):
            found = load(cache, sig, target_context)
            if found is None:
                dispatcher = getattr(sys.modules[function.__module__], function.__name__)
                _in_a_child(dispatcher, cache, sig)
                found = load(cache, sig, target_context)
        return found

    KernelCache.load_overload = load_or_compile  # type: ignore[method-assign, assignment]


def _in_a_child(dispatcher: Any, cache: KernelCache, sig: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, whose work the child leaves alone
        child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        arguments = sigutils.normalize_signature(sig)  # type: ignore[no-untyped-call]
        cache.save_overload(sig, dispatcher._compiler.compile(*arguments))
    finally:
        os._exit(0)
