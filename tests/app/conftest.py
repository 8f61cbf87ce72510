from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.app.serving import LONG, Server, check_status, run_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests that need no settings of their own. It must log no complaint until the end."""
    with run_server() as server:
        yield server
        assert server.end() == 0
        assert server.complaints() == []


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        yield client


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
