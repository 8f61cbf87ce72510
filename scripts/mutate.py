"""What scripts/mutate does: mutmut plants faults in Python modules, Stryker in those of the page. docs/testing.md tells
more. All of it happens in a copy under build/mutation, which is deleted at the end.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutation"
STRYKER = "@stryker-mutator/core@9.6.1"

SAMPLE = [
    "rnn_core/network/losses.py",
    "rnn_core/network/optimizers.py",
    "rnn_core/assessment/schedule.py",
    "app/run_state.py",
    "app/services/replay.py",
    "app/services/allowance.py",
    "app/services/audience.py",
    "app/services/history.py",
    "app/services/keyframes.py",
    "app/services/pacer.py",
    "app/static/changes.js",
    "app/static/decimate.js",
    "app/static/followed.js",
    "app/static/playback.js",
    "app/static/questions.js",
    "app/static/resets.js",
    "app/static/state.js",
    "app/static/stream.js",
    "app/static/travel.js",
    "app/static/typed.js",
]
"""Modules that compute without a server or kernels, so that their tests take a second or so."""

ALSO = {"app/static/state.js": ["resets"]}
"""Tests that belong to a module of the page, besides those with its name."""


def main(modules: list[str]) -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="copy-", dir=PLACE) as folder:
        copy_into(copy := Path(folder))
        for module in modules or SAMPLE:
            print(f"\n{module}", flush=True)
            (stryker if module.endswith(".js") else mutmut)(module, copy)


def copy_into(copy: Path) -> None:
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0")[:-1]:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def mutmut(module: str, copy: Path) -> None:
    path = Path(module)
    (copy / "setup.cfg").write_text(
        "[mutmut]\n"
        "source_paths=\n    app\n    rnn_core\n"
        f"only_mutate={module}\n"
        f"pytest_add_cli_args_test_selection=tests/{path.parent}/test_{path.name}\n"
        "pytest_add_cli_args=\n    -p\n    no:cacheprovider\n    --hypothesis-profile=mutation\n"
        "timeout_constant=10\ntimeout_multiplier=3\n",
        encoding="utf-8",
    )
    shutil.rmtree(copy / "mutants", ignore_errors=True)
    tool = Path(sys.executable).with_name("mutmut")
    with (copy / "log").open("w+", encoding="utf-8") as log:
        children = ["--max-children", str(os.cpu_count())]
        status = subprocess.run([tool, "run", *children], cwd=copy, stdout=log, stderr=log, check=False).returncode
        if status:
            log.seek(0)
            sys.exit(f"mutmut ended with {status}:\n{log.read()[-5000:]}")
    subprocess.run([tool, "export-cicd-stats"], cwd=copy, check=True, capture_output=True)
    found = json.loads((copy / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    noticed = found["killed"] + found["timeout"]
    print(f"{noticed} of {found['total']} noticed", flush=True)
    results = subprocess.run([tool, "results"], cwd=copy, check=True, capture_output=True, text=True).stdout
    for line in results.splitlines():
        name, _, what = line.strip().rpartition(": ")
        if name and what != "timeout":
            print(f"--- {what}: {name}")
            subprocess.run([tool, "show", name], cwd=copy, check=True)


def stryker(module: str, copy: Path) -> None:
    tool = PLACE / "node_modules" / ".bin" / "stryker"
    if not tool.exists():
        install = ["npm", "install", "--prefix", str(PLACE), "--ignore-scripts", "--no-save", STRYKER]
        subprocess.run(install, check=True)
    tests = [Path(module).stem, *ALSO.get(module, [])]
    settings = {
        "testRunner": "command",
        "commandRunner": {"command": " && ".join(f"node tests/static/{name}.test.js" for name in tests)},
        "mutate": [module],
        # What the tests read; nothing else is copied or parsed.
        "ignorePatterns": ["**", "!app/static/**/*.js", "!tests/static/**"],
        "disableTypeChecks": False,
        "reporters": ["clear-text"],
        "allowConsoleColors": False,
        "concurrency": os.cpu_count(),
        "timeoutMS": 30_000,  # enough where others use the machine, too
    }
    (copy / "stryker.json").write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run([tool, "run", "stryker.json"], cwd=copy, check=True)


main(sys.argv[1:])
