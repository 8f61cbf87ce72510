"""Optimizers over all parameters as one padded vector.

`updates` holds minus the gradient and becomes what the optimizer adds, before the learning rate. The padding stays
zero.
"""
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

import math

from numba import njit
from numba.extending import overload

from rnn_core.kernels.lanes import fma, sqrt, total, zeros
from rnn_core.kernels.memory import load, store

MOMENTUM = 0.9
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Kingma & Ba 2015, Adam, algorithm 1


@njit(forceinline=True)
def scale(plan, updates, factor):
    """updates *= factor."""
    for i in range(0, plan.rows * plan.width, plan.lanes):
        store(updates, i, factor * load(updates, i, plan.lanes))


@njit(forceinline=True)
def norm_of(plan, updates):
    """The Euclidean norm of updates, infinite where a square overflows."""
    squares = zeros(plan.lanes)
    for i in range(0, plan.rows * plan.width, plan.lanes):
        update = load(updates, i, plan.lanes)
        squares = fma(update, update, squares)
    return math.sqrt(total(squares))


@njit(forceinline=True)
def clip(plan, updates, largest_norm):
    """Shorten updates to a Euclidean norm of at most `largest_norm` (Pascanu, Mikolov & Bengio 2013, algorithm 1)."""
    norm = norm_of(plan, updates)
    if norm == math.inf:  # the squares overflowed; the entries need not have
        largest = 0.0
        for i in range(plan.rows * plan.width):
            largest = max(largest, abs(updates[i]))
        scale(plan, updates, 1.0 / largest)
        norm = norm_of(plan, updates)
        scale(plan, updates, largest_norm / norm if norm > largest_norm / largest else largest)
    elif norm > largest_norm:
        scale(plan, updates, largest_norm / norm)


@njit(forceinline=True)
def momentum(plan, updates, moments):
    """v = 0.9 v + update, and v is added (Polyak 1964)."""
    for i in range(0, plan.rows * plan.width, plan.lanes):
        velocity = fma(MOMENTUM, load(moments, i, plan.lanes), load(updates, i, plan.lanes))
        store(moments, i, velocity)
        store(updates, i, velocity)


@njit(forceinline=True)
def adam(plan, updates, moments, step):
    """m and v, the running means of update and update**2, corrected for their start at 0: m / (sqrt(v) + 1e-8) is
    added.

    `step` counts from 1. Minus the gradient gives minus m and the same v.
    """
    m_share, v_share = 1.0 / (1.0 - BETA_1**step), 1.0 / (1.0 - BETA_2**step)
    for i in range(0, plan.rows * plan.width, plan.lanes):
        update = load(updates, i, plan.lanes)
        m = BETA_1 * load(moments, i, plan.lanes) + (1.0 - BETA_1) * update
        v = BETA_2 * load(moments, plan.padded_size + i, plan.lanes) + (1.0 - BETA_2) * (update * update)
        store(moments, i, m)
        store(moments, plan.padded_size + i, v)
        step_size = (m_share * m) / (sqrt(v_share * v) + EPSILON)
        store(updates, i, fma(v, 0.0, step_size))  # an infinite v, too, makes this NaN


def optimize(plan, updates, moments, step):
    """Turn minus the gradient into what the plan's optimizer adds."""


@overload(optimize, jit_options={"forceinline": True})
def choose_optimizer(plan, updates, moments, step):
    """What `optimize` compiles to."""
    return {
        "sgd": lambda plan, updates, moments, step: None,
        "momentum": lambda plan, updates, moments, step: momentum(plan, updates, moments),
        "adam": lambda plan, updates, moments, step: adam(plan, updates, moments, step),  # noqa: PLW0108
    }[plan.plan.optimizer]


@njit(forceinline=True)
def add(plan, parameters, updates, learning_rate):
    """parameters += learning_rate updates. Return whether all of them are finite now."""
    wrong = zeros(plan.lanes)
    for i in range(0, plan.rows * plan.width, plan.lanes):
        new = fma(learning_rate, load(updates, i, plan.lanes), load(parameters, i, plan.lanes))
        store(parameters, i, new)
        wrong = fma(new, 0.0, wrong)  # 0 times infinity is NaN, which stays
    return total(wrong) == 0.0
