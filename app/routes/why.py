"""Why an answer is wrong: the memory, or the reading of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from rnn_core.analysis.why import Explanation, explanation

from ..messages.incoming import ProblemQuery
from ..messages.outgoing import MachineCase, Patched, Why
from ..requests import query_of, query_schema
from ..services.inside import Found
from .common import PROBLEMS, AttendedRoute, Runs, operands_of
from .inside import analysed

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get("/{run_id}/why", response_model=Why, openapi_extra=query_schema(ProblemQuery))
async def get_why(run_id: str, query: Annotated[ProblemQuery, Depends(query_of(ProblemQuery))], runs: Runs) -> Response:
    """Why the network's answer to a problem is wrong, now or, with `iteration`, after that number of iterations.

    It says whether the memory is to blame for the first wrong bit, or the reading of it. It is computed by activation
    patching: the memory of another problem, which should hold the same, is put in the place of the network's own. Of a
    right answer it tells the bit that was nearest to being wrong.
    """
    run = await runs.get(run_id)
    found = await analysed(run, query.iteration, explanation, *operands_of(run, query))
    answer = told(run.id, found)
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")


def told(run_id: str, found: Found[Explanation]) -> Why:
    """An explanation as it is sent, in the current language."""
    why = found.answer
    patched = why.patched
    return Why(
        run=run_id,
        generation=found.generation,
        iteration=found.iteration,
        position=why.position,
        case=MachineCase(state=why.case.state, bits=list(why.case.bits)),
        probability=why.probability,
        expected=why.expected,
        verdict=why.verdict,
        patched=patched
        and Patched(
            origin=patched.from_,
            position=patched.position,
            state=patched.state,
            probability=patched.probability,
            share=patched.share,
            problems=patched.problems,
        ),
        overflow=why.overflow,
        parting=found.look.parting(),
    )
