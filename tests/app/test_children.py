"""Files in the current folder are never imported as modules."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.children import ROOT, environment, searched
from tests.app.serving import environment as clean
from tests.app.serving import run_server
from tests.patience import PATIENCE

SCRIPT = Path(sys.executable).parent / "rnn-adder"
COMMANDS = {"module": (sys.executable, "-m", "rnn_adder"), "script": (str(SCRIPT),)}
NAMES = ("numpy", "random", "json", "numba", "asyncio", "secrets", "safetensors", "click", "rnn_core")


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A folder of modules that must not run. A module that runs leaves a file."""
    folder = tmp_path / "trapped"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'a').write({name!r})\n")
    return folder


def executed(folder: Path) -> str:
    found = folder.with_name("executed")
    return found.read_text() if found.exists() else ""


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_training_from_the_command_line_runs_no_module_of_the_current_folder(
    trapped: Path, command: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [*command, "train", "--iterations", "10"], cwd=trapped, env=clean(), capture_output=True, text=True, check=False
    )
    assert executed(trapped) == ""
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_server_compiles_its_engine_and_runs_no_module_of_the_current_folder(
    trapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = os.environ.get("NUMBA_CACHE_DIR")
    if kept is not None:  # of all the kernels that others have compiled, one is left to compile here
        shutil.copytree(kept, trapped / "cache", ignore=shutil.ignore_patterns("predict.*", "*.predict"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "cache")  # in that folder; the second server finds what the first compiled
    monkeypatch.setenv("PYTHONSTARTUP", str(trapped / "random.py"))
    for command in COMMANDS.values():
        check_engine(trapped, command)


def check_engine(trapped: Path, command: tuple[str, ...]) -> None:
    """Check that a server's engine gets ready in a folder of modules that must not run, and that none does."""
    with run_server(folder=trapped, command=command) as server, server.client() as http:
        deadline = time.monotonic() + PATIENCE
        while (engine := http.get("/api/engine").json())["state"] == "compiling":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert (engine["state"], engine["name"], engine["detail"]) == ("ready", "compiled", None)
        assert server.complaints() == []
    assert executed(trapped) == ""
    assert any((trapped / "cache").rglob("predict.*.kernel"))


def test_a_child_gets_no_secret_and_nothing_that_changes_its_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RNN_ADDER_DATABASE_URL", "postgresql://me:secret@here/runs")
    monkeypatch.setenv("PYTHONSTARTUP", "startup.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", "/opt/python")
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    found = environment()
    assert {name for name in found if name.startswith(("PYTHON", "RNN_ADDER"))} == {"PYTHONPATH", "PYTHONHOME"}
    assert found["NUMBA_CPU_NAME"] == "generic"
    assert str(tmp_path) not in found["PYTHONPATH"].split(os.pathsep)


def test_modules_are_searched_where_they_are_here_but_for_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    libraries = tmp_path / "libraries"
    monkeypatch.chdir(tmp_path)
    assert searched(["", str(tmp_path), str(libraries), str(ROOT)]) == [str(libraries), str(ROOT)]
    monkeypatch.chdir(ROOT)
    assert searched(["", str(ROOT)]) == [str(ROOT)]
