"""The addresses of this server, so that the lab works under any prefix that a proxy puts before it.

A proxy may take its prefix off, and then this server never sees it. So pages and scripts hold only relative addresses:
"../" as often as the page is deep, and then the path below the lab's root. The browser does the rest.
"""

import posixpath
import re
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "rnn_adder.prefix"
"""The member of a request's scope that holds the prefix in the browser's address, "/lab", as far as it is known."""

PREFIXES = re.compile(r"(/[A-Za-z0-9._~%@!$&'()*+,=:-]+)*")
"""What a prefix looks like: "" or "/lab" or "/user/ada/lab"."""


def up(path: str) -> str:
    """The way from the page at `path` up to the lab's root: "", or "../" repeated."""
    return "../" * (path.count("/") - 1)


def up_from(scope: Scope) -> str:
    """The way up from the page that this request asks for. A slash that is written %2F is part of a name."""
    raw = scope.get("raw_path")
    return up(raw.decode("latin-1") if raw else scope["path"])


def prefix_of(scope: Scope) -> str:
    """The prefix in the browser's address: "/lab", or "" if there is none or it is not known."""
    prefix: str = scope.get(PREFIX, "")
    return prefix


def check_prefix(text: str) -> str:
    """A prefix as it is used here, without a slash at its end.

    Raises:
        ValueError: it is not one.
    """
    prefix = text.rstrip("/")
    if not PREFIXES.fullmatch(prefix):
        raise ValueError(f'root_path must be a path such as "/lab", not "{text}"')
    return prefix


class Prefixed:
    """ASGI shell: takes the prefix off a path if the proxy has left it there. All that is inside sees no prefix."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """Wrap `app`.

        Raises:
            ValueError: `prefix` is not one.
        """
        self.app = app
        self._prefix = check_prefix(prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] not in ("http", "websocket") or not self._prefix:
            await self.app(scope, receive, send)
            return
        scope = {**scope, PREFIX: self._prefix}
        path: str = scope["path"]
        if path == self._prefix and scope["type"] == "http":
            # Relative addresses need the slash.
            await _moved(f"{posixpath.basename(path)}/", scope["query_string"])(scope, receive, send)
            return
        if path.startswith(f"{self._prefix}/"):
            depth = self._prefix.count("/")
            scope["path"] = path.removeprefix(self._prefix)
            if scope.get("raw_path"):
                scope["raw_path"] = b"/" + b"/".join(scope["raw_path"].split(b"/")[depth + 1 :])
        await self.app(scope, receive, send)


def _moved(where: str, query: bytes) -> Response:
    location = f"{where}?{query.decode('latin-1')}" if query else where
    return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers={"location": location})


class RelativeRedirects:
    """ASGI shell: redirects of the framework name a whole address, which a proxy may serve under another one. They
    become relative.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""

        async def send_relative(message: Message) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
                headers = [
                    (name, _relative(value, scope) if name == b"location" else value)
                    for name, value in message.get("headers", ())
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_relative if scope["type"] == "http" else send)


def _relative(location: bytes, scope: Scope) -> bytes:
    parts = urlsplit(location)
    if not parts.netloc:
        return location
    path = up_from(scope).encode() + parts.path.lstrip(b"/") or b"./"
    return path + b"?" + parts.query if parts.query else path
