"""Who may talk to this server: a shell around the application for both HTTP and WebSockets.

A foreign page must not command a lab on somebody's own machine. So the Host must be one of this server's names
(otherwise DNS rebinding would make a foreign page "same-origin"). An Origin with a request that changes something, or
with a WebSocket, must be that of this server's pages. And a foreign page may not make this machine compute answers,
even if it could not read them: browsers say in Sec-Fetch-Site where a request comes from (W3C Fetch Metadata).
"""

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rnn_core.text import Text

from .problems import Problem

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
REMEMBERED = 256
"""The number of hosts that are remembered, with the answer to each."""

SAFE_METHODS = frozenset({"GET", "HEAD"})
_AUTHORITY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")


class Place(NamedTuple):
    """A host, as a name or an address, and a port; None if none was given."""

    host: str
    port: int | None


def parse_authority(text: str) -> Place | None:
    """`host`, `host:port`, `[v6]:port`; None for anything else."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        return None
    if parts.netloc != text or not parts.hostname or not _AUTHORITY_CHARACTERS.issuperset(text.lower()):
        return None
    if text.rpartition("]")[2][:1] not in ("", ":") and "]" in text:
        return None  # urlsplit ignores text between the bracket and the port
    host = _normal(parts.hostname)
    return Place(host, port) if host else None


def parse_origin(text: str) -> Place | None:
    """`http://host:port`, with the default port if none is given; None for `null` and anything else."""
    scheme, separator, authority = text.partition("://")
    place = parse_authority(authority)
    if not separator or scheme.lower() not in ("http", "https") or place is None:
        return None
    return Place(place.host, place.port or DEFAULT_PORTS[scheme.lower()])


def scheme_of(origin: str) -> str:
    """`http` or `https`, from a valid origin."""
    return origin.partition("://")[0].lower()


def _normal(host: str) -> str:
    host = host.lower().removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_hosts(texts: Iterable[str]) -> set[Place]:
    """The places that `allowed_hosts` names.

    Raises:
        ValueError: one of them is not a host.
    """
    places = set()
    for text in texts:
        place = parse_authority(text)
        if place is None:
            raise ValueError(f'allowed_hosts must hold names such as "lab.example:8000", not "{text}"')
        places.add(place)
    return places


ANCESTOR = re.compile(r"\*|https?://[A-Za-z0-9.*:\[\]-]+")
"""What `frame_ancestors` may hold, in the form of Content-Security-Policy."""


def check_ancestors(origins: Iterable[str]) -> str:
    """The sources that may embed the page, in the form of the policy.

    Raises:
        ValueError: one of them is not an origin.
    """
    for origin in origins:
        if not ANCESTOR.fullmatch(origin):
            raise ValueError(f'frame_ancestors must hold origins such as "https://blog.example", not "{origin}"')
    return " ".join(origins) or "'none'"


EMBEDDED = re.compile(rb"(lang=[A-Za-z-]+&)?embed=1(&reset=1)?(&lang=[A-Za-z-]+)?")
"""The queries of pages that are made to be embedded. No other query allows embedding."""

LAB = re.compile(r"/(runs/[a-z0-9-]{1,32})?")
"""The page that is made for it: the lab of one run. On other pages a click in a foreign frame could delete a run."""

PAGES = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})
"""The statuses of answers that are that page."""


def is_embedded(scope: Scope) -> bool:
    """Whether this is a request for the page that is made to be embedded."""
    return LAB.fullmatch(scope["path"]) is not None and EMBEDDED.fullmatch(scope["query_string"]) is not None


class Guard:
    """ASGI shell: refuses foreign Hosts (421) and Origins (403), and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str] = (), frame_ancestors: Iterable[str] = ()) -> None:
        """Wrap `app`.

        Args:
            app: the application to guard.
            allowed_hosts: further names of this server, `host` or `host:port`.
            frame_ancestors: origins whose pages may embed the pages that are made for it.

        Raises:
            ValueError: one of them is not a host, or not an origin.
        """
        self.app = app
        self._ancestors = check_ancestors(frame_ancestors)
        self._allowed = check_hosts(allowed_hosts)
        name = _normal(socket.gethostname())
        self._is_our_name = lru_cache(REMEMBERED)(self._read_name)  # nearly all requests have one of a few names
        self._machine_names = {name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on allowed requests."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        hosts = _values(scope, b"host")
        problem = self._problem(scope, hosts)
        send_with_headers = _with_headers(scope, hosts, self._ancestors, send)
        if problem is None:
            await self.app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            await problem.response()(scope, receive, send_with_headers)
        else:
            await _refuse_websocket(problem, scope, receive, send)

    def _problem(self, scope: Scope, hosts: list[bytes]) -> Problem | None:
        server = _server(scope)
        if len(hosts) != 1 or not self._is_our_name(hosts[0], scope["scheme"], server):
            return Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                Text(
                    "This server does not go by the name in the Host header. Use the address it printed when it "
                    "started, or tell it its name in RNN_ADDER_ALLOWED_HOSTS."
                ),
            )
        origins = [text.decode("latin-1") for text in _values(scope, b"origin")]
        ours = all(self._is_our_page(origin, scope["scheme"], server) for origin in origins)
        if not ours and (scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS):
            return Problem(HTTPStatus.FORBIDDEN, Text("Only this server's own pages may do this."))
        if b"cross-site" in _values(scope, b"sec-fetch-site") and not (origins and ours) and not self._is_visit(scope):
            detail = Text("A page of another site can't have this server work. It may lead people here by a link.")
            return Problem(HTTPStatus.FORBIDDEN, detail)
        return None

    def _is_visit(self, scope: Scope) -> bool:
        """Whether a browser asks for this to show it, in a window or, if that is allowed, in a frame."""
        if scope["type"] != "http" or _values(scope, b"sec-fetch-mode") != [b"navigate"]:
            return False
        framed = _values(scope, b"sec-fetch-dest") != [b"document"]
        return not framed or (self._ancestors != "'none'" and is_embedded(scope))

    def _is_our_page(self, text: str, scheme: str, server: tuple[str, int | None] | None) -> bool:
        """Whether an Origin is of this server's pages."""
        origin = parse_origin(text)
        if origin is None or not self._is_ours(origin, server):
            return False
        # A proxy that speaks TLS may not say so. Then the allowed names are the proxy's.
        secure = scheme in ("https", "wss")
        return secure == (scheme_of(text) == "https") or (not secure and self._is_allowed(origin))

    def _read_name(self, host: bytes, scheme: str, server: tuple[str, int | None] | None) -> bool:
        """Whether a Host header names the socket that received the request."""
        place = parse_authority(host.decode("latin-1"))
        return place is not None and self._is_ours(Place(place.host, place.port or DEFAULT_PORTS[scheme]), server)

    def _is_allowed(self, place: Place) -> bool:
        """Whether settings name a host and port."""
        return place in self._allowed or Place(place.host, None) in self._allowed

    def _is_ours(self, place: Place, server: tuple[str, int | None] | None) -> bool:
        """Whether a host and port name that socket."""
        if self._is_allowed(place):
            return True
        if server is None or place.port != server[1]:
            return False
        if place.host == server[0]:
            return True
        address = _normal(server[0])
        if _is_loopback(address):
            return _is_loopback(place.host)
        return place.host == address or place.host in self._machine_names


