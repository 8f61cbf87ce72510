"""Command line options for a configuration, one for each field."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, Literal

import typer

from rnn_core.config import OPTIONS, TrainingConfig

Command = Callable[..., None]

TYPES = {"integer": int, "number": float, "boolean": bool}
"""The type that a command takes for each kind of field, except choices."""


def one_value(name: str) -> Any:
    """The annotation of a command line option for one value of a field. Choices stand in the help."""
    option = OPTIONS[name]
    rule = option.rule
    kind: Any = Literal[rule.choices] if rule.choices else TYPES[rule.kind]
    return Annotated[kind | None, typer.Option(help=option.meaning, show_default=_default(name))]


def some_values(name: str) -> Any:
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
    return Annotated[
        str | None,
        typer.Option(
            help=f"{option.meaning} {more}{more_for_null}",
            show_default=_default(name),
            metavar=f"<{'|'.join(choices)}>,..." if choices else None,
            autocompletion=_after_commas(choices) if choices else None,
        ),
    ]


def _default(name: str) -> str | bool:
    """A field's default, as the help says it; False if it is that there is none."""
    default = getattr(TrainingConfig(), name)
    return False if default is None else str(default).lower()


def _after_commas(choices: Sequence[str]) -> Callable[[str], list[str]]:
    """For completion in a shell: how a list of choices may go on from what is typed so far."""

    def complete(incomplete: str) -> list[str]:
        before = incomplete.split(",")[:-1]
        return [",".join([*before, name]) for name in choices if name not in before]

    return complete


def takes_config(annotate: Callable[[str], Any], *without: str) -> Callable[[Command], Command]:
    """Give a command an option for each field of a configuration except those in `without`.

    The command gets the options as `given`, a mapping from each of these fields to its value, or None if it was not
    given. `annotate` returns the annotation of a field's option.
    """
    names = [name for name in OPTIONS if name not in without]

    def decorate(command: Command) -> Command:
        options = []
        for name in names:
            parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotate(name))
            options.append(parameter)
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
