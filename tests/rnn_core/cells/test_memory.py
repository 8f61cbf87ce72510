"""A cell that goes on where it stopped says the same as one that never stopped."""

import numpy as np
import pytest

from rnn_core.cells import Cell
from tests.rnn_core.cells.case import KINDS, Case, T


@pytest.mark.parametrize("cut", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_going_on_changes_nothing(kind: str, cut: int) -> None:
    case = Case(kind, bias=True, loss="squared_error", batch=5)
    first = case.cell.forward(case.weights, case.inputs[:cut])
    rest = case.cell.forward(case.weights, case.inputs[cut:], first.memory)
    np.testing.assert_allclose(np.concatenate([first.outputs, rest.outputs]), case.activity.outputs, rtol=1e-13)
    np.testing.assert_allclose(rest.hidden_states, case.activity.hidden_states[cut:], rtol=1e-12, atol=1e-15)
    if case.activity.cell_states is not None:
        assert rest.cell_states is not None
        np.testing.assert_allclose(rest.cell_states, case.activity.cell_states[cut:], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_each_problem_has_its_own_memory(kind: str) -> None:
    case = Case(kind, bias=False, loss="squared_error", batch=5)
    first = case.cell.forward(case.weights, case.inputs[:2])
    places = np.array([3, 0, 3])
    rest = case.cell.forward(case.weights, case.inputs[2:, places], first.memory.at(places))
    np.testing.assert_allclose(rest.outputs, case.activity.outputs[2:, places], rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_without_an_answer_does_not_find_one_by_stopping(kind: str) -> None:
    case = Case(kind, bias=True, loss="squared_error", batch=2)
    inputs = case.inputs.copy()
    inputs[1, 0] = 1e308  # the units of the first problem receive more than a float64 can hold
    for name, weights in case.weights.items():
        if name.startswith("W_x"):
            weights[...] = 10.0
    with np.errstate(over="ignore", invalid="ignore"):
        whole, parts, memory = case.cell.forward(case.weights, inputs), [], None
        for t in range(T):
            activity = case.cell.forward(case.weights, inputs[t : t + 1], memory)
            parts.append(activity.outputs)
            memory = activity.memory
    assert np.isnan(whole.outputs).tolist() == [[False, False]] + [[True, False]] * (T - 1)
    np.testing.assert_allclose(np.concatenate(parts), whole.outputs, rtol=1e-13)


def test_the_memory_is_all_that_is_carried() -> None:
    def carried(cell: Cell) -> set[str]:
        return {"hidden_state", "cell_state"} if cell.name == "lstm" else {"hidden_state"}

    for kind in KINDS:
        case = Case(kind, bias=False, loss="squared_error", batch=1)
        memory = case.activity.memory
        assert {name for name, value in vars(memory).items() if value is not None} == carried(case.cell)
