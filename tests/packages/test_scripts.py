"""The README's two commands, and their twins for systems without a shell."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.packages.conftest import ROOT

SCRIPTS = ROOT / "scripts"


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/setup.py, as a module."""
    spec = importlib.util.spec_from_file_location("setup_script", SCRIPTS / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["run", "test"])
def test_each_command_has_a_twin_that_does_the_same(name: str) -> None:
    assert f"/{name}.py" in (SCRIPTS / name).read_text(encoding="utf-8")
    assert f"%~dp0{name}.py" in (SCRIPTS / f"{name}.cmd").read_text(encoding="utf-8")
    assert (SCRIPTS / f"{name}.py").is_file()
    assert os.access(SCRIPTS / name, os.X_OK)


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="nothing was set up here")
def test_the_lab_is_served_by_the_script_and_gets_its_signals() -> None:
    arguments = ["--port", "0", "--no-store", "--engine", "numpy"]
    with subprocess.Popen(
        [sys.executable, SCRIPTS / "run.py", *arguments], cwd="/", stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert "http://127.0.0.1:" in process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_without_a_call_to_become_another_program_its_status_is_passed_on(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "WINDOWS", True)
    with pytest.raises(SystemExit) as ended:
        setup.become([sys.executable, "-c", "raise SystemExit(7)"])
    assert ended.value.code == 7


def test_an_installation_is_old_when_what_it_was_made_of_has_changed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for pattern in setup.DECIDING:
        assert list(ROOT.glob(pattern)), pattern
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("one", encoding="utf-8")
    before = setup.digest()
    (tmp_path / "pyproject.toml").write_text("two", encoding="utf-8")
    assert setup.digest() != before


def test_what_can_not_be_installed_ends_in_words(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "digest", lambda: "changed")
    monkeypatch.setattr(setup, "run", lambda *_: 1)
    with pytest.raises(SystemExit, match="could not be installed"):
        setup.set_up("[test]")
