"""More clients that keep the server waiting than it could hold: other clients do not notice them."""

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.connections import SHARE, SHARE_OF_PROXY, Door
from app.protocols import IDLE_BURST, IDLE_RATE, PIECE
from app.routes.stream import COMMANDS_A_SECOND
from tests.app.serving import Server, raw_request, run_server
from tests.app.test_slow_viewers import last_close_code, memory_of, stalled
from tests.app.wire import Watcher, watch
from tests.patience import PATIENCE
from tests.proxy import Proxy, run_proxy

FEW_DESCRIPTORS = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
"""Of which 64 are left for connections."""

JSON = b"Content-Type: application/json\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHost: local"

POLLING = 0.05
"""Seconds until one who floods a server looks again whether it reads on: it reads so slowly that to look at once again
and again would cost more than the flood.
"""


class Guest:
    def __init__(self) -> None:
        self.closed = False

    def make_room(self) -> None:
        self.closed = True


def test_a_door_lets_in_as_many_as_it_may() -> None:
    door = Door(100)
    assert all(door.enter("a") for _ in range(75))
    assert not door.enter("a"), "one address has its share"
    assert all(door.enter("b") for _ in range(25))
    assert not door.enter("c")
    assert len(door) == 100
    door.leave("a")
    assert door.enter("c")


def test_whoever_has_been_waited_for_longest_makes_room() -> None:
    door = Door(8)
    guests = [Guest() for _ in range(8)]
    for guest, address in zip(guests, "aaaaaabb", strict=True):
        assert door.enter(address)
        door.idle(guest, address)
    door.busy(guests[0])
    assert door.enter("c")
    assert [guest.closed for guest in guests] == [False, True, *[False] * 6]
    assert door.enter("a"), "of the address that has its share, its own"
    assert [guest.closed for guest in guests] == [False, True, True, *[False] * 5]
    for guest in guests:
        door.busy(guest)
    assert not door.enter("d"), "those that are answered stay"


def test_a_trusted_proxy_has_more_room_and_its_clients_have_a_share_each() -> None:
    door = Door(100, trust=lambda address: address == "proxy")
    for _ in range(75):
        assert door.enter("proxy")
        assert door.change("proxy", "a")
    assert door.enter("proxy")
    assert not door.change("proxy", "a"), "this client has its share"
    assert len(door) == 75, "who is refused counts no longer"
    assert door.enter("proxy")
    assert door.change("proxy", "b")
    assert door.change("b", "proxy"), "when its request is answered"
    for _ in range(75):
        door.leave("a")
    assert all(door.enter("proxy") for _ in range(94))
    assert not door.enter("proxy"), "some room is left for those who come without it"
    assert all(door.enter("c") for _ in range(5))


