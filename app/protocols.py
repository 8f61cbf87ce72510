"""Uvicorn's protocols, extended for clients that keep the server waiting, send too much, or read nothing."""

import asyncio
import sys
from functools import lru_cache
from http import HTTPStatus

import httptools
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from .connections import Door
from .forwarded import Proxies
from .places import normal
from .services.allowance import Allowance
from .services.viewer import OUTLET

MAX_HEADER = 64 * 1024
"""The largest number of bytes of a request's header."""

BODY_BYTES = 4096
"""The number of bytes by which a body has to grow within each deadline."""

PIECE = 1024
"""The number of bytes of a socket that are read in one turn of the event loop: some hundred frames, a millisecond."""

MAX_IDLE_FRAMES = 1000
"""The largest number of frames in `IDLE_SECONDS` that bring no message: pings, pongs, pieces. More close the socket."""

IDLE_SECONDS = 10.0

IDLE_RATE, IDLE_BURST = 200.0, 50.0
"""The number of them that are read in a second, and at once. So it is no use for a client to connect again."""

LAST_WORD_SECONDS = 5.0
"""The number of seconds that a dropped client has to read the close code."""


@lru_cache(maxsize=4)
def as_message(data: bytes) -> bytes:
    """A binary message as it goes over a socket. What many viewers get is made once: bytes know their hash."""
    return Frame(Opcode.BINARY, data).serialize(mask=False)


