"""Puts a notebook server with jupyter-server-proxy into build/jupyter, and tries the lab behind it:
tests/app/test_jupyter.py. Arguments go to pytest.

It has 70 packages, so it is no part of the extra [test], and has an environment of its own.
"""

import shutil
import subprocess
import sys

from setup import PYTHON, ROOT, WINDOWS, become, say, set_up

FOLDER = ROOT / "build" / "jupyter"
PROGRAM = FOLDER / ("Scripts/jupyter-server.exe" if WINDOWS else "bin/jupyter-server")
PACKAGE = "jupyter-server-proxy>=4.4"


def install() -> bool:
    """Install it unless it is there. Returns whether it is there now."""
    if PROGRAM.exists():
        return True
    say("Installing a notebook server for the tests ...")
    shutil.rmtree(FOLDER, ignore_errors=True)
    python = FOLDER / ("Scripts/python.exe" if WINDOWS else "bin/python")
    commands = (
        [PYTHON, "-m", "venv", FOLDER],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE],
    )
    for command in commands:
        if subprocess.run(command, cwd=ROOT, stdout=2, check=False).returncode:
            shutil.rmtree(FOLDER, ignore_errors=True)  # what is there in part would not be tried again
            return False
    return PROGRAM.exists()


if __name__ == "__main__":
    set_up("[test]")
    if not install():
        sys.exit("The notebook server could not be installed.")
    become([PYTHON, "-m", "pytest", "tests/app/test_jupyter.py", *sys.argv[1:]])
