"""What computed a stretch of a run: the things that decide the last bits of its numbers, in a few words.

Training is deterministic, but only if the same instructions run. Another engine, other versions of the libraries, or a
processor without fused multiply-add round differently. In a chaotic run (for example tanh with momentum) any difference
grows until the numbers have nothing in common. So what computed a run is recorded with it. When a part of the run is
computed again, this can explain why the numbers differ.
"""

import hashlib
import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.text import Text, listed

Provenance = Mapping[str, str]
"""The names and values of these things. `engine` is always there."""

HERE = Path(__file__).parent

SOURCES = {
    "compiled": ("kernels/**/*.py", "engines/compiled_engine.py"),
    "numpy": (
        "cells/*.py",
        "network/activations.py",
        "network/losses.py",
        "network/optimizers.py",
        "assessment/metrics.py",
        "engines/numpy_engine.py",
    ),
}
"""For each engine, the files whose text decides its numbers."""

FUSED = ("FMA3", "X86_V3", "X86_V4", "NEON_VFPV4", "ASIMD", "VSX")
"""NumPy's names of processor features that include fused multiply-add."""

NAMES = {
    "engine": Text("engine"),
    "numpy": "NumPy",
    "numba": "Numba",
    "llvmlite": "llvmlite",
    "blas": "BLAS",
    "processor": Text("processor"),
    "sources": Text("version of the engine"),
}
"""Their names for people, in the order in which they are named."""

MOST = 16
LONGEST = 100
"""The largest number of entries in a file, and of characters of each."""


@cache
def provenance(engine: str) -> Provenance:
    """What computes in this process with the engine `engine`.

    Args:
        engine: "compiled" or "numpy".

    Returns:
        `engine` and its `sources` (a digest). For the compiled engine also `numba`, `llvmlite` (versions) and
        `processor` (its kind, and whether multiply-add is fused). For the reference also `numpy`, `blas` (versions) and
        `processor` (its kind, and the features for which NumPy and its BLAS have special code). Nothing is imported or
        compiled for it. Each call returns the same object.
    """
    config: dict[str, Any] = np.show_config(mode="dicts") or {}  # type: ignore[assignment]
    simd = config.get("SIMD Extensions", {})
    features = [*simd.get("baseline", []), *simd.get("found", [])]
    named = {"engine": engine, "sources": digest(engine)}
    if engine == "compiled":
        fused = "with FMA" if any(feature in FUSED for feature in features) else "without FMA"
        chosen = " ".join(filter(None, map(os.environ.get, ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"))))
        processor = f"{platform.machine()} {chosen or fused}"
        named |= {"numba": _version("numba"), "llvmlite": _version("llvmlite"), "processor": processor}
    else:
        blas = config.get("Build Dependencies", {}).get("blas", {})
        library = f"{blas.get('name', '')} {blas.get('version', '')}".strip()
        kernel = os.environ.get("OPENBLAS_CORETYPE", "")  # forces the code that OpenBLAS would choose by the processor
        processor = " ".join([platform.machine(), *features])
        named |= {"numpy": np.__version__, "blas": f"{library} {kernel}".strip(), "processor": processor}
    return {name: value[:LONGEST] for name, value in named.items()}


@cache
def digest(engine: str) -> str:
    """A short digest of the sources of an engine: the part of this project that decides the numbers."""
    files = sorted(file for pattern in SOURCES[engine] for file in HERE.glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


def checked(value: object) -> Provenance | None:
    """A provenance from a file: a few short texts by name, with `engine`. None if it is not one."""
    if not isinstance(value, dict) or len(value) > MOST or "engine" not in value:
        return None
    texts = [text for entry in value.items() for text in entry]
    if not all(isinstance(text, str) and len(text) <= LONGEST and text.isprintable() for text in texts):
        return None
    return value


def compared(then: Provenance | None, here: Provenance) -> Text:
    """A sentence for people: what computed a stretch of a run, and what computes here. If both have the same engine, it
    names only the differences.
    """
    if then is None:
        return Text("What it was trained with is not known.")
    if then["engine"] != here["engine"]:
        return Text(
            "It was trained by {then}; here {here} computes.",
            then=_engine(then),
            here=_engine(here),
        )
    differing = [name for name in NAMES if then.get(name) != here.get(name)]
    if not differing:
        return Text("As far as is known, it was trained with the same as here.")
    before, now = (listed(_said(name, which.get(name)) for name in differing) for which in (then, here))
    return Text("It was trained with {then}; here it is {now}.", then=before, now=now)


def _engine(which: Provenance) -> Text:
    """The name of an engine for people."""
    known = {"compiled": Text("the compiled engine"), "numpy": Text("the NumPy engine")}
    return known.get(which["engine"]) or Text("the engine {name}", name=which["engine"])


def _said(name: str, value: str | None) -> Text:
    return Text("{what} {value}", what=NAMES[name], value=value or Text("unknown"))
