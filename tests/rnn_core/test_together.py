"""Advancing several trainers together gives the same as advancing each alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from rnn_core import Advance, Trainer, TrainingConfig
from rnn_core import together as together_module
from rnn_core.engines.compiled_engine import CompiledEngine
from rnn_core.kernels.calls.ensemble import Member, train_together
from rnn_core.together import advance_together
from tests.rnn_core.compare import assert_finite, bits_of_trace, state_of
from tests.rnn_core.forms import EVERYTHING, EXPLODING, GRU, LSTM, WIDE, Form


def assert_as_alone(configs: Sequence[TrainingConfig], cuts: Sequence[int], engine: str = "compiled") -> list[Trainer]:
    """Train all together and each alone, in calls of these lengths; every bit has to be the same. Return the first."""
    together = [Trainer(config, engine) for config in configs]
    alone = [Trainer(config, engine) for config in configs]
    for n in cuts:
        ours: list[Advance] = advance_together(together, n)
        theirs = [trainer.advance(n) for trainer in alone]
        assert [one.errors.tobytes() for one in ours] == [one.errors.tobytes() for one in theirs]
        assert [bits_of_trace(one.trace) for one in ours] == [bits_of_trace(one.trace) for one in theirs]
    assert [state_of(trainer) for trainer in together] == [state_of(trainer) for trainer in alone]
    assert [bits_of_trace(trainer.trace) for trainer in together] == [bits_of_trace(trainer.trace) for trainer in alone]
    return together


# Each needs two kernels: for one network, and for as many as pay; the first one more.
FORMS: list[Form] = [{}, EVERYTHING, WIDE | {"learning_rate": 0.01}, GRU, LSTM]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_bit_is_that_of_single_runs_whatever_their_number(form: Form) -> None:
    sizes = CompiledEngine(TrainingConfig(**form)).plan.together
    assert sizes
    for number in (1, sizes[0], sizes[0] + (sizes[-1] if form == {} else 1)):
        assert_as_alone([TrainingConfig(**form, seed=seed) for seed in range(number)], [1, 0, 130])


def test_networks_too_wide_for_the_cache_are_not_computed_side_by_side() -> None:
    assert CompiledEngine(TrainingConfig(hidden_size=33)).plan.together == ()
    assert_as_alone([TrainingConfig(bits=17, hidden_size=33, seed=seed) for seed in range(4)], [3])


def test_rates_seeds_ends_and_beginnings_may_differ() -> None:
    ends, rates = (40, 300, 77, 300, 50), (0.1, 0.5, 0.01, 1.0, 0.2)
    configs = [
        TrainingConfig(seed=seed, learning_rate=rate, max_iterations=end)
        for seed, (end, rate) in enumerate(zip(ends, rates, strict=True))
    ]
    trainers = assert_as_alone(configs, [60, 100, 200])
    assert [trainer.iteration for trainer in trainers] == list(ends)

    begun, alone = Trainer(configs[1]), Trainer(configs[1])
    for trainer in (begun, alone):
        trainer.advance(10)
        trainer.set_learning_rate(0.3)
    others = [Trainer(config) for config in (configs[3], configs[3], configs[1])]
    advance_together([begun, *others], 30)
    alone.advance(30)
    assert state_of(begun) == state_of(alone)


def test_lengths_to_clip_to_may_differ() -> None:
    norms = (0.1, 0.5, 1.0, 1e6, 0.2, 0.3, 1e-3, 5.0)
    assert_as_alone([TrainingConfig(**EVERYTHING | {"clip_norm": norm}) for norm in norms], [50])


def test_steps_done_before_may_differ() -> None:
    begun, alone = ([Trainer(TrainingConfig(**EVERYTHING, seed=seed)) for seed in range(8)] for _ in range(2))
    for trainers in (begun, alone):
        for number, trainer in enumerate(trainers):
            trainer.advance(number // 2)
    advance_together(begun, 30)
    for trainer in alone:
        trainer.advance(30)
    assert [state_of(trainer) for trainer in begun] == [state_of(trainer) for trainer in alone]


def test_an_overflow_in_clipping_is_each_ones_own() -> None:
    config = TrainingConfig(**EVERYTHING)
    plan, operands = CompiledEngine(config).plan, np.random.RandomState(0).randint(16, size=(60, 2)).astype(np.int64)

    def members() -> list[Member]:
        """Members, some with a W_hy so large that the squares of their gradients overflow."""
        found = []
        for scale, norm in zip((1.0, 1e200, 1e250, 2.0) * 2, (0.5, 1.0, 2.0, 1e9, 1e-3, 1e201, 1.0, 1.0), strict=True):
            parameters = Trainer(config).snapshot().parameters
            parameters["W_hy"][...] *= scale
            moments = np.zeros((plan.moments, plan.flat_size))
            found.append(Member(parameters.flat, operands, operands.sum(1), 0.01, moments, clip_norm=norm))
        return found

    ours, theirs = members(), members()
    together = train_together(plan, ours)
    alone = [train_together(plan, [member])[0] for member in theirs]
    assert [one.errors.tobytes() for one in together] == [one.errors.tobytes() for one in alone]
    assert [one.parameters.tobytes() for one in ours] == [one.parameters.tobytes() for one in theirs]
    assert [one.diverged for one in together] == [one.diverged for one in alone]


def test_one_that_diverges_stops_alone_and_keeps_its_last_finite_state() -> None:
    rates = [0.01, 1.0, 1.0, 1.0, 0.02, 1.0, 1.0, 0.001, 1.0]  # too few remain for another kernel
    configs = [TrainingConfig(**EXPLODING, seed=3, learning_rate=rate) for rate in rates]
    trainers = assert_as_alone(configs, [3, 50, 40, 5])
    assert [trainer.diverged for trainer in trainers] == [rate == 1.0 for rate in rates]
    for trainer in trainers:
        assert_finite(trainer)


def test_numpy_trainers_advance_one_after_the_other() -> None:
    assert_as_alone([TrainingConfig(seed=seed, max_iterations=5 + seed) for seed in range(3)], [4, 4], "numpy")


def test_nobody_is_nothing_to_do() -> None:
    assert advance_together([], 10) == []


def test_unlike_ones_are_refused_and_left_as_they_were() -> None:
    trainer = Trainer()
    before = state_of(trainer)
    for other in (Trainer(TrainingConfig(hidden_size=8)), Trainer(TrainingConfig(cell="gru")), Trainer(engine="numpy")):
        with pytest.raises(ValueError, match="must be alike"):
            advance_together([trainer, other], 10)
    with pytest.raises(ValueError, match="with itself"):
        advance_together([trainer, trainer], 10)
    with pytest.raises(ValueError, match="whole number from 0"):
        advance_together([trainer], -1)
    assert state_of(trainer) == before


def test_an_interruption_leaves_all_where_they_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    trainers = [Trainer(TrainingConfig(seed=seed)) for seed in range(4)]
    advance_together(trainers, 5)
    before = [state_of(trainer) for trainer in trainers]

    def interrupted(work: Any) -> Any:
        for each in work:
            each.parameters.flat[...] = np.nan
        raise KeyboardInterrupt

    monkeypatch.setattr(together_module, "run_together", interrupted)
    with pytest.raises(KeyboardInterrupt):
        advance_together(trainers, 5)
    assert [state_of(trainer) for trainer in trainers] == before
