"""Runs: create, read, command, delete."""

from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from rnn_core import ConfigError, TrainingConfig
from rnn_core.checkpoint import encode_checkpoint
from rnn_core.config import FieldProblem, checked_changes
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import in_one
from rnn_core.program import NoProgram, written
from rnn_core.text import Text

from ..access.people import asked_by_person
from ..addresses import prefix_of
from ..frames import encode, errors_data, errors_header
from ..head_requests import is_head
from ..languages import say
from ..messages.incoming import (
    AccuracyQuery,
    CreateRun,
    ErrorsQuery,
    Nothing,
    OverviewQuery,
    PatchRun,
    ProgramQuery,
    ResetRun,
    StepRun,
)
from ..messages.outgoing import (
    Accuracy,
    Errors,
    ErrorsSummary,
    Milestone,
    Overview,
    Plateau,
    ProgramDocument,
    ProgramLine,
    ProgramVariable,
    RateChanges,
    RunStatus,
    TaskDescription,
)
from ..problems import config_problem, unprocessable
from ..refusals import Conflict
from ..requests import body_of, body_schema, query_of, query_schema, unless_gone
from ..services.beginnings import planned_edits
from ..services.glance import Glance, glance
from ..services.history import latest, thinned
from ..services.live_run import LiveRun
from .admission import COPIES, refused
from .common import BINARY, FILE, PROBLEMS, AttendedRoute, Runs, before_start, check_moment, json_answer, preferred

Stretch = Annotated[ErrorsQuery, Depends(query_of(ErrorsQuery))]

MAX_RAW = 10_000
"""Maximum number of single errors in one JSON answer."""

PYTHON = "text/x-python"

BY_ACCEPT = {"Vary": "Accept"}

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=PROBLEMS, route_class=AttendedRoute)


