"""Which engine computes."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.routes.common import Runs
from app.services.registry import MAIN

router = APIRouter(prefix="/api", tags=["server"])


class EngineStatus(BaseModel):
    """The engine that trains the runs of this server."""

    name: str
    state: str
    detail: str | None


@router.get("/engine")
async def get_engine(runs: Runs) -> EngineStatus:
    """The engine that trains the runs of this server."""
    return EngineStatus(name=runs.get(MAIN).engine, state="ready", detail=None)
