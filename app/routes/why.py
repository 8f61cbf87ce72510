"""Why an answer is wrong: the memory, or the reading of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from rnn_core.assessment.prediction import OperandError, checked_operands
from rnn_core.network.parts import make_task

from ..messages.incoming import WhyQuery
from ..messages.outgoing import MachineCase, Patched, Why
from ..problems import unprocessable
from ..requests import query_of, query_schema
from ..services.explanations import Found
from .common import PROBLEMS, AttendedRoute, Runs, check_moment

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get("/{run_id}/why", response_model=Why, openapi_extra=query_schema(WhyQuery))
async def get_why(run_id: str, query: Annotated[WhyQuery, Depends(query_of(WhyQuery))], runs: Runs) -> Response:
    """Why the network's answer to a problem is wrong, now or, with `iteration`, after that number of iterations.

    It says whether the memory is to blame for the first wrong bit, or the reading of it. It is computed by activation
    patching: the memory of another problem, which should hold the same, is put in the place of the network's own. Of a
    right answer it tells the bit that was nearest to being wrong.
    """
    run = await runs.get(run_id)
    if query.iteration is not None:
        check_moment(run, query.iteration)
    try:
        task = make_task(run.snapshot.config)
        operands = checked_operands(task, {"a": query.a, "b": query.b, "c": query.c})
    except OperandError as error:
        raise unprocessable(error.problems) from None
    generation = run.generation
    found = await run.explain(operands, query.iteration)
    answer = told(run.id, generation, found)
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")


def told(run_id: str, generation: int, found: Found) -> Why:
    """An explanation as it is sent, in the current language."""
    why = found.explanation
    patched = why.patched
    return Why(
        run=run_id,
        generation=generation,
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
