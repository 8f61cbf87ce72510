"""How far a run's network carries, and all its answers as one picture. The numbers are those of `rnn_core.analysis`."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from safetensors.numpy import save

from rnn_core.analysis.accuracy_map import AccuracyMap, NoMapError, accuracy_map_in_pieces
from rnn_core.analysis.lengths import lengths_in_pieces

from ..messages.incoming import AccuracyQuery, MapQuery
from ..messages.outgoing import Lengths
from ..refusals import Conflict
from ..requests import query_of, query_schema
from ..services.inside import Found
from ..services.live_run import LiveRun
from .common import BINARY, FILE, PROBLEMS, AttendedRoute, Runs, json_answer
from .inside import analysed, document

router = APIRouter(prefix="/api/runs", tags=["inside"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get("/{run_id}/lengths", response_model=Lengths, openapi_extra=query_schema(AccuracyQuery))
async def get_lengths(
    run_id: str, query: Annotated[AccuracyQuery, Depends(query_of(AccuracyQuery))], runs: Runs
) -> Response:
    """How far the network carries: which share of problems it answers exactly right, at widths up to 1,024 bits."""
    run = await runs.get(run_id)
    found = await analysed(run, query.iteration, lengths_in_pieces)
    answer, failure = found.answer, found.answer.first_failure
    shares = {"widths": answer.widths, "random": answer.random, "hard": answer.hard}
    told = None if failure is None else failure.to_dict()
    return await json_answer(runs.jobs, document(run, found, **shares, first_failure=told))


@router.get(
    "/{run_id}/map",
    response_class=Response,
    responses={200: {"content": {BINARY: FILE}}},
    openapi_extra=query_schema(MapQuery),
)
async def get_map(run_id: str, query: Annotated[MapQuery, Depends(query_of(MapQuery))], runs: Runs) -> Response:
    """All pairs of numbers as one picture, in a safetensors file.

    `margins` (n, n), row a, column b: how clearly the worst bit of the answer is right, from 1/2 to -1/2; below zero it
    is wrong. NaN where there is no problem. `predicted` (n, n): the network's result. For wider numbers a square stands
    for `side` x `side` pairs, of which those with the low bits `lows` are tried; `worst` (n, n) is the place in `lows`
    of the one with the least margin, whose margin and result are given. The metadata, all of them texts, are `run`,
    `generation`, `iteration`, `side`, `lows` (JSON), `c` for three numbers, and how many pairs there are (`problems`),
    were `tried`, and are `right`.
    """
    run = await runs.get(run_id)
    try:
        found = await analysed(run, query.iteration, accuracy_map_in_pieces, query.c)
    except NoMapError as error:
        raise Conflict(*error.args) from None
    return Response(_picture(run, found), media_type=BINARY)


def _picture(run: LiveRun, found: Found[AccuracyMap]) -> bytes:
    """A map as a file. Making it takes less than a millisecond."""
    answer = found.answer
    exact = "<f4" if answer.predicted.max() < 2**24 else "<f8"
    tensors = {"margins": answer.margins.astype("<f4"), "predicted": answer.predicted.astype(exact)}
    if answer.side > 1:
        tensors["worst"] = answer.worst.astype("<f4")
    members = document(
        run,
        found,
        side=answer.side,
        lows=answer.lows.tolist(),
        right=answer.right,
        tried=answer.tried,
        problems=answer.problems,
        **({} if answer.c is None else {"c": answer.c}),
    )
    metadata = {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()}
    data: bytes = save(tensors, metadata)
    return data
