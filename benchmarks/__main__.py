"""Side-by-side measurements.

`scripts/bench [engine | family | served | inside | proof | stored | page | siege] [--quick] [--rounds N] [--write]`
"""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import engine, family, inside, page, proof, served, siege, stored

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
PARTS: dict[str, Callable[[int, bool], Iterator[str]]] = {
    "engine": engine.report,
    "family": family.report,
    "served": served.report,
    "inside": inside.report,
    "proof": proof.report,
    "stored": stored.report,
    "page": page.report,
    "siege": siege.report,
}
ROUNDS = {"engine": 9, "family": 5, "served": 7, "inside": 5, "proof": 1, "stored": 7, "page": 7, "siege": 1}
QUICK_ROUNDS = 3


def rewritten(document: str, part: str, report: str) -> str:
    """The document with the latest tables of a part between its two markers.

    Raises:
        ValueError: the markers are not there.
    """
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"there is no place for {part} in the document: it lacks {begin} or {end}")
    return pattern.sub(lambda _: f"{begin}\n\n{report}\n\n{end}", document, count=1)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=sorted(PARTS), help="one part only")
    parser.add_argument("--quick", action="store_true", help="less of everything: a look, not a measurement")
    parser.add_argument("--rounds", type=int, help="how often contenders take turns")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    given = parser.parse_args(arguments)
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds must be 1 or more")
    for part in [given.part] if given.part else PARTS:
        rounds = given.rounds or min(QUICK_ROUNDS if given.quick else ROUNDS[part], ROUNDS[part])
        pieces = []
        for piece in PARTS[part](rounds, given.quick):
            print(f"{piece}\n", flush=True)
            pieces.append(piece)
        if given.write:
            document = DOCUMENT.read_text(encoding="utf-8")
            DOCUMENT.write_text(rewritten(document, part, "\n\n".join(pieces)), encoding="utf-8")


if __name__ == "__main__":
    main()
