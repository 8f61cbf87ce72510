"""Sets of hidden states, and what a step of the network makes of them.

A zonotope is a center and all that its generators reach: center + sum of e_i * generator_i, each e_i from -1 to 1. A
linear map of it is again one. So the only thing to be done is the activation f, unit by unit: over the range from
m - w to m + w it is replaced by a line, and by the largest distance from that line as a generator of its own.

    f(m + d) = f + f' d + f'' d^2 / 2 + f''' d^3 / 6 + ...      at m, for abs(d) <= w

d^2 is from 0 to w^2, so it is w^2 / 2 +- w^2 / 2. The nearest line to d^3 is 3/4 w^2 d, at a distance of w^3 / 4. The
rest is at most `FOURTH` w^4 / 24. Source: Singh, Gehr, Mirman, Pueschel & Vechev 2018, "Fast and effective robustness
certification", which has the idea with other lines.

This is part of the search, in float32 and without bounds of the rounding: nothing is believed before the checker has
confirmed it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FOURTH = 0.13
"""The fourth derivative of the sigmoid is nowhere larger."""

WIDE = 1.5
"""Half of the width from which on a range is replaced by all its values, from the least to the largest."""


@dataclass(frozen=True)
class Zonotopes:
    """n zonotopes in H dimensions.

    Attributes:
        centers: (n, H).
        generators: (n, g, H).
        own: (n, H) for each dimension the length of one more generator along it.
    """

    centers: Floats
    generators: Floats
    own: Floats

    def __len__(self) -> int:
        return len(self.centers)


@dataclass(frozen=True)
class Network:
    """The numbers of an Elman network, as the search wants them. Its activation is that of a sigmoid, stretched.

    Attributes:
        drive: (2**I, H) what each input sends to the units, with their biases.
        recurrent: (H, H) W_hh.
        readout: (H,) W_hy.
        bias: that of the output.
        stretch: 1 for sigmoid. 2 for tanh(x) = 2 sigmoid(2 x) - 1.
    """

    drive: Floats
    recurrent: Floats
    readout: Floats
    bias: float
    stretch: int

    def step(self, hidden: Floats, codes: NDArray[np.int64]) -> Floats:
        """(n, H) the hidden states after one input each."""
        return self.activation(hidden @ self.recurrent + self.drive[codes])

    def activation(self, x: Floats) -> Floats:
        """f(x)."""
        result: Floats = _sigmoid(x) if self.stretch == 1 else np.tanh(x)
        return result

    def line(self, middle: Floats, width: Floats) -> tuple[Floats, Floats, Floats]:
        """The line that replaces f over ranges from middle - width to middle + width: slope, value in the middle, and
        the largest distance of f from it.
        """
        k = np.float32(self.stretch)
        slope, value, distance = _line(k * middle, k * width)
        return k * k * slope, k * value - (k - 1), k * distance


def _sigmoid(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        result: Floats = np.float32(1) / (np.float32(1) + np.exp(-x))
    return result


def _line(m: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    """See `Network.line`, for the sigmoid."""
    w = np.minimum(w, np.float32(100))
    s = _sigmoid(m)
    first = s * (1 - s)
    second = first * (1 - 2 * s)
    third = first * (1 - 6 * first)
    square = w * w
    slope: Any = first + third * square / 8
    bow = second * square / 4
    distance: Any = np.abs(bow) + np.abs(third) * square * w / 24 + np.float32(FOURTH / 24) * square * square
    value: Any = s + bow
    wide = w > WIDE
    if wide.any():
        low, high = _sigmoid(m - w), _sigmoid(m + w)
        slope = np.where(wide, np.float32(0), slope)
        value = np.where(wide, (low + high) / 2, value)
        distance = np.where(wide, (high - low) / 2, distance)
    return slope, value, distance


@dataclass(frozen=True)
class Stepped:
    """What a step makes of n zonotopes, for each of X inputs.

    Attributes:
        sums: (n, g, H) the generators at the units' inputs. They are the same for all inputs.
        slopes, centers, own: (n, X, H): the hidden states are zonotopes with these centers, the generators sums *
            slopes, and one more of length own along each dimension.
        logits, spread: (n, X) the outputs before the sigmoid are logits +- spread.
    """

    sums: Floats
    slopes: Floats
    centers: Floats
    own: Floats
    logits: Floats
    spread: Floats

    def at(self, places: NDArray[np.int64]) -> Zonotopes:
        """The hidden states as zonotopes, for some of the n * X pairs of a zonotope and an input."""
        inputs, units = self.slopes.shape[1:]
        slopes = self.slopes.reshape(-1, 1, units)[places]
        flat = self.centers.reshape(-1, units), self.own.reshape(-1, units)
        return Zonotopes(flat[0][places], self.sums[places // inputs] * slopes, flat[1][places])

    def seen_along(self, axes: Floats, origins: Floats) -> tuple[Floats, Floats]:
        """The middle and half of the width of each set along H axes of its own.

        Args:
            axes: (n * X, H, H), the axes are rows.
            origins: (n * X, H), what the middle is measured from.

        Returns:
            (n * X, H) each.
        """
        n, inputs, units = self.slopes.shape
        own, slopes = self.own.reshape(-1, units), self.slopes.reshape(-1, 1, units)
        middle = np.matmul(axes, (self.centers.reshape(-1, units) - origins)[:, :, None])[:, :, 0]
        seen = np.matmul(self.sums, (axes * slopes).reshape(n, inputs * units, units).transpose(0, 2, 1))
        np.abs(seen, out=seen)
        width = seen.sum(axis=1).reshape(-1, units) + np.matmul(np.abs(axes), own[:, :, None])[:, :, 0]
        return middle, width


def step(network: Network, sets: Zonotopes) -> Stepped:
    """Read every input from each set."""
    n, g, units = sets.generators.shape
    sums = np.empty((n, g + units, units), dtype=np.float32)
    sums[:, :g] = (sets.generators.reshape(-1, units) @ network.recurrent).reshape(n, g, units)
    sums[:, g:] = sets.own[:, :, None] * network.recurrent
    reach = np.abs(sums).sum(axis=1)  # (n, H)
    middle = (sets.centers @ network.recurrent)[:, None] + network.drive  # (n, X, H)
    slopes, centers, own = network.line(middle, np.broadcast_to(reach[:, None], middle.shape))
    logits = centers @ network.readout + np.float32(network.bias)
    spread = np.abs(np.matmul(sums, (slopes * network.readout).transpose(0, 2, 1))).sum(axis=1)
    return Stepped(sums, slopes, centers, own, logits, spread + own @ np.abs(network.readout))
