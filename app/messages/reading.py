"""Reads JSON as a model of `incoming`, and explains what is wrong in a message."""

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from rnn_core.config import TOLD, FieldProblem, must_be, sentences, shown
from rnn_core.text import Text, listed

from .incoming import MAX_NAME, Incoming


class Malformed(ValueError):
    """Not JSON."""


class Refused(ValueError):
    """JSON, but not what is wanted. `problems` are the field errors, and `more` is the number of further ones."""

    def __init__(self, problems: list[FieldProblem], more: int = 0) -> None:
        super().__init__(sentences(problems, more))
        self.problems = problems
        self.more = more


def parse_json(data: bytes | str) -> Any:
    """Read JSON in UTF-8, without NaN and infinities.

    Raises:
        Malformed: it is not such JSON.
    """
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(str(error)) from None


M = TypeVar("M", bound=Incoming)


def validate(model: type[M], data: Any) -> M:
    """Read data as a model.

    Raises:
        Refused: with an error for each wrong field: the value, and what is allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = explain(model, error)
        raise Refused(problems, error.error_count() - TOLD if len(problems) == TOLD else 0) from None


def explain(model: type[BaseModel], error: ValidationError) -> list[FieldProblem]:
    """One error for each wrong field, in words, for the first `TOLD` fields."""
    problems: dict[str, FieldProblem] = {}
    for item in error.errors(include_url=False, include_context=False):
        if len(problems) == TOLD:
            break
        if not item["loc"]:
            problems["body"] = FieldProblem("body", must_be(Text("a JSON object"), item["input"]))
            continue
        holder, path = model, [str(item["loc"][0])]
        for step in item["loc"][1:]:
            inner = _model_of(_fields(holder).get(path[-1]))
            if inner is None:
                break
            holder, path = inner, [*path, str(step)]
        name = ".".join(path)
        allowed = _allowed(_fields(holder).get(path[-1]))
        if item["type"] == "extra_forbidden":
            name = ".".join([*path[:-1], shown(path[-1])[1:-1]])
            known = listed(_fields(holder)) if _fields(holder) else Text("none")
            detail = Text("is not known here; known: {names}", names=known)
        elif item["type"] == "missing":
            detail = Text("is missing; it must be {allowed}", allowed=allowed)
        elif path[-1] == "name" and isinstance(item["input"], str):
            detail = _name_problem(item["input"])
        else:
            detail = must_be(allowed, item["input"])
        problems.setdefault(name, FieldProblem(name, detail))
    return list(problems.values())


def _name_problem(name: str) -> Text:
    """Why a run can't have this name."""
    if len(name) > MAX_NAME:
        words = Text("must have 1 to {most} characters, and this one has {number}", most=MAX_NAME, number=len(name))
    elif not name.strip():
        words = Text("must have 1 to {most} characters, one of which can be seen", most=MAX_NAME)
    else:
        words = Text("must be on one line and without control characters, not {value}", value=shown(name))
    return words


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by their names in messages."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_of(field: FieldInfo | None) -> type[BaseModel] | None:
    """The model that a field holds; None if it holds none."""
    kinds = () if field is None else get_args(field.annotation) or (field.annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _allowed(field: FieldInfo | None) -> str:
    """A field's description: its own or, if the field is optional, that of its type; "" if there is none."""
    if field is None or field.description is not None:
        return (field and field.description) or ""
    infos = [info for member in get_args(field.annotation) for info in getattr(member, "__metadata__", ())]
    return next((info.description for info in infos if isinstance(info, FieldInfo) and info.description), "")
