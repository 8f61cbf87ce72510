"""Optimizers over all parameters as one padded vector; the vectors of several members lie side by side.

`updates` holds minus the gradient and becomes what the optimizer adds, before the learning rate. The padding stays
zero.
"""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

import math

from numba import njit
from numba.extending import overload

from rnn_core.kernels.machine.lanes import fma, lane, sqrt, total, zeros
from rnn_core.kernels.machine.memory import load, stack, store
from rnn_core.kernels.network.plan import CHOICES

USES_MOMENTUM, USES_ADAM = (CHOICES["optimizer"].index(name) for name in ("momentum", "adam"))
MOMENTUM = 0.9
SMALL, TINY = 1e-140, 1e-290  # see `rnn_core.network.optimizers.clip_by_norm`
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Kingma & Ba 2015, Adam, algorithm 1


@njit(forceinline=True)
def scale(plan, updates, factor):
    """updates *= factor; factor is one number, or one for each member."""
    for i in range(0, plan.rows * plan.width, plan.block):
        store(updates, i, factor * load(updates, i, plan.block))


@njit(forceinline=True)
def norms_of(plan, updates, norms):
    """Fill norms, one for each member, with the Euclidean norm of its updates. It is right as long as squares neither
    overflow nor vanish.
    """
    squares = zeros(plan.members, plan.lanes)
    for i in range(0, plan.rows * plan.width, plan.lanes):
        update = load(updates, i, plan.lanes)
        squares = fma(update, update, squares)
    summed = total(squares, plan.members)
    for m in range(plan.members):
        norms[m] = math.sqrt(lane(summed, m))


@njit(forceinline=True)
def norms_in_units(plan, updates, units, norms):
    """The same for each member's updates divided by its unit."""
    squares, units = zeros(plan.members, plan.lanes), load(units, 0, plan.members)
    for i in range(0, plan.rows * plan.width, plan.lanes):
        update = load(updates, i, plan.lanes) / units
        squares = fma(update, update, squares)
    summed = total(squares, plan.members)
    for m in range(plan.members):
        norms[m] = math.sqrt(lane(summed, m))


@njit(forceinline=True)
def clip(plan, updates, largest_norms):
    """Shorten each member's updates to a Euclidean norm of at most its number in largest_norms (M,), also if they are
    very large or very small: see `rnn_core.network.optimizers.clip_by_norm`.
    """
    norms, factors = stack(1, plan.members), stack(1, plan.members)
    norms_of(plan, updates, norms)
    extreme = False
    for m in range(plan.members):
        factors[m] = largest_norms[m] / norms[m] if norms[m] > largest_norms[m] else 1.0
        extreme = extreme or is_extreme(norms[m], largest_norms[m])
    if extreme:
        clip_extreme(plan, updates, largest_norms, norms, factors)
    scale(plan, updates, load(factors, 0, plan.members))


@njit(forceinline=True)
def is_extreme(norm, largest_norm):
    """Whether squares overflowed or may have vanished, the factor would have too few digits, or the norm is NaN."""
    return not (SMALL < norm < math.inf and largest_norm / norm > TINY)


@njit(forceinline=True)
def clip_extreme(plan, updates, largest_norms, norms, factors):
    """If a norm is extreme, measure the updates in units of the largest one. Divide updates that are too long by that
    unit; their factor is then the rest of the shortening. The factor of the others is 1.
    """
    units, in_units = stack(1, plan.members), stack(1, plan.members)
    for m in range(plan.members):
        units[m] = 1.0
        if is_extreme(norms[m], largest_norms[m]):
            largest = 0.0
            for i in range(plan.rows * plan.width):
                largest = max(largest, abs(lane(updates[i], m)))
            units[m] = largest if 0.0 < largest < math.inf else 1.0
    norms_in_units(plan, updates, units, in_units)
    for m in range(plan.members):
        if is_extreme(norms[m], largest_norms[m]):
            too_long = in_units[m] > largest_norms[m] / units[m]
            factors[m] = largest_norms[m] / in_units[m] if too_long else 1.0
            units[m] = units[m] if too_long else 1.0
    unit = load(units, 0, plan.members)
    for i in range(0, plan.rows * plan.width, plan.block):
        store(updates, i, load(updates, i, plan.block) / unit)


