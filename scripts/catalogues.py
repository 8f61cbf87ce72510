"""Makes what the server reads of the catalogues: Traditional Chinese from Simplified, and all of them as JSON.

Each app/locales/LANGUAGE/DOMAIN.po gets a DOMAIN.json beside it, so that the server needs no reader of gettext files.
What the lab fetches when it is first opened (`APART`) has a file of its own with the texts that nothing else has. The
build calls this (scripts/build_hook.py), and so does scripts/messages. The results are not committed.
"""

import json
import re
import sys
from pathlib import Path

import traditional
from babel.messages.pofile import read_po

APART = {name: re.compile(rf"app/static/(views/)?{name}(\.js|/.*)") for name in ("tour", "inside")}
"""The scripts that are bundled apart (see scripts/bundle.js): which files they have for themselves."""


def compiled(file: Path, only: re.Pattern[str] | None = None) -> dict[str, str | list[str]]:
    """The translation of each text of a catalogue; for a text that counts something, one for each plural form.

    Args:
        file: the catalogue.
        only: only texts that stand in no other files than these.
    """
    with file.open("rb") as opened:
        messages = [
            message
            for message in read_po(opened)
            if message.id and message.string and (not only or all(only.fullmatch(at) for at, _ in message.locations))
        ]
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, str) else list(message.string)
        )
        for message in messages
    }


def write(locales: Path = traditional.LOCALES) -> None:
    """Make everything in a folder of catalogues."""
    traditional.write(locales)
    for file in locales.glob("*/*.po"):
        keep(file.with_suffix(".json"), compiled(file))
    for file in locales.glob("*/page.po"):
        for name, scripts in APART.items():
            keep(file.with_name(f"{name}.json"), compiled(file, scripts))


def keep(place: Path, translations: dict[str, str | list[str]]) -> None:
    """Write them as JSON, unless they are there already: a server may be reading the file."""
    made = json.dumps(translations, ensure_ascii=False, indent=0, sort_keys=True)
    if not place.exists() or place.read_text(encoding="utf-8") != made:
        place.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:2]))
