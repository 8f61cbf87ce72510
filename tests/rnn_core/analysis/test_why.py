"""Why a bit is wrong: hand-built networks with a known fault, and the definition once more in plain Python."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from rnn_core import OperandError, Trainer, TrainingConfig
from rnn_core.analysis import Explanation, MachineCase, Patched, explain
from rnn_core.analysis.why import SAME
from rnn_core.assessment.accuracy import problems_of
from rnn_core.network.parts import make_task
from rnn_core.tasks import TASKS
from rnn_core.types import Array
from tests.rnn_core.adders import Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder

ONE_MORE = 1e-12
"""How far two orders of the same additions may be apart."""


def asked(adder: Adder, *operands: int) -> Explanation:
    return explain(adder.config, adder.parameters, *operands)


# Hand-built networks


def test_a_sound_adder_is_right_and_would_be_wrong_with_the_memory_of_the_other_state() -> None:
    for a, b in product(range(8), range(8)):
        found = asked(sound_adder(4), a, b)
        assert (found.verdict, found.overflow) == ("right", False)
        assert (found.probability > 0.5) == found.expected
        if found.position == 0:
            assert found.patched is None
        else:
            assert found.patched is not None
            assert found.patched.state != found.case.state
            assert (found.patched.probability > 0.5) != found.expected
            assert found.patched.share == 1.0


def test_the_memory_is_to_blame_if_the_carry_of_one_case_is_forgotten() -> None:
    # 3 + 3: two ones, then three, and the carry of these is gone at position 2, where it should be written.
    found = asked(forgetful_adder(4), 3, 3)
    assert (found.position, found.case, found.expected) == (2, MachineCase("carry 1", (0, 0)), 1)
    assert found.probability < 0.01
    assert found.verdict == "memory"
    assert found.patched is not None
    assert found.patched.probability > 0.99
    assert (found.patched.position, found.patched.state) == (2, "carry 1")
    # The carry out of position 1 is sound after 1 + 2, 2 + 2 and the like, and forgotten only after three ones.
    assert found.patched.from_ == {"a": 1, "b": 3}


def test_the_reading_is_to_blame_if_the_output_layer_is_wrong_in_one_case() -> None:
    # 3 + 3: there are three ones at position 1.
    found = asked(misreading_adder(4), 3, 3)
    assert (found.position, found.case, found.expected) == (1, MachineCase("carry 1", (1, 1)), 1)
    assert found.verdict == "reading"
    assert found.patched is not None
    assert found.patched.probability < 0.01
    assert found.patched.share == 0.0


def test_the_reading_is_to_blame_if_the_memory_is_never_read() -> None:
    found = asked(deaf_adder(4), 3, 1)
    assert (found.position, found.case, found.verdict) == (1, MachineCase("carry 1", (1, 0)), "reading")
    assert found.patched is not None
    assert found.patched.probability == pytest.approx(found.probability)


@pytest.mark.parametrize(
    ("make", "blamed"),
    [(sound_adder, None), (forgetful_adder, "memory"), (misreading_adder, "reading"), (deaf_adder, "reading")],
)
def test_every_fault_is_named_on_every_problem(make: Callable[[int], Adder], blamed: str | None) -> None:
    adder = make(4)
    answers = [asked(adder, a, b) for a, b in product(range(8), range(8))]
    wrong = [found for found in answers if found.verdict != "right"]
    assert {found.verdict for found in wrong} == ({blamed} if blamed else set())
    assert bool(wrong) == bool(blamed)
    for found in wrong:
        assert (found.probability > 0.5) != found.expected


def test_a_close_call_is_told_from_a_clear_one() -> None:
    hesitant = asked(sound_adder(4, sure=8.0), 1, 1)
    sure = asked(sound_adder(4), 1, 1)
    assert abs(hesitant.probability - 0.5) < abs(sure.probability - 0.5)


# The same in plain Python

Memory = tuple[list[float], list[float]]
"""Hidden state and cell state: all that a cell carries on. Cells without a cell state carry zeros there."""


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0  # where e^-x is more than a float64 can hold


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": logistic,
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
}


def stepped(config: TrainingConfig, weights: dict[str, Array], memory: Memory, bits: Sequence[int]) -> Memory:
    """A cell's next memory, unit by unit, from the formulas."""
    hidden, cell = memory
    units = range(config.hidden_size)

    def from_input(gate: str, unit: int) -> float:
        bias = weights[f"b_{gate}"][unit] if f"b_{gate}" in weights else 0.0
        return float(sum(bit * weights[f"W_x{gate}"][i, unit] for i, bit in enumerate(bits)) + bias)

    def from_state(gate: str, unit: int) -> float:
        return float(sum(hidden[k] * weights[f"W_h{gate}"][k, unit] for k in units))

    def whole(gate: str, unit: int) -> float:
        return from_input(gate, unit) + from_state(gate, unit)

    if config.cell == "elman":
        f = FUNCTIONS[config.activation]
        return [f(whole("h", unit)) for unit in units], cell
    if config.cell == "gru":
        new = []
        for unit in units:
            z, r = logistic(whole("z", unit)), logistic(whole("r", unit))
            n = math.tanh(from_input("n", unit) + r * from_state("n", unit))
            new.append(z * hidden[unit] + (1 - z) * n)
        return new, cell
    kept = [
        logistic(whole("f", unit)) * cell[unit] + logistic(whole("i", unit)) * math.tanh(whole("g", unit))
        for unit in units
    ]
    return [logistic(whole("o", unit)) * math.tanh(kept[unit]) for unit in units], kept


