"""Lists of many runs: runs on disk look the same as runs in memory, and they stay on disk."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.problems import problem_of
from app.refusals import Refusal
from app.services import residency, stored_errors, summaries
from app.services.beginnings import ENDED
from app.services.glance import glance
from app.services.registry import Registry
from app.services.residency import MAX_RUNS
from app.services.stored_errors import series_of
from app.services.summaries import summary_of
from app.storage import schema
from app.storage.database import default_url, open_database
from app.storage.rows import Row
from app.storage.store import CHUNK, FULL_CHUNKS, Chunk, Saved, Store
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import encode_checkpoint
from rnn_core.pieces import result_of
from tests.app.services.test_keeper import kept
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("hurried")

CONFIG = TrainingConfig(bits=4, hidden_size=4)
STORED = 150


def keep_many(folder: Path, count: int = STORED) -> list[Row]:
    """Keep this many runs on disk, as a server leaves them, each with its own errors."""
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
    monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
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
    monkeypatch.setattr(residency, "MAX_RUNS", 2)
    monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
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
        with pytest.raises(Refusal) as problem:
            await glance(registry, "nobody", 0, None, 30)
        assert problem_of(problem.value).status == 404


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
    pieces = result_of(summary_of(chunks, begin, stop, stride))
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
    low, mean, high = result_of(summary_of(chunks, start, start + CHUNK, 128))
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


def keep_long(folder: Path, count: int) -> Row:
    """Keep a run on disk with errors in this many chunks."""
    row = replace(ROW, iteration=count * CHUNK)
    errors = np.random.default_rng(4).random(count * CHUNK)
    engine, _ = open_database(default_url(folder))
    store = Store(engine)
    store.save([Saved(row, None, [], 0, errors)])
    store.close()
    return row


async def test_a_command_is_written_between_the_pieces_of_a_long_run_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_errors, "CHUNKS_AT_ONCE", 2)
    row = keep_long(tmp_path, 20)
    read, others = list[int](), list[int]()
    errors_of = Store.errors_of

    def slowly(store: Store, run_id: str, first: int, numbers: Sequence[int]) -> list[Chunk]:
        read.extend(numbers)
        assert len(numbers) <= 2
        if len(read) == 2:
            loop.call_soon_threadsafe(begun.set)
            assert go_on.wait(PATIENCE)
        return errors_of(store, run_id, first, numbers)

    monkeypatch.setattr(Store, "errors_of", slowly)
    loop, begun, go_on = asyncio.get_running_loop(), asyncio.Event(), Event()
    async with kept(tmp_path) as registry:
        looking = asyncio.create_task(glance(registry, row.id, 0, None, 10))
        await begun.wait()
        others_turn = asyncio.create_task(registry.keeper.call(lambda store: others.append(len(read))))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(looking, others_turn)
    assert others[0] <= 6
    assert read == list(range(20))


async def test_what_many_ask_of_a_stored_run_is_read_once_and_nothing_where_none_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = keep_long(tmp_path, 3)
    read, chunks = list[str](), Store.chunks

    def noted(store: Store, run_id: str, first: int) -> list[int]:
        read.append(run_id)
        return chunks(store, run_id, first)

    monkeypatch.setattr(Store, "chunks", noted)
    async with kept(tmp_path) as registry:
        read.clear()  # main's
        seen = await asyncio.gather(*(glance(registry, row.id, 0, None, 10) for _ in range(8)))
        again = await glance(registry, row.id, 0, None, 10)
        assert read == [row.id]
        assert all(np.array_equal(each.pieces, again.pieces) for each in seen)
        await glance(registry, row.id, 0, None, 11)
        assert read == [row.id] * 2
        leaving = asyncio.create_task(glance(registry, row.id, 0, None, 12))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert not registry.jobs.busy


async def test_what_is_kept_of_many_summaries_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "MAX_BYTES", 10_000)
    rows = keep_many(tmp_path, 60)
    async with kept(tmp_path) as registry:
        for row in rows:
            await glance(registry, row.id, 0, None, 30)
        held = registry.summaries._kept
        assert registry.summaries._bytes == sum(summary.pieces.nbytes for summary in held.values()) <= 10_000
        assert [key[0] for key in held] == [row.id for row in rows[-len(held) :]]
