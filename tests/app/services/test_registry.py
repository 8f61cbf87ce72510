import re
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.problems import problem_of
from app.refusals import Refusal
from app.services.registry import Registry
from app.services.residency import MAX_RUNS
from rnn_core import TrainingConfig


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    registry = Registry(Settings())
    await registry.open()
    yield registry
    await registry.close()


async def test_main_is_there_from_the_start_and_stays(registry: Registry) -> None:
    main = await registry.get("main")
    assert (main.state, main.speed, main.snapshot.config) == ("ready", 300, TrainingConfig())
    with pytest.raises(Refusal) as problem:
        await registry.delete("main")
    assert problem_of(problem.value).status == 409
    assert [status.id for status in registry.statuses()] == ["main"]


async def test_runs_are_listed_in_the_order_of_their_creation_under_lasting_ids(registry: Registry) -> None:
    made = [await registry.create(None, TrainingConfig(), None) for _ in range(5)]
    await registry.delete(made[1].id)
    made.append(await registry.create("Mine", TrainingConfig(), 5.0))
    assert [status.id for status in registry.statuses()] == ["main", *(run.id for run in made if run is not made[1])]
    assert len({run.id for run in made}) == 6
    assert all(re.fullmatch(r"[a-z0-9-]{1,32}", run.id) for run in made)
    assert len({run.name for run in made}) == 6


async def test_there_are_at_most_32_runs(registry: Registry) -> None:
    for _ in range(31):
        await registry.create(None, TrainingConfig(), None)
    assert len(registry.statuses()) == MAX_RUNS == 32
    with pytest.raises(Refusal) as problem:
        await registry.create(None, TrainingConfig(), None)
    answer = problem_of(problem.value)
    assert answer.status == 503
    assert answer.headers is not None
    assert "Retry-After" in answer.headers


async def test_closing_stops_every_run_and_may_be_done_twice(registry: Registry) -> None:
    runs = [await registry.get("main"), await registry.create(None, TrainingConfig(), None)]
    for run in runs:
        await run.start()
    await registry.close()
    done = [run.snapshot.iteration for run in runs]
    await registry.close()
    assert [run.snapshot.iteration for run in runs] == done
