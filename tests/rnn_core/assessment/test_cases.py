"""What a network answers in each case of its task's machine, and how often it is right there."""

from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.cases import mean_outputs
from rnn_core.tasks import TASKS
from rnn_core.types import Array


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


def adder(bits: int) -> tuple[TrainingConfig, dict[str, Array]]:
    """A full adder built by hand: three units say whether at least one, two or three of a, b and the carry are 1."""
    config = TrainingConfig(bits=bits, hidden_size=3, bias=True)
    steep = 40.0
    return config, {
        "W_xh": np.full((2, 3), steep),
        "W_hh": np.array([[0.0] * 3, [steep] * 3, [0.0] * 3]),  # at least two: the carry
        "W_hy": steep * np.array([[1.0], [-1.0], [1.0]]),
        "b_h": steep * np.array([-0.5, -1.5, -2.5]),
        "b_y": np.array([-0.5 * steep]),
    }


@pytest.mark.parametrize("bits", [2, 3, 8, 32])
def test_a_perfect_adder_is_right_in_every_case_that_can_occur(bits: int) -> None:
    cases = mean_outputs(*adder(bits))
    # With two bits a carry only ever meets two zeros.
    assert sum(case.positions == 0 for case in cases) == (3 if bits == 2 else 0)
    for case in cases:
        assert case.right == (1.0 if case.positions else None)


def test_a_network_that_always_answers_ones_is_right_where_a_one_is_true_and_nowhere_else() -> None:
    config, weights = adder(8)
    silent = {name: np.zeros_like(values) for name, values in weights.items()}
    cases = mean_outputs(config, silent | {"b_y": np.array([9.0])})
    assert [case.right for case in cases] == [float(case.expected) for case in cases]


def test_a_share_counts_positions_and_not_how_sure_the_network_is() -> None:
    config, weights = adder(4)
    # It forgets its carry: two ones and a carry look like two ones.
    forgetful = mean_outputs(config, weights | {"W_hh": np.zeros((3, 3))})
    assert [case.right for case in forgetful] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_a_share_is_that_of_the_positions_where_the_bit_is_right_problem_by_problem() -> None:
    trained = Trainer(TrainingConfig(bits=4, hidden_size=5), "numpy")
    trained.advance(3000)
    counted: dict[tuple[int, ...], list[bool]] = {}
    for a, b in product(range(8), range(8)):
        carry = 0
        answer = trained.predict(a, b)
        for t, (said, true) in enumerate(
            zip(answer.bits["predicted"][::-1], answer.bits["expected"][::-1], strict=True)
        ):
            bits = a >> t & 1, b >> t & 1
            counted.setdefault((carry, *bits), []).append(said == true)
            carry = (sum(bits) + carry) // 2
    found = mean_outputs(trained.config, trained.parameters)
    for case in found:
        assert case.right == pytest.approx(np.mean(counted[int(case.state[-1]), *case.bits]))
    assert any(case.right not in (0.0, 1.0) for case in found)


def test_an_output_that_is_no_number_is_wrong_whatever_the_machine_writes() -> None:
    config, weights = adder(4)
    for case in mean_outputs(config, weights | {"b_y": np.array([np.nan])}):
        assert (case.right, case.output) == (0.0, 1.0 - case.expected)
