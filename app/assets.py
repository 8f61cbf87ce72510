"""The page's scripts and styles, sent without comments, spaces and long local names, which only readers need."""

import logging
import os
import posixpath
import re
from functools import lru_cache
from hashlib import md5
from importlib import import_module
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from rnn_core.engines.room import MEGABYTE, too_little_memory

from .paths import STATIC

logger = logging.getLogger(__name__)

ROOM = 2048 * MEGABYTE
"""The memory addresses that the minifier reserves when it is loaded, and some more. It ends the process without
them."""

minify = None if too_little_memory(ROOM) else import_module("minify")
if minify is None:
    logger.warning("Scripts and styles are sent as they are: the minifier does not get the memory that it reserves.")

KINDS = {".js": "text/javascript", ".css": "text/css"}

IMPORTED = re.compile(r'^import\b[^"]*"(\.\.?/[^"]+)"', re.MULTILINE)
"""A script's imports in the form used here: each begins a line."""


@lru_cache(maxsize=16)
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
    """The files under app/static. JavaScript and CSS are minified, so their sources can be written for readers.

    Style sheets of one folder come in one answer if their names are joined, `styles/page+stage.css`. A browser paints
    nothing before it has all style sheets of a page, and each request costs some milliseconds.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The response with the file, or with the style sheets that `path` joins.

        Raises:
            HTTPException: there is no such file (404), or the method is not GET or HEAD (405).
        """
        stem, suffix = os.path.splitext(path)
        folder, _, names = stem.rpartition(os.sep)
        if suffix != ".css" or "+" not in names:
            return await super().get_response(path, scope)
        paths = dict.fromkeys(os.path.join(folder, name + suffix) for name in names.split("+"))  # each only once
        sheets = [await super(Assets, self).get_response(each, {**scope, "headers": []}) for each in paths]
        return self._tagged(b"".join(bytes(sheet.body) for sheet in sheets), KINDS[suffix], scope)

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The response with the file. For a file that is sent as it is, it is Starlette's response."""
        path = Path(full_path)
        if path.suffix not in KINDS:
            return super().file_response(full_path, stat_result, scope, status_code)
        return self._tagged(shrunk(path, stat_result.st_mtime_ns).encode(), KINDS[path.suffix], scope)

    def _tagged(self, body: bytes, media_type: str, scope: Scope) -> Response:
        """An answer with a tag of its content, or an answer that the client's copy is still valid. Starlette makes its
        tags of a file's time and size. They may be equal in two versions, because packages are built with a fixed time.
        """
        response = Response(body, headers={"etag": f'"{md5(body).hexdigest()}"'}, media_type=media_type)
        unchanged = self.is_not_modified(response.headers, Headers(scope=scope))
        return NotModifiedResponse(response.headers) if unchanged else response


@lru_cache(maxsize=256)
def shrunk(path: Path, modified: int) -> str:
    """A script or style sheet, minified if possible. `modified` (ns) tells its versions apart."""
    text = path.read_text(encoding="utf-8")
    if minify is None:
        return text
    try:
        shorter: str = minify.string(KINDS[path.suffix], text)
    except minify.MinifyError as error:
        logger.warning("%s is sent as it is: %s", path.name, error)
        return text
    return shorter
