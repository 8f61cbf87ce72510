"""HEAD is GET without the body."""

from starlette.types import ASGIApp, Receive, Scope, Send

ASKED = "rnn_adder.method"


def is_head(scope: Scope) -> bool:
    """Whether this is a HEAD request, so that nobody reads the body of the answer."""
    return ASKED in scope


class HeadAsGet:
    """ASGI shell: routes see a GET. The server knows the request's own method and leaves the body out. A route whose
    body takes long to make asks `is_head`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", ASKED: "HEAD"}
        await self.app(scope, receive, send)
