"""What is inside a run's network: now or, with `iteration`, after that number of iterations."""

from collections.abc import Hashable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import APIRouter, Depends, Response

from rnn_core.analysis.machine import LONG_BITS, MOST_STATES, extract_machine_in_pieces
from rnn_core.analysis.reach import GradientReach, gradient_reach_in_pieces
from rnn_core.text import Text
from rnn_core.types import Array

from ..messages.incoming import AccuracyQuery, Operands, ProblemQuery
from ..messages.outgoing import ExtractedMachine, Reach, ReachAlong
from ..refusals import Missing
from ..requests import query_of, query_schema
from ..services.inside import Analysis, Found
from ..services.live_run import LiveRun
from .common import PROBLEMS, AttendedRoute, Runs, check_moment, json_answer, operands_of, refusing_operands

T = TypeVar("T")

router = APIRouter(prefix="/api/runs", tags=["inside"], responses=PROBLEMS, route_class=AttendedRoute)


async def analysed(run: LiveRun, iteration: int | None, analysis: Analysis[T], *asked: Hashable) -> Found[T]:
    """What an analysis finds in a run's network at a moment.

    Raises:
        Problem: 422 with the field `iteration`, or with the fields of a problem that is none of the run's task: a reset
            may have changed the task meanwhile.
        Refusal: as `LiveRun.analyse`.
    """
    if iteration is not None:
        check_moment(run, iteration)
    with refusing_operands():
        return await run.analyse(iteration, analysis, *asked)


def document(run: LiveRun, found: Found[Any], **members: Any) -> dict[str, Any]:
    """An answer, with the members that all of them have."""
    parting = found.look.parting()
    return {
        "run": run.id,
        "generation": found.generation,
        "iteration": found.iteration,
        **({} if parting is None else {"parting": parting.model_dump()}),
        **members,
    }


def nullable(numbers: Array) -> list[Any]:
    """Nested lists of numbers, with None for what is no finite number: JSON has none of these."""
    nested: list[Any] = np.where(np.isfinite(numbers), numbers, np.array(None)).tolist()
    return nested


def reach_told(reach: GradientReach) -> dict[str, Any]:
    """The reach as it is sent."""
    return {"norms": nullable(reach.norms), "shares": nullable(reach.shares)}


@router.get("/{run_id}/reach", response_model=Reach, openapi_extra=query_schema(ProblemQuery))
async def get_reach(
    run_id: str, query: Annotated[ProblemQuery, Depends(query_of(ProblemQuery))], runs: Runs
) -> Response:
    """How far back the error of each position of a problem reaches.

    That is said by the norms of the loss gradients at all earlier hidden states. Where they shrink at each step back,
    gradients vanish.
    """
    run = await runs.get(run_id)
    found = await analysed(run, query.iteration, gradient_reach_in_pieces, *operands_of(run, query))
    return await json_answer(runs.jobs, document(run, found, **reach_told(found.answer)))


@router.get("/{run_id}/reach/along", response_model=ReachAlong, openapi_extra=query_schema(Operands))
async def get_reach_along(run_id: str, query: Annotated[Operands, Depends(query_of(Operands))], runs: Runs) -> Response:
    """How far back the error of a problem reaches at some moments of training.

    So one sees whether gradients vanish or explode while the network learns. The moments are those that are kept, of
    which nothing has to be computed again.
    """
    run = await runs.get(run_id)
    with refusing_operands():
        found = await run.analyse_along(gradient_reach_in_pieces, *operands_of(run, query))
    if not found:
        raise Missing(Text("None of the moments that were kept of {name} can be read.", name=run.name))
    moments = [{"iteration": one.iteration, "shares": nullable(one.answer.shares)} for one in found]
    return await json_answer(runs.jobs, document(run, found[-1], moments=moments))


@router.get("/{run_id}/machine", response_model=ExtractedMachine, openapi_extra=query_schema(AccuracyQuery))
async def get_machine(
    run_id: str, query: Annotated[AccuracyQuery, Depends(query_of(AccuracyQuery))], runs: Runs
) -> Response:
    """The finite-state machine that the network has made of itself, or the nearest one of few states.

    States of the network that do the same are one state of the machine. If it does what the task's machine does, its
    states have the same names. It says how far one may trust it: how often it writes what the network writes.
    """
    run = await runs.get(run_id)
    found = await analysed(run, query.iteration, extract_machine_in_pieces)
    members = document(run, found, **asdict(found.answer), long_bits=LONG_BITS, most_states=MOST_STATES)
    return Response(ExtractedMachine(**members).model_dump_json(), media_type="application/json")
