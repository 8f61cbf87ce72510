"""The lab and its library, installed in empty environments, and used outside of the checkout."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest

import rnn_core
from tests.app.serving import environment, run_server
from tests.packages.conftest import Environment, pythons, wheel

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)  # a first build fetches everything

TRAIN = """
from importlib.util import find_spec
from rnn_core import Trainer, TrainingConfig, __version__
assert find_spec("fastapi") is None and find_spec("rnn_adder") is None
trainer = Trainer(TrainingConfig(seed=3))
errors = trainer.advance(200).errors
print(__version__, len(errors), trainer.predict(9, 60).expected, trainer.engine)
"""


def run(command: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=280
    )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The folder of somebody with an `app` of their own, and a script called random.py."""
    folder = tmp_path / "elsewhere"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").write_text("raise SystemExit('this is the app of another project')\n")
    (folder / "random.py").write_text("raise SystemExit('this is a script of somebody')\n")
    return folder


MOST_PACKAGES = 30
MOST_MEGABYTES = 310
MOST_WITHOUT_NUMBA = 130
"""What docs/install.md promises is 300, half without Numba. This leaves room for releases of NumPy and LLVM."""


def check_size(place: Environment) -> None:
    """What is installed is needed to run the lab, and little, without the bytecode that pip or Python adds."""
    sizes = place.megabytes()
    assert not sizes.keys() & {"babel", "werkzeug", "pytest", "rich", "typer"}
    assert len(sizes) <= MOST_PACKAGES, sorted(sizes)
    assert len(sizes.keys() - {"numba", "llvmlite"}) <= MOST_PACKAGES - 2, sorted(sizes)
    assert sum(sizes.values()) <= MOST_MEGABYTES, sizes
    assert sum(size for name, size in sizes.items() if name not in {"numba", "llvmlite"}) <= MOST_WITHOUT_NUMBA, sizes


@pytest.mark.parametrize("python", pythons())
def test_the_lab_works_in_an_empty_environment(dist: Path, tmp_path: Path, elsewhere: Path, python: str) -> None:
    place = Environment(tmp_path / "environment", python)
    place.install(wheel(dist, "rnn-adder"))
    command = place.command("rnn-adder")
    engine = "compiled" if python == sys.executable else "numpy"  # compiling for another Python takes a minute
    check_size(place)

    told = run(command, "--help", folder=elsewhere)
    assert told.returncode == 0, told.stderr
    assert "serve" in told.stdout
    trained = run(
        command, "train", "--iterations", "300", "--engine", engine, "--save", "adder.safetensors", folder=elsewhere
    )
    assert trained.returncode == 0, trained.stderr
    answered = run(command, "predict", "1", "2", "--checkpoint", "adder.safetensors", folder=elsewhere)
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.startswith("1 + 2 = ")

    with (
        run_server(command=(command,), folder=elsewhere, engine=engine) as server,
        httpx2.Client(base_url=server.url) as http,
    ):
        assert http.get("/healthz").status_code == 200
        assert http.get("/predict?a=1&b=2").json()["expected"] == 3
        page = http.get("/", headers={"Accept-Language": "zh"})
        assert "循环神经网络" in page.text
        for address in re.findall(r'(?:src|href)="(/?static/[^"]+)"', page.text):
            assert http.get(address).status_code == 200, address
        assert http.get("/docs").status_code == 200


def test_the_library_alone_trains_and_predicts_with_and_without_numba(dist: Path, tmp_path: Path) -> None:
    place = Environment(tmp_path / "environment")
    place.install("--no-deps", wheel(dist, "rnn-adder-core"))
    place.install("numpy", "safetensors")
    done = run(place.command("python"), "-c", TRAIN, folder=tmp_path)
    assert done.stdout == f"{rnn_core.__version__} 200 69 numpy\n", done.stderr
    assert done.stderr.count("Numba is not installed") == 1

    place.install(wheel(dist, "rnn-adder-core"))
    assert place.packages() == {"llvmlite", "numba", "numpy", "rnn-adder-core", "safetensors"}
    done = run(place.command("python"), "-c", TRAIN, folder=tmp_path)
    assert (done.stdout, done.stderr) == (f"{rnn_core.__version__} 200 69 compiled\n", "")


def test_the_files_of_a_wheel_are_the_packages_and_nothing_else(dist: Path) -> None:
    for name, packages in {"rnn-adder": {"rnn_adder", "rnn_core"}, "rnn-adder-core": {"rnn_core"}}.items():
        with ZipFile(wheel(dist, name)) as archive:
            files = archive.namelist()
        assert {file.split("/")[0] for file in files if ".dist-info/" not in file} == packages
        assert {f"{package}/py.typed" for package in packages} <= set(files)
        assert not [
            file for file in files if file.endswith((".po", ".toml", ".kernel", "/LICENSE")) and "-info/" not in file
        ]
        assert any(file.endswith("/licenses/LICENSE") for file in files)


def test_licences_are_those_of_what_ships(dist: Path) -> None:
    assert (ROOT / "rnn_core" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    with ZipFile(wheel(dist, "rnn-adder")) as archive:
        (shipped,) = (name for name in archive.namelist() if name.endswith("licenses/uPlot.LICENSE"))
        assert archive.read(shipped) == (ROOT / "app" / "static" / "vendor" / "uPlot.LICENSE").read_bytes()


def test_the_description_leads_nowhere_that_an_index_does_not_have(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        (name,) = (name for name in archive.getnames() if re.fullmatch(r"[^/]+/PKG-INFO", name))
        file = archive.extractfile(name)
        assert file is not None
        text = file.read().decode()
    assert "# rnn-adder" in text
    assert all(address.startswith(("https://", "http://")) for address in re.findall(r"\]\(([^)]*)\)", text))
