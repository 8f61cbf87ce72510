"""Error answers for people and programs: RFC 9457 problem details, everywhere."""

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import Scope

from rnn_core.config import ConfigError, FieldProblem, sentences, shown
from rnn_core.text import Text

from .languages import FOR_PROGRAMS, say
from .refusals import Busy, Conflict, Forbidden, Missing, Refusal, TooMany, Unstored
from .request_ids import request_id_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

MAX_PATH = 200
"""The number of characters of an address that an answer repeats."""


TITLES = {
    HTTPStatus.BAD_REQUEST: Text("Bad Request"),
    HTTPStatus.FORBIDDEN: Text("Forbidden"),
    HTTPStatus.NOT_FOUND: Text("Not Found"),
    HTTPStatus.METHOD_NOT_ALLOWED: Text("Method Not Allowed"),
    HTTPStatus.NOT_ACCEPTABLE: Text("Not Acceptable"),
    HTTPStatus.REQUEST_TIMEOUT: Text("Request Timeout"),
    HTTPStatus.CONFLICT: Text("Conflict"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Text("Request Entity Too Large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Text("Unsupported Media Type"),
    HTTPStatus.MISDIRECTED_REQUEST: Text("Misdirected Request"),
    HTTPStatus.UNPROCESSABLE_ENTITY: Text("Unprocessable Entity"),
    HTTPStatus.TOO_MANY_REQUESTS: Text("Too Many Requests"),
    HTTPStatus.INTERNAL_SERVER_ERROR: Text("Internal Server Error"),
    HTTPStatus.SERVICE_UNAVAILABLE: Text("Service Unavailable"),
    HTTPStatus.INSUFFICIENT_STORAGE: Text("Insufficient Storage"),
}
"""The titles of Python's `HTTPStatus`, for the statuses used here."""


class Problem(Exception):
    """A request that can't be done, with its error answer.

    Attributes:
        status: the HTTP status.
        detail: one or more sentences for the person who asked.
        errors: the errors of fields.
        headers: further headers, such as Retry-After.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers

    @property
    def title(self) -> str:
        """The kind of error, the same for all errors with this status."""
        return say(TITLES.get(self.status) or self.status.phrase)

    def body(self) -> dict[str, Any]:
        """The members of the RFC 9457 document."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status.value,
            "detail": say(self.detail),
        }
        if self.errors:
            document["errors"] = [{"field": error.field, "detail": say(error.detail)} for error in self.errors]
        return document

    def response(self) -> Response:
        """The HTTP answer."""
        return JSONResponse(self.body(), self.status.value, self.headers, MEDIA_TYPE)


Page = Callable[[Problem, Scope], Response]
"""Makes a page of a problem, for people."""


def wants_page(scope: Scope) -> bool:
    """Whether a person's browser asks, which shows pages, and no program."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").lower()
    return scope["method"] in ("GET", "HEAD") and b"text/html" in accept


STATUS: dict[type[Refusal], HTTPStatus] = {
    Missing: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    Unstored: HTTPStatus.INSUFFICIENT_STORAGE,
}
"""The HTTP status of each kind of refusal."""


def problem_of(refusal: Refusal) -> Problem:
    """The error answer of a refusal."""
    status = next(status for kind, status in STATUS.items() if isinstance(refusal, kind))
    headers = None if refusal.again_in is None else {"Retry-After": str(refusal.again_in)}
    return Problem(status, refusal.detail, headers=headers)


def unprocessable(errors: Sequence[FieldProblem], more: int = 0) -> Problem:
    """422 that names wrong fields, and the number of further ones."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, Text("{problems}.", problems=sentences(errors, more)), errors)


def config_problem(error: ConfigError) -> Problem:
    """422 for a refused configuration. Its fields are named as members of `config`; `edits` stand beside it."""
    errors = [
        problem
        if problem.field.partition(".")[0] == "edits"
        else FieldProblem(f"config.{problem.field}", problem.detail)
        for problem in error.problems
    ]
    return unprocessable(errors, error.more)


def install_problem_handlers(app: FastAPI, page: Page) -> None:
    """Answer every exception with RFC 9457 problem details; where there are pages, answer a browser with a page."""

    def answer(request: Request, problem: Problem) -> Response:
        if wants_page(request.scope) and not request.scope["path"].startswith(FOR_PROGRAMS):
            return page(problem, request.scope)
        return problem.response()

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    async def on_refusal(request: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refusal)
        return answer(request, problem_of(refusal))

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        headers = dict(error.headers or {})
        detail: str = error.detail
        path = shown(request.url.path, MAX_PATH)[1:-1]
        if status is HTTPStatus.NOT_FOUND:
            detail = Text("There is nothing at {path}.", path=path)
        elif status is HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = _methods_at(app, request)
            headers["Allow"] = ", ".join(allowed)
            detail = Text(
                "{method} is not possible at {path}; possible: {methods}.",
                method=request.method,
                path=path,
                methods=headers["Allow"],
            )
        return answer(request, Problem(status, detail, headers=headers))

    async def on_exception(request: Request, error: Exception) -> Response:
        # The shells around the application, which would tell the id, have returned already.
        log_id = request_id_of(request.scope)
        logger.error("%s: %s %s failed", log_id, request.method, request.url.path, exc_info=error)
        detail = Text("The server made a mistake; its log tells more under {log_id}.", log_id=log_id)
        return answer(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, headers={"X-Request-ID": log_id}))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(Exception, on_exception)


def _methods_at(app: FastAPI, request: Request) -> list[str]:
    """The methods that are allowed at the request's path."""
    methods: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in app.routes):
            methods.add(method)
    if not methods:  # the path is below a mount, which has files
        methods.add("GET")
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods)
