"""Why an answer is wrong, in a sentence or two."""

import pytest

from app.why_in_words import as_json, in_words
from rnn_core.analysis import explain
from rnn_core.network.parts import make_task
from tests.rnn_core.adders import Adder, deaf_adder, forgetful_adder, misreading_adder, sound_adder


def told(adder: Adder, a: int, b: int) -> str:
    return in_words(explain(adder.config, adder.parameters, a, b), make_task(adder.config))


@pytest.mark.parametrize(
    ("adder", "operands", "words"),
    [
        (
            forgetful_adder(4),
            (3, 3),
            "The first wrong bit is at position 2: a 0, b 0, carry 1. It should be 1, and the network said 0 (0.000). "
            "With the memory of 1 + 3 (carry 1) it would have said 1 (1.000). "
            "The memory is to blame, not the reading of it.",
        ),
        (
            misreading_adder(4),
            (3, 3),
            "The first wrong bit is at position 1: a 1, b 1, carry 1. It should be 1, and the network said 0 (0.000). "
            "With the memory of 1 + 3 before position 2 (carry 1) it would have said 0 (0.000). "
            "The reading of the memory is to blame: the weights into and out of the state.",
        ),
        (
            deaf_adder(2),
            (1, 1),
            "The first wrong bit is at position 1: a 0, b 0, carry 1. It should be 1, and the network said 0 (0.000). "
            "No other problem has another memory there. "
            "The reading of the memory is to blame: the weights into and out of the state.",
        ),
    ],
)
def test_each_fault_is_told(adder: Adder, operands: tuple[int, int], words: str) -> None:
    assert told(adder, *operands) == words


def test_of_a_right_answer_the_nearest_bit_is_told_and_nothing_is_blamed() -> None:
    words = told(sound_adder(4), 2, 5)
    assert words.startswith("The bit nearest to being wrong is at position ")
    assert "to blame" not in words


def test_for_programs_it_has_the_names_of_the_api() -> None:
    adder = forgetful_adder(4)
    document = as_json(explain(adder.config, adder.parameters, 3, 3))
    assert document.keys() == {"position", "case", "probability", "expected", "verdict", "patched"}
    assert document["case"] == {"state": "carry 1", "bits": [0, 0]}
    assert document["patched"].keys() == {"from", "position", "state", "probability", "share", "problems"}
    assert document["patched"]["from"] == {"a": 1, "b": 3}
