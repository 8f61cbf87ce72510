"""Activation functions on vectors of lanes, and their derivatives, written in terms of the function's result."""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from numba import njit
from numba.extending import overload

from rnn_core.kernels.machine.lanes import clamp, fma, magnitude, positive, scale_by_power, where_negative, with_sign
from rnn_core.kernels.network.plan import CHOICES

# 2**f for f in [-1/2, 1/2], lowest power first: the Chebyshev interpolant of degree 11. Its error is at most 3.2e-18,
# and with rounded coefficients at most 1.6e-17.
C0, C1, C2, C3 = 1.0, 0.6931471805599453, 0.24022650695910158, 0.055504108664821625
C4, C5, C6, C7 = 0.009618129107587256, 0.001333355814640647, 0.00015403530463724353, 1.5252733841556773e-05
C8, C9, C10, C11 = 1.3215432535912375e-06, 1.0178057087733941e-07, 7.074194297288521e-09, 4.4558179083360645e-10

LOG2_E = 1.4426950408889634
ROUNDER = 1.5 * 2.0**52  # adding it rounds to the nearest integer, which is then in the lowest bits
SIGMOID, TANH = (CHOICES["activation"].index(name) for name in ("sigmoid", "tanh"))
LEAST, LARGEST = -708.0, 709.7827  # e**x is a normal number between them, at the end nearly the largest


@njit(forceinline=True)
def finite(z, number):
    """The number in each lane in which z is finite; NaN in the others."""
    return fma(z, 0.0, number)


@njit(forceinline=True)
def exp(x):
    """e**x in each lane; x is first limited to `LEAST` and `LARGEST`. NaN stays NaN.

    The error is at most 2 + |x| / 7 units in the last place: the second part is there because log2(e) is rounded. On a
    machine without fused multiply-add, x log2(e) is rounded, too, which adds up to |x|.

    e**x = 2**k 2**f with k + f = x log2(e), k the nearest integer. The polynomial for 2**f is summed in pairs (Estrin
    1960), because a step of the network waits for its depth, not its length.
    """
    x = clamp(x, LEAST, LARGEST)
    shifted = fma(x, LOG2_E, ROUNDER)
    f = fma(x, LOG2_E, ROUNDER - shifted)
    f2 = f * f
    f4 = f2 * f2
    low = fma(fma(C3, f, C2), f2, fma(C1, f, C0))
    middle = fma(fma(C7, f, C6), f2, fma(C5, f, C4))
    high = fma(fma(C11, f, C10), f2, fma(C9, f, C8))
    return scale_by_power(fma(fma(high, f4, middle), f4, low), shifted)


@njit(forceinline=True)
def sigmoid(z):
    """1 / (1 + e**-z); 0 where e**-z overflows, as in the reference, and NaN where z is infinite.

    A step of the network waits for the exponential; both exceptions are computed at the same time.
    """
    return positive(z + LARGEST) / (finite(z, 1.0) + exp(-1.0 * z))


@njit(forceinline=True)
def sigmoid_derivative(h):
    """d sigmoid / dz where sigmoid(z) = h."""
    return h * (1.0 - h)


@njit(forceinline=True)
def tanh(z):
    """tanh |z| = 1 - 2 / (1 + e**2|z|), with the sign of z; NaN where z is infinite.

    The absolute error is at most 4e-16. Near zero tanh z is nearly z. So for a small z only a few digits are right, and
    none below 1e-16.
    """
    return with_sign(1.0 - 2.0 / (finite(z, 1.0) + exp(2.0 * magnitude(z))), z)


@njit(forceinline=True)
def relu(z):
    """z where it is above zero, else 0; NaN where z is minus infinity."""
    return where_negative(z, finite(z, 0.0), z)


def activate(plan, z):
    """The plan's activation of z. (A name for kernels; the overload below is what they call.)"""


def activation_derivative(plan, h):
    """The derivative of the plan's activation where the activation is h."""


@overload(activate, jit_options={"forceinline": True})
def choose_activation(plan, z):
    """What `activate` compiles to."""
    if plan.plan.general:

        def choose(plan, z):
            if plan.activation == SIGMOID:
                return sigmoid(z)
            return tanh(z) if plan.activation == TANH else relu(z)

        return choose
    return {
        "sigmoid": lambda plan, z: sigmoid(z),
        "tanh": lambda plan, z: tanh(z),
        "relu": lambda plan, z: relu(z),
    }[plan.plan.activation]


@overload(activation_derivative, jit_options={"forceinline": True})
def choose_activation_derivative(plan, h):
    """What `activation_derivative` compiles to."""
    if plan.plan.general:

        def choose(plan, h):
            if plan.activation == SIGMOID:
                return sigmoid_derivative(h)
            return 1.0 - h * h if plan.activation == TANH else positive(h)

        return choose
    return {
        "sigmoid": lambda plan, h: sigmoid_derivative(h),
        "tanh": lambda plan, h: 1.0 - h * h,
        "relu": lambda plan, h: positive(h),
    }[plan.plan.activation]
