"""Child processes: they run the same modules as this process, and nothing from the current folder."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import rnn_core

ROOT = Path(rnn_core.__file__).resolve().parent.parent
"""The folder that the project's packages are imported from."""

DROPPED = ("PYTHON", "RNN_ADDER_")
"""The beginnings of environment names that change what an interpreter does, or that are settings of the server. Some of
these are secret.
"""

NEEDED = ("PYTHONHOME",)
"""The exceptions: without this one some interpreters do not start."""

FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
"""How Windows starts a child: without a window, with a low priority, and so that Ctrl-C does not reach it. Elsewhere
there are no such flags.
"""


def command(module: str) -> tuple[str, ...]:
    """The command that runs a module as a program. With `-P`, modules are not searched in the current folder."""
    return (sys.executable, "-P", "-m", module)


async def begin(*words: str, limit: int = 2**16) -> asyncio.subprocess.Process:
    """Start a child with pipes to and from it.

    Args:
        words: its command, and what follows that.
        limit: the most bytes of a line that it may write to standard output.
    """
    return await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
        creationflags=FLAGS,
        limit=limit,
    )


def environment() -> dict[str, str]:
    """The environment of this process, without names that a child should not get. Modules are found as here."""
    kept = {name: text for name, text in os.environ.items() if name in NEEDED or not name.startswith(DROPPED)}
    if "NUMBA_CACHE_DIR" in kept:
        kept["NUMBA_CACHE_DIR"] = os.path.abspath(kept["NUMBA_CACHE_DIR"])  # the child is in another folder
    return {**kept, "PYTHONPATH": os.pathsep.join(searched(sys.path))}


def searched(path: Iterable[str]) -> list[str]:
    """The folders in which modules are searched, without the current one and that of the called script, unless the
    project itself is there.
    """
    called = {Path(sys.argv[0]).resolve().parent}
    with suppress(OSError):  # the current folder may be gone
        called.add(Path.cwd().resolve())
    return [entry for entry in path if entry and Path(entry).resolve() not in called - {ROOT}]
