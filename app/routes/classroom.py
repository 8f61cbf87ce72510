"""The class: where it is, how it gets in, and the call that brings it back."""

from functools import lru_cache
from io import BytesIO

from fastapi import APIRouter, Request, Response

from ..access.names import called
from ..addresses import prefix_of
from ..languages import say
from ..messages.outgoing import ClassPlace, ClassStatus
from ..places import is_loopback, parse_authority
from .common import PROBLEMS, Runs

router = APIRouter(prefix="/api/class", tags=["server"], responses=PROBLEMS)

NAMED = 12
"""At most so many of those who watch a run are named; the others are counted."""


@router.get("")
async def get_class(request: Request, runs: Runs) -> ClassStatus:
    """Where the class is: which runs visitors watch, and what the presenter shows. Only the presenter may ask."""
    link = link_of(request)
    places, everybody, nameless = [], set[str](), 0
    for run_id, viewers in runs.watched().items():
        visitors = [viewer.person for viewer in viewers if not viewer.person.presents]
        known = {person.id for person in visitors if person.id}
        without = sum(not person.id for person in visitors)
        everybody |= known
        nameless += without
        run = runs.in_memory(run_id)
        if visitors and run is not None:
            people = sorted(say(called(visitor)) for visitor in known)[:NAMED]
            place = ClassPlace(
                run=run_id,
                name=say(run.name),
                private=run.owner is not None,
                people=people,
                number=len(known) + without,
            )
            places.append(place)
    return ClassStatus(
        link=link, typed=typed(link), shown=runs.lesson.shown, number=len(everybody) + nameless, places=places
    )


@router.post("/call", status_code=204)
async def call_class(runs: Runs) -> None:
    """Call all visitors back to what the presenter shows, wherever in the lab they are. Only the presenter may."""
    runs.lesson.call()


@router.get(
    "/code",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "the picture"}},
)
async def get_code(request: Request) -> Response:
    """A QR code of the address that the class opens, as a picture in SVG."""
    return Response(code_of(link_of(request)), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def link_of(request: Request) -> str:
    """The address that the class opens. It is the one by which the request came, unless that is for this machine alone
    and the server has others.
    """
    host = request.headers.get("host", "")
    place = parse_authority(host)
    others: list[str] = request.app.state.others
    root = f"{prefix_of(request.scope)}/"
    if others and (place is None or is_loopback(place.host)):
        return others[0].removesuffix("/") + root
    return f"{request.url.scheme}://{host}{root}"


def typed(link: str) -> str:
    """An address as short as a browser takes it."""
    return link.removeprefix("http://").removesuffix("/")


@lru_cache(maxsize=16)
def code_of(link: str) -> bytes:
    """The QR code of an address, as SVG."""
    import segno  # noqa: PLC0415 (most visits never need it)

    picture = BytesIO()
    code = segno.make_qr(link, error="m")
    code.save(picture, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, nl=False)
    return picture.getvalue()
