"""The messages of commands to people, and their exit statuses."""

import codecs
import sys
import warnings
from io import TextIOWrapper
from typing import Any, NoReturn

import typer

INTERRUPTED = 130
"""The exit status after Ctrl-C, as usual in shells."""

REFUSED = 3
"""The exit status if a data directory belongs to another server, or to a newer version."""

PLAIN = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "⊕": " xor ",
        "…": "...",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "×": "x",
        "≥": ">=",
        "→": "->",
    }
)
"""What is written where a console lacks a sign."""


def plainly(error: UnicodeError) -> tuple[str, int]:
    """A handler of encoding errors: signs that an encoding lacks are written plainly, or as a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    said = error.object[error.start : error.end].translate(PLAIN)
    return "".join(sign if sign.isascii() else "?" for sign in said), error.end


def write_plainly_where_needed() -> None:
    """Let no sign end the program on a console that lacks it, such as one of Windows with code page 1252."""
    codecs.register_error("rnn_adder.plainly", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="rnn_adder.plainly")


def complain(sentence: str) -> None:
    """Print to standard error. Click's `echo` would write UTF-8 to a console that knows only ASCII."""
    print(sentence, file=sys.stderr, flush=True)


def fail(message: str, status: int) -> NoReturn:
    """Print an error to standard error, and end."""
    complain(f"rnn-adder: {message}")
    raise typer.Exit(status)


def warn_in_words() -> None:
    """Print warnings to standard error as sentences for people, not as lines of a program."""

    def say(message: Warning | str, *_: Any, **__: Any) -> None:
        complain(f"rnn-adder: {message}")

    warnings.showwarning = say
