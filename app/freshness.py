"""Browsers check their copies with the server, so that no old copy is used with a newer server."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"cache-control"


class Revalidated:
    """ASGI shell: an answer without rules for caching must be checked with the server before each use.

    With a validator (ETag) that costs a request without a body. An answer that never changes can have its own rules.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""

        async def send_revalidated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if all(name != HEADER for name, _ in headers):
                    message = {**message, "headers": [*headers, (HEADER, b"no-cache")]}
            await send(message)

        await self.app(scope, receive, send_revalidated if scope["type"] == "http" else send)
