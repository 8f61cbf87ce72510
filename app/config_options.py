"""Command line options for a configuration, one for each field."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from rnn_core.config import OPTIONS, Option

Command = Callable[..., None]

TYPES = {"integer": int, "number": float, "boolean": bool, "choice": str}
"""The type that a command takes for each kind of field."""


def one_value(option: Option) -> tuple[type, str]:
    """The type that the command line reads for one value of a field, and the help."""
    choices = f" One of {', '.join(option.rule.choices)}." if option.rule.choices else ""
    return TYPES[option.rule.kind], option.meaning + choices


def some_values(option: Option) -> tuple[type, str]:
    """The same for several values with commas between them: all are read as text."""
    rule = option.rule
    more = {
        "integer": "One or more, as in 1,2,5 or 1..5.",
        "number": "One or more, as in 0.1,1.",
        "boolean": "true, false, or both with a comma between.",
        "choice": f"One or more of {', '.join(rule.choices)}.",
    }[rule.kind]
    return str, f"{option.meaning} {more}" + (" Or none." if rule.nullable else "")


def takes_config(read: Callable[[Option], tuple[type, str]], *without: str) -> Callable[[Command], Command]:
    """Give a command an option for each field of a configuration except those in `without`.

    The command gets the options as `given`, a mapping from each of these fields to its value, or None if it was not
    given. `read` returns an option's type and help.
    """
    names = [name for name in OPTIONS if name not in without]

    def decorate(command: Command) -> Command:
        options = []
        for name in names:
            kind, about = read(OPTIONS[name])
            annotation = Annotated[kind | None, typer.Option(help=about)]  # type: ignore[valid-type]
            options.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
        own = inspect.signature(command, eval_str=True)
        parameters = [parameter for parameter in own.parameters.values() if parameter.name != "given"] + options

        @wraps(command)
        def run(**arguments: Any) -> None:
            given = {name: arguments.pop(name) for name in names}
            command(**arguments, given=given)

        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate
