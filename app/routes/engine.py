"""Which engine computes."""

from typing import Annotated

from fastapi import APIRouter, Depends

from rnn_core import TrainingConfig

from ..messages.incoming import EngineQuery
from ..messages.outgoing import EngineStatus
from ..requests import query_of, query_schema
from .common import PROBLEMS, Runs

router = APIRouter(prefix="/api", tags=["server"])


@router.get("/engine", responses=PROBLEMS, openapi_extra=query_schema(EngineQuery))
async def get_engine(query: Annotated[EngineQuery, Depends(query_of(EngineQuery))], runs: Runs) -> EngineStatus:
    """Which engine trains the runs of this server, or one of them; whether it is still being compiled, and for how
    long. `expected` is only an estimate.
    """
    if query.run is None:
        return runs.compiler.status()
    return runs.compiler.status(TrainingConfig.from_mapping(runs.status(query.run).config))
