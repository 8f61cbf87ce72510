"""Lists of many runs: those on disk are seen as those in memory are, and stay where they are."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.problems import Problem
from app.services import registry as registering
from app.services.glance import glance, summary_of
from app.services.past import ENDED, series_of
from app.services.registry import MAX_RUNS, Registry
from app.storage import schema
from app.storage.database import default_url, open_database
from app.storage.rows import Row
from app.storage.store import CHUNK, FULL_CHUNKS, Chunk, Saved, Store
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import encode_checkpoint
from tests.app.services.test_keeper import kept

CONFIG = TrainingConfig(bits=4, hidden_size=4)
STORED = 150


def keep_many(folder: Path, count: int = STORED) -> list[Row]:
    """As many runs on disk, as a server has left them, each with its own errors."""
    trainer = Trainer(CONFIG, "numpy")
    errors = trainer.advance(300).errors
    file = encode_checkpoint(trainer.snapshot(), 0)
    rows = [
        Row(
            id=f"run-{number}",
            number=number,
            name=f"Number {number}",
            state="running" if number == 2 else "paused",
            detail=None,
            generation=number % 3,
            iteration=300,
            config=CONFIG.to_dict(),
            changes=(),
            learning_rate=CONFIG.learning_rate,
            speed=300.0,
            error=float(errors[-1]),
            accuracies=((100, 0.25), (200, 0.5)) if number == 3 else (),
        )
        for number in range(2, count + 2)
    ]
    engine, _ = open_database(default_url(folder))
    store = Store(engine)
    store.save([Saved(row, file, [(300, file)], 0, errors * row.number) for row in rows])
    store.close()
    return rows


def in_memory(registry: Registry) -> int:
    return sum(registry.in_memory(status.id) is not None for status in registry.statuses())


async def test_many_stored_runs_are_listed_and_glanced_at_and_none_comes_into_memory(tmp_path: Path) -> None:
    rows = keep_many(tmp_path)
    errors = Trainer(CONFIG, "numpy").advance(300).errors
    async with kept(tmp_path) as registry:
        listed = json.loads(registry.listed())
        assert listed == [json.loads(status.model_dump_json()) for status in registry.statuses()]
        assert [run["id"] for run in listed] == [*(row.id for row in rows), "main"]  # which was not there yet
        assert (listed[0]["state"], listed[0]["detail"]) == ("paused", ENDED)
        found = await asyncio.gather(*(glance(registry, row.id, 0, None, 30) for row in rows))
        for row, seen in zip(rows, found, strict=True):
            assert (seen.start, seen.stride, seen.status) == (0, 10, registry.status(row.id))
            pieces = (errors * row.number).reshape(30, 10)
            np.testing.assert_allclose(seen.pieces, [pieces.min(1), pieces.mean(1), pieces.max(1)])
        assert [seen.accuracies for seen in found[:3]] == [(), ((100, 0.25), (200, 0.5)), ()]
        assert in_memory(registry) == 1


async def test_a_list_of_many_holds_what_changed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "REST_SECONDS", 0.0)
    keep_many(tmp_path)
    async with kept(tmp_path) as registry:
        registry.listed()
        for number in range(2, 60):  # each comes into memory, changes, and makes room for the next
            run = await registry.get(f"run-{number}")
            await run.change({"name": f"Renamed {number}"})
            assert in_memory(registry) <= MAX_RUNS
        await registry.delete("run-70")
        names = [run["name"] for run in json.loads(registry.listed())]
        assert names == [
            *(f"Renamed {number}" for number in range(2, 60)),
            *(f"Number {number}" for number in range(60, STORED + 2) if number != 70),
            "Main",
        ]
        made = await registry.create("The next", CONFIG, None)
        assert json.loads(registry.listed())[-1]["id"] == made.id


async def test_a_run_is_the_same_at_a_glance_in_memory_and_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "MAX_RUNS", 2)
    monkeypatch.setattr(registering, "REST_SECONDS", 0.0)
    async with kept(tmp_path) as registry:
        run = await registry.create("Mine", CONFIG, None)
        await run.step(1000)
        while run.pending_accuracies:
            await asyncio.sleep(0.01)
        places = ((0, None, 7), (0, None, 5000), (13, 900, 100), (999, None, 3), (1000, None, 3), (5000, 6000, 9))
        before = [await glance(registry, run.id, *place) for place in places]
        await registry.create("In its place", CONFIG, None)
        assert registry.on_disk(run.id) is not None
        for place, seen in zip(places, before, strict=True):
            again = await glance(registry, run.id, *place)
            assert (again.status, again.start, again.stride) == (seen.status, seen.start, seen.stride)
            assert again.accuracies == seen.accuracies != ()
            np.testing.assert_allclose(again.pieces, seen.pieces)
        assert registry.on_disk(run.id) is not None


async def test_what_is_read_while_the_run_comes_back_and_is_reset_is_of_one_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_many(tmp_path, 2)
    async with kept(tmp_path) as registry:
        looking = asyncio.create_task(glance(registry, "run-2", 0, None, 30))
        await asyncio.sleep(0)
        await (await registry.get("run-2")).reset(None)
        seen = await looking
        assert (seen.status.iteration, seen.pieces.shape[1]) in ((300, 30), (0, 0))


async def test_where_errors_are_damaged_on_disk_a_glance_begins_behind_them(tmp_path: Path) -> None:
    errors = np.random.default_rng(3).random(2 * CHUNK + 100)
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    store.save([Saved(replace(ROW, iteration=len(errors)), None, [], 0, errors)])
    with engine.begin() as connection:
        connection.execute(update(schema.errors).where(schema.errors.c.chunk == 0).values(data=b"nonsense"))
    store.close()
    async with kept(tmp_path) as registry:
        seen = await glance(registry, ROW.id, 0, None, 1)
        behind = errors[CHUNK:]
        assert (seen.start, seen.stride) == (CHUNK, len(behind))
        np.testing.assert_allclose(seen.pieces[:, 0], [behind.min(), behind.mean(), behind.max()])


async def test_an_unknown_run_has_no_glance(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        with pytest.raises(Problem) as problem:
            await glance(registry, "nobody", 0, None, 30)
        assert problem.value.status == 404


async def test_deleted_runs_are_told_the_latest_first_until_they_are_back(tmp_path: Path) -> None:
    keep_many(tmp_path, 3)
    async with kept(tmp_path) as registry:
        assert await registry.deleted() == []
        for number in (3, 2):
            await registry.delete(f"run-{number}")
        assert [(run.id, run.state) for run in await registry.deleted()] == [("run-2", "paused"), ("run-3", "paused")]
        await registry.undelete("run-2")
        assert [run.id for run in await registry.deleted()] == ["run-3"]


@given(st.integers(0, 30_000), st.integers(0, 30_000), st.integers(1, 5000), st.integers(0, 20_000))
@settings(deadline=None)
def test_the_pieces_are_those_of_the_series_wherever_chunks_end(start: int, stop: int, stride: int, first: int) -> None:
    errors = np.random.default_rng(1).random(25_000)
    edges = [first, *range((first // CHUNK + 1) * CHUNK, len(errors), CHUNK), len(errors)]
    chunks = [Chunk(begin, errors[begin:end], None) for begin, end in pairwise(edges)]
    begin = max(start, first)
    pieces = summary_of(chunks, begin, stop, stride)
    wanted = [errors[k : min(k + stride, stop)] for k in range(begin, min(stop, len(errors)), stride)]
    assert pieces.shape == (3, len(wanted))
    if wanted:
        each = [[values.min(), values.mean(), values.max()] for values in wanted]
        np.testing.assert_allclose(pieces.T, each)


def test_of_thinned_chunks_least_mean_and_most_are_kept() -> None:
    start = FULL_CHUNKS * CHUNK
    stretches = np.sort(np.random.default_rng(2).random((3, CHUNK // 64)), axis=0).astype("<f4")
    stretches[1] = stretches[[0, 2]].mean(axis=0)
    chunks = [Chunk(start, None, stretches)]
    low, mean, high = summary_of(chunks, start, start + CHUNK, 128)
    np.testing.assert_allclose(low, stretches[0].reshape(-1, 2).min(axis=1))
    np.testing.assert_allclose(mean, stretches[1].reshape(-1, 2).mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(high, stretches[2].reshape(-1, 2).max(axis=1))
    row = replace(ROW, iteration=start + CHUNK, first=start)
    np.testing.assert_allclose(series_of(row, chunks).summary(start, start + CHUNK, 64)[1:], [low, mean, high])


ROW = Row(
    id="run-9",
    number=9,
    name="Nine",
    state="paused",
    detail=None,
    generation=0,
    iteration=0,
    config=CONFIG.to_dict(),
    changes=(),
    learning_rate=0.1,
    speed=None,
    error=None,
)
