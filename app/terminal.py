"""The messages of commands to people, and their exit statuses."""

import warnings
from typing import Any, NoReturn

import typer

INTERRUPTED = 130
"""The exit status after Ctrl-C, as usual in shells."""

REFUSED = 3
"""The exit status if a data directory belongs to another server, or to a newer version."""


def fail(message: str, status: int) -> NoReturn:
    """Print an error to standard error, and end."""
    typer.echo(f"rnn-adder: {message}", err=True)
    raise typer.Exit(status)


def warn_in_words() -> None:
    """Print warnings to standard error as sentences for people, not as lines of a program."""

    def say(message: Warning | str, *_: Any, **__: Any) -> None:
        typer.echo(f"rnn-adder: {message}", err=True)

    warnings.showwarning = say