def test_trouble_at_the_door_is_logged_once_with_a_count(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    door = Door(1, clock=lambda: now)
    door.enter("a")
    for _ in range(500):
        door.enter("a")
    assert len(caplog.records) == 1
    now = 100.0
    door.enter("a")
    assert [record.getMessage().split()[0] for record in caplog.records] == ["1", "500"]


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with few descriptors, which waits two seconds for requests."""
    with run_server(within=FEW_DESCRIPTORS, engine="numpy", receive_deadline="2", send_deadline="2") as server:
        yield server
        assert server.end() == 0
        lines = server.complaints()
        assert len(lines) <= 1, lines
        assert all("connections closed or refused" in line for line in lines)


def test_half_open_connections_keep_nobody_out(small: Server) -> None:
    with ExitStack() as stack, small.client() as http:
        for _ in range(300):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", small.port), PATIENCE))
            half.sendall(HALF)
        for _ in range(20):
            assert http.get("/healthz").status_code == 200
        assert http.post("/api/runs/main/step").status_code == 200


async def test_a_viewer_keeps_its_place_among_half_open_connections(small: Server) -> None:
    async with watch(small.stream_url.format("main")) as viewer:
        await viewer.status(lambda run: True)
        with ExitStack() as stack:
            for _ in range(300):
                half = stack.enter_context(socket.create_connection(("127.0.0.1", small.port), PATIENCE))
                half.sendall(HALF)
            await viewer.send("step", iterations=3)
            await viewer.frame(lambda frame: frame.iteration >= 3)


def test_as_many_viewers_as_there_is_room_for_leave_some_for_others(small: Server) -> None:
    most = int(64 * SHARE_OF_PROXY)  # a proxy on this machine is trusted
    with ExitStack() as stack:
        for _ in range(most):
            stack.enter_context(stalled(small, "main"))
        assert raw_request(small, b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port)[0] == 503
        with socket.create_connection(("127.0.0.1", small.port), PATIENCE, ("127.0.0.9", 0)) as other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port)
            assert b" 200 " in other.recv(20)
    deadline = time.monotonic() + PATIENCE
    while raw_request(small, b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port)[0] != 200:
        assert time.monotonic() < deadline


def rest_of(connection: socket.socket) -> bytes:
    """Everything that the server sends until it closes."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def test_a_client_that_says_nothing_is_disconnected(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as silent:
        assert rest_of(silent) == b""


@pytest.mark.parametrize(
    "begun",
    [
        HALF,
        b"POST /predict HTTP/1.1\r\nHost: localhost:%d\r\n" + JSON + b"Content-Length: 99\r\n\r\n{",
    ],
)
def test_a_client_that_breaks_off_is_told_so(small: Server, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as slow:
        slow.sendall(begun.replace(b"%d", b"%d" % small.port))
        assert rest_of(slow).startswith(b"HTTP/1.1 408 ")


def test_a_second_request_has_its_deadline_too(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port + HALF)
        answers = rest_of(slow)
        assert answers.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answers


def test_a_large_header_is_refused(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\nX: " % small.port + b"x" * 100_000)
        assert rest_of(client).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_reads_no_answer_is_disconnected(small: Server) -> None:
    request = b"GET /api/runs/main/checkpoint HTTP/1.1\r\nHost: localhost:%d\r\nX: %s\r\n\r\n" % (
        small.port,
        b"x" * 1000,
    )
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.settimeout(PATIENCE)
        lazy.connect(("127.0.0.1", small.port))
        many = request * 100_000  # the server takes some of them, then none, and at last is no longer there
        with pytest.raises(ConnectionError):
            lazy.sendall(many)


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """A masked frame, its mask zero; without the bit that says it is the last of a message where opcode has it not."""
    return bytes([opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


@pytest.mark.parametrize(
    ("opening", "flood"),
    [(b"", frame(0x8A)), (b"", frame(0x8A, b"pong")), (b"", frame(0x89, b"ping")), (frame(0x01, b"{"), frame(0x00))],
    ids=["pongs", "pongs that say something", "pings", "empty continuations"],
)
async def test_a_flood_of_frames_closes_its_socket_and_holds_up_nobody(
    small: Server, opening: bytes, flood: bytes
) -> None:
    with stalled(small, "main") as noisy:
        noisy.sendall(opening)
        noisy.setblocking(False)
        before = memory_of(small)
        async with httpx2.AsyncClient(base_url=small.url, trust_env=False, timeout=PATIENCE) as http:
            received = b""
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        noisy.send(flood * 100)
                    except BlockingIOError:
                        await asyncio.sleep(POLLING)
                    except ConnectionError:
                        break
                    try:
                        piece = noisy.recv(65536)
                        if not piece:
                            break
                        received = (received + piece)[-200:]
                    except BlockingIOError:
                        pass
                    except ConnectionError:
                        break
                    assert (await http.get("/healthz")).status_code == 200
            assert memory_of(small) - before < 20e6
        closed = last_close_code(received)
        assert closed in (1008, None)


async def test_pings_of_one_who_does_not_read_pile_up_nowhere(small: Server) -> None:
    with stalled(small, "main") as deaf:
        deaf.setblocking(False)
        before = memory_of(small)
        async with (
            httpx2.AsyncClient(base_url=small.url, trust_env=False, timeout=PATIENCE) as http,
            asyncio.timeout(PATIENCE),
        ):
            while True:
                try:
                    deaf.send(frame(0x89, b"x" * 125) * 500)
                except BlockingIOError:
                    await asyncio.sleep(POLLING)
                except ConnectionError:
                    break
                if (await http.get("/api/runs/main")).json()["viewers"] == 0:
                    break
        assert memory_of(small) - before < 20e6


def test_frames_that_bring_no_message_are_read_at_a_rate(small: Server) -> None:
    with stalled(small, "main") as noisy:
        noisy.settimeout(PATIENCE)
        began, pongs = time.monotonic(), 0
        noisy.sendall(frame(0x89, b"a ping of my own") * 400)
        received = b""
        while pongs < 400:
            received += noisy.recv(65536)
            pongs = received.count(b"a ping of my own")
            earned = IDLE_BURST + IDLE_RATE * (time.monotonic() - began)
            assert pongs <= earned + PIECE / 22 + 2, "a piece is read as a whole, and may end within a frame"


def said(**message: Any) -> bytes:
    """A message of a client as a frame."""
    text = json.dumps(message).encode()
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


@pytest.mark.parametrize(
    "message",
    [{"type": "step", "iterations": 0}, {"type": "reset", "config": {"bits": 99}}, {"type": "speed", "value": 300}],
    ids=["nonsense", "refused", "no change"],
)
async def test_who_says_much_that_changes_nothing_and_does_not_read_is_dropped_and_nothing_piles_up(
    small: Server, message: dict[str, Any]
) -> None:
    flood = (said(**message) * 9 + said(type="pause")) * 20  # never ten times nonsense in a row
    with stalled(small, "main") as deaf:
        deaf.setblocking(False)
        before, sent = memory_of(small), 0
        async with (
            httpx2.AsyncClient(base_url=small.url, trust_env=False, timeout=PATIENCE) as http,
            asyncio.timeout(PATIENCE),
        ):
            while (await http.get("/api/runs/main")).json()["viewers"]:
                try:
                    sent += deaf.send(flood[sent % len(flood) :])
                except BlockingIOError:
                    await asyncio.sleep(POLLING)
                except ConnectionError:
                    break
        assert memory_of(small) - before < 20e6


async def test_a_thousand_commands_that_change_nothing_close(small: Server) -> None:
    async with watch(small.stream_url.format("main")) as viewer:
        for _ in range(600):
            await viewer.send("speed", value=300)
            await viewer.send("pause")
        assert await viewer.closed() == 1008
        assert "changed nothing" in str(viewer.socket.close_reason)
    async with watch(small.stream_url.format("main")) as viewer:
        for turn in range(1200):
            await viewer.send("speed", value=(300, 301)[turn % 2])
        await viewer.send("speed", value=300)
        for _ in range(1200):
            await viewer.status()


async def test_whoever_says_too_much_is_read_slowly_and_others_are_served(small: Server) -> None:
    async with watch(small.stream_url.format("main")) as noisy, watch(small.stream_url.format("main")) as quiet:
        await noisy.status()
        began = time.monotonic()
        flood = asyncio.create_task(_say(noisy, 5000))
        for _ in range(300):
            await noisy.problem()
        await quiet.send("step", iterations=2)
        await quiet.state("paused")
        assert len(noisy.problems) <= COMMANDS_A_SECOND * (1 + time.monotonic() - began)
        assert len(noisy.problems) < 5000, "the others did not have to wait for all it says"
        flood.cancel()


async def _say(viewer: Watcher, number: int) -> None:
    """Repeat a request that is refused."""
    for _ in range(number):
        await viewer.send("reset", config={"bits": 99})


async def test_nonsense_does_not_put_its_own_close_off(small: Server) -> None:
    with stalled(small, "main") as noisy:
        noisy.setblocking(False)
        flood, received = said(type="fly") * 100, b""
        async with asyncio.timeout(PATIENCE):
            while last_close_code(received) is None:
                for act in (lambda: noisy.send(flood), lambda: noisy.recv(65536)):
                    try:
                        got = act()
                    except BlockingIOError:
                        await asyncio.sleep(0.001)
                    except ConnectionError:
                        return  # it has gone already
                    else:
                        received = (received + got)[-200:] if isinstance(got, bytes) else received
        assert last_close_code(received) == 1008


def sockets_of(server: Server) -> int:
    """The number of open sockets of the server's process."""
    found = 0
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += os.readlink(link).startswith("socket:")
    return found


def test_one_who_says_goodbye_and_does_not_read_is_let_go(small: Server) -> None:
    with small.client() as http, ExitStack() as stack:
        config = {"hidden_size": 64, "max_iterations": 10_000_000}
        run = http.post("/api/runs", json={"config": config, "speed": 300}).json()["id"]
        http.post(f"/api/runs/{run}/step", json={"iterations": 10})
        before = sockets_of(small)
        gone = [stack.enter_context(stalled(small, run)) for _ in range(5)]
        http.post(f"/api/runs/{run}/start")
        time.sleep(1)  # frames fill what the system holds for them
        for viewer in gone:
            viewer.sendall(frame(0x88, b"\x03\xe8"))
        deadline = time.monotonic() + PATIENCE
        while sockets_of(small) > before:
            assert time.monotonic() < deadline, "they are there still"
            time.sleep(0.1)
        http.delete(f"/api/runs/{run}")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://localhost:%d/healthz", b"localhost:%d", 200),
        (b"http://localhost:%d/healthz?x=1", b"evil.example", 200),
        (b"http://evil.example/healthz", b"localhost:%d", 421),
        (b"http://evil.example:%d/", b"localhost:%d", 421),
        (b"ftp://localhost:%d/healthz", b"localhost:%d", 400),
        (b"localhost:%d", b"localhost:%d", 400),
    ],
)
def test_of_a_whole_address_the_host_counts(small: Server, target: bytes, host: bytes, status: int) -> None:
    request = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host)
    assert raw_request(small, request.replace(b"%d", b"%d" % small.port))[0] == status


def test_a_method_that_http_does_not_have_is_refused(small: Server) -> None:
    request = b"BREW /api/runs/main/start HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port
    assert raw_request(small, request)[0] == 501


def test_a_body_of_two_lengths_is_refused(small: Server) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: localhost:%d\r\n" % small.port + JSON
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as client:
        client.sendall(head + both)
        assert rest_of(client).startswith(b"HTTP/1.1 400 ")


UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def client_at(address: str, port: int) -> socket.socket:
    """A connection from one of this machine's addresses."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, (address, 0))


def asked(connection: socket.socket, port: int, headers: bytes = b"", path: bytes = b"/healthz") -> int:
    """The status of the answer to one more request over a connection, which stays open."""
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n" % (path, port, headers))
    response = HTTPResponse(connection)
    response.begin()
    if response.status != 101:
        response.read()
    return response.status


def test_behind_a_trusted_proxy_each_client_has_its_own_share() -> None:
    most = int(64 * SHARE)
    stream, named = b"/api/runs/main/stream", b"X-Forwarded-For: 127.0.0.8\r\n"
    with (
        run_server(within=FEW_DESCRIPTORS, engine="numpy", trusted_proxies="127.0.0.1") as server,
        run_proxy(Proxy(server.port, names=True)) as proxy,
        ExitStack() as stack,
    ):
        watching = [stack.enter_context(client_at("127.0.0.8", proxy.port)) for _ in range(most)]
        assert {asked(viewer, proxy.port, UPGRADE, stream) for viewer in watching} == {101}
        for headers, path in ((b"", b"/healthz"), (UPGRADE, stream)):
            with client_at("127.0.0.8", proxy.port) as one_more:
                assert asked(one_more, proxy.port, headers, path) == 503
            with client_at("127.0.0.9", proxy.port) as other:
                assert asked(other, proxy.port, headers, path) in (200, 101)
        with client_at("127.0.0.1", server.port) as kept:  # as proxies do: one connection, and a client after another
            for client, status in ((b"127.0.0.9", 200), (b"127.0.0.10", 200), (b"127.0.0.8", 503)):
                assert asked(kept, server.port, b"X-Forwarded-For: %s\r\n" % client) == status
            assert kept.recv(1) == b""
        for viewer in watching:
            viewer.close()
        deadline = time.monotonic() + PATIENCE
        while True:
            with client_at("127.0.0.1", server.port) as again:
                if asked(again, server.port, named) == 200:
                    break
            assert time.monotonic() < deadline, "its places are free again"


def test_who_is_no_trusted_proxy_gets_no_more_room_by_naming_clients() -> None:
    most = int(64 * SHARE)
    with (
        run_server(within=FEW_DESCRIPTORS, engine="numpy", trusted_proxies="127.0.0.1") as server,
        ExitStack() as stack,
    ):
        for number in range(most):
            viewer = stack.enter_context(client_at("127.0.0.8", server.port))
            headers = b"X-Forwarded-For: 10.0.0.%d\r\n" % number + UPGRADE
            assert asked(viewer, server.port, headers, b"/api/runs/main/stream") == 101
        with client_at("127.0.0.8", server.port) as one_more:
            assert asked(one_more, server.port, b"X-Forwarded-For: 10.0.0.99\r\n") == 503
        with client_at("127.0.0.9", server.port) as other:
            assert asked(other, server.port) == 200
