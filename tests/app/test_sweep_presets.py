from functools import partial

import pytest

from app.sweep import GOAL
from app.sweep_plan import MAX_WORK, planned, work_of
from app.sweep_presets import SWEEP_PRESETS, SweepPreset
from rnn_core import TrainingConfig, train_many


@pytest.mark.parametrize("preset", SWEEP_PRESETS, ids=lambda preset: preset.name)
def test_a_server_takes_each_question_and_answers_it_soon(preset: SweepPreset) -> None:
    plan = planned(preset.config, preset.vary, preset.seeds, 500, "compiled")
    assert 50 <= len(plan.configs) <= 200
    assert sum(work_of(config, 500) for config in plan.configs) < MAX_WORK / 100


def test_the_fastest_rates_lie_beside_the_edge() -> None:
    _, rates, _ = SWEEP_PRESETS
    config = partial(TrainingConfig, **rates.config, seed=0)
    reached: dict[float, int] = {}
    chosen = [0.1, 1.0, 10.0]
    assert set(chosen) < set(rates.vary["learning_rate"])
    members = [config(learning_rate=rate) for rate in chosen]
    for report in train_many(members, every=500, accuracy_until=GOAL):
        if report.evaluation is not None and report.evaluation.accuracy >= GOAL:
            reached.setdefault(chosen[report.index], report.snapshot.iteration)
    assert reached[1.0] < reached[0.1] / 2
    assert 10.0 not in reached
