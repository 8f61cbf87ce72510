"""Fair timing on a machine that others use too: contenders take turns, and medians over rounds are compared."""

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True)
class Rate:
    """Iterations a second over the rounds."""

    median: float
    least: float
    most: float


def alternate(contenders: Mapping[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, Rate]:
    """Time each contender once a round: a call that has been warmed up, and how many iterations it does."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in names if number % 2 == 0 else reversed(names):
            call, iterations = contenders[name]
            started = time.perf_counter()
            call()
            rates[name].append(iterations / (time.perf_counter() - started))
    return {name: Rate(statistics.median(found), min(found), max(found)) for name, found in rates.items()}


def readable(rate: float) -> str:
    """1,234,567 as 1.23 M."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if rate >= unit:
            return f"{rate / unit:.3g} {name}"
    return f"{rate:.3g}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A markdown table that is aligned as plain text too; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in [header, *rows]
    ]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def machine(*packages: str) -> str:
    """Processor and versions, in one line."""
    parts = [processor(), f"Python {platform.python_version()}"]
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {package}")
    return ", ".join(parts)


def processor() -> str:
    """What the system calls its processor, and its widest vectors where it says so."""
    try:
        facts = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    model = next(
        (line.split(":")[1].strip() for line in facts.splitlines() if line.startswith("model name")), "unknown"
    )
    widest = next((name for flag, name in ((" avx512f", "AVX-512"), (" avx2", "AVX2")) if flag in facts), "no AVX2")
    return f"{model} ({widest})"
