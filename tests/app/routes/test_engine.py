"""Which engine computes, and what a server with an empty cache can do while it compiles."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.app.serving import Server, run_server
from tests.app.wire import watch


@pytest.fixture
def cold(tmp_path: Path) -> Iterator[Server]:
    """A server that has to compile first, which takes seconds on any machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
        with run_server() as server:
            yield server
            assert server.end() == 0, "and what it compiles is given up"


async def test_while_a_step_waits_for_the_engine_other_commands_of_the_same_viewer_are_obeyed(cold: Server) -> None:
    with cold.client() as http:
        async with watch(cold.stream_url.format("main")) as viewer:
            await viewer.send("step")
            await viewer.send("speed", value=7)
            await viewer.status(lambda run: run["speed"] == 7)
            await viewer.send("reset", config={"hidden_size": 5})
            problem = await viewer.problem()
            assert problem["status"] == 409
            assert "so this step is not done" in problem["detail"]
            assert http.get("/api/runs/main").json()["config"]["hidden_size"] == 5
            assert http.get("/api/engine").json()["waiting"] is True, "the first network's is still being compiled"
            assert http.get("/api/engine?run=main").json()["kernels"] is None


def test_the_engine_is_told_of_all_runs_or_of_one(http: httpx2.Client, run: str) -> None:
    for address in ("/api/engine", f"/api/engine?run={run}"):
        engine = http.get(address).json()
        assert engine["name"] == "compiled"
        assert set(engine) == {"name", "state", "detail", "kernels", "waiting", "ahead", "seconds", "expected"}
    assert engine["waiting"] == (engine["state"] == "compiling" and engine["kernels"] is None)


def test_of_an_unknown_run_there_is_no_engine(http: httpx2.Client) -> None:
    answer = http.get("/api/engine?run=nobody")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert http.get("/api/engine?run=main&run=main").status_code == 422
    assert http.get("/api/engine?who=main").status_code == 422
