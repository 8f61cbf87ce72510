"""Sweeps: create, read, command, delete, and watch."""

import asyncio
import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, WebSocket, WebSocketDisconnect

from rnn_core import ConfigError
from rnn_core.config import FieldProblem, shown
from rnn_core.pieces import Pieces, in_one
from rnn_core.text import Text

from ..addresses import prefix_of
from ..languages import speaking, spoken
from ..messages.incoming import CreateSweep, MembersQuery, Nothing, PatchSweep
from ..messages.outgoing import SweepMember, SweepStatus
from ..problems import Problem, unprocessable
from ..refusals import Refusal
from ..requests import body_of, body_schema, query_of, query_schema
from ..services.sweep import Sweep
from ..services.sweeps import Sweeps
from ..services.viewer import Farewell
from ..sweep_file import COLUMNS, Conditions, row_of
from ..sweep_table import PARQUET, parquet_of
from .common import FILE, JSON, PROBLEMS, AttendedRoute, Runs, json_answer
from .stream import CODES, MAX_NONSENSE, no_seat, problem_message, sending, short

CSV = "text/csv"

NEWS_SECONDS = 0.2
"""Seconds between two messages to one who watches."""

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"], responses=PROBLEMS, route_class=AttendedRoute)


def _status(sweeps: Sweeps, sweep: Sweep, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
    return Response(sweeps.status(sweep).model_dump_json(), status, headers, JSON)


@router.get("", response_model=list[SweepStatus])
async def list_sweeps(runs: Runs) -> Response:
    """All sweeps."""
    every = await runs.sweeps.all()
    return await json_answer(runs.jobs, [runs.sweeps.status(sweep).model_dump() for sweep in every])


@router.post("", response_model=SweepStatus, status_code=HTTPStatus.CREATED, openapi_extra=body_schema(CreateSweep))
async def create_sweep(
    request: Annotated[CreateSweep, Depends(body_of(CreateSweep))], connection: Request, runs: Runs
) -> Response:
    """Train every combination of the values in `vary`, each from every seed, and look which learned, and how fast. It
    begins at once, or when the sweeps before it are done. A config holds what all have that differs from the default.
    """
    sweeps = runs.sweeps
    if request.scheduler is not None:
        words = Text("must be left out: this server trains sweeps on its own cores")
        raise unprocessable([FieldProblem("scheduler", words)])
    try:
        sweep = await sweeps.create(request.name, request.config, request.vary, request.seeds, request.every)
    except ConfigError as error:
        raise unprocessable(error.problems, error.more) from None
    address = f"{prefix_of(connection.scope)}/api/sweeps/{sweep.id}"
    return _status(sweeps, sweep, HTTPStatus.CREATED, Location=address)


@router.get("/{sweep_id}", response_model=SweepStatus)
async def get_sweep(sweep_id: str, runs: Runs) -> Response:
    """Where a sweep stands."""
    return _status(runs.sweeps, await runs.sweeps.get(sweep_id))


@router.patch("/{sweep_id}", response_model=SweepStatus, openapi_extra=body_schema(PatchSweep))
async def change_sweep(
    sweep_id: str, request: Annotated[PatchSweep, Depends(body_of(PatchSweep))], runs: Runs
) -> Response:
    """Change the name."""
    sweeps = runs.sweeps
    found = await sweeps.get(sweep_id) if request.name is None else await sweeps.rename(sweep_id, request.name)
    return _status(sweeps, found)


@router.delete("/{sweep_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_sweep(sweep_id: str, runs: Runs) -> Response:
    """Stop a sweep and forget it, with its results. There is no undo."""
    await runs.sweeps.delete(sweep_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{sweep_id}/start", response_model=SweepStatus, openapi_extra=body_schema(Nothing))
async def start_sweep(sweep_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Go on with what is left."""
    return _status(runs.sweeps, await runs.sweeps.start(sweep_id))


@router.post("/{sweep_id}/pause", response_model=SweepStatus, openapi_extra=body_schema(Nothing))
async def pause_sweep(sweep_id: str, _: Annotated[Nothing, Depends(body_of(Nothing))], runs: Runs) -> Response:
    """Stop for now. What has ended is kept; networks under way are trained again later."""
    return _status(runs.sweeps, await runs.sweeps.pause(sweep_id))


# Results


@router.get(
    "/{sweep_id}/members",
    response_model=list[SweepMember],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}, PARQUET: FILE}}},
    openapi_extra=query_schema(MembersQuery),
)
async def get_members(
    sweep_id: str, query: Annotated[MembersQuery, Depends(query_of(MembersQuery))], request: Request, runs: Runs
) -> Response:
    """What was found of each network: as JSON or, as Accept names it, as CSV or Parquet. The two tables have only
    networks that have ended; `rnn-adder sweep --csv` goes on from the CSV.
    """
    sweep = await runs.sweeps.get(sweep_id)
    places: Sequence[int] = range(len(sweep.plan.configs))
    if query.cell is not None:
        if query.cell >= len(sweep.plan.combinations):
            words = Text(
                "must be below {count}, the number of cells, not {value}",
                count=len(sweep.plan.combinations),
                value=query.cell,
            )
            raise unprocessable([FieldProblem("cell", words)])
        places = sweep.members_of(query.cell)
    kind = _kind(request.headers.get("accept", ""))
    headers = {"Vary": "Accept"}
    if kind == JSON:
        return await json_answer(runs.jobs, [sweep.row(place) for place in places], headers)
    headers["Content-Disposition"] = f'attachment; filename="{sweep.id}.{"csv" if kind == CSV else "parquet"}"'
    data = await runs.jobs.compute(
        _csv(sweep, places) if kind == CSV else in_one(lambda: parquet_of(sweep.table(places)))
    )
    return Response(data, headers=headers, media_type=kind)


def _kind(accept: str) -> str:
    """The first kind of answer in an Accept header that can be sent.

    Raises:
        Problem: 406 if there is none.
    """
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",") if part.strip()] or [JSON]
    for kind in kinds:
        if kind in (JSON, "application/*", "*/*"):
            return JSON
        if kind in (CSV, "text/*"):
            return CSV
        if kind == PARQUET and find_spec("pyarrow") is not None:
            return PARQUET
    if PARQUET in kinds:
        words = Text(
            "This server can't write Parquet: that needs pyarrow. Install rnn-adder[parquet] there, or ask for "
            "text/csv."
        )
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, words)
    words = Text(
        "The answer can be {kinds}, not {wanted}.", kinds=f"{JSON}, {CSV}, {PARQUET}", wanted=shown(accept)[1:-1]
    )
    raise Problem(HTTPStatus.NOT_ACCEPTABLE, words)


def _csv(sweep: Sweep, places: Sequence[int]) -> Pieces[bytes]:
    """The table that `rnn-adder sweep --csv` writes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    conditions = Conditions(sweep.plan.every, sweep.plan.engine)
    for place in places:
        yield
        if place in sweep.found:
            writer.writerow(row_of(sweep.found[place].member, conditions))
    return text.getvalue().encode()


# Watching


@router.websocket("/{sweep_id}/stream")
async def watch_sweep(websocket: WebSocket, sweep_id: str, runs: Runs) -> None:
    """Watch a sweep: what changes is sent. Commands have calls of their own."""
    await websocket.accept()
    sweeps = runs.sweeps
    try:
        sweep = await sweeps.get(sweep_id)
    except Refusal as refusal:
        missing = sweep_id not in sweeps
        await websocket.close(1008 if missing else 1013, short(refusal.detail))
        return
    if (full := no_seat(websocket, runs)) is not None:
        await websocket.close(1013, short(full))
        return
    sweeps.viewers += 1
    try:
        async with sending(_send(websocket, sweeps, sweep, spoken()), sweep_id) as sender:
            await _listen(websocket, sender)
    finally:
        sweeps.viewers -= 1


async def _send(websocket: WebSocket, sweeps: Sweeps, sweep: Sweep, language: str) -> None:
    """Send what has changed since the last message, at the network's speed."""
    seen = -1
    with suppress(WebSocketDisconnect, RuntimeError), speaking(language):  # the client is gone; the listener knows
        while True:
            message, seen = sweeps.news(sweep, seen), sweep.version
            await websocket.send_text(message.model_dump_json())
            if sweep.farewell is not None:
                why, reason = sweep.farewell
                await websocket.close(CODES[why], short(reason))
                return
            await asyncio.sleep(NEWS_SECONDS)
            await sweep.changed_since(seen)


async def _listen(websocket: WebSocket, sender: "asyncio.Task[None]") -> None:
    """Wait until the client leaves. It has nothing to say; one that goes on is sent away."""
    nonsense = 0
    with suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            nonsense += 1
            binary = message.get("text") is None
            if binary or nonsense >= MAX_NONSENSE:
                sender.cancel()
                words = Text("A sweep's socket takes no messages.")
                await websocket.close(CODES[Farewell.BINARY if binary else Farewell.NONSENSE], short(words))
                return
            words = Text(
                "A sweep's socket takes no messages. Commands have calls of their own, such as POST .../pause."
            )
            await websocket.send_text(problem_message(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, words)))
