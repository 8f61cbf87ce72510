"""Going back in a run: cases that can't be tested over the wire, such as a moment that takes forever."""

import asyncio
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import numpy as np
import pytest
from fastapi import Request

from app.problems import Problem
from app.refusals import Refusal
from app.requests import unless_gone
from app.services import accuracies, travel
from app.services.beginnings import Beginning
from app.services.compiler import Compiler
from app.services.cores import Cores
from app.services.keeper import Keeper
from app.services.live_run import LiveRun
from app.services.replay import Replayed
from app.services.stored_errors import spread
from app.services.travel import Known
from app.services.viewer import Farewell
from rnn_core import TrainingConfig
from rnn_core.pieces import Pieces
from tests.patience import PATIENCE


@pytest.fixture
def run() -> Iterator[LiveRun]:
    cores, compiler = Cores(1), Compiler("numpy")
    beginning = Beginning.fresh(TrainingConfig(), "numpy")
    yield LiveRun("run-1", 1, "A run", beginning, speed=None, cores=cores, compiler=compiler, keeper=Keeper(None))
    cores.shutdown()


class Endless:
    """A computation that ends only when it is told to."""

    def __init__(self) -> None:
        self.began, self.ended = Event(), Event()

    def __call__(self, *arguments: Any) -> Pieces[Any]:
        self.began.set()
        try:
            while True:
                yield
                time.sleep(0.001)
        finally:
            self.ended.set()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    endless = Endless()
    monkeypatch.setattr(travel, "replayed", endless)
    return endless


def requested(left: asyncio.Event) -> Request:
    """A request without a body, whose client leaves when `left` is set."""
    body = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if body:
            return body.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive)


async def test_a_moment_that_nobody_waits_for_is_no_longer_computed(run: LiveRun, endless: Endless) -> None:
    await run.step(5)
    left = asyncio.Event()
    answer = asyncio.create_task(unless_gone(requested(left), run.travel.moment(3)))
    assert await asyncio.to_thread(endless.began.wait, 60)
    assert not endless.ended.is_set()
    left.set()
    with pytest.raises(Problem):
        await answer
    assert await asyncio.to_thread(endless.ended.wait, 60)


@pytest.mark.parametrize("what", ["reset", "delete"])
async def test_a_moment_of_a_run_that_was_reset_or_deleted_is_no_longer_computed(
    run: LiveRun, endless: Endless, what: str
) -> None:
    await run.step(5)
    answer = asyncio.create_task(run.travel.moment(3))
    assert await asyncio.to_thread(endless.began.wait, 60)
    await (run.reset(None) if what == "reset" else run.shut_down(Farewell.DELETED, "gone"))
    with pytest.raises(Refusal, match="reset meanwhile" if what == "reset" else "deleted"):
        await answer
    assert endless.ended.is_set()


async def test_equal_moments_are_computed_once_until_the_last_who_asked_has_left(
    run: LiveRun, endless: Endless
) -> None:
    await run.step(5)
    first, second = (asyncio.create_task(run.travel.moment(3)) for _ in range(2))
    assert await asyncio.to_thread(endless.began.wait, 60)
    endless.began.clear()
    third = asyncio.create_task(run.travel.moment(3))
    for task in (first, third):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not endless.ended.is_set()
    assert not endless.began.is_set()
    second.cancel()
    assert await asyncio.to_thread(endless.ended.wait, 60)


async def test_who_asks_how_much_is_right_now_is_answered_though_the_run_is_reset_meanwhile(
    run: LiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run.step(5)
    endless, really = Endless(), accuracies._evaluated
    monkeypatch.setattr(accuracies, "_evaluated", endless)
    answer = asyncio.create_task(run.accuracy())
    assert await asyncio.to_thread(endless.began.wait, 60)
    monkeypatch.setattr(accuracies, "_evaluated", really)
    await run.reset({"bits": 3})
    async with asyncio.timeout(PATIENCE):
        found = await answer
    assert (found.generation, found.iteration, found.problems) == (1, 0, 16)
    assert endless.ended.is_set()


async def test_a_client_that_waits_gets_its_moment(run: LiveRun) -> None:
    await run.step(5)
    moment = await unless_gone(requested(asyncio.Event()), run.travel.moment(3))
    assert moment.iteration == 3
    with pytest.raises(Refusal, match="not 6"):
        await unless_gone(requested(asyncio.Event()), run.travel.moment(6))


async def pieces_of(run: LiveRun, start: int, stop: int) -> list[list[float]]:
    """Consecutive errors, piece by piece."""
    return [piece.tolist() async for piece in run.travel.pieces(start, stop)]


async def test_a_long_stretch_comes_piece_by_piece_and_what_is_not_exact_is_computed_again(
    run: LiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travel, "PIECE", 64)
    await run.step(200)
    truth = run.errors.slice(0, 200).tolist()
    assert await pieces_of(run, 3, 200) == [truth[3:67], truth[67:131], truth[131:195], truth[195:]]
    assert await pieces_of(run, 200, 200) == []
    run.errors.exact_until, run.errors.exact_from = 64, 128
    of_stretch = (
        np.array([[min(truth[64:128])], [np.mean(truth[64:128])], [max(truth[64:128])]])
        .astype(np.float32)
        .astype(np.float64)
    )
    known = np.concatenate([truth[:64], spread(of_stretch), truth[128:]])
    monkeypatch.setattr(run.errors, "slice", lambda start, stop: known[start:stop])
    replayed, computed = run.travel._replayed, []

    async def watched(known: Known, start: int, stop: int) -> Replayed:
        computed.append((start, stop))
        return await replayed(known, start, stop)

    monkeypatch.setattr(run.travel, "_replayed", watched)
    assert await pieces_of(run, 0, 200) == [truth[:64], truth[64:128], truth[128:192], truth[192:]]
    assert computed == [(64, 128)]


async def test_a_stretch_is_of_one_generation_also_where_the_run_is_reset_meanwhile(
    run: LiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travel, "PIECE", 10)
    await run.step(35)
    truth = run.errors.slice(0, 35).tolist()
    run.errors.exact_until, run.errors.exact_from = 20, 30
    pieces = run.travel.pieces(0, 35)
    assert (await anext(pieces)).tolist() == truth[:10]
    await run.reset({"seed": 1})
    await run.step(35)
    assert (await anext(pieces)).tolist() == truth[10:20]
    with pytest.raises(Refusal, match="reset meanwhile"):
        await anext(pieces)
