"""PyTorch: the sigmoid loop, its forward and backward through torch.compile, which takes about half a minute."""

import functools
from typing import Any

from benchmarks.peers import torch_loop
from benchmarks.problem import Floats, Problem

name = "PyTorch, torch.compile"
refuses = torch_loop.refuses


@functools.cache
def compiled() -> Any:
    import torch  # noqa: PLC0415  (optional)

    return torch.compile(torch_loop.loss_and_error)


def run(problem: Problem) -> Floats:
    return torch_loop.run(problem, compiled())
