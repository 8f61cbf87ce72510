"""How well a network has learned: the evaluation against asking for every answer one by one."""

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.cells import CELLS
from rnn_core.evaluation import MAX_PROBLEMS, SAMPLE, WORST
from rnn_core.tasks import TASKS


@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize("cell", list(CELLS))
def test_it_counts_what_predictions_of_all_problems_get_right(task: str, cell: str) -> None:
    config = TrainingConfig(
        task=task, cell=cell, bits=4, hidden_size=5, batch_size=8, loss="cross_entropy", optimizer="adam", bias=True
    )
    trainer = Trainer(config, "numpy")
    trainer.advance(12)  # little, so that there is right and wrong
    found = evaluate(config, trainer.snapshot().parameters, "numpy")

    problems = TASKS[task](4).all_problems().tolist()
    answers = [trainer.predict(*problem) for problem in problems]
    right = np.array([np.equal(answer.bits["predicted"], answer.bits["expected"])[::-1] for answer in answers])
    errors = [np.abs(np.subtract(answer.bits["expected"], answer.probabilities)).sum() for answer in answers]
    assert (found.problems, found.sampled) == (len(problems), False)
    assert found.accuracy == sum(answer.correct for answer in answers) / len(problems)
    assert found.bit_accuracy.tolist() == (right.sum(axis=0) / len(problems)).tolist()
    assert 0 < found.accuracy < 1
    assert found.worst_errors == pytest.approx(sorted(errors, reverse=True)[:WORST], abs=1e-12)
    by_problem = dict(zip(map(tuple, problems), errors, strict=True))
    assert [by_problem[tuple(problem)] for problem in found.worst.tolist()] == pytest.approx(
        found.worst_errors.tolist()
    )
    assert found.worst.shape == (WORST, len(TASKS[task].operands))


@pytest.mark.parametrize("task", list(TASKS))
def test_more_problems_than_can_be_counted_out_are_sampled_the_same_each_time(task: str) -> None:
    widest_counted = {"addition": 11, "subtraction": 10, "xor": 10, "parity": 20, "comparison": 10, "three_numbers": 8}
    bits = widest_counted[task]
    assert TASKS[task](bits).problem_count <= MAX_PROBLEMS < TASKS[task](bits + 1).problem_count
    config = TrainingConfig(task=task, bits=bits + 1, hidden_size=1)
    weights = Trainer(config, "numpy").snapshot().parameters
    found = evaluate(config, weights, "numpy")
    assert (found.problems, found.sampled) == (SAMPLE, True)
    assert found.worst.tolist() == evaluate(config, weights, "numpy").worst.tolist()


def test_parameters_are_taken_as_a_trainer_gives_them() -> None:
    trainer = Trainer(TrainingConfig(bits=3, hidden_size=2), "numpy")
    plain, laid_out = trainer.parameters, trainer.snapshot().parameters
    backwards = dict(reversed(plain.items()))
    expected = evaluate(trainer.config, laid_out, "numpy").worst_errors.tolist()
    assert evaluate(trainer.config, plain, "numpy").worst_errors.tolist() == expected
    assert evaluate(trainer.config, backwards, "numpy").worst_errors.tolist() == expected
