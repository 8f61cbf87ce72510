"""A real server in its own process, and checks of its answers."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import IO, Any

import httpx2

from tests.patience import PATIENCE
from tests.ports import own_port
from tests.starting import COMMAND, Process, begin, begin_command

ROOT = Path(__file__).parents[2]
STATUS_KEYS = {
    "id",
    "name",
    "state",
    "generation",
    "iteration",
    "config",
    "changes",
    "learning_rate",
    "speed",
    "error",
    "iterations_per_second",
    "viewers",
    "detail",
    "access",
}


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without proxies and without the project's settings, plus the given settings. Without
    a `data_dir` nothing is stored.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RNN_ADDER_")}
    settings = {"store": str("data_dir" in settings).lower(), **settings}
    return {**kept, "NO_PROXY": "*", **{f"RNN_ADDER_{name.upper()}": value for name, value in settings.items()}}


@dataclass
class Server:
    process: Process
    url: str
    log: IO[str]

    @property
    def port(self) -> int:
        port = httpx2.URL(self.url).port
        assert port is not None
        return port

    @property
    def stream_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/runs/{{}}/stream"

    def client(self, **options: Any) -> httpx2.Client:
        """A client of this server. It goes through no proxy, and is patient."""
        return httpx2.Client(base_url=self.url, trust_env=False, timeout=PATIENCE, **options)

    def stderr(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def complaints(self) -> list[str]:
        """The server's lines on standard error, except its warning about requests that are not HTTP."""
        return [
            line for line in self.stderr().splitlines() if not line.endswith(" WARNING Invalid HTTP request received.")
        ]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the server and wait for its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def end(process: Process) -> None:
    """End a server if it still runs: in good order if it can, since one that is killed leaves its children behind."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def run_server(
    *arguments: str,
    within: Sequence[str] = (),
    command: Sequence[str] = (),
    folder: Path = ROOT,
    **settings: str,
) -> Iterator[Server]:
    """Run `rnn-adder serve` in a fork or, where its start is what is tested, by a `command`; in a folder and on a free
    port, until the context ends. `within` is a command that runs this one. For tests to which the engine does not
    matter, `engine="numpy"` begins sooner: it loads and compiles nothing.
    """
    arguments = ("serve", "--port", str(own_port()), *arguments)
    chosen = environment(**settings)
    with tempfile.TemporaryFile("w+") as log:
        process: Process
        if within or command or folder != ROOT:
            process = begin_command([*within, *(command or COMMAND), *arguments], chosen, log, folder)
        else:
            process = begin(arguments, chosen, log)
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            log.seek(0)
            assert len(words) > 3, f"no address was printed: {words} {log.read()}"
            yield Server(process, words[3].rstrip("/"), log)
        finally:
            end(process)
            assert process.stdout is not None
            process.stdout.close()


def check_problem(response: httpx2.Response, status: int, *fields: str) -> dict[str, Any]:
    """Check that the answer is a problem document of this status that names exactly these fields."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert isinstance(problem["title"], str)
    assert problem["title"]
    assert isinstance(problem["detail"], str)
    assert problem["detail"].endswith((".", "!"))
    errors = problem.get("errors", [])
    assert all(set(error) == {"field", "detail"} and error["detail"] for error in errors)
    assert {error["field"] for error in errors} == set(fields)
    return problem


def check_status(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """Check that the answer is a run's status with exactly the members of the contract."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    more = {"changes_left_out"} if document.get("changes_left_out") else set()
    more |= {"edits"} if document.get("edits") else set()
    more |= {"proof", "proving"} & {name for name, value in document.items() if value is not None}
    more |= {"speed_chosen"} if document.get("speed_chosen") is False else set()
    more |= {"private"} if document.get("private") else set()
    assert set(document) - more == STATUS_KEYS
    return document


LONG = 10_000_000
"""A number of iterations that no test reaches."""

DIVERGING = {"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.5}
"""A configuration whose sixth iteration is not finite."""


def bring(http: httpx2.Client, create: Callable[..., str], state: str) -> str:
    """Create a run and bring it into a state by its commands."""
    match state:
        case "ready":
            return create()
        case "running":
            run = create(max_iterations=LONG)
            http.post(f"/api/runs/{run}/start")
        case "paused":
            run = create()
            http.post(f"/api/runs/{run}/step")
        case "finished":
            run = create(max_iterations=3)
            http.post(f"/api/runs/{run}/step", json={"iterations": 3})
        case "diverged":
            run = create(**DIVERGING)
            http.post(f"/api/runs/{run}/step", json={"iterations": 100})
    assert http.get(f"/api/runs/{run}").json()["state"] == state
    return run


def eventually(http: httpx2.Client, run: str, holds: Callable[[dict[str, Any]], bool]) -> Any:
    """Ask for a run's status until `holds`."""
    deadline = time.monotonic() + PATIENCE
    while not holds(status := check_status(http.get(f"/api/runs/{run}"))):
        assert time.monotonic() < deadline, status
        time.sleep(0.01)
    return status


def whole_history(http: httpx2.Client, run: str, most: int = 1000) -> list[Any]:
    """The history of a run's accuracy when it is complete. Pause a training run first."""
    deadline = time.monotonic() + PATIENCE
    while (found := http.get(f"/api/runs/{run}/overview?points=1&history={most}").json()).get("pending"):
        assert time.monotonic() < deadline, found["pending"]
        time.sleep(0.01)
    history: list[Any] = found["history"]
    return history


def raw_request(server: Server, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are, and read one answer: status, headers in small letters, body."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(data)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
