"""Who asks, and who may read what is for those who run the server: its metrics and the record of commands.

This is all that metrics and record know of people. Roles, where there are any, have their say here.
"""

from http import HTTPStatus

from fastapi.requests import HTTPConnection

from rnn_core.text import Text

from .places import is_loopback, normal
from .problems import Problem

LOCAL = "local"
"""The actor on the server's own machine."""

UNKNOWN = "unknown"
"""The actor if the server knows no address."""


def actor_of(connection: HTTPConnection) -> str:
    """Who asks, for the record: `LOCAL`, or the address of the client, as a trusted proxy tells it."""
    if connection.client is None:
        return UNKNOWN
    return LOCAL if is_loopback(connection.client.host) else connection.client.host


def is_operator(connection: HTTPConnection) -> bool:
    """Whether the one who asks runs the server: somebody on its own machine, if it listens only there."""
    return is_loopback(normal(connection.app.state.settings.host)) and actor_of(connection) == LOCAL


async def require_operator(connection: HTTPConnection) -> None:
    """A dependency: only those who run the server go on.

    Raises:
        Problem: 403 for everybody else.
    """
    if not is_operator(connection):
        detail = Text(
            "Only whoever runs this server may read this, on its own machine, and only if the server listens on an "
            "address such as 127.0.0.1."
        )
        raise Problem(HTTPStatus.FORBIDDEN, detail)
