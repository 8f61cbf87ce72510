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

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rnn_core.config import shown
from rnn_core.text import Text

from .forwarded import BY_SETTING, TOLD_HOST
from .places import (
    DEFAULT_PORTS,
    ORIGIN,
    Names,
    Place,
    is_loopback,
    normal,
    parse_authority,
    parse_origin,
    scheme_of,
)
from .problems import Page, Problem, wants_page

REMEMBERED = 256
"""The number of hosts that are remembered, with the answer to each."""

SAFE_METHODS = frozenset({"GET", "HEAD"})

SHARED = "/predict"
"""What pages of other sites may also post to if the settings let them read."""

DOCS = "/docs"

MAX_NAME = 100
"""The number of characters of a foreign name that an answer repeats."""


def check_ancestors(origins: Iterable[str]) -> str:
    """The sources that may embed the page, in the form of the policy.

    Raises:
        ValueError: one of them is not an origin.
    """
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
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

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Iterable[str] = (),
        frame_ancestors: Iterable[str] = (),
        cors_origins: Iterable[str] = (),
        page: Page | None = None,
    ) -> None:
        """Wrap `app`.

        Args:
            app: the application to guard.
            allowed_hosts: further names of this server: `host`, `host:port`, `*.host`.
            frame_ancestors: origins whose pages may embed the pages that are made for it.
            cors_origins: origins whose pages may read, and ask for predictions; "*" for all.
            page: makes the answer to a browser that is refused; without it, browsers get what programs get.

        Raises:
            ValueError: one of them is not a host, or not an origin.
        """
        self.app = app
        self._page = page
        self._ancestors = check_ancestors(frame_ancestors)
        self._readers = frozenset(cors_origins)
        self._names = Names(allowed_hosts)
        name = normal(socket.gethostname())
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
        elif scope["type"] == "websocket":
            await _refuse_websocket(problem, scope, receive, send)
        elif self._page is not None and wants_page(scope):
            await self._page(problem, scope)(scope, receive, send_with_headers)
        else:
            await problem.response()(scope, receive, send_with_headers)

    def _problem(self, scope: Scope, hosts: list[bytes]) -> Problem | None:
        asked = _told(scope) if scope.get(BY_SETTING) else None
        if asked is None and (len(hosts) != 1 or not self._is_our_name(hosts[0], scope["scheme"], _server(scope))):
            return _misdirected(hosts)
        asked = asked or parse_authority(hosts[0].decode("latin-1"))
        origins = [text.decode("latin-1") for text in _values(scope, b"origin")]
        ours = all(self._is_our_page(origin, scope, asked) for origin in origins)
        shared = not ours and self._is_shared(scope, origins)
        if not ours and not shared and (scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS):
            return _foreign(origins, scope)
        welcome = origins and (ours or shared)
        if b"cross-site" in _values(scope, b"sec-fetch-site") and not welcome and not self._is_visit(scope):
            detail = Text(
                "A page of another site can't have this server work. It may lead people here by a link. "
                "RNN_ADDER_FRAME_ANCESTORS names sites that may embed the lab, RNN_ADDER_CORS_ORIGINS sites whose "
                "scripts may read and predict."
            )
            return Problem(HTTPStatus.FORBIDDEN, detail)
        return None

    def _is_shared(self, scope: Scope, origins: list[str]) -> bool:
        """Whether settings let the pages of these origins do this."""
        if scope["type"] != "http" or not ("*" in self._readers or self._readers.issuperset(origins)):
            return False
        asks_first = scope["method"] == "OPTIONS" and _values(scope, b"access-control-request-method")
        return scope["method"] in SAFE_METHODS or scope["path"] == SHARED or bool(asks_first)

    def _is_visit(self, scope: Scope) -> bool:
        """Whether a browser asks for this to show it, in a window or, if that is allowed, in a frame."""
        if scope["type"] != "http" or _values(scope, b"sec-fetch-mode") != [b"navigate"]:
            return False
        framed = _values(scope, b"sec-fetch-dest") != [b"document"]
        return not framed or (self._ancestors != "'none'" and is_embedded(scope))

    def _is_our_page(self, text: str, scope: Scope, asked: Place | None) -> bool:
        """Whether an Origin is of the page that this server shows under the address that the request asks for."""
        origin, told = parse_origin(text), _told(scope)
        if origin is None or asked is None:
            return False
        default = DEFAULT_PORTS[scheme_of(text)]
        same = [
            place
            for place in (asked, told)
            if place is not None and (place.host, place.port or default) == (origin.host, origin.port)
        ]
        # A pattern may fit names of others, too: it is enough only if this server was asked by that very name.
        named = self._names.have_exactly(origin) or any(place == told or self._names.have(place) for place in same)
        secure = scope["scheme"] in ("https", "wss")
        if secure != (scheme_of(text) == "https"):
            return named and not secure  # a proxy that speaks TLS may not say so
        port = asked.port or DEFAULT_PORTS[scope["scheme"]]
        itself = is_loopback(origin.host) and is_loopback(asked.host) and origin.port == port
        return named or itself or bool(same)

    def _read_name(self, host: bytes, scheme: str, server: tuple[str, int | None] | None) -> bool:
        """Whether a Host header names this server.

        A foreign page gets at a server by a name of its own that leads to the server's address. It can't have its name
        be an address. So this machine's own addresses are safe. On loopback the port does not matter either: containers
        and ssh lead one port to another.
        """
        place = parse_authority(host.decode("latin-1"))
        if place is None:
            return False
        if is_loopback(place.host):
            return True
        ports = [place.port] if place.port else [DEFAULT_PORTS[scheme], *sorted({80, 443} - {DEFAULT_PORTS[scheme]})]
        if any(self._names.have(Place(place.host, port)) for port in ports):
            return True
        return (
            server is not None
            and ports[0] == server[1]
            and (place.host == server[0] or (place.host in self._machine_names and not is_loopback(server[0])))
        )


