"""The past of a run: any moment of it. Also imported and deleted runs."""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from rnn_core.assessment.tracing import trace_shown
from rnn_core.checkpoint import FROM_ELSEWHERE, CheckpointError, open_checkpoint
from rnn_core.config import FieldProblem, must_be
from rnn_core.network.parts import make_task
from rnn_core.pieces import in_one
from rnn_core.text import Text

from ..addresses import prefix_of
from ..frames import encode_frame, result_of
from ..messages.incoming import AnswersQuery, ImportQuery, Nothing
from ..messages.outgoing import Answers, RunStatus
from ..problems import Problem, unprocessable
from ..requests import body_of, body_schema, query_of, query_schema, read_body, require_media_type
from ..services.parting import Look
from .common import (
    BINARY,
    FILE,
    JSON,
    PROBLEMS,
    AttendedRoute,
    Runs,
    before_start,
    json_answer,
    preferred,
    refusing_operands,
)

MAX_CHECKPOINT = 16 * 2**20
"""Maximum bytes of an imported checkpoint. The largest network with Adam takes about 4 MB."""

MAX_SECONDS = 30
"""Seconds in which such a file has to arrive, because others wait for its place."""

MAX_DIGITS = 15

THE_FILE = Text("The file")
"""The name of a refused file at the beginning of a sentence."""

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get(
    "/{run_id}/iterations/{iteration}",
    response_class=Response,
    responses={200: {"content": {BINARY: FILE, JSON: {"schema": {"$ref": "#/components/schemas/PastMoment"}}}}},
)
async def get_moment(run_id: str, iteration: str, request: Request, runs: Runs) -> Response:
    """The run as it was after `iteration` iterations, with the trace of the last one: a frame, or JSON if Accept asks
    for it. It is computed again, equal bit for bit. If this machine computes something else, `parting` says so.
    """
    run = await runs.get(run_id)
    if not (iteration.isascii() and iteration.isdigit() and len(iteration) <= MAX_DIGITS):
        raise unprocessable([FieldProblem("iteration", must_be(Text("a whole number from 0"), iteration))])
    generation = run.generation
    look = await run.travel.look(int(iteration))
    if preferred(request.headers.get("accept", "")) == JSON:
        return await json_answer(runs.jobs, written(look, generation), {"Vary": "Accept"})
    errors = np.array([] if look.error is None else [look.error])
    parting = None if look.differing is None else look.differing.told().model_dump_json()
    encode = partial(encode_frame, generation=generation, state=run.state, rate=0.0, parting=parting)
    frame = await runs.jobs.compute(in_one(partial(encode, look.snapshot, errors)))
    return Response(frame, headers={"Vary": "Accept"}, media_type=BINARY)


def written(look: Look, generation: int) -> dict[str, Any]:
    """A moment as a document. Its arrays have the same names as in frames."""
    snapshot = look.snapshot
    document: dict[str, Any] = {
        "generation": generation,
        "iteration": snapshot.iteration,
        "learning_rate": snapshot.learning_rate,
        "weights": dict(snapshot.parameters),
    }
    trace = trace_shown(snapshot)
    if trace is not None:
        task = make_task(snapshot.config)
        arrays = {name: value for name, value in trace.items() if isinstance(value, np.ndarray)}
        document |= {name: trace[name] for name in task.operands}
        document |= {
            "learning_rate": trace.learning_rate,
            "expected": result_of(task, trace.targets),
            "predicted": result_of(task, trace.outputs),
            "updates": dict(trace.updates),
            "trace": {**arrays, "gates": dict(trace.gates)},
        }
    if look.error is not None:
        document["error"] = look.error
    if look.differing is not None:
        document["parting"] = look.differing.told().model_dump()
    return document


@router.get("/{run_id}/answers", response_model=Answers, openapi_extra=query_schema(AnswersQuery))
async def get_answers(
    run_id: str, query: Annotated[AnswersQuery, Depends(query_of(AnswersQuery))], runs: Runs
) -> Response:
    """What the run's network answered to one problem during training, from iteration `start` to `stop`, at no more
    than `points` moments. They are evenly spaced if that takes little computing; else they are moments at which a
    network was kept. If this machine computes something else than the run recorded, there are only kept moments.
    """
    run = await runs.get(run_id)
    generation = run.generation
    with refusing_operands():
        now = run.predict(query.a, query.b, query.c)
    if query.stop is not None and query.stop < query.start:
        raise unprocessable([before_start(query.start, query.stop)])
    operands = [number for number in (query.a, query.b, query.c) if number is not None]
    stop = run.snapshot.iteration if query.stop is None else query.stop
    answers, differing = await run.travel.answers(operands, query.start, stop, query.points)
    document: dict[str, Any] = {
        "generation": generation,
        "expected": now.expected,
        "width": now.width,
        "bits": now.bits["expected"],
        "iterations": [iteration for iteration, _ in answers],
        "predicted": [answer.predicted for _, answer in answers],
        "probabilities": [answer.probabilities for _, answer in answers],
    }
    if differing is not None:
        document["parting"] = differing.told().model_dump()
    return await json_answer(runs.jobs, document)


@router.post(
    "/import",
    response_model=RunStatus,
    status_code=HTTPStatus.CREATED,
    openapi_extra={
        **query_schema(ImportQuery),
        "requestBody": {"required": True, "content": {BINARY: FILE}},
    },
)
async def import_checkpoint(
    request: Request, query: Annotated[ImportQuery, Depends(query_of(ImportQuery))], runs: Runs
) -> Response:
    """Create a run that goes on where a checkpoint file ends. `detail` says what could not be taken over exactly."""
    require_media_type(request, BINARY, Text("application/octet-stream, a checkpoint file"))
    try:
        async with runs.intake.turn(request.client.host if request.client else ""):
            data = await _received(request)
            opened = await asyncio.to_thread(open_checkpoint, data, THE_FILE, FROM_ELSEWHERE)
    except CheckpointError as error:
        detail = Text("{problems}.", problems=str(error))
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, [FieldProblem("body", str(error))]) from None
    run = await runs.create_import(query.name, opened)
    headers = {"Location": f"{prefix_of(request.scope)}/api/runs/{run.id}"}
    return Response(run.status().model_dump_json(), HTTPStatus.CREATED, headers, "application/json")


async def _received(request: Request) -> bytes:
    """The body of an imported file.

    Raises:
        Problem: 408 if it takes too long, and as `read_body`.
    """
    try:
        async with asyncio.timeout(MAX_SECONDS):
            return await read_body(request, MAX_CHECKPOINT)
    except TimeoutError:
        detail = Text("The file did not arrive within {seconds} seconds.", seconds=MAX_SECONDS)
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail, headers={"Connection": "close"}) from None


@router.get("/deleted", response_model=list[RunStatus])
async def list_deleted(runs: Runs) -> Response:
    """Runs that were deleted within the last hour and can be brought back, the latest first."""
    return JSONResponse([status.model_dump() for status in await runs.deleted()])


@router.post("/{run_id}/restore", response_model=RunStatus, openapi_extra=body_schema(Nothing))
async def restore_run(run_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Bring back a run that was deleted within the last hour."""
    status = await runs.undelete(run_id)
    return Response(status.model_dump_json(), media_type="application/json")
