"""A database that is deleted or replaced while the server runs: it is noticed, and nothing is lost."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.services import residency
from app.storage.locks import FILE
from app.storage.store import Saved, Store
from rnn_core import Trainer
from tests.app.services.test_keeper import CONFIG, as_trained, hasty, kept, refused
from tests.app.services.test_live_run import until
from tests.app.serving import check_status, eventually, run_server
from tests.rnn_core.compare import state_of

assert hasty  # a fixture for all tests here


def delete_folder(folder: Path) -> None:
    shutil.rmtree(folder.rename(folder.with_name("trash")))  # away at once: the server may be writing there


def delete_file(folder: Path) -> None:
    (folder / FILE).unlink()


def replace_file(folder: Path) -> None:
    (folder / "other").write_bytes(b"another file")
    (folder / "other").replace(folder / FILE)


def block(folder: Path) -> None:
    """Leave no place for the folder."""
    delete_folder(folder)
    folder.write_text("no folder")


@pytest.mark.parametrize("lose", [delete_folder, delete_file, replace_file])
async def test_what_was_deleted_is_written_anew_with_all_runs_and_training_goes_on(
    tmp_path: Path, lose: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(residency, "MAX_RUNS", 3)
    monkeypatch.setattr(residency, "REST_SECONDS", 0.0)
    folder = tmp_path / "data"
    folder.mkdir()
    async with kept(folder) as registry:
        runs = [await registry.create(None, CONFIG, None) for _ in range(3)]  # of which one is on disk alone
        for number, run in enumerate(runs):
            await (await registry.get(run.id)).step(1100 + number)
        training = await registry.get("main")
        await training.reset({"bits": 4, "hidden_size": 4})
        await training.start()
        lose(folder)
        await until(lambda: "can't be stored" in caplog.text)
        await until(lambda: registry.keeper.trouble is None)
        here = training.snapshot.iteration
        await until(lambda: training.state == "running" and training.snapshot.iteration > here)
        await training.pause()
    assert registry.keeper.unsaved is None
    assert len(list(folder.glob(f"{FILE}.found-*"))) == (lose is replace_file)
    async with kept(folder) as registry:
        assert [status.iteration for status in registry.statuses()][1:] == [1100, 1101, 1102]
        for run in (*runs, training):
            as_trained(await registry.get(run.id))


async def test_while_there_is_no_place_it_is_said_and_all_is_kept_until_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with kept(folder) as registry:
        run = await registry.create(None, CONFIG, None)
        await run.step(1500)
        await run.start()
        block(folder)
        await until(lambda: registry.keeper.trouble is not None)
        status = registry.keeper.status()
        assert status.state == "trouble"
        assert status.detail is not None
        assert "is gone" in status.detail
        assert "kept in memory" in status.detail
        await until(lambda: run.state == "paused")
        assert "is gone" in await refused(run.step(1))
        assert (await run.travel.moment(700)).iteration == 700, "what is open can still be read"
        folder.unlink()
        await until(lambda: run.state == "running")
        await run.pause()
    async with kept(folder) as registry:
        as_trained(await registry.get(run.id))
        assert (await registry.get(run.id)).snapshot.iteration == run.snapshot.iteration


async def test_what_is_deleted_right_before_the_end_is_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with kept(folder) as registry:
        await (await registry.get("main")).step(5)
        delete_folder(folder)
    assert registry.keeper.unsaved is None
    async with kept(folder) as registry:
        assert (await registry.get("main")).snapshot.iteration == 5


async def test_what_is_deleted_in_the_middle_of_writing_is_told_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    save = Store._save

    def save_and_lose(store: Store, connection: Connection, saved: Saved) -> None:
        save(store, connection, saved)
        monkeypatch.undo()
        block(folder)

    async with kept(folder) as registry:
        run = await registry.create(None, CONFIG, None)
        monkeypatch.setattr(Store, "_save", save_and_lose)
        assert "is gone" in await refused(run.step(1))
        folder.unlink()
    assert registry.keeper.unsaved is None


def rescued(words: str) -> Path:
    return Path(words.split("--data-dir ")[1].rstrip(".\n"))


@pytest.mark.parametrize("readable", [True, False])
async def test_what_can_not_be_stored_at_the_end_is_rescued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = tmp_path / "data"
    folder.mkdir()
    async with kept(folder) as registry:
        run, other = [await registry.create(None, CONFIG, None) for _ in range(2)]
        other.history.give_up([0])  # else the background may look at it in between, which is news to be stored
        await run.start()
        await until(lambda: run.snapshot.iteration > 1200)
        await run.change({"learning_rate": 0.1})
        block(folder)
        await asyncio.sleep(0)
        if not readable:
            monkeypatch.setattr("app.storage.place.Place.copy", lambda *_: (_ for _ in ()).throw(OSError("gone, too")))
    words = registry.keeper.unsaved
    assert words is not None
    assert "is gone" in words
    where = rescued(words)
    monkeypatch.undo()
    async with kept(where) as registry:
        back = await registry.get(run.id)
        assert back.snapshot.iteration == run.snapshot.iteration
        trainer = Trainer(CONFIG, "numpy")
        errors = trainer.advance(back.snapshot.iteration).errors
        assert {**state_of(back.snapshot), "trace": None} == {**state_of(trainer), "trace": None}
        assert back.errors.slice(0, len(errors)).tolist() == errors.tolist()
        assert (await registry.find(other.id) is not None) == readable
    folder.unlink()


def test_a_server_that_could_not_store_what_it_acknowledged_says_where_it_is_and_ends_with_1(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with run_server(data_dir=str(folder), engine="numpy") as server, server.client() as http:
        check_status(http.post("/api/runs/main/step", json={"iterations": 30}))
        block(folder)
        deadline = eventually(http, "main", lambda run: http.get("/api/storage").json()["state"] == "trouble")
        assert deadline["iteration"] == 30
        assert server.end(signal.SIGTERM) == 1
        said = server.stderr()
    where = rescued(said)
    with run_server(data_dir=str(where), engine="numpy") as server, server.client() as http:
        assert check_status(http.get("/api/runs/main"))["iteration"] == 30
        assert server.end() == 0
    shutil.rmtree(where)
