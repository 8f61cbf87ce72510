"""What people install: the sdist and the wheels, built once for all workers, and empty environments for them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock
from uv import find_uv_bin

ROOT = Path(__file__).parents[2]

LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "node_modules", "__pycache__", "build", "dist", "tests", "docs")
"""What a copy of the checkout is built without. The copy lets other tests use the checkout meanwhile."""

Uv = Callable[..., subprocess.CompletedProcess[str]]


def run_uv(*arguments: str | Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run uv, with `given` as its standard input."""
    trust = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}  # whom pip trusts here; the second is the name of before
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", **trust, **environment}
    return subprocess.run(
        [find_uv_bin(), *arguments],
        input=given,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, if it succeeded. A test is skipped where there is no package index, but not in CI."""
    if done.returncode:
        if "CI" not in os.environ and ("Failed to fetch" in done.stderr or "error sending request" in done.stderr):
            pytest.skip("the package index does not answer, so nothing can be installed or resolved")
        pytest.fail(done.stderr)
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, the wheel made of it, the wheel for musl, and both wheels of the library alone."""
    workers = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    folder = workers / "dist"
    with FileLock(workers / "dist.lock"):
        if not (folder / "complete").exists():
            source = workers / "checkout"
            shutil.rmtree(source, ignore_errors=True)
            shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
            succeed(run_uv("build", "--out-dir", folder, source))  # first, since all builds write into the copy
            builds: list[tuple[Path, Mapping[str, str]]] = [
                (source, {"RNN_ADDER_WHEEL": "musl"}),
                (source / "rnn_core", {}),
                (source / "rnn_core", {"RNN_ADDER_WHEEL": "musl"}),
            ]
            with ThreadPoolExecutor() as pool:
                done = pool.map(
                    lambda each: run_uv("build", "--wheel", "--out-dir", folder, each[0], **each[1]), builds
                )
            for each in done:
                succeed(each)
            (folder / "complete").touch()
    return folder


def wheel(dist: Path, name: str, musl: bool = False) -> Path:
    """The wheel of a distribution."""
    (found,) = dist.glob(f"{name.replace('-', '_')}-*-py3-none-{'musl*' if musl else 'any'}.whl")
    return found


def pythons() -> list[str]:
    """This Python, and the newest of the others at hand."""
    places = [
        *os.environ.get("PATH", "").split(os.pathsep),
        *map(str, (Path.home() / ".pyenv" / "versions").glob("*/bin")),
    ]
    for minor in range(14, 10, -1):
        for place in places:
            found = shutil.which(f"python3.{minor}", path=place) if minor != sys.version_info.minor else None
            if found and subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0:
                return [sys.executable, found]
    return [sys.executable]


class Environment:
    """A virtual environment with nothing in it."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        """Make it."""
        succeed(run_uv("venv", "--python", python, folder))
        self._bin = folder / ("Scripts" if os.name == "nt" else "bin")

    def command(self, name: str) -> str:
        """The path of a command in it."""
        found = shutil.which(name, path=self._bin)
        assert found, f"{name} was not installed"
        return found

    def install(self, *arguments: str | Path) -> None:
        """Install distributions."""
        succeed(run_uv("pip", "install", "--python", self.command("python"), *arguments))

    def packages(self) -> set[str]:
        """The names of what is installed."""
        lines = succeed(run_uv("pip", "freeze", "--python", self.command("python"))).splitlines()
        return {line.split(" @ ")[0].split("==")[0] for line in lines}

    def megabytes(self) -> dict[str, float]:
        """The installed distributions, and how many megabytes the files of each have, without bytecode."""
        script = (
            "import json; from importlib.metadata import distributions\n"
            "def size(each): return sum(file.locate().stat().st_size for file in each.files or () "
            "if file.suffix != '.pyc' and file.locate().is_file())\n"
            "print(json.dumps({each.name: size(each) / 1e6 for each in distributions()}))"
        )
        done = subprocess.run([self.command("python"), "-I", "-c", script], capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found
