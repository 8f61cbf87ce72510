"""The step machine: the same bits for every division into calls, and an end of every run."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import ConfigError, Trainer, TrainingConfig
from rnn_core.tasks import TASKS
from rnn_core.together import advance_together
from tests.rnn_core.compare import assert_finite, bits_of_trace, state_of
from tests.rnn_core.forms import EXPLODING

ELMAN = [{"activation": "sigmoid"}, {"activation": "tanh"}, {"activation": "relu"}]
GATED = [{"cell": "gru"}, {"cell": "lstm"}]


def configured(network: dict[str, Any], task: str, bits: int, **values: Any) -> TrainingConfig:
    """A configuration of a network and a task that has at least the task's width."""
    return TrainingConfig(**network, task=task, bits=max(bits, TASKS[task].least_bits), **values)


# The compiled engine compiles again for each size and part, so only the reference runs all these configurations.
CONFIGS = st.builds(
    configured,
    network=st.sampled_from(ELMAN + GATED),
    task=st.sampled_from(list(TASKS)),
    bits=st.integers(2, 6),
    hidden_size=st.integers(1, 5),
    bias=st.booleans(),
    init=st.sampled_from(["uniform", "glorot"]),
    loss=st.sampled_from(["squared_error", "cross_entropy"]),
    optimizer=st.sampled_from(["sgd", "momentum", "adam"]),
    learning_rate=st.sampled_from([0.01, 0.1, 1.0, 100.0]),
    clip_norm=st.sampled_from([None, 0.1, 5.0]),
    batch_size=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    max_iterations=st.integers(1, 60),
)

DIVERGING = TrainingConfig(**EXPLODING, learning_rate=1.0)
"""Diverges in its fifth iteration."""


@settings(deadline=None, max_examples=60)
@given(config=CONFIGS, cuts=st.lists(st.integers(0, 25), max_size=6))
def test_a_run_is_bit_identical_however_it_is_cut(config: TrainingConfig, cuts: list[int]) -> None:
    whole, cut = Trainer(config, "numpy"), Trainer(config, "numpy")
    at_once = whole.advance(sum(cuts))
    pieces = [cut.advance(n) for n in cuts]
    errors = np.concatenate([piece.errors for piece in pieces]) if pieces else np.empty(0)
    assert errors.tobytes() == at_once.errors.tobytes()
    assert state_of(whole) == state_of(cut)
    assert bits_of_trace(whole.trace) == bits_of_trace(cut.trace)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_long_runs_are_bit_identical_however_they_are_cut(batch_size: int) -> None:
    config = TrainingConfig(batch_size=batch_size)
    whole, cut = Trainer(config), Trainer(config)
    errors = whole.advance(1200).errors
    pieces = [cut.advance(n).errors for n in (1, 511, 512, 2, 170, 4)]
    assert np.concatenate(pieces).tobytes() == errors.tobytes()
    assert state_of(whole) == state_of(cut)
    assert bits_of_trace(whole.trace) == bits_of_trace(cut.trace)


def test_the_last_learning_rate_counts_however_slices_are_cut() -> None:
    def run(cuts: tuple[int, ...]) -> Trainer:
        trainer = Trainer(TrainingConfig(optimizer="momentum"))
        trainer.advance(30)
        trainer.set_learning_rate(0.5)
        for n in cuts:
            trainer.advance(n)
        return trainer

    assert state_of(run((50,))) == state_of(run((1, 20, 0, 29)))


def test_a_run_ends_at_max_iterations() -> None:
    trainer = Trainer(TrainingConfig(max_iterations=600))
    assert trainer.advance(590).errors.shape == (590,)
    assert not trainer.finished
    last = trainer.advance(20)
    assert last.errors.shape == (10,)
    assert trainer.finished
    assert trainer.iteration == 600
    assert last.trace is not None
    assert last.trace.iteration == 599

    before = state_of(trainer)
    after = trainer.advance(5)
    assert after.errors.shape == (0,)
    assert after.trace is last.trace
    assert state_of(trainer) == before


