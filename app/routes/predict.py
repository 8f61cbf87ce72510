"""Asking a network for the answer to a problem."""

import re
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import to_json

from rnn_core.assessment.tracing import trace_problem
from rnn_core.types import Array

from ..messages.incoming import PredictRequest
from ..messages.outgoing import Answer
from ..requests import body_of, body_schema, query_of, query_schema, unless_gone
from .common import PROBLEMS, check_moment, get_registry, json_answer, refusing_operands


class DirectRoute(APIRoute):
    """A route that FastAPI documents like any other. It passes the request on directly, because FastAPI's dependencies
    cost more than the prediction.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return self.endpoint


router = APIRouter(tags=["predict"], responses=PROBLEMS, route_class=DirectRoute)
by_query, by_body = query_of(PredictRequest), body_of(PredictRequest)

ORDINARY = re.compile(rb"a=([0-9]{1,15})&b=([0-9]{1,15})(?:&run=([a-z0-9-]{1,32}))?")
"""Queries that are valid without a check; the check would cost more than the answer. 15 digits are below 2**52."""


def ordinary(query: bytes) -> tuple[int, int, str] | None:
    """The a, b and run of an ordinary query, as `by_query` would read it; None for any other query, valid or not."""
    match = ORDINARY.fullmatch(query)
    if match is None:
        return None
    a, b, run = match.groups(b"main")
    return int(a), int(b), run.decode()


async def _answer(
    request: Request, run_id: str, *operands: int | None, iteration: int | None = None, trace: bool = False
) -> Response:
    runs = await get_registry(request)
    run = runs.in_memory(run_id) or await runs.get(run_id)
    generation = run.generation
    snapshot, parting = run.snapshot, None
    if iteration is not None:
        check_moment(run, iteration)
        look = await unless_gone(request, run.travel.look(iteration))
        snapshot, parting = look.snapshot, look.parting()
    with refusing_operands():
        prediction = run.predict(*operands, moment=snapshot)
    present = {name: value for name, value in vars(prediction).items() if value is not None}
    where = {"run": run.id, "generation": generation, "iteration": snapshot.iteration}
    if parting is not None:
        present["parting"] = parting.model_dump()
    if trace:
        found = trace_problem(snapshot.config, snapshot.parameters, *operands)
        inside = {name: finite(value) for name, value in found.items() if name != "gates"}
        gates = {name: finite(gate) for name, gate in found.gates.items()}
        return await json_answer(runs.jobs, {**present, **where, "trace": {**inside, "gates": gates}})
    return Response(to_json({**present, **where}), media_type="application/json")


def finite(array: Array) -> Any:
    """An array as lists if it holds what is not a number, which JSON does not have: null stands there."""
    if np.isfinite(array).all():
        return array
    numbers = array.astype(object)
    numbers[~np.isfinite(array)] = None
    return numbers.tolist()


@router.get("/predict", response_model=Answer, openapi_extra=query_schema(PredictRequest))
async def predict_by_query(request: Request) -> Response:
    """What the run's network answers to a problem, for example a + b: now or, with `iteration`, after that number of
    iterations. With `trace`, the answer also shows what happens inside the network, position by position.
    """
    asked = ordinary(request.scope["query_string"])
    if asked is None:
        checked = await by_query(request)
        return await _asked(request, checked)
    a, b, run_id = asked
    return await _answer(request, run_id, a, b)


@router.post("/predict", response_model=Answer, openapi_extra=body_schema(PredictRequest, required=True))
async def predict_by_body(request: Request) -> Response:
    """What the run's network answers to a problem, for example a + b: now or, with `iteration`, after that number of
    iterations. With `trace`, the answer also shows what happens inside the network, position by position.
    """
    return await _asked(request, await by_body(request))


async def _asked(request: Request, asked: PredictRequest) -> Response:
    operands = asked.a, asked.b, asked.c
    return await _answer(request, asked.run, *operands, iteration=asked.iteration, trace=asked.trace)
