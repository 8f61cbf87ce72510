"""Sets up what is missing, then runs every check and every test. Arguments go to pytest instead of the whole suite.

On Windows only what needs no shell is run: Ruff, mypy and pytest. Nobody has tried it there.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from notebook import install as install_notebook
from setup import PYTHON, ROOT, WINDOWS, become, say, set_up

KEPT_SECONDS = 2 * 24 * 3600
"""How long compiled kernels are kept that nobody uses."""

PYTEST = (PYTHON, "-m", "pytest")


def shared_kernels() -> Path:
    """The folder where kernels are compiled once for all copies of the same text on this machine."""
    usual = os.environ.get("LOCALAPPDATA" if WINDOWS else "XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(usual) / "rnn-adder" / "tests")
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.rglob("*.kernel"):
        if file.stat().st_atime < time.time() - KEPT_SECONDS:
            file.unlink(missing_ok=True)
    return folder


def need(*command: str | Path) -> None:
    """Run a command, and end with its status if it fails."""
    if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(status)


def find_programs() -> None:
    """Install what tests ask for, where Debian's packages can be had: a browser, the one without windows, which takes
    half the time; and in continuous integration proxies, too. Elsewhere their tests are skipped: nobody wants a server
    that comes along with a test.
    """
    wanted = {"chromium-headless-shell": "chromium-headless-shell"}
    if os.environ.get("CI") == "true":
        wanted |= {"nginx": "nginx-light", "caddy": "caddy"}
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [package for program, package in wanted.items() if shutil.which(program, path=path) is None]
    if not missing or shutil.which("apt-get") is None:
        return
    say(f"Installing {', '.join(missing)} for the tests ...")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        subprocess.run([*as_root, "apt-get", *command], env=settings, capture_output=True, check=False)


def check() -> None:
    """The static checks, and the tests of the page's modules."""
    if WINDOWS:
        need(PYTHON, "-m", "ruff", "check", ".")
        need(PYTHON, "-m", "mypy")
        say("The page's modules are not checked and tested here: that takes a shell.")
        return
    need(ROOT / "scripts" / "check")
    need("bash", "-c", ". scripts/node && node --test tests/static/*.test.js")


def prepare(whole: bool) -> None:
    """Install the project and, with `whole`, check it and install what tests ask for. Other machines send that: this
    one checks while it waits for them.
    """
    with ThreadPoolExecutor(1) as others:
        waiting = [others.submit(find_programs)] if whole and not WINDOWS else []
        set_up("[test]")
        if whole and not WINDOWS and os.environ.get("CI") == "true":
            waiting.append(others.submit(install_notebook))  # without it, as without a proxy, its test is skipped
        if whole:
            check()
    for each in waiting:
        each.result()


def main(arguments: list[str]) -> None:
    # Tests speak to servers on this machine only: a proxy must not stand between.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    os.environ["NUMBA_CACHE_DIR"] = str(shared_kernels())
    # Tests start some hundred processes. Containers often say that none may keep what it has parsed; here each does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    prepare(whole=not arguments)
    if arguments:
        become([*PYTEST, *arguments])
    # Each process begins at another end of what there is: while servers' tests wait, the mathematics computes. Browser
    # tests have processes of their own: the browser's synchronous driver and the asynchronous tests do not share one.
    # There is one process more than there are cores, since tests wait for what a server does or a page shows: those
    # without a browser for a fifth of their time.
    together = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal")
    need(*PYTEST, "--ignore", "tests/browser", *together)
    browser = (*PYTEST, "tests/browser", *together)
    if subprocess.run(browser, cwd=ROOT, check=False).returncode:
        say("Browsers depend on what else the machine does: what failed has a second chance. A fault fails twice.")
        need(*browser, "--last-failed")


main(sys.argv[1:])
