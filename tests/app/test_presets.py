"""One can see what a preset promises."""

import pytest

from app.presets import PRESETS
from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.cases import mean_outputs

BY_NAME = {preset.name: preset for preset in PRESETS}


def accuracies(name: str, *places: int) -> list[float]:
    """The accuracy after each of these numbers of iterations."""
    trainer = Trainer(TrainingConfig(**BY_NAME[name].config))
    found = []
    for place in places:
        trainer.advance(place - trainer.iteration)
        found.append(evaluate(trainer.config, trainer.parameters).accuracy)
    return found


def test_names_differ_and_every_preset_says_what_to_look_for() -> None:
    assert len(BY_NAME) == len(PRESETS)
    assert all(preset.look.endswith(".") for preset in PRESETS)


def test_the_article_learns_late_and_cases_with_a_carry_last() -> None:
    before, after = accuracies("The article", 3000, 8000)
    assert before < 0.1
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


def test_too_hot_never_learns() -> None:
    assert max(accuracies("Too hot: learning rate 10", *range(1000, 50_001, 3500))) < 0.5


@pytest.mark.parametrize(
    ("name", "place"),
    [("No memory needed: XOR", 1000), ("LSTM", 2000), ("Long numbers", 6000)],
)
def test_these_are_learned_by_then(name: str, place: int) -> None:
    assert accuracies(name, place) == [1.0]


def test_three_numbers_take_more_than_ten_thousand() -> None:
    before, after = accuracies("Three numbers", 10_000, 20_000)
    assert before < 1
    assert after == 1
    config = TrainingConfig(**BY_NAME["Three numbers"].config)
    assert len(mean_outputs(config, Trainer(config).parameters)) == 24
