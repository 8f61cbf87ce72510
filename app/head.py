"""HEAD is GET without the body."""

from starlette.types import ASGIApp, Receive, Scope, Send

ASKED = "rnn_adder.method"


def is_head(scope: Scope) -> bool:
    """Whether nobody reads the body of an answer."""
    return ASKED in scope


class HeadAsGet:
    """ASGI shell: routes see a GET; the server, which knows the request's own method, leaves the body out. A route
    whose body is long work asks `is_head`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", ASKED: "HEAD"}
        await self.app(scope, receive, send)
