"""What commands say to people, and how they end."""

import warnings
from typing import Any, NoReturn

import typer

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""

REFUSED = 3
"""The exit status where a data directory belongs to another server, or to a newer version."""


def fail(message: str, status: int) -> NoReturn:
    """Say what is wrong on standard error, and end."""
    typer.echo(f"rnn-adder: {message}", err=True)
    raise typer.Exit(status)


def warn_in_words() -> None:
    """Say warnings on standard error as sentences for people, not as lines of a program."""

    def say(message: Warning | str, *_: Any, **__: Any) -> None:
        typer.echo(f"rnn-adder: {message}", err=True)

    warnings.showwarning = say
