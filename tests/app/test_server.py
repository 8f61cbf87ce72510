"""The process: how it begins and how it ends."""

import asyncio
import errno
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from fastapi import FastAPI

from app.cli import app as command_line
from app.config import Settings
from app.main import create_app
from app.server import address_of, bind
from app.storage import opening
from tests.app import serving
from tests.app.serving import ROOT, environment
from tests.app.test_slow_viewers import BIG, stalled
from tests.app.wire import watch
from tests.patience import PATIENCE
from tests.starting import COMMAND

run_server = partial(serving.run_server, command=COMMAND)
"""Begins a server as people do."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_closes_viewers_1012_and_ends_the_server_cleanly(number: signal.Signals) -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        run = http.post("/api/runs", json={"config": BIG, "speed": None}).json()["id"]
        with stalled(server, run):
            url = server.stream_url
            async with watch(url.format(run)) as one, watch(url.format(run)) as two, watch(url.format("main")) as three:
                await one.send("start")
                await three.send("start")
                for viewer in (one, two, three):
                    first = await viewer.frame(lambda frame: frame.state == "running")
                    await viewer.frame(lambda frame, first=first: frame.iteration > first.iteration)  # type: ignore[misc]
                for _ in range(25):  # until the lazy one's buffers are full
                    await one.frame()
                server.process.send_signal(number)
                codes = list(await asyncio.gather(one.closed(), two.closed(), three.closed()))
                assert codes == [1012, 1012, 1012]
                assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
                assert "Traceback" not in server.stderr()
                assert "Error" not in server.stderr()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_server_in_the_middle_of_long_steps(number: signal.Signals) -> None:
    with run_server(engine="numpy") as server:
        async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE) as http:
            config = {"hidden_size": 128, "bits": 32, "batch_size": 2}
            run = (await http.post("/api/runs", json={"config": config})).json()["id"]
            step = asyncio.create_task(http.post(f"/api/runs/{run}/step", json={"iterations": 10_000}))
            async with watch(server.stream_url.format(run)) as viewer:
                await viewer.frame(lambda frame: frame.iteration > 0)
                await viewer.send("step", iterations=10_000)
                server.process.send_signal(number)
                assert await viewer.closed() == 1012
            assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
            await asyncio.wait([step], timeout=PATIENCE)
            assert step.done()
            if step.exception() is None:
                assert step.result().status_code < 600
            assert "Traceback" not in server.stderr()


def test_a_server_with_idle_connections_ends_at_once() -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        http.get("/healthz")
        with socket.create_connection(("127.0.0.1", server.port)) as half:
            half.sendall(b"POST /predict HTTP/1.1\r\n")
            assert server.end() == 0
            assert server.stderr() == ""


def test_a_second_signal_does_no_harm() -> None:
    with run_server() as server:
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
        assert "Traceback" not in server.stderr()


def test_a_port_can_be_taken_again_at_once() -> None:
    with run_server(engine="numpy") as server, server.client() as http:
        http.get("/healthz")
        port = server.port
        server.end()
    with run_server("--port", str(port), engine="numpy") as server:
        assert server.port == port


def test_the_server_is_ready_when_it_prints_its_address() -> None:
    with run_server() as server:
        assert httpx2.get(f"{server.url}/healthz", trust_env=False, timeout=PATIENCE).json() == {"status": "ok"}


def refusal(*arguments: str, **settings: str) -> tuple[int, str]:
    """The exit code and standard error of a server that does not start. It prints nothing else."""
    result = subprocess.run(
        [sys.executable, "-m", "rnn_adder", "serve", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
    return result.returncode, result.stderr


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, words = refusal("--port", str(port))
        assert code == 1
        assert str(port) in words
        assert "in use" in words


def test_an_address_that_is_not_ours_is_said_so() -> None:
    for host in ("192.0.2.1", "no-such-host.invalid"):
        code, words = refusal("--host", host, "--port", "0")
        assert code == 1
        assert host in words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "99999"),
        ("port", "-1"),
        ("port", "eighty"),
        ("port", ""),
        ("allowed_hosts", "http://lab.example/"),
        ("allowed_hosts", '["http://lab.example/"]'),
        ("allowed_hosts", "[1]"),
        ("max_viewers", "0"),
        ("max_viewers", "many"),
        ("send_deadline", "0"),
        ("send_deadline", "nan"),
        ("send_deadline", "inf"),
        ("log_level", "loud"),
        ("engine", "steam"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "opened", None)  # what is taken for good starts no server here
    result = CliRunner().invoke(command_line, ["serve"], env={f"RNN_ADDER_{name.upper()}": value})
    assert (result.exit_code, result.stdout) == (2, "")
    assert name in result.stderr.lower()
    assert len(result.stderr.splitlines()) == 1, "one sentence"


def test_a_bad_setting_ends_the_process_with_2() -> None:
    code, words = refusal(port="99999")
    assert code == 2
    assert "port" in words.lower()
    assert len(words.splitlines()) == 1, "one sentence"


@pytest.mark.parametrize(
    "arguments", [["--port", "99999"], ["--port", "x"], ["--engine", "steam"], ["--colour"], ["extra"], ["--port"]]
)
def test_bad_usage_ends_with_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "opened", None)
    result = CliRunner().invoke(command_line, ["serve", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()


def test_arguments_come_before_the_environment() -> None:
    with run_server("--host", "127.0.0.1", host="192.0.2.1", engine="numpy") as server:
        assert server.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:{}/"), ("0.0.0.0", "http://127.0.0.1:{}/"), ("localhost", "http://localhost:{}/")],
)
def test_the_address_printed_is_one_to_open(host: str, address: str) -> None:
    with bind(host, 0) as listener:
        assert address_of(listener, host) == address.format(listener.getsockname()[1])


def test_ipv6_addresses_are_printed_in_brackets() -> None:
    try:
        listener = bind("::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:
        assert address_of(listener, "::1") == f"http://[::1]:{listener.getsockname()[1]}/"


def test_a_server_on_ipv6_answers() -> None:
    try:
        bind("::1", 0).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with run_server("--host", "::1", engine="numpy") as server:
        assert httpx2.get(f"{server.url}/healthz", trust_env=False, timeout=PATIENCE).status_code == 200


def own_address() -> str | None:
    """The address by which this machine would reach the world outside, if there is a way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return None
        found: str = probe.getsockname()[0]
        return None if found.startswith("127.") else found