def http_protocol(
    door: Door, send_seconds: float, read_seconds: float, proxies: Proxies | None = None
) -> type[asyncio.Protocol]:
    """Uvicorn's HTTP protocol behind a door, with deadlines.

    Args:
        door: counts the connections.
        send_seconds: how long a client may take to send a request's header, counted from the connection or from the
            first byte of a later request; and how long a body may take to grow by `BODY_BYTES`.
        read_seconds: how long a client may go without reading an answer before it is disconnected.
        proxies: those that are believed when they name the client of a request; None for none.
    """

    class PunctualProtocol(HttpToolsProtocol):
        """Disconnects a client that keeps the server waiting."""

        address: str | None = None
        """For which it counts at the door, until it leaves: that of the client whom a trusted proxy names, from the
        head of a request to the end of the answer; else that of the other end.
        """

        peer = ""
        """The address of the other end."""

        waits_for: str | None = None
        """What the client still has to send: a "request", the rest of its "header" or its "body", or nothing."""

        received = 0
        """The number of bytes of that so far."""

        completed = False
        """Whether a request ended in the last data."""

        sender_patience: asyncio.TimerHandle | None = None
        reader_patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # what the system does not take is unread, and gets a deadline
            self.peer = normal(self.client[0]) if self.client else ""
            if not door.enter(self.peer):
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, b"Retry-After: 5\r\n")
                return
            self.address = self.peer
            self._wait_for("request")

        def connection_lost(self, exc: Exception | None) -> None:
            self._leave()
            super().connection_lost(exc)

        def handle_websocket_upgrade(self) -> None:
            if self.address is not None:  # else it was refused
                super().handle_websocket_upgrade()

        def hand_over(self) -> str | None:
            """Leave this connection, and its place at the door, to another protocol. Return for whom it counts."""
            address, self.address = self.address, None
            self._leave()
            return address

        def make_room(self) -> None:
            """Close at once. The door calls this and no longer counts this connection."""
            self.address = None
            self._leave()
            self.transport.abort()

        def break_off(self) -> None:
            """Close at once because the server ends, except if an answer has not begun yet."""
            if not self._is_answering() or self.cycle.response_started:
                self.transport.abort()

        def _leave(self) -> None:
            for timer in (self.sender_patience, self.reader_patience):
                if timer is not None:
                    timer.cancel()
            door.busy(self)
            if self.address is not None:
                door.leave(self.address)
                self.address = None

        # What the client sends

        def data_received(self, data: bytes) -> None:
            if self.address is None:
                return  # it was refused
            self.completed = False
            super().data_received(data)
            if not self.completed:  # else a part of the data belongs to the completed request
                self.received += len(data)
            if self.waits_for == "header" and self.received > MAX_HEADER:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._wait_for("header")

        def on_headers_complete(self) -> None:
            if self.address is None:
                return  # it was refused
            self._take_whole_address()
            if not self._count_for_client():
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, b"Retry-After: 5\r\n")
                return
            super().on_headers_complete()
            self._wait_for("body")

        def on_body(self, body: bytes) -> None:
            if self.address is not None:
                super().on_body(body)

        def _count_for_client(self) -> bool:
            """If a trusted proxy names the client, count this connection for that one. Returns whether it may stay."""
            if proxies is None or not proxies.trust(self.peer):
                return True
            return self._count_for(proxies.client(self.headers) or self.peer)

        def _count_for(self, address: str) -> bool:
            former, self.address = self.address, None
            if former is None:
                return False
            door.busy(self)
            if former == address or door.change(former, address):
                self.address = address
            return self.address is not None

        def _take_whole_address(self) -> None:
            """In a request for a whole address, `GET http://host/path`, take the host from there (RFC 9112, 3.2.2)."""
            if self.url.startswith((b"/", b"*")):
                return
            parts = httptools.parse_url(self.url)
            if parts.schema not in (b"http", b"https") or not parts.host:
                raise httptools.HttpParserInvalidURLError(self.url)
            host = parts.host if b":" not in parts.host else b"[%s]" % parts.host
            named = host if parts.port is None else b"%s:%d" % (host, parts.port)
            self.headers[:] = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", named))
            self.url = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")

        def on_message_complete(self) -> None:
            if self.address is None:
                return  # it was refused
            super().on_message_complete()
            self.completed = True
            self._wait_for(None)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.address is not None and not self._is_answering():
                if self._count_for(self.peer):
                    door.idle(self, self.peer)
                else:
                    self.transport.close()

        def _is_answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _wait_for(self, what: str | None) -> None:
            if self.sender_patience is not None:
                self.sender_patience.cancel()
                self.sender_patience = None
            self.waits_for, self.received = what, 0
            if what in ("request", "header") and self.address is not None:
                door.idle(self, self.address)
            else:
                door.busy(self)
            if what is not None:
                self.sender_patience = self.loop.call_later(send_seconds, self._lose_patience)

        def _lose_patience(self) -> None:
            if self.transport.is_closing():
                return
            if self.waits_for == "body" and (self.received >= BODY_BYTES or self.flow.read_paused):
                self._wait_for("body")  # the body grows, or the server itself does not read
            elif self.waits_for == "request":
                self.transport.close()  # the client never sent anything
            else:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)

        def send_400_response(self, msg: str) -> None:
            """Refuse data that is not HTTP, or a method that HTTP does not have (RFC 9110, 15.6.2)."""
            unknown = isinstance(sys.exception(), httptools.HttpParserInvalidMethodError)
            self._refuse(HTTPStatus.NOT_IMPLEMENTED if unknown else HTTPStatus.BAD_REQUEST)

        def _refuse(self, status: HTTPStatus, headers: bytes = b"") -> None:
            """Say why, if no answer has begun, and close."""
            if not (self._is_answering() and self.cycle.response_started):
                line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
                self.transport.write(line + headers + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.close()

        # What the client reads

        def pause_writing(self) -> None:
            super().pause_writing()
            self.reader_patience = self.loop.call_later(read_seconds, self._give_up)

        def _give_up(self) -> None:
            door.slow += 1
            self.transport.abort()

        def resume_writing(self) -> None:
            super().resume_writing()
            if self.reader_patience is not None:
                self.reader_patience.cancel()
                self.reader_patience = None

    return PunctualProtocol


def socket_protocol(door: Door, read_seconds: float) -> type[asyncio.Protocol]:
    """Uvicorn's WebSocket protocol behind a door, with a deadline for sending and a budget for incoming data.

    Args:
        door: counts the connections.
        read_seconds: how long a client may go without reading before it is disconnected.
    """

    class BudgetProtocol(WebSocketsSansIOProtocol):
        """Disconnects a client that has read nothing for that time, or that only keeps the server busy."""

        address: str | None = None
        """For which it counts at the door, until it leaves."""

        next_piece: asyncio.TimerHandle | None = None
        """The timer that reads more of the data that has come."""

        reader_patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # as above
            self.unread = bytearray()
            self.idle_frames, self.idle_since = 0, self.loop.time()
            self.idle_allowance, self.idle_until = Allowance(IDLE_RATE, IDLE_BURST), 0.0
            self.address = transport.get_protocol().hand_over()  # type: ignore[attr-defined]

        def handle_connect(self, event: Request) -> None:
            super().handle_connect(event)
            if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and not self.conn.extensions:
                self.scope["extensions"][OUTLET] = {"write": self.write_now}

        def connection_lost(self, exc: Exception | None) -> None:
            if self.address is not None:
                door.leave(self.address)
                self.address = None
            self._read_again()
            super().connection_lost(exc)

        def break_off(self) -> None:
            """Close at once because the server ends. Clients that read have been told so by then."""
            self.transport.abort()

        # What the client sends: a little in each turn of the loop, so that others have their turns.

        def data_received(self, data: bytes) -> None:
            self.unread += data
            if self.next_piece is None:
                self._take_piece()

        def _take_piece(self) -> None:
            self.next_piece = None
            if self.transport.is_closing():
                self.unread.clear()
                return
            piece = bytes(self.unread[:PIECE])
            del self.unread[:PIECE]
            if piece:
                super().data_received(piece)
            self._go_on()

        def _go_on(self) -> None:
            """Read more when it is time, unless a message waits to be handled; then `receive` goes on."""
            if self.read_paused or self.next_piece is not None:
                return
            if self.unread or self.idle_until > self.loop.time():
                self.transport.pause_reading()
                self.next_piece = self.loop.call_at(self.idle_until, self._take_piece)
            else:
                self.transport.resume_reading()

        async def receive(self) -> ASGIReceiveEvent:
            message = await super().receive()
            self._go_on()
            if self.next_piece is not None:
                self.transport.pause_reading()
            return message

        def handle_cont(self, event: Frame) -> None:
            if self._is_worth_it():
                super().handle_cont(event)

        def handle_pong(self, event: Frame) -> None:
            if self._is_worth_it():
                super().handle_pong(event)

        def handle_ping(self) -> None:
            if not self._is_worth_it():
                return
            if self.writable.is_set():
                super().handle_ping()
            else:
                self.conn.data_to_send()  # a client that does not read gets no pong: they would pile up

        def _is_worth_it(self) -> bool:
            """Count a frame that brings no message. Returns whether the socket is still open after it."""
            now = self.loop.time()
            if now >= self.idle_since + IDLE_SECONDS:
                self.idle_frames, self.idle_since = 0, now
            self.idle_frames += 1
            self.idle_until = now + self.idle_allowance.take(1.0, now)
            if self.idle_frames > MAX_IDLE_FRAMES and not self.close_sent:
                self._drop(1008, "Too many frames without a message.")
            return not self.close_sent

        # What the client reads

        def pause_writing(self) -> None:
            super().pause_writing()
            patience = read_seconds + LAST_WORD_SECONDS  # also if either side has closed it already
            self.reader_patience = self.loop.call_later(patience, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._read_again()

        def _read_again(self) -> None:
            if self.reader_patience is not None:
                self.reader_patience.cancel()
                self.reader_patience = None

        def write_now(self, data: bytes) -> bool:
            """Send a binary message, unless something is in the way: earlier data that the client has not read, or the
            end of the socket. Returns whether it was sent. It costs the event loop far less than `send`.
            """
            free = self.writable.is_set() and not self.close_sent and not self.transport.is_closing()
            if not free or self.conn.state is not State.OPEN or not self.handshake_complete:
                return False
            self.transport.write(as_message(data))
            return True

        async def send(self, message: ASGISendEvent) -> None:
            if not self.writable.is_set():
                try:
                    async with asyncio.timeout(read_seconds):
                        await self.writable.wait()
                except TimeoutError:
                    door.slow += 1
                    self._drop(1013, "Too slow.")
                    raise ClientDisconnected from None
            await super().send(message)
            if message["type"] == "websocket.http.response.body":
                self.handshake_complete = True  # it was refused; else uvicorn would log that nobody answered it

        def _drop(self, code: int, reason: str) -> None:
            """Close, and drop the data that the client will never read."""
            self.stop_keepalive()
            self.unread.clear()
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
            self.transport.close()
            self._read_again()
            self.reader_patience = self.loop.call_later(LAST_WORD_SECONDS, self.transport.abort)

    return BudgetProtocol
