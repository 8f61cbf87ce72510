"""Where compiled kernels are kept: in the folders that Numba would use, but so that damaged files do no harm.

Each compiled kernel is a separate file that begins with a digest of the rest. A file that can't be read, or was
changed, is removed, and the kernel is compiled again. If a folder can't be written to, kernels are kept in another one
among the system's temporary files. A `CacheWarning` says so, once in a process.

Files are found again by the text that their kernels were compiled from, not by its place or its time. So all copies of
the project share kernels in the folder that `NUMBA_CACHE_DIR` names.
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
"""The number of bytes of a digest."""

NO_FOLDER = "no folder can be written to"


class CacheWarning(UserWarning):
    """Compiled kernels could not be kept, or could not be read."""


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Like `numba.njit`, but compiled kernels are kept."""

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        dispatcher._cache = KernelCache(function)
        return dispatcher

    return decorate


class KernelCache(_Cache):
    """The cache that Numba asks for a kernel before it compiles it, and gives the kernel to afterwards.

    Attributes:
        kept: whether everything that was compiled so far could be kept.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._usual = Files.found(Usual, function)
        self.kept = True

    @property
    def cache_path(self) -> str | None:
        """The folder that is searched first."""
        return None if self._usual is None else str(self._usual.folder)

    def _places(self, to_write: bool = False) -> Iterator["Files"]:
        """Where to look or, with `to_write`, where to keep something, the best place first."""
        if self._usual is not None:
            yield self._usual
        if to_write:
            with suppress(OSError):
                os.makedirs(spare_folder(), mode=0o700, exist_ok=True)
        spare = Files.found(Spare, self._function)
        if spare is not None:
            yield spare

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel compiled for arguments of these types; None if it has to be compiled."""
        target_context.refresh()
        for files in self._places():
            content = files.read(sig, target_context.codegen())
            if content is not None:
                return files.implementation.rebuild(target_context, content)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel that has just been compiled."""
        trouble = NO_FOLDER
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
        _say_not_kept(trouble)

    def can_keep(self) -> bool:
        """Whether there is a folder for kernels before one is compiled; if there is none, a warning says so."""
        found = next(self._places(to_write=True), None) is not None
        if not found:
            _say_not_kept(NO_FOLDER)
        return found

    def enable(self) -> None:
        """Numba calls this; the cache is always on."""

    def disable(self) -> None:
        """Numba calls this; the cache is always on."""

    def flush(self) -> None:
        """Numba calls this before it compiles a kernel again; kernels of other texts are never used anyway."""


def _say_not_kept(trouble: str) -> None:
    _say(f"Compiled kernels can't be kept, so they are compiled anew each time ({trouble}).")


def _say(sentence: str) -> None:
    warnings.warn(sentence, CacheWarning, stacklevel=2)


class Files:
    """The files of one kernel in one folder.

    Attributes:
        implementation: what Numba knows of the kernel.
        folder: where they are.
    """

    def __init__(self, implementation: CompileResultCacheImpl, text: str) -> None:
        """The files of a kernel whose text has this digest."""
        self.implementation = implementation
        self.folder = Path(implementation.locator.get_cache_path())
        self._text = text

    @classmethod
    def found(cls, kind: type[CompileResultCacheImpl], function: Callable[..., Any]) -> "Files | None":
        """The files in the first folder of a kind that can be written to; None if there is none."""
        try:
            return cls(kind(function), digest_of(function.__code__.co_filename))
        except (RuntimeError, OSError):  # Numba raises RuntimeError if there is none
            return None

    def _file(self, sig: Any, codegen: Any) -> Path:
        """The file for arguments of these types on this processor, from this text."""
        key = repr((numba.__version__, llvmlite.__version__, self._text, sig, codegen.magic_tuple()))
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        return self.folder / f"{self.implementation.filename_base}-{name}.kernel"

    def read(self, sig: Any, codegen: Any) -> Any:
        """What was written last; None if there is nothing. A damaged file is removed."""
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
        """Write a file. There is never half a file.

        Raises:
            OSError: the folder can't be written to.
        """
        self.implementation.locator.ensure_cache_path()
        file = self._file(sig, codegen)
        part = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            part.write_bytes(hashlib.sha256(content).digest() + content)
            os.replace(part, file)
        except PermissionError:
            part.unlink(missing_ok=True)
            if not file.exists():  # Windows replaces no file that another process reads: then that one will do
                raise
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def digest_of(file: str) -> str:
    """A digest of a file's content.

    Raises:
        OSError: it can't be read.
    """
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _remove(file: Path, why: str) -> None:
    """Remove a file that can't be read, if possible."""
    with suppress(OSError):
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()
    _say(f"A compiled kernel can't be read and has to be compiled again ({file.parent}: {why}).")


class SharedLocator(UserProvidedCacheLocator):
    """Keeps kernels in a folder with the module's name, inside the one that `NUMBA_CACHE_DIR` names."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = os.path.join(config.CACHE_DIR, function.__module__)  # type: ignore[attr-defined]


class Usual(CompileResultCacheImpl):
    """Kernels in that folder or, if none is named, in the first folder that Numba would use."""

    _locator_classes = [SharedLocator, *CompileResultCacheImpl._locator_classes]  # noqa: RUF012 (like in Numba)


class SpareLocator(UserWideCacheLocator):
    """Keeps kernels among the system's temporary files."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = os.path.join(checked(spare_folder()), self.get_suitable_cache_subpath(file))

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "SpareLocator | None":
        """The locator for a kernel; None if there is no place."""
        try:
            locator: SpareLocator | None = super().from_function(function, file)
        except OSError:
            return None
        return locator


class Spare(CompileResultCacheImpl):
    """Kernels among the temporary files."""

    _locator_classes = [SpareLocator]  # noqa: RUF012 (like in Numba)


def spare_folder() -> str:
    """The folder among the system's temporary files for kernels when the usual folder can't be used. It may not exist.

    Raises:
        OSError: there are no temporary files.
    """
    temporary = tempfile.gettempdir()
    named = (*map(os.environ.get, ("TMPDIR", "TEMP", "TMP")), "/tmp", "/var/tmp", "/usr/tmp")
    if temporary == os.getcwd() and temporary not in named:
        raise OSError("there is no folder for temporary files")  # as a last resort Python gives the current folder
    user = _user()
    return os.path.join(temporary, "rnn-adder" if user is None else f"rnn-adder-{user}")


def checked(folder: str) -> str:
    """The same folder, after a check that only this user can write to it: code is loaded from there.

    Raises:
        OSError: others can write to it, or it does not exist.
    """
    about, user = os.lstat(folder), _user()
    if user is not None and (not stat.S_ISDIR(about.st_mode) or about.st_uid != user or about.st_mode & 0o077):
        raise PermissionError(f"{folder} belongs to somebody else, or can be written to by others")
    return folder


def _user() -> int | None:
    """The number of the user, on systems where users have numbers."""
    return os.getuid() if hasattr(os, "getuid") else None
