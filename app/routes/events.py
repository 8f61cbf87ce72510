"""The stream for those whose WebSockets are blocked on the way: one long answer over HTTP, or many short ones."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from enum import IntEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from ..access.gate import person_of
from ..head_requests import is_head
from ..languages import say, spoken
from ..messages.incoming import EventsQuery
from ..refusals import Busy
from ..requests import query_of, query_schema
from ..services.lesson import Lesson
from ..services.live_run import LiveRun
from ..services.viewer import Viewer
from .common import BINARY, FILE, PROBLEMS, AttendedRoute, Runs
from .stream import CODES, no_seat

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=PROBLEMS, route_class=AttendedRoute)

SILENCE = 15.0
"""The number of seconds after which an empty record is sent if there is nothing else: proxies end silent answers."""

HEADERS = {
    "Cache-Control": "no-store, no-transform",  # a proxy that compresses would wait for more
    "X-Accel-Buffering": "no",  # nginx passes records on at once
}


class Kind(IntEnum):
    """What a record holds."""

    NOTHING = 0
    """Nothing: the stream is alive."""
    TEXT = 1
    """A message in JSON, as the socket sends it."""
    FRAME = 2
    """A frame, as the socket sends it."""
    END = 3
    """The close code and the reason that the socket would have, in JSON. It is the last record."""


def record(kind: Kind, data: bytes = b"") -> bytes:
    """A record: the kind and the number of bytes, each as a little-endian uint32, then the bytes."""
    return struct.pack("<II", kind, len(data)) + data


@router.get(
    "/{run_id}/events",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": {BINARY: FILE}, "description": "Records, until the end."}},
    openapi_extra=query_schema(EventsQuery),
)
async def get_events(
    run_id: str, query: Annotated[EventsQuery, Depends(query_of(EventsQuery))], request: Request, runs: Runs
) -> Response:
    """What the WebSocket sends, for those who can't have one: the status and a frame at once, then every change. The
    answer goes on until the client leaves, or for some `seconds`; 0 is for asking again and again. It consists of
    records: kind and number of bytes, each as a little-endian uint32, then the bytes. Kind 0 is empty and says that the
    stream is alive, 1 is a message in JSON, 2 is a frame, 3 is the last and has the socket's close code and reason.
    Commands have calls of their own. With `frames=small` only every third frame is whole while the run trains.
    """
    run = await runs.get(run_id)
    if (full := no_seat(request, runs)) is not None:
        raise Busy(full)
    if is_head(request.scope):
        return Response(headers=HEADERS, media_type=BINARY)
    viewer = Viewer(spoken(), person_of(request.scope), runs.traffic, small=query.frames == "small")
    return StreamingResponse(_records(run, viewer, query.seconds, runs.lesson), headers=HEADERS, media_type=BINARY)


async def _records(run: LiveRun, viewer: Viewer, seconds: int | None, lesson: Lesson) -> AsyncIterator[bytes]:
    """What the viewer's mailbox holds, at the network's speed. The server drops a client that stops reading."""
    until = float("inf") if seconds is None else time.monotonic() + seconds
    with run.watched_by(viewer), lesson.attended_by(viewer):
        while True:
            left = until - time.monotonic()
            try:
                # What waits already is taken without a pause, also where no time is left.
                async with asyncio.timeout(max(0.0, min(SILENCE, left))):
                    item = await viewer.next()
            except TimeoutError:
                if left <= SILENCE:
                    return
                yield record(Kind.NOTHING)
                continue
            if isinstance(item, str):
                yield record(Kind.TEXT, item.encode())
            elif isinstance(item, bytes):
                yield record(Kind.FRAME, item)
            else:
                why, reason = item
                end: dict[str, Any] = {"code": CODES[why], "reason": say(reason)}
                yield record(Kind.END, to_json(end))
                return
