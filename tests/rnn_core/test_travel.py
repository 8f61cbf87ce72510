"""The past that is computed again is what happened. A branch goes on from there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import ConfigError, Trainer, TrainingConfig
from rnn_core.engines.engine import ENGINES
from rnn_core.snapshot import Snapshot
from rnn_core.travel import branch, come_along, recompute
from tests.rnn_core.compare import bits_of_trace, state_of

CONFIG = TrainingConfig(optimizer="adam", learning_rate=0.01, max_iterations=200)
CHANGES = ((0, 0.02), (40, 0.5), (41, 0.01), (90, 0.3))


def walked(engine: str, stops: range) -> list[Snapshot]:
    """The run at every stop, with its learning rate changes."""
    trainer, found = Trainer(CONFIG, engine), []
    for iteration in range(stops.stop):
        for at, value in CHANGES:
            if at == iteration:
                trainer.set_learning_rate(value)
        if iteration in stops:
            found.append(trainer.snapshot())
        trainer.advance(1)
    return found


@pytest.fixture(scope="module", params=list(ENGINES))
def history(request: pytest.FixtureRequest) -> tuple[str, list[Snapshot]]:
    return request.param, walked(request.param, range(0, 121))


@settings(deadline=None)
@given(ends=st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted))
def test_any_moment_is_reached_bit_by_bit_from_any_before_it(
    history: tuple[str, list[Snapshot]], ends: list[int]
) -> None:
    engine, moments = history
    start, end = ends
    there = recompute(moments[start], end, CHANGES, engine)
    assert state_of(there) == state_of(moments[end])
    assert bits_of_trace(there.trace) == bits_of_trace(moments[end].trace)


def test_a_change_taken_back_after_the_snapshot_is_not_made(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    trainer = Trainer.restore(moments[60], engine)
    trainer.set_learning_rate(0.9)
    stale = trainer.snapshot()
    assert state_of(recompute(stale, 80, CHANGES, engine)) == state_of(moments[80])


def test_what_was_planned_at_the_snapshot_and_did_not_come_to_pass_is_not_made(
    history: tuple[str, list[Snapshot]],
) -> None:
    engine, moments = history
    trainer = Trainer.restore(moments[60], engine)
    trainer.plan([(70, 0.9), (90, 0.8), (100, 0.7)])
    planned = trainer.snapshot()
    for end in (69, 75, 95, 120):
        assert state_of(recompute(planned, end, CHANGES, engine)) == state_of(moments[end])
    assert branch(planned, {}).changes == moments[60].changes, "a branch has the past alone"


def test_the_future_and_the_past_before_the_snapshot_are_refused(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    with pytest.raises(ValueError, match="lies before"):
        recompute(moments[10], 9, CHANGES, engine)
    with pytest.raises(ValueError, match="came to iteration 200 only"):
        recompute(moments[120], 201, CHANGES, engine)


def test_an_unchanged_branch_goes_on_as_the_run_itself(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    other = Trainer.restore(branch(moments[50], {}), engine)
    other.advance(40)
    other.set_learning_rate(0.3)
    other.advance(30)
    assert state_of(other) == state_of(moments[120])


def test_a_branch_from_where_a_run_diverged_may_go_on(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    begun = branch(replace(moments[50], diverged=True), {"learning_rate": 0.001})
    assert not begun.diverged
    other = Trainer.restore(begun, engine)
    assert len(other.advance(10).errors) == 10


def test_a_new_rate_is_a_change_from_the_branch_on(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    begun = branch(moments[50], {"learning_rate": 0.25})
    assert begun.learning_rate == 0.25
    assert begun.changes == (*moments[50].changes, (50, 0.25))
    assert begun.config.learning_rate == CONFIG.learning_rate
    expected = Trainer.restore(moments[50], engine)
    expected.set_learning_rate(0.25)
    expected.advance(10)
    other = Trainer.restore(begun, engine)
    other.advance(10)
    assert state_of(other) == state_of(expected)


def test_a_new_optimizer_begins_with_an_empty_memory(history: tuple[str, list[Snapshot]]) -> None:
    engine, moments = history
    begun = branch(moments[50], {"optimizer": "momentum", "max_iterations": 60, "clip_norm": 1.0})
    assert set(begun.optimizer_state) == {"velocity"}
    assert not begun.optimizer_state["velocity"].any()
    assert begun.parameters.flat.tobytes() == moments[50].parameters.flat.tobytes()
    other = Trainer.restore(begun, engine)
    assert len(other.advance(100).errors) == 10
    assert (other.config.clip_norm, other.finished) == (1.0, True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"seed": 5}, "seed"),
        ({"cell": "gru"}, "cell"),
        ({"nonsense": 1}, "nonsense"),
        ({"optimizer": "rprop"}, "optimizer"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"max_iterations": 49}, "max_iterations"),
    ],
)
def test_what_a_branch_can_not_change_is_refused_by_name(
    history: tuple[str, list[Snapshot]], values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        branch(history[1][50], values)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_naming_what_stays_as_it_is_changes_nothing(history: tuple[str, list[Snapshot]]) -> None:
    begun = branch(history[1][50], {"seed": 0, "cell": "elman", "optimizer": "adam"})
    assert state_of(begun) == state_of(history[1][50])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"seed": 5},
            "seed can't change in a branch, which may change optimizer, learning_rate, clip_norm, max_iterations; "
            "reset or create a run instead",
        ),
        ({"max_iterations": 49}, "max_iterations must be at least 50, where the branch begins, not 49"),
    ],
)
def test_a_refused_branch_says_what_is_allowed(
    history: tuple[str, list[Snapshot]], values: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        branch(history[1][50], values)
    assert str(caught.value).startswith(words)


def test_a_branch_may_end_where_it_begins(history: tuple[str, list[Snapshot]]) -> None:
    begun = Trainer.restore(branch(history[1][50], {"max_iterations": 50}), "numpy")
    assert begun.finished


def test_none_leaves_a_value_as_it_is_unless_none_is_a_value(history: tuple[str, list[Snapshot]]) -> None:
    clipped = branch(history[1][50], {"clip_norm": 0.5, "optimizer": None, "max_iterations": None})
    assert (clipped.config.clip_norm, clipped.config.optimizer) == (0.5, CONFIG.optimizer)
    assert clipped.config.max_iterations == CONFIG.max_iterations
    assert branch(clipped, {"clip_norm": None}).config.clip_norm is None


def test_a_run_that_diverges_on_the_way_again_ends_there_and_keeps_its_errors() -> None:
    config = TrainingConfig(activation="relu", loss="cross_entropy", learning_rate=0.5)
    start = Trainer(config, "numpy").snapshot()
    once = Trainer.restore(start, "numpy")
    errors = once.advance(100).errors
    assert once.diverged
    again = Trainer.restore(start, "numpy")
    assert come_along(again, 100, [(len(errors) + 1, 0.1)]).tolist() == errors.tolist()
    assert (again.iteration, again.learning_rate) == (len(errors), 0.5)
    with pytest.raises(ValueError, match=f"came to iteration {len(errors)} only, not to 100"):
        recompute(start, 100, [], "numpy")
