"""How much memory this process may still take. If it is too little, a compiler ends its process instead of failing."""

from contextlib import suppress
from pathlib import Path

from rnn_core.text import Text

MEGABYTE = 2**20


def room() -> int | None:
    """The bytes of addresses that this process may still take (`ulimit -v`); None for no limit."""
    with suppress(ImportError, OSError, ValueError):  # other systems have no such limit
        import resource  # noqa: PLC0415

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            return max(0, limit - pages * resource.getpagesize())
    return None


def too_little_memory(needed: int) -> Text | None:
    """Why the compiled engine can't have the bytes that it needs; None if it can."""
    left = room()
    if left is None or left >= needed:
        return None
    return Text(
        "The compiled engine needs {needed} MB of memory, and this process may take only {left} MB more",
        needed=needed // MEGABYTE,
        left=left // MEGABYTE,
    )
