"""The compiled evaluation is compared with counting in NumPy."""

import numpy as np
import pytest
from numpy.typing import NDArray

from rnn_core.kernels.calls.engine import train
from rnn_core.kernels.calls.evaluate import evaluate
from rnn_core.kernels.network.plan import Plan
from tests.rnn_core.kernels.rendering import Rendering, draw


def all_pairs(bits: int) -> NDArray[np.int64]:
    """Every pair of operands below 2**(bits-1), as (4**(bits-1), 2); the second operand changes fastest."""
    numbers = np.arange(2 ** (bits - 1), dtype=np.int64)
    return np.stack(np.meshgrid(numbers, numbers, indexing="ij"), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("plan", [Plan(), Plan(7, 5), Plan(17, 9, activation="tanh", bias=True)], ids=str)
def test_counts_and_worst_pairs_are_those_of_the_rendering(plan: Plan) -> None:
    parameters, operands, answers = draw(plan, 3_000)
    rendering = Rendering(plan, parameters, 0.1)
    rendering.run(operands, answers)
    parameters = rendering.parameters
    pairs = all_pairs(min(plan.positions, 7))
    sums = pairs.sum(1)
    found = evaluate(plan, parameters, pairs, sums)

    rendering.iterate(pairs, sums)
    right = (rendering.o > 0.5) == (rendering.y > 0.5)
    errors = np.abs(rendering.y - rendering.o).sum(1)
    worst = np.argsort(-errors.round(9), kind="stable")[:10]
    assert found.accuracy == right.all(1).mean()
    np.testing.assert_array_equal(found.bit_accuracy, right.mean(0))
    np.testing.assert_allclose(found.worst_errors, errors[worst], atol=1e-9)
    np.testing.assert_allclose(errors[found.worst], found.worst_errors, atol=1e-9)
    assert (np.diff(found.worst_errors) <= 0).all()


def test_the_trained_default_network_adds_every_pair() -> None:
    plan = Plan()
    parameters, operands, answers = draw(plan, 50_000)
    train(plan, parameters, operands, answers, 0.1)
    pairs = all_pairs(8)
    assert len(pairs) == 16_384
    assert evaluate(plan, parameters, pairs, pairs.sum(1)).accuracy == 1.0


def test_ties_rank_the_earlier_problem_first_and_few_problems_give_few_worst() -> None:
    plan = Plan()
    pairs = all_pairs(2)
    found = evaluate(plan, np.zeros(plan.flat_size), pairs, pairs.sum(1), worst=10)
    assert found.worst.tolist() == [0, 1, 2, 3]  # every output is one half, so every error is 4
    assert found.worst_errors.tolist() == [4.0] * 4
    assert evaluate(plan, np.zeros(plan.flat_size), pairs, pairs.sum(1), worst=0).worst.tolist() == []


def test_no_problems_are_refused() -> None:
    with pytest.raises(ValueError, match="no problems"):
        evaluate(Plan(), np.zeros(304), np.zeros((0, 2), np.int64), np.zeros(0, np.int64))
