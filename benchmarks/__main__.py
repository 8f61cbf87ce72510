"""`scripts/bench [engine|served] [--rounds N] [--quick] [--write]`: everything measured, one report."""

import argparse
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import engine, served
from benchmarks.measure import machine

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    """Measure what was asked for, print it, and put it into docs/benchmarks.md if told to."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=["all", "engine", "served"], default="all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few rounds, no scaling")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    arguments = parser.parse_args()
    rounds = 2 if arguments.quick else arguments.rounds
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    versions = machine("numpy", "numba", "llvmlite", "fastapi", "uvicorn", "jax", "torch")
    where = f"{day}, {rounds} rounds. {versions}. Load average before: {load}."
    print(f"{where}\n", flush=True)
    for name in ("engine", "served"):
        if arguments.part in ("all", name):
            text = engine.report(rounds, arguments.quick) if name == "engine" else served.report(rounds)
            print(f"{text}\n", flush=True)
            if arguments.write:
                write(name, f"{where}\n\n{text}")


def write(name: str, text: str) -> None:
    """Replace what stands between the markers of that name in the document."""
    document = DOCUMENT.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    DOCUMENT.write_text(
        re.sub(pattern, lambda _: f"{begin}\n\n{text}\n\n{end}", document, flags=re.S), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
