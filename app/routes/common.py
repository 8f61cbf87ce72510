"""What the routes share."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute

from rnn_core.assessment.prediction import OperandError, checked_operands
from rnn_core.config import FieldProblem
from rnn_core.network.parts import make_task
from rnn_core.pieces import result_of
from rnn_core.text import Text

from ..messages.incoming import Operands
from ..messages.outgoing import ProblemDocument
from ..problems import unprocessable
from ..requests import unless_gone
from ..services.jobs import Jobs
from ..services.live_run import LiveRun
from ..services.registry import Registry
from ..writing import is_little, json_in_pieces


async def get_registry(connection: HTTPConnection) -> Registry:
    """The runs of this server. This is a coroutine, because FastAPI runs a plain function in a thread."""
    registry: Registry = connection.app.state.registry
    return registry


Runs = Annotated[Registry, Depends(get_registry)]


class AttendedRoute(APIRoute):
    """A route whose GET requests stop when the client leaves, so that nothing is computed in vain. Commands go on."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler; a GET request is cancelled when its client leaves."""
        handle = super().get_route_handler()
        if self.methods != {"GET"}:
            return handle

        async def attended(request: Request) -> Response:
            return await unless_gone(request, handle(request))

        return attended


JSON = "application/json"
BINARY = "application/octet-stream"


async def json_answer(jobs: Jobs, document: Any, headers: dict[str, str] | None = None) -> Response:
    """An answer as JSON, with arrays as nested lists. A long answer is encoded as a job."""
    whole = json_in_pieces(document)
    data = result_of(whole) if is_little(document) else await jobs.compute(whole)
    return Response(data, headers=headers, media_type=JSON)


def check_moment(run: LiveRun, iteration: int, field: str = "iteration") -> None:
    """Check that a run has reached this iteration, and that its past is known so far back.

    Raises:
        Problem: 422 with the field that names it.
    """
    first, last = run.keyframes.first, run.snapshot.iteration
    if not first <= iteration <= last:
        detail = Text(
            "must be a whole number from {first} to {last}, where {name} stands, not {iteration}",
            first=first,
            last=last,
            name=run.name,
            iteration=iteration,
        )
        raise unprocessable([FieldProblem(field, detail)])


def operands_of(run: LiveRun, query: Operands) -> tuple[int, ...]:
    """The problem that a query names, of the run's task.

    Raises:
        Problem: 422 with the fields that are wrong.
    """
    with refusing_operands():
        return checked_operands(make_task(run.snapshot.config), {"a": query.a, "b": query.b, "c": query.c})


@contextmanager
def refusing_operands() -> Iterator[None]:
    """Refuse with 422 what turns out to be no problem of the run's task, also because a reset has changed the task."""
    try:
        yield
    except OperandError as error:
        raise unprocessable(error.problems) from None


def preferred(accept: str, other: str = BINARY) -> str:
    """Which of JSON and another media type an Accept header names first; "" if it names neither."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((kind for kind in kinds if kind in (JSON, other)), "")


def before_start(start: int, stop: int) -> FieldProblem:
    """The field error of a range that ends before it begins."""
    return FieldProblem("stop", Text("must be start ({start}) or more, not {stop}", start=start, stop=stop))


FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
"""The API's documentation of bytes."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemDocument, "description": "What is wrong, in the form of RFC 9457."},
    503: {
        "model": ProblemDocument,
        "description": "Why it is not possible now.",
        "headers": {"Retry-After": {"description": "seconds after which it may be", "schema": {"type": "integer"}}},
    },
}
"""The API's documentation of error answers."""
