"""Browsers check their copies with the server, so that no old copy is used with a newer server."""

from hashlib import md5

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"cache-control"

LEFT_OUT = frozenset({b"content-length", b"content-type"})
"""Headers that an answer without a body does not have."""


def unless_unchanged(request: Request, response: Response) -> Response:
    """The response with a tag of its content; without a body (304) if the client has the same already."""
    tag = f'"{md5(response.body, usedforsecurity=False).hexdigest()}"'
    response.headers["ETag"] = f"W/{tag}"  # what travels may be compressed
    known = request.headers.get("if-none-match", "")
    if tag not in (one.strip().removeprefix("W/") for one in known.split(",")) and known.strip() != "*":
        return response
    unchanged = Response(status_code=304)
    unchanged.raw_headers = [pair for pair in response.raw_headers if pair[0] not in LEFT_OUT]
    return unchanged


class Revalidated:
    """ASGI shell: an answer without rules for caching must be checked with the server before each use.

    With a validator (ETag) that costs a request without a body. An answer that never changes can have its own rules.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""

        async def send_revalidated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if all(name != HEADER for name, _ in headers):
                    message = {**message, "headers": [*headers, (HEADER, b"no-cache")]}
            await send(message)

        await self.app(scope, receive, send_revalidated if scope["type"] == "http" else send)
