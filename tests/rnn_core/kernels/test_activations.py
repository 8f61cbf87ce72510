"""The activations on their own, over the whole range of numbers."""

# mypy: disable-error-code="call-arg, var-annotated"

import math
from collections.abc import Callable
from decimal import Decimal, getcontext
from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from rnn_core.kernels.activations import exp, sigmoid, tanh
from rnn_core.kernels.memory import aligned, load, memory_of, store

Floats = NDArray[np.float64]


def over_arrays(function: Any) -> Callable[[Floats], Floats]:
    """`function`, which takes 8 lanes, as a function of whole arrays."""

    @njit
    def apply(padded, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        source, target = aligned(memory_of(padded, 1)), aligned(memory_of(result, 1))
        for i in range(0, len(padded) - 8, 8):
            store(target, i, function(load(source, i, 8)))

    def call(x: Floats) -> Floats:
        size = -(-len(x) // 8) * 8
        padded, result = np.zeros(size + 8), np.zeros(size + 8)
        start = -padded.ctypes.data % 64 // 8
        padded[start : start + len(x)] = x
        apply(padded, result)
        start = -result.ctypes.data % 64 // 8
        return result[start : start + len(x)]

    return call


def test_exp_is_as_exact_as_its_docstring_says_over_its_range() -> None:
    getcontext().prec = 40
    x = np.concatenate([np.linspace(-40, 40, 4001), np.linspace(-708, 708, 2001), [0.0, -0.0, 1e-300, -1e-17, 1e-8]])
    exact = [Decimal(float(number)).exp() for number in x]
    found = over_arrays(exp)(x)
    units = [abs(Decimal(float(f)) - e) / Decimal(math.ulp(float(e))) for f, e in zip(found, exact, strict=True)]
    assert all(unit <= Decimal(2 + abs(number) / 5) for unit, number in zip(units, x, strict=True))


def test_beyond_708_exp_stays_there_and_nan_stays_nan() -> None:
    x = np.array([708.0, 709.0, 1e4, 1e308, np.inf, -708.0, -709.0, -1e4, -1e308, -np.inf, np.nan, -np.nan])
    found = over_arrays(exp)(x)
    assert np.isfinite(found[:10]).all()
    assert (found[:5] == found[0]).all()
    assert (found[5:10] == found[5]).all()
    assert found[5] > 0
    assert np.isnan(found[10:]).all()


def test_sigmoid_and_tanh_saturate_and_pass_nan_on() -> None:
    x = np.array([np.inf, 1e5, -1e5, -np.inf, 0.0, np.nan])
    s, t = over_arrays(sigmoid)(x), over_arrays(tanh)(x)
    np.testing.assert_allclose(s, [1, 1, 0, 0, 0.5, np.nan], rtol=0, atol=1e-300)
    np.testing.assert_array_equal(t, [1, 1, -1, -1, 0, np.nan])


@pytest.mark.parametrize(
    ("function", "reference"), [(sigmoid, lambda x: 1 / (1 + np.exp(-x))), (tanh, np.tanh)], ids=["sigmoid", "tanh"]
)
def test_sigmoid_and_tanh_agree_with_numpy(function: Any, reference: Callable[[Floats], Floats]) -> None:
    x = np.linspace(-50, 50, 100_001)
    np.testing.assert_allclose(over_arrays(function)(x), reference(x), rtol=0, atol=4e-16)