def test_an_unending_request_does_what_is_left() -> None:
    assert Trainer(TrainingConfig(max_iterations=3)).advance(10**400).errors.shape == (3,)


@pytest.mark.parametrize("iterations", [-1, -(10**400), True, False, 1.0, 2.5, float("nan"), "1", None, [1], np.True_])
def test_what_is_no_count_of_iterations_is_refused_and_changes_nothing(iterations: Any) -> None:
    trainer = Trainer()
    trainer.advance(2)
    before = state_of(trainer)
    with pytest.raises(ValueError, match="iterations must be a whole number from 0, not "):
        trainer.advance(iterations)
    assert state_of(trainer) == before


def test_a_numpy_integer_is_a_count_of_iterations() -> None:
    count: Any = np.int64(3)
    assert Trainer().advance(count).errors.shape == (3,)


def test_no_iterations_change_nothing() -> None:
    trainer = Trainer()
    before = state_of(trainer)
    advance = trainer.advance(0)
    assert advance.errors.shape == (0,)
    assert advance.errors.dtype == np.float64
    assert advance.trace is None
    assert state_of(trainer) == before


def test_errors_are_float64_one_an_iteration_and_the_last_is_the_traces() -> None:
    advance = Trainer(TrainingConfig(batch_size=3)).advance(7)
    assert advance.errors.shape == (7,)
    assert advance.errors.dtype == np.float64
    assert advance.trace is not None
    assert advance.errors[-1] == advance.trace.error


def test_parameters_are_copies() -> None:
    trainer, untouched = Trainer(), Trainer()
    for values in trainer.parameters.values():
        values[...] = 1e9
    assert trainer.advance(20).errors.tobytes() == untouched.advance(20).errors.tobytes()
    kept = trainer.parameters
    before = {name: values.copy() for name, values in kept.items()}
    trainer.advance(20)
    for name, values in before.items():
        assert (kept[name] == values).all()
        assert (trainer.parameters[name] != values).any()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_run_leaves_the_global_generator_alone(seed: int) -> None:
    np.random.seed(seed)
    expected = np.random.RandomState(seed).random_sample(3)
    Trainer().advance(10)
    assert np.random.random_sample(3).tolist() == expected.tolist()


# Learning rates.


def test_a_changed_learning_rate_is_recorded_and_in_force() -> None:
    trainer = Trainer()
    trainer.advance(10)
    trainer.set_learning_rate(0.5)
    assert list(trainer.changes) == [(10, 0.5)]
    assert trainer.learning_rate == 0.5
    assert trainer.config.learning_rate == 0.1
    trace = trainer.advance(1).trace
    assert trace is not None
    assert trace.learning_rate == 0.5
    trainer.set_learning_rate(2)
    assert list(trainer.changes) == [(10, 0.5), (11, 2.0)]
    assert type(trainer.learning_rate) is float


def test_the_trace_keeps_the_rate_its_iteration_had() -> None:
    trainer = Trainer()
    trace = trainer.advance(3).trace
    trainer.set_learning_rate(0.5)
    assert trace is not None
    assert trace.learning_rate == 0.1


def test_of_several_changes_at_one_iteration_the_last_counts() -> None:
    trainer = Trainer()
    trainer.advance(4)
    for value in (0.5, 0.7, 0.9):
        trainer.set_learning_rate(value)
    assert trainer.changes == ((4, 0.9),)


def test_the_rate_in_force_set_again_is_no_change() -> None:
    trainer = Trainer()
    trainer.set_learning_rate(0.1)
    assert list(trainer.changes) == []
    trainer.advance(5)
    trainer.set_learning_rate(0.3)
    trainer.advance(5)
    trainer.set_learning_rate(0.3)
    assert list(trainer.changes) == [(5, 0.3)]


