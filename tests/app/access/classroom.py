"""A real server that lets a class in, and the people who come."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.app.serving import Server, run_server


@dataclass
class Classroom:
    """A server that lets a class in.

    Attributes:
        server: the server.
        token: the presenter's.
    """

    server: Server
    token: str

    def stranger(self) -> httpx2.Client:
        """Somebody who has never been here."""
        return self.server.client()

    @contextmanager
    def visitor(self) -> Iterator[httpx2.Client]:
        """Somebody of the class, with a cookie."""
        with self.server.client() as client:
            assert client.get("/api/me").json()["role"] == "visitor"
            yield client

    @contextmanager
    def presenter(self, token: str | None = None) -> Iterator[httpx2.Client]:
        """The presenter, in the browser where the link was opened."""
        with self.server.client() as client:
            assert client.get(f"/?token={token or self.token}").status_code == 303
            yield client


@contextmanager
def run_classroom(folder: Path | None = None, *arguments: str, max_viewers: int = 200) -> Iterator[Classroom]:
    """Serve for a class. Without a folder nothing is stored."""
    stored = [] if folder is None else ["--store", "--data-dir", str(folder)]
    with run_server("--host", "0.0.0.0", *stored, *arguments, engine="numpy", max_viewers=str(max_viewers)) as server:
        yield Classroom(server, printed_token(server))


def printed_token(server: Server) -> str:
    """The token in the presenter's link."""
    assert server.process.stdout is not None
    while (line := server.process.stdout.readline()) and "token=" not in line:
        assert line.startswith("Others on your network open ")
    found = re.fullmatch(r"The presenter opens (http://127\.0\.0\.1:\d+/)\?token=(\S+)\n", line)
    assert found, line
    assert found[1] == f"{server.url}/"
    return found[2]


def copy_of(client: httpx2.Client, run: str = "main", iteration: int = 0, **more: Any) -> str:
    """Take a copy of a run. Returns its id."""
    response = client.post("/api/runs", json={"from": {"run": run, "iteration": iteration}, **more})
    assert response.status_code == 201, response.text
    document = response.json()
    assert (document["private"], document["access"]) == (True, "command")
    return str(document["id"])
