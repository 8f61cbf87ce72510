"""What scripts of other sites may do, if the settings name those sites: read, and ask for predictions."""

from collections.abc import Iterable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from .places import parse_origin
from .security import SAFE_METHODS, SHARED

ALL = "*"


def check_origins(origins: Iterable[str]) -> None:
    """Check the origins whose scripts may read.

    Raises:
        ValueError: one of them is not an origin as browsers send it.
    """
    for origin in origins:
        if origin != ALL and (parse_origin(origin) is None or origin != origin.lower()):
            raise ValueError(f'cors_origins must hold origins such as "https://blog.example", not "{origin}"')


class Cors:
    """ASGI shell: Starlette's headers for scripts of other sites, with POST for predictions alone."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        reading = sorted(SAFE_METHODS)
        self._reading = CORSMiddleware(app, allow_origins=origins, allow_methods=reading)
        self._predicting = CORSMiddleware(app, allow_origins=origins, allow_methods=[*reading, "POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        shared = scope["type"] == "http" and scope["path"] == SHARED
        await (self._predicting if shared else self._reading)(scope, receive, send)