@pytest.mark.parametrize("value", [0, -1, 100.5, True, "0.1", None, float("nan"), float("inf"), 10**400])
def test_a_refused_learning_rate_changes_nothing(value: Any) -> None:
    trainer = Trainer()
    with pytest.raises(ConfigError, match="learning_rate must be a number above 0 up to 100, not "):
        trainer.set_learning_rate(value)
    assert (trainer.learning_rate, trainer.changes) == (0.1, ())


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.1, 0.2, 0.3])), max_size=8))
def test_changes_replayed_by_their_record_give_the_same_run(steps: list[tuple[int, float]]) -> None:
    trainer = Trainer()
    for n, rate in steps:
        trainer.advance(n)
        trainer.set_learning_rate(rate)
    trainer.advance(3)
    assert all(earlier[0] < later[0] for earlier, later in pairwise(trainer.changes))

    replayed = Trainer()
    for at, rate in trainer.changes:
        replayed.advance(at - replayed.iteration)
        replayed.set_learning_rate(rate)
    replayed.advance(trainer.iteration - replayed.iteration)
    assert {**state_of(replayed), "changes": ()} == {**state_of(trainer), "changes": ()}


# Planned changes.


PLAN: tuple[tuple[int, float], ...] = ((0, 0.2), (3, 0.05), (4, 0.3), (11, 0.07))


def by_hand(plan: Sequence[tuple[int, float]], iterations: int, engine: str) -> Trainer:
    """A trainer whose rate somebody changes at exactly these iterations."""
    trainer = Trainer(TrainingConfig(optimizer="momentum"), engine)
    for at, value in plan:
        if at <= iterations:
            trainer.advance(at - trainer.iteration)
            trainer.set_learning_rate(value)
    trainer.advance(iterations - trainer.iteration)
    return trainer


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("calls", [[20], [1] * 20, [3, 1, 7, 9], [2, 10, 8]])
def test_planned_changes_give_what_the_same_changes_give_by_hand(engine: str, calls: list[int]) -> None:
    trainer = Trainer(TrainingConfig(optimizer="momentum"), engine)
    trainer.plan(PLAN)
    for iterations in calls:
        trainer.advance(iterations)
        expected = by_hand(PLAN, trainer.iteration, engine)
        assert {**state_of(trainer), "changes": None} == {**state_of(expected), "changes": None}
        assert trainer.changes == PLAN
    assert state_of(trainer) == state_of(by_hand(PLAN, 20, engine))


def test_trainers_that_advance_together_each_follow_their_plan() -> None:
    trainers = [Trainer(TrainingConfig(optimizer="momentum"), "compiled") for _ in range(3)]
    plans: list[Sequence[tuple[int, float]]] = [PLAN, (), ((5, 0.5),)]
    for trainer, plan in zip(trainers, plans, strict=True):
        trainer.plan(plan)
    advance_together(trainers, 20)
    assert list(map(state_of, trainers)) == [state_of(by_hand(plan, 20, "compiled")) for plan in plans]


def test_a_rate_set_by_hand_takes_the_place_of_the_plan() -> None:
    trainer = Trainer()
    trainer.plan(PLAN)
    trainer.advance(3)
    assert (trainer.learning_rate, trainer.changes) == (0.05, PLAN)
    trainer.set_learning_rate(0.05)
    assert trainer.changes == PLAN, "the rate in force set again is no change"
    trainer.set_learning_rate(0.4)
    assert trainer.changes == ((0, 0.2), (3, 0.4))
    trainer.advance(20)
    assert trainer.learning_rate == 0.4


def test_a_plan_goes_on_from_a_snapshot() -> None:
    trainer = Trainer(TrainingConfig(optimizer="momentum"), "numpy")
    trainer.plan(PLAN)
    trainer.advance(3)
    resumed = Trainer.restore(trainer.snapshot(), "numpy")
    resumed.advance(17)
    assert state_of(resumed) == state_of(by_hand(PLAN, 20, "numpy"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([[5, 0.1], [5, 0.2]], "must be in order: 5 can't follow 5"),
        ([[5, 0.1], [4, 0.2]], "must be in order: 4 can't follow 5"),
        ([[-1, 0.1]], "must name as an iteration a whole number from 0 to 50000, not -1"),
        ([[50_001, 0.1]], "from 0 to 50000, not 50001"),
        ([[1.0, 0.1]], "from 0 to 50000, not 1.0"),
        ([[True, 0.1]], "not true"),
        ([[1, 0]], "must name as a learning rate a number above 0 up to 100, not 0"),
        ([[1, "0.1"]], 'not "0.1"'),
        ([[1, float("nan")]], "not nan"),
        ([[1]], "must be an array of pairs"),
        ([[1, 0.1, 2]], "must be an array of pairs"),
        ("2000:0.1", "must be an array of pairs"),
        ({"1": 0.1}, "must be an array of pairs"),
        ([[at, 0.1] for at in range(101)], "must be at most 100 pairs, not 101"),
    ],
)
def test_a_plan_that_can_not_be_is_refused_and_changes_nothing(changes: Any, words: str) -> None:
    trainer = Trainer()
    with pytest.raises(ConfigError, match=f"changes .*{re.escape(words)}"):
        trainer.plan(changes)
    assert (trainer.learning_rate, trainer.changes) == (0.1, ())


