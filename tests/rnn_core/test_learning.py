"""Every cell learns all problems of every task. With W_hh held at zero, a network loses exactly its memory."""

from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig, evaluate
from rnn_core.assessment.metrics import absolute_error, predicted_bits
from rnn_core.cells import CELLS, ElmanCell
from rnn_core.network.initializers import initial_parameters
from rnn_core.network.losses import CrossEntropy
from rnn_core.network.optimizers import Adam
from rnn_core.tasks import TASKS


@pytest.mark.parametrize(("task", "cell"), list(product(TASKS, CELLS)))
def test_every_cell_learns_every_task_to_the_last_problem(task: str, cell: str) -> None:
    # Each is perfect after half of these iterations at the latest, and stays so.
    config = TrainingConfig(
        task=task,
        cell=cell,
        bits=4,
        hidden_size=16,
        bias=True,
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.03,
        batch_size=16,
        max_iterations=2500 if task == "three_numbers" else 1000,
    )
    trainer = Trainer(config, "numpy")
    start = evaluate(config, trainer.snapshot().parameters, "numpy")
    assert start.accuracy < 0.7
    trainer.advance(config.max_iterations)
    learned = evaluate(config, trainer.snapshot().parameters, "numpy")
    assert learned.accuracy == 1.0
    assert learned.bit_accuracy[TASKS[task](4).first_read :].tolist() == [1.0] * (1 if task == "comparison" else 4)


def trained(name: str, remembers: bool) -> tuple[float, float]:
    """Error and accuracy over all problems after 800 iterations, with W_hh free or held at zero."""
    random = np.random.RandomState(0)
    task, cell, loss, optimizer = TASKS[name](5), ElmanCell(2, 8, bias=True), CrossEntropy(), Adam()
    weights = initial_parameters(cell.shapes, "uniform", random)
    memory = optimizer.initial_state(weights.flat.size)
    if not remembers:
        weights["W_hh"][...] = 0.0
    for operands in task.draw(random, 800, 16):
        inputs, targets = task.encode(operands, 5)
        activity = cell.forward(weights, inputs)
        _, descent = cell.bptt(weights, activity, loss.output_deltas(activity.outputs, targets))
        if not remembers:
            descent["W_hh"][...] = 0.0
        updates, memory = optimizer.step(memory, descent.flat / 16)
        weights.flat[...] += 0.03 * updates
    assert weights["W_hh"].any() == remembers
    inputs, targets = task.encode(task.all_problems(), 5)
    outputs = cell.forward(weights, inputs).outputs
    right = (predicted_bits(outputs) == targets).all(axis=0)
    return float(absolute_error(outputs[None], targets[None])[0]), float(right.mean())


def test_exclusive_or_is_learned_without_memory() -> None:
    assert trained("xor", remembers=False)[1] == 1.0


def test_addition_is_learned_with_memory_and_without_it_no_better_than_the_plateau() -> None:
    assert trained("addition", remembers=True)[1] == 1.0
    error, accuracy = trained("addition", remembers=False)
    plateau = TASKS["addition"](5).memoryless_error()
    assert plateau <= error < 1.5 * plateau
    assert accuracy == pytest.approx((3 / 4) ** 4)  # those that never carry: at none of four positions 1 and 1
