"""The machine inside: networks whose machine is known by construction, and the machine run in plain Python."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import ExtractedMachine, extract_machine
from rnn_core.analysis.machine import LONG_BITS, LONG_PROBLEMS, MOST_STATES
from rnn_core.network.parts import make_cell, make_task
from rnn_core.tasks import TASKS
from rnn_core.types import Integers
from tests.rnn_core.adders import SURE, Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder

# Networks for every task, written down by hand. As in a sound adder, unit k says whether there are k ones or more.


def xor_network() -> Adder:
    adder = deaf_adder()
    return Adder(replace(adder.config, task="xor"), adder.parameters)


def subtracting_network() -> Adder:
    """The ones among not a, b and the borrow: of two or more the borrow goes on, of an even number the bit is 1."""
    adder = sound_adder()
    adder.parameters["W_xh"][0] *= -1
    adder.parameters["b_h"] += SURE
    adder.parameters["W_hy"] *= -1
    adder.parameters["b_y"] *= -1
    return Adder(replace(adder.config, task="subtraction"), adder.parameters)


def comparing_network() -> Adder:
    """The ones among a, not b and "greater so far": greater if there are two or more."""
    adder = sound_adder()
    adder.parameters["W_xh"][1] *= -1
    adder.parameters["b_h"] += SURE
    adder.parameters["W_hy"] = SURE * np.array([[0.0], [1.0], [0.0]])
    return Adder(replace(adder.config, task="comparison"), adder.parameters)


def parity_network() -> Adder:
    """The ones among a and the parity, which is unit 1 less unit 2."""
    return Adder(
        TrainingConfig(task="parity", hidden_size=2, bias=True),
        {
            "W_xh": np.full((1, 2), SURE),
            "W_hy": SURE * np.array([[1.0], [-1.0]]),
            "W_hh": SURE * np.array([[1.0, 1], [-1, -1]]),
            "b_h": -SURE * np.array([0.5, 1.5]),
            "b_y": -SURE * np.array([0.5]),
        },
    )


def three_numbers_network() -> Adder:
    """The ones among a, b, c and a carry of 0, 1 or 2, which is unit 2 and unit 4 together."""
    carry = np.array([0.0, 1, 0, 1, 0])
    return Adder(
        TrainingConfig(task="three_numbers", hidden_size=5, bias=True),
        {
            "W_xh": np.full((3, 5), SURE),
            "W_hy": SURE * np.array([[1.0], [-1], [1], [-1], [1]]),
            "W_hh": SURE * np.repeat(carry[:, None], 5, axis=1),
            "b_h": -SURE * np.array([0.5, 1.5, 2.5, 3.5, 4.5]),
            "b_y": -SURE * np.array([0.5]),
        },
    )


def extracted(network: Adder) -> ExtractedMachine:
    return extract_machine(network.config, network.parameters)


def trained(iterations: int, **config: Any) -> Adder:
    trainer = Trainer(TrainingConfig(**config), engine="numpy")
    trainer.advance(iterations)
    return Adder(trainer.config, trainer.parameters)


NETWORKS = {
    "addition": sound_adder,
    "subtraction": subtracting_network,
    "xor": xor_network,
    "parity": parity_network,
    "comparison": comparing_network,
    "three_numbers": three_numbers_network,
}


@pytest.mark.parametrize("task", list(TASKS))
def test_a_network_that_is_the_tasks_machine_is_found_to_be_it(task: str) -> None:
    network = NETWORKS[task]()
    found = extracted(network)
    machine = TASKS[task].machine
    assert found.states == machine.states
    assert found.start == machine.states[0]
    assert found.machine == machine
    assert [(step.state, step.bits) for step in found.steps] == list(machine.steps)
    assert all(step.count == step.of > 0 for step in found.steps)
    assert found.equals_task
    assert (found.agrees_with_network, found.agrees_with_task) == (1.0, 1.0)
    assert (found.agrees_with_network_long, found.agrees_with_task_long) == (1.0, 1.0)
    every = make_task(network.config).problem_count
    assert (found.problems, found.sampled) == (min(every, 2**14), every > 2**14)


PAIRS = list(product(range(128), repeat=2))


def steps_of(found: ExtractedMachine) -> dict[tuple[str, tuple[int, ...]], tuple[str, int]]:
    return {(step.state, step.bits): (step.next, step.output) for step in found.steps}


ADDER = {
    ("A", (0, 0)): ("A", 0),
    ("A", (0, 1)): ("A", 1),
    ("A", (1, 0)): ("A", 1),
    ("A", (1, 1)): ("B", 0),
    ("B", (0, 0)): ("A", 1),
    ("B", (0, 1)): ("B", 0),
    ("B", (1, 0)): ("B", 0),
    ("B", (1, 1)): ("B", 1),
}
"""The sound adder's steps, under the names that its states would have if it were another machine."""


