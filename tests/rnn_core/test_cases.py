"""What a network answers in each case of its task's machine."""

from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.cases import mean_outputs
from rnn_core.tasks import TASKS


def test_addition_has_the_eight_lines_of_a_full_adder_in_the_order_of_its_table() -> None:
    cases = mean_outputs(TrainingConfig(), Trainer(TrainingConfig()).parameters)
    assert [(case.state, *case.bits) for case in cases] == [
        (state, a, b) for state in ("carry 0", "carry 1") for a, b in product((0, 1), (0, 1))
    ]
    assert [case.expected for case in cases] == [0, 1, 1, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_means_are_those_of_the_networks_answers_problem_by_problem(cell: str) -> None:
    trainer = Trainer(TrainingConfig(bits=4, hidden_size=5, cell=cell), "numpy")
    trainer.advance(100)
    answers: dict[tuple[int, ...], list[float]] = {}
    for a, b in product(range(8), range(8)):
        carry = 0
        for t, output in enumerate(reversed(trainer.predict(a, b).probabilities)):
            bits = a >> t & 1, b >> t & 1
            answers.setdefault((carry, *bits), []).append(output)
            carry = (sum(bits) + carry) // 2
    for case in mean_outputs(trainer.config, trainer.parameters):
        found = answers[int(case.state[-1]), *case.bits]
        assert case.output is not None
        assert case.positions == len(found)
        np.testing.assert_allclose(case.output, np.mean(found), rtol=1e-12)


def test_a_network_that_adds_answers_every_case_as_the_machine_does_and_a_fresh_one_does_not() -> None:
    trainer = Trainer(TrainingConfig())
    assert any(
        abs(case.expected - (case.output or 0)) > 0.4 for case in mean_outputs(trainer.config, trainer.parameters)
    )
    trainer.advance(50_000)
    for case in mean_outputs(trainer.config, trainer.parameters):
        assert case.output is not None
        assert abs(case.expected - case.output) < 0.2


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_has_the_cases_of_its_machine(task: str) -> None:
    config = TrainingConfig(task=task, bits=5)
    cases = mean_outputs(config, Trainer(config).parameters)
    machine = TASKS[task].machine
    assert len(cases) == len(machine.states) * 2**machine.inputs
    assert sum(case.positions for case in cases) == 5 * min(1024, TASKS[task](5).problem_count)
    for case in cases:
        assert (case.output is None) == (case.positions == 0)
        assert case.expected == machine.steps[case.state, case.bits].output
