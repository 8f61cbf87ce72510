"""Answers about a network are computed once for all who ask, and the latest are kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.refusals import Busy, Conflict
from app.services import inside as module
from app.services.inside import Inside
from app.services.jobs import Jobs
from app.services.parting import Look
from app.services.stopwatch import Stopwatch
from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis.why import explain, explanation

CONFIG = TrainingConfig(bits=4, hidden_size=3)


class Past:
    """Goes back by training anew, and counts how often."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def look(self, iteration: int) -> Look:
        self.asked.append(iteration)
        trainer = Trainer(CONFIG, "numpy")
        trainer.advance(iteration)
        return Look(trainer.snapshot(), None)

    def landmarks(self, most: int) -> list[int]:
        return [0, 5, 9][:most]

    async def kept(self, iteration: int) -> Look | None:
        return None if iteration == 5 else await self.look(iteration)


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    jobs = Jobs(2, Stopwatch())
    yield jobs
    jobs.close()


class Analysis:
    """Explains, and remembers the operands of every explanation that it computed."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def __call__(self, config: Any, parameters: Any, *operands: int) -> Any:
        self.done.append(operands)
        return explanation(config, parameters, *operands)


@pytest.fixture
def analysis() -> Analysis:
    return Analysis()


def made(jobs: Jobs, past: Past, check: Any = lambda: None) -> Inside:
    travel: Any = past
    return Inside(3, travel, jobs, check)


def now(iterations: int = 20) -> Any:
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(iterations)
    return trainer.snapshot()


async def test_equal_questions_are_computed_once_also_if_they_come_later(jobs: Jobs, analysis: Analysis) -> None:
    past = Past()
    inside = made(jobs, past)
    found = await asyncio.gather(*(inside.at(7, now(), analysis, 3, 1) for _ in range(5)))
    found.append(await inside.at(7, now(), analysis, 3, 1))
    assert analysis.done == [(3, 1)]
    assert past.asked == [7] * 5  # which `Travel` does once for all, and not again for the one that came later
    assert len(set(map(id, found))) == 1
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(7)
    assert found[0].answer == explain(CONFIG, trainer.parameters, 3, 1)
    assert (found[0].generation, found[0].iteration) == (3, 7)


async def test_the_present_needs_no_travelling(jobs: Jobs) -> None:
    past = Past()
    found = await made(jobs, past).at(20, now(20), explanation, 3, 1)
    assert (found.iteration, past.asked) == (20, [])


async def test_only_the_latest_are_kept(jobs: Jobs, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    inside, snapshot = made(jobs, Past()), now()
    for operands in ((1, 1), (2, 1), (1, 1), (3, 1), (1, 1), (2, 1)):
        await inside.at(20, snapshot, analysis, *operands)
    assert analysis.done == [(1, 1), (2, 1), (3, 1), (2, 1)]


async def test_a_reset_ends_the_computing_and_keeps_nothing(jobs: Jobs, analysis: Analysis) -> None:
    gone = True

    def check() -> None:
        if gone:
            raise Conflict("It was reset.")

    inside = made(jobs, Past(), check)
    with pytest.raises(Conflict, match="reset"):
        await inside.at(20, now(), analysis, 3, 1)
    gone = False
    await inside.at(20, now(), analysis, 3, 1)
    assert len(analysis.done) == 2


async def test_where_the_server_is_busy_it_says_when_to_ask_again(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.jobs.MOST", 0)
    with pytest.raises(Busy) as refused:
        await made(jobs, Past()).at(20, now(), explanation, 3, 1)
    assert refused.value.again_in == 5


async def test_one_moment_of_a_running_run_counts_as_now_for_all_who_watch(jobs: Jobs, analysis: Analysis) -> None:
    inside = made(jobs, Past())
    first = await inside.now(now(20), True, analysis, 3, 1)
    assert await inside.now(now(21), True, analysis, 3, 1) is first
    other = await inside.now(now(22), True, analysis, 1, 1)
    assert other.iteration == 20, "the same moment in every picture"
    assert analysis.done == [(3, 1), (1, 1)]


async def test_a_running_run_is_looked_at_again_soon(
    jobs: Jobs, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARED_SECONDS", -1.0)
    inside = made(jobs, Past())
    await inside.now(now(20), True, analysis, 3, 1)
    assert (await inside.now(now(21), True, analysis, 3, 1)).iteration == 21


async def test_where_a_run_rests_now_is_exact(jobs: Jobs, analysis: Analysis) -> None:
    inside = made(jobs, Past())
    await inside.now(now(20), True, analysis, 3, 1)
    assert (await inside.now(now(21), False, analysis, 3, 1)).iteration == 21


async def test_along_training_kept_moments_are_asked_once_and_damaged_ones_left_out(
    jobs: Jobs, analysis: Analysis
) -> None:
    past = Past()
    inside = made(jobs, past)
    for _ in range(2):
        assert [one.iteration for one in await inside.along(analysis, 3, 1)] == [0, 9]
    assert (analysis.done, past.asked) == ([(3, 1)] * 2, [0, 9])
