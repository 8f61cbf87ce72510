"""A run whose past this machine computes differently: its results are never shown as the run's own.

Another machine is one whose reference engine gives the weights a nudge before a certain iteration.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.services import backlog as waiting
from app.services import stored_errors
from app.services.error_series import ErrorSeries
from app.services.live_run import LiveRun
from app.services.parting import Parted
from app.services.recorded import compared_until, parting, pieces_of, pieces_of_chunks
from app.services.registry import Registry
from app.storage import store as storing
from app.storage.database import default_url, open_database
from app.storage.store import CHUNK, Chunk, Saved, Store, stretches_of
from rnn_core import TrainingConfig
from rnn_core.checkpoint import encode_checkpoint
from rnn_core.engines.numpy_engine import NumpyEngine
from rnn_core.engines.progress import Progress
from rnn_core.provenance import provenance
from rnn_core.snapshot import Snapshot
from rnn_core.types import Array
from tests.app.services.test_historian import complete
from tests.app.services.test_keeper import execute, kept, refused
from tests.app.serving import LONG
from tests.rnn_core.compare import bits_of_arrays, bits_of_trace

pytestmark = pytest.mark.usefixtures("hurried")

CONFIG = TrainingConfig(bits=3, hidden_size=3, activation="tanh", learning_rate=1.0, max_iterations=LONG)


# What is compared


def series(first: int, *parts: tuple[Array, bool]) -> ErrorSeries:
    """A series of some errors, exact or thinned."""
    made = ErrorSeries(first)
    for values, exact in parts:
        if not exact:
            made.exact_until = len(made)
        made.store(values if exact else stored_errors.spread(stretches_of(values)))
        made.reveal(len(values))
        if not exact:
            made.exact_from = len(made)
    return made


def parts(recorded: ErrorSeries, start: int, again: Array) -> int | None:
    return parting(pieces_of(recorded, start, start + len(again)), start, again)


def test_the_same_errors_do_not_part_and_one_bit_is_enough() -> None:
    errors = np.random.default_rng(0).random(300) + 1.0
    recorded = series(0, (errors, True))
    assert parts(recorded, 0, errors) is None
    assert parts(recorded, 100, errors[100:]) is None
    again = errors.copy()
    again[217] = np.nextafter(again[217], 9.0)
    assert parts(recorded, 0, again) == 217
    assert parts(recorded, 200, again[200:]) == 217
    assert parts(recorded, 0, again[:217]) is None


def test_where_nothing_is_recorded_nothing_parts() -> None:
    recorded = series(100, (np.ones(50), True))
    assert parts(recorded, 0, np.zeros(100)) is None
    assert parts(recorded, 0, np.concatenate([np.zeros(100), np.ones(60)])) is None
    assert parts(recorded, 140, np.concatenate([np.ones(9), np.zeros(2)])) == 149


def test_thinned_stretches_are_compared_by_least_mean_and_most() -> None:
    errors = np.random.default_rng(1).random(64 * 5) + 1.0
    recorded = series(0, (errors[:64], True), (errors[64:256], False), (errors[256:], True))
    assert parts(recorded, 0, errors) is None
    assert parts(recorded, 70, errors[70:]) is None
    assert [compared_until(recorded, stop) for stop in (60, 64, 65, 130, 256, 300)] == [60, 64, 128, 192, 256, 300]

    def changed(place: int, value: float) -> int | None:
        again = errors.copy()
        again[place] = value
        return parts(recorded, 0, again)

    assert changed(130, 9.0) == 130, "more than the most"
    assert changed(130, 0.1) == 130, "less than the least"
    least = 64 + int(errors[64:128].argmin())
    assert changed(least, errors[64:128].mean()) == 64, "another least"
    middle = 128 + int(np.argsort(errors[128:192])[32])
    assert changed(middle, errors[middle] + 0.1) == 128, "another mean"
    assert changed(256, errors[256] + 1e-15) == 256
    again = errors.copy()
    again[middle] += 0.1
    assert parts(recorded, 130, again[130:170]) is None, "a part of a stretch may lie anywhere within"


def test_chunks_are_compared_as_series_are_and_damaged_ones_with_nothing() -> None:
    errors = np.random.default_rng(2).random(3 * CHUNK)
    chunks = [
        Chunk(0, errors[:CHUNK], None),
        Chunk(CHUNK, None, None),
        Chunk(2 * CHUNK, None, stretches_of(errors[2 * CHUNK :])),
    ]
    again = errors.copy()
    again[CHUNK + 5] = 7.0
    assert parting(pieces_of_chunks(chunks, 0, 3 * CHUNK), 0, again) is None
    again[2 * CHUNK + 5] = 7.0
    assert parting(pieces_of_chunks(chunks, 0, 3 * CHUNK), 0, again) == 2 * CHUNK + 5
    assert [piece.start for piece in pieces_of_chunks(chunks, 10, CHUNK)] == [0]


def test_errors_are_laid_over_chunks_of_either_kind() -> None:
    errors, others = np.random.default_rng(3).random((2, 2 * CHUNK))
    chunks = [Chunk(0, None, stretches_of(errors[:CHUNK])), Chunk(CHUNK, errors[CHUNK:], None)]
    place = CHUNK - 100
    first, second = stored_errors.overlaid(chunks, place, others[place:])
    assert second.values is not None
    assert first.stretches is not None
    assert second.values.tolist() == others[CHUNK:].tolist()
    assert first.stretches[:, :-2].tolist() == stretches_of(errors[:CHUNK])[:, :-2].tolist()
    assert first.stretches[:, -1].tolist() == stretches_of(others[:CHUNK])[:, -1].tolist()
    assert stored_errors.overlaid(chunks, 2 * CHUNK, np.empty(0)) == chunks


# A run that has been moved


class Machine:
    """This machine, until the test makes it a different one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nudged_at: int | None = None
        self.by = 1e-9
        original = NumpyEngine.run

        def run(
            engine: Any, parameters: Any, state: Any, operands: Any, rate: float, iteration: int, held: Any
        ) -> Progress:
            before = -1 if self.nudged_at is None else self.nudged_at - iteration
            if not 0 <= before < len(operands):
                return original(engine, parameters, state, operands, rate, iteration, held)
            errors = np.empty(0)
            if before:
                first = original(engine, parameters, state, operands[:before], rate, iteration, held)
                errors, state = first.errors, first.optimizer_state
            parameters.flat[...] += self.by
            last = original(engine, parameters, state, operands[before:], rate, iteration + before, held)
            return Progress(np.concatenate([errors, last.errors]), last.optimizer_state, last.trace)

        monkeypatch.setattr(NumpyEngine, "run", run)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@asynccontextmanager
