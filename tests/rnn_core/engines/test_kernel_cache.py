"""Kernels work for any state of their cache files, and the program says in words what happened to the files."""

import errno
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numba
import pytest

from rnn_core.engines.kernel_cache import CacheWarning, kernel


class Process:
    """The work of a process that needs a kernel. Each process begins with nothing in memory."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.spare = folder / "temporary" / f"rnn-adder-{os.getuid()}"
        self.text = folder / "text" / "adding.py"

    def run(self) -> tuple[int, list[str]]:
        """Use the kernel, and return how many times it was compiled and what was printed."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            dispatcher = self._kernel()
            assert dispatcher(1, 2) == 3
        assert all(warning.category is CacheWarning for warning in said)
        self.kept = dispatcher._cache.kept
        return sum(dispatcher.stats.cache_misses.values()), [str(warning.message) for warning in said]

    def can_keep(self) -> bool:
        """Whether it could keep the kernel, if it compiled it."""
        return bool(self._kernel()._cache.can_keep())

    def _kernel(self) -> Any:
        specification = spec_from_file_location("adding", self.text)
        assert specification is not None
        assert specification.loader is not None
        specification.loader.exec_module(module := module_from_spec(specification))
        return kernel()(module.add)

    @property
    def file(self) -> Path:
        """The only file in the cache."""
        (file,) = self.cache.rglob("*.kernel")
        return file


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    """A process with its own cache and its own folder for temporary files."""
    process = Process(tmp_path)
    for folder in (process.text.parent, process.spare.parent):
        folder.mkdir()
    process.text.write_text("def add(a, b):\n    return a + b\n")
    (process.text.parent / "__pycache__").touch()  # so that nothing can be kept there
    (tmp_path / "home").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))  # nor there
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(process.cache))
    monkeypatch.setattr(tempfile, "tempdir", str(process.spare.parent))
    return process


def test_a_kernel_is_compiled_once(process: Process) -> None:
    assert process.run() == (1, [])
    assert process.run() == (0, [])
    assert not process.spare.exists()


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1000])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def fill_with_garbage(file: Path) -> None:
    file.write_bytes(os.urandom(10_000))


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def put_a_folder_there(file: Path) -> None:
    file.unlink()
    (file / "something").mkdir(parents=True)


def make_unreadable(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


DAMAGES = [truncate, empty, fill_with_garbage, flip_a_bit, put_a_folder_there, make_unreadable]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_kernel_is_removed_and_compiled_again(process: Process, damage: Callable[[Path], None]) -> None:
    process.run()
    damage(process.file)
    compiled, said = process.run()
    assert compiled == 1
    (sentence,) = said
    assert sentence.startswith(f"A compiled kernel can't be read and has to be compiled again ({process.file.parent}: ")
    assert process.run() == (0, [])


def test_a_kernel_that_was_removed_is_compiled_again_in_silence(process: Process) -> None:
    process.run()
    process.file.unlink()
    assert process.run() == (1, [])


def lock(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it impossible to write to the cache, for every user."""
    shutil.rmtree(process.cache)
    process.cache.touch()


def fill(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the cache's disk full."""
    write = Path.write_bytes

    def write_if_there_is_room(path: Path, data: bytes) -> int:
        if path.is_relative_to(process.cache):
            write(path, data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    process.file.unlink()
    monkeypatch.setattr(Path, "write_bytes", write_if_there_is_room)


@pytest.mark.parametrize("trouble", [lock, fill])
def test_where_kernels_can_not_be_written_a_temporary_folder_takes_them(
    process: Process, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Process, Any], None]
) -> None:
    process.run()
    trouble(process, monkeypatch)
    compiled, said = process.run()
    assert (compiled, process.kept) == (1, True)
    (sentence,) = said
    assert sentence.startswith(f"Compiled kernels are kept in {process.spare}")
    assert process.spare.stat().st_mode & 0o777 == 0o700
    assert process.run() == (0, [])
    assert list(process.spare.parent.rglob("*.kernel"))
    assert not [file for file in process.cache.rglob("*") if file.is_file()]  # not even half of one


def test_where_no_folder_can_be_written_it_is_compiled_each_time(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.cache.touch()
    process.spare.touch()
    for _ in range(2):
        compiled, said = process.run()
        assert (compiled, process.kept) == (1, False)
        (sentence,) = said
        assert sentence == (
            "Compiled kernels can't be kept, so they are compiled anew each time (no folder can be written to)."
        )


def test_whether_anything_can_be_kept_is_known_before_it_is_compiled(process: Process) -> None:
    process.cache.touch()
    assert process.can_keep(), "among the temporary files"
    shutil.rmtree(process.spare)
    process.spare.touch()
    with pytest.warns(CacheWarning, match=r"Compiled kernels can't be kept.* \(no folder can be written to\)\.$"):
        assert not process.can_keep()


@pytest.mark.parametrize("make", [lambda folder: folder.mkdir(mode=0o700), lambda folder: folder.symlink_to("/tmp")])
def test_nothing_is_loaded_from_a_temporary_folder_that_others_can_write_to(
    process: Process, make: Callable[[Path], None]
) -> None:
    process.cache.touch()
    make(process.spare)
    if not process.spare.is_symlink():
        process.spare.chmod(0o777)
    process.run()
    assert not process.kept
    assert not list(process.spare.parent.rglob("*.kernel"))


def test_a_copy_elsewhere_that_was_written_later_finds_the_same_kernels(process: Process) -> None:
    assert process.run() == (1, [])
    process.text = shutil.copytree(process.text.parent, process.text.parent.with_name("copy")) / process.text.name
    os.utime(process.text, (0, 0))
    assert process.run() == (0, [])


def test_another_text_is_compiled_anew(process: Process) -> None:
    process.run()
    process.text.write_text("def add(a, b):\n    return b + a\n")
    assert process.run() == (1, [])
