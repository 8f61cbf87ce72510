"""Where compiled kernels are kept: in the folders that Numba would take, but so that no damage there does any harm.

Each compiled kernel is a file of its own that begins with a digest of the rest. What can't be read, or is not what was
written, is removed, and the kernel compiled again. Where a folder can't be written to, kernels are kept in another one
among the system's temporary files. A `CacheWarning` says so, once in a process.

Files are found again by what their kernels were compiled from, not by where that lies or when it was written. So in the
folder that `NUMBA_CACHE_DIR` names all copies of the project share kernels.
"""
# mypy: disable-error-code="no-untyped-call"

import hashlib
import os
import pickle
import secrets
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite  # type: ignore[import-untyped]
import numba
from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, UserProvidedCacheLocator, UserWideCacheLocator, _Cache
from numba.core.serialize import dumps

DIGEST = 32
"""Bytes of a digest."""


class CacheWarning(UserWarning):
    """Compiled kernels could not be kept, or not be read."""


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """As `numba.njit`, and what is compiled is kept."""

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        dispatcher._cache = KernelCache(function)
        return dispatcher

    return decorate


class KernelCache(_Cache):
    """What Numba asks for a kernel before it compiles it, and tells it to afterwards.

    Attributes:
        kept: whether everything that was compiled so far could be kept.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._usual = Files.found(Usual, function)
        self.kept = True

    @property
    def cache_path(self) -> str | None:
        """The folder that is looked into first."""
        return None if self._usual is None else str(self._usual.folder)

    def _places(self, to_write: bool = False) -> Iterator["Files"]:
        """Where to look or, `to_write`, where to keep something, the best place first."""
        if self._usual is not None:
            yield self._usual
        if to_write:
            with suppress(OSError):
                os.makedirs(spare_folder(), mode=0o700, exist_ok=True)
        spare = Files.found(Spare, self._function)
        if spare is not None:
            yield spare

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel compiled for arguments of these types; None where it has to be compiled."""
        target_context.refresh()
        for files in self._places():
            content = files.read(sig, target_context.codegen())
            if content is not None:
                return files.implementation.rebuild(target_context, content)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel that has just been compiled."""
        trouble = "no folder can be written to"
        for files in self._places(to_write=True):
            if not files.implementation.check_cachable(data):
                return
            try:
                files.write(sig, data.codegen, dumps(files.implementation.reduce(data)))
            except OSError as error:
                trouble = f"{files.folder}: {error.strerror or error}"
            else:
                if files is not self._usual:
                    _say(f"Compiled kernels are kept in {files.folder}: they can't be where they belong ({trouble}).")
                return
        self.kept = False
        _say(f"Compiled kernels can't be kept, so they are compiled anew each time ({trouble}).")

    def enable(self) -> None:
        """Numba asks for this; it is always on."""

    def disable(self) -> None:
        """Numba asks for this; it is always on."""

    def flush(self) -> None:
        """Numba asks for this where a kernel is to be compiled again; those of other texts are never looked at."""


def _say(sentence: str) -> None:
    warnings.warn(sentence, CacheWarning, stacklevel=2)


class Files:
    """The files of one kernel in one folder.

    Attributes:
        implementation: what Numba knows of the kernel.
        folder: where they are.
    """

    def __init__(self, implementation: CompileResultCacheImpl, text: str) -> None:
        """Of a kernel whose text has this digest."""
        self.implementation = implementation
        self.folder = Path(implementation.locator.get_cache_path())
        self._text = text

    @classmethod
    def found(cls, kind: type[CompileResultCacheImpl], function: Callable[..., Any]) -> "Files | None":
        """In the first folder of a kind that can be written to; None where there is none."""
        try:
            return cls(kind(function), digest_of(function.__code__.co_filename))
        except (RuntimeError, OSError):  # the first is Numba's word for none
            return None

    def _file(self, sig: Any, codegen: Any) -> Path:
        """The file for arguments of these types on this processor, from this text."""
        key = repr((numba.__version__, llvmlite.__version__, self._text, sig, codegen.magic_tuple()))
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        return self.folder / f"{self.implementation.filename_base}-{name}.kernel"

    def read(self, sig: Any, codegen: Any) -> Any:
        """What was written last; None where there is nothing. What is damaged is removed."""
        file = self._file(sig, codegen)
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            return _remove(file, error.strerror or str(error))
        if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
            return _remove(file, "damaged")
        return pickle.loads(data[DIGEST:])

    def write(self, sig: Any, codegen: Any, content: bytes) -> None:
        """Write a file: it is whole or not there.

        Raises:
            OSError: the folder can't be written to.
        """
        self.implementation.locator.ensure_cache_path()
        file = self._file(sig, codegen)
        part = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            part.write_bytes(hashlib.sha256(content).digest() + content)
            os.replace(part, file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def digest_of(file: str) -> str:
    """A digest of what is in a file.

    Raises:
        OSError: it can't be read.
    """
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _remove(file: Path, why: str) -> None:
    """Remove what can't be read, as far as that can be."""
    with suppress(OSError):
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()
    _say(f"A compiled kernel can't be read and has to be compiled again ({file.parent}: {why}).")


class SharedLocator(UserProvidedCacheLocator):
    """In the folder that `NUMBA_CACHE_DIR` names, in one of the module's name."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = os.path.join(config.CACHE_DIR, function.__module__)  # type: ignore[attr-defined]


class Usual(CompileResultCacheImpl):
    """What is kept there or, where none is named, in the first folder that Numba would take."""

    _locator_classes = [SharedLocator, *CompileResultCacheImpl._locator_classes]  # noqa: RUF012 (as Numba has it)


class SpareLocator(UserWideCacheLocator):
    """Among the system's temporary files."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = os.path.join(checked(spare_folder()), self.get_suitable_cache_subpath(file))

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "SpareLocator | None":
        """Of a kernel; None where there is no place."""
        try:
            locator: SpareLocator | None = super().from_function(function, file)
        except OSError:
            return None
        return locator


class Spare(CompileResultCacheImpl):
    """What is kept there."""

    _locator_classes = [SpareLocator]  # noqa: RUF012 (as Numba has it)


def spare_folder() -> str:
    """The folder among the system's temporary files for what can't be kept where it belongs, whether it exists or not.

    Raises:
        OSError: there are no temporary files.
    """
    temporary = tempfile.gettempdir()
    named = (*map(os.environ.get, ("TMPDIR", "TEMP", "TMP")), "/tmp", "/var/tmp", "/usr/tmp")
    if temporary == os.getcwd() and temporary not in named:
        raise OSError("there is no folder for temporary files")  # Python's last resort is the current one
    user = _user()
    return os.path.join(temporary, "rnn-adder" if user is None else f"rnn-adder-{user}")


def checked(folder: str) -> str:
    """The same folder, seen to be one that nobody but this user can write to: code is loaded from there.

    Raises:
        OSError: it is none, or does not exist.
    """
    about, user = os.lstat(folder), _user()
    if user is not None and (not stat.S_ISDIR(about.st_mode) or about.st_uid != user or about.st_mode & 0o077):
        raise PermissionError(f"{folder} belongs to somebody else, or can be written to by others")
    return folder


def _user() -> int | None:
    """The number of the user, where users have numbers."""
    return os.getuid() if hasattr(os, "getuid") else None
