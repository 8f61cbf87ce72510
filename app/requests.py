"""Reads what clients send: with a limit on its size, strictly, and with an explanation if it is refused.

FastAPI could read bodies and queries itself, but in another way. It holds a body of any size. In a query it accepts
"+3", "3.0" and "1_000" as whole numbers, and takes the last of two values. With a strict model it accepts no digits at
all.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from rnn_core.config import FieldProblem, shown
from rnn_core.text import Text

from .access.gate import client_of, person_of
from .messages.incoming import Incoming
from .messages.reading import Malformed, Refused, parse_json, validate
from .observed import note_given
from .problems import Problem, unprocessable
from .refusals import Refusal
from .services.jobs import asked_by, asker

MAX_BODY = 64 * 1024
"""Maximum bytes of a body or message."""

MAX_DRAINED = 64 * 1024 * 1024
"""Bytes of a too large body that are read and dropped before the answer, so that the client can receive the answer."""

DRAIN_SECONDS = 1.0
"""Seconds to wait for the next piece of a too large body."""

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,4000}")

SWITCHED = {"true": True, "false": False}

M = TypeVar("M", bound=Incoming)
R = TypeVar("R")


def body_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the request's JSON body as a model. A missing body counts as an empty object."""

    async def read(request: Request) -> M:
        data = await read_body(request, MAX_BODY)
        if not data:
            return _validated(model, {})
        require_media_type(request, "application/json")
        try:
            found = _validated(model, parse_json(data))
            note_given(request.scope, found.model_fields_set)
            return found
        except Malformed as error:
            raise Problem(HTTPStatus.BAD_REQUEST, Text("The body is not JSON: {error}.", error=str(error))) from None

    return read


def require_media_type(request: Request, wanted: str, named: str | None = None) -> None:
    """Check that the Content-Type is the wanted one; the error answer calls it `named`.

    Raises:
        Problem: 415 if it is not.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != wanted:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            Text(
                'The body must be {wanted}; the Content-Type says "{type}".',
                wanted=named or wanted,
                type=shown(media_type)[1:-1],
            ),
            headers={"Accept-Post": wanted},
        )


async def read_body(request: Request, most: int) -> bytes:
    """Read a body of at most `most` bytes. Never more than that is in memory.

    Raises:
        Problem: 413 if it is larger, 400 if it breaks off.
    """
    declared = request.headers.get("content-length", "")
    size = 0
    too_large = declared.isdigit() and int(declared) > most
    chunks: list[bytes] = []
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(DRAIN_SECONDS if too_large else None):
                chunk = await anext(stream, None)
        except TimeoutError:  # the client waits for the answer before it sends more
            break
        except ClientDisconnect:
            raise Problem(HTTPStatus.BAD_REQUEST, Text("The body broke off.")) from None
        if chunk is None:
            break
        size += len(chunk)
        if size > most or too_large:
            too_large = True
            chunks.clear()
            if size > MAX_DRAINED:
                break
        else:
            chunks.append(chunk)
    if too_large:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            Text("The body must be at most {most} bytes.", most=most),
            headers={"Connection": "close"},
        )
    return b"".join(chunks)


async def unless_gone(request: Request, work: Coroutine[Any, Any, R]) -> R:
    """What `work` returns. It is cancelled if the client is gone. Its computing counts for this client.

    Raises:
        Problem: 400 if the client is gone; nobody receives it.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    asked_by.set(asker(person_of(request.scope), client_of(request.scope)))
    working, leaving = asyncio.create_task(work), asyncio.create_task(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        with suppress(asyncio.CancelledError, Problem, Refusal):
            await working
        raise Problem(HTTPStatus.BAD_REQUEST, Text("The client is gone."))
    finally:
        working.cancel()
        leaving.cancel()


def query_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the query as a model. In a query, whole numbers are written in digits."""
    numbers = {name for name, field in model.model_fields.items() if "int" in str(field.annotation)}
    switches = {name for name, field in model.model_fields.items() if field.annotation is bool}

    async def read(request: Request) -> M:
        values: dict[str, Any] = {}
        for name, text in request.query_params.multi_items():
            if name in values:
                raise unprocessable([FieldProblem(shown(name)[1:-1], Text("is given twice; it must be given once"))])
            if name in numbers and _WHOLE_NUMBER.fullmatch(text):
                values[name] = int(text)
            else:
                values[name] = SWITCHED.get(text, text) if name in switches else text
        return _validated(model, values)

    return read


def _validated(model: type[M], data: Any) -> M:
    try:
        return validate(model, data)
    except Refused as error:
        raise unprocessable(error.problems, error.more) from None


def body_schema(model: type[Incoming], required: bool = False) -> dict[str, Any]:
    """The API's documentation of a body that `body_of(model)` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}  # `app.api_document` puts it there
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def query_schema(model: type[Incoming]) -> dict[str, Any]:
    """The API's documentation of a query that `query_of(model)` reads."""
    schema: Mapping[str, Any] = model.model_json_schema()
    required = schema.get("required", [])
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, **_described(field)}
            for name, field in schema["properties"].items()
        ]
    }


def _described(field: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a query's field, and its description. In a query, nothing is null: what is absent is left out."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind != {"type": "null"}]
    whole = {**kinds[0], **{name: value for name, value in field.items() if name not in ("anyOf", "title")}}
    if whole.get("default", ...) is None:
        del whole["default"]
    description = {"description": whole["description"]} if "description" in whole else {}
    return {**description, "schema": whole}
