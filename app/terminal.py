"""What commands share at a terminal: common options, messages to people, progress bars, and exit statuses."""

import codecs
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from rnn_core.engines.engine import ENGINES

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

INTERRUPTED = 130
"""The exit status after Ctrl-C, as usual in shells."""

REFUSED = 3
"""The exit status if a data directory belongs to another server, or to a newer version."""

Engine = Annotated[
    str | None,
    typer.Option(
        help="The engine that trains. The default is the fastest one here.",
        metavar=f"<{'|'.join(ENGINES)}>",
        autocompletion=lambda: list(ENGINES),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show only results and errors: no progress and no notes.")]

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
    note(message)
    raise typer.Exit(status)


def note(message: str) -> None:
    """Print a sentence for people to standard error."""
    complain(f"rnn-adder: {message}")


def warn_in_words() -> None:
    """Print warnings to standard error as sentences for people, not as lines of a program, and each only once."""

    @cache  # Numba changes the filters of warnings, and then Python would show the same one again
    def say_once(sentence: str) -> None:
        note(sentence)

    def say(message: Warning | str, *_: Any, **__: Any) -> None:
        say_once(str(message))

    warnings.showwarning = say


def print_version(asked: bool) -> None:
    """Print the version and end, if asked."""
    if asked:
        typer.echo(f"rnn-adder {version('rnn-adder')}")
        raise typer.Exit


@contextmanager
def progress_bars(*columns: "ProgressColumn", shown: bool = True) -> "Iterator[Progress]":
    """Progress bars on standard error. There are none if it is not a terminal: nobody watches a file."""
    from rich.console import Console  # noqa: PLC0415 (other commands start without it)
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    watched = console.is_terminal and not console.is_dumb_terminal
    with Progress(*columns, console=console, disable=not (shown and watched)) as progress:
        yield progress


@contextmanager
def quietly_cut_off() -> Iterator[None]:
    """End without a complaint if nobody reads standard output any more, as after `rnn-adder ... | head`. If it can't be
    written to for another reason, such as a full disk, say so.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None:
            raise  # it is about a file
        if not isinstance(error, BrokenPipeError):
            note(f"can't write to standard output: {error.strerror or error}.")
        # The interpreter writes out once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
