"""Compiling ahead in a separate process: what waits for it, and what happens if it fails."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import pytest

from app.config import Settings
from app.problems import problem_of
from app.refusals import Refusal
from app.scheduling import NICENESS
from app.services import compiler as module
from app.services.compiler import Compiler, Need
from app.services.registry import Registry
from rnn_core import Trainer, TrainingConfig
from tests.patience import PATIENCE

TINY = TrainingConfig(bits=2, hidden_size=2)


@pytest.fixture
async def compiler() -> AsyncIterator[Compiler]:
    compiler = Compiler(None)
    yield compiler
    await compiler.close()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stands in for the compiling process: waits until the file is written, then ends with the number in it. General
    kernels have a file of their own, which stands beside it.
    """
    verdict = tmp_path / "verdict"
    program = (
        "import pathlib, sys, time\n"
        "sys.stdin.read()\n"
        f"path = pathlib.Path({str(verdict)!r} + ''.join(sys.argv[1:]))\n"
        "while not (path.exists() and path.read_text()): time.sleep(0.01)\n"
        "print(3)\n"
        "sys.exit(int(path.read_text()))\n"
    )
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", program))
    return verdict


@pytest.fixture
def general_child(child: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the result of the process that compiles general kernels. Here it begins at once."""
    monkeypatch.setattr(module, "HEAD_START", 0.0)
    return child.with_name("verdict--general")


async def until(condition: Callable[[], bool]) -> None:
    """Wait as long as a busy machine may need."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


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
    child.with_name("verdict--general").write_text("1")
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
        assert run.training.trainer.engine == "numpy"
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
        async with asyncio.timeout(PATIENCE):
            await run.pause()
        assert (run.state, run.snapshot.iteration) == ("paused", 0)
        await run.start()
        child.write_text("0")
        await until(lambda: run.snapshot.iteration > 0)
        await run.pause()
        assert run.training.trainer.engine == "compiled"
    finally:
        await registry.close()


async def test_general_kernels_serve_until_a_networks_own_are_compiled(
    compiler: Compiler, child: Path, general_child: Path
) -> None:
    ready = compiler.prepare(TINY)
    await asyncio.sleep(0)
    status = compiler.status(TINY)
    assert (status.state, status.kernels, status.waiting) == ("compiling", None, True)
    assert compiler.forward(TINY) is None
    general_child.write_text("0")
    assert await ready == "compiled"
    status = compiler.status(TINY)
    assert (status.state, status.kernels, status.waiting) == ("compiling", "general", False)
    forward = compiler.forward(TINY)
    assert forward is not None
    child.write_text("0")
    await compiler.settle(TINY)
    status = compiler.status(TINY)
    assert (status.state, status.kernels, status.waiting, status.detail) == ("ready", "own", False, None)
    own = compiler.forward(TINY)
    parameters = Trainer(TINY, "numpy").snapshot().parameters
    assert own is not None
    assert own is not forward
    assert own(parameters, [1, 1]) == forward(parameters, [1, 1])


async def test_once_general_kernels_are_there_no_network_of_their_cell_waits(
    compiler: Compiler, child: Path, general_child: Path
) -> None:
    general_child.write_text("0")
    await compiler.prepare(TINY)
    other = TrainingConfig(bits=3, hidden_size=4, optimizer="adam")
    async with asyncio.timeout(PATIENCE):
        assert await compiler.prepare(other) == "compiled"
    assert compiler.status(other).kernels == "general"
    assert compiler.status(TrainingConfig(cell="gru")).kernels is None


async def test_a_run_trains_by_general_kernels_and_its_own_take_over_with_the_same_numbers(
    child: Path, general_child: Path
) -> None:
    general_child.write_text("0")
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.create(None, TINY, None)
        await run.start()
        await until(lambda: run.snapshot.iteration > 100)
        assert registry.compiler.status(TINY).kernels == "general"
        assert run.training.trainer._engine.plan.general  # type: ignore[attr-defined]
        child.write_text("0")
        await registry.compiler.settle(TINY)
        reached = run.snapshot.iteration
        await until(lambda: run.snapshot.iteration > reached + 10_000 or run.state == "finished")
        await run.pause()
        assert not run.training.trainer._engine.plan.general  # type: ignore[attr-defined]
        alone = Trainer(TINY, "compiled")
        errors = alone.advance(run.snapshot.iteration).errors
        assert run.errors.slice(0, run.snapshot.iteration).tobytes() == errors.tobytes()
        assert run.snapshot.parameters.flat.tobytes() == alone.snapshot().parameters.flat.tobytes()
    finally:
        await registry.close()


async def test_where_its_own_kernels_cant_be_had_general_ones_go_on_and_it_says_so(
    compiler: Compiler, child: Path, general_child: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child.write_text("1")
    general_child.write_text("0")
    assert await compiler.prepare(TINY) == "compiled"
    await compiler.settle(TINY)
    status = compiler.status(TINY)
    assert (status.name, status.state, status.kernels) == ("compiled", "fallback", "general")
    assert compiler.status() == status
    assert status.detail is not None
    assert "a general one computes, with the same numbers but slower" in status.detail
    assert status.detail.split()[-1].rstrip(".") in caplog.text


def sized(size: int) -> TrainingConfig:
    """One of many forms."""
    return TrainingConfig(bits=2, hidden_size=size)


async def test_a_network_that_waits_goes_first_then_one_that_is_watched_and_of_those_the_one_that_waits_longest(
    compiler: Compiler, child: Path
) -> None:
    needs = {
        2: Need(sized(2), waits=False, watched=False),
        3: Need(sized(3), waits=False, watched=False),
        4: Need(sized(4), waits=False, watched=True),
        5: Need(sized(5), waits=True, watched=False),
        6: Need(sized(6), waits=True, watched=True),
        7: Need(sized(7), waits=True, watched=False),
    }
    compiler.watch(needs.values)
    for size in needs:
        compiler.prepare(sized(size))
        await asyncio.sleep(0.02)

    def queue() -> list[int]:
        return [form.config.hidden_size for form in compiler._queue()]

    assert queue() == [2, 6, 5, 7, 4, 3], "the first is under way"
    assert [compiler.status(sized(size)).ahead for size in needs] == [0, 5, 4, 2, 1, 3]
    first = compiler.status(sized(2))
    assert first.seconds is not None
    waiting = asyncio.create_task(compiler.engine(sized(3)))  # for a request
    await asyncio.sleep(0)
    assert queue() == [2, 3, 6, 5, 7, 4]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert queue() == [2, 6, 5, 7, 4, 3]


@pytest.fixture
def priorities(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[int | None]]:
    """The priorities that compiling processes get, one after the other."""
    found = dict[int, list[int | None]]()

    def lower(process: int, niceness: int | None = NICENESS) -> None:
        found.setdefault(process, []).append(niceness)

    monkeypatch.setattr(module, "lower_priority", lower)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "_load", lambda config, general=False: None)
    return found


async def test_a_process_goes_before_training_only_as_long_as_a_run_waits_for_it(
    compiler: Compiler, child: Path, general_child: Path, priorities: dict[int, list[int | None]]
) -> None:
    waited = compiler.prepare(TINY)
    await until(lambda: list(priorities.values()) == [[module.URGENT], [module.URGENT]])
    general_child.write_text("0")
    assert await waited == "compiled"
    await until(lambda: [module.URGENT, None] in priorities.values())  # its own kernels only save time now
    child.write_text("0")
    await compiler.settle(TINY)
    assert len(priorities) == 2


async def test_a_process_that_others_leave_no_time_is_followed_by_one_with_the_priority_of_training(
    compiler: Compiler,
    child: Path,
    general_child: Path,
    priorities: dict[int, list[int | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "IDLE_PATIENCE", 0.01)
    general_child.write_text("0")
    compiler.prepare(TINY)
    await until(lambda: [NICENESS] in priorities.values())
    child.write_text("0")
    await compiler.settle(TINY)
    assert compiler.status(TINY).kernels == "own"


async def test_what_nobody_needs_any_more_is_not_compiled_and_a_process_that_does_so_is_ended(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "_load", lambda config, general=False: None)
    begun, ended, done = list[int](), list[int](), asyncio.Event()

    async def compile_(config: TrainingConfig, urgent: Callable[[], bool], general: bool = False) -> int:
        if general:
            return 0
        begun.append(config.hidden_size)
        try:
            await done.wait()
        except asyncio.CancelledError:
            ended.append(config.hidden_size)
            raise
        return 0

    monkeypatch.setattr(compiler, "_compile", compile_)
    needs = {size: Need(sized(size), waits=True, watched=False) for size in range(2, 40)}
    compiler.watch(needs.values)
    for size in needs:
        compiler.prepare(sized(size))
    await until(lambda: begun == [2])
    for size in (2, *range(4, 40)):
        del needs[size]
    await until(lambda: (begun, ended) == ([2, 3], [2]))
    assert len(compiler._forms) == 1
    assert compiler.status(sized(5)).state == "ready", "nothing is compiled for it"
    done.set()
    assert await compiler.prepare(sized(3)) == "compiled"
    needs[5] = Need(sized(5), waits=True, watched=False)  # somebody comes back to it
    assert await compiler.prepare(sized(5)) == "compiled"
    assert begun == [2, 3, 5]


async def test_one_form_is_compiled_at_a_time_and_of_what_is_compiled_in_advance_one_cell(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_load", lambda config, general=False: None)
    under_way: dict[str, int] = {"own": 0, "--general": 0}
    most = dict(under_way)
    seen: list[str] = []

    async def compile_(config: TrainingConfig, urgent: Callable[[], bool], general: bool = False) -> int:
        kind = "--general" if general else "own"
        seen.append(kind)
        under_way[kind] += 1
        most[kind] = max(most[kind], under_way[kind])
        for _ in range(20):  # others would begin meanwhile
            await asyncio.sleep(0)
        under_way[kind] -= 1
        return 1

    monkeypatch.setattr(compiler, "_compile", compile_)
    forms = [TrainingConfig(bits=2, hidden_size=2, cell=cell) for cell in ("elman", "gru", "lstm")]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(compiler._general_of(config.cell) for config in forms))
        await asyncio.gather(*(compiler.settle(config) for config in forms))
    assert (seen.count("own"), seen.count("--general")) == (3, 3)
    assert most == {"own": 1, "--general": 1}


async def test_only_so_many_networks_get_kernels_of_their_own_and_general_ones_serve_the_others(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OWN", 3)
    monkeypatch.setattr(module, "_load", lambda config, general=False: None)
    compiled = list[int]()

    async def compile_(config: TrainingConfig, urgent: Callable[[], bool], general: bool = False) -> int:
        compiled.extend([] if general else [config.hidden_size])
        return 0

    monkeypatch.setattr(compiler, "_compile", compile_)
    for size in range(2, 9):
        assert await compiler.prepare(sized(size)) == "compiled"
        await compiler.settle(sized(size))
    assert compiled == [2, 3, 4]
    assert [compiler.status(sized(size)).kernels for size in range(2, 9)] == ["own"] * 3 + ["general"] * 4
    assert compiler.status(sized(8)).state == "ready"


async def test_the_forms_of_runs_that_are_reset_or_deleted_are_dropped(child: Path) -> None:
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.create(None, sized(2), None)
        for size in range(3, 12):
            await run.start()
            await asyncio.sleep(0)
            await run.reset(sized(size).to_dict())
        await run.start()
        other = await registry.create(None, sized(20), None)
        await other.start()
        await asyncio.sleep(0)

        def waiting() -> set[int]:
            return {form.config.hidden_size for form in registry.compiler._queue()}

        assert waiting() <= {16, 11, 20, 2}, "the default, two of runs, and perhaps one that is under way"
        await registry.delete(other.id)
        assert 20 not in waiting()
    finally:
        await registry.close()


async def test_how_long_it_takes_is_judged_by_the_last_that_was_compiled_not_by_one_from_the_cache(
    child: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    compiler = Compiler(None, clock=lambda: now)
    try:
        ready = compiler.prepare(TINY)
        await asyncio.sleep(0.05)
        assert compiler.status(TINY).expected is None
        now += 4.0
        assert compiler.status(TINY).seconds == 4.0
        child.write_text("0")
        await ready
        child.write_text("")
        wider, gated = TrainingConfig(bits=2, hidden_size=3), TrainingConfig(bits=2, hidden_size=2, cell="lstm")
        compiler.prepare(wider)
        assert compiler.status(wider).expected == 4.0
        compiler.prepare(gated)
        expected = compiler.status(gated).expected
        assert expected is not None
        assert expected > 4.0
    finally:
        await compiler.close()


async def test_when_nothing_else_is_to_do_general_kernels_of_every_cell_are_seen_to(
    compiler: Compiler, child: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    seen: list[str] = []

    async def compile_(config: TrainingConfig, urgent: Callable[[], bool], general: bool = False) -> int:
        seen.append(f"{config.cell} {'--general' if general else ''}")
        return 0

    monkeypatch.setattr(compiler, "_compile", compile_)
    monkeypatch.setattr(module, "_load", lambda config, general=False: None)
    await compiler.prepare(TINY)
    await until(lambda: len(seen) == 4)
    assert seen == ["elman ", "elman --general", "gru --general", "lstm --general"]


PROMISED = 60.0
"""Seconds, also on a busy machine: the engine would never be there."""


async def test_while_the_engine_is_compiled_every_command_acts_at_once(child: Path) -> None:
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.create(None, TINY, None)

        async def at_once(command: Awaitable[object]) -> None:
            async with asyncio.timeout(PROMISED):
                await command

        async def refused(step: "asyncio.Task[None]") -> str:
            async with asyncio.timeout(PROMISED):
                with pytest.raises(Refusal) as caught:
                    await step
            assert problem_of(caught.value).status is HTTPStatus.CONFLICT
            return str(caught.value.detail)

        for command in (run.pause, run.start, lambda: run.reset({"bits": 3, "hidden_size": 2})):
            step = asyncio.create_task(run.step(5))
            await asyncio.sleep(0.02)
            assert not step.done()
            await at_once(command())
            assert "got another command before its engine was ready" in await refused(step)
            await at_once(run.pause())
            assert run.snapshot.iteration == 0
        await at_once(run.change({"speed": 7.0, "learning_rate": 0.5}))
        assert run.snapshot.config.bits == 3

        step = asyncio.create_task(run.step(5))
        await asyncio.sleep(0.02)
        await at_once(registry.delete(run.id))
        async with asyncio.timeout(PROMISED):
            with pytest.raises(Refusal) as caught:
                await step
        assert problem_of(caught.value).status is HTTPStatus.NOT_FOUND
    finally:
        await registry.close()


async def test_a_step_that_waited_is_done_when_the_engine_is_there(child: Path) -> None:
    registry = Registry(Settings())
    await registry.open()
    try:
        run = await registry.create(None, TINY, None)
        steps = [asyncio.create_task(run.step(n)) for n in (5, 2)]
        await asyncio.sleep(0.02)
        child.write_text("0")
        await asyncio.gather(*steps)
        assert (run.state, run.snapshot.iteration) == ("paused", 7)
    finally:
        await registry.close()


async def test_closing_ends_a_child_that_still_compiles(child: Path) -> None:
    compiler = Compiler(None)
    task = compiler.prepare(TINY)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(PATIENCE):
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


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("print('No room.', file=sys.stderr); sys.exit(3)", "No room."),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL, as where there is too little memory"),
    ],
)
async def test_why_a_child_failed_is_logged_in_words(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, end: str, words: str
) -> None:
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", f"import sys; sys.stdin.read(); {end}"))
    assert await compiler.prepare(TINY) == "numpy"
    assert words in caplog.text
    assert "Traceback" not in caplog.text


async def test_what_children_say_is_logged_once(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = "import sys; sys.stdin.read(); print('Look here.', file=sys.stderr); print(0)"
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", program))
    for config in (TINY, TrainingConfig(bits=2, hidden_size=3)):
        await compiler.settle(config)
    assert caplog.messages.count("Look here.") == 1


async def test_kernels_are_not_loaded_where_there_is_no_room(
    compiler: Compiler, child: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rnn_core.engines.room.room", lambda: 10 * 2**20)
    child.write_text("0")
    child.with_name("verdict--general").write_text("0")
    assert await compiler.prepare(TINY) == "numpy"
    assert "this process may take only 10 MB more" in caplog.text
    assert "Traceback" not in caplog.text
