"""The viewer's end of the socket, with its own frame parser."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.patience import PATIENCE


@dataclass(frozen=True)
class Frame:
    metadata: dict[str, str]
    tensors: dict[str, NDArray[np.float32]]
    size: int

    @property
    def state(self) -> str:
        return self.metadata["state"]

    @property
    def generation(self) -> int:
        return int(self.metadata["generation"])

    @property
    def iteration(self) -> int:
        return int(self.metadata["iteration"])

    @property
    def errors_start(self) -> int:
        return int(self.metadata["errors_start"])

    @property
    def errors(self) -> NDArray[np.float32]:
        return self.tensors["errors"]

    def weights(self) -> dict[str, NDArray[np.float32]]:
        return {name[8:]: tensor for name, tensor in self.tensors.items() if name.startswith("weights.")}


def parse_frame(data: bytes) -> Frame:
    """Parse a frame by the layout in the design, and check each rule of it."""
    (length,) = struct.unpack_from("<Q", data)
    assert (8 + length) % 8 == 0, "the data must start at a multiple of 8"
    text = data[8 : 8 + length].decode()
    header = json.loads(text)
    assert text[: len(text.rstrip(" "))].endswith("}"), "padding must be spaces"
    metadata = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in metadata.values())
    body = data[8 + length :]
    tensors, covered = {}, []
    for name, entry in header.items():
        assert entry["dtype"] == "F32"
        begin, end = entry["data_offsets"]
        values = np.frombuffer(body[begin:end], dtype="<f4").reshape(entry["shape"])
        assert np.isfinite(values).all(), name
        tensors[name] = values
        covered.append((begin, end))
    edges = sorted(covered)
    assert [begin for begin, _ in edges] == [0, *(end for _, end in edges[:-1])], "tensors must join on"
    assert edges[-1][1] == len(body)
    return Frame(metadata, tensors, len(data))


Message = dict[str, Any] | Frame


class Watcher:
    """One viewer. `messages` holds everything received, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.messages: list[Message] = []

    @property
    def frames(self) -> list[Frame]:
        return [message for message in self.messages if isinstance(message, Frame)]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [m["run"] for m in self.messages if isinstance(m, dict) and m["type"] == "status"]

    @property
    def problems(self) -> list[dict[str, Any]]:
        return [m for m in self.messages if isinstance(m, dict) and m["type"] == "problem"]

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            data = await self.socket.recv()
        message = parse_frame(data) if isinstance(data, bytes) else json.loads(data)
        self.messages.append(message)
        return message

    async def status(self, until: Callable[[dict[str, Any]], bool] = lambda run: True) -> dict[str, Any]:
        """The next status for which `until` is true."""
        while True:
            message = await self.next()
            if isinstance(message, dict) and message["type"] == "status" and until(message["run"]):
                run: dict[str, Any] = message["run"]
                return run

    async def state(self, *states: str) -> dict[str, Any]:
        """The next status with one of these states."""
        return await self.status(lambda run: run["state"] in states)

    async def frame(self, until: Callable[[Frame], bool] = lambda frame: True) -> Frame:
        """The next frame for which `until` is true."""
        while True:
            message = await self.next()
            if isinstance(message, Frame) and until(message):
                return message

    async def problem(self) -> dict[str, Any]:
        """The next problem message."""
        while True:
            message = await self.next()
            if isinstance(message, dict) and message["type"] == "problem":
                assert set(message) == {"type", "title", "detail", "status"}
                return message

    async def send(self, kind: str, **members: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **members}))

    async def closed(self) -> int:
        """Read until the server closes, and return the code."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            code = self.socket.close_code
            assert code is not None
            return code

    def check_order(self) -> None:
        """Check that each state came as a status before the frames that show it, in the order of the run's life."""
        told: set[tuple[int, str]] = set()
        for message in self.messages:
            if isinstance(message, Frame):
                assert (message.generation, message.state) in told
            elif message["type"] == "status":
                told.add((message["run"]["generation"], message["run"]["state"]))
        places = [(frame.generation, frame.iteration) for frame in self.frames]
        assert places == sorted(places)


@asynccontextmanager
async def watch(url: str, **options: Any) -> AsyncIterator[Watcher]:
    """Watch the run whose stream is at `url`."""
    async with connect(
        url, proxy=None, max_size=None, open_timeout=PATIENCE, ping_timeout=PATIENCE, close_timeout=2, **options
    ) as socket:
        yield Watcher(socket)
