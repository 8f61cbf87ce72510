"""Proofs that networks are right on numbers of any length, and problems on which they fail."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.proof import Counterexample, NoProofError, Progress, check, prove, same_network
from rnn_core.proof.prove import problem_of
from rnn_core.proof.search import LOOSE, TIGHT, Effort, grown, one_round, sampled, sets_of
from rnn_core.tasks import TASKS
from tests.rnn_core.adders import Adder, deaf_adder, fading_adder, forgetful_adder, misreading_adder, sound_adder
from tests.rnn_core.proof.networks import counting, reordered, tanh_adder

SOUND = {
    **{task: counting(task) for task in TASKS},
    "soft": sound_adder(sure=10.0),
    "softer": sound_adder(sure=8.0),
    "reordered": reordered(sound_adder(sure=12.0), [2, 0, 1]),
    "soft parity": counting("parity", 12.0),
    "tanh": tanh_adder(),
    "soft tanh": tanh_adder(5.0),
}

BROKEN = {
    "forgetful": forgetful_adder(),
    "misreading": misreading_adder(),
    "deaf": deaf_adder(),
    "too soft": sound_adder(sure=1.0),
    "another task": Adder(replace(sound_adder().config, task="subtraction"), sound_adder().parameters),
    "not a number": Adder(sound_adder().config, {n: a * np.nan for n, a in sound_adder().parameters.items()}),
}


def fading(threshold: float) -> Adder:
    adder = fading_adder()
    adder.parameters["b_h"][1] = threshold
    return adder


def really_fails(adder: Adder, problem: Counterexample) -> bool:
    """Whether a problem is one, and the network gets it wrong: read position by position, against whole numbers."""
    task = make_task(adder.config)
    numbers = [problem.operands[name] for name in task.operands]
    assert len(problem.operands) == len(numbers)
    assert problem.width >= task.width(numbers)
    assert all(number < 2**problem.width for number in numbers)
    bits = [[[float(number >> t & 1) for number in numbers]] for t in range(problem.width)]
    with np.errstate(all="ignore"):
        said = make_cell(adder.config).forward(adder.parameters, np.array(bits)).outputs[:, 0]
    a, b = numbers[0], numbers[-1]
    expected = {"addition": sum(numbers), "subtraction": a - b, "comparison": int(a > b)}[adder.config.task]
    assert expected >= 0
    assert expected == problem.expected
    bit = expected if task.truth else expected >> problem.position & 1
    if not np.isnan(said).any():
        assert task.result_of((said > 0.5).astype(int).tolist()) == problem.predicted
    return bool((said[problem.position] > 0.5) != bit) or bool(np.isnan(said[problem.position]))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_network_is_proved(name: str) -> None:
    adder = SOUND[name]
    proof = prove(adder.config, adder.parameters)
    assert proof.state == "proved", proof.detail
    assert proof.counterexample is None
    assert proof.certificate is not None
    assert len(proof.certificate) < 5_000_000
    assert same_network(proof.certificate, adder.config, adder.parameters)
    checked = check(proof.certificate)
    assert checked.proved, checked.sentence
    assert (checked.margin, checked.logit_margin) == (proof.margin, proof.logit_margin)


@pytest.mark.parametrize("name", ["addition", "soft", "soft tanh", "soft parity"])
def test_the_margin_is_below_that_of_every_tried_problem(name: str) -> None:
    adder = SOUND[name]
    proof = prove(adder.config, adder.parameters)
    assert proof.margin is not None
    codes = np.random.default_rng(0).integers(0, 2, (400, 50, len(make_task(adder.config).operands)))
    activity = make_cell(adder.config).forward(adder.parameters, codes.astype(float))
    tried = np.abs(activity.outputs - 0.5).min()
    assert 0.5 * tried < proof.margin <= tried
    assert proof.logit_margin is not None
    assert proof.logit_margin <= np.abs(activity.logits).min()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_network_is_refuted_by_a_problem_that_fails(name: str) -> None:
    adder = BROKEN[name]
    proof = prove(adder.config, adder.parameters)
    assert proof.state == "refuted", proof.detail
    assert proof.counterexample is not None
    assert proof.margin is None
    assert proof.certificate is None
    assert really_fails(adder, proof.counterexample)


@pytest.mark.parametrize("threshold", [-6.1, -6.05, -6.02, -6.003, -6.0005])
def test_a_carry_that_fades_is_refuted_by_a_long_problem(threshold: float) -> None:
    """Right on all numbers of the trained width, wrong on long ones."""
    adder = fading(threshold)
    proof = prove(adder.config, adder.parameters)
    assert proof.counterexample is not None, proof.detail
    assert really_fails(adder, proof.counterexample)
    assert proof.counterexample.width > 8
    assert proof.counterexample.to_dict()["a"] == str(proof.counterexample.operands["a"])


def test_a_carry_that_fades_too_slowly_to_be_seen_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """All widths that are tried are right, and some that are not tried are wrong."""
    adder = fading(-6.00002)
    monkeypatch.setitem(prove.__globals__, "BENDS", (0.02,))
    proof = prove(adder.config, adder.parameters)
    assert proof.state == "undecided", proof.detail
    assert proof.certificate is None
    assert "no proof" in proof.detail
    chain = np.zeros((4000, 1, 2))
    chain[:, :, 0] = chain[0, :, 1] = 1  # 111...1 + 1
    outputs = make_cell(adder.config).forward(adder.parameters, chain).outputs
    assert outputs[:1000].max() < 0.5
    assert outputs.max() > 0.5


def test_a_comparison_may_be_wrong_where_it_is_not_read() -> None:
    """It says yes at the first positions; from the last position of the trained width on it is right."""
    adder = counting("comparison")
    late = Adder(TrainingConfig(task="comparison", bits=5, hidden_size=5, bias=True), {})
    numbers = adder.parameters
    late.parameters.update({name: np.zeros(shape) for name, shape in make_cell(late.config).shapes.items()})
    late.parameters["W_xh"][:, :1], late.parameters["W_hh"][:1, :1] = numbers["W_xh"], numbers["W_hh"]
    late.parameters["b_h"][0] = numbers["b_h"][0]
    late.parameters["b_h"][1:] = [30, -15, -15, -15]
    late.parameters["W_hh"][[1, 2, 3], [2, 3, 4]] = 30  # a one goes from unit to unit, and comes to the fifth in time
    late.parameters["W_hy"][:, 0] = [40, 0, 0, 0, 30]
    late.parameters["b_y"][0] = -50.0
    assert prove(late.config, late.parameters).state == "proved"
    soon = replace(late.config, bits=3)
    proof = prove(soon, late.parameters)
    assert proof.counterexample is not None
    assert really_fails(Adder(soon, late.parameters), proof.counterexample)


def test_sums_that_only_more_units_can_carry_are_refuted() -> None:
    """Two numbers are added right; a third is left out."""
    adder = sound_adder(bits=5)
    config = replace(adder.config, task="three_numbers")
    numbers = {**adder.parameters, "W_xh": np.vstack([adder.parameters["W_xh"], np.zeros((1, 3))])}
    assert prove(config, numbers).state == "refuted"


@pytest.mark.parametrize("kind", [{"cell": "gru"}, {"cell": "lstm"}, {"activation": "relu"}])
def test_other_networks_are_refused_in_a_sentence(kind: dict[str, str]) -> None:
    trainer = Trainer(TrainingConfig.from_mapping({"hidden_size": 2, **kind}), "numpy")
    with pytest.raises(NoProofError, match="Elman"):
        prove(trainer.config, trainer.parameters)


@pytest.mark.parametrize("calls", [0, 1, 3, 40])
def test_a_proof_ends_when_it_is_called_off(calls: int) -> None:
    adder = sound_adder(sure=8.0)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > calls

    assert prove(adder.config, adder.parameters, cancelled=cancelled).state == "cancelled"
    assert asked == calls + 1


def test_progress_tells_of_sets_that_close() -> None:
    adder = sound_adder(sure=8.0)
    told: list[Progress] = []
    assert prove(adder.config, adder.parameters, progress=told.append).state == "proved"
    assert [told[0].stage, told[-1].stage] == ["refuting", "checking"]
    assert told[0].boxes is None
    assert told[-1].leaving == 0
    assert told[-1].nodes > 0
    assert told[-1].boxes is not None
    boxes = told[-1].boxes()
    assert len(boxes.centers) == told[-1].nodes
    assert not boxes.leaving.any()
    np.testing.assert_allclose(
        boxes.axes @ boxes.axes.transpose(0, 2, 1), np.tile(np.eye(3), (len(boxes.axes), 1, 1)), atol=1e-5
    )
    # Whatever is read, the hidden state is in a box of the carry.
    bits = np.random.default_rng(1).integers(0, 2, (200, 20, 2))
    states = make_cell(adder.config).forward(adder.parameters, bits.astype(float)).hidden_states
    carry = np.zeros(20, dtype=int)
    for t in range(200):
        carry = (carry + bits[t].sum(axis=1)) // 2
        if t >= 30:
            along = np.einsum("nij,bnj->bni", boxes.axes, states[t + 1][:, None] - boxes.centers)
            inside = (np.abs(along) <= boxes.radii).all(axis=2) & (boxes.states == carry[:, None])
            assert inside.any(axis=1).all()


def test_the_network_of_the_article_adds_numbers_of_any_length() -> None:
    trainer = Trainer()
    trainer.advance(50_000)
    proof = prove(trainer.config, trainer.parameters)
    assert proof.state == "proved", proof.detail
    assert proof.margin is not None
    assert proof.margin > 0.3


def test_only_boxes_that_grew_are_followed_again() -> None:
    adder = sound_adder(sure=8.0)
    problem = problem_of(adder.config, adder.parameters)
    effort = Effort(bend=0.005, longest=4, ahead=3)

    def pause() -> None:
        return None

    sets = sets_of(problem, sampled(problem, pause), effort, lambda boxes, frames: True, pause)
    assert sets is not None
    sets.radii[: len(sets.radii) // 2] /= 4  # so these have to grow, and others need not
    found = one_round(problem, sets, effort, pause)
    grew = found.left > 0
    assert grew.any()
    assert not grew.all()
    sets = grown(sets, found)
    every, some = one_round(problem, sets, effort, pause), one_round(problem, sets, effort, pause, grew)
    assert some.steps < every.steps
    assert np.array_equal(some.left, every.left)
    assert np.array_equal(some.low, every.low)
    assert np.array_equal(some.high, every.high)


def test_tight_boxes_lie_in_loose_ones() -> None:
    adder = sound_adder(sure=8.0)
    problem = problem_of(adder.config, adder.parameters)
    population = sampled(problem, lambda: None)
    loose, tight = (
        sets_of(problem, population, Effort(0.005, 4, 3, spare=spare), lambda boxes, frames: True, lambda: None)
        for spare in (LOOSE, TIGHT)
    )
    assert loose is not None
    assert tight is not None
    assert np.array_equal(loose.centers, tight.centers)
    assert (tight.radii < loose.radii).all()
