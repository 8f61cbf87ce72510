"""Several people at one run at the same time, and many runs at the same time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx2
import pytest

from rnn_core import Trainer
from tests.app.conftest import NewRun
from tests.app.serving import LONG, Server, eventually
from tests.app.wire import watch
from tests.patience import PATIENCE

AT_ONCE = 30.0
"""Seconds, also on a busy machine."""


@pytest.fixture
async def people(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.mark.parametrize("seed", range(4))
async def test_a_storm_of_commands_leaves_a_run_that_adds_up(
    server: Server, http: httpx2.Client, people: httpx2.AsyncClient, new_run: NewRun, seed: int
) -> None:
    run = new_run(speed=None, max_iterations=100_000)
    dice = random.Random(seed)
    resets = 0

    async def storm(count: int) -> None:
        nonlocal resets
        for _ in range(count):
            command = dice.choice(["start", "pause", "step", "step", "reset"])
            body = {"iterations": dice.randint(1, 300)} if command == "step" else {}
            answer = await people.post(f"/api/runs/{run}/{command}", json=body)
            assert answer.status_code in ({200, 409} if command in ("start", "step") else {200}), answer.text
            resets += command == "reset"

    async def patch(count: int) -> None:
        for _ in range(count):
            change = {"speed": dice.choice([None, 0.1, 1000, 1_000_000])}
            assert (await people.patch(f"/api/runs/{run}", json=change)).status_code == 200

    async with watch(server.stream_url.format(run)) as viewer:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(storm(25), storm(25), storm(25), patch(25))
        status = (await people.post(f"/api/runs/{run}/pause")).json()
        await viewer.send("speed", value=1)
        await viewer.status(lambda run: run["speed"] == 1)
        viewer.check_order()
        order = [(s["generation"], s["iteration"]) for s in viewer.statuses]
        assert order == sorted(order)
    assert status["generation"] == resets
    assert status["state"] in ("ready", "paused", "finished")
    trainer = Trainer()
    errors = http.get(f"/api/runs/{run}/errors", params={"stop": min(status["iteration"], 10_000)}).json()
    assert errors["errors"] == trainer.advance(min(status["iteration"], 10_000)).errors.tolist()


async def test_deleting_in_a_storm_ends_every_request(
    server: Server, people: httpx2.AsyncClient, new_run: NewRun
) -> None:
    for _ in range(5):
        run = new_run()
        commands = ["start", "step", "pause", "reset", "start", "step", "pause"] * 3

        async def post(command: str, run: str = run) -> int:
            return (await people.post(f"/api/runs/{run}/{command}")).status_code

        async with watch(server.stream_url.format(run)) as viewer:
            async with asyncio.timeout(PATIENCE):
                storm = asyncio.gather(*(post(command) for command in commands))
                deleted = await people.delete(f"/api/runs/{run}")
                codes = await storm
                codes += await asyncio.gather(*(post(command) for command in commands[:4]))
            assert deleted.status_code == 204
            assert set(codes) <= {200, 404, 409}
            assert codes[-4:] == [404] * 4
            assert await viewer.closed() == 1008


async def test_a_run_deleted_in_the_middle_of_a_long_step_is_gone_at_once(
    people: httpx2.AsyncClient, new_run: NewRun
) -> None:
    run = new_run(hidden_size=128, bits=32)
    step = asyncio.create_task(people.post(f"/api/runs/{run}/step", json={"iterations": 10_000}))
    async with asyncio.timeout(PATIENCE):  # its kernels may have to be compiled first
        while (await people.get(f"/api/runs/{run}")).json()["iteration"] == 0:
            await asyncio.sleep(0.01)
    async with asyncio.timeout(PATIENCE):
        assert (await people.delete(f"/api/runs/{run}")).status_code == 204
        assert (await step).status_code in (200, 404)


async def test_two_steps_at_once_are_done_one_after_the_other(people: httpx2.AsyncClient, run: str) -> None:
    answers = await asyncio.gather(*(people.post(f"/api/runs/{run}/step", json={"iterations": 200}) for _ in range(8)))
    assert sorted(answer.json()["iteration"] for answer in answers) == [200 * k for k in range(1, 9)]


async def test_many_creations_at_once_stop_at_32(people: httpx2.AsyncClient, http: httpx2.Client) -> None:
    answers = await asyncio.gather(*(people.post("/api/runs") for _ in range(50)))
    made = [answer.headers["location"] for answer in answers if answer.status_code == 201]
    try:
        assert len(http.get("/api/runs").json()) == 32
        assert len(set(made)) == len(made)
        assert {answer.status_code for answer in answers} == {201, 503}
    finally:
        for location in made:
            http.delete(location)


async def test_pause_holds_within_a_moment_at_unlimited_speed(people: httpx2.AsyncClient, run: str) -> None:
    longest = 0.0
    for _ in range(10):
        started = (await people.post(f"/api/runs/{run}/start")).json()["iteration"]
        async with asyncio.timeout(PATIENCE):
            while (await people.get(f"/api/runs/{run}")).json()["iteration"] <= started:
                await asyncio.sleep(0.01)
        began = time.monotonic()
        status = (await people.post(f"/api/runs/{run}/pause")).json()
        longest = max(longest, time.monotonic() - began)
        assert status["state"] == "paused"
        assert (await people.get(f"/api/runs/{run}")).json()["iteration"] == status["iteration"]
    assert longest < AT_ONCE


@pytest.fixture
def crowd(http: httpx2.Client, new_run: NewRun) -> Iterator[list[str]]:
    """As many runs as the server allows, all with unlimited speed."""
    runs = []
    while len(http.get("/api/runs").json()) < 32:
        runs.append(new_run(speed=None, max_iterations=LONG))
    for run in runs:
        http.post(f"/api/runs/{run}/start")
    yield runs
    for run in runs:
        http.post(f"/api/runs/{run}/pause")


async def test_with_32_runs_without_limit_everything_still_answers(
    server: Server, people: httpx2.AsyncClient, http: httpx2.Client, crowd: list[str]
) -> None:
    for run in crowd:
        eventually(http, run, lambda status: status["iteration"] > 0)  # every one gets its turn
    longest = 0.0
    for run in crowd[:5]:
        began = time.monotonic()
        assert (await people.post(f"/api/runs/{run}/pause")).json()["state"] == "paused"
        longest = max(longest, time.monotonic() - began)
    began = time.monotonic()
    assert (await people.get("/predict?a=1&b=2")).status_code == 200
    longest = max(longest, time.monotonic() - began)
    assert longest < AT_ONCE
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(watch(server.stream_url.format(run))) for run in crowd[5:15]]
        for viewer in viewers:
            first = await viewer.frame()
            await viewer.frame(lambda frame, first=first: frame.iteration > first.iteration)  # type: ignore[misc]


async def test_pause_interrupts_the_wait_of_a_slow_speed(people: httpx2.AsyncClient, new_run: NewRun) -> None:
    run = new_run(speed=0.1)
    await people.post(f"/api/runs/{run}/start")
    async with asyncio.timeout(PATIENCE):
        while (await people.get(f"/api/runs/{run}")).json()["iteration"] == 0:
            await asyncio.sleep(0.01)
        status = (await people.post(f"/api/runs/{run}/pause")).json()
        assert (status["state"], status["iteration"]) == ("paused", 1)
        await people.post(f"/api/runs/{run}/start")
        assert (await people.post(f"/api/runs/{run}/reset")).json()["state"] == "ready"
        await people.post(f"/api/runs/{run}/start")
        assert (await people.delete(f"/api/runs/{run}")).status_code == 204
