import numpy as np
import pytest

from rnn_core.network.parameters import Parameters

SHAPES = {"W": (2, 3), "b": (2,)}


def test_names_are_views_into_one_vector_row_by_row() -> None:
    parameters = Parameters(SHAPES, np.arange(8.0))
    assert list(parameters) == ["W", "b"]
    assert len(parameters) == 2
    assert parameters["W"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert parameters["b"].tolist() == [6.0, 7.0]
    parameters["W"][1, 0] = -1.0
    parameters.flat[7] = -2.0
    assert parameters.flat.tolist() == [0.0, 1.0, 2.0, -1.0, 4.0, 5.0, 6.0, -2.0]
    assert parameters["b"].tolist() == [6.0, -2.0]


def test_without_a_vector_they_are_zero() -> None:
    assert Parameters(SHAPES).flat.tolist() == [0.0] * 8


def test_a_copy_is_its_own() -> None:
    parameters = Parameters(SHAPES, np.arange(8.0))
    copy = parameters.copy()
    parameters.flat[...] = 9.0
    assert copy.flat.tolist() == list(range(8))


def test_like_lays_the_names_over_another_vector() -> None:
    other = np.arange(8.0)
    like = Parameters(SHAPES).like(other)
    like["b"][...] = 5.0
    assert other.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0]


@pytest.mark.parametrize("shape", [(7,), (9,), (2, 4), ()])
def test_a_vector_of_another_length_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="flat must have 8 elements"):
        Parameters(SHAPES, np.zeros(shape))
