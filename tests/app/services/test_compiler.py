"""Compiling ahead, in a process of its own: what is waited for, and what happens where it fails."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.config import Settings
from app.services import compiler as module
from app.services.compiler import Compiler
from app.services.registry import Registry
from rnn_core import TrainingConfig

TINY = TrainingConfig(bits=2, hidden_size=2)


@pytest.fixture
async def compiler() -> AsyncIterator[Compiler]:
    compiler = Compiler(None)
    yield compiler
    await compiler.close()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stands in for the compiling process: waits until the file is written, then ends with the number in it."""
    verdict = tmp_path / "verdict"
    program = (
        "import pathlib, sys, time\n"
        "sys.stdin.read()\n"
        f"path = pathlib.Path({str(verdict)!r})\n"
        "while not (path.exists() and path.read_text()): time.sleep(0.01)\n"
        "sys.exit(int(path.read_text()))\n"
    )
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", program))
    return verdict


async def test_the_engine_is_compiling_until_the_child_has_filled_the_cache(compiler: Compiler, child: Path) -> None:
    assert compiler.status().state == "ready"
    task = compiler.prepare(TINY)
    await asyncio.sleep(0)
    assert (compiler.status().name, compiler.status().state) == ("compiled", "compiling")
    child.write_text("0")
    assert await task == "compiled"
    assert compiler.status().state == "ready"


async def test_equal_shapes_are_compiled_once_whatever_their_seed_and_rate(compiler: Compiler, child: Path) -> None:
    first = compiler.prepare(TINY)
    again = compiler.prepare(TrainingConfig(bits=2, hidden_size=2, seed=9, learning_rate=3.0, max_iterations=7))
    other = compiler.prepare(TrainingConfig(bits=2, hidden_size=3))
    assert first is again
    assert first is not other
    child.write_text("0")
    assert [await first, await other] == ["compiled", "compiled"]


async def test_where_the_child_fails_the_server_says_so_and_goes_on_with_the_reference(
    monkeypatch: pytest.MonkeyPatch, child: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child.write_text("1")
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.get("main")
        assert run.status().iteration == 0
        await run.step(7)
        status = registry.compiler.status()
        assert (status.name, status.state) == ("numpy", "fallback")
        assert status.detail is not None
        assert "could not be compiled" in status.detail
        assert run.snapshot.iteration == 7
        assert run._trainer.engine == "numpy"
        log_id = status.detail.split()[-1].rstrip(".")
        assert log_id in caplog.text
    finally:
        await registry.close()


async def test_a_run_that_waits_for_the_engine_is_paused_at_once_and_starts_when_it_is_there(child: Path) -> None:
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.get("main")
        await run.start()
        assert run.state == "running"
        async with asyncio.timeout(5):
            await run.pause()
        assert (run.state, run.snapshot.iteration) == ("paused", 0)
        await run.start()
        child.write_text("0")
        async with asyncio.timeout(60):
            while run.snapshot.iteration == 0:
                await asyncio.sleep(0.01)
        await run.pause()
        assert run._trainer.engine == "compiled"
    finally:
        await registry.close()


async def test_closing_ends_a_child_that_still_compiles(child: Path) -> None:
    compiler = Compiler(None)
    task = compiler.prepare(TINY)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await compiler.close()
    assert task.cancelled()


async def test_the_reference_needs_no_compiling(child: Path) -> None:
    compiler = Compiler("numpy")
    assert await compiler.prepare(TINY) == "numpy"
    assert (compiler.status().name, compiler.status().state) == ("numpy", "ready")


async def test_without_numba_the_reference_computes_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "compiled_is_missing", lambda: "Numba is not installed")
    compiler = Compiler(None)
    assert await compiler.prepare(TINY) == "numpy"
    status = compiler.status()
    assert (status.name, status.state) == ("numpy", "fallback")
    assert status.detail == "Numba is not installed, so the numpy engine computes, a hundred times slower."
