"""What a run learned when, from what it gets wrong at its moments."""

from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.accuracy import accuracy_of, problems_of
from rnn_core.assessment.cases import case_sample, mean_outputs
from rnn_core.assessment.marks import NAMED, Marks, marks
from rnn_core.assessment.milestones import Milestone, Moment, floor_of, milestones
from rnn_core.assessment.schedule import moments
from rnn_core.network.parts import make_task
from rnn_core.tasks import TASKS

TWO_BITS = TrainingConfig(bits=2)
"""Of the eight cases, five occur: the four without a carry, and 0 + 0 with a carry."""

KNOWN = (0,) * 8
ONLY_ZEROS = (0, 1, 1, 0, 1, 0, 0, 0)
"""What a network gets wrong that always answers 0: the cases that ask for 1 and occur."""
WITHOUT_CARRY = (0, 0, 0, 0, 1, 0, 0, 0)


def moment(iteration: int, wrong: tuple[int, ...], accuracy: float = 0.0, **places: tuple[int, ...]) -> Moment:
    """A moment of a run with these numbers of wrong positions; problem 3 is the one that is wrong."""
    missed = tuple((3,) if count else () for count in wrong)
    return Moment(iteration, accuracy, Marks(wrong, missed, places.get("solved", ())))


def told(found: list[Milestone]) -> list[tuple[int, str, object]]:
    return [(one.iteration, one.kind, one.case) for one in found]


def cases_of(found: list[Milestone], kind: str) -> list[tuple[int, object]]:
    return [(one.iteration, one.case) for one in found if one.kind == kind]


def test_a_network_that_always_answers_the_same_has_understood_nothing() -> None:
    assert milestones(TWO_BITS, [moment(at, ONLY_ZEROS) for at in range(0, 100, 10)]) == []


def test_what_a_network_does_before_the_first_iteration_is_chance() -> None:
    assert milestones(TWO_BITS, [moment(0, KNOWN, 1.0)]) == []


def test_cases_are_understood_one_after_the_other_and_the_texts_count_them() -> None:
    way = [moment(0, ONLY_ZEROS), moment(10, WITHOUT_CARRY), moment(20, KNOWN, 1.0)]
    found = milestones(TWO_BITS, way)
    assert told(found) == [
        *[(10, "understood", ("carry 0", bits)) for bits in product((0, 1), (0, 1))],
        (20, "understood", ("carry 1", (0, 0))),
        (20, "all_right", None),
    ]
    assert found[0].text == "The first case is understood: a = 0, b = 0, carry 0."
    assert found[1].text == "2 of 5 cases have been understood by now. New: a = 0, b = 1, carry 0."
    assert found[4].text == "All 5 cases have been understood by now. The last: a = 0, b = 0, carry 1."
    assert found[5].text == "Every problem is right."


def test_a_case_that_was_right_by_chance_is_shown_by_a_problem_that_it_is_told_apart_from() -> None:
    found = milestones(TWO_BITS, [moment(0, ONLY_ZEROS), moment(10, WITHOUT_CARRY)])
    # 0 + 0 was right before, too; 1 + 1 is the problem that is wrong before in the cases that ask for a one.
    assert [one.operands for one in found] == [(1, 1)] * 4


def test_a_case_that_goes_up_and_down_is_told_once() -> None:
    way = [moment(10 * k, KNOWN if k % 3 else WITHOUT_CARRY) for k in range(12)]
    assert cases_of(milestones(TWO_BITS, way), "understood").count((10, ("carry 1", (0, 0)))) == 1
    assert cases_of(milestones(TWO_BITS, way), "forgotten") == []


def test_a_case_is_forgotten_after_three_bad_moments_in_a_row_and_may_be_understood_again() -> None:
    way = [moment(5, KNOWN), *[moment(at, WITHOUT_CARRY) for at in (10, 20, 30, 40)], moment(50, KNOWN)]
    found = milestones(TWO_BITS, way)
    carry = ("carry 1", (0, 0))
    assert told(found)[5:] == [(30, "forgotten", carry), (50, "understood", carry)]
    assert found[5].text == "Forgotten again: a = 0, b = 0, carry 1."
    assert found[5].operands == found[6].operands == (1, 1)


def test_all_problems_are_forgotten_in_the_same_way() -> None:
    shares = [1.0, 0.4, 0.4, 0.6, 0.4, 0.4, 0.4, 0.4, 1.0]
    way = [
        moment(5 + 10 * k, KNOWN, share, solved=(0, 1, 2, 3) if share == 1.0 else (0,))
        for k, share in enumerate(shares)
    ]
    found = [one for one in milestones(TWO_BITS, way) if one.case is None and one.kind != "memory"]
    assert told(found) == [(5, "all_right", None), (65, "forgotten", None), (85, "all_right", None)]