def _misdirected(hosts: list[bytes]) -> Problem:
    place = parse_authority(hosts[0].decode("latin-1")) if len(hosts) == 1 else None
    if place is None or len(place.host) > MAX_NAME:
        detail = Text(
            "This server does not go by the name in the Host header. Use the address it printed when it started, or "
            "tell it its name in RNN_ADDER_ALLOWED_HOSTS."
        )
    else:
        detail = Text(
            "This server does not go by the name {name}. Use the address that it printed when it started. Or start it "
            "with RNN_ADDER_ALLOWED_HOSTS={host} so that it goes by this name, too.",
            name=str(place),
            host=str(Place(place.host, None)),
        )
    return Problem(HTTPStatus.MISDIRECTED_REQUEST, detail)


def _foreign(origins: list[str], scope: Scope) -> Problem:
    origin = parse_origin(origins[0]) if len(origins) == 1 else None
    if origin is None or len(origin.host) > MAX_NAME:
        return Problem(HTTPStatus.FORBIDDEN, Text("Only this server's own pages may do this."))
    if scope["path"] == SHARED:
        detail = Text(
            "Only this server's own pages may do this, not one of {origin}. Start the server with "
            "RNN_ADDER_CORS_ORIGINS={origin} to let the scripts of that site read and predict.",
            origin=shown(origins[0], MAX_NAME)[1:-1],
        )
    else:
        detail = Text(
            "Only this server's own pages may do this, not one of {origin}. If that is this lab behind a proxy, have "
            "the proxy pass on the Host header, or start the server with RNN_ADDER_ALLOWED_HOSTS={name} so that it "
            "knows its pages.",
            origin=shown(origins[0], MAX_NAME)[1:-1],
            name=str(Place(origin.host, None if origin.port in (80, 443) else origin.port)),
        )
    return Problem(HTTPStatus.FORBIDDEN, detail)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    """A header's values; ASGI has names in lower case."""
    return [value for key, value in scope["headers"] if key == name]


def _server(scope: Scope) -> tuple[str, int | None] | None:
    """The address and port that received the request, if known."""
    server = scope.get("server")
    return None if server is None else (server[0], server[1])


def _told(scope: Scope) -> Place | None:
    """The host and port that a trusted proxy says the browser asked for."""
    place: Place | None = scope.get(TOLD_HOST)
    return place


@lru_cache(REMEMBERED)
def _security_headers(
    host: bytes, told: Place | None, secure: bool, swagger: bool, ancestors: str
) -> list[tuple[bytes, bytes]]:
    """The headers of every answer, in the form in which the server sends them."""
    # Swagger UI sets inline styles. Scripts are never inline, there or elsewhere.
    styles = "'self' 'unsafe-inline'" if swagger else "'self'"
    # Not all browsers take a socket of this server for 'self'. A proxy that speaks TLS may not say so.
    names = [host.decode("latin-1"), *([str(told)] if told else [])]
    schemes = ["wss"] if secure else ["ws", "wss"]
    sockets = "".join(f" {scheme}://{name}" for name in names for scheme in schemes if parse_authority(name))
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
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
            swagger = scope["path"] == DOCS
            extra = _security_headers(hosts[0] if hosts else b"", _told(scope), secure, swagger, framed)
            own = {name for name, _ in message.get("headers", ())}  # a page may have a policy of its own
            extra = [(name, value) for name, value in extra if name not in own]
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return send_with_headers


async def _refuse_websocket(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake with HTTP instead of accepting it."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.title})
        return

    await problem.response()(scope, receive, send)  # Starlette can send this during a handshake