async def moved(folder: Path, machine: Machine, at: int | None) -> AsyncIterator[tuple[LiveRun, Registry]]:
    """The run of `train` on a machine that computes differently from an iteration on."""
    machine.nudged_at = at
    async with kept(folder) as registry:
        yield await registry.get("run-2"), registry
    machine.nudged_at = None


async def train(folder: Path, iterations: int = 3000) -> dict[int, Snapshot]:
    """Train a run on this machine, with a keyframe every thousand iterations, and return some of its moments."""
    async with kept(folder) as registry:
        run = await registry.create("Moved", CONFIG, None)
        for _ in range(iterations // 1000):
            await run.step(1000)
        assert [place for place, _ in run.keyframes.until(LONG)] == list(range(0, iterations + 1, 1000))
        places = (1, 999, 1000, 1400, 1500, 1600, 2000, 2500, 3000)
        return {place: await run.travel.moment(place) for place in places}


def same(one: Snapshot, other: Snapshot) -> bool:
    return one.iteration == other.iteration and bits_of_arrays(one.parameters) == bits_of_arrays(other.parameters)


async def test_on_the_same_machine_nothing_is_said(tmp_path: Path, machine: Machine) -> None:
    then = await train(tmp_path)
    async with moved(tmp_path, machine, None) as (run, registry):
        for place, moment in then.items():
            look = await run.travel.look(place)
            assert (look.differing, look.sound, look.error) == (None, True, moment.trace and moment.trace.error)
            assert same(look.snapshot, moment)
            assert bits_of_trace(look.snapshot.trace) == bits_of_trace(moment.trace)
        found, differing = await run.travel.answers([1, 2], 0, 3000, 31)
        assert ([place for place, _ in found], differing) == (list(range(0, 3001, 100)), None)
        assert (await run.accuracy(1600)).parting is None
        child = await registry.create_branch(None, run.id, 1600, {}, None)
        await child.step(10)
        assert [place for place, _ in child.keyframes.until(LONG)] == [0, 1000, 1600], "none for the restart"


async def test_what_another_machine_computes_is_not_passed_off_as_the_past(tmp_path: Path, machine: Machine) -> None:
    then = await train(tmp_path)
    async with moved(tmp_path, machine, 1500) as (run, _):
        for place in (1, 999, 1000, 1400, 1500, 2500, 3000):
            look = await run.travel.look(place)
            assert look.differing is None, place
            assert same(look.snapshot, then[place])
        look = await run.travel.look(1600)
        assert look.differing is not None
        assert (look.differing.iteration, look.differing.sound, look.sound) == (1500, (1000, 2000), False)
        assert not same(look.snapshot, then[1600])
        trace = then[1600].trace
        assert trace is not None
        assert look.error == trace.error, "the recorded one"
        assert look.snapshot.trace is not None
        assert look.snapshot.trace.error != trace.error
        told = look.parting()
        assert told is not None
        assert (told.iteration, told.sound) == (1500, [1000, 2000])
        assert told.detail == (
            f"What is shown is not exactly what was then: the error was {trace.error:.4f}, "
            f"and here it is {look.snapshot.trace.error:.4f}. "
            "This machine computes the run differently from iteration 1,500 on. "
            "As far as is known, it was trained with the same as here."
        )
        with pytest.raises(Parted, match=r"from iteration 1,500 on.*The nearest moments that were kept: 1,000, 2,000"):
            await run.travel.moment(1600)

        look = await run.travel.look(2000)
        assert (look.sound, look.parting(), look.snapshot.trace) == (True, None, None)
        assert look.differing is not None
        assert look.differing.told().detail.startswith("This network was kept as it was. Its last problem is not known")
        assert look.error == then[2000].trace.error  # type: ignore[union-attr]
        assert same(look.snapshot, then[2000])
        assert same(await run.travel.moment(2000), then[2000])


async def test_a_branch_joins_no_two_histories(tmp_path: Path, machine: Machine) -> None:
    then = await train(tmp_path)
    async with moved(tmp_path, machine, 1500) as (run, registry):
        said = await refused(registry.create_branch(None, run.id, 1600, {}, None), 409)
        assert "1,000, 2,000" in said
        assert [status.id for status in registry.statuses()] == ["main", run.id]
        for place in (1400, 2000):
            child = await registry.create_branch(None, run.id, place, {"learning_rate": 0.5}, None)
            assert same(child.snapshot, then[place])
            assert child.snapshot.changes == ((place, 0.5),)
            assert child.errors.slice(0, LONG).tolist() == run.errors.slice(0, place).tolist()
            await child.step(5)
            assert (await child.travel.look(place + 3)).differing is None


async def test_answers_and_accuracies_of_another_history_are_no_part_of_the_runs(
    tmp_path: Path, machine: Machine
) -> None:
    await train(tmp_path)
    async with moved(tmp_path, machine, None) as (run, _):
        expected = dict((await run.travel.answers([3, 2], 0, 3000, 31))[0])
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)  # without those of the machine that trained, which are right, and known
    store.save([Saved(replace(row, accuracies=())) for row in store.rows()])
    store.close()
    async with moved(tmp_path, machine, 1500) as (run, _):
        found, differing = await run.travel.answers([3, 2], 0, 3000, 31)
        assert differing is not None
        assert (differing.iteration, differing.sound) == (1500, (1000, 2000))
        places = [place for place, _ in found]
        assert places == [*range(0, 1501, 100), *range(2000, 3001, 100)]
        assert [answer.probabilities for _, answer in found] == [expected[place].probabilities for place in places]
        found, _ = await run.travel.answers([3, 2], 1600, 1900, 4)
        assert found == [], "there is no moment of the stretch that was kept"
        accuracy = await run.accuracy(1600)
        assert accuracy.parting is not None
        assert accuracy.parting.iteration == 1500
        assert (await run.accuracy(2000)).parting is None
        await complete(run)
        assert run.accuracies, "what this machine can compute again"
        assert all(not 1500 < place < 2000 for place, _ in run.accuracies)


