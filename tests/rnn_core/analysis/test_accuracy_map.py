"""The picture of all pairs, against asking for each of them."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import NoMapError, accuracy_map
from rnn_core.assessment.metrics import settled
from rnn_core.assessment.prediction import OperandError, predict
from rnn_core.network.parts import make_cell, make_task
from rnn_core.types import Array
from tests.rnn_core.adders import Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder


@cache
def trained(iterations: int, **config: object) -> tuple[TrainingConfig, dict[str, Array]]:
    trainer = Trainer(TrainingConfig(**config), "numpy")  # type: ignore[arg-type]
    trainer.advance(iterations)
    return trainer.config, trainer.parameters


def carries_into(a: int, b: int) -> list[int]:
    """The carry into each of 8 positions."""
    return [int((a & (1 << t) - 1) + (b & (1 << t) - 1) >= 1 << t) for t in range(8)]


def margin_of(config: TrainingConfig, parameters: Mapping[str, Array], *operands: int) -> float:
    """The definition, by the reference prediction of one problem."""
    task = make_task(config)
    said = predict(config, parameters, *operands)
    pairs = list(zip(said.probabilities[::-1], said.bits["expected"][::-1], strict=True))
    return min(p - 0.5 if bit else 0.5 - p for p, bit in pairs[task.first_read :])


def all_margins(config: TrainingConfig, parameters: Mapping[str, Array], *third: int) -> Array:
    """The definition for all pairs, by reading every problem from its first bit on; NaN where there is none."""
    task, n = make_task(config), make_task(config).operand_limit
    a, b = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    problems = np.stack([a, b, *(np.full_like(a, c) for c in third)], axis=-1).reshape(n * n, -1)
    inputs, targets = task.encode(problems, config.bits)
    outputs = settled(make_cell(config).forward(parameters, inputs).outputs, targets)
    margins = np.where(targets == 1, outputs - 0.5, 0.5 - outputs)[task.first_read :].min(axis=0)
    if config.task == "subtraction":
        margins[problems[:, 0] < problems[:, 1]] = np.nan
    every: Array = margins.reshape(n, n)
    return every


def three_ones(a: int, b: int) -> bool:
    """Whether some position has two ones and a carry."""
    return any(carry and a >> t & b >> t & 1 for t, carry in enumerate(carries_into(a, b)))


def forgets(a: int, b: int) -> bool:
    """Whether a carry that comes out of three ones is needed: with the forgetful adder's own, forgotten carries."""
    carry, wrong = 0, False
    for t in range(8):
        ones = carry + (a >> t & 1) + (b >> t & 1)
        wrong = wrong or (ones & 1) != (a + b >> t & 1)
        carry = int(ones == 2)
    return wrong


@pytest.mark.parametrize(
    ("adder", "wrong"),
    [
        (sound_adder(), lambda a, b: False),
        (forgetful_adder(), forgets),
        (misreading_adder(), three_ones),
        (deaf_adder(), lambda a, b: (a ^ b) != a + b),
    ],
    ids=["sound", "forgetful", "misreading", "deaf"],
)
def test_exactly_the_wrong_pairs_are_below_zero(adder: Adder, wrong: Callable[[int, int], bool]) -> None:
    found = accuracy_map(adder.config, adder.parameters)
    expected = np.array([[wrong(a, b) for b in range(128)] for a in range(128)])
    np.testing.assert_array_equal(found.margins < 0, expected)
    assert found.right == (~expected).sum()
    assert (found.tried, found.problems, found.side, found.lows.tolist()) == (2**14, 2**14, 1, [[0, 0]])
    assert found.margins.dtype == np.float32


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"cell": "lstm", "hidden_size": 3},
        {"cell": "gru", "hidden_size": 3, "bias": True},
        {"activation": "tanh"},
        {"bits": 5},
        {"task": "xor", "bits": 6},
        {"task": "subtraction", "bits": 6},
        {"task": "comparison", "bits": 5},
    ],
    ids=str,
)
def test_each_pair_has_the_margin_of_its_prediction(config: dict[str, object]) -> None:
    network = trained(300, **config)
    found = accuracy_map(*network)
    assert found.margins.shape == (make_task(network[0]).operand_limit,) * 2
    np.testing.assert_allclose(found.margins, all_margins(*network), atol=1e-6)
    random = np.random.RandomState(1)
    for a, b in random.randint(found.margins.shape[0], size=(40, 2)):
        if a >= b:
            assert found.margins[a, b] == pytest.approx(margin_of(*network, int(a), int(b)), abs=1e-6)
            assert found.predicted[a, b] == predict(*network, int(a), int(b)).predicted
    assert found.right == (all_margins(*network) >= 0).sum()


def test_subtraction_has_no_negative_results() -> None:
    found = accuracy_map(*trained(20, task="subtraction", bits=5))
    np.testing.assert_array_equal(np.isnan(found.margins), np.triu(np.ones((32, 32), dtype=bool), 1))
    assert found.tried == found.problems == 32 * 33 / 2


