"""The WebSocket: it sends a run's statuses and frames, and receives commands."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection

from rnn_core import ConfigError
from rnn_core.config import FieldProblem, must_be, one_of, shown
from rnn_core.text import Text

from ..access.gate import person_of
from ..access.needs import SOCKET_NEEDS, Need
from ..access.people import Person
from ..languages import say, spoken
from ..messages.incoming import (
    COMMANDS,
    FRAMES,
    WHICH_FRAMES,
    Command,
    PauseCommand,
    ResetCommand,
    ShowCommand,
    SpeedCommand,
    StartCommand,
    StepCommand,
)
from ..messages.outgoing import ProblemMessage
from ..messages.reading import Malformed, Refused, parse_json, validate
from ..observed import Commands
from ..problems import Problem, config_problem, problem_of, unprocessable
from ..refusals import Refusal
from ..requests import MAX_BODY
from ..services.allowance import Allowance
from ..services.lesson import Lesson
from ..services.live_run import LiveRun
from ..services.registry import Registry
from ..services.viewer import OUTLET, Farewell, Viewer
from .admission import ONLY_PRESENTER, PRESENTS, refused, refused_command
from .common import Runs

logger = logging.getLogger(__name__)

MAX_NONSENSE = 10
"""The number of messages in a row that are not commands after which the socket is closed."""

MAX_IDLE = 1000
"""The number of messages in `IDLE_SECONDS` that change nothing after which the socket is closed."""

IDLE_SECONDS = 10.0

MAX_STEPS = 10
"""Maximum number of steps of a viewer that wait for the engine while its other commands are done."""

COMMANDS_A_SECOND = 200.0
"""Maximum for one viewer. If it sends more, it is read more slowly; nothing is lost."""

COMMANDS_OF_ALL = 1000.0
"""Maximum for all viewers together: about a sixth of the event loop's time."""

PAGE = 1024
"""Characters of a message that count as one more command."""

MAX_REASON = 123
"""Maximum bytes of a reason to close a socket."""

TOO_MANY = Text("Too many browsers are watching already. Try again later.")

CODES = {
    Farewell.DELETED: 1008,
    Farewell.ENDING: 1012,
    Farewell.NONSENSE: 1008,
    Farewell.BINARY: 1003,
    Farewell.OUR_FAULT: 1011,
}
"""The close code for each reason."""

router = APIRouter()


@router.websocket("/api/runs/{run_id}/stream")
async def stream(websocket: WebSocket, run_id: str, runs: Runs) -> None:
    """Watch a run and command it. A visitor without a cookie gets one, so that who is where can be told by name."""
    person, cookie = _greeted(websocket)
    await websocket.accept(headers=cookie)
    frames = websocket.query_params.get("frames", "plain")
    if frames not in FRAMES:
        await websocket.close(1008, short(Text("frames {problem}.", problem=must_be(WHICH_FRAMES, frames))))
        return
    try:
        run = await runs.find(run_id)
    except Refusal as refusal:  # there is no room for the run, or it can't be read now
        await websocket.close(1013, short(refusal.detail))
        return
    if run is None:
        await websocket.close(1008, short(Text("There is no run {id}.", id=shown(run_id))))
        return
    if (full := no_seat(websocket, runs)) is not None:
        await websocket.close(1013, short(full))
        return
    outlet = websocket.scope.get("extensions", {}).get(OUTLET)
    viewer = Viewer(
        spoken(),
        person,
        runs.traffic,
        outlet and outlet["write"],
        small=frames == "small",
    )
    with run.watched_by(viewer), runs.lesson.attended_by(viewer):
        allowances = own_allowance(), websocket.app.state.commands
        async with sending(_send(websocket, viewer), run_id):
            with suppress(WebSocketDisconnect):
                await _receive(websocket, viewer, run, runs.lesson, allowances, Commands(websocket))


