"""Requests that are being answered, and how they end when the server ends."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import problem_of
from .services.keeper import ending


class Underway:
    """The requests that are being answered.

    Attributes:
        stopping: whether the server is about to end. From then on every cancelled request is answered with that reason.
    """

    def __init__(self) -> None:
        """Begin without requests."""
        self.stopping = False
        self.tasks: set[asyncio.Task[None]] = set()

    def call_off(self) -> None:
        """Cancel all of them."""
        for task in self.tasks:
            task.cancel()


class Ending:
    """ASGI shell: if a request is cancelled because the server ends, and no answer has begun, the answer says so."""

    def __init__(self, app: ASGIApp, underway: Underway) -> None:
        self.app = app
        self._underway = underway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        task = asyncio.current_task()
        if scope["type"] == "lifespan" or task is None:
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        self._underway.tasks.add(task)
        try:
            await self.app(scope, receive, send_noted)
        except asyncio.CancelledError:
            if not self._underway.stopping:
                raise
            if scope["type"] == "http" and not begun:
                await problem_of(ending()).response()(scope, receive, send)
        finally:
            self._underway.tasks.discard(task)