async def test_where_its_last_iterations_are_computed_differently_a_run_has_no_last_trace_and_goes_on(
    tmp_path: Path, machine: Machine
) -> None:
    then = await train(tmp_path)
    async with moved(tmp_path, machine, 2500) as (run, _):
        assert run.snapshot.trace is None
        assert same(run.snapshot, then[3000])
        assert run.status().error == then[3000].trace.error  # type: ignore[union-attr]
        look = await run.travel.look(3000)
        assert (look.sound, look.differing and look.differing.kept) == (True, True)
        await run.step(100)
    async with moved(tmp_path, machine, None) as (run, _):
        assert (await run.travel.look(3050)).differing is None
        assert (await run.travel.look(2600)).differing is None


async def test_from_where_another_machine_goes_on_the_past_is_judged_for_itself(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await train(tmp_path)
    here = provenance("numpy")
    other = {**here, "numpy": "1.0"}
    for module in ("rnn_core.trainer", "app.services.training_loop", "app.services.travel"):
        monkeypatch.setattr(f"{module}.provenance", lambda engine: other)
    async with moved(tmp_path, machine, None) as (run, _):
        await run.step(1000)
        places = [place for place, _ in run.keyframes.until(LONG)]
        assert places == [0, 1000, 2000, 3000, 4000]
        kept_of = {place: await run.travel.keyframe(place) for place in places}
        assert [kept and kept.provenance for kept in kept_of.values()] == [here, here, here, here, other]
    async with moved(tmp_path, machine, 1500) as (run, _):
        told = (await run.travel.look(1600)).parting()
        assert told is not None
        assert told.detail.endswith(f"It was trained with NumPy {np.__version__}; here it is NumPy 1.0.")
    async with moved(tmp_path, machine, 3200) as (run, _):
        told = (await run.travel.look(3300)).parting()
        assert told is not None
        assert told.detail.endswith("it was trained with the same as here.")


async def test_where_training_goes_on_in_another_way_off_a_keyframe_there_is_one(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("Moved", CONFIG, None)
        await run.step(300)  # without a keyframe: the server is killed, say
        await registry.keeper.save(run)
        monkeypatch.setattr(run, "keep_moment", lambda: None)
    other = {**provenance("numpy"), "numpy": "1.0"}
    for module in ("rnn_core.trainer", "app.services.training_loop"):
        monkeypatch.setattr(f"{module}.provenance", lambda engine: other)
    async with moved(tmp_path, machine, None) as (run, _):
        assert [place for place, _ in run.keyframes.until(LONG)] == [0]
        await run.step(10)
        assert [place for place, _ in run.keyframes.until(LONG)] == [0, 300]
        await run.step(10)
        assert [place for place, _ in run.keyframes.until(LONG)] == [0, 300]


async def test_a_store_that_knows_nothing_of_what_computed_it_is_compared_all_the_same(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(
            waiting,
            "encode_checkpoint",
            lambda snapshot, generation: encode_checkpoint(replace(snapshot, provenance=None), generation),
        )
        await train(tmp_path)
    async with moved(tmp_path, machine, None) as (run, _):
        assert run.snapshot.provenance is None
        assert (await run.travel.look(1600)).differing is None
        await run.step(10)
    async with moved(tmp_path, machine, 1500) as (run, _):
        told = (await run.travel.look(1600)).parting()
        assert told is not None
        assert told.detail.endswith("What it was trained with is not known.")


async def test_a_past_that_ends_early_on_another_machine_is_refused(tmp_path: Path, machine: Machine) -> None:
    then = await train(tmp_path)
    machine.by = np.inf
    async with moved(tmp_path, machine, 1500) as (run, registry):
        assert "from iteration 1,500 on" in await refused(run.travel.look(1600), 409)
        assert "from iteration 1,500 on" in await refused(run.accuracy(1600), 409)
        assert same((await run.travel.look(1500)).snapshot, then[1500])
        assert same((await run.travel.look(2000)).snapshot, then[2000])
        await refused(registry.create_branch(None, run.id, 1600, {}, None), 409)
        found, differing = await run.travel.answers([3, 2], 0, 3000, 31)
        assert differing is not None
        assert 1600 not in dict(found)


# Damage, on another machine


async def test_a_damaged_end_is_computed_again_and_says_that_it_is_another(tmp_path: Path, machine: Machine) -> None:
    await train(tmp_path)
    async with moved(tmp_path, machine, None) as (run, _):
        await run.step(700)
        recorded = run.errors.slice(0, LONG)
    execute(tmp_path, "UPDATE snapshots SET sha256 = 'x' WHERE run_id = 'run-2' AND iteration = 3700")
    async with moved(tmp_path, machine, 3200) as (run, registry):
        assert (run.snapshot.iteration, run.state) == (3700, "paused")
        assert run.detail == (
            "What was saved last of this run is damaged. Its iterations from 3,000 on were computed again, "
            "and this machine computes them differently."
        )
        errors = run.errors.slice(0, LONG)
        assert errors[:3200].tolist() == recorded[:3200].tolist()
        assert errors[3200:].tolist() != recorded[3200:].tolist()
        machine.nudged_at = None  # the history goes on as it is now
        await registry.keeper.save(run)
        await run.step(10)
        errors = run.errors.slice(0, LONG)
    async with moved(tmp_path, machine, 3200) as (run, _):
        assert run.errors.slice(0, LONG).tolist() == errors.tolist()
        assert (await run.travel.look(3300)).differing is None


async def test_damaged_errors_that_can_not_be_computed_as_they_were_are_lost(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller_chunks(monkeypatch, 1024, full=100)
    await train(tmp_path)
    execute(tmp_path, "UPDATE errors SET sha256 = 'x' WHERE run_id = 'run-2' AND chunk = 1")
    for at, first in ((1900, 2048), (2048, 2048), (None, 0)):
        folder = tmp_path / str(at)
        folder.mkdir()
        shutil.copy(tmp_path / "runs.sqlite3", folder)
        async with moved(folder, machine, at) as (run, _):
            assert run.errors.first == first, "this machine would compute others, or others right behind"


def smaller_chunks(monkeypatch: pytest.MonkeyPatch, size: int, full: int) -> None:
    """Make chunks of errors smaller, so that they are thinned after fewer iterations."""
    for module in ("app.storage.store", "app.services.backlog", "app.services.branches"):
        monkeypatch.setattr(f"{module}.CHUNK", size)
    monkeypatch.setattr(storing, "FULL_CHUNKS", full)


async def test_thinned_errors_are_compared_too(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller_chunks(monkeypatch, 1024, full=1)
    then = await train(tmp_path)
    async with moved(tmp_path, machine, None) as (run, registry):
        assert (run.errors.exact_until, run.errors.exact_from) == (1024, 2048)
        for place, moment in then.items():
            look = await run.travel.look(place)
            assert (look.differing, look.error) == (None, moment.trace and moment.trace.error), place
        assert len(await run.travel.errors(1100, 1900)) == 800
        child = await registry.create_branch(None, run.id, 1600, {}, None)
        assert child.errors.first == 0
    async with moved(tmp_path, machine, 1500) as (run, registry):
        look = await run.travel.look(1900)
        assert look.differing is not None
        assert 1472 <= look.differing.iteration <= 1900
        assert (look.sound, look.error) == (False, None), "of this iteration no error is known by itself"
        assert (await run.travel.look(1400)).differing is None
        assert (await run.travel.look(2500)).differing is None
        assert "Ask for a summary with points" in await refused(run.travel.errors(1100, 1900), 409)
        assert len(await run.travel.errors(1100, 1400)) == 300
        kept_one = await registry.create_branch(None, run.id, 2000, {}, None)
        assert same(kept_one.snapshot, then[2000])
        assert kept_one.errors.first == 2000, "nor can those before it be computed"
        assert len(kept_one.errors) == 2000
        await kept_one.step(3)
    async with moved(tmp_path, machine, None) as (_, registry):
        assert (await registry.get("run-4")).errors.first == 2000
