from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from tests.app.quick import hurry
from tests.app.serving import LONG, Server, check_status, run_server


@pytest.fixture(scope="session")
def server_with() -> Iterator[Callable[[str], Server]]:
    """One server for each engine, which must log no complaint until the end."""
    servers: dict[str, Server] = {}
    with ExitStack() as stack:

        def with_engine(engine: str) -> Server:
            if engine not in servers:
                servers[engine] = stack.enter_context(run_server(engine=engine))
            return servers[engine]

        yield with_engine
        for server in servers.values():
            assert server.end() == 0
            assert server.complaints() == []


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, server_with: Callable[[str], Server]) -> Server:
    """A server for all tests that need no settings of their own. Its engine is the compiled one, unless the module says
    `ENGINE = "numpy"`: where the engine does not matter, no network has to wait for its kernels.
    """
    return server_with(getattr(request.module, "ENGINE", "compiled"))


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def hurried() -> Iterator[None]:
    """The reference engine in a hurry, for tests in this process: see `hurry`. What a test undoes, it leaves alone."""
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        yield


NewRun = Callable[..., str]


@pytest.fixture
def new_run(http: httpx2.Client) -> Iterator[NewRun]:
    """Create runs that are deleted after the test."""
    created: list[str] = []

    def create(speed: float | None = None, **config: Any) -> str:
        run = check_status(http.post("/api/runs", json={"config": config, "speed": speed}), 201)
        created.append(run["id"])
        return str(run["id"])

    yield create
    for run_id in created:
        assert http.delete(f"/api/runs/{run_id}").status_code in (204, 404)


@pytest.fixture
def run(new_run: NewRun) -> str:
    """The id of a run with the default configuration and unlimited speed. It does not reach its end during a test."""
    return new_run(max_iterations=LONG)
