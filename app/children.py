"""Child processes: they run the modules that run here, and nothing that happens to lie in the current folder."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import rnn_core

ROOT = Path(rnn_core.__file__).resolve().parent.parent
"""The folder that the project's packages are imported from."""

DROPPED = ("PYTHON", "RNN_ADDER_")
"""How names in the environment begin that change what an interpreter does, or are settings of the server, of which some
are secret.
"""

NEEDED = ("PYTHONHOME",)
"""The exceptions: without it some interpreters do not start."""


def command(module: str) -> tuple[str, ...]:
    """A module as a program of its own; `-P` keeps the current folder from being searched for modules."""
    return (sys.executable, "-P", "-m", module)


def environment() -> dict[str, str]:
    """Those of this process without what should not reach a child. Modules are searched where they are here."""
    kept = {name: text for name, text in os.environ.items() if name in NEEDED or not name.startswith(DROPPED)}
    if "NUMBA_CACHE_DIR" in kept:
        kept["NUMBA_CACHE_DIR"] = os.path.abspath(kept["NUMBA_CACHE_DIR"])  # the child is in another folder
    return {**kept, "PYTHONPATH": os.pathsep.join(searched(sys.path))}


def searched(path: Iterable[str]) -> list[str]:
    """Of the folders that modules are searched in, those that are there for it: neither the current one nor that of the
    script that was called, unless the project itself is there.
    """
    called = {Path(sys.argv[0]).resolve().parent}
    with suppress(OSError):  # the current folder may be gone
        called.add(Path.cwd().resolve())
    return [entry for entry in path if entry and Path(entry).resolve() not in called - {ROOT}]