def test_a_network_is_better_than_any_without_memory_when_it_is_so_three_times() -> None:
    assert floor_of(TWO_BITS) == 3 / 4  # of 0+0, 0+1, 1+0 and 1+1 only the last has a carry
    shares = [0.75, 0.76, 0.76, 0.75, 0.76, 0.8, 0.9, 0.5, 1.0]
    way = [moment(10 * k, KNOWN, share, solved=(0, 3) if share > 0.85 else (0,)) for k, share in enumerate(shares)]
    [found] = [one for one in milestones(TWO_BITS, way) if one.kind == "memory"]
    assert (found.iteration, found.operands) == (60, (1, 1))
    assert "90.0% of the problems are right, and without memory 75.0% is the most" in found.text


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_best_without_memory_is_the_best_of_all_functions_of_the_bits(task: str) -> None:
    config = TrainingConfig(task=task, bits=4)
    inputs, targets = make_task(config).encode(problems_of(config), 4)
    read = slice(make_task(config).first_read, None)
    shares = []
    for function in product((0, 1), repeat=2 ** inputs.shape[-1]):
        answers = np.array(function).reshape((2,) * inputs.shape[-1])[tuple(np.moveaxis(inputs.astype(int), -1, 0))]
        shares.append((answers == targets)[read].all(axis=0).mean())
    assert floor_of(config) == max(shares)
    assert (max(shares) == 1.0) == (task == "xor")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_marks_count_what_the_answers_by_case_say(task: str) -> None:
    config = TrainingConfig(task=task, bits=4)
    trainer = Trainer(config, "numpy")
    trainer.advance(150)
    found = marks(config, trainer.parameters)
    cases = mean_outputs(config, trainer.parameters)
    assert found.wrong == tuple(round(case.positions * (1 - (case.right or 0))) for case in cases)
    problems = case_sample(task, 4).problems
    right = [trainer.predict(*problem).correct for problem in problems.tolist()]
    assert found.solved == tuple(np.flatnonzero(right)[:NAMED])
    assert [bool(missed) for missed in found.missed] == [wrong > 0 for wrong in found.wrong]


def of_run(config: TrainingConfig) -> tuple[list[Milestone], dict[int, dict[str, np.ndarray]]]:
    trainer = Trainer(config)
    weights, way = {}, []
    for at in moments(0, config.max_iterations):
        trainer.advance(at - trainer.iteration)
        weights[at] = trainer.parameters
        way.append(Moment(at, accuracy_of(config, trainer.parameters), marks(config, trainer.parameters)))
    return milestones(config, way), weights


def test_the_milestones_of_the_scripts_run_are_what_its_networks_do() -> None:
    config = TrainingConfig(max_iterations=10_000)
    found, weights = of_run(config)
    assert 5 <= len(found) <= 15
    assert [one.kind for one in found].count("understood") == 8  # each case once
    assert [one.kind for one in found[-2:]] == ["understood", "all_right"]
    [memory] = [one for one in found if one.kind == "memory"]
    assert 3_000 < memory.iteration < 4_500
    places = list(weights)
    for one in found:
        now, before = (weights[places[places.index(one.iteration) - back]] for back in (0, 1))
        # By hand: every pair, added by the network position by position.
        wrong_now, wrong_before = _wrong(now), _wrong(before)
        assert (one.kind == "all_right") <= (not wrong_now.any())
        assert one.operands is not None
        a, b = one.operands
        carry = (a ^ b ^ (a + b)) >> np.arange(8) & 1
        if one.case is not None:
            state, (p, q) = one.case
            here = (carry == int(state[-1])) & (a >> np.arange(8) & 1 == p) & (b >> np.arange(8) & 1 == q)
            assert not wrong_now[:, a, b][here].any()
        changed = wrong_before[:, a, b] & ~wrong_now[:, a, b]
        assert changed.any()


def _wrong(weights: dict[str, np.ndarray]) -> np.ndarray:
    """Whether each bit of each sum is wrong, (8, 128, 128), with the formulas of the script."""
    a, b = np.meshgrid(np.arange(128), np.arange(128), indexing="ij")
    state, wrong = np.zeros((128, 128, 16)), np.empty((8, 128, 128), dtype=bool)
    for t in range(8):
        bits = np.stack([a >> t & 1, b >> t & 1], axis=-1)
        state = 1 / (1 + np.exp(-(bits @ weights["W_xh"] + state @ weights["W_hh"])))
        output = 1 / (1 + np.exp(-(state @ weights["W_hy"])[..., 0]))
        wrong[t] = (output > 0.5) != ((a + b) >> t & 1)
    return wrong


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_has_milestones_and_not_too_many(task: str) -> None:
    config = TrainingConfig(task=task, bits=4, cell="gru", loss="cross_entropy", optimizer="adam", learning_rate=0.01)
    trainer, way = Trainer(config, "numpy"), []
    for at in moments(0, 1_000):
        trainer.advance(at - trainer.iteration)
        way.append(Moment(at, accuracy_of(config, trainer.parameters, "numpy"), marks(config, trainer.parameters)))
    found = milestones(config, way)
    occurring = np.count_nonzero(case_sample(task, 4).positions)
    assert 1 <= len(cases_of(found, "understood")) <= 3 * occurring
    assert [one.iteration for one in found] == sorted(one.iteration for one in found)
    assert all(config.task != "xor" or one.kind != "memory" for one in found)
    assert milestones(config, way[:40]) == [one for one in found if one.iteration <= way[39].iteration]
