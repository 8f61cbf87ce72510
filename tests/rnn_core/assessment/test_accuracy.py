"""The accuracies in the history of a run: exact if that is cheap, from a fixed sample if it is not."""

from typing import Any

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.accuracy import COST, LEAST, MOST, accuracy_of, problems_of, sample_of
from rnn_core.network.parts import make_task


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("config", [{}, {"bits": 4, "hidden_size": 4, "task": "comparison"}])
def test_it_is_the_exact_accuracy_where_all_problems_are_looked_at(config: dict[str, Any], engine: str) -> None:
    trainer = Trainer(TrainingConfig(**config), engine)
    trainer.advance(5000)
    assert sample_of(trainer.config) is None
    exact = evaluate(trainer.config, trainer.parameters, engine)
    assert not exact.sampled
    assert accuracy_of(trainer.config, trainer.parameters, engine) == exact.accuracy > 0


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"bits": 9}, 2**15),
        ({"bits": 12}, 2**15),
        ({"bits": 32}, 2**14),
        ({"bits": 10, "hidden_size": 4}, MOST),
        ({"hidden_size": 64}, 2**12),
        ({"bits": 32, "hidden_size": 128}, LEAST),
    ],
)
def test_of_more_problems_it_is_a_sample_the_same_each_time(fields: dict[str, Any], number: int) -> None:
    config = TrainingConfig(**fields)
    problems = problems_of(config)
    assert len(problems) == number == sample_of(config)
    assert problems_of(config) is problems, "it is drawn once"
    assert problems.flags.writeable, "a kernel would be compiled once more for an array that is read only"
    trainer = Trainer(config, "numpy")
    assert accuracy_of(config, trainer.parameters, "numpy") == accuracy_of(config, trainer.parameters, "numpy")


@pytest.mark.parametrize("bits", [2, 8, 16, 32])
@pytest.mark.parametrize("hidden_size", [1, 16, 64, 128])
def test_what_one_look_costs_is_bounded(bits: int, hidden_size: int) -> None:
    config = TrainingConfig(bits=bits, hidden_size=hidden_size)
    number = len(problems_of(config))
    assert number == min(number, make_task(config).problem_count, MOST)
    assert number <= LEAST or number * bits * hidden_size**2 <= COST


def test_a_network_that_always_answers_nothing_is_right_where_nothing_is_the_answer() -> None:
    config = TrainingConfig(bits=4, hidden_size=2, bias=True)
    parameters = {name: np.zeros_like(values) for name, values in Trainer(config, "numpy").parameters.items()}
    parameters["b_y"] = np.full_like(parameters["b_y"], -1.0)
    assert accuracy_of(config, parameters, "numpy") == 1 / 64
