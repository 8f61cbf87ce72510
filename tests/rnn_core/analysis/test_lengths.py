"""How far a network carries, against whole numbers of Python."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.analysis import lengths
from rnn_core.assessment.metrics import settled
from rnn_core.network.parts import make_cell, make_task
from rnn_core.tasks import TASKS
from rnn_core.tasks.task import own_stream
from rnn_core.types import Array, Flags
from tests.rnn_core.adders import Adder, deaf_adder, fading_adder, forgetful_adder, misreading_adder, sound_adder

WIDTHS = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)

PLACES = [*range(16), *(2**power + k * 2**power // 8 for power in range(4, 10) for k in range(8))]


def hard_sums(width: int) -> list[tuple[int, int]]:
    """The hard sums of a width, written down anew."""
    low = 2 ** (width - 1) - 1
    chains = []
    for place in PLACES:
        if place < width - 1:
            rest, lead = low >> place << place, 1 << place
            chains += [(rest, lead), (lead, rest)]
    patterns = []
    for code in range(1, 16):
        bits = [code >> 2, code & 3]  # at even positions, at odd ones
        a, b = (sum((bits[t % 2] >> k & 1) << t for t in range(width - 1)) for k in (0, 1))
        patterns.append((a, b))
    return chains + patterns


def random_sums(width: int) -> list[tuple[int, int]]:
    """The documented random sums of a width: the same stream for all."""
    codes = own_stream("lengths").randint(4, size=(1024, 128))[: width - 1]
    return [
        (
            sum(int(code & 1) << t for t, code in enumerate(bits)),
            sum(int(code >> 1) << t for t, code in enumerate(bits)),
        )
        for bits in codes.T
    ]


def sums_said(adder: Adder, width: int, sums: list[tuple[int, int]]) -> list[int]:
    """What a network says to sums: each read from its first bit to its last."""
    inputs = np.array([[[number >> t & 1 for number in pair] for pair in sums] for t in range(width)], dtype=float)
    said = make_cell(adder.config).forward(adder.parameters, inputs).outputs > 0.5
    return [sum(bit << t for t, bit in enumerate(bits)) for bits in said.T.tolist()]


@pytest.mark.parametrize(
    "adder", [fading_adder(), forgetful_adder(), misreading_adder()], ids=["fades", "forgets", "misreads"]
)
def test_the_shares_are_those_of_whole_numbers(adder: Adder) -> None:
    found = lengths(adder.config, adder.parameters)
    assert found.widths == WIDTHS
    first = None
    for width, random, hard in zip(found.widths, found.random, found.hard, strict=True):
        if width > 200 and width != 1024:
            continue  # the test takes its time
        for share, sums in ((random, random_sums(width)), (hard, hard_sums(width))):
            wrong = [a + b != said for (a, b), said in zip(sums, sums_said(adder, width, sums), strict=True)]
            assert share == pytest.approx(1 - sum(wrong) / len(sums), abs=1e-12), width
            if any(wrong) and first is None:
                first = width
    assert found.first_failure is not None
    assert found.first_failure.width == first


def test_a_sound_adder_is_right_at_every_length() -> None:
    adder = sound_adder()
    found = lengths(adder.config, adder.parameters)
    assert found.random == found.hard == (1.0,) * len(WIDTHS)
    assert found.first_failure is None


@pytest.mark.parametrize("adder", [fading_adder(), forgetful_adder(), deaf_adder(), misreading_adder(12)])
def test_the_first_failure_fails_where_it_says(adder: Adder) -> None:
    failure = lengths(adder.config, adder.parameters).first_failure
    assert failure is not None
    a, b = failure.operands["a"], failure.operands["b"]
    assert max(a, b) < 2 ** (failure.width - 1)
    assert failure.expected == a + b
    assert [failure.predicted] == sums_said(adder, failure.width, [(a, b)])
    wrong = failure.expected ^ failure.predicted
    assert wrong & -wrong == 1 << failure.position  # the lowest bit that differs
    assert failure.hard == ((a, b) in hard_sums(failure.width))


def test_a_carry_that_fades_fails_in_the_long_chain() -> None:
    adder = fading_adder()
    found = lengths(adder.config, adder.parameters)
    assert found.first_failure is not None
    assert found.first_failure.operands == {"a": 2**47 - 1, "b": 1}
    assert found.random == (1.0,) * len(WIDTHS)  # no random sum has a chain as long as that
    assert found.hard[:5] == (1.0,) * 5
    assert all(late < early for early, late in pairwise(found.hard[4:]))


@pytest.mark.parametrize(
    ("bits", "widths"),
    [(8, WIDTHS), (2, (2, 3, 4, 6, *WIDTHS)), (11, (11, *WIDTHS[1:])), (32, WIDTHS[4:])],
)
def test_widths_go_from_training_to_1024(bits: int, widths: tuple[int, ...]) -> None:
    adder = deaf_adder(bits)
    assert lengths(adder.config, adder.parameters).widths == widths


@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize("bits", [3, 8])
def test_each_task_has_problems_of_its_own(task: str, bits: int) -> None:
    """The machine's answers are the task's, at widths whose numbers NumPy can hold; no problem is refused."""
    problems = lengths.__globals__["_problems"](task, bits)
    machine = TASKS[task](bits).machine
    for width in (bits, 12, 32, 48):
        top, targets = problems.top_of(width)
        low = width - problems.top
        inputs = np.concatenate([problems.inputs[:low], top]).astype(np.int64)  # (T, n, I)
        tried = problems.shortest <= width
        operands = np.moveaxis(inputs, 0, -1) @ (1 << np.arange(width))  # (n, I)
        own = TASKS[task](width)
        assert (operands < own.operand_limit).all()
        assert all(own.refusal(problem) is None for problem in operands[tried].tolist())
        expected = own.encode(operands, width)[1][:, tried]
        np.testing.assert_array_equal(np.concatenate([problems.targets[:low], targets])[:, tried], expected)
    assert problems.random.sum() == 128
    assert problems.inputs.shape[2] == machine.inputs


@pytest.mark.parametrize("task", list(TASKS))
def test_a_diverged_network_is_wrong_everywhere_and_warns_of_nothing(task: str) -> None:
    config = TrainingConfig(task=task, bits=5, hidden_size=2)
    numbers = {name: np.full(shape, np.nan) for name, shape in make_cell(config).shapes.items()}
    found = lengths(config, numbers)
    assert set(found.random) == set(found.hard) == {0.0}
    failure = found.first_failure
    assert failure is not None
    assert (failure.width, failure.position) == (5, make_task(config).first_read)
    assert failure.predicted != failure.expected


@pytest.mark.parametrize(("task", "cell"), [*((task, "elman") for task in TASKS), ("addition", "lstm")])
def test_pieces_and_dropping_what_has_failed_change_nothing(
    task: str, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against every problem read alone, from its first bit to its last, at every width up to 64."""
    trainer = Trainer(TrainingConfig(task=task, cell=cell, bits=4, hidden_size=6, learning_rate=0.5, seed=1), "numpy")
    trainer.advance(3000)
    config, parameters = trainer.config, trainer.parameters
    found = lengths(config, parameters)
    monkeypatch.setitem(lengths.__globals__, "TOGETHER", 2**12)
    assert lengths(config, parameters) == found
    problems = lengths.__globals__["_problems"](task, 4)
    for width, random, hard in zip(found.widths, found.random, found.hard, strict=True):
        if width <= 64:
            right = right_alone(config, parameters, problems, width)
            tried = problems.shortest <= width
            assert random == pytest.approx(right[tried & problems.random].mean())
            assert hard == pytest.approx(right[tried & ~problems.random].mean())


def right_alone(config: TrainingConfig, parameters: Mapping[str, Array], problems: object, width: int) -> Flags:
    """Which problems of a width are answered right."""
    top, targets = problems.top_of(width)  # type: ignore[attr-defined]
    low = width - len(top)
    inputs = np.concatenate([problems.inputs[:low], top])  # type: ignore[attr-defined]
    targets = np.concatenate([problems.targets[:low], targets])  # type: ignore[attr-defined]
    outputs = make_cell(config).forward(parameters, inputs.astype(float)).outputs
    right: Flags = (settled(outputs, targets.astype(float)) > 0.5) == targets
    read: Flags = np.all(right[make_task(config).first_read and width - 1 :], axis=0)
    return read
