"""How commands end."""

from typing import NoReturn

import typer

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""

REFUSED = 3
"""The exit status where a data directory belongs to another server, or to a newer version."""


def fail(message: str, status: int) -> NoReturn:
    """Say what is wrong on standard error, and end."""
    typer.echo(f"rnn-adder: {message}", err=True)
    raise typer.Exit(status)
