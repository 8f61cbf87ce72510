"""The files under app/static, and which of them a page loads."""

import logging
import os
import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import md5
from mimetypes import guess_type
from pathlib import Path

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from .built import FOLDER, MANIFEST, Files, built_pages
from .compression import accepted_by, best_encoding
from .paths import STATIC

logger = logging.getLogger(__name__)

FOR_EVER = "public, max-age=31536000, immutable"

SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""How the compressed files of the built page end, by their encodings; the best comes first."""

IMPORTED = re.compile(r'^import\b[^"]*"(\.\.?/[^"]+)"', re.MULTILINE)
"""A script's imports in the form used here: each begins a line."""


class PageFiles:
    """Names the files of a page: those of the built page or, for `dev` and where the page is not built, the modules as
    they stand in app/static. If the page is built anew while the server runs, its new files are named.
    """

    def __init__(self, dev: bool = False) -> None:
        self._dev = dev
        self._built: Mapping[str, Files] | None = None
        self._seen: int | None = -1
        self._look()

    def __call__(self, page: str) -> Files:
        """The files of the page of this name."""
        self._look()
        return native_files(page) if self._built is None else self._built[page]

    def _look(self) -> None:
        """Read the manifest, if it is another one than before."""
        try:
            stamp = None if self._dev else os.stat(STATIC / FOLDER / MANIFEST).st_mtime_ns
        except OSError:
            stamp = None
        if stamp == self._seen:
            return
        self._seen = stamp
        self._built = None if self._dev else built_pages()
        if self._built is None and not self._dev:
            logger.warning("The page is not built from these sources, so its modules are served as they are.")


@lru_cache(maxsize=16)
def native_files(page: str) -> Files:
    """The files of a page as they stand in app/static."""
    modules = modules_of(f"{page}.js")
    style = f"{page}.css"
    return Files(
        script=f"{page}.js",
        style=style if (STATIC / style).is_file() else None,
        preloads=tuple(modules),
        early="early.js" if "early.js" in modules else None,
    )


def modules_of(entry: str) -> list[str]:
    """The modules that a script under app/static imports, directly or through others, as paths under it. If a page
    names them, the browser fetches them at once, not one level after the other.
    """
    found: list[str] = []
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        for path in IMPORTED.findall((STATIC / name).read_text(encoding="utf-8")):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            if module not in found:
                found.append(module)
                waiting.append(module)
    return found


class Assets(StaticFiles):
    """The files under app/static. Those of the built page come in the best encoding that the client accepts, and may be
    kept for ever, because their names change with their content.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The response with a file.

        Raises:
            HTTPException: there is no such file (404), or the method is not GET or HEAD (405).
        """
        if path.startswith(FOLDER + os.sep) and path.endswith(tuple(SUFFIXES.values())):
            raise HTTPException(404)  # an encoding is asked for in the header
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The response with a file, or the response that the client's copy is still valid."""
        path = Path(full_path)
        assert self.directory is not None
        if path.parent == Path(self.directory).resolve() / FOLDER:
            response = _built_file(path, stat_result, accepted_by(scope))
        else:
            response = FileResponse(path, status_code, {"ETag": f'"{_digest_of(path)}"'}, stat_result=stat_result)
        unchanged = self.is_not_modified(response.headers, Headers(scope=scope))
        return NotModifiedResponse(response.headers) if unchanged else response


def _built_file(path: Path, stat_result: os.stat_result, accepted: str) -> Response:
    """A file of the built page, in the best encoding that a client accepts. Each encoding has a tag of its own, so that
    a client can't join parts of two.
    """
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    encoding = best_encoding(accepted, tuple(SUFFIXES))
    sent = path
    if encoding in SUFFIXES:
        compressed = path.with_name(path.name + SUFFIXES[encoding])
        try:
            stat_result = os.stat(compressed)
        except OSError:
            encoding = "identity"  # such as a licence
        else:
            sent = compressed
            headers["Content-Encoding"] = encoding
    headers["ETag"] = f'"{path.name} {encoding}"'.replace(" ", "+")
    media_type = guess_type(path.name)[0] or "text/plain"
    return FileResponse(sent, headers=headers, media_type=media_type, stat_result=stat_result)


def _digest_of(path: Path) -> str:
    """A tag of a file's content. Starlette makes its tags of time and size. They may be equal in two versions, because
    packages are built with a fixed time.
    """
    return md5(path.read_bytes(), usedforsecurity=False).hexdigest()
