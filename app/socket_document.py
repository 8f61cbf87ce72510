"""The description of the WebSocket for people and for programs: the AsyncAPI document at /asyncapi.json.

It is made from the models of the messages, so it says what the server does.
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .examples import EXAMPLES
from .messages.incoming import COMMANDS, FRAMES
from .messages.outgoing import MilestonesMessage, PresenterMessage, ProblemMessage, StatusMessage, SweepMessage

ADDRESS = "/api/runs/{run_id}/stream"
ADDRESS_OF_SWEEPS = "/api/sweeps/{sweep_id}/stream"
REF = "#/components/schemas/{model}"
BINARY = "application/octet-stream"

FRAME = """\
A binary message, laid out as a safetensors file: 8 bytes with the length of the header (unsigned, little-endian), the
header as JSON, then the tensors as little-endian float32.

Tensors: errors and weights.*; once an iteration is done, also updates.*, trace.inputs, trace.targets, trace.outputs,
trace.hidden_states, trace.output_deltas and trace.hidden_deltas; for gated cells also trace.gates.*, and for an LSTM
trace.cell_states.

Metadata, all of them strings: generation, iteration, errors_start, learning_rate, state and iterations_per_second; once
an iteration is done, also the operands, expected and predicted. A light frame says `light`, and has errors alone: a
viewer gets such frames only if it asked for small ones.
"""

DESCRIPTION = """\
Watch a run and command it. Text messages are JSON, binary messages are frames. A viewer that connects gets a status and
one frame. Every change is told to all viewers as a status, before any frame of that state. What the network has
learned is told as milestones. A command that can't be done, or that its sender may not give, is answered with a
problem, which only its sender gets. The handshake says who that is: by the cookie of the page, or by the presenter's
token as `Authorization: Bearer`. A browser that comes without a cookie gets a visitor's by the handshake. What the
presenter's page shows is told to visitors as a presenter message, so that they can follow. With `?frames=small` two of
three frames are light while the run trains.
"""


OF_SWEEPS = """\
Watch a sweep. Each change is told, at most five times a second. The socket takes no messages: commands have calls of
their own. It closes with the same codes as that of a run.
"""


class CloseCode(NamedTuple):
    """Why the server closes the socket."""

    code: int
    meaning: str
    again: bool


CLOSE_CODES = (
    CloseCode(1003, "The client sent a binary message.", False),
    CloseCode(1008, "There is no such run, or it was deleted. Or too many messages in a row were of no use.", False),
    CloseCode(1009, "The client sent more than 64 KiB in one message.", False),
    CloseCode(1011, "The server made a mistake. Its log tells more.", True),
    CloseCode(1012, "The server is about to end.", True),
    CloseCode(
        1013, "Too many viewers watch already, or the visitor in too many places; or the client reads too slowly.", True
    ),
)
"""All codes, and whether it helps to connect again."""

QUERY = {
    "type": "object",
    "properties": {"frames": {"type": "string", "enum": list(FRAMES), "default": FRAMES[0]}},
}
"""What may stand behind the address."""

EXAMPLE: dict[str, dict[str, Any]] = {
    "status": {"type": "status", "run": EXAMPLES["RunStatus"]},
    "milestones": {"type": "milestones", "generation": 0, "milestones": [EXAMPLES["Milestone"]]},
    "sweep": EXAMPLES["SweepMessage"],
    "problem": {
        "type": "problem",
        "title": "Conflict",
        "detail": "The run is finished. Reset it, or begin a branch.",
        "status": 409,
    },
    "start": {"type": "start"},
    "pause": {"type": "pause"},
    "step": {"type": "step", "iterations": 10},
    "reset": {"type": "reset", "config": {"seed": 7}},
    "speed": {"type": "speed", "value": 1000},
    "presenter": EXAMPLES["PresenterMessage"],
    "show": {"type": "show", "iteration": 1200, "pointer": {"at": "stage-scroll", "part": 12, "x": 0.5, "y": 0.25}},
}
"""A message of each kind."""

SENT: dict[str, type[BaseModel]] = {
    "status": StatusMessage,
    "milestones": MilestonesMessage,
    "presenter": PresenterMessage,
    "problem": ProblemMessage,
}


@lru_cache
def socket_document() -> dict[str, Any]:
    """The AsyncAPI document. It looks from the server: what it sends, and what it receives."""
    kinds: dict[str, type[BaseModel]] = {**SENT, **COMMANDS, "sweep": SweepMessage}
    messages = {name: _message(name, model) for name, model in kinds.items()}
    messages["frame"] = {
        "name": "frame",
        "title": "Frame",
        "summary": "The numbers of one moment.",
        "description": FRAME,
        "contentType": BINARY,
        "payload": {"type": "string", "format": "binary"},
    }
    _, found = models_json_schema([(model, "validation") for model in kinds.values()], ref_template=REF)
    schemas = found["$defs"]
    for schema in schemas.values():
        _as_draft_7(schema)
    operations = {
        f"{_action_of(name)}{name.capitalize()}": {
            "action": _action_of(name),
            "channel": {"$ref": f"#/channels/{_channel_of(name)}"},
            "description": message["summary"],
            "messages": [{"$ref": f"#/channels/{_channel_of(name)}/messages/{name}"}],
        }
        for name, message in messages.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "rnn-adder: the WebSocket",
            "version": version("rnn-adder"),
            "description": DESCRIPTION,
            "contact": {"name": "The authors of rnn-adder"},
            "license": {"name": "MIT"},
            "tags": [{"name": "runs", "description": "Watch and command runs."}],
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": "{host}",
                "protocol": "ws",
                "description": "The server that this document comes from.",
                "variables": {"host": {"default": "127.0.0.1:8000", "description": "its name and port"}},
            }
        },
        "channels": {
            "run": {
                "address": ADDRESS,
                "title": "A run",
                "description": _channel_description(),
                "parameters": {"run_id": {"description": "the id of a run", "examples": ["main"]}},
                "bindings": {"ws": {"query": QUERY}},
                "messages": _messages_of("run", messages),
            },
            "sweep": {
                "address": ADDRESS_OF_SWEEPS,
                "title": "A sweep",
                "description": OF_SWEEPS,
                "parameters": {"sweep_id": {"description": "the id of a sweep", "examples": ["sweep-1"]}},
                "messages": _messages_of("sweep", messages),
            },
        },
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel_of(name: str) -> str:
    """The channel that a message belongs to."""
    return "sweep" if name == "sweep" else "run"


def _action_of(name: str) -> str:
    """Whether the server sends or receives a message."""
    return "receive" if name in COMMANDS else "send"


def _messages_of(channel: str, names: Iterable[str]) -> dict[str, Any]:
    """References to those of these messages that belong to a channel."""
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names if _channel_of(name) == channel}


def _message(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.capitalize(),
        "summary": " ".join((model.__doc__ or "").split()),
        "payload": {"$ref": REF.format(model=model.__name__)},
        "examples": [{"name": name, "payload": EXAMPLE[name]}],
    }


def _channel_description() -> str:
    codes = "\n".join(
        f"* {code}: {meaning}{' Connect again after a while.' if again else ''}" for code, meaning, again in CLOSE_CODES
    )
    return f"{DESCRIPTION}\nThe server closes the socket with one of these codes:\n\n{codes}\n"


def _as_draft_7(part: Any) -> None:
    """Put a schema into the words of JSON Schema's draft 7, which AsyncAPI uses. A message always has its constants."""
    if isinstance(part, list):
        for member in part:
            _as_draft_7(member)
    elif isinstance(part, dict):
        for member in part.values():
            _as_draft_7(member)
        if isinstance(places := part.get("prefixItems"), list):
            part["items"] = places
            del part["prefixItems"]
        for name, member in part.get("properties", {}).items():
            if isinstance(member, dict) and "const" in member:
                part["required"] = [name, *(other for other in part.get("required", []) if other != name)]
                member.pop("default", None)