def _values(scope: Scope, name: bytes) -> list[bytes]:
    """A header's values; ASGI has names in lower case."""
    return [value for key, value in scope["headers"] if key == name]


def _server(scope: Scope) -> tuple[str, int | None] | None:
    """The address and port that received the request, if known."""
    server = scope.get("server")
    return None if server is None else (server[0], server[1])


@lru_cache(REMEMBERED)
def _security_headers(host: bytes, secure: bool, swagger: bool, ancestors: str) -> list[tuple[bytes, bytes]]:
    """The headers of every answer, in the form in which the server sends them."""
    # Swagger UI sets inline styles. Scripts are never inline, there or elsewhere.
    styles = "'self' 'unsafe-inline'" if swagger else "'self'"
    name = host.decode("latin-1")
    socket_origin = f" ws{'s' if secure else ''}://{name}" if parse_authority(name) else ""
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self'{socket_origin}",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _with_headers(scope: Scope, hosts: list[bytes], ancestors: str, send: Send) -> Send:
    secure = scope["scheme"] in ("https", "wss")

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            # In a frame, people could click the buttons of the whole page without knowing it.
            framed = ancestors if message["status"] in PAGES and is_embedded(scope) else "'none'"
            extra = _security_headers(hosts[0] if hosts else b"", secure, scope["path"] == "/docs", framed)
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return send_with_headers


async def _refuse_websocket(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake with HTTP instead of accepting it."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.title})
        return

    await problem.response()(scope, receive, send)  # Starlette can send this during a handshake