@asynccontextmanager
async def sending(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator["asyncio.Task[None]"]:
    """Send in a task of its own, as long as the context lasts. `name` is that of what the socket watches."""
    sender = asyncio.create_task(work, name=f"send {name}")
    try:
        yield sender
    finally:
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender


def _greeted(websocket: WebSocket) -> tuple[Person, list[tuple[bytes, bytes]]]:
    """Who watches, and the headers that give a stranger a visitor's cookie."""
    person = person_of(websocket.scope)
    if person.presents or person.id:
        return person, []
    response = Response()
    person, greet = websocket.app.state.access.greeted(websocket.scope)
    greet(response)
    return person, [pair for pair in response.raw_headers if pair[0] == b"set-cookie"]


SEATS_OF_ONE = 10
"""How often one visitor may watch at once, over all runs."""

SEATS_OF_PRESENTER = 8
"""Seats that visitors leave free, so that they never keep the presenter out."""

MANY_OF_YOURS = Text("You are watching in {number} places already, and that is the most.", number=SEATS_OF_ONE)


def no_seat(connection: HTTPConnection, runs: Registry) -> str | None:
    """Why nobody more may watch, in words; None if there is a seat."""
    person, most = person_of(connection.scope), connection.app.state.settings.max_viewers
    if connection.app.state.access.roles and person.presents:
        most += SEATS_OF_PRESENTER
    if runs.viewers() >= most:
        return TOO_MANY
    return MANY_OF_YOURS if person.id and runs.viewers(person.id) >= SEATS_OF_ONE else None


async def _send(websocket: WebSocket, viewer: Viewer) -> None:
    """Send what the viewer's mailbox holds, at the network's speed. The server drops a client that stops reading."""
    with suppress(WebSocketDisconnect, RuntimeError):  # the client is gone; the receiver notices it, too
        while True:
            item = await viewer.next()
            if isinstance(item, str):
                await websocket.send_text(item)
            elif isinstance(item, bytes):
                await websocket.send_bytes(item)
            else:
                why, reason = item
                await websocket.close(CODES[why], short(reason))
                return


def short(reason: str) -> str:
    """A reason to close a socket, in the current language, cut to fit into a control frame (RFC 6455)."""
    return say(reason).encode()[:MAX_REASON].decode(errors="ignore")


def own_allowance() -> Allowance:
    """How many commands one viewer may send."""
    return Allowance(COMMANDS_A_SECOND, COMMANDS_A_SECOND)


def allowance_of_all() -> Allowance:
    """How many commands all viewers of a server may send."""
    return Allowance(COMMANDS_OF_ALL, COMMANDS_OF_ALL)


async def _receive(
    websocket: WebSocket,
    viewer: Viewer,
    run: LiveRun,
    lesson: Lesson,
    allowances: Sequence[Allowance],
    commands: Commands,
) -> None:
    """Do the client's commands until it leaves. If it sends more than the allowances allow, it is read later."""
    nonsense, idle, idle_since = 0, 0, time.monotonic()
    steps: set[asyncio.Task[bool]] = set()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        await _take_turns(allowances, 1 + len(text or "") / PAGE)
        if viewer.leaves:
            continue  # the socket will be closed: ignore what still comes
        if time.monotonic() >= idle_since + IDLE_SECONDS:
            idle, idle_since = 0, time.monotonic()
        if idle >= MAX_IDLE:
            viewer.close(Farewell.NONSENSE, Text("{number} messages changed nothing.", number=idle))
            continue
        if text is None:
            viewer.close(Farewell.BINARY, Text("Commands are JSON text, not binary."))
            continue
        try:
            command = parse_command(text)
        except Problem as problem:
            nonsense += 1
            idle += 1
            _tell(viewer, problem)
            if nonsense >= MAX_NONSENSE:
                viewer.close(
                    Farewell.NONSENSE, Text("{number} messages in a row were no commands.", number=MAX_NONSENSE)
                )
            continue
        nonsense = 0
        person = websocket.app.state.access.identify(websocket.scope)  # the token may have been renewed
        refusal = _refusal(person, run, command)
        if refusal is not None:
            idle += 1
            commands.note(command, run.id, refusal.status, time.perf_counter())
            _tell(viewer, refusal)
            continue
        if isinstance(command, ShowCommand):
            lesson.show(viewer, run.id, command)
            continue
        if command.type == "step" and run.waits_for_engine and len(steps) < MAX_STEPS:
            step = asyncio.create_task(_obey(viewer, run, command, commands))  # other commands are done while it waits
            steps.add(step)
            step.add_done_callback(steps.discard)
        elif not await _obey(viewer, run, command, commands):
            idle += 1


async def _take_turns(allowances: Sequence[Allowance], cost: float) -> None:
    """Wait as long as the allowances ask for; even if for 0 seconds: only one message per turn of the event loop."""
    for allowance in allowances:
        await asyncio.sleep(allowance.take(cost, time.monotonic()))


def _refusal(person: Person, run: LiveRun, command: Command | ShowCommand) -> Problem | None:
    """Why somebody may not give a command; None if they may."""
    if SOCKET_NEEDS[command.type] is Need.PRESENT:
        return None if person.presents else problem_of(refused(person, ONLY_PRESENTER, PRESENTS))
    return None if person.commands(run.owner) else problem_of(refused_command(person, run.name, run.owner))


async def _obey(viewer: Viewer, run: LiveRun, command: Command, commands: Commands) -> bool:
    """Do a command, or tell the viewer why not. Return whether it changed anything."""
    began = time.perf_counter()
    try:
        changed = await obey(run, command)
    except (Problem, Refusal, ConfigError) as error:
        problem = told_problem(error)
        commands.note(command, run.id, problem.status, began)
        _tell(viewer, problem)
        return False
    except Exception:
        logger.exception("command %s on run %s failed", command.type, run.id)
        commands.note(command, run.id, HTTPStatus.INTERNAL_SERVER_ERROR, began)
        viewer.close(Farewell.OUR_FAULT, Text("The server made a mistake; its log tells more."))
        return False
    commands.note(command, run.id, HTTPStatus.OK, began, changed=changed)
    return changed


def told_problem(error: Problem | Refusal | ConfigError) -> Problem:
    """The problem that a client is told."""
    if isinstance(error, Refusal):
        return problem_of(error)
    return config_problem(error) if isinstance(error, ConfigError) else error


def _tell(viewer: Viewer, problem: Problem) -> None:
    viewer.tell(problem_message(problem))


def problem_message(problem: Problem) -> str:
    """The message that tells a client why its command can't be done."""
    return ProblemMessage(
        title=problem.title, detail=say(problem.detail), status=problem.status.value
    ).model_dump_json()


def parse_command(text: str) -> Command | ShowCommand:
    """A client's message as a command.

    Raises:
        Problem: it is not a command.
    """
    if len(text.encode()) > MAX_BODY:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Text("A message must be at most {most} bytes.", most=MAX_BODY)
        )
    try:
        data = parse_json(text)
    except Malformed as error:
        raise Problem(HTTPStatus.BAD_REQUEST, Text("The message is not JSON: {error}.", error=str(error))) from None
    if not isinstance(data, dict):
        raise unprocessable([FieldProblem("message", must_be(Text("a JSON object"), data))])
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in COMMANDS:
        raise unprocessable([FieldProblem("type", must_be(one_of(COMMANDS), kind))])
    try:
        return validate(COMMANDS[kind], data)
    except Refused as error:
        raise unprocessable(error.problems, error.more) from None


async def obey(run: LiveRun, command: Command) -> bool:
    """Do a command. Return whether it changed anything.

    Raises:
        Refusal: it can't be done now.
        ConfigError: the config or the edits of a reset are not valid.
    """
    match command:
        case StartCommand():
            return await run.start()
        case PauseCommand():
            return await run.pause()
        case StepCommand():
            await run.step(command.iterations)
        case ResetCommand():
            await run.reset(command.config, command.edits)
        case SpeedCommand():
            return await run.change({"speed": command.value})
    return True
