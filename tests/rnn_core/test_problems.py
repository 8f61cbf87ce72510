"""Drawing problems and putting them back."""

import numpy as np
import pytest

from rnn_core import problems as problems_module
from rnn_core.problems import Problems
from rnn_core.tasks import TASKS, Task


def fresh(task: str = "subtraction") -> Problems:
    return Problems(TASKS[task](8), 2, np.random.RandomState(1))


@pytest.mark.parametrize("remembered", [1, 5, 10_000])
def test_what_is_put_back_is_drawn_again(remembered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems_module, "REMEMBERED", remembered)
    expected, stream = fresh().draw(60), fresh()
    begin = 0
    for drawn, back in ((3, 0), (1, 1), (7, 2), (4, 4), (20, 19), (6, 3)):
        assert stream.draw(drawn).tolist() == expected[begin : begin + drawn].tolist()
        stream.put_back(back)
        begin += drawn - back
    assert stream.draw(5).tolist() == expected[begin : begin + 5].tolist()


def test_a_state_that_is_set_is_gone_on_from() -> None:
    one, other = fresh(), fresh()
    one.draw(50)
    other.random_state = one.random_state
    following = one.draw(9).tolist()
    assert other.draw(9).tolist() == following
    other.put_back(9)
    assert other.draw(9).tolist() == following


def test_a_draw_that_is_interrupted_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, expected = fresh("xor"), fresh("xor").draw(8).tolist()
    assert stream.draw(4).tolist() == expected[:4]
    whole = Task.draw

    def interrupted(task: Task, random: np.random.RandomState, iterations: int, batch: int) -> None:
        monkeypatch.setattr(Task, "draw", whole)
        random.randint(5, size=iterations)
        raise KeyboardInterrupt

    monkeypatch.setattr(Task, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stream.draw(3)
    assert stream.draw(4).tolist() == expected[4:]
