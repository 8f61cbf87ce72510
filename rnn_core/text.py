"""Sentences for people that can still be said in another language."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

MARK = '{"text": '
"""How a packed sentence with values begins."""


class Text(str):
    """A sentence in English that remembers how it was made: a template, and the values in it.

    It is a string like any other. Whoever can say it in another language looks its template up there, and fills in the
    values, those that are texts in that language, too.

    Attributes:
        template: in English, with the names of values in braces, as for `str.format`; what a catalogue knows it by.
        values: by name.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Text":
        """Fill in the template.

        Raises:
            KeyError: it names a value that is not given.
        """
        text = super().__new__(cls, template.format(**values))
        text.template = template
        text.values = values
        return text

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, Any]]:
        return (self.template,), self.values

    def __str__(self) -> str:
        """Itself, so that what an exception was told can be had back from it."""
        return self

    def packed(self) -> str:
        """As plain text that `unpacked` makes the same of: what is kept of it on a disk."""
        values = {name: value.packed() if isinstance(value, Text) else value for name, value in self.values.items()}
        return f"{MARK}{json.dumps(self.template)}, {json.dumps(values)[1:]}" if values else self.template


def unpacked(plain: str) -> str:
    """The inverse of `Text.packed`; what was never packed stays as it is."""
    if not plain.startswith(MARK):
        return plain
    values = json.loads(plain)
    template = values.pop("text")
    return Text(
        template, **{name: unpacked(value) if isinstance(value, str) else value for name, value in values.items()}
    )


class Joined(Text):
    """Several texts in a row.

    Attributes:
        separator: between them, a text of its own.
        parts: the texts.
    """

    separator: str
    parts: tuple[str, ...]

    def __new__(cls, separator: str, parts: Iterable[str]) -> "Joined":
        """Join them."""
        parts = tuple(parts)
        text = str.__new__(cls, str.join(separator, parts))
        text.template, text.values = "{text}", {"text": str.__str__(text)}
        text.separator, text.parts = separator, parts
        return text

    def __getnewargs_ex__(self) -> tuple[tuple[str, tuple[str, ...]], Mapping[str, Any]]:  # type: ignore[override]
        return (self.separator, self.parts), {}


LIST = Text(", ")
"""What stands between the members of a list."""


def listed(parts: Iterable[str]) -> Joined:
    """Members of a list: "a, b, c"."""
    return Joined(LIST, parts)


def in_a_row(sentences: Iterable[str]) -> str:
    """Sentences one after the other, with a space in between where the language has one.

    Raises:
        TypeError: there is none.
    """
    return reduce(lambda one, other: Text("{one} {other}", one=one, other=other), sentences)
