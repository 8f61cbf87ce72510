"""Writes the messages between page and server as an OpenAPI document that has only schemas. scripts/wire makes the
TypeScript declarations from it. Beside the schemas of the server's own document it has the messages of the socket, the
bodies and queries of requests, and the fields of a configuration.
"""

import json
import sys
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from app.config import Settings
from app.main import create_app
from app.messages import incoming, outgoing
from rnn_core import TrainingConfig

WHOLE = (outgoing.Accuracy, outgoing.CaseAnswer, outgoing.EngineStatus, outgoing.PresenterMessage)
"""The models that are sent with every member, also those with a default, unless a member says when it is left out."""

REF = "#/components/schemas/{model}"


def schemas() -> dict[str, Any]:
    """Every model of the wire by its name."""
    found = create_app(Settings(store=False, engine="numpy")).openapi()["components"]["schemas"]
    models = [
        model
        for module in (incoming, outgoing)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
    ]
    _, all_of_them = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    found = {**all_of_them["$defs"], **found}
    found["TrainingConfig"] = TypeAdapter(TrainingConfig).json_schema(ref_template=REF)
    found["TrainingConfig"]["required"] = list(found["TrainingConfig"]["properties"])
    found["RunStatus"]["properties"]["config"] = {"$ref": REF.format(model="TrainingConfig")}
    for model in WHOLE:
        found[model.__name__]["required"] = [name for name, field in model.model_fields.items() if not field.exclude_if]
    for name in ("Incoming", "Nothing"):  # base classes, which are never sent
        del found[name]
    for schema in found.values():
        _tidy(schema)
    return dict(sorted(found.items()))


def _tidy(schema: dict[str, Any]) -> None:
    """Leave out what no reader of a type needs. A message always has its constants, because they identify it."""
    for needless in ("title", "examples"):
        schema.pop(needless, None)
    schema["description"] = schema["description"].partition("\n\n")[0]
    for name, member in schema["properties"].items():
        for needless in ("title", "examples"):
            member.pop(needless, None)
        if "const" in member and name not in schema.setdefault("required", []):
            schema["required"].append(name)
        if "const" in member or member.get("default", ...) is None:
            member.pop("default", None)


if __name__ == "__main__":
    document = {"openapi": "3.1.0", "info": {"title": "rnn-adder", "version": "1"}, "paths": {}}
    json.dump({**document, "components": {"schemas": schemas()}}, sys.stdout)
