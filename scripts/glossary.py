"""Writes docs/glossary.md from app/glossary.py, the one source of the lab's words. A test compares them.

python -m scripts.glossary
"""

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from app.glossary import ENTRIES, GLOSSARY, Entry

PAGE = Path(__file__).parent.parent / "docs" / "glossary.md"

HEAD = """\
# Words

The words of the lab, each in one sentence, in the order of a story. On the page, point at a word with a dotted line, or
press **Words**: **Show me** leads from there to the word's place.

This page is made from [app/glossary.py](../app/glossary.py) by `python -m scripts.glossary`. Change the words there.
"""


def anchor(title: str) -> str:
    """The fragment of a heading, as forges and the site make it."""
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in "-_ ")
    return kept.strip().replace(" ", "-")


def heading(entry: Entry) -> str:
    """A term as a heading, of which every maker of fragments makes the same one."""
    name = entry.name.replace(" = ", "=")
    return name if "_" in name else name[0].upper() + name[1:]


def told(entry: Entry) -> Iterator[str]:
    """The lines of a term."""
    yield f"### {heading(entry)}"
    yield ""
    yield fill(entry.meaning, 120)
    yield ""
    names = [f"in formulas `{entry.symbol}`"] if entry.symbol not in ("", entry.name) else []
    names += [f"in the article’s script `{entry.script}`"] if entry.script else []
    if names:
        yield f"Other names: {', '.join(names)}.  "
    links = ", ".join(f"[{ENTRIES[other].name}](#{anchor(heading(ENTRIES[other]))})" for other in entry.related)
    more = f"; more in [{entry.docs}]({entry.docs})." if entry.docs else "."
    yield fill(f"See also: {links}{more}", 120, break_on_hyphens=False)
    yield ""


def document() -> str:
    """The page."""
    lines = [HEAD]
    for section in GLOSSARY:
        lines += [f"## {section.title}", ""]
        for entry in section.entries:
            lines += told(entry)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
