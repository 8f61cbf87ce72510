"""The input of every contender: initial parameters and the operands of each iteration, drawn like in the script."""

# ruff: noqa: N806

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEARNING_RATE = 0.1


@dataclass(frozen=True)
class Problem:
    """`iterations` of the seed's training: squared error, plain SGD at 0.1, no biases, one addition per iteration."""

    bits: int = 8
    hidden: int = 16
    seed: int = 0
    iterations: int = 50_000
    batch: int = 1

    def shortened(self, iterations: int) -> "Problem":
        return replace(self, iterations=iterations)

    @cached_property
    def drawn(self) -> tuple[Floats, Floats, Floats, Integers]:
        """W_xh (2, H), W_hh (H, H), W_hy (H, 1) and operands (iterations batch, 2). Do not change them."""
        random, H = np.random.RandomState(self.seed), self.hidden
        W_xh, W_hy, W_hh = (2 * random.random_sample(shape) - 1 for shape in ((2, H), (H, 1), (H, H)))
        operands = random.randint(2 ** (self.bits - 1), size=(self.iterations * self.batch, 2)).astype(np.int64)
        return W_xh, W_hh, W_hy, operands

    def parameters(self) -> Floats:
        """A new flat copy of W_xh, W_hy, W_hh."""
        W_xh, W_hh, W_hy, _ = self.drawn
        return np.concatenate([W_xh.ravel(), W_hy.ravel(), W_hh.ravel()])

    @property
    def operands(self) -> Integers:
        return self.drawn[3]

    def bit_arrays(self) -> tuple[Floats, Floats]:
        """Inputs (iterations, T, 2) and targets (iterations, T) as numbers, least significant bit first."""
        positions = np.arange(self.bits)
        inputs = (self.operands[:, None, :] >> positions[None, :, None]) & 1
        targets = (self.operands.sum(1)[:, None] >> positions) & 1
        return inputs.astype(np.float64), targets.astype(np.float64)
