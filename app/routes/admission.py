"""Who is let in: the one place that refuses what somebody may not do, with the words that tell what to do instead."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from rnn_core.text import Text, in_a_row

from ..access.gate import person_of
from ..access.needs import Need, need_of
from ..access.people import Person
from ..refusals import Forbidden
from ..services.registry import Registry
from .common import get_registry

INSTEAD = Text(
    "You may watch it, go back to any moment of it, and ask it for answers. To change something, take a copy of your "
    "own: My own copy on the page, or POST /api/runs with from."
)
COPIES = Text("Take a copy of a run that you see: My own copy on its page, or POST /api/runs with from.")
ONLY_PRESENTER = Text("Only the presenter may do this.")
PRESENTS = Text("The presenter opens the link with the token; programs send it as Authorization: Bearer.")
BAD_TOKEN = Text(
    "The token of this request is not valid: it may have been renewed. On the server, rnn-adder token --show prints "
    "the valid one."
)


async def admit(connection: HTTPConnection, runs: Annotated[Registry, Depends(get_registry)]) -> None:
    """Let a request through if the one who asks may make it. Each route of this server depends on this.

    Raises:
        Refusal: `Forbidden` if they may not, `Missing` if it is about a run that does not exist.
    """
    person = person_of(connection.scope)
    if person.presents:
        return
    need = need_of(connection.scope.get("method", "GET"), connection.scope["route"].path)
    if need is Need.PRESENT:
        raise refused(person, ONLY_PRESENTER, PRESENTS)
    if need is Need.COMMAND:
        await check_command(person, connection.path_params["run_id"], runs)


async def check_command(person: Person, run_id: str, runs: Registry) -> None:
    """Check that somebody may command a run, or bring back a deleted one.

    Raises:
        Refusal: as `admit`.
    """
    name, owner = await runs.whose(run_id)
    if not person.commands(owner):
        raise refused_command(person, name, owner)


def refused_command(person: Person, name: str, owner: str | None) -> Forbidden:
    """The refusal of a command on a run of this name and owner."""
    if owner is None:
        why = Text("Only the presenter commands {name}, which all share.", name=name)
    else:
        why = Text("{name} is somebody else's copy: only they and the presenter command it.", name=name)
    return refused(person, why, INSTEAD)


def refused(person: Person, why: str, instead: str) -> Forbidden:
    """The refusal of something that somebody may not do."""
    return Forbidden(in_a_row([why, BAD_TOKEN if person.refused else instead]))
