"""PyTorch: the same network (nn.RNN has no sigmoid), a loop over positions, gradients by autograd, torch.optim.SGD."""

# ruff: noqa: N803

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problem import LEARNING_RATE, Floats, Problem

name = "PyTorch, sigmoid loop"


def refuses(problem: Problem) -> str | None:
    if problem.batch != 1:
        return "batch 1 only"
    return None if importlib.util.find_spec("torch") else "torch is not installed"


def loss_and_error(W_xh: Any, W_hh: Any, W_hy: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x (T, 2), y (T,)."""
    import torch  # noqa: PLC0415  (optional)

    from_inputs = x @ W_xh  # (T, H)
    h = torch.zeros(W_hh.shape[0], dtype=torch.float64)
    states = []
    for t in range(x.shape[0]):
        h = torch.sigmoid(from_inputs[t] + h @ W_hh)
        states.append(h)
    missing = y - torch.sigmoid(torch.stack(states) @ W_hy)[:, 0]  # (T,)
    return missing.square().sum() / 2, missing.detach().abs().sum()


def run(problem: Problem, loss_and_error: Callable[..., tuple[Any, Any]] = loss_and_error) -> Floats:
    import torch  # noqa: PLC0415  (optional)

    torch.set_num_threads(1)
    weights = [torch.tensor(W, requires_grad=True) for W in problem.drawn[:3]]
    optimizer = torch.optim.SGD(weights, lr=LEARNING_RATE)
    inputs, targets = (torch.from_numpy(array) for array in problem.bit_arrays())
    errors = []
    for x, y in zip(inputs, targets, strict=True):
        loss, error = loss_and_error(*weights, x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(error))
    return np.array(errors)