# Divergence.


def test_an_iteration_whose_numbers_would_not_be_finite_is_undone() -> None:
    trainer = Trainer(DIVERGING)
    assert trainer.advance(4).errors.shape == (4,)
    assert not trainer.diverged
    before = state_of(trainer)
    last = trainer.trace

    advance = trainer.advance(100)
    assert trainer.diverged
    assert advance.errors.shape == (0,)
    assert advance.trace is last
    assert trainer.iteration == 4
    assert state_of(trainer) == {**before, "diverged": True}
    assert_finite(trainer)


def test_a_diverged_run_goes_no_further() -> None:
    trainer = Trainer(DIVERGING)
    assert trainer.advance(100).errors.shape == (4,)
    before = state_of(trainer)
    trace = trainer.trace
    for n in (0, 1, 1000):
        advance = trainer.advance(n)
        assert advance.errors.shape == (0,)
        assert advance.trace is trace
    assert state_of(trainer) == before
    assert not trainer.finished


@pytest.mark.parametrize("cuts", [(10,), (4, 10), (5,), (1, 1, 1, 1, 1, 1), (2, 3, 4)])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_a_run_diverges_at_the_same_iteration_however_it_is_cut(optimizer: str, cuts: tuple[int, ...]) -> None:
    config = TrainingConfig(**EXPLODING, learning_rate=1.0, optimizer=optimizer)
    whole, cut = Trainer(config), Trainer(config)
    errors = whole.advance(512).errors
    pieces = [cut.advance(n).errors for n in cuts]
    assert whole.diverged
    assert whole.iteration == 4
    assert np.concatenate(pieces).tobytes() == errors.tobytes()
    assert state_of(whole) == state_of(cut)
    assert bits_of_trace(whole.trace) == bits_of_trace(cut.trace)


@pytest.mark.parametrize("cuts", [(1000,), (500, 500), (1, 999), (3, 3, 994)])
def test_a_run_diverges_at_the_same_iteration_after_a_change_of_rate(cuts: tuple[int, ...]) -> None:
    trainer = Trainer(TrainingConfig(**EXPLODING, learning_rate=0.001))
    trainer.advance(700)
    trainer.set_learning_rate(100)
    errors = np.concatenate([trainer.advance(n).errors for n in cuts])
    assert trainer.diverged
    assert trainer.iteration == 700 + len(errors) == 703
    assert_finite(trainer)


DRAWN = [("compiled", 8, 16, 1), ("compiled", 8, 12, 3), ("numpy", 32, 16, 1), ("numpy", 32, 16, 2)]


@pytest.mark.parametrize(("engine", "bits", "hidden_size", "batch_size"), DRAWN)
def test_a_diverged_run_has_drawn_only_the_problems_it_did(
    engine: str, bits: int, hidden_size: int, batch_size: int
) -> None:
    config = TrainingConfig(**EXPLODING, learning_rate=100, bits=bits, hidden_size=hidden_size, batch_size=batch_size)
    trainer = Trainer(config, engine)
    done = len(trainer.advance(400).errors)
    assert trainer.diverged
    assert 0 < done < 400
    random = np.random.RandomState(config.seed)
    random.random_sample(2 * hidden_size + hidden_size + hidden_size * hidden_size)
    drawn = [int(random.randint(2 ** (bits - 1))) for _ in range(done * batch_size * 2)]
    state = trainer.snapshot().random_state["state"]
    expected = random.get_state(legacy=False)["state"]
    assert state["pos"] == expected["pos"]
    assert (state["key"] == expected["key"]).all()
    assert trainer.trace is not None
    assert [trainer.trace.a, trainer.trace.b] == drawn[-2 * batch_size :][:2]


