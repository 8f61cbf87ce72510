"""Everything that is required has wheels for every system and Python that the lab is for."""

import platform
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from email.parser import HeaderParser
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from rnn_core.engines import engine
from rnn_core.engines.engine import has_numba
from tests.packages.conftest import run_uv, succeed, wheel

pytestmark = pytest.mark.timeout(900)  # a first build fetches everything

SYSTEMS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

WITHOUT_NUMBA = {
    *(("x86_64-unknown-linux-musl", python) for python in PYTHONS),
    *(("aarch64-unknown-linux-musl", python) for python in PYTHONS),
    ("x86_64-apple-darwin", "3.14"),
    ("aarch64-pc-windows-msvc", "3.11"),
}
"""Where the reference engine computes."""

OLDER = {"x86_64-apple-darwin": {"numba", "llvmlite", "numpy"}}
"""What may be an older version than elsewhere: the last Numba for this system, and the NumPy that it works with."""


def required(file: Path) -> list[str]:
    """What a wheel requires without extras."""
    with ZipFile(file) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        found = HeaderParser().parsestr(archive.read(name).decode()).get_all("Requires-Dist", [])
    return [line for line in found if "extra ==" not in line]


def resolved(requirements: list[str], system: str, python: str) -> dict[str, str]:
    """The versions that would be installed there, from wheels alone."""
    printed = succeed(
        run_uv(
            *("pip", "compile", "--quiet", "--no-annotate", "--no-header", "--only-binary", ":all:"),
            *("--python-platform", system, "--python-version", python, "-"),
            given="\n".join(requirements),
        )
    )
    lines = (line.split(";")[0].strip().partition("==") for line in printed.splitlines() if line)
    return {name: version for name, _, version in lines}


def test_every_requirement_has_wheels_for_every_system_and_python(dist: Path) -> None:
    """And they are of the newest version, which pip takes even where it has no wheel."""
    needs = {musl: required(wheel(dist, "rnn-adder", musl)) for musl in (False, True)}

    def found_on(place: tuple[str, str]) -> dict[str, str]:
        return resolved(needs["musl" in place[0]], *place)

    places = [(system, python) for python in PYTHONS for system in SYSTEMS]
    first = found_on(places[0])  # alone, so that the others find what it asked the index for
    with ThreadPoolExecutor(4) as pool:
        found = {places[0]: first, **dict(zip(places[1:], pool.map(found_on, places[1:]), strict=True))}
    assert {place for place, versions in found.items() if "numba" not in versions} == WITHOUT_NUMBA
    for (system, python), versions in found.items():
        usual = found[SYSTEMS[0], python]
        behind = {
            name: f"{usual[name]} has no wheel" for name in usual if versions.get(name, usual[name]) != usual[name]
        }
        assert set(behind) <= OLDER.get(system, set()), (system, python, behind)


@pytest.mark.parametrize("name", ["rnn-adder", "rnn-adder-core"])
def test_on_musl_pip_takes_the_wheel_without_numba(dist: Path, name: str) -> None:
    usual, other = wheel(dist, name), wheel(dist, name, musl=True)
    assert (
        {line for line in required(usual) if line not in required(other)}
        == {line for line in required(usual) if Requirement(line).name == "numba"}
        != set()
    )
    tags = {str(tag) for tag in parse_wheel_filename(other.name)[3]}
    assert tags == {"py3-none-musllinux_1_2_x86_64", "py3-none-musllinux_1_2_aarch64"}
    assert parse_wheel_filename(usual.name)[3] == {Tag("py3", "none", "any")}


def test_what_the_library_requires_is_part_of_what_the_lab_requires(dist: Path) -> None:
    library, lab = (set(required(wheel(dist, name))) for name in ("rnn-adder-core", "rnn-adder"))
    assert {Requirement(line).name for line in library} == {"numpy", "safetensors", "numba"}
    assert library < lab


def test_a_requirement_without_a_wheel_is_noticed() -> None:
    done = run_uv(
        *("pip", "compile", "--quiet", "--only-binary", ":all:", "--python-platform", "x86_64-unknown-linux-musl", "-"),
        given="numba",
    )
    if "Failed to fetch" not in done.stderr:
        assert done.returncode
        assert "no usable wheels" in done.stderr


class Version(NamedTuple):
    major: int
    minor: int


MACHINES = {"linux": ["x86_64", "aarch64", "armv7l"], "darwin": ["x86_64", "arm64"], "win32": ["AMD64", "ARM64", "x86"]}


@pytest.mark.parametrize("minor", range(11, 17))
def test_the_library_knows_where_numba_is_required(dist: Path, monkeypatch: pytest.MonkeyPatch, minor: int) -> None:
    """Where it is not, the reference engine says that there is none for the system."""
    numba = [Requirement(line) for line in required(wheel(dist, "rnn-adder-core")) if line.startswith("numba")]
    monkeypatch.setattr(sys, "version_info", Version(3, minor))
    for system, machines in MACHINES.items():
        for machine in machines:
            place = {"sys_platform": system, "platform_machine": machine, "python_version": f"3.{minor}"}
            markers = [one.marker.evaluate(place) for one in numba if one.marker is not None]
            with monkeypatch.context() as patch:
                patch.setattr(sys, "platform", system)
                patch.setattr(platform, "machine", lambda machine=machine: machine)
                assert has_numba() == any(markers), place
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: "x86_64-pc-linux-musl")
    assert not has_numba()
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    assert engine.compiled_is_missing() == "There is no Numba for this system"
