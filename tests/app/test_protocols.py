"""Frames go to a socket past the queue of other messages, as long as nothing is in the way."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.client import connect

from app.connections import Door
from app.protocols import as_message, http_protocol, socket_protocol
from app.services.viewer import OUTLET
from tests.patience import PATIENCE

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@asynccontextmanager
async def served(application: Application) -> AsyncIterator[str]:
    """The address of a server whose sockets are this application's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        door = Door(10)
        config = uvicorn.Config(
            application,
            http=http_protocol(door, PATIENCE, PATIENCE),
            ws=socket_protocol(door, PATIENCE),
            lifespan="off",
            log_config=None,
            ws_per_message_deflate=False,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            await task


async def test_what_is_written_at_once_arrives_in_order_until_something_is_in_the_way() -> None:
    said: list[bool] = []
    ended = asyncio.Event()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        write = scope["extensions"][OUTLET]["write"]
        await receive()
        said.append(write(b"before the handshake"))
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "one"})
        said.append(write(b"two"))
        await send({"type": "websocket.send", "text": "three"})
        await receive()  # the client reads no more
        written = 0
        while write(bytes(2**20)):
            written += 1
        said.append(written < 100)
        await receive()  # it reads again
        await send({"type": "websocket.send", "text": f"{written}"})
        while not write(b"last"):
            await asyncio.sleep(0.01)
        await send({"type": "websocket.close"})
        said.append(write(b"after the end"))
        ended.set()

    async with (
        asyncio.timeout(PATIENCE),
        served(application) as address,
        connect(address, proxy=None, max_size=None, max_queue=1) as client,
    ):
        assert [await client.recv() for _ in range(3)] == ["one", b"two", "three"]
        await client.send("I read no more")
        while len(said) < 3:
            await asyncio.sleep(0.01)
        await client.send("I read again")
        received = [message async for message in client]
        await ended.wait()
    large = [message for message in received if len(message) == 2**20]
    assert received == [*large, f"{len(large)}", b"last"], "the one that filled the buffers is sent, too"
    assert said == [False, True, True, False]


def test_a_message_that_many_get_is_made_once() -> None:
    for size in (0, 125, 126, 65_535, 65_536):
        data = bytes(size)
        message = as_message(data)
        assert message is as_message(data)
        assert message.endswith(data)
        assert message[0] == 0x82
