"""Sentences for people that can still be translated."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

MARK = '{"text": '
"""The beginning of a packed sentence with values."""


class Text(str):
    """A sentence in English that remembers how it was made: a template, and the values in it.

    It is an ordinary string. To translate it, look up the template in the other language and fill in the values. Values
    that are texts are translated, too.

    Attributes:
        template: in English, with the names of values in braces, as for `str.format`; it is the key in a catalogue.
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
        """Itself, so that the text can be read back from an exception."""
        return self

    def packed(self) -> str:
        """The text in a plain form for the disk; `unpacked` reads it."""
        values = {name: value.packed() if isinstance(value, Text) else value for name, value in self.values.items()}
        return f"{MARK}{json.dumps(self.template)}, {json.dumps(values)[1:]}" if values else self.template


def unpacked(plain: str) -> str:
    """The inverse of `Text.packed`; a text that was not packed stays as it is."""
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
        separator: the text between them, which is translated, too.
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
"""The separator of the members of a list."""


def listed(parts: Iterable[str]) -> Joined:
    """Members of a list: "a, b, c"."""
    return Joined(LIST, parts)


def in_a_row(sentences: Iterable[str]) -> str:
    """Sentences one after the other, with a space between them in languages that have one.

    Raises:
        TypeError: there is no sentence.
    """
    return reduce(lambda one, other: Text("{one} {other}", one=one, other=other), sentences)
