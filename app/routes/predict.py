"""Asking a network for a sum."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import JSONResponse

from app.messages import Answer, PredictRequest
from app.requests import body_of, body_schema, query_of, query_schema
from app.routes.common import PROBLEMS, Runs
from app.services.registry import Registry

ByQuery = Annotated[PredictRequest, Depends(query_of(PredictRequest))]
ByBody = Annotated[PredictRequest, Depends(body_of(PredictRequest))]

router = APIRouter(tags=["predict"], responses=PROBLEMS)


def _answer(runs: Registry, request: PredictRequest) -> Response:
    run = runs.get(request.run)
    prediction = run.predict(request.a, request.b)
    where = {"run": run.id, "generation": run.generation, "iteration": run.snapshot.iteration}
    return JSONResponse({**prediction, **where})


@router.get("/predict", response_model=Answer, openapi_extra=query_schema(PredictRequest))
async def predict_by_query(request: ByQuery, runs: Runs) -> Response:
    """What the run's network answers to a + b, as it is trained by now."""
    return _answer(runs, request)


@router.post("/predict", response_model=Answer, openapi_extra=body_schema(PredictRequest, required=True))
async def predict_by_body(request: ByBody, runs: Runs) -> Response:
    """What the run's network answers to a + b, as it is trained by now."""
    return _answer(runs, request)
