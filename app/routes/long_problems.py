"""A problem of any length through a run's network. The numbers are those of `rnn_core.assessment.long_problems`."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from rnn_core.assessment.long_problems import trace_long_in_pieces
from rnn_core.pieces import Pieces

from ..frames import encode_traced
from ..messages.incoming import LongQuery
from ..requests import query_of, query_schema
from ..services.parting import Look
from .common import BINARY, FILE, PROBLEMS, AttendedRoute, Runs, check_moment, refusing_operands

router = APIRouter(prefix="/api/runs", tags=["inside"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get(
    "/{run_id}/trace",
    response_class=Response,
    responses={200: {"content": {BINARY: FILE}}},
    openapi_extra=query_schema(LongQuery),
)
async def get_trace(run_id: str, query: Annotated[LongQuery, Depends(query_of(LongQuery))], runs: Runs) -> Response:
    """What happens inside the network at a problem with numbers of up to 1,024 bits, position by position: a frame.
    Its `trace` is that of this problem, and its `weights` are those that made it.

    It has no updates and no deltas, since nothing is learned from it. `trace.bits` (T,) are the bits that the network
    says. The operands, `expected` and `predicted` are texts in the metadata.
    """
    run = await runs.get(run_id)
    if query.iteration is not None:
        check_moment(run, query.iteration)
    generation, state, now = run.generation, run.state, Look(run.snapshot, None)
    look = now if query.iteration is None else await run.travel.look(query.iteration)
    operands = {name: None if text is None else int(text) for name, text in query if name in ("a", "b", "c")}
    with refusing_operands():
        frame = await runs.jobs.compute(_frame(look, operands, query.width, generation, state))
    return Response(frame, media_type=BINARY)


def _frame(
    look: Look, operands: Mapping[str, int | None], width: int | None, generation: int, state: str
) -> Pieces[bytes]:
    moment, parting = look.snapshot, look.parting()
    trace = yield from trace_long_in_pieces(moment.config, moment.parameters, **operands, width=width)
    yield
    told = None if parting is None else parting.model_dump_json()
    return encode_traced(moment, trace, generation=generation, state=state, parting=told)
