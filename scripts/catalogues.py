"""Makes what the server reads of the catalogues: Traditional Chinese from Simplified, and all of them as JSON.

Each app/locales/LANGUAGE/DOMAIN.po gets a DOMAIN.json beside it, so that the server needs no reader of gettext files.
The build calls this (scripts/build_hook.py), and so does scripts/messages. The results are not committed.
"""

import json
import sys
from pathlib import Path

import traditional
from babel.messages.pofile import read_po


def compiled(file: Path) -> dict[str, str | list[str]]:
    """The translation of each text of a catalogue; for a text that counts something, one for each plural form."""
    with file.open("rb") as opened:
        messages = [message for message in read_po(opened) if message.id and message.string]
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
        made = json.dumps(compiled(file), ensure_ascii=False, indent=0, sort_keys=True)
        place = file.with_suffix(".json")
        if not place.exists() or place.read_text(encoding="utf-8") != made:  # a server may be reading it
            place.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:2]))
