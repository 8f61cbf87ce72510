"""Who asks, and who may read what is for those who run the server: its metrics and the record of commands."""

from fastapi.requests import HTTPConnection

from rnn_core.text import Text

from .access.gate import person_of
from .places import is_loopback, only_here
from .refusals import Forbidden

LOCAL = "local"
"""The actor on the server's own machine, where there are no roles."""

PRESENTER = "presenter"

STRANGER = "stranger"
"""Somebody without a token and a cookie, who commands nothing."""


def actor_of(connection: HTTPConnection) -> str:
    """Who asks, for the record: `PRESENTER`, a visitor by a part of the id, or `STRANGER`. Without roles it is `LOCAL`
    or the address of the client, as a trusted proxy tells it.
    """
    if connection.app.state.access.roles:
        person = person_of(connection.scope)
        if person.presents:
            return PRESENTER
        return f"visitor {person.id[:6]}" if person.id else STRANGER
    if connection.client is None:
        return STRANGER
    return LOCAL if is_loopback(connection.client.host) else connection.client.host


def is_operator(connection: HTTPConnection) -> bool:
    """Whether the one who asks runs the server: the presenter. Where there are no roles it is somebody on the server's
    own machine, if it listens only there.
    """
    if connection.app.state.access.roles:
        return person_of(connection.scope).presents
    return only_here(connection.app.state.settings.host) and actor_of(connection) == LOCAL


async def require_operator(connection: HTTPConnection) -> None:
    """A dependency: only those who run the server go on.

    Raises:
        Refusal: `Forbidden` for everybody else.
    """
    if not is_operator(connection):
        raise Forbidden(
            Text(
                "Only whoever runs this server may read this: the presenter or, where nobody has a token, who is on "
                "its own machine, if it listens only there."
            )
        )
