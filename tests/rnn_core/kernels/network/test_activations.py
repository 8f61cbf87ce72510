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

from rnn_core.kernels.machine.lanes import fma
from rnn_core.kernels.machine.memory import aligned, load, memory_of, store
from rnn_core.kernels.network import activations
from rnn_core.kernels.network.activations import exp, relu, sigmoid, tanh

Floats = NDArray[np.float64]


@njit
def fused(a, b, c):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return fma(a, b, c)


FUSED = fused(1 + 2.0**-30, 1 - 2.0**-30, -1.0) != 0.0
"""Whether this machine rounds a b + c once."""


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
    # Without a fused multiply-add x log2(e) is rounded, too.
    assert all(unit <= Decimal(2 + abs(number) / (7 if FUSED else 0.85)) for unit, number in zip(units, x, strict=True))


def test_the_polynomial_is_as_near_to_a_power_of_two_as_its_comment_says() -> None:
    getcontext().prec = 40
    coefficients = [Decimal(getattr(activations, f"C{power}")) for power in range(12)]
    for point in np.linspace(-0.5, 0.5, 1000):
        f = Decimal(float(point))
        assert abs(sum(c * f**power for power, c in enumerate(coefficients)) - 2**f) < Decimal("1.6e-17")


def test_beyond_its_range_exp_stays_at_its_ends_and_nan_stays_nan() -> None:
    x = np.array([709.7827, 709.8, 1e4, 1e308, np.inf, -708.0, -709.0, -1e4, -1e308, -np.inf, np.nan, -np.nan])
    found = over_arrays(exp)(x)
    assert np.isfinite(found[:10]).all()
    assert (found[:5] == found[0]).all()
    assert found[0] > 1.7976e308
    assert (found[5:10] == found[5]).all()
    assert found[5] > 0
    assert np.isnan(found[10:]).all()


def test_sigmoid_and_tanh_saturate_and_pass_nan_on() -> None:
    x = np.array([1e308, 1e5, -1e5, -1e308, 0.0, np.nan])
    s, t, r = over_arrays(sigmoid)(x), over_arrays(tanh)(x), over_arrays(relu)(x)
    np.testing.assert_array_equal(s, [1, 1, 0, 0, 0.5, np.nan])
    np.testing.assert_array_equal(t, [1, 1, -1, -1, 0, np.nan])
    np.testing.assert_array_equal(r, [1e308, 1e5, 0, 0, 0, np.nan])


def test_the_sigmoid_is_that_of_numpy_down_to_its_end() -> None:
    x = np.linspace(-720, -690, 3001)
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-x))
    found = over_arrays(sigmoid)(x)
    assert (found[x < -709.79] == 0.0).all()
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-313)


@pytest.mark.parametrize("function", [sigmoid, tanh])
def test_an_infinite_number_has_no_value(function: Any) -> None:
    assert np.isnan(over_arrays(function)(np.array([np.inf, -np.inf]))).all()


def test_relu_has_none_far_below_and_an_infinite_one_far_above() -> None:
    np.testing.assert_array_equal(over_arrays(relu)(np.array([-np.inf, np.inf])), [np.nan, np.inf])


def test_zeros_keep_their_signs() -> None:
    x = np.array([0.0, -0.0, -1.0, -5e-324])
    assert np.signbit(over_arrays(relu)(x)).tolist() == [False, True, False, False]
    assert np.signbit(over_arrays(tanh)(x)).tolist() == [False, True, True, True]


def test_tanh_is_as_exact_as_its_docstring_says() -> None:
    getcontext().prec = 40
    x = np.concatenate([np.geomspace(1e-12, 20, 4000), -np.geomspace(1e-12, 20, 1000)])
    powers = [(2 * Decimal(float(number))).exp() for number in x]
    exact = [(power - 1) / (power + 1) for power in powers]
    found = over_arrays(tanh)(x)
    assert max(abs(Decimal(float(f)) - e) for f, e in zip(found, exact, strict=True)) < Decimal("4e-16")


@pytest.mark.parametrize(
    ("function", "reference"), [(sigmoid, lambda x: 1 / (1 + np.exp(-x))), (tanh, np.tanh)], ids=["sigmoid", "tanh"]
)
def test_sigmoid_and_tanh_agree_with_numpy(function: Any, reference: Callable[[Floats], Floats]) -> None:
    x = np.linspace(-50, 50, 100_001)
    np.testing.assert_allclose(over_arrays(function)(x), reference(x), rtol=0, atol=4e-16)
