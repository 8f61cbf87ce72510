"""The smallest ASGI application."""

from starlette.types import Receive, Scope, Send


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Send no answer."""
