"""One can see what a preset promises."""

import re

import numpy as np
import pytest

from app.presets import PRESETS
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.cases import mean_outputs

BY_NAME = {preset.name: preset for preset in PRESETS}


def accuracies(name: str, *places: int, **changes: str) -> list[float]:
    """The accuracy after each of these numbers of iterations, in a preset with these changes."""
    trainer = Trainer(TrainingConfig(**{**BY_NAME[name].config, **changes}))
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
