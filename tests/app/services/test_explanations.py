"""Explanations are computed once for all who ask, and the latest are kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.refusals import Busy, Conflict
from app.services import explanations as module
from app.services.explanations import Explanations
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


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    jobs = Jobs(2, Stopwatch())
    yield jobs
    jobs.close()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The operands of every explanation that was computed."""
    done: list[Any] = []

    def counting(config: Any, parameters: Any, *operands: int) -> Any:
        done.append(operands)
        return explanation(config, parameters, *operands)

    monkeypatch.setattr(module, "explanation", counting)
    return done


def made(jobs: Jobs, past: Past, check: Any = lambda: None) -> Explanations:
    travel: Any = past
    return Explanations(travel, jobs, check)


def now(iterations: int = 20) -> Any:
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(iterations)
    return trainer.snapshot()


async def test_equal_questions_are_computed_once_also_if_they_come_later(jobs: Jobs, computed: list[Any]) -> None:
    past = Past()
    explanations = made(jobs, past)
    found = await asyncio.gather(*(explanations.at(now(), 7, (3, 1)) for _ in range(5)))
    found.append(await explanations.at(now(), 7, (3, 1)))
    assert computed == [(3, 1)]
    assert past.asked == [7] * 5  # which `Travel` does once for all, and not again for the one that came later
    assert len(set(map(id, found))) == 1
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(7)
    assert found[0].explanation == explain(CONFIG, trainer.parameters, 3, 1)
    assert found[0].iteration == 7


async def test_the_present_needs_no_travelling(jobs: Jobs) -> None:
    past = Past()
    found = await made(jobs, past).at(now(20), 20, (3, 1))
    assert (found.iteration, past.asked) == (20, [])


async def test_only_the_latest_are_kept(jobs: Jobs, computed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    explanations, snapshot = made(jobs, Past()), now()
    for operands in ((1, 1), (2, 1), (1, 1), (3, 1), (1, 1), (2, 1)):
        await explanations.at(snapshot, 20, operands)
    assert computed == [(1, 1), (2, 1), (3, 1), (2, 1)]


async def test_a_reset_ends_the_computing_and_keeps_nothing(jobs: Jobs, computed: list[Any]) -> None:
    gone = True

    def check() -> None:
        if gone:
            raise Conflict("It was reset.")

    explanations = made(jobs, Past(), check)
    with pytest.raises(Conflict, match="reset"):
        await explanations.at(now(), 20, (3, 1))
    gone = False
    await explanations.at(now(), 20, (3, 1))
    assert len(computed) == 2


async def test_where_the_server_is_busy_it_says_when_to_ask_again(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.jobs.MOST", 0)
    with pytest.raises(Busy) as refused:
        await made(jobs, Past()).at(now(), 20, (3, 1))
    assert refused.value.again_in == 5