@pytest.mark.parametrize("c", [None, 0, 5, 15])
def test_of_three_numbers_it_shows_a_slice(c: int | None) -> None:
    network = trained(300, task="three_numbers", bits=6, hidden_size=6)
    found = accuracy_map(*network, c)
    assert (found.c, found.margins.shape, found.problems) == (c or 0, (16, 16), 256)
    np.testing.assert_allclose(found.margins, all_margins(*network, c or 0), atol=1e-6)


@pytest.mark.parametrize("config", [{"bits": 9}, {"bits": 10}, {"bits": 9, "task": "subtraction"}], ids=str)
def test_a_square_of_a_wider_task_has_its_least_margin(config: dict[str, object]) -> None:
    network = trained(2000, **config)
    found = accuracy_map(*network)
    every = all_margins(*network)
    side = len(every) // 128
    squares = every.reshape(128, side, 128, side).transpose(0, 2, 1, 3).reshape(128, 128, -1)
    known = np.where(np.isnan(squares), np.inf, squares).min(axis=2)
    np.testing.assert_allclose(found.margins, np.where(np.isinf(known), np.nan, known), atol=1e-6)
    assert (found.side, found.right, found.tried) == (side, (every >= 0).sum(), np.isfinite(every).sum())
    for a, b in ((0, 0), (127, 3), (64, 63), (100, 100)):  # its worst pair can be asked for
        low_a, low_b = found.lows[found.worst[a, b]]
        assert every[side * a + low_a, side * b + low_b] == pytest.approx(float(found.margins[a, b]), abs=1e-6)


def test_of_very_wide_numbers_it_tries_a_sample() -> None:
    adder = misreading_adder(bits=32)
    found = accuracy_map(adder.config, adder.parameters)
    assert (found.side, found.tried, found.problems) == (2**24, 16 * 2**14, 2**62)
    assert len(found.lows) == len(np.unique(found.lows, axis=0)) == 16
    assert (found.lows >= 0).all()
    assert (found.lows < 2**24).all()
    np.testing.assert_array_equal(found.lows, accuracy_map(adder.config, adder.parameters).lows)
    for a, b in ((0, 0), (5, 3), (127, 127)):
        tried = [
            margin_of(adder.config, adder.parameters, *(np.array([a, b]) * found.side + low)) for low in found.lows
        ]
        assert found.margins[a, b] == pytest.approx(min(tried), abs=1e-6)
        assert found.worst[a, b] == int(np.argmin(np.round(tried, 9)))
        worst = np.array([a, b]) * found.side + found.lows[found.worst[a, b]]
        assert found.predicted[a, b] == predict(adder.config, adder.parameters, *worst.tolist()).predicted


def test_an_output_of_one_half_is_a_zero() -> None:
    config, parameters = trained(0, bits=4)
    found = accuracy_map(config, {name: np.zeros_like(array) for name, array in parameters.items()})
    assert found.right == 1
    np.testing.assert_array_equal(found.margins >= 0, np.eye(8)[0][:, None] * np.eye(8)[0] == 1)
    assert found.margins[0, 0] == 0


def test_a_network_of_no_numbers_is_wrong_everywhere() -> None:
    config, parameters = trained(0, bits=4)
    found = accuracy_map(config, {name: np.full_like(array, np.nan) for name, array in parameters.items()})
    np.testing.assert_array_equal(found.margins, np.full((8, 8), -0.5, dtype=np.float32))
    assert found.right == 0


def test_a_network_that_leaves_the_numbers_is_wrong_where_it_does() -> None:
    config, parameters = trained(0, bits=4, hidden_size=2)
    parameters = {name: np.zeros_like(array) for name, array in parameters.items()}
    parameters["W_xh"][0] = 1e308
    parameters["W_xh"][1] = 1e308  # 1 + 1 is infinite, and stays so
    found = accuracy_map(config, parameters)
    a, b = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    np.testing.assert_array_equal(found.margins == -0.5, (a & b) > 0)


def test_pieces_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    network = trained(300, bits=6, cell="lstm", hidden_size=3)
    whole = accuracy_map(*network)
    monkeypatch.setitem(accuracy_map.__globals__, "TOGETHER", 1)
    np.testing.assert_allclose(accuracy_map(*network).margins, whole.margins, atol=1e-7)


def test_one_number_makes_no_picture() -> None:
    with pytest.raises(NoMapError, match="only one number"):
        accuracy_map(*trained(0, task="parity", bits=4))


@pytest.mark.parametrize(("task", "c"), [("addition", 0), ("three_numbers", 16), ("three_numbers", -1)])
def test_a_third_number_that_is_none_is_refused(task: str, c: int) -> None:
    with pytest.raises(OperandError, match="c must be"):
        accuracy_map(*trained(0, task=task, bits=6), c)
