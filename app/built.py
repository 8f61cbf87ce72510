"""The built page: what scripts/bundle.py makes of the sources in app/static, in the folder `built` there.

Its files have a digest of their content in their names, so that browsers may keep them for ever. `manifest.json` names
the files of each page. This module needs only the standard library: it is used while the package is built, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from .paths import STATIC

FOLDER = "built"
"""The folder of the built page below that of its sources. Addresses below it never change their content."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Files:
    """The files of one page, as paths below the static files.

    Attributes:
        script: its entry script.
        style: its style sheet, if it has one.
        preloads: the modules that the entry script imports, directly or through others.
        early: a script that should run before the others have come, if there is one.
    """

    script: str
    style: str | None
    preloads: tuple[str, ...] = ()
    early: str | None = None


def digest_of_sources(static: Path = STATIC) -> str:
    """A digest of the scripts and styles from which the page is built: their names and their contents."""
    digest = sha256()
    for file in sorted(static.rglob("*")):
        name = file.relative_to(static)
        if file.suffix in (".js", ".css") and name.parts[0] != FOLDER:
            content = file.read_bytes()
            digest.update(f"{name.as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def manifest_of(static: Path = STATIC) -> dict[str, Any] | None:
    """The manifest of the built page; None if there is none, a file is missing or cut off, or the sources have changed
    since.
    """
    folder = static / FOLDER
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = all((folder / name).stat().st_size == size for name, size in manifest["sizes"].items())
        return manifest if whole and manifest["sources"] == digest_of_sources(static) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def built_pages(static: Path = STATIC) -> Mapping[str, Files] | None:
    """The files of each page by its name; None if the page is not built, or not from these sources."""
    manifest = manifest_of(static)
    if manifest is None:
        return None

    def below(name: str | None) -> str | None:
        return name and f"{FOLDER}/{name}"

    return {
        page: Files(
            script=f"{FOLDER}/{files['script']}",
            style=below(files["style"]),
            preloads=tuple(f"{FOLDER}/{name}" for name in files["preloads"]),
            early=below(files["early"]),
        )
        for page, files in manifest["pages"].items()
    }