def test_a_run_can_diverge_in_its_first_iteration() -> None:
    snapshot = Trainer(DIVERGING).snapshot()
    snapshot.parameters["W_hh"][...] = 1e300
    poisoned = Trainer.restore(snapshot)
    advance = poisoned.advance(3)
    assert poisoned.diverged
    assert poisoned.iteration == 0
    assert advance.errors.shape == (0,)
    assert advance.trace is None
    assert state_of(poisoned) == {**state_of(snapshot), "diverged": True}


def test_an_optimizer_memory_that_would_not_be_finite_undoes_the_iteration_too() -> None:
    """The gradient is near 1e254: finite, and so would Adam's new weights be, but not its mean square."""
    snapshot = Trainer(TrainingConfig(**EXPLODING, optimizer="adam")).snapshot()
    snapshot.parameters["W_hh"][...] = 1e35
    poisoned = Trainer.restore(snapshot)
    poisoned.advance(1)
    assert poisoned.diverged
    assert state_of(poisoned) == {**state_of(snapshot), "diverged": True}


WILD = st.builds(
    configured,
    network=st.sampled_from([*ELMAN, *ELMAN, {"activation": "relu"}, *GATED]),
    task=st.sampled_from(list(TASKS)),
    bits=st.sampled_from([2, 8, 32]),
    hidden_size=st.integers(1, 8),
    bias=st.booleans(),
    loss=st.sampled_from(["squared_error", "cross_entropy"]),
    optimizer=st.sampled_from(["sgd", "momentum", "adam"]),
    learning_rate=st.sampled_from([1.0, 10.0, 100.0]),
    clip_norm=st.sampled_from([None, 1e-300, 1.0, 1e300]),
    batch_size=st.integers(1, 2),
    seed=st.integers(0, 2**32 - 1),
)


@settings(deadline=None, max_examples=60)
@given(WILD)
def test_no_run_ever_shows_a_number_that_is_not_finite(config: TrainingConfig) -> None:
    trainer = Trainer(config, "numpy")
    for n in (1, 2, 40):
        assert np.isfinite(trainer.advance(n).errors).all()
        assert_finite(trainer)


# Snapshots.


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_snapshot_stays_as_it_is_while_the_run_goes_on(optimizer: str) -> None:
    trainer = Trainer(TrainingConfig(optimizer=optimizer))
    trainer.advance(20)
    snapshot = trainer.snapshot()
    before, trace = state_of(snapshot), bits_of_trace(snapshot.trace)
    trainer.set_learning_rate(0.7)
    trainer.advance(30)
    assert state_of(snapshot) == before
    assert bits_of_trace(snapshot.trace) == trace
    assert state_of(trainer) != before


@settings(deadline=None, max_examples=30)
@given(config=CONFIGS, before=st.integers(0, 30), after=st.integers(1, 30))
def test_a_restored_run_goes_on_exactly(config: TrainingConfig, before: int, after: int) -> None:
    trainer = Trainer(config, "numpy")
    trainer.advance(before)
    snapshot = trainer.snapshot()
    restored = [Trainer.restore(snapshot, "numpy"), Trainer.restore(snapshot, "numpy")]
    errors = trainer.advance(after).errors
    for copy in restored:
        assert copy.advance(after).errors.tobytes() == errors.tobytes()
        assert state_of(copy) == state_of(trainer)
        assert bits_of_trace(copy.trace) == bits_of_trace(trainer.trace)


def test_equal_seeds_give_equal_runs_and_others_others() -> None:
    first, second, other = (Trainer(TrainingConfig(seed=seed)).advance(5).errors for seed in (6, 6, 7))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()
