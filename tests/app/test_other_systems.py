"""Windows, macOS and musl, as far as they can be played here: what they lack or refuse is taken away or refused."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import scheduling
from app.server import bind
from app.storage import files
from app.storage.database import default_url, open_database
from app.storage.locks import FILE
from app.storage.place import Place
from rnn_core import Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from tests.app.serving import ROOT, environment, run_server

WINDOWS = (sys.executable, "-m", "tests.app.windows")
COMMAND = [sys.executable, "-m", "rnn_adder"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what another system lacks is taken away from Linux")


# The server


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_without_posix_serves_stores_and_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "data"
    with run_server(command=WINDOWS, data_dir=str(folder), engine="numpy") as server:
        with httpx2.Client(base_url=server.url) as http:
            assert http.get("/healthz").status_code == 200
            assert http.get("/").status_code == 200
            assert http.post("/api/runs/main/step", json={"iterations": 20}).json()["iteration"] == 20
        assert server.end(number) == 0
        assert server.complaints() == []
    with run_server(data_dir=str(folder), engine="numpy") as server, httpx2.Client(base_url=server.url) as http:
        assert http.get("/api/runs/main").json()["iteration"] == 20


def test_two_servers_never_share_a_port_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    with closing(bind("127.0.0.1", 0)) as listener:
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


@pytest.mark.parametrize("error", [OSError(38, "Function not implemented"), AttributeError("sched_getscheduler")])
def test_a_system_that_does_not_schedule_so_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(os, "sched_getscheduler", fails)
    monkeypatch.setattr(os, "sched_setscheduler", fails)
    assert not scheduling.ask_for_short_turns()
    scheduling.lower_priority(os.getpid(), None)
    scheduling.lower_priority(os.getpid(), os.getpriority(os.PRIO_PROCESS, 0))


# Files


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that were moved, on a system that moves none that this process has open, and none over such a one."""
    moved = []
    really: Callable[[Any, Any], None] = os.replace

    def replace(source: Any, target: Any) -> None:
        opened = {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}
        for path in (source, target):
            if os.path.realpath(path) in opened:
                raise PermissionError(13, "The process cannot access the file", str(path))
        really(source, target)
        moved.append(Path(target).name)

    monkeypatch.setattr(os, "replace", replace)
    return moved


def test_a_checkpoint_is_moved_when_it_is_closed(tmp_path: Path, moves: list[str]) -> None:
    path = tmp_path / "adder.safetensors"
    for iterations in (1, 2):  # the second time over the first
        trainer = Trainer(TrainingConfig(), "numpy")
        trainer.advance(iterations)
        save_checkpoint(trainer, path)
        assert load_checkpoint(path, "numpy").iteration == iterations
    assert moves == [path.name] * 2
    assert os.listdir(tmp_path) == [path.name]


def test_a_database_of_before_is_moved_when_it_is_closed(tmp_path: Path, moves: list[str]) -> None:
    open_database(default_url(tmp_path))[0].dispose()
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    moves.clear()
    open_database(default_url(tmp_path))[0].dispose()
    assert moves == [FILE]
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_a_damaged_database_is_moved_when_it_is_closed(tmp_path: Path, moves: list[str]) -> None:
    open_database(default_url(tmp_path))[0].dispose()
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:100] + b"\xff" * 20_000)
    moves.clear()
    engine, notice = open_database(default_url(tmp_path))
    engine.dispose()
    assert notice is not None
    assert "has been set aside" in notice
    assert any(".damaged-" in name for name in moves)
    assert FILE in moves


def test_a_database_in_the_place_of_another_is_moved_when_it_is_closed(tmp_path: Path, moves: list[str]) -> None:
    engine, _ = open_database(default_url(tmp_path))
    place = Place(engine, None)
    os.rename(tmp_path / FILE, tmp_path / "elsewhere")
    (tmp_path / FILE).write_bytes(b"another file")
    moves.clear()
    place.renew()
    place.check()
    engine.dispose()
    assert len(moves) == 2
    assert moves[1] == FILE


def test_a_move_that_is_refused_for_a_moment_is_tried_again_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [PermissionError(13, "a virus scanner has it open")] * 3
    really = os.replace

    def replace(source: Path, target: Path) -> None:
        if refusals:
            raise refusals.pop()
        really(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    source, target = tmp_path / "new", tmp_path / "old"
    source.write_text("new", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        files.replace(source, target)
    assert target.read_text(encoding="utf-8") == "new"
    refusals.extend([PermissionError(13, "not yours")] * 2)
    with pytest.raises(PermissionError):
        files.replace(target, source)
    assert len(refusals) == 1, "elsewhere it is refused for good"


# Consoles


def printed(encoding: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment() | {"PYTHONIOENCODING": encoding, "COLUMNS": "100"},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode(encoding)
    assert done.returncode == 0, said
    return done.stdout.decode(encoding) + said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_no_console_ends_the_program_over_a_sign(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "net.safetensors"
    said = printed(encoding, "train", "--task", "subtraction", "--iterations", "1", "--engine", "numpy", "--save", path)
    assert "accuracy" in said
    assert "3 - 1 = " in printed(encoding, "predict", "3", "1", "--checkpoint", path).replace("−", "-")
    swept = printed(
        encoding, "sweep", "--seeds", "0", "--iterations", "1", "--every", "1", "--engine", "numpy", "--cores", "1"
    )
    assert "median" in swept
    assert "?" not in swept


def test_what_a_console_lacks_is_written_plainly() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from app.terminal import *; write_plainly_where_needed(); print('5 − 3 ⊕ 漢字 –')"],
        cwd=ROOT,
        env=environment() | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "5 - 3  xor  ?? -\n"


# Results come before words


def told_by_a_full_disk(*arguments: str) -> str:
    """What a command says on standard error if its standard output can't be written. It fails."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    return done.stderr


def test_a_checkpoint_is_saved_where_the_trace_can_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    said = told_by_a_full_disk("train", "--iterations", "1500", "--trace", "--engine", "numpy", "--save", str(path))
    assert said == "rnn-adder: can't write to standard output: No space left on device.\n"
    assert load_checkpoint(path, "numpy").iteration == 1


def test_results_of_a_sweep_are_written_before_anything_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    arguments = ["--seeds", "0..1", "--iterations", "2", "--every", "1", "--engine", "numpy", "--cores", "1"]
    said = told_by_a_full_disk("sweep", *arguments, "--csv", str(path))
    assert "Traceback" not in said
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
