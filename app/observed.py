"""Seeing what is asked: each request is counted, and each command is recorded, also one of a route to come."""

import re
import time
from collections.abc import Iterable
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import OTHER, Metrics
from .operators import actor_of
from .request_ids import BEGINNINGS
from .services.audit import Audit, result_of

_KEY = "rnn_adder.seen"

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

QUESTIONS = frozenset({"predict_by_body", "check_config"})
"""The routes whose POST changes nothing."""

RUN_ID = re.compile("[a-z0-9-]{1,32}")

OF_ROUTE = re.compile("_(run|checkpoint)$")
"""The end of a route's name that its command has not: `start_run` is "start"."""


class Seen:
    """What is known of a request in the outermost shell.

    Attributes:
        scope: its scope as the router sees it. Shells in between make copies.
        given: the names of what its body holds.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.given: Iterable[str] = ()


def note_given(scope: Scope, names: Iterable[str]) -> None:
    """Note what a request's body holds, by names that the server chose."""
    seen: Seen | None = scope.get(_KEY)
    if seen is not None:
        seen.given = names


class Observed:
    """ASGI shell: counts requests, and records those that command a run. It stands outside of those that refuse."""

    def __init__(self, app: ASGIApp, metrics: Metrics, audit: Audit) -> None:
        self.app = app
        self._metrics = metrics
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        seen = scope[_KEY] = Seen(scope)
        method = scope.get("method", "WEBSOCKET")
        answered = False

        def answer(status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
            nonlocal answered
            answered = True
            seconds = time.perf_counter() - began
            self._metrics.answered(method, route_of(seen.scope), status, seconds)
            if method not in SAFE and scope["type"] == "http":
                self._command(seen, status, seconds, headers)

        async def send_seen(message: Message) -> None:
            if message["type"] in BEGINNINGS:
                answer(message.get("status", 101), message.get("headers", ()))
            elif message["type"] == "websocket.close":
                if not answered:
                    answer(403)  # the server says so, if a socket is closed before it is accepted
                self._metrics.refused(message.get("code", 1000))
            await send(message)

        try:
            await self.app(scope, receive, send_seen)
        except Exception:
            if not answered:
                answer(500)  # the shell of the framework, outside of this one, sends it
            raise
        finally:
            if not answered:
                answer(0)  # the client is gone

    def _command(self, seen: Seen, status: int, seconds: float, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Record a request that changes something, or was to: one whose route exists and has its method."""
        name = getattr(seen.scope.get("route"), "name", None)
        if name is None or name in QUESTIONS or status in (0, 405):
            return
        command, result = OF_ROUTE.sub("", name), result_of(status)
        run = seen.scope.get("path_params", {}).get("run_id") or _created(headers)
        known = run if run and RUN_ID.fullmatch(run) else None
        self._metrics.commanded(command, "http", result, seconds)
        self._audit.note(actor_of(HTTPConnection(seen.scope)), command, known, status, seen.given)


class Routed:
    """ASGI shell, the innermost: shows the outer one the scope that the router will write the route into."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        seen: Seen | None = scope.get(_KEY)
        if seen is not None:
            seen.scope = scope
        await self.app(scope, receive, send)


def route_of(scope: Scope) -> str:
    """The template of a request's route, such as `/api/runs/{run_id}`; for a file, the folder that is served."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None and "app_root_path" in scope:
        path = scope["root_path"].removeprefix(scope["app_root_path"])
    return path or OTHER


def _created(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The id of a run that was created, from the address in the answer."""
    found = next((value for name, value in headers if name == b"location"), None)
    return None if found is None else found.decode("latin-1").rpartition("/")[2]


class Commands:
    """What becomes of one socket's commands."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._metrics: Metrics = connection.app.state.metrics
        self._audit: Audit = connection.app.state.audit
        self._actor = actor_of(connection)

    def note(self, command: Any, run: str, status: int, began: float, *, changed: bool = True) -> None:
        """Count a command and, unless it changed nothing, record it.

        Args:
            command: the message, with its type and what came with it.
            run: the id of the run.
            status: the HTTP status that the same call would have had.
            began: when it came, by `time.perf_counter`.
            changed: whether it changed anything, if it was done.
        """
        result, nothing = result_of(status), status < 400 and not changed
        seconds = time.perf_counter() - began
        self._metrics.commanded(command.type, "socket", "nothing" if nothing else result, seconds)
        self._metrics.refused(status)
        if not nothing:
            self._audit.note(self._actor, command.type, run, status, command.model_fields_set - {"type"}, "socket")
