"""What the routes share."""

from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from app.messages import ProblemDocument
from app.services.registry import Registry


async def get_registry(connection: HTTPConnection) -> Registry:
    """The runs of this server. A coroutine, since FastAPI would send a plain function to a thread."""
    registry: Registry = connection.app.state.registry
    return registry


Runs = Annotated[Registry, Depends(get_registry)]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemDocument, "description": "What is wrong, in the form of RFC 9457."}
}