def test_a_server_that_listens_everywhere_prints_an_address_that_others_can_open() -> None:
    with run_server("--host", "0.0.0.0", engine="numpy", access="open") as server:
        if (own := own_address()) is not None:
            assert server.process.stdout is not None
            url = f"http://{own}:{server.port}/"
            assert server.process.stdout.readline() == f"Others on your network open {url}\n"
            assert httpx2.get(f"{url}healthz", trust_env=False, timeout=PATIENCE).status_code == 200
        server.end()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "", "and nothing else"


@pytest.mark.parametrize(
    ("host", "own", "line"),
    [
        ("0.0.0.0", {socket.AF_INET: "10.1.2.3"}, "Others on your network open http://10.1.2.3:PORT/"),
        (
            "::",
            {socket.AF_INET: "10.1.2.3", socket.AF_INET6: "2001:db8::7"},
            "Others on your network open http://10.1.2.3:PORT/ or http://[2001:db8::7]:PORT/",
        ),
        ("0.0.0.0", {}, None),
        ("0.0.0.0", {socket.AF_INET: "127.0.0.1"}, None),
        ("127.0.0.1", {socket.AF_INET: "10.1.2.3"}, None),
    ],
)
def test_addresses_for_others_are_those_on_the_way_out(
    monkeypatch: pytest.MonkeyPatch, host: str, own: dict[int, str], line: str | None
) -> None:
    class Probe(socket.socket):
        def connect(self, address: object) -> None:
            if self.family not in own:
                raise OSError(errno.ENETUNREACH, "Network is unreachable")

        def getsockname(self) -> Any:
            return (own[self.family], 9) if self.type is socket.SOCK_DGRAM else super().getsockname()

    made = []

    def create(*arguments: Any) -> FastAPI:
        made.append(create_app(*arguments))
        return made[-1]

    def serve(app: FastAPI, settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
        app.state.registry = SimpleNamespace(keeper=SimpleNamespace(unsaved=None))
        with listener:
            ports.append(listener.getsockname()[1])
            ready()

    ports: list[int] = []
    monkeypatch.setenv("RNN_ADDER_ACCESS", "open")
    monkeypatch.setattr("app.server.socket.socket", Probe)
    monkeypatch.setattr("app.server.serve", serve)
    monkeypatch.setattr("app.main.create_app", create)
    done = CliRunner().invoke(command_line, ["serve", "--host", host, "--port", "0", "--no-store", "--engine", "numpy"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1:] == ([] if line is None else [line.replace("PORT", str(ports[0]))])
    assert len(made) == 1, "one application is made, and not another one to try the settings"
