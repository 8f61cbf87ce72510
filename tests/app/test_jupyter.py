"""The lab in a notebook server, behind jupyter-server-proxy: docs/deploy.md says where it is then.

scripts/try-jupyter installs what this needs, and so does scripts/test in continuous integration. Elsewhere the tests
are skipped.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets
from websockets.typing import Origin

from tests.app.serving import ROOT, environment, run_server
from tests.patience import PATIENCE
from tests.ports import own_port

INSTALLED = ROOT / "build" / "jupyter" / ("Scripts" if os.name == "nt" else "bin")
TOKEN = "notebook"
BASE = "/user/ada"
HEADERS = {"Authorization": f"token {TOKEN}"}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a notebook server with the tile of deploy/jupyter_server_config.py, as a hub starts it for a user."""
    program = shutil.which("jupyter-server", path=INSTALLED)
    if program is None:
        pytest.skip("no jupyter-server-proxy here: scripts/try-jupyter installs it into build/jupyter and runs this")
    folder, port = tmp_path_factory.mktemp("notebook"), own_port()
    places = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where the tile's rnn-adder is
    options = {
        "ip": "127.0.0.1",
        "port": str(port),
        "port_retries": "0",
        "base_url": f"{BASE}/",
        "root_dir": str(folder),
        "allow_root": "True",
        "open_browser": "False",
    }
    command = [program, f"--config={ROOT / 'deploy' / 'jupyter_server_config.py'}", f"--IdentityProvider.token={TOKEN}"]
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, *(f"--ServerApp.{name}={value}" for name, value in options.items())],
            env={**environment(engine="numpy"), **places, "PATH": path},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # the lab that the tile started, if it is there still


def answers(port: int) -> bool:
    """Whether the notebook server does."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}{BASE}/api", headers=HEADERS, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def lab_at(place: str, notebook: int) -> Iterator[str]:
    """The path of a lab at one of the places where the notebook server has one."""
    if place == "tile":
        yield f"{BASE}/rnn-adder"
        return
    port = own_port()
    absolute = place == "absolute"
    path = f"{BASE}/proxy/{'absolute/' if absolute else ''}{port}"
    with run_server("--port", str(port), *(["--root-path", path] if absolute else []), engine="numpy"):
        yield path


async def watched(url: str, port: int) -> list[Any]:
    """The first status and the first frame of a run, by the WebSocket."""
    origin = Origin(f"http://127.0.0.1:{port}")
    async with websockets.connect(url, origin=origin, additional_headers=HEADERS, proxy=None) as stream:
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while {type(message) for message in found} != {str, bytes}:
                found.append(await stream.recv())
        return found


@pytest.mark.parametrize("place", ["proxy", "absolute", "tile"])
def test_the_lab_is_whole_in_a_notebook_server(notebook: int, place: str) -> None:
    with (
        lab_at(place, notebook) as path,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{notebook}{path}/", headers=HEADERS, trust_env=False, timeout=PATIENCE
        ) as http,
    ):
        page = http.get("")
        assert page.status_code == 200, page.text
        links = [link for link in re.findall(r'(?:href|src)="([^"]+)"', page.text) if "static/" in link]
        assert len(links) > 1
        for link in links:
            answer = http.get(page.url.join(link))
            assert answer.url.path.startswith(f"{path}/static/")
            assert (answer.status_code, len(answer.content) > 0) == (200, True), link
        assert http.get("predict?a=9&b=60").json()["expected"] == 69
        origin = {"Origin": f"http://127.0.0.1:{notebook}"}
        made = http.post("api/runs", json={"config": {"bits": 4}}, headers=origin)
        assert made.status_code == 201, made.text
        run = made.json()["id"]
        assert http.post(f"api/runs/{run}/step", json={"iterations": 20}, headers=origin).json()["iteration"] == 20
        found = asyncio.run(watched(f"ws://127.0.0.1:{notebook}{path}/api/runs/{run}/stream", notebook))
        status = json.loads(next(message for message in found if isinstance(message, str)))
        assert (status["type"], status["run"]["id"], status["run"]["iteration"]) == ("status", run, 20)
        assert http.delete(f"api/runs/{run}", headers=origin).status_code == 204


def test_a_notebook_server_lets_nobody_in_without_its_token(notebook: int) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{notebook}{BASE}/rnn-adder/predict?a=1&b=2", trust_env=False)
    assert answer.status_code in (302, 403)
