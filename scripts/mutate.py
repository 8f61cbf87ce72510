"""What scripts/mutate does: mutmut plants faults in Python modules, Stryker in those of the page. docs/testing.md tells
more. All of it happens in copies under build/mutation, which may be deleted.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutation"
COPY = PLACE / "copy"
STRYKER = "@stryker-mutator/core@9.6.1"

SAMPLE = [
    "rnn_core/network/losses.py",
    "rnn_core/network/optimizers.py",
    "rnn_core/assessment/schedule.py",
    "rnn_core/travel.py",
    "app/run_state.py",
    "app/services/replay.py",
    "app/services/allowance.py",
    "app/services/audience.py",
    "app/services/history.py",
    "app/services/keyframes.py",
    "app/services/pacer.py",
    "app/static/changes.js",
    "app/static/decimate.js",
    "app/static/playback.js",
    "app/static/questions.js",
    "app/static/typed.js",
]
"""Modules that compute without a server or kernels, so that their tests take a second or so."""


def main(modules: list[str]) -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0")[:-1]:
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, COPY / name)
    for module in modules or SAMPLE:
        print(f"\n{module}", flush=True)
        (stryker if module.endswith(".js") else mutmut)(module)


def mutmut(module: str) -> None:
    path = Path(module)
    (COPY / "setup.cfg").write_text(
        "[mutmut]\n"
        "source_paths=\n    app\n    rnn_core\n"
        f"only_mutate={module}\n"
        f"pytest_add_cli_args_test_selection=tests/{path.parent}/test_{path.name}\n"
        "pytest_add_cli_args=\n    -p\n    no:cacheprovider\n    --hypothesis-profile=mutation\n"
        "timeout_constant=10\n"
    )
    shutil.rmtree(COPY / "mutants", ignore_errors=True)
    tool = Path(sys.executable).with_name("mutmut")
    with (PLACE / "log").open("w", encoding="utf-8") as log:
        children = ["--max-children", str(os.cpu_count())]
        status = subprocess.run([tool, "run", *children], cwd=COPY, stdout=log, stderr=log, check=False).returncode
    if status:
        sys.exit(f"mutmut ended with {status}: see {log.name}")
    subprocess.run([tool, "export-cicd-stats"], cwd=COPY, check=True, capture_output=True)
    found = json.loads((COPY / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    noticed = found["killed"] + found["timeout"]
    print(f"{noticed} of {found['total']} noticed", flush=True)
    results = subprocess.run([tool, "results"], cwd=COPY, check=True, capture_output=True, text=True).stdout
    for line in results.splitlines():
        name, _, what = line.strip().rpartition(": ")
        if name and what != "timeout":
            print(f"--- {what}: {name}")
            subprocess.run([tool, "show", name], cwd=COPY, check=True)


def stryker(module: str) -> None:
    tool = PLACE / "node_modules" / ".bin" / "stryker"
    if not tool.exists():
        install = ["npm", "install", "--prefix", str(PLACE), "--ignore-scripts", "--no-save", STRYKER]
        subprocess.run(install, check=True)
    settings = {
        "testRunner": "command",
        "commandRunner": {"command": f"node --test tests/static/{Path(module).stem}.test.js"},
        "mutate": [module],
        "reporters": ["clear-text"],
        "allowConsoleColors": False,
        "concurrency": os.cpu_count(),
        "timeoutMS": 8_000,
    }
    (COPY / "stryker.json").write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run([tool, "run", "stryker.json"], cwd=COPY, check=True)


main(sys.argv[1:])
