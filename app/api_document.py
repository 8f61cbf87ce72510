"""The API's description for people and for programs: the OpenAPI document at /openapi.json."""

import json
from inspect import getmembers, isclass
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .examples import EXAMPLES
from .messages import incoming, outgoing

DESCRIPTION = """\
Watch and command networks that learn to add. JSON goes in and comes out; bodies are checked strictly.

* Errors are problem documents (RFC 9457), as `application/problem+json`.
* Each answer has an `X-Request-ID`. The server's log names it, too.
* Where others can reach the server, only the presenter commands the runs that all share: 403 otherwise, with the words
  that say what to do instead. Who asks too much gets 429 or 503, with `Retry-After`.
* Large arrays also come as safetensors files, where an operation lists `application/octet-stream`.
* Live frames and commands go over a WebSocket: see [its documentation](docs/socket).
"""

TAGS = [
    {"name": "predict", "description": "Ask a network for the answer to a problem."},
    {"name": "runs", "description": "Create, read, command and delete runs, and look at their past."},
    {"name": "inside", "description": "What a network has learned, and how: computed of its weights at any moment."},
    {"name": "sweeps", "description": "Train many networks, and see which settings learn, how surely, and how fast."},
    {"name": "server", "description": "What this server is, what it can do, and how it is."},
]

INFORMATION: dict[str, Any] = {
    "title": "rnn-adder",
    "summary": "A recurrent network learns binary addition in front of you.",
    "description": DESCRIPTION,
    "contact": {"name": "The authors of rnn-adder"},
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "openapi_tags": TAGS,
    "servers": [{"url": ".", "description": "the server that this document comes from"}],
    "generate_unique_id_function": lambda route: route.name,
}
"""What `FastAPI` is told of the API."""

PROBLEM = "application/problem+json"
SECURITY_SCHEMES = {
    "presenter": {
        "type": "http",
        "scheme": "bearer",
        "description": "The presenter's token, which the server prints when it starts. Where others can reach the "
        "server, it is needed to command the runs that all share.",
    }
}
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "run_id": {"description": "the id of a run", "schema": {"type": "string"}, "example": "main"},
    "sweep_id": {"description": "the id of a sweep", "schema": {"type": "string"}, "example": "sweep-1"},
    "iteration": {
        "description": "a whole number from 0 to the run's iteration",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1200,
    },
}


def describe_well(app: FastAPI) -> None:
    """Complete the document that FastAPI makes by what it can't know."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        made_before = app.openapi_schema is not None
        document = make()
        if not made_before:
            _complete(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    document["security"] = [{}, {"presenter": []}]  # nobody has to say who they are
    for path in document["paths"].values():
        for operation in path.values():
            operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter.update(PATH_PARAMETERS[parameter["name"]])
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if not status.startswith("2") and "application/json" in content:
                    answer["content"] = {PROBLEM: content["application/json"]}
    schemas = document["components"]["schemas"]
    schemas |= _missing(document)
    for name, schema in schemas.items():
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    with_items(document)


def _missing(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the document refers to and FastAPI does not know, such as those of bodies."""
    models = [
        (model, "validation")
        for module in (incoming, outgoing)
        for _, model in getmembers(module, isclass)
        if issubclass(model, BaseModel) and model.__module__ == module.__name__ and model is not incoming.Incoming
    ]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    there: dict[str, Any] = document["components"]["schemas"]
    added: dict[str, Any] = {}
    while more := {
        name: schema
        for name, schema in found["$defs"].items()
        if name not in (*there, *added) and f'"#/components/schemas/{name}"' in json.dumps([document, added])
    }:
        added |= more
    return added


def with_items(part: Any) -> None:
    """Say what the items of arrays are, also where each place has its own schema. Some readers know only `items`."""
    if isinstance(part, list):
        for member in part:
            with_items(member)
    elif isinstance(part, dict):
        for member in part.values():
            with_items(member)
        if isinstance(places := part.get("prefixItems"), list):
            kinds = [place for number, place in enumerate(places) if place not in places[:number]]
            part.setdefault("items", {"anyOf": kinds} if len(kinds) > 1 else kinds[0])
