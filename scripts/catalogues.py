"""Makes what the server reads of the catalogues: Traditional Chinese from Simplified, and all of them as JSON.

Each app/locales/LANGUAGE/DOMAIN.po gets a DOMAIN.json beside it, so that the server needs no reader of gettext files.
The texts of the lab's own scripts stand in lab.json once more, without those of other pages: its first visit carries
them.
The build calls this (scripts/build_hook.py), and so does scripts/messages. The results are not committed.
"""

import json
import re
import sys
from pathlib import Path

import traditional
from babel.messages.pofile import read_po

STATIC = Path(__file__).parents[1] / "app/static"


def reached(name: str = "main.js") -> set[str]:
    """The scripts that one of the page's scripts leads to, itself included, as paths under app/static."""
    found, waiting = set(), [STATIC / name]
    while waiting:
        file = waiting.pop().resolve()
        if file in found or not file.exists():
            continue
        found.add(file)
        imported = re.findall(r"""(?:from|import)\s*\(?\s*"(\.[^"]+\.js)\"""", file.read_text(encoding="utf-8"))
        waiting += [file.parent / path for path in imported]
    return {file.relative_to(STATIC.resolve()).as_posix() for file in found}


def compiled(file: Path, scripts: set[str] | None = None) -> dict[str, str | list[str]]:
    """The translation of each text of a catalogue; for a text that counts something, one for each plural form.

    Args:
        file: the catalogue.
        scripts: take only texts of these scripts; None for all texts.
    """
    with file.open("rb") as opened:
        messages = [message for message in read_po(opened) if message.id and message.string]
    if scripts is not None:
        named = {f"app/static/{script}" for script in scripts}
        messages = [message for message in messages if any(place in named for place, _ in message.locations)]
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, str) else list(message.string)
        )
        for message in messages
    }


def write(locales: Path = traditional.LOCALES) -> None:
    """Make everything in a folder of catalogues."""
    traditional.write(locales)
    files = [(file, file.with_suffix(".json"), None) for file in locales.glob("*/*.po")]
    files += [(file, file.with_name("lab.json"), reached()) for file in locales.glob("*/page.po")]
    for file, place, scripts in files:
        made = json.dumps(compiled(file, scripts), ensure_ascii=False, indent=0, sort_keys=True)
        if not place.exists() or place.read_text(encoding="utf-8") != made:  # a server may be reading it
            place.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:2]))