@pytest.mark.parametrize(
    ("make", "fault"),
    [(forgetful_adder, ("A", 1)), (misreading_adder, ("B", 0))],
)
def test_one_fault_is_one_other_step(make: Callable[[], Adder], fault: tuple[str, int]) -> None:
    found = extracted(make())
    assert found.states == ("A", "B")
    assert steps_of(found) == {**ADDER, ("B", (1, 1)): fault}
    assert not found.equals_task
    assert found.agrees_with_network == found.agrees_with_network_long == 1.0
    # It is wrong where there are three ones at a position: in both bits, and in the carry.
    wrong = sum(any(a >> k & b >> k & 1 and a % 2**k + b % 2**k >= 2**k for k in range(7)) for a, b in PAIRS)
    assert found.agrees_with_task == 1 - wrong / len(PAIRS)


def test_a_network_that_never_reads_its_memory_is_a_machine_of_one_state() -> None:
    found = extracted(deaf_adder())
    assert found.states == ("A",)
    assert steps_of(found) == {("A", bits): ("A", bits[0] ^ bits[1]) for bits in product((0, 1), repeat=2)}
    assert not found.equals_task
    assert found.agrees_with_network == 1.0
    assert found.agrees_with_task == sum(a & b == 0 for a, b in PAIRS) / len(PAIRS)


def test_neither_the_order_of_the_units_nor_a_useless_one_changes_anything() -> None:
    network = sound_adder()
    weights = network.parameters
    order = [2, 0, 1]
    permuted = {
        **weights,
        "W_xh": weights["W_xh"][:, order],
        "W_hh": weights["W_hh"][np.ix_(order, order)],
        "W_hy": weights["W_hy"][order],
        "b_h": weights["b_h"][order],
    }
    assert extract_machine(network.config, permuted) == extracted(network)
    wider = {
        **weights,
        "W_xh": np.hstack([weights["W_xh"], [[1.0], [-2.0]]]),
        "W_hh": np.pad(weights["W_hh"], ((0, 1), (0, 1)), constant_values=0.0),
        "W_hy": np.vstack([weights["W_hy"], [[0.0]]]),
        "b_h": np.append(weights["b_h"], 0.3),
    }
    assert extract_machine(replace(network.config, hidden_size=4), wider) == extracted(network)


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_an_untrained_network_is_not_the_tasks_machine(cell: str) -> None:
    found = extracted(trained(0, cell=cell))
    assert not found.equals_task
    assert 1 <= len(found.states) <= MOST_STATES
    assert found.states == tuple("ABCDEFGHIJKL"[: len(found.states)])
    assert found.agrees_with_task < 0.01


def test_a_network_that_is_learning_is_no_machine_of_few_states_and_that_is_said() -> None:
    found = extracted(trained(500))
    assert not found.equals_task
    assert len(found.states) <= MOST_STATES
    assert found.agrees_with_network < 0.7
    assert found.agrees_with_task < 0.1
    assert any(step.count < step.of for step in found.steps)