def said(weights: dict[str, Array], memory: Memory) -> float:
    bias = weights["b_y"][0] if "b_y" in weights else 0.0
    return logistic(float(sum(h * row[0] for h, row in zip(memory[0], weights["W_hy"], strict=True)) + bias))


def bits_at(operands: Sequence[int], position: int) -> tuple[int, ...]:
    return tuple(operand >> position & 1 for operand in operands)


Walk = list[tuple[str, Memory]]
"""The machine's state and the network's memory before each position, and after the last."""


def walked(config: TrainingConfig, weights: dict[str, Array], operands: Sequence[int], width: int) -> Walk:
    machine = TASKS[config.task].machine
    state, memory = machine.states[0], ([0.0] * config.hidden_size, [0.0] * config.hidden_size)
    walk = [(state, memory)]
    for position in range(width):
        bits = bits_at(operands, position)
        state, memory = machine.steps[state, bits].state, stepped(config, weights, memory, bits)
        walk.append((state, memory))
    return walk


def plain(config: TrainingConfig, weights: dict[str, Array], operands: tuple[int, ...]) -> Explanation:
    """`explain` by its definition. The memory itself is put in the place of the other one."""
    task = make_task(config)
    steps, states = task.machine.steps, task.machine.states
    width = task.width(operands)
    walk = walked(config, weights, operands, width)
    outputs = [said(weights, walk[position + 1][1]) for position in range(width)]
    targets = [steps[walk[position][0], bits_at(operands, position)].output for position in range(width)]
    wrong = [p for p in range(width) if (outputs[p] > 0.5) != targets[p]]
    position = wrong[0] if wrong else min(range(width), key=lambda p: abs(outputs[p] - 0.5))
    state, bits = walk[position][0], bits_at(operands, position)
    patched_state: str | None = state
    if not wrong:
        others = [other for other in states if other != state]
        deciding = [other for other in others if steps[other, bits].output != targets[position]]
        patched_state = next(iter(deciding + others), None)
    patched = None
    if position > 0 and patched_state is not None:
        walks = [
            (donor, walked(config, weights, donor, config.bits)) for donor in map(tuple, problems_of(config).tolist())
        ]
        own = [bits_at(operands, p) for p in range(position)]
        for place in sorted(range(1, config.bits), key=lambda p: (abs(p - position), p)):
            donors = [
                (donor, memories[place][1])
                for donor, memories in walks
                if memories[place][0] == patched_state
                and not (place == position and [bits_at(donor, p) for p in range(place)] == own)
            ]
            if donors:
                wanted = steps[patched_state, bits].output
                would = [said(weights, stepped(config, weights, memory, bits)) for _, memory in donors]
                best = max(p if wanted else 1 - p for p in would)
                first = next(k for k, p in enumerate(would) if (p if wanted else 1 - p) >= best - SAME)
                share = sum((p > 0.5) == wanted for p in would) / len(would)
                named = dict(zip(task.operands, donors[first][0], strict=True))
                patched = Patched(named, place, patched_state, would[first], share, len(would))
                break
    verdict: Any = "right"
    if wrong:
        verdict = "memory" if patched and (patched.probability > 0.5) == targets[position] else "reading"
    case = MachineCase(state, bits)
    return Explanation(position, case, outputs[position], targets[position], verdict, patched)


def check_same(found: Explanation, plainly: Explanation) -> None:
    assert found.probability == pytest.approx(plainly.probability, abs=ONE_MORE)
    assert (found.patched is None) == (plainly.patched is None)
    if found.patched and plainly.patched:
        assert found.patched.probability == pytest.approx(plainly.patched.probability, abs=ONE_MORE)
    for name in ("position", "case", "expected", "verdict", "overflow"):
        assert getattr(found, name) == getattr(plainly, name), name
    for name in ("from_", "position", "state", "share", "problems"):
        assert getattr(found.patched, name, None) == getattr(plainly.patched, name, None), name


def spread(config: TrainingConfig, seed: int) -> dict[str, Array]:
    """Weights with which a network is sometimes right and sometimes wrong, more or less clearly."""
    random = np.random.RandomState(seed)
    return {name: random.normal(0.0, 2.0, values.shape) for name, values in Trainer(config, "numpy").parameters.items()}


