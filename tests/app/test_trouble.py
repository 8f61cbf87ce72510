"""The server says in words what its engine lacks, and goes on without a traceback."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.app.serving import ROOT, environment, run_server
from tests.patience import PATIENCE

TRAIN = [sys.executable, "-m", "rnn_adder", "train", "--iterations", "2000", "--trace"]
LIMITED = ("sh", "-c", 'ulimit -v "$0" && exec "$@"')


def train(*within: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*within, *TRAIN], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


def settled(http: httpx2.Client) -> Any:
    """What the server says about its engine when it is ready or can't be used."""
    deadline = time.monotonic() + PATIENCE
    while (engine := http.get("/api/engine").json())["state"] == "compiling":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert http.post("/api/runs/main/step", json={"iterations": 5}).json()["iteration"] == 5
    return engine


def damage(folder: Path, name: str = "") -> None:
    """Cut off every compiled kernel in a folder, or those of this name."""
    files = list(folder.rglob(f"{name}*.kernel"))
    assert files
    for file in files:
        os.truncate(file, 100)


def test_training_goes_on_with_a_damaged_cache_and_a_server_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = os.environ.get("NUMBA_CACHE_DIR")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    whole = train()
    assert "kernel" not in whole.stderr
    damage(tmp_path)
    again = train()
    assert again.stdout == whole.stdout
    said = [line for line in again.stderr.splitlines() if "A compiled kernel can't be read and has to be" in line]
    assert len(said) == len(set(said)) == 2, "that of training, and that of the accuracy"
    assert "kernel" not in train().stderr

    if kept is not None:  # of what others have compiled, only what is damaged is compiled again
        shutil.rmtree(tmp_path)
        shutil.copytree(kept, tmp_path, ignore=shutil.ignore_patterns("*.lock"))
    damage(tmp_path, "predict." if kept is not None else "")
    with run_server() as server, server.client() as http:
        engine = settled(http)
        assert (engine["state"], engine["name"]) == ("ready", "compiled")
        complaints = server.complaints()
        assert len(complaints) == len(set(complaints)) > 0
        assert all(" WARNING A compiled kernel can't be read and has to be compiled" in said for said in complaints)
        assert server.end() == 0


def nowhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Leave no folder for compiled kernels."""
    (folder / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder / "file" / "cache"))
    monkeypatch.setenv("NUMBA_CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")


def test_training_goes_on_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere(monkeypatch, tmp_path)
    assert train().stderr.count("rnn-adder: Compiled kernels can't be kept, so they are compiled anew each time") == 1


def test_a_server_goes_on_with_the_reference_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere(monkeypatch, tmp_path)
    with run_server() as server, server.client() as http:
        engine = settled(http)
        assert (engine["state"], engine["name"]) == ("fallback", "numpy")
        assert "Compiled kernels can't be kept" in server.stderr()
        assert "Traceback" not in server.stderr()
        assert server.end() == 0


def test_training_under_a_narrow_limit_of_memory_says_what_is_missing() -> None:
    said = train(*LIMITED, "500000").stderr
    assert "rnn-adder: The compiled engine needs 512 MB of memory, and this process may take only " in said
    assert "the numpy engine computes" in said


@pytest.mark.parametrize(("kilobytes", "name"), [(1_500_000, "compiled"), (650_000, "numpy")])
def test_a_server_under_a_limit_of_memory_answers_and_ends_in_good_order(kilobytes: int, name: str) -> None:
    with (
        run_server(within=(*LIMITED, str(kilobytes))) as server,
        server.client() as http,
    ):
        engine = settled(http)
        assert engine["name"] == name
        assert name == "compiled" or "MB of memory" in engine["detail"]
        for path in ("/", "/static/main.js", "/predict?a=9&b=60", "/api/runs/main/accuracy"):
            assert http.get(path).status_code == 200
        assert "Traceback" not in server.stderr()
        assert server.end() == 0
