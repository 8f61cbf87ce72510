"""JAX: one jitted scan over all iterations, gradients by jax.grad, float64, positions unrolled in the trace."""

# ruff: noqa: N806

import functools
import importlib.util
from typing import Any

import numpy as np

from benchmarks.problem import LEARNING_RATE, Floats, Problem

name = "JAX"


def refuses(problem: Problem) -> str | None:
    if problem.batch != 1:
        return "batch 1 only"
    return None if importlib.util.find_spec("jax") else "jax is not installed"


@functools.cache
def program() -> Any:
    import jax  # noqa: PLC0415  (optional)
    import jax.numpy as jnp  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)

    def loss(weights: Any, inputs: Any, targets: Any) -> Any:
        W_xh, W_hh, W_hy = weights
        h, total, error = jnp.zeros(W_hh.shape[0]), jnp.zeros(()), jnp.zeros(())
        for t in range(inputs.shape[0]):
            h = jax.nn.sigmoid(inputs[t] @ W_xh + h @ W_hh)  # (H,)
            missing = targets[t] - jax.nn.sigmoid(h @ W_hy[:, 0])
            total, error = total + missing**2 / 2, error + jnp.abs(missing)
        return total, error

    def iteration(weights: Any, problem: Any) -> Any:
        gradients, error = jax.grad(loss, has_aux=True)(weights, *problem)
        return tuple(W - LEARNING_RATE * gradient for W, gradient in zip(weights, gradients, strict=True)), error

    return jax.jit(lambda weights, problems: jax.lax.scan(iteration, weights, problems)[1])


def run(problem: Problem) -> Floats:
    return np.asarray(program()(problem.drawn[:3], problem.bit_arrays()))
