"""Browsers that are too slow harm only themselves."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.app.serving import Server, eventually, run_server
from tests.app.wire import watch
from tests.patience import PATIENCE

BIG = {"hidden_size": 64, "max_iterations": 10_000_000}
"""Frames of about 40 kB."""


@pytest.fixture(scope="module")
def hasty_server() -> Iterator[Server]:
    """A server that waits one second for slow viewers. It outlives them, so it would complain of what comes after."""
    with run_server(send_deadline="1", engine="numpy") as server:
        yield server
        assert server.end() == 0
        assert server.complaints() == []


@contextmanager
def stalled(server: Server, run: str) -> Iterator[socket.socket]:
    """A viewer that shakes hands and then reads nothing."""
    with socket.socket() as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        viewer.settimeout(PATIENCE)
        viewer.connect(("127.0.0.1", server.port))
        viewer.sendall(
            f"GET /api/runs/{run}/stream HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 101 " in viewer.recv(20)
        yield viewer


def memory_of(server: Server) -> int:
    """Resident bytes of the server's process."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def last_close_code(data: bytes) -> int | None:
    """The code of a close frame at the end of what the server sent."""
    at = data.rfind(b"\x88")
    return int.from_bytes(data[at + 2 : at + 4], "big") if at >= 0 and len(data) - at == 2 + data[at + 1] else None


async def test_a_viewer_who_reads_nothing_slows_nobody_and_is_dropped(hasty_server: Server) -> None:
    server = hasty_server
    with server.client() as http:
        run = http.post("/api/runs", json={"config": BIG, "speed": None}).json()["id"]
        async with watch(server.stream_url.format(run)) as viewer:
            await viewer.frame()
            await viewer.send("step", iterations=100)
            await viewer.state("paused")
            with stalled(server, run) as lazy:
                await viewer.send("start")
                await viewer.frame(lambda frame: frame.iteration > 100)
                assert http.get(f"/api/runs/{run}").json()["viewers"] == 2
                before = memory_of(server)
                frames = len(viewer.frames)
                iteration = viewer.frames[-1].iteration
                async with asyncio.timeout(PATIENCE):
                    while http.get(f"/api/runs/{run}").json()["viewers"] == 2:
                        await viewer.frame()
                assert len(viewer.frames) > frames + 5
                assert viewer.frames[-1].iteration > iteration
                # Its own buffers of a few hundred kB and the error series, but no queue of frames.
                assert memory_of(server) - before < 30e6
                received = b""
                while piece := await asyncio.to_thread(lazy.recv, 65536):
                    received += piece
                assert last_close_code(received) == 1013
            metrics = http.get("/metrics").text.splitlines()
            assert "rnn_adder_slow_clients_total 1.0" in metrics
            (dropped,) = [line for line in metrics if line.startswith("rnn_adder_frames_dropped_total ")]
            assert float(dropped.split()[1]) > 0
            here = viewer.frames[-1].iteration
            await viewer.frame(lambda frame: frame.iteration > here)
            await viewer.send("pause")
            await viewer.state("paused")


async def test_a_viewer_who_stops_for_a_moment_catches_up_with_the_newest_frame(hasty_server: Server) -> None:
    server = hasty_server
    with server.client() as http:
        run = http.post("/api/runs", json={"config": BIG, "speed": None}).json()["id"]
        # A queue of one message: what it does not take stays with the server.
        async with (
            watch(server.stream_url.format(run), max_queue=1) as slow,
            watch(server.stream_url.format(run)) as quick,
        ):
            await slow.frame()
            await slow.send("start")
            await quick.frame(lambda frame: frame.iteration > 0)
            here = quick.frames[-1].iteration
            for _ in range(20):
                await quick.frame()  # meanwhile the other reads nothing
            await quick.send("pause")
            done = (await quick.state("paused"))["iteration"]
            await slow.frame(lambda frame: frame.iteration == done)
            assert done > here
            iterations = [frame.iteration for frame in slow.frames]
            assert iterations == sorted(iterations)
            slow.check_order()


async def test_many_lazy_viewers_cost_no_more_than_their_buffers(hasty_server: Server) -> None:
    server = hasty_server
    with server.client() as http:
        run = http.post("/api/runs", json={"config": BIG, "speed": None}).json()["id"]
        http.post(f"/api/runs/{run}/step", json={"iterations": 100})  # whatever the engine loads is loaded now
        lazy = [stalled(server, run) for _ in range(20)]
        for viewer in lazy:
            viewer.__enter__()
        try:
            before = memory_of(server)
            http.post(f"/api/runs/{run}/start")
            peak = 0
            async with asyncio.timeout(PATIENCE):
                while http.get(f"/api/runs/{run}").json()["viewers"]:
                    peak = max(peak, memory_of(server))
                    await asyncio.sleep(0.05)
            assert peak - before < 60e6
            assert eventually(http, run, lambda status: status["iteration"] > 100)["state"] == "running"
            http.delete(f"/api/runs/{run}")
        finally:
            for viewer in lazy:
                viewer.__exit__(None, None, None)


async def test_whoever_only_talks_and_never_listens_is_dropped_too(hasty_server: Server) -> None:
    server = hasty_server
    text = b'{"type":"speed","value":7}'
    message = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text  # masked with zeros
    talk = message * 200
    with server.client() as http, stalled(server, "main") as chatter:
        eventually(http, "main", lambda status: status["viewers"] == 1)
        chatter.setblocking(False)
        sent = 0
        async with asyncio.timeout(PATIENCE):
            while http.get("/api/runs/main").json()["viewers"] == 1:
                try:
                    while True:
                        sent += chatter.send(talk[sent % len(message) :])
                except (BlockingIOError, ConnectionError):
                    await asyncio.sleep(0.05)
        assert sent > len(message)
        assert http.post("/api/runs/main/step").json()["state"] == "paused"


async def test_a_viewer_that_vanishes_is_forgotten(server: Server, http: httpx2.Client, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.send("start")
        await viewer.frame(lambda frame: frame.iteration > 0)
        viewer.socket.transport.abort()
        with pytest.raises(ConnectionClosed):
            await viewer.status(lambda run: False)
    eventually(http, run, lambda status: status["viewers"] == 0)
