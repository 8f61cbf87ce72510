"""Dependencies point one way: the design's map, read off the import statements."""

import ast
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rnn_core", "app")

MATHEMATICS = {"numpy", "safetensors", "numba", "llvmlite"}
"""What rnn_core may import beside the standard library and itself."""
WORLD = {"time", "datetime", "threading", "multiprocessing", "concurrent", "asyncio", "logging", "socket"}
"""What rnn_core must not know of: clocks, threads, logs, sockets."""


def sources() -> dict[str, Path]:
    """The project's modules by dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(source: str, module: str, is_package: bool, project: set[str]) -> set[str]:
    """What a module imports, anywhere in it, as dotted names; a name taken from a package counts as the submodule."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parents = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*parents, *filter(None, [node.module])])
            for alias in node.names:
                submodule = f"{base}.{alias.name}"
                found.add(submodule if submodule in project else base)
    return found - {"__future__"}


@cache
def graph() -> dict[str, set[str]]:
    """Every module of the project and what it imports."""
    modules = sources()
    return {
        name: imports(path.read_text(encoding="utf-8"), name, path.stem == "__init__", set(modules))
        for name, path in modules.items()
    }


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def breaches(importer: str, forbidden: tuple[str, ...]) -> list[str]:
    """The imports by which modules of `importer` reach into a forbidden package, as sentences."""
    return [
        f"{module} imports {target}"
        for module, targets in graph().items()
        if within(module, importer)
        for target in sorted(targets)
        if any(within(target, package) for package in forbidden)
    ]


def cycle(dependencies: dict[str, set[str]]) -> list[str]:
    """One cycle, from a module back to itself, or nothing."""
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def test_rnn_core_imports_only_mathematics_and_the_standard_library() -> None:
    allowed = {"rnn_core", *MATHEMATICS, *sys.stdlib_module_names}
    foreign = [
        f"{module} imports {target}"
        for module, targets in graph().items()
        if within(module, "rnn_core")
        for target in sorted(targets)
        if target.partition(".")[0] not in allowed
    ]
    assert foreign == []


@pytest.mark.parametrize("name", sorted(WORLD))
def test_rnn_core_knows_no_clock_thread_log_or_socket(name: str) -> None:
    # But for the ensemble, whose members are spread over the cores.
    assert [breach for breach in breaches("rnn_core", (name,)) if not breach.startswith("rnn_core.ensemble ")] == []


def test_rnn_core_knows_nobody() -> None:
    assert breaches("rnn_core", ("app", "tests", "scripts", "benchmarks")) == []


def test_services_know_neither_routes_nor_main() -> None:
    assert breaches("app.services", ("app.routes", "app.main", "app.cli", "app.__main__")) == []


@pytest.mark.parametrize("package", ["app.services", "app.storage"])
def test_below_the_routes_nobody_knows_http(package: str) -> None:
    assert breaches(package, ("http", "fastapi", "starlette", "uvicorn", "app.problems", "app.requests")) == []


def test_storage_knows_no_services() -> None:
    assert breaches("app.storage", ("app.services", "app.routes", "app.main", "app.cli", "app.messages")) == []


def test_routes_do_not_know_who_wires_them() -> None:
    assert breaches("app.routes", ("app.main", "app.cli", "app.__main__")) == []


def test_the_project_does_not_import_its_tests() -> None:
    assert [breach for package in PACKAGES for breach in breaches(package, ("tests", "benchmarks", "scripts"))] == []


def test_there_are_no_import_cycles() -> None:
    modules = graph()
    found = cycle({name: targets & modules.keys() for name, targets in modules.items()})
    assert not found, "an import cycle: " + " -> ".join(found)


# The reader of imports itself.


def test_the_modules_that_are_read_are_there() -> None:
    modules = graph()
    assert "rnn_core.engines.engine" in modules["rnn_core.trainer"]
    assert "rnn_core.cells.elman" in modules["rnn_core.cells"]
    assert "numpy" in modules["rnn_core.cells.elman"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as np, os.path", {"numpy", "os.path"}),
        ("from rnn_core import tasks, Trainer", {"rnn_core.tasks", "rnn_core"}),
        ("from rnn_core.tasks import bits_of", {"rnn_core.tasks"}),
        ("from . import live", {"app.services.live"}),
        ("from .live import Run", {"app.services.live"}),
        ("from ..messages import Status", {"app.messages"}),
        ("def f():\n    import socket", {"socket"}),
        ("if TYPE_CHECKING:\n    from app import main", {"app.main"}),
        ("from __future__ import annotations", set()),
    ],
)
def test_every_form_of_import_is_understood(source: str, expected: set[str]) -> None:
    project = {"rnn_core", "rnn_core.tasks", "app", "app.main", "app.messages", "app.services.live"}
    assert imports(source, "app.services.hub", False, project) == expected


def test_a_package_imports_relative_to_itself() -> None:
    assert imports("from .live import Run", "app.services", True, {"app.services.live"}) == {"app.services.live"}


def test_a_cycle_is_found_and_told_from_its_start_to_its_start() -> None:
    found = cycle({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()})
    assert found[0] == found[-1]
    assert set(found) == {"a", "b", "c"}
    assert cycle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