@njit(forceinline=True)
def momentum(plan, updates, moments):
    """v = 0.9 v + update; v is added. The form of `torch.optim.SGD`, see `rnn_core.network.optimizers.Momentum`."""
    for i in range(0, plan.rows * plan.width, plan.block):
        velocity = fma(MOMENTUM, load(moments, i, plan.block), load(updates, i, plan.block))
        store(moments, i, velocity)
        store(updates, i, velocity)


@njit(forceinline=True)
def adam(plan, updates, moments, steps, k):
    """m and v are the running means of update and update**2, corrected for their start at 0. m / (sqrt(v) + 1e-8) is
    added.

    This is iteration steps[m] + k (M,) of each member, counted from 0. Minus the gradient gives minus m and the same v.
    """
    m_shares, v_shares = stack(1, plan.members), stack(1, plan.members)
    for m in range(plan.members):
        if m > 0 and steps[m] == steps[m - 1]:
            m_shares[m], v_shares[m] = m_shares[m - 1], v_shares[m - 1]
        else:
            step = steps[m] + k + 1
            m_shares[m], v_shares[m] = 1.0 / (1.0 - BETA_1**step), 1.0 / (1.0 - BETA_2**step)
    m_share, v_share = load(m_shares, 0, plan.members), load(v_shares, 0, plan.members)
    for i in range(0, plan.rows * plan.width, plan.block):
        update = load(updates, i, plan.block)
        m = BETA_1 * load(moments, i, plan.block) + (1.0 - BETA_1) * update
        v = BETA_2 * load(moments, plan.padded_size + i, plan.block) + (1.0 - BETA_2) * (update * update)
        store(moments, i, m)
        store(moments, plan.padded_size + i, v)
        step_size = (m_share * m) / (sqrt(v_share * v) + EPSILON)
        store(updates, i, fma(v, 0.0, step_size))  # an infinite v makes this NaN, too


def optimize(plan, updates, moments, steps, k):
    """Turn minus the gradient into the numbers that the plan's optimizer adds."""


@overload(optimize, jit_options={"forceinline": True})
def choose_optimizer(plan, updates, moments, steps, k):
    """What `optimize` compiles to."""
    if plan.plan.general:

        def choose(plan, updates, moments, steps, k):
            if plan.optimizer == USES_MOMENTUM:
                momentum(plan, updates, moments)
            elif plan.optimizer == USES_ADAM:
                adam(plan, updates, moments, steps, k)

        return choose
    return {
        "sgd": lambda plan, updates, moments, steps, k: None,
        "momentum": lambda plan, updates, moments, steps, k: momentum(plan, updates, moments),
        "adam": lambda plan, updates, moments, steps, k: adam(plan, updates, moments, steps, k),  # noqa: PLW0108
    }[plan.plan.optimizer]


@njit(forceinline=True)
def add(plan, parameters, updates, learning_rate):
    """parameters += learning_rate updates, with one rate or one for each member. Return `wrong_in` of them."""
    wrong = zeros(plan.members, plan.block)
    for i in range(0, plan.rows * plan.width, plan.block):
        new = fma(learning_rate, load(updates, i, plan.block), load(parameters, i, plan.block))
        store(parameters, i, new)
        wrong = fma(new, 0.0, wrong)  # 0 times infinity is NaN, and NaN stays
    return total(wrong, plan.members)


@njit(forceinline=True)
def wrong_in(plan, parameters):
    """Zero for each member whose parameters are all finite, else NaN."""
    wrong = zeros(plan.members, plan.block)
    for i in range(0, plan.rows * plan.width, plan.block):
        wrong = fma(load(parameters, i, plan.block), 0.0, wrong)
    return total(wrong, plan.members)
