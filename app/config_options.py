"""Command line options for a configuration, one for each field."""

from collections.abc import Callable, Sequence
from functools import reduce, wraps
from typing import Any, TypeAlias, cast

import click

from rnn_core.config import OPTIONS, TrainingConfig

from .terminal import Command

TYPES = {"integer": int, "number": float}
"""The type that a command takes for each kind of field with numbers."""

OptionMaker: TypeAlias = Callable[[str], Callable[[Command], Command]]
"""Makes the decorator that gives a command the option for a field."""


def one_value(name: str) -> Callable[[Command], Command]:
    """A command line option for one value of a field. Choices stand in the help."""
    option = OPTIONS[name]
    rule = option.rule
    flags, kind = _flag(name), click.Choice(rule.choices) if rule.choices else TYPES.get(rule.kind)
    if rule.kind == "boolean":
        flags, kind = f"{flags}/{flags.replace('--', '--no-', 1)}", bool
    return click.option(flags, name, type=kind, default=None, help=option.meaning, show_default=_default(name))


def some_values(name: str) -> Callable[[Command], Command]:
    """The same for several values with commas between them: all are read as text."""
    option = OPTIONS[name]
    rule = option.rule
    more = {
        "integer": "One or more, as in 1,2,5 or 1..5.",
        "number": "One or more, as in 0.1,1.",
        "boolean": "One or both, as in true,false.",
        "choice": f"One or more, as in {','.join(rule.choices[:2])}.",
    }[rule.kind]
    choices = {"choice": rule.choices, "boolean": ("true", "false")}.get(rule.kind, ())
    more_for_null = " Or none." if rule.nullable else ""
    return click.option(
        _flag(name),
        name,
        help=f"{option.meaning} {more}{more_for_null}",
        show_default=_default(name),
        metavar=f"[{'|'.join(choices)}],..." if choices else None,
        shell_complete=_after_commas(choices) if choices else None,
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _default(name: str) -> str | bool:
    """A field's default, as the help says it; False if it is that there is none."""
    default = getattr(TrainingConfig(), name)
    return False if default is None else str(default).lower()


def _after_commas(choices: Sequence[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """For completion in a shell: how a list of choices may go on from what is typed so far."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
        *before, begun = incomplete.split(",")
        return [",".join([*before, name]) for name in choices if name not in before and name.startswith(begun)]

    return complete


def takes_config(option_of: OptionMaker, *without: str) -> Callable[[Command], Command]:
    """Give a command an option for each field of a configuration except those in `without`, after its own options.

    The command gets the options as `given`, a mapping from each of these fields to its value, or None if it was not
    given. `option_of` makes the option of a field.
    """
    names = [name for name in OPTIONS if name not in without]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**arguments: Any) -> None:
            given = {name: arguments.pop(name) for name in names}
            command(**arguments, given=given)

        # The last one that a command is given comes first.
        return reduce(lambda made, name: option_of(name)(made), reversed(names), cast(Command, run))

    return decorate
