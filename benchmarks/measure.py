"""Fair timing on a machine that others use, too: contenders take turns, and medians over rounds are compared."""

import datetime
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """The results over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, found: Sequence[float]) -> "Spread":
        return cls(statistics.median(found), min(found), max(found))

    def written(self, write: Callable[[float], str]) -> str:
        """The minimum and the maximum."""
        return f"{write(self.least)} .. {write(self.most)}"


def take_turns(contenders: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """The results of each contender in each round. In every second round they go in the opposite order."""
    found: dict[str, list[T]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders) if number % 2 == 0 else reversed(list(contenders)):
            found[name].append(contenders[name]())
    return found


def seconds_of(call: Callable[[], object]) -> float:
    """How many seconds the call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def alternate(contenders: Mapping[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, Spread]:
    """Iterations a second of each contender. A contender is a call, already warmed up, and its number of iterations."""
    calls = {name: (lambda call=call: seconds_of(call)) for name, (call, _) in contenders.items()}
    return {
        name: Spread.of([contenders[name][1] / seconds for seconds in found])
        for name, found in take_turns(calls, rounds).items()
    }


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that is at least as large as `percent` of the samples."""
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]


def readable(rate: float) -> str:
    """1,234,567 as 1.23 M."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if rate >= unit:
            return f"{rate / unit:.3g} {name}"
    return f"{rate:.3g}"


def readable_time(seconds: float) -> str:
    """0.00123 as 1.23 ms."""
    for unit, name in ((1, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds / 1e-6:.3g} us"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A markdown table, aligned also as plain text: the first column to the left, the others to the right."""
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
    """Day, processor, cores and versions, in one line."""
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    parts = [day, processor(), f"{os.cpu_count()} cores", f"Python {platform.python_version()}"]
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {package}")
    return ", ".join(parts)


def load() -> str:
    """How many processes wanted to run over the last minute, if the system says so. Other processes disturb."""
    return f"load average {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "load average unknown"


def processor() -> str:
    """The system's name of its processor, and its widest vectors if the system says so."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    model = next(
        (line.split(":")[1].strip() for line in facts.splitlines() if line.startswith("model name")), "unknown"
    )
    widest = next((name for flag, name in ((" avx512f", "AVX-512"), (" avx2", "AVX2")) if flag in facts), "no AVX2")
    return f"{model} ({widest})"
