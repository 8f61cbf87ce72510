"""One can see what a preset promises."""

import re
from typing import Any

import numpy as np
import pytest

from app.presets import PRESETS
from rnn_core import Edit, Trainer, TrainingConfig, evaluate
from rnn_core.assessment.cases import mean_outputs
from rnn_core.engines.compiled_engine import serve_by_general_kernels

BY_NAME = {preset.name: preset for preset in PRESETS}


def trainer_of(name: str, **changes: Any) -> Trainer:
    """A preset's trainer, with these changes. Kernels of its own would take longer to compile than it trains."""
    preset = BY_NAME[name]
    config = TrainingConfig(**{**preset.config, **changes})
    if config.hidden_size < TrainingConfig().hidden_size:
        serve_by_general_kernels(config, serve=True)
    trainer = Trainer(config)
    if preset.edits:
        trainer.edit(preset.edits)
    return trainer


def accuracies(name: str, *places: int, **changes: Any) -> list[float]:
    """The accuracy after each of these numbers of iterations, in a preset with these changes."""
    trainer = trainer_of(name, **changes)
    found = []
    for place in places:
        trainer.advance(place - trainer.iteration)
        found.append(evaluate(trainer.config, trainer.parameters).accuracy)
    return found


def test_names_differ_and_every_preset_tells_a_story() -> None:
    assert len(BY_NAME) == len(PRESETS)
    for preset in PRESETS:
        assert preset.question.endswith("?"), preset.name
        assert preset.watch.startswith("Watch "), preset.name
        assert preset.shows.endswith("."), preset.name


def test_what_a_preset_shows_is_not_told_with_its_question() -> None:
    for preset in PRESETS:
        told = set(re.findall(r"\d[\d,]*(?:%| iterations)?", f"{preset.question} {preset.watch}"))
        answers = set(re.findall(r"(?:some|than|iteration) (\d[\d,]+)", preset.shows))
        assert not told & answers, preset.name


def test_the_article_learns_late_and_cases_with_a_carry_last() -> None:
    before, nearly, after = accuracies("The article", 3000, 6000, 8000)
    assert before < 0.1
    assert nearly < 1, "some 7,000 iterations, says the preset with long numbers"
    assert after == 1
    trainer = Trainer(TrainingConfig())
    last: dict[tuple[str, tuple[int, ...]], int] = {}
    for iteration in range(0, 8000, 100):
        trainer.advance(iteration - trainer.iteration)
        for case in mean_outputs(trainer.config, trainer.parameters):
            if abs(case.expected - (case.output or 0)) > 0.25:
                last[case.state, case.bits] = iteration
    latest = sorted(last, key=lambda case: last[case])[-3:]
    assert {state for state, _ in latest} == {"carry 1"}
    assert ("carry 1", (1, 1)) in latest


def test_too_hot_never_learns_and_its_weights_grow() -> None:
    config = TrainingConfig(**BY_NAME["Too hot: learning rate 10"].config)
    assert config.learning_rate == 100 * TrainingConfig().learning_rate
    trainer = Trainer(config)
    trainer.advance(5000)
    assert max(np.abs(weights).max() for weights in trainer.parameters.values()) > 20
    assert max(accuracies("Too hot: learning rate 10", *range(1000, 50_001, 3500))) < 0.5


@pytest.mark.parametrize(
    ("name", "place"),
    [("No memory needed: XOR", 1000), ("LSTM", 2000), ("Long numbers", 6000)],
)
def test_these_are_learned_by_then(name: str, place: int) -> None:
    assert accuracies(name, place) == [1.0]


def test_with_the_settings_of_the_lstm_the_simple_cell_is_several_times_slower() -> None:
    lstm = accuracies("LSTM", 300, 800)
    elman = accuracies("LSTM", 1800, 3500, cell="elman")
    assert lstm[0] < 1
    assert elman[0] < 1
    assert lstm[1] > 0.99
    assert elman[1] > 0.9


def test_three_numbers_take_more_than_ten_thousand() -> None:
    before, after = accuracies("Three numbers", 10_000, 20_000)
    assert before < 1
    assert after == 1
    config = TrainingConfig(**BY_NAME["Three numbers"].config)
    assert len(mean_outputs(config, Trainer(config).parameters)) == 24


def test_without_memory_it_bets_on_no_carry_and_learns_the_rest_when_it_is_released() -> None:
    trainer = trainer_of("Without memory")
    trainer.advance(15_000)
    assert trainer.advance(5000).errors.mean() == pytest.approx(3.75, abs=0.1)
    assert evaluate(trainer.config, trainer.parameters).accuracy == pytest.approx(0.75**7), "no two ones meet"
    means = {(case.state, case.bits): case.output for case in mean_outputs(trainer.config, trainer.parameters)}
    for (state, bits), output in means.items():
        assert output == pytest.approx(means["carry 1" if state == "carry 0" else "carry 0", bits])
    trainer.edit([Edit("W_hh", frozen=False)])
    trainer.advance(30_000)
    assert evaluate(trainer.config, trainer.parameters).accuracy == 1


def test_four_units_add_and_fewer_mostly_do_not() -> None:
    assert accuracies("Smallest brain", 5000)[0] > 0.99
    three = [accuracies("Smallest brain", 10_000, hidden_size=3, seed=seed)[0] for seed in range(3)]
    assert sum(share < 0.6 for share in three) >= 2
    two = [accuracies("Smallest brain", 10_000, hidden_size=2, seed=seed)[0] for seed in range(3)]
    assert max(two) < 0.6


def test_every_unit_of_the_lesion_is_needed_and_most_can_be_replaced() -> None:
    whole = trainer_of("Lesion")
    config = whole.config
    whole.advance(5000)
    assert evaluate(config, whole.parameters).accuracy == 1
    after, later = [], []
    for unit in range(8):
        cut = Trainer.restore(whole.snapshot())
        into = [Edit("W_xh", (None, unit), 0.0, frozen=True), Edit("W_hh", (None, unit), 0.0, frozen=True)]
        out = [Edit("W_hh", (unit, None), 0.0, frozen=True), Edit("W_hy", (unit, 0), 0.0, frozen=True)]
        cut.edit([*into, *out, Edit("b_h", (unit,), 0.0, frozen=True)])
        after.append(evaluate(config, cut.parameters).accuracy)
        cut.advance(3000)
        later.append(evaluate(config, cut.parameters).accuracy)
    assert max(after) < 1
    assert sum(share > 0.99 for share in later) >= 6
