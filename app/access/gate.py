"""Who asks: a shell around the application that reads tokens and cookies, and exchanges one for the other."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote, unquote_to_bytes

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rnn_core.text import Text

from ..addresses import prefix_of
from ..languages import FOR_PROGRAMS
from ..problems import Page, Problem, problem_of, wants_page
from ..security import SAFE_METHODS
from .keys import LIFETIME, KeyFile, Keys, new_visitor
from .limits import Limits
from .people import PRESENTER, STRANGER, Person, asked_by_person

TOKEN = re.compile(rb"(?:^|&)token=([^&]*)")
"""The presenter's token in a query. It is found only if its name is written like this: the log leaves out no other."""

BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)

PERSON = "rnn_adder.person"
"""The member of a request's scope that holds who asks."""

RENEWED_SECONDS = 2.0
"""Seconds between two looks at whether the token was renewed."""


class Access:
    """Knows who asks.

    Attributes:
        roles: whether there are roles. Without them everybody is presenter.
        keys: what proves who somebody is.
    """

    def __init__(self, *, roles: bool, file: KeyFile | None = None) -> None:
        """Read the keys, or make some.

        Args:
            roles: whether there are roles.
            file: where the keys are kept; without it they end with the server.

        Raises:
            OSError: the keys can't be read or written.
        """
        self.roles = roles
        self._file = file if roles else None
        self.keys = Keys.new() if self._file is None else self._file.keys()

    def identify(self, scope: Scope) -> Person:
        """Who sends a request, by its headers."""
        if not self.roles:
            return PRESENTER
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        bearer = next((_bearer(value) for name, value in headers if name == b"authorization"), None)
        if bearer is not None and self.keys.is_token(bearer):
            return PRESENTER
        found = STRANGER
        for value in _cookies(headers, self.keys.cookie):
            if self.keys.is_presenters(value):
                return PRESENTER
            visitor = self.keys.visitor_of(value)
            found = found if visitor is None else Person("visitor", visitor)
        return found if bearer is None else Person("visitor", found.id, refused=True)

    def cookie(self, scope: Scope, value: str) -> Callable[[Response], None]:
        """Sets this server's cookie in an answer to a request."""

        def set_in(response: Response) -> None:
            response.set_cookie(
                self.keys.cookie,
                value,
                max_age=LIFETIME,
                path=f"{prefix_of(scope)}/",
                secure=scope["scheme"] in ("https", "wss"),
                httponly=True,
                samesite="strict",
            )

        return set_in

    def greeted(self, scope: Scope) -> tuple[Person, Callable[[Response], None]]:
        """Who asks, a stranger as a new visitor; and what sets the visitor's cookie, for another `DAYS` days, in the
        answer.
        """
        person: Person = scope[PERSON]
        if person.presents:
            return person, lambda _: None
        person = person if person.id else Person("visitor", new_visitor(), person.refused)
        return person, self.cookie(scope, self.keys.visitors(person.id))

    async def follow(self) -> None:
        """Take over the token whenever it is renewed, until this is cancelled."""
        while self._file is not None:
            await asyncio.sleep(RENEWED_SECONDS)
            with suppress(OSError):
                found = await asyncio.to_thread(self._file.read)
                self.keys = found or self.keys


def person_of(scope: Scope) -> Person:
    """Who sends a request."""
    person: Person = scope.get(PERSON, PRESENTER)
    return person


class Gate:
    """ASGI shell: each request knows its person. A token in a page's address is exchanged for a cookie, and leaves the
    address. Visitors ask no more than they may.
    """

    def __init__(self, app: ASGIApp, access: Access, page: Page) -> None:
        """Wrap `app`. `page` makes the answer to a browser that is refused."""
        self.app = app
        self._access = access
        self._page = page
        self._limits = Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = self._exchanged(scope)
        scope[PERSON] = person = self._access.identify(scope)
        if answer is None and scope["type"] == "http" and not person.presents:
            answer = self._limited(scope, person)
        with asked_by_person(person):
            await (self.app if answer is None else answer)(scope, receive, send)

    def _exchanged(self, scope: Scope) -> Response | None:
        """The answer to an address with a token."""
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
            return None
        found = TOKEN.search(scope["query_string"])
        if found is None or (not self._access.roles and scope["path"].startswith(FOR_PROGRAMS)):
            return None
        token = unquote_to_bytes(found[1]).decode("latin-1")
        if self._access.roles and not self._access.keys.is_token(token):
            return self._refused(Problem(HTTPStatus.FORBIDDEN, NOT_VALID), scope)
        query = TOKEN.sub(b"", scope["query_string"]).removeprefix(b"&")
        # Where the page stands, whatever prefix a proxy has taken off.
        place = quote(scope["path"].rpartition("/")[2], safe="")
        location = f"./{place}{'?' if query else ''}{query.decode('latin-1')}"
        response = Response(
            status_code=HTTPStatus.SEE_OTHER, headers={"Location": location, "Cache-Control": "no-store"}
        )
        if self._access.roles:
            self._access.cookie(scope, self._access.keys.presenters())(response)
        return response

    def _limited(self, scope: Scope, person: Person) -> Response | None:
        """The refusal of a visitor who asks too much."""
        if not scope["path"].startswith(FOR_PROGRAMS):
            return None
        refusal = self._limits.take(person, client_of(scope), time.monotonic())
        return None if refusal is None else self._refused(problem_of(refusal), scope)

    def _refused(self, problem: Problem, scope: Scope) -> Response:
        if wants_page(scope) and not scope["path"].startswith(FOR_PROGRAMS):
            return self._page(problem, scope)
        return problem.response()


NOT_VALID = Text(
    "The token in this address is not valid: it may have been renewed. The server's owner gets the valid one by "
    "rnn-adder token --show. Without the token, the address is that of the class."
)


def client_of(scope: Scope) -> str:
    """The address that a request comes from."""
    client = scope.get("client")
    return client[0] if client else ""


def _bearer(value: bytes) -> str | None:
    found = BEARER.fullmatch(value.decode("latin-1"))
    return found and found[1]


def _cookies(headers: list[tuple[bytes, bytes]], name: str) -> list[str]:
    """All cookies of this name: there is one for each prefix that the lab has been under."""
    start = f"{name}="
    parts = (part.strip() for key, value in headers if key == b"cookie" for part in value.decode("latin-1").split(";"))
    return [part.removeprefix(start) for part in parts if part.startswith(start)]