def test_the_articles_network_becomes_the_machine_of_addition_and_then_does_all_that_it_does() -> None:
    trainer = Trainer(TrainingConfig(), engine="compiled")
    trainer.advance(6500)
    found = extract_machine(trainer.config, trainer.parameters)
    assert found.equals_task
    assert 0.9 < found.agrees_with_network < 1.0  # the network is wrong in some sums, the machine in none
    trainer.advance(1500)
    found = extract_machine(trainer.config, trainer.parameters)
    assert found.equals_task
    assert found.states == ("carry 0", "carry 1")
    assert (found.agrees_with_network, found.agrees_with_network_long) == (1.0, 1.0)


@pytest.mark.parametrize(("cell", "iterations"), [("gru", 1500), ("lstm", 1000)])
def test_a_gated_network_learns_the_same_machine(cell: str, iterations: int) -> None:
    recipe: dict[str, Any] = {
        "hidden_size": 8,
        "bias": True,
        "loss": "cross_entropy",
        "optimizer": "adam",
        "learning_rate": 0.01,
    }
    found = extracted(trained(iterations, cell=cell, **recipe))
    assert found.states == ("carry 0", "carry 1")
    assert found.equals_task
    assert found.agrees_with_network > 0.99


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("task", ["addition", "three_numbers", "parity", "subtraction"])
def test_the_shares_are_those_of_the_machine_run_in_plain_python(task: str, cell: str) -> None:
    network = trained(60, task=task, cell=cell, bits=4, hidden_size=3, seed=5, learning_rate=1.0)
    found = extracted(network)
    steps = steps_of(found)
    solved = make_task(network.config)

    def ran(operands: list[int], length: int) -> list[int]:
        state, written = found.start, []
        for t in range(length):
            state, output = steps[state, tuple(operand >> t & 1 for operand in operands)]
            written.append(output)
        return written

    def shares(problems: Integers, width: int) -> tuple[float, float]:
        inputs, targets = solved.encode(problems, width)
        said = make_cell(network.config).forward(network.parameters, inputs).outputs > 0.5  # (T, n)
        written = [ran(operands, width) for operands in problems.tolist()]
        pairs = [(bits == said[:, k].tolist(), bits == targets[:, k].tolist()) for k, bits in enumerate(written)]
        return sum(one for one, _ in pairs) / len(pairs), sum(other for _, other in pairs) / len(pairs)

    assert (found.agrees_with_network, found.agrees_with_task) == shares(solved.all_problems(), 4)
    long = TASKS[task](LONG_BITS).some_problems(LONG_PROBLEMS, LONG_PROBLEMS)
    shown = (found.agrees_with_network_long, found.agrees_with_task_long)
    assert shown == shares(long, LONG_BITS)


@pytest.mark.parametrize(("bits", "hidden_size", "problems"), [(9, 16, 2**13), (32, 16, 2**12), (8, 128, 2**10)])
def test_wide_tasks_and_large_networks_are_compared_on_a_sample(bits: int, hidden_size: int, problems: int) -> None:
    found = extracted(trained(0, bits=bits, hidden_size=hidden_size))
    assert (found.problems, found.sampled) == (problems, True)


@pytest.mark.parametrize("bits", [2, 3])
def test_narrow_tasks_have_a_machine_too(bits: int) -> None:
    assert extracted(sound_adder(bits)).equals_task


def test_an_output_that_is_not_a_number_agrees_with_nothing() -> None:
    network = trained(0, hidden_size=2, activation="relu", seed=1)
    for name in ("W_xh", "W_hh", "W_hy"):
        network.parameters[name][...] = 1e200
    found = extracted(network)
    assert not found.equals_task
    assert found.agrees_with_network < 0.01  # all are lost but 0 + 0
    assert found.agrees_with_network_long == 0.0
