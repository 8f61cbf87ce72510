"""How well a network has learned: the evaluation is compared with asking for every answer one by one."""

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.evaluation import MAX_PROBLEMS, SAMPLE, WORST, Evaluation, evaluation
from rnn_core.cells import CELLS
from rnn_core.engines.numpy_engine import CHUNK
from rnn_core.pieces import result_of
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


def plain(found: Evaluation) -> list[object]:
    """Everything in an evaluation, bit by bit."""
    return [value.tobytes() if isinstance(value, np.ndarray) else value for value in vars(found).values()]


@pytest.mark.parametrize(
    ("engine", "piece"), [("compiled", 1000), ("compiled", 4097), ("numpy", 1), ("numpy", CHUNK + 1)]
)
@pytest.mark.parametrize("config", [TrainingConfig(), TrainingConfig(bits=13, hidden_size=3)], ids=["all", "some"])
def test_in_pieces_it_is_the_same_to_the_bit(config: TrainingConfig, engine: str, piece: int) -> None:
    trainer = Trainer(config, engine)
    trainer.advance(40)
    weights = trainer.snapshot().parameters
    found = result_of(evaluation(config, weights, engine, piece))
    count = len(list(evaluation(config, weights, engine, piece)))
    whole = evaluate(config, weights, engine)
    assert plain(found) == plain(whole)
    tried = whole.problems + whole.hard_problems
    assert count >= tried // (piece if engine == "compiled" else -(-piece // CHUNK) * CHUNK)


def test_problems_of_equal_error_are_named_in_their_order_however_they_are_cut() -> None:
    config = TrainingConfig(bits=7, hidden_size=1)
    weights = {name: np.zeros_like(values) for name, values in Trainer(config, "numpy").parameters.items()}
    found = result_of(evaluation(config, weights, "compiled", 37))
    assert plain(found) == plain(evaluate(config, weights, "compiled"))
    assert found.worst.tolist() == sorted(found.worst.tolist())


def test_hard_problems_need_no_kernel_of_their_own() -> None:
    from rnn_core.kernels.calls.evaluate import count

    config = TrainingConfig(bits=12, hidden_size=2)
    weights = Trainer(config, "compiled").snapshot().parameters
    before = len(count.signatures)
    assert evaluate(config, weights, "compiled").hard_problems > 0
    assert len(count.signatures) - before <= 1
