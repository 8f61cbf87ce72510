"""Makes what the server reads of the catalogues: Traditional Chinese from Simplified, and all of them as JSON.

Each app/locales/LANGUAGE/DOMAIN.po gets a DOMAIN.json beside it, so that the server needs no reader of gettext files.
The texts of scripts are there once more, as they are needed: lab.json has those that the lab begins with, which each
first visit carries; sweeps.json has those of the page of sweeps; and what the lab fetches when it is first opened
(`APART`) has a file of its own with the texts that come with it. The build calls this (scripts/build_hook.py), and so
does scripts/messages. The results are not committed.
"""

import json
import re
import sys
from collections.abc import Collection
from pathlib import Path

import traditional
from babel.messages.pofile import read_po

STATIC = Path(__file__).parents[1] / "app" / "static"

APART = ("tour", "inside", "visitor", "class")
"""The scripts that are bundled apart: see scripts/bundle.js."""

Translations = dict[str, str | list[str]]


def reached(entry: str, without: Collection[str] = ()) -> set[str]:
    """The scripts that one of the page's scripts leads to, itself included, as the catalogues name them.

    Args:
        entry: the script below app/static.
        without: scripts there that are left out, and what only they lead to.
    """
    found: set[Path] = set()
    waiting = [STATIC / entry]
    left_out = {(STATIC / name).resolve() for name in without}
    while waiting:
        file = waiting.pop().resolve()
        if file in found or file in left_out or not file.exists():
            continue
        found.add(file)
        imported = re.findall(r"""(?:from|import)\s*\(?\s*"(\.[^"]+\.js)\"""", file.read_text(encoding="utf-8"))
        waiting += [file.parent / path for path in imported]
    return {f"app/static/{file.relative_to(STATIC.resolve()).as_posix()}" for file in found}


def compiled(file: Path, scripts: Collection[str] | None = None) -> Translations:
    """The translation of each text of a catalogue; for a text that counts something, one for each plural form.

    Args:
        file: the catalogue.
        scripts: take only texts of these scripts; None for all texts.
    """
    with file.open("rb") as opened:
        messages = [
            message
            for message in read_po(opened)
            if message.id and message.string and (scripts is None or any(at in scripts for at, _ in message.locations))
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
        lab = compiled(file, reached("main.js", without=[f"{name}.js" for name in APART]))
        keep(file.with_name("lab.json"), lab)
        keep(file.with_name("sweeps.json"), compiled(file, reached("sweeps.js")))
        for name in APART:
            own = compiled(file, reached(f"{name}.js"))
            keep(file.with_name(f"{name}.json"), {text: own[text] for text in own if text not in lab})


def keep(place: Path, translations: Translations) -> None:
    """Write them as JSON, unless they are there already: a server may be reading the file."""
    made = json.dumps(translations, ensure_ascii=False, indent=0, sort_keys=True)
    if not place.exists() or place.read_text(encoding="utf-8") != made:
        place.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:2]))
