"""The page's scripts and styles, sent without what only their readers need: comments, spaces, long local names."""

import logging
import posixpath
import re
from functools import lru_cache
from os import PathLike, stat_result
from pathlib import Path

import minify
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.paths import STATIC

logger = logging.getLogger(__name__)

KINDS = {".js": "text/javascript", ".css": "text/css"}

IMPORTED = re.compile(r'^import\b[^"\n]*"(\.\.?/[^"]+)"', re.MULTILINE)
"""A script's imports as they are written here, one a line."""


@lru_cache(maxsize=16)
def modules_of(entry: str) -> list[str]:
    """The modules that a script under app/static imports, and those import, as paths under it: a page that names them
    has them fetched at once, rather than one level after the other.
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
    """The files under app/static; JavaScript and CSS minified, so that they may be written to be read."""

    def file_response(
        self, full_path: "str | PathLike[str]", stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file's response; status, validators and media type are Starlette's."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        path = Path(full_path)
        if not isinstance(response, FileResponse) or path.suffix not in KINDS:
            return response
        headers = {name: response.headers[name] for name in ("etag", "last-modified")}
        return Response(shrunk(path, stat_result.st_mtime_ns), status_code, headers, response.media_type)


@lru_cache(maxsize=256)
def shrunk(path: Path, modified: int) -> str:
    """A script or style sheet minified; as it is, if it can't be. `modified` (ns) tells its versions apart."""
    text = path.read_text(encoding="utf-8")
    try:
        shorter: str = minify.string(KINDS[path.suffix], text)
    except minify.MinifyError as error:
        logger.warning("%s is sent as it is: %s", path.name, error)
        return text
    return shorter
