"""Many runs at once give the same results as each run alone."""

import threading
from itertools import islice

import numpy as np
import pytest

from rnn_core import EngineError, Trainer, TrainingConfig, evaluate, train_many
from rnn_core.ensemble import MemberProgress
from tests.rnn_core.compare import bits_of_trace, state_of
from tests.rnn_core.forms import EVERYTHING, EXPLODING

CONFIGS = [
    *(TrainingConfig(seed=seed, max_iterations=700) for seed in range(5)),
    TrainingConfig(seed=1, learning_rate=0.7, max_iterations=450),
    TrainingConfig(**EVERYTHING, max_iterations=300),
    TrainingConfig(**EVERYTHING | {"clip_norm": 1.5}, max_iterations=300),
    TrainingConfig(cell="lstm", max_iterations=300),
]


def trained(configs: list[TrainingConfig], **options: int) -> dict[int, list[MemberProgress]]:
    reports: dict[int, list[MemberProgress]] = {}
    for report in train_many(configs, **options):  # type: ignore[arg-type]
        reports.setdefault(report.index, []).append(report)
    return reports


@pytest.mark.parametrize(("every", "cores"), [(1000, 1), (130, 2), (1000, 3)])
def test_every_member_is_bit_by_bit_the_run_it_would_be_alone(every: int, cores: int) -> None:
    reports = trained(CONFIGS, every=every, cores=cores)
    assert sorted(reports) == list(range(len(CONFIGS)))
    for index, config in enumerate(CONFIGS):
        alone = Trainer(config)
        errors = alone.advance(config.max_iterations).errors
        last = reports[index][-1]
        assert np.concatenate([report.errors for report in reports[index]]).tobytes() == errors.tobytes()
        assert state_of(last.snapshot) == state_of(alone)
        assert bits_of_trace(last.snapshot.trace) == bits_of_trace(alone.trace)
        assert [report.done for report in reports[index]] == [False] * (len(reports[index]) - 1) + [True]


def test_reports_come_every_so_many_iterations() -> None:
    reports = trained(CONFIGS[:1], every=300)[0]
    assert [report.snapshot.iteration for report in reports] == [300, 600, 700]


def test_a_member_that_diverges_is_done_and_does_not_touch_its_neighbours() -> None:
    configs = [TrainingConfig(**EXPLODING, max_iterations=400, learning_rate=rate) for rate in (0.001, 0.5, 0.002)]
    reports = trained(configs, every=100, cores=1)
    assert reports[1][-1].snapshot.diverged
    assert reports[1][-1].done
    for index in (0, 2):
        alone = Trainer(configs[index])
        alone.advance(400)
        assert state_of(reports[index][-1].snapshot) == state_of(alone)


def test_accuracy_is_exact_until_it_is_high_enough_and_at_the_end() -> None:
    config = TrainingConfig(loss="cross_entropy", learning_rate=0.3, max_iterations=3000)
    reports = list(train_many([config], every=250, accuracy_until=0.5))
    for report in reports:
        if report.accuracy is not None:
            assert report.accuracy == evaluate(config, report.snapshot.parameters).accuracy
    seen = [report.accuracy for report in reports]
    first = next(k for k, accuracy in enumerate(seen) if accuracy is not None and accuracy >= 0.5)
    assert None not in seen[: first + 1]
    assert set(seen[first + 1 : -1]) <= {None}
    assert seen[-1] is not None


def test_an_accuracy_that_is_just_reached_is_high_enough() -> None:
    config = TrainingConfig(loss="cross_entropy", learning_rate=0.3, max_iterations=3000)
    seen = [report.accuracy for report in train_many([config], every=250, accuracy_until=1.1)]
    first = next(k for k, accuracy in enumerate(seen) if accuracy is not None and accuracy >= 0.5)
    again = [report.accuracy for report in train_many([config], every=250, accuracy_until=seen[first])]
    assert again[: first + 2] == [*seen[: first + 1], None]


def test_closing_the_generator_cancels_what_has_not_begun() -> None:
    configs = [TrainingConfig(seed=seed, max_iterations=10_000_000) for seed in range(50)]
    reports = train_many(configs, every=50, cores=2)
    seen = {report.index for report in islice(reports, 3)}
    reports.close()
    assert len(seen) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ensemble")]


def test_no_configurations_give_no_reports() -> None:
    assert list(train_many([])) == []


@pytest.mark.parametrize("options", [{"every": 0}, {"cores": 0}])
def test_less_than_one_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        list(train_many(CONFIGS, **options))  # type: ignore[arg-type]


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EngineError):
        list(train_many(CONFIGS[:1], engine="steam"))
