"""Milestones of runs: found in the background from the run itself, kept with it, and told to viewers."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from app.messages.outgoing import MilestonesMessage
from app.services.history import History
from app.services.live_run import LiveRun
from app.services.viewer import Viewer
from app.storage.database import default_url, open_database
from app.storage.store import Saved, Store
from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.accuracy import accuracy_of
from rnn_core.assessment.marks import marks
from rnn_core.assessment.milestones import Milestone, Moment, milestones
from rnn_core.assessment.schedule import moments
from tests.app.services.test_historian import LEARNING, complete, step_by_step
from tests.app.services.test_keeper import kept
from tests.patience import PATIENCE

ITERATIONS = 600


def truth(config: TrainingConfig, iterations: int) -> list[Milestone]:
    """The milestones of a run that nobody interrupted, found one moment after the other."""
    trainer, way = Trainer(config, "numpy"), []
    for at in moments(0, iterations):
        trainer.advance(at - trainer.iteration)
        share = accuracy_of(config, trainer.parameters, "numpy")
        way.append(Moment(at, share, marks(config, trainer.parameters)))
    return milestones(config, way)


KNOWN = truth(LEARNING, ITERATIONS)


def found(run: LiveRun) -> list[Milestone]:
    return list(run.history.milestones(run.snapshot))


def up_to(iteration: int) -> list[Milestone]:
    return [one for one in KNOWN if one.iteration <= iteration]


async def test_they_are_the_same_however_training_was_cut_and_whether_watched_or_not(tmp_path: Path) -> None:
    assert {one.kind for one in KNOWN} >= {"understood", "memory", "all_right"}
    async with kept(tmp_path) as registry:
        small, large, paced, watched = [
            await registry.create(None, replace(LEARNING, max_iterations=ITERATIONS), speed)
            for speed in (None, None, 5000.0, None)
        ]
        viewer = Viewer()
        with watched.watched_by(viewer):
            await step_by_step(small, ITERATIONS, 15)
            await large.step(ITERATIONS)
            await paced.start()
            await watched.start()
            async with asyncio.timeout(PATIENCE):
                while "running" in (paced.state, watched.state):
                    await asyncio.sleep(0.01)
            await complete(small, large, paced, watched)
        for run in (small, large, paced, watched):
            assert found(run) == KNOWN


async def test_viewers_are_told_all_of_them_whenever_there_is_a_new_one(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, LEARNING, None)
        viewer = Viewer()
        with run.watched_by(viewer):
            await run.step(ITERATIONS)
            await complete(run)
            messages: list[MilestonesMessage] = []
            async with asyncio.timeout(PATIENCE):
                while not messages or len(messages[-1].milestones) < len(KNOWN):
                    item = await viewer.next()
                    if isinstance(item, str) and json.loads(item)["type"] == "milestones":
                        messages.append(MilestonesMessage.model_validate_json(item))
        counts = [len(message.milestones) for message in messages]
        assert counts == sorted(set(counts)), "each message tells something new"
        [*_, last] = messages
        assert [(one.iteration, one.kind, one.text) for one in last.milestones] == [
            (one.iteration, one.kind, one.text) for one in KNOWN
        ]
        assert last.milestones == await run.milestones()
        assert [(one.a, one.b) for one in last.milestones if one.a is not None] == [
            one.operands for one in KNOWN if one.operands
        ]


async def test_they_are_kept_with_the_run_and_not_computed_again(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, LEARNING, None)
        await run.step(ITERATIONS)
        await complete(run)
        name = run.id
    async with kept(tmp_path) as registry:
        await registry._historian.close()
        again = await registry.get(name)
        assert again.history.unmarked() == []
        assert found(again) == KNOWN


async def test_a_branch_takes_over_the_earlier_ones_and_finds_its_own(tmp_path: Path) -> None:
    between = KNOWN[len(KNOWN) // 2].iteration
    async with kept(tmp_path) as registry:
        parent = await registry.create(None, LEARNING, None)
        await parent.step(ITERATIONS)
        await complete(parent)
        child = await registry.create_branch(None, parent.id, between, {}, None)
        assert found(child) == up_to(between)
        await child.step(ITERATIONS - between)
        await complete(child)
        assert found(child) == KNOWN


async def test_a_reset_begins_without_any_and_its_undo_brings_them_back(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, LEARNING, None)
        await run.step(ITERATIONS)
        await complete(run)
        await run.reset(None)
        assert found(run) == []
        await registry.undo_reset(run)
        assert found(run) == KNOWN


async def test_of_a_run_that_an_earlier_version_stored_they_are_found_afterwards(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create(None, LEARNING, None)
        await run.step(ITERATIONS)
        await complete(run)
        name, accuracies = run.id, run.accuracies
    engine, _ = open_database(default_url(tmp_path))
    store = Store(engine)
    store.save([Saved(replace(row, marks=())) for row in store.rows()])
    engine.dispose()
    async with kept(tmp_path) as registry:
        again = await registry.get(name)
        assert found(again) == []
        assert again.pending_accuracies == 0, "the accuracies are known"
        async with asyncio.timeout(PATIENCE):
            while again.history.unmarked():
                await asyncio.sleep(0.01)
        assert found(again) == KNOWN
        assert again.accuracies == accuracies


def test_none_is_told_before_all_earlier_moments_are_evaluated() -> None:
    trainer = Trainer(LEARNING, "numpy")
    history = History((), 0, trainer.snapshot())
    evaluated = {}
    while trainer.iteration <= ITERATIONS:
        if trainer.iteration in moments(0, ITERATIONS):
            share = accuracy_of(LEARNING, trainer.parameters, "numpy")
            evaluated[trainer.iteration] = share, marks(LEARNING, trainer.parameters)
        trainer.advance(10)
    snapshot = replace(trainer.snapshot(), iteration=ITERATIONS)
    late = KNOWN[1].iteration
    for place, (share, marked) in reversed(evaluated.items()):
        if place != late:
            history.add(place, share, marked)
    assert list(history.milestones(snapshot)) == [one for one in KNOWN if one.iteration < late]
    history.add(late, *evaluated[late])
    assert list(history.milestones(snapshot)) == KNOWN


def test_a_moment_that_can_not_be_evaluated_holds_up_nothing() -> None:
    snapshot = replace(Trainer(LEARNING, "numpy").snapshot(), iteration=20)
    history = History(((10, 0.5),), 0, snapshot)
    assert history.unmarked() == [10]
    history.give_up([0, 10])
    assert (history.unmarked(), history.points) == ([], ((10, 0.5),))
    assert history.missing(snapshot) == [20]
    history.add(20, 1.0, marks(LEARNING, Trainer(LEARNING, "numpy").parameters))
    assert "all_right" in [one.kind for one in history.milestones(snapshot)]
