"""Which engine computes."""

from fastapi import APIRouter

from app.messages import EngineStatus
from app.routes.common import Runs

router = APIRouter(prefix="/api", tags=["server"])


@router.get("/engine")
async def get_engine(runs: Runs) -> EngineStatus:
    """Which engine trains the runs of this server, and whether it is still being compiled."""
    return runs.compiler.status()
