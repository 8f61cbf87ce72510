"""The documentation of the WebSocket: a page to read, and an AsyncAPI document for programs."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from ..socket_document import ADDRESS, CLOSE_CODES, DESCRIPTION, EXAMPLE, socket_document
from .pages import templates

router = APIRouter()


class Member(NamedTuple):
    """A member of a message, in words."""

    name: str
    kind: str
    required: bool
    description: str


class Described(NamedTuple):
    """A message, in words. A frame has no members and no example, because it is not JSON."""

    name: str
    summary: str
    paragraphs: list[str]
    members: list[Member]
    example: str | None


@router.get("/asyncapi.json", include_in_schema=False)
async def get_socket_document() -> Response:
    """The WebSocket, as an AsyncAPI document."""
    return JSONResponse(socket_document())


@router.get("/docs/socket", include_in_schema=False)
async def socket_page(request: Request) -> Response:
    """The same for people, in English."""
    sent, received = described()
    context = {
        "address": ADDRESS,
        "paragraphs": [DESCRIPTION],
        "groups": [("What the server sends", sent), ("What a client may send", received)],
        "status_members": members_of("RunStatus"),
        "codes": CLOSE_CODES,
    }
    return templates.TemplateResponse(request, "socket.html", context)


@lru_cache
def described() -> tuple[list[Described], list[Described]]:
    """The messages that the server sends, and those that it receives."""
    document = socket_document()
    by_action: dict[str, list[Described]] = {"send": [], "receive": []}
    for operation in document["operations"].values():
        name = operation["messages"][0]["$ref"].rpartition("/")[2]
        message = document["components"]["messages"][name]
        model = message["payload"].get("$ref", "").rpartition("/")[2]
        described = Described(
            name=name,
            summary=message["summary"],
            paragraphs=message.get("description", "").strip().split("\n\n"),
            members=members_of(model) if model else [],
            example=json.dumps(EXAMPLE[name], indent=2) if name in EXAMPLE else None,
        )
        by_action[operation["action"]].append(described)
    return by_action["send"], by_action["receive"]


def members_of(model: str) -> list[Member]:
    """The members of a model in the document."""
    schema = socket_document()["components"]["schemas"][model]
    required = schema.get("required", [])
    return [
        Member(name, kind_of(member), name in required, _description(member))
        for name, member in schema["properties"].items()
    ]


def _description(schema: dict[str, Any]) -> str:
    """That of a schema or, if null is allowed beside it, of the other choice."""
    return schema.get("description") or next(map(_description, schema.get("anyOf", ())), "")


def kind_of(schema: dict[str, Any]) -> str:
    """What a schema allows, in words."""
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return ", ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(kind_of(choice) for choice in schema["anyOf"])
    if "$ref" in schema:
        return "object"
    return str(schema.get("type", "anything"))
