"""Proxies between a browser and the lab: a small one that can misbehave, and nginx."""

import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import own_port

LIMIT = 1 << 20


@dataclass
class Proxy:
    """What a proxy does. It can be changed while it runs.

    Attributes:
        upstream: the port that it leads to.
        prefix: what stands before every path.
        strips: whether it takes the prefix off.
        upgrade: what becomes of WebSockets: they "pass", are "refuse"d, or "hang".
        holds: whether an answer is passed on only when it is complete, as some virus scanners do.
        names: whether it adds the address of its client to X-Forwarded-For.
    """

    upstream: int
    prefix: str = ""
    strips: bool = True
    upgrade: str = "pass"
    holds: bool = False
    names: bool = False
    port: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one request, and close."""
        self.writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *fields = head.decode("latin-1").split("\r\n")[:-2]
                method, path, version = line.split(" ")
                if not path.startswith(f"{self.prefix}/"):
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await writer.drain()
                    return
                path = path.removeprefix(self.prefix) if self.strips else path
                upgrades = any(header.lower().startswith("upgrade:") for header in fields)
                if upgrades and self.upgrade == "hang":
                    await reader.read()
                if upgrades and self.upgrade != "pass":
                    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await writer.drain()
                    return
                if self.names:
                    fields.append(f"X-Forwarded-For: {writer.get_extra_info('peername')[0]}")
                if not upgrades:
                    fields = [field for field in fields if not field.lower().startswith("connection:")]
                    fields.append("Connection: close")
                await self._pass_on(f"{method} {path} {version}", fields, reader, writer, upgrades)
            finally:
                writer.close()
                self.writers.discard(writer)

    async def _pass_on(
        self,
        line: str,
        fields: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upgrades: bool,
    ) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        self.writers.add(back)
        back.write("\r\n".join([line, *fields, "", ""]).encode("latin-1"))
        sending = asyncio.create_task(_pipe(reader, back))
        try:
            if self.holds:
                writer.write(await there.read(-1))
                await writer.drain()
            elif upgrades:  # whoever leaves, both are let go
                receiving = asyncio.create_task(_pipe(there, writer))
                try:
                    await asyncio.wait([sending, receiving], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    receiving.cancel()
            else:
                await _pipe(there, writer)
        finally:
            sending.cancel()
            back.close()
            self.writers.discard(back)


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(LIMIT):
            sink.write(data)
            await sink.drain()


@contextmanager
def run_proxy(proxy: Proxy) -> Iterator[Proxy]:
    """Run it on a free port, in a thread, until the context ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        server.close()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for writer in proxy.writers:
            writer.transport.abort()
        for _ in range(3):  # what is closed is let go in the next turns of the loop
            await asyncio.sleep(0)

    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(proxy.serve, "127.0.0.1", 0), loop).result(60)
    try:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        location {prefix}/ {{
            proxy_pass http://127.0.0.1:{upstream}/;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
        location /blocked/ {{
            proxy_pass http://127.0.0.1:{upstream}/;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""
"""A configuration as administrators write it. Below /blocked/ the headers for WebSockets are forgotten."""


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextmanager
def run_nginx(upstream: int, folder: Path, prefix: str = "") -> Iterator[int]:
    """The port of a real nginx before the lab. Without nginx, the test is skipped."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed")
    port = own_port()
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, port=port, upstream=upstream, prefix=prefix), encoding="utf-8")
    process = subprocess.Popen([found, "-p", str(folder), "-c", str(file)], stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=60)
