"""Whether runs are stored when the server ends."""

from fastapi import APIRouter

from ..messages.outgoing import StorageStatus
from .common import PROBLEMS, Runs

router = APIRouter(prefix="/api", tags=["server"], responses=PROBLEMS)


@router.get("/storage")
async def get_storage(runs: Runs) -> StorageStatus:
    """Whether runs are stored, whether that works, and how much is stored."""
    return await runs.keeper.look()
