"""An id for each request, so that an answer can be found in the log: the header X-Request-ID.

A proxy or a client may have given one. Then it is kept, so that all parts of a system name a request alike.
"""

import re
import secrets
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
SANE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
"""The ids that are taken over. Others could break a line of the log, or fill it."""

BEGINNINGS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The messages that carry an answer's headers."""

_KEY = "rnn_adder.request_id"
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being answered; "" outside of requests."""
    return _current.get()


def request_id_of(scope: Scope) -> str:
    """A request's id. It is known even after the shells around the application have returned."""
    found: str = scope.get(_KEY) or secrets.token_hex(8)
    return found


class RequestIds:
    """ASGI shell: gives each request an id, and tells it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == HEADER]
        header = given[0] if len(given) == 1 and SANE.fullmatch(given[0]) else secrets.token_hex(8).encode()
        scope[_KEY] = header.decode()

        async def send_with_id(message: Message) -> None:
            if message["type"] in BEGINNINGS:
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, header)]}
            await send(message)

        token = _current.set(scope[_KEY])
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            _current.reset(token)
