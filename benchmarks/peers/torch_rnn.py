"""PyTorch's nn.RNN with torch.optim.SGD: the fast way in PyTorch, but with tanh (it has no sigmoid), so only its speed
can be compared.
"""

import importlib.util

import numpy as np

from benchmarks.problem import LEARNING_RATE, Floats, Problem

name = "PyTorch nn.RNN (tanh)"
same_numbers = False


def refuses(problem: Problem) -> str | None:
    if problem.batch != 1:
        return "batch 1 only"
    return None if importlib.util.find_spec("torch") else "torch is not installed"


def run(problem: Problem) -> Floats:
    import torch  # noqa: PLC0415  (optional)

    torch.set_num_threads(1)
    torch.manual_seed(problem.seed)
    rnn = torch.nn.RNN(2, problem.hidden, nonlinearity="tanh", bias=False, batch_first=True, dtype=torch.float64)
    readout = torch.nn.Linear(problem.hidden, 1, bias=False, dtype=torch.float64)
    optimizer = torch.optim.SGD([*rnn.parameters(), *readout.parameters()], lr=LEARNING_RATE)
    inputs, targets = (torch.from_numpy(array) for array in problem.bit_arrays())
    errors = []
    for x, y in zip(inputs, targets, strict=True):
        states, _ = rnn(x)
        missing = y - torch.sigmoid(readout(states))[:, 0]  # (T,)
        optimizer.zero_grad()
        (missing.square().sum() / 2).backward()
        optimizer.step()
        errors.append(float(missing.detach().abs().sum()))
    return np.array(errors)
