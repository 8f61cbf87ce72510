"""Who one is."""

from fastapi import APIRouter, Request, Response

from ..access.gate import Access
from ..messages.outgoing import Me
from .common import PROBLEMS, Runs

router = APIRouter(prefix="/api", tags=["server"], responses=PROBLEMS)


@router.get("/me", response_model=Me)
async def get_me(request: Request, runs: Runs) -> Response:
    """Who you are on this server. A visitor without a cookie gets one: copies of runs belong to whoever has it. It is
    valid for 30 days from the last time that this was asked.
    """
    access: Access = request.app.state.access
    person, greet = access.greeted(request.scope)
    document = Me(role=person.role, runs=runs.owned_by(person.id))
    response = Response(
        document.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type="application/json"
    )
    greet(response)
    return response
