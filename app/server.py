"""Uvicorn, set up for a classroom: it binds its socket first, drops dead clients, and ends quickly and in order."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvicorn
from fastapi import FastAPI

from .config import Settings
from .connections import BACKLOG, Door, allowed_connections
from .forwarded import Proxies
from .logs import write_log
from .places import Place, is_loopback, normal
from .protocols import http_protocol, socket_protocol
from .requests import MAX_BODY
from .scheduling import ask_for_short_turns

SEND_BUFFER = 256 * 1024
"""The number of bytes that the system may hold for a client that does not read. A slow viewer loses frames in our slot,
not megabytes in the system.
"""

QUEUE = 256
"""The number of connections that the system holds until they are accepted."""

SHUTDOWN_SECONDS = 1
"""How long running requests may go on after the server is told to end."""

SWITCH_SECONDS = 0.0001
"""How long a trainer's thread may keep the interpreter while the event loop wants it. Python's default is fifty times
as long, which would slow down every answer."""

SIGNALS = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""Each of these signals ends the server. SIGHUP comes when a terminal is closed. Windows has SIGBREAK instead."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: the port is taken, or the address is not one of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR lets two servers have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # on Windows :: would leave IPv4 out
        listener.bind(address)
        listener.listen(QUEUE)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """The address to open in a browser on this machine."""
    port = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}/"


EVERYWHERE = {"0.0.0.0": [socket.AF_INET], "": [socket.AF_INET], "::": [socket.AF_INET, socket.AF_INET6]}
"""The hosts that mean all addresses of this machine, and the kinds of those."""

OUTSIDE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""An address of each kind that nobody has (RFC 5737, RFC 3849)."""


def addresses_for_others(listener: socket.socket, host: str) -> list[str]:
    """The addresses that others on the network can open, if the server listens everywhere: those by which this machine
    would reach the world outside.
    """
    found = []
    for family in EVERYWHERE.get(host, ()):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((OUTSIDE[family], 9))  # sends nothing, but chooses the address
                own = probe.getsockname()[0]
        except OSError:  # there is no way out of that kind
            continue
        if not is_loopback(normal(own)):
            found.append(f"http://{Place(own, listener.getsockname()[1])}/")
    return found


def serve(app: FastAPI, settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until one of `SIGNALS`, then close all sockets with 1012 and return."""
    write_log(settings.log_level, settings.log_format)
    proxies = Proxies(settings.trusted_proxies)
    door = Door(allowed_connections(), trust=proxies.trust)
    app.state.metrics.door = door
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level=settings.log_level,
        access_log=settings.log_level in ("info", "debug"),
        lifespan="on",
        http=http_protocol(door, settings.receive_deadline, settings.send_deadline, proxies),
        ws=socket_protocol(door, settings.send_deadline),
        ws_max_size=MAX_BODY,
        backlog=BACKLOG,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2 * SHUTDOWN_SECONDS,  # by then none is left
        server_header=False,
        proxy_headers=False,  # app/forwarded.py reads them
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    ask_for_short_turns()
    asyncio.run(_Server(config, app, ready).serve([listener]))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready
        self._settling: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(QUEUE)  # asyncio has one number for both
        if self.started:
            self._settling = asyncio.create_task(self._settle())
            self._ready()

    async def _settle(self) -> None:
        """When everything is loaded, exclude it from garbage collection. Most of it belongs to the compiler and lives
        as long as the process; the collector would need 70 ms each time to go through it.
        """
        await self._app.state.registry.loaded()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.underway.stopping = True
        await self._app.state.registry.close()  # first, so that no running step delays the end
        hurrying = asyncio.create_task(self._hurry())
        await super().shutdown(sockets)
        hurrying.cancel()

    async def _hurry(self) -> None:
        """Stop waiting for running requests, and tell their clients if possible."""
        await asyncio.sleep(SHUTDOWN_SECONDS)
        for connection in list(self.server_state.connections):
            connection.break_off()  # type: ignore[union-attr]
        await asyncio.sleep(0)  # so that they know
        self._app.state.underway.call_off()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a signal only end the server. Uvicorn's own version raises it again after the orderly end."""
        loop = asyncio.get_running_loop()

        def end() -> None:
            self.handle_exit(signal.SIGTERM, None)  # a second Ctrl-C adds nothing

        with ExitStack() as installed:
            for number in SIGNALS:
                try:
                    loop.add_signal_handler(number, end)
                    installed.callback(loop.remove_signal_handler, number)
                except NotImplementedError:  # the event loop of Windows
                    before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
                    installed.callback(signal.signal, number, before)
            yield
