"""What commands share at a terminal: common options, messages to people, progress bars, and exit statuses."""

import codecs
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import click

from rnn_core import Trainer, load_checkpoint
from rnn_core.checkpoint import CheckpointError
from rnn_core.engines.engine import ENGINES

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

INTERRUPTED = 130
"""The exit status after Ctrl-C, as usual in shells."""

REFUSED = 3
"""The exit status if a data directory belongs to another server, or to a newer version."""


class Whole(click.IntRange):
    """The type of a whole number within bounds. Click's own name for it, "integer range", would stand in messages."""

    name = "integer"


FILE = click.Path(path_type=Path)
"""The type of an option that takes the path of a file or folder, which need not be there."""

Command: TypeAlias = Callable[..., None]

engine_option: Callable[[Command], Command] = click.option(
    "--engine",
    help="The engine that trains. The default is the fastest one here.",
    metavar=f"[{'|'.join(ENGINES)}]",
    shell_complete=lambda _, __, incomplete: [name for name in ENGINES if name.startswith(incomplete)],
)
json_option: Callable[[Command], Command] = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON, for programs."
)
quiet_option: Callable[[Command], Command] = click.option(
    "--quiet", "-q", is_flag=True, help="Show only results and errors: no progress and no notes."
)

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
    raise click.exceptions.Exit(status)


def opened(checkpoint: Path) -> tuple[Trainer, list[str]]:
    """The network in a file, and what is to be said about the file. Commands look at it: nothing is compiled for that.
    A file that can't be opened ends the program.
    """
    try:
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            trainer = load_checkpoint(checkpoint, "numpy")
    except OSError as error:
        fail(f"can't read {checkpoint}: {error.strerror or error}.", 1)
    except CheckpointError as error:
        fail(f"{error}.", 1)
    return trainer, [str(warning.message) for warning in notes]


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


def print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Print the version and end, if asked."""
    if asked and not context.resilient_parsing:
        print(f"rnn-adder {version('rnn-adder')}")
        context.exit()


@contextmanager
def progress_bar(length: int, shown: bool = True) -> "Iterator[ProgressBar[int]]":
    """A progress bar on standard error. There is none if it is not a terminal: nobody watches a file."""
    watched = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    plain = os.environ.get("NO_COLOR") or sys.platform == "win32"  # its older consoles would show the codes
    full = "#" if plain else click.style("#", fg=(249, 38, 114))
    template = "%(label)s [%(bar)s] %(info)s"
    look: dict[str, Any] = {"fill_char": full, "empty_char": "-", "bar_template": template, "show_pos": True}
    with click.progressbar(length=length, file=sys.stderr, hidden=not (shown and watched), **look) as bar:
        yield bar


def in_columns(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """A table for people. The first `texts` columns stand on the left of their places, the others, numbers, on the
    right.
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        places = zip(cells, widths, strict=True)
        return "  ".join(c.ljust(n) if k < texts else c.rjust(n) for k, (c, n) in enumerate(places)).rstrip()

    return "\n".join([line(head), "-" * (sum(widths) + 2 * len(widths) - 2), *map(line, rows)])


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