@pytest.mark.parametrize("make", [sound_adder, forgetful_adder, misreading_adder, deaf_adder])
def test_adders_are_explained_as_by_the_definition(make: Callable[[int], Adder]) -> None:
    adder = make(3)
    for operands in product(range(4), range(4)):
        check_same(asked(adder, *operands), plain(adder.config, adder.parameters, operands))


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_cell_and_task_is_explained_as_by_the_definition(task: str, cell: str) -> None:
    seen = set()
    for seed, bias in ((0, True), (1, False)):
        config = TrainingConfig(task=task, bits=3, cell=cell, hidden_size=3, bias=bias)
        weights = spread(config, seed)
        for operands in map(tuple, problems_of(config).tolist()):
            found = explain(config, weights, *operands)
            check_same(found, plain(config, weights, operands))
            seen.add(found.verdict)
    assert len(seen) > 1  # a test in which all answers are alike would say little


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_wide_numbers_get_the_memory_of_the_nearest_position_that_training_had(activation: str) -> None:
    config = TrainingConfig(bits=3, hidden_size=4, activation=activation, bias=True)
    beyond = 0
    for seed in range(4):
        weights = spread(config, seed)
        for operands in ((9, 60), (31, 1), (5, 11), (2**20 - 1, 1), (1, 2)):
            found = explain(config, weights, *operands)
            check_same(found, plain(config, weights, operands))
            beyond += found.position >= config.bits and found.patched is not None
    assert beyond


# What may not exist


def test_at_position_0_the_memory_is_given_and_the_reading_is_to_blame() -> None:
    adder = sound_adder(4)
    adder.parameters["b_y"][...] = 1000.0  # it always says 1
    found = asked(adder, 2, 4)
    assert (found.position, found.verdict, found.patched) == (0, "reading", None)


def test_without_another_problem_in_the_same_state_there_is_no_patch() -> None:
    adder = deaf_adder(2)  # 1 + 1 is the only problem that carries
    found = asked(adder, 1, 1)
    assert (found.position, found.case.state) == (1, "carry 1")
    assert (found.verdict, found.patched) == ("reading", None)


def test_where_one_problem_alone_leads_to_a_state_the_memory_is_that_of_the_next_position() -> None:
    found = asked(deaf_adder(4), 1, 1)  # a carry comes into position 1 in no other way than by 1 + 1
    assert found.position == 1
    assert found.patched is not None
    assert found.patched.position == 2


def test_xor_has_one_state_so_a_right_bit_has_no_other_memory_and_a_wrong_one_another_of_the_same() -> None:
    config = TrainingConfig(task="xor", bits=3, hidden_size=3)
    verdicts = {}
    for seed in range(3):
        for operands in product(range(8), range(8)):
            found = explain(config, spread(config, seed), *operands)
            verdicts[found.verdict] = found
            if found.verdict == "right" or found.position == 0:
                assert found.patched is None
            else:
                assert found.patched is not None
                assert found.patched.state == found.case.state == "no memory"
    assert set(verdicts) == {"right", "memory", "reading"}


def test_an_untrained_network_has_no_memory_that_would_help() -> None:
    trainer = Trainer(TrainingConfig(), "numpy")
    found = explain(trainer.config, trainer.parameters, 127, 1)
    assert (found.position, found.verdict) == (7, "reading")
    assert found.patched is not None
    assert found.patched.share == 0.0
    assert abs(found.patched.probability - found.probability) < 0.1


def test_an_answer_that_is_no_number_counts_as_wrong_and_is_told() -> None:
    config = TrainingConfig(bits=4, hidden_size=2, activation="relu")
    huge = {"W_xh": np.full((2, 2), 1e200), "W_hh": np.full((2, 2), 1e200), "W_hy": np.full((2, 1), 1e-200)}
    found = explain(config, huge, 2, 1)  # what unit 1 remembers after position 0 is infinite after position 1
    assert (found.position, found.expected, found.probability, found.overflow) == (1, 1, 0.0, True)
    assert found.verdict == "memory"  # an empty one would do
    assert found.patched is not None
    assert found.patched.probability > 0.8


def test_parameters_and_problems_stay_as_they_are() -> None:
    adder = forgetful_adder(4)
    before = {name: values.copy() for name, values in adder.parameters.items()}
    problems = problems_of(adder.config).copy()
    asked(adder, 3, 3)
    for name, values in before.items():
        np.testing.assert_array_equal(adder.parameters[name], values)
    np.testing.assert_array_equal(problems_of(adder.config), problems)


def test_numbers_that_are_no_problem_are_refused() -> None:
    with pytest.raises(OperandError, match="b is missing"):
        asked(sound_adder(), 9)
    config = TrainingConfig(task="subtraction")
    with pytest.raises(OperandError, match="must be at most a"):
        explain(config, Trainer(config, "numpy").parameters, 1, 2)


@pytest.mark.parametrize(("task", "operands"), [("addition", (2**31 - 1, 1)), ("three_numbers", (2**30 - 2,) * 3)])
def test_long_numbers_have_a_sample_of_donors(task: str, operands: tuple[int, ...]) -> None:
    config = TrainingConfig(task=task, bits=32, hidden_size=16)
    found = explain(config, Trainer(config, "numpy").parameters, *operands)
    assert found.patched is not None
    assert 0 < found.patched.problems <= len(problems_of(config))
