"""For those who run the server: its metrics, and who did what."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ..messages.incoming import AuditQuery
from ..messages.outgoing import AuditLine
from ..operators import require_operator
from ..requests import query_of, query_schema
from .common import PROBLEMS

TEXT = "text/plain"

router = APIRouter(tags=["server"], responses=PROBLEMS, dependencies=[Depends(require_operator)])


@router.get(
    "/metrics",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": {TEXT: {"schema": {"type": "string"}}}}},
)
async def get_metrics(request: Request) -> Response:
    """What the server counts and measures, in the form of Prometheus or, if Accept asks for it, of OpenMetrics."""
    data, media_type = request.app.state.metrics.written(request.headers.get("accept", ""))
    return Response(data, headers={"Content-Type": media_type, "Cache-Control": "no-store", "Vary": "Accept"})


@router.get("/api/audit", openapi_extra=query_schema(AuditQuery))
async def get_audit(
    query: Annotated[AuditQuery, Depends(query_of(AuditQuery))], request: Request, response: Response
) -> list[AuditLine]:
    """Who did what: the latest commands that changed a run, or were refused, the newest first."""
    response.headers["Cache-Control"] = "no-store"
    found: list[AuditLine] = request.app.state.audit.latest(query.last)
    return found