def _status(run: LiveRun, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    return Response(run.status().model_dump_json(), status, headers, "application/json")


@router.get("", response_model=list[RunStatus])
async def list_runs(runs: Runs) -> Response:
    """All runs."""
    return Response(runs.listed(), media_type="application/json")


@router.post("", response_model=RunStatus, status_code=HTTPStatus.CREATED, openapi_extra=body_schema(CreateRun))
async def create_run(
    request: Annotated[CreateRun, Depends(body_of(CreateRun))], connection: Request, runs: Runs
) -> Response:
    """Create a run, ready to start. A config holds only what differs from the default. With `from`, the run begins at a
    moment of another run, and a config may change how training goes on. `changes` are planned: from each of these
    iterations on, the new run trains with another learning rate.

    `edits` set weights, or hold them: what is frozen gets no update and no moment. A branch makes them where it begins,
    beside those that the other run has. A new run makes them at its beginning, or those with an `iteration` then.

    A visitor needs `from`: the run is a copy of their own. They and the presenter command it, and lists show it to
    nobody else. Keep the cookie of the answer: it says whose the copy is.
    """
    person, greet = connection.app.state.access.greeted(connection.scope)
    owner = None if person.presents else person.id
    chosen = "speed" in request.model_fields_set
    try:
        if owner is not None and request.origin is None:
            raise refused(person, Text("Visitors begin no runs from nothing."), COPIES)
        if owner is not None:
            runs.require_copy(owner)
        if request.origin is None:
            config = TrainingConfig.from_mapping(request.config)
            planned = _planned(request.changes, config)
            edits = () if request.edits is None else planned_edits(request.edits, config)
            run = await runs.create(request.name, config, request.speed, planned, edits, speed_chosen=chosen)
        elif request.changes:
            detail = Text("can't be planned for a run that begins at a moment of another")
            raise unprocessable([FieldProblem("changes", detail)])
        else:
            where = request.origin.run, request.origin.iteration
            branched = await unless_gone(connection, runs.branched(*where, request.config, request.edits))
            name, speed = request.name, request.speed
            run = await runs.create_branched(name, branched, speed, speed_chosen=chosen, owner=owner)
    except ConfigError as error:
        raise config_problem(error) from None
    with asked_by_person(person):  # a stranger has become a visitor
        response = _status(run, HTTPStatus.CREATED, {"Location": f"{prefix_of(connection.scope)}/api/runs/{run.id}"})
    greet(response)
    return response


def _planned(changes: list[Any], config: TrainingConfig) -> tuple[tuple[int, float], ...]:
    """Changes of the learning rate, checked.

    Raises:
        Problem: 422 with the field `changes`.
    """
    try:
        return checked_changes(changes, config.max_iterations)
    except ConfigError as error:
        raise unprocessable(error.problems, error.more) from None


@router.get("/{run_id}", response_model=RunStatus)
async def get_run(run_id: str, runs: Runs) -> Response:
    """Where a run stands."""
    return Response(runs.status(run_id).model_dump_json(), media_type="application/json")


@router.get("/{run_id}/changes")
async def get_changes(run_id: str, runs: Runs) -> RateChanges:
    """All changes of a run's learning rate; its status tells the newest."""
    return runs.rate_changes(run_id)


@router.patch("/{run_id}", response_model=RunStatus, openapi_extra=body_schema(PatchRun))
async def change_run(run_id: str, request: Annotated[PatchRun, Depends(body_of(PatchRun))], runs: Runs) -> Response:
    """Change name, speed or learning rate, even while the run is training."""
    run = await runs.get(run_id)
    await run.change(request.model_dump(exclude_unset=True))
    return _status(run)


@router.delete("/{run_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_run(run_id: str, runs: Runs) -> Response:
    """Stop a run and forget it. `main` can't be deleted."""
    await runs.delete(run_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{run_id}/start", response_model=RunStatus, openapi_extra=body_schema(Nothing))
async def start_run(run_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Train on."""
    run = await runs.get(run_id)
    await run.start()
    return _status(run)


@router.post("/{run_id}/pause", response_model=RunStatus, openapi_extra=body_schema(Nothing))
async def pause_run(run_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Stop training for now."""
    run = await runs.get(run_id)
    await run.pause()
    return _status(run)


@router.post("/{run_id}/step", response_model=RunStatus, openapi_extra=body_schema(StepRun))
async def step_run(run_id: str, request: Annotated[StepRun, Depends(body_of(StepRun))], runs: Runs) -> Response:
    """Do some iterations at full speed, and stop."""
    run = await runs.get(run_id)
    await run.step(request.iterations)
    return _status(run)


@router.post("/{run_id}/reset", response_model=RunStatus, openapi_extra=body_schema(ResetRun))
async def reset_run(run_id: str, request: Annotated[ResetRun, Depends(body_of(ResetRun))], runs: Runs) -> Response:
    """Begin again, with the run's own config, or with the given config merged onto the default. Without both `config`
    and `edits`, edits that were made at the run's beginning are made again.
    """
    run = await runs.get(run_id)
    try:
        await run.reset(request.config, request.edits)
    except ConfigError as error:
        raise config_problem(error) from None
    return _status(run)


@router.post("/{run_id}/reset/undo", response_model=RunStatus, openapi_extra=body_schema(Nothing))
async def undo_reset(run_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Bring back what the run was before its last reset: within an hour, and only if nothing was trained since."""
    run = await runs.get(run_id)
    await runs.undo_reset(run)
    return _status(run)


@router.get(
    "/{run_id}/errors",
    response_model=Errors | ErrorsSummary,
    responses={200: {"content": {BINARY: FILE}}},
    openapi_extra=query_schema(ErrorsQuery),
)
async def get_errors(run_id: str, query: Stretch, request: Request, runs: Runs) -> Response:
    """A range of the error series: every error or, with `points`, a summary in at most `points` pieces. The answer is
    JSON or, if Accept names it first, a safetensors file: any number of `errors` as float64, or `min`, `mean` and `max`
    as float32. `generation`, `start` and `stride` are in its metadata. With `precision=single` every error comes as
    float32, in half the bytes.
    """
    if query.stop is not None and query.stop < query.start:
        raise unprocessable([before_start(query.start, query.stop)])
    binary = preferred(request.headers.get("accept", "")) == BINARY
    if query.points is not None:
        found = await glance(runs, run_id, query.start, query.stop, query.points)
        if not binary:
            return await json_answer(runs.jobs, _summary(found), BY_ACCEPT)
        tensors = dict(zip(("min", "mean", "max"), found.pieces, strict=True))
        data = encode(tensors, _place(found.status.generation, found.start, found.stride))
        return Response(data, headers=BY_ACCEPT, media_type=BINARY)
    run = await runs.get(run_id)
    asked = len(run.errors) if query.stop is None else query.stop
    # An imported run has no errors from before the import.
    start = max(query.start, run.errors.first)
    if binary:
        stop = min(asked, len(run.errors))
        return await _every_error(run, start, stop, query.precision == "single", is_head(request.scope))
    answer: dict[str, Any] = {"generation": run.generation, "start": start}
    if asked - start > MAX_RAW:
        detail = Text("must be at most {most} after start; ask for less, or for a summary with points", most=MAX_RAW)
        raise unprocessable([FieldProblem("stop", detail)])
    errors = await run.travel.errors(query.start, asked)
    return await json_answer(runs.jobs, {**answer, "errors": errors}, BY_ACCEPT)


def _place(generation: int, start: int, stride: int) -> dict[str, str]:
    """The place of errors in their series, as metadata of a safetensors file."""
    return {"generation": str(generation), "start": str(start), "stride": str(stride)}


async def _every_error(run: LiveRun, start: int, stop: int, single: bool, without_body: bool) -> Response:
    """Every error of a range that exists, as a safetensors file that is sent while it is read. The first piece is read
    before the answer begins, so a refusal can still be sent.
    """
    count = max(0, stop - start)
    header = errors_header(count, _place(run.generation, start, 1), single=single)
    headers = {**BY_ACCEPT, "Content-Length": str(len(header) + (4 if single else 8) * count)}
    if without_body:
        return Response(headers=headers, media_type=BINARY)
    pieces = run.travel.pieces(start, stop)
    first = await anext(pieces, np.empty(0))  # it may have to be computed

    async def body() -> AsyncIterator[bytes]:
        yield header
        yield errors_data(first, single=single)
        async for errors in pieces:
            yield errors_data(errors, single=single)

    return StreamingResponse(body(), headers=headers, media_type=BINARY)


@router.get("/{run_id}/overview", response_model=Overview, openapi_extra=query_schema(OverviewQuery))
async def get_overview(
    run_id: str, query: Annotated[OverviewQuery, Depends(query_of(OverviewQuery))], runs: Runs
) -> Response:
    """A short view of a run: where it stands, how its error fell, and its accuracy at the latest scheduled moment; with
    `history` also at earlier moments. A run that is only on disk stays there.
    """
    found = await glance(runs, run_id, 0, None, query.points)
    accuracy = latest(found.accuracies, found.status.iteration)
    pending = {"pending": found.pending} if found.pending else {}
    history = {"history": thinned(found.accuracies, query.history)} if query.history else {}
    status = found.status.model_dump()
    document = {"run": status, "errors": _summary(found), "accuracy": accuracy, **pending, **history}
    return await json_answer(runs.jobs, document)


def _summary(found: Glance) -> dict[str, Any]:
    low, mean, high = found.pieces
    place = {"generation": found.status.generation, "start": found.start, "stride": found.stride}
    return {**place, "min": low, "mean": mean, "max": high}


@router.get("/{run_id}/checkpoint", response_class=Response, responses={200: {"content": {BINARY: FILE}}})
async def get_checkpoint(run_id: str, runs: Runs) -> Response:
    """The run as a safetensors file. `rnn-adder predict` and `rnn_core.load_checkpoint` can read it."""
    run = await runs.get(run_id)
    snapshot = run.snapshot
    name = f"{run.id}-{snapshot.iteration}.safetensors"
    return Response(
        await runs.jobs.compute(in_one(partial(encode_checkpoint, snapshot, run.generation))),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/{run_id}/accuracy", response_model=Accuracy, openapi_extra=query_schema(AccuracyQuery))
async def get_accuracy(
    run_id: str, query: Annotated[AccuracyQuery, Depends(query_of(AccuracyQuery))], runs: Runs
) -> Response:
    """How much of its task the network gets right now or, with `iteration`, after that number of iterations. All
    problems are tried, or a sample if there are more than 2**20.
    """
    run = await runs.get(run_id)
    if query.iteration is not None:
        check_moment(run, query.iteration)
    found = await run.accuracy(query.iteration)  # shared by clients of all languages, so do not change it
    cases = [case.model_copy(update={"state": say(case.state)}) for case in found.cases]
    found = found.model_copy(update={"cases": cases})
    return Response(found.model_dump_json(), media_type="application/json")


@router.get(
    "/{run_id}/program",
    response_model=ProgramDocument,
    responses={200: {"content": {PYTHON: {"schema": {"type": "string"}}}}},
    openapi_extra=query_schema(ProgramQuery),
)
async def get_program(
    run_id: str, query: Annotated[ProgramQuery, Depends(query_of(ProgramQuery))], request: Request, runs: Runs
) -> Response:
    """A program that computes the run from its beginning, by Python and NumPy alone, and prints its errors. The answer
    is JSON or, if Accept names `text/x-python` first, the program as text. It knows the run's configuration and the
    changes of its learning rate so far. It does not know the past of a branch or of an imported run: it begins from the
    start with their settings.
    """
    run = await runs.get(run_id)
    snapshot = run.snapshot
    ended = snapshot.iteration if snapshot.diverged else None
    by_script = query.names == "script"
    if snapshot.edits:
        raise Conflict(Text("There is no program for a run whose weights were set or held by hand."))
    try:
        program = written(snapshot.config, snapshot.changes, ended, names_of_script=by_script)
    except NoProgram:
        raise Conflict(Text("There is no program for this task or cell.")) from None
    if preferred(request.headers.get("accept", ""), PYTHON) == PYTHON:
        named = {"Content-Disposition": f'inline; filename="{run.id}.py"'}
        return Response(program.text, headers={**BY_ACCEPT, **named}, media_type=PYTHON)
    document = ProgramDocument(
        generation=run.generation,
        changes=len(snapshot.changes),
        lines=[ProgramLine(**{**vars(line), "variables": list(line.variables)}) for line in program.lines],
        variables={
            name: ProgramVariable(role=found.role, meaning=found.meaning, shape=found.shape and list(found.shape))
            for name, found in program.variables.items()
            if any(name in line.variables for line in program.lines)
        },
    )
    return Response(document.model_dump_json(), headers=BY_ACCEPT, media_type="application/json")


@router.get("/{run_id}/milestones", response_model=list[Milestone])
async def get_milestones(run_id: str, runs: Runs) -> Response:
    """What the network has learned so far and when, in order: each case of its task, more than any network without
    memory can know, every problem; and what it has forgotten again. They are found at the scheduled moments, so they
    are the same whether anybody watches, and at any speed.
    """
    found = await (await runs.get(run_id)).milestones()
    return JSONResponse([one.model_dump() for one in found])


@router.get("/{run_id}/task")
async def get_task(run_id: str, runs: Runs) -> TaskDescription:
    """What the run learns, a machine that solves it, and the errors of known simple behaviours."""
    config = (await runs.get(run_id)).snapshot.config
    task = make_task(config)
    return TaskDescription(
        task=task.name,
        title=task.title,
        bits=task.bits,
        operands=list(task.operands),
        operand_limit=task.operand_limit,
        expression=task.expression,
        truth=task.truth,
        carried=task.carried,
        states=list(task.machine.states),
        machine=[
            (say(state), list(bits), say(step.state), step.output) for (state, bits), step in task.machine.steps.items()
        ],
        reference_errors=[
            Plateau(key=plateau.key, label=say(plateau.label), error=plateau.error)
            for plateau in task.reference_errors()
        ],
        gates=list(make_cell(config).gates),
    )
