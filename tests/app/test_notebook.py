"""The notebook in docs/ runs, and prints what stands in it."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "inside.ipynb"


def printed(cell: dict[str, Any]) -> str:
    """What stands in the notebook as printed by a cell."""
    return "".join(line for output in cell["outputs"] for line in output.get("text", []))


def test_every_cell_runs_and_prints_what_stands_there() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["metadata"]["language_info"]["name"]) == (4, "python")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 5
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        source = "".join(cell["source"])
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(source, f"cell {number}", "exec"), names)
        assert out.getvalue() == printed(cell), f"cell {number}"
        if source.endswith("figure"):
            assert any("image/png" in output.get("data", {}) for output in cell["outputs"])
    names["plt"].close("all")
