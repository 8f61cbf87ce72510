"""The steps of docs/tasks.md, done in a copy of the package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_task_of_your_own_made_as_the_documentation_says_prints_what_it_says(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tasks.md").read_text()
    source, import_line, tuple_line, script = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed = re.findall(r"```\n(.*?)```", text.partition("It prints")[2], re.DOTALL)[0]

    shutil.copytree(ROOT / "rnn_core", tmp_path / "rnn_core", ignore=shutil.ignore_patterns("__pycache__"))
    tasks = tmp_path / "rnn_core" / "tasks"
    (tasks / "edges.py").write_text(source)
    lines = (tasks / "__init__.py").read_text().splitlines(keepends=True)
    lines[lines.index(tuple_line.replace(", Edges", ""))] = tuple_line
    first = next(k for k, line in enumerate(lines) if line.startswith("from "))
    (tasks / "__init__.py").write_text("".join([*lines[:first], import_line, *lines[first:]]))

    check = "import rnn_core, sys; print(rnn_core.__file__, file=sys.stderr)\n"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", check + script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == str(tmp_path / "rnn_core" / "__init__.py")
    assert done.stdout == printed
