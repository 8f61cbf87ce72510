"""Flipped bits in a database: the server starts, what it shows is unchanged, and it says what it leaves out."""

import asyncio
import hashlib
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.main import create_app
from app.problems import problem_of
from app.refusals import Refusal
from app.services.registry import Registry
from app.storage import schema
from app.storage.database import default_url, open_database
from app.storage.locks import FILE
from app.storage.rows import ADDED, seal_of_run
from app.storage.store import Store
from rnn_core import TrainingConfig
from tests.app.quick import hurry
from tests.app.services.test_keeper import CONFIG, execute, hasty, kept, refused
from tests.app.serving import LONG
from tests.app.storage.test_database import upgraded
from tests.patience import TRY_ALL
from tests.rnn_core.compare import state_of

assert hasty  # a fixture for all tests here

SEEDS = 30 if TRY_ALL else 8
"""Of damages that are played; any number may stand here."""

Known = dict[str, dict[str, Any]]
"""Of each run its status, where it stands, and its errors."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    """A database with several runs, of which one is reset and one is deleted, and their content."""
    folder = tmp_path_factory.mktemp("sound")

    async def fill() -> Known:
        async with kept(folder) as registry:
            for number in range(6):
                config = TrainingConfig(bits=4, hidden_size=4 + number, seed=number, max_iterations=LONG)
                run = await registry.create(f"Number {number}", config, 10.0 * (number + 1))
                await run.step(1200 + 300 * number)
                await run.change({"learning_rate": 0.2 + 0.1 * number})
                await run.step(50)
            await (await registry.get("main")).reset({"bits": 4, "hidden_size": 4})
            await (await registry.get("main")).step(100)
            await (await registry.get("run-3")).reset(None)
            await registry.delete("run-4")
        async with kept(folder) as registry:
            return {status.id: await known(registry, status.id) for status in registry.statuses()}

    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)  # as in the tests that look at it
        return folder / FILE, asyncio.run(fill())


async def known(registry: Registry, run_id: str) -> dict[str, Any]:
    status = registry.status(run_id).model_dump()
    run = await registry.get(run_id)
    errors = run.errors.slice(0, LONG).tolist()
    return {"status": status, "state": {**state_of(run.snapshot), "trace": None}, "errors": errors}


async def check(folder: Path, before: Known, told: str = "") -> str:
    """Each run that is shown is as it was, and each that is not is named, now or before; what is said."""
    async with kept(folder) as registry:
        said = told + str(registry.keeper.status().detail)
        shown = [status.id for status in registry.statuses()]
        assert set(shown) <= set(before), "no run comes out of nothing"
        for run_id in shown:
            if run_id == "main" and registry.status("main").iteration == 0:
                continue  # it starts again
            assert registry.status(run_id).model_dump() == before[run_id]["status"]
            try:
                now = await known(registry, run_id)
            except Refusal as problem:  # it is shown, but its numbers are gone
                if problem_of(problem).status != 404 or "damaged" not in problem.detail:
                    raise
                continue
            assert now["state"] == before[run_id]["state"]
            # Errors that can't be computed again are lost from the beginning on; others are what they were.
            assert before[run_id]["errors"][-len(now["errors"]) or LONG :] == now["errors"]
        for run_id in before:
            assert run_id in shown or run_id in said or "server begins without" in said
        return said


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_flipped_bits_change_no_run_and_keep_no_server_from_starting(
    tmp_path: Path, sound: tuple[Path, Known], seed: int
) -> None:
    file, before = sound
    chance = random.Random(seed)
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice((1, 3, 20))):
        # Half of them where all the rest hangs on: the header, the tables' names, the runs.
        place = chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 2**15))
        data[place] ^= chance.choice((1 << chance.randrange(8), 0xFF, chance.randrange(1, 256)))
    (tmp_path / FILE).write_bytes(data)
    said = await check(tmp_path, before)
    await check(tmp_path, before, said)  # it starts again, though what was set aside is no matter by then


def flip(file: Path, found: bytes, instead: bytes) -> None:
    """Change the first occurrence of some bytes in a file."""
    data = file.read_bytes()
    assert found in data
    file.write_bytes(data.replace(found, instead, 1))


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        (b"SQLite format 3", b"SQLite format 2"),
        (b"CREATE TABLE", b"CREATE\xccTABLE"),
        (b"speed FLOAT", b"speef FLOAT"),
        (b"learning_rate FLOAT", b"learning_rate FLOCT"),
        (b"REFERENCES runs", b"REFERENCES rtns"),
        (schema.VERSION.encode(), b"0004"),
        (schema.VERSION.encode(), b"1005"),
    ],
)
async def test_where_one_bit_of_what_all_hangs_on_has_flipped_every_run_is_kept(
    tmp_path: Path, sound: tuple[Path, Known], found: bytes, instead: bytes
) -> None:
    file, before = sound
    shutil.copy(file, tmp_path / FILE)
    flip(tmp_path / FILE, found, instead)
    async with kept(tmp_path) as registry:
        assert {status.id: await known(registry, status.id) for status in registry.statuses()} == before
        said = registry.keeper.status().detail
        assert said is not None
        assert "set aside" in said
        assert f"{len(before) + 1} runs of it could be read" in said, "the deleted one, too"
        assert (await registry.undelete("run-4")).iteration == 1850
        await registry.undo_reset(await registry.get("run-3"))
    assert len(list(tmp_path.glob(f"{FILE}.damaged-*"))) == 1


async def test_where_nothing_is_left_that_says_what_lies_where_every_page_is_searched(
    tmp_path: Path, sound: tuple[Path, Known]
) -> None:
    file, before = sound
    data = bytearray(file.read_bytes())
    data[:4096] = b"\xa5" * 4096
    (tmp_path / FILE).write_bytes(data)
    async with kept(tmp_path) as registry:
        assert {status.id: await known(registry, status.id) for status in registry.statuses()} == before
        await registry.undo_reset(await registry.get("run-3"))


@pytest.mark.parametrize(
    "change", ["speed = 11", "deleted_at = 0", "config = replace(config, '5', '6')", "number = 'x'", "name = x'cc'"]
)
async def test_a_row_that_is_not_as_it_was_written_is_left_out_and_named_once(
    tmp_path: Path, sound: tuple[Path, Known], change: str, caplog: pytest.LogCaptureFixture
) -> None:
    file, before = sound
    shutil.copy(file, tmp_path / FILE)
    execute(tmp_path, f"UPDATE runs SET {change} WHERE id = 'run-7'")
    async with kept(tmp_path) as registry:
        assert {status.id: await known(registry, status.id) for status in registry.statuses()} == {
            run_id: what for run_id, what in before.items() if run_id != "run-7"
        }
        assert registry.keeper.status().detail == "Left out because they are damaged: run-7."
        new = await registry.create(None, CONFIG, None)
        assert new.id == "run-8", "what is left of the other stays its own"
        await registry.delete(new.id)
    assert caplog.text.count("run-7 is damaged and left out") == 1


async def test_keyframes_and_errors_of_one_run_are_not_taken_for_anothers(
    tmp_path: Path, sound: tuple[Path, Known]
) -> None:
    file, before = sound
    shutil.copy(file, tmp_path / FILE)
    execute(tmp_path, "DELETE FROM snapshots WHERE run_id = 'run-5'")
    execute(tmp_path, "UPDATE snapshots SET run_id = 'run-5' WHERE run_id = 'run-6'")
    async with kept(tmp_path) as registry:
        for run_id in ("run-5", "run-6"):
            assert registry.status(run_id).model_dump() == before[run_id]["status"]
            with pytest.raises(Refusal, match="damaged"):
                await registry.get(run_id)


def test_a_search_that_was_interrupted_is_finished(tmp_path: Path, sound: tuple[Path, Known]) -> None:
    file, before = sound
    shutil.copy(file, tmp_path / f"{FILE}.searched")
    engine, _ = open_database(default_url(tmp_path))
    assert {row.id for row in Store(engine).rows()} == set(before)
    engine.dispose()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("version", ["0004", "0005"])
def test_a_damaged_file_of_an_older_version_is_searched_too(
    tmp_path: Path, sound: tuple[Path, Known], version: str
) -> None:
    file, before = sound
    upgraded(tmp_path / FILE, version)
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("ATTACH ? AS now", (str(file),))
    with connection:
        names = ", ".join(column.name for column in schema.runs.c if column.name not in ("sha256", *ADDED))
        connection.execute(f"INSERT INTO runs ({names}) SELECT {names} FROM now.runs")
        for table in ("snapshots", "errors"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM now.{table}")
            for rowid, data in connection.execute(f"SELECT rowid, data FROM {table}").fetchall():
                digest = hashlib.sha256(data).hexdigest()
                if version == "0004":
                    connection.execute(f"UPDATE {table} SET sha256 = ? WHERE rowid = ?", (digest, rowid))
        if version == "0005":
            connection.row_factory = sqlite3.Row
            for row in connection.execute("SELECT * FROM runs").fetchall():
                digest = seal_of_run(dict(row), without=ADDED)
                connection.execute("UPDATE runs SET sha256 = ? WHERE id = ?", (digest, row["id"]))
        connection.execute("UPDATE snapshots SET data = x'00' WHERE run_id = 'run-6' AND keyframe = 1")
    connection.close()
    flip(tmp_path / FILE, b"SQLite format 3", b"SQLite format 2")
    engine, notice = open_database(default_url(tmp_path))
    assert notice is not None
    store = Store(engine)
    assert {row.id: row.iteration for row in store.rows()} == {
        run_id: what["status"]["iteration"] for run_id, what in before.items()
    }
    assert store.left_out == {}
    assert store.snapshot("run-5", 0) is not None
    assert store.snapshot("run-6", 0) is None
    assert [chunk.count for chunk in store.errors("run-5", 0)] == [2150]
    engine.dispose()


async def test_a_server_that_can_not_start_lets_go_of_what_it_holds(
    tmp_path: Path, sound: tuple[Path, Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sound[0], tmp_path / FILE)
    engine, _ = open_database(default_url(tmp_path))
    app = create_app(Settings(engine="numpy"), Store(engine))

    def broken(*_: Any) -> None:
        raise RuntimeError("nobody has thought of it")

    monkeypatch.setattr(Store, "rows", broken)
    with pytest.raises(RuntimeError, match="nobody"):
        async with app.router.lifespan_context(app):
            pass
    assert await refused(app.state.registry.keeper.call(Store.last_number), 503)
