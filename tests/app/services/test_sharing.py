"""Runs that train at the same time share the cores fairly, and a slow run keeps its pace beside them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.services.live_run import LiveRun
from app.services.registry import Registry
from rnn_core import TrainingConfig
from tests.app.services.test_live_run import until
from tests.app.serving import LONG

FAST = 4
SPEED = 100.0
"""Iterations a second of the slow run."""

WINDOW = 100
"""Its iterations, over which the progress of all is counted."""

WINDOWS = 8
"""That one of is fair: in any, other programs may have held up a thread, or all of this process."""


@pytest.fixture(params=["numpy", "compiled"])
async def registry(request: pytest.FixtureRequest) -> AsyncIterator[Registry]:
    registry = Registry(Settings(engine=request.param))
    await registry.open()
    await registry.loaded()
    yield registry
    await registry.close()


async def test_runs_of_unlimited_speed_come_as_far_as_each_other_and_a_slow_one_keeps_its_pace(
    registry: Registry,
) -> None:
    config = TrainingConfig(max_iterations=LONG)
    fast = [await registry.create(None, config, None) for _ in range(FAST)]
    slow = await registry.create(None, config, SPEED)
    for run in (*fast, slow):
        await run.start()
    await until(lambda: all(run.snapshot.iteration > 500 for run in fast) and slow.snapshot.iteration > 20)
    for _ in range(WINDOWS):
        shares, pace = await counted(fast, slow)
        # Not sooner than its clock says, but for a tick; and later only by what the machine stood still.
        if min(shares) >= 0.8 * max(shares) and 0.8 * SPEED <= pace <= 1.1 * SPEED:
            break
    else:
        pytest.fail(f"the last time the runs of unlimited speed did {shares}, and the slow one {pace} a second")
    await asyncio.gather(*(run.pause() for run in (*fast, slow)))


async def counted(fast: list[LiveRun], slow: LiveRun) -> tuple[list[int], float]:
    """The iterations in a window of time: of each fast run in all, and of the slow run per second."""
    began, before, here = time.monotonic(), [run.snapshot.iteration for run in fast], slow.snapshot.iteration
    await until(lambda: slow.snapshot.iteration >= here + WINDOW)
    pace = (slow.snapshot.iteration - here) / (time.monotonic() - began)
    return [run.snapshot.iteration - start for run, start in zip(fast, before, strict=True)], pace
