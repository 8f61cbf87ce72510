"""Checking a certificate: whether its boxes prove that its network does its task on numbers of any length.

This file alone decides whether something is proved. It shares no code with the search. docs/proof.md explains both.

**What is checked.** A certificate holds a network, and boxes of hidden states {h : abs(axes (h - center)) <= radii}.
Each box has a word: a state of the task's machine, and the inputs that it read from there on. From the start, and from
every box, all inputs are read. At every position the output must be on the right side of one half. After some positions
what comes out must lie in a box, and what was read must end in the word of this box. By induction all outputs are right
at all positions of all problems.

**Rounding.** Numbers are float64. A sum of n terms is off by at most about n 2**-53 times the sum of their sizes
(Higham 2002, section 4.2). `GAMMA` times the sizes is more than that for 4,000 terms, in any order, with fused
operations or without; so it covers the few operations around a sum, too. `SIGMOID` bounds the error of `sigmoid` below.

The network that the lab runs rounds as well. So every unit may be off by `slip` at every position, and what is proved
holds for exact arithmetic and for float64. Of the lab's exp and tanh only this is assumed: that they are off by less
than 1e-13 of their values.
"""

# ruff: noqa: N803, N806  (the formulas write matrices as capitals)

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

GAMMA, SIGMOID, SURE = 1e-12, 1e-10, 1e-6  # a logit above SURE is above 0 in float64, too
MOST_BYTES, MOST_STEPS, TOGETHER = 5_000_000, 20_000_000, 64

# Bits a position, states, and the rule: state and bits -> next state and the bit to write. State 0 is the start.
MACHINES: dict[str, tuple[int, int, Callable[[int, tuple[int, ...]], tuple[int, int]]]] = {
    "addition": (2, 2, lambda carry, x: divmod(carry + x[0] + x[1], 2)),
    "three_numbers": (3, 3, lambda carry, x: divmod(carry + x[0] + x[1] + x[2], 2)),
    "subtraction": (2, 2, lambda borrow, x: (int(x[0] < x[1] + borrow), (x[0] + x[1] + borrow) % 2)),
    "xor": (2, 1, lambda nothing, x: (0, x[0] ^ x[1])),
    "parity": (1, 2, lambda odd, x: (odd ^ x[0], odd ^ x[0])),
    "comparison": (2, 2, lambda greater, x: (greater, greater) if x[0] == x[1] else (x[0], x[0])),
}


@dataclass(frozen=True)
class Checked:
    """What a certificate proves.

    Attributes:
        proved: whether it proves what it should.
        sentence: what it proves, or the first thing that is wrong.
        margin, logit_margin: the least distance of an output from 1/2, and of the same before the sigmoid from 0; 0 if
            nothing is proved.
    """

    proved: bool
    sentence: str
    margin: float = 0.0
    logit_margin: float = 0.0


class _Wrong(Exception):
    """The first thing that is wrong."""


def check(certificate: bytes | str | os.PathLike[str], pause: Callable[[], None] = lambda: None) -> Checked:
    """Check a certificate from scratch.

    Args:
        certificate: the path of a file, or its bytes.
        pause: called several times a second. What it raises ends the check.

    Raises:
        OSError: the file can't be read.
    """
    data = certificate if isinstance(certificate, bytes) else Path(certificate).read_bytes()
    try:
        with np.errstate(all="ignore"):  # what is not a number passes no comparison below
            return _Check(data, pause).run()
    except _Wrong as wrong:
        return Checked(False, str(wrong))


@cache
def _table() -> Any:
    """The sigmoid at every 64th from -40 to 40, correctly rounded."""
    with localcontext() as context:
        context.prec = 30
        return np.array([float(1 / (1 + (-Decimal(k) / 64).exp())) for k in range(-2560, 2561)])


def sigmoid(x: Any) -> Any:
    """The sigmoid with an error below `SIGMOID`: Taylor's series from the nearest entry of the table.

    That is at most 1/128 away, and the fourth derivative is below 0.13. So what is left out is below
    0.13 / 24 / 128**4 = 2.1e-11. Beyond 40 the sigmoid is within 1e-17 of 0 or 1.
    """
    x = np.clip(x, -40.0, 40.0)
    place = np.rint(x * 64)
    s, d = _table()[np.nan_to_num(place).astype(np.int64) + 2560], x - place / 64
    first = s * (1 - s)
    return s + d * first * (1 + d * ((1 - 2 * s) / 2 + d * (1 - 6 * first) / 6))


def highest(low: Any, high: Any, slope: Any) -> Any:
    """A bound from above of sigmoid(x) - slope x for low <= x <= high, up to the error of `sigmoid`.

    Below 0 the sigmoid is convex: there one of the ends is the highest. From 0 on it is concave, so it lies below its
    tangent at any point t >= 0. The best t is where the tangent has this slope; another t only makes the bound larger.
    """
    ends = np.maximum(sigmoid(low) - slope * low, sigmoid(high) - slope * high)
    near, far, root = np.maximum(low, 0), np.maximum(high, 0), np.sqrt(np.maximum(1 - 4 * slope, 0))
    t = np.clip(np.log((1 + root) / np.maximum(1 - root, 1e-300)), near, far)
    s = sigmoid(t)
    tilt = s * (1 - s) - slope
    tangent = s - slope * t + np.maximum(tilt * (near - t), tilt * (far - t)) + SIGMOID * (far - near)
    return np.where(high > 0, np.maximum(ends, tangent), ends)


def line(low: Any, high: Any) -> tuple[Any, Any, Any]:
    """Slope, height, distance: sigmoid(x) is within `distance` of slope x + height, for low <= x <= high."""
    slope = np.clip((sigmoid(high) - sigmoid(low)) / np.maximum(high - low, 1e-9), 0.0, 0.25)
    # sigmoid(-x) = 1 - sigmoid(x), so the lowest follows from the highest of the range mirrored at 0.
    top, bottom = highest(low, high, slope), 1 - highest(-high, -low, slope)
    return slope, (top + bottom) / 2, (top - bottom) / 2 + 4 * SIGMOID + GAMMA * (np.abs(low) + np.abs(high))


class _Check:
    """A certificate that is being checked. X inputs, H units, N boxes."""

    def __init__(self, data: bytes, pause: Callable[[], None]) -> None:
        """Read all parts, and check their forms."""
        self.pause, self.least, self.steps = pause, np.inf, 0
        if len(data) > MOST_BYTES:
            raise _Wrong(f"It has more than {MOST_BYTES:,} bytes.")
        try:
            parts = load(data)
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            facts = json.loads(header["__metadata__"]["proof"])
            self.task, self.activation = str(facts["task"]), str(facts["activation"])
            self.ahead, self.beginning, bits = (int(facts[name]) for name in ("ahead", "beginning", "bits"))
            I, states, rule = MACHINES[self.task]  # noqa: E741
            H, N, F = len(parts["weights.W_hh"]), len(parts["centers"]), len(parts["axes"])
            forms: dict[str, tuple[int, ...]] = {"W_xh": (I, H), "W_hh": (H, H), "W_hy": (H, 1)}
            forms |= {"b_h": (H,), "b_y": (1,)} if "weights.b_h" in parts or "weights.b_y" in parts else {}
            forms = {f"weights.{name}": form for name, form in forms.items()}
            forms |= {"centers": (N, H), "radii": (N, H), "axes": (F, H, H)}
            whole = dict.fromkeys(("frames", "words.lengths", "words.states", "words.inputs"), (N,))
            fitting = all(parts[name].shape == form for name, form in (forms | whole).items())
            fitting &= all(parts[name].dtype.kind == "f" and np.isfinite(parts[name]).all() for name in forms)
            fitting &= all(parts[name].dtype.kind == "i" for name in whole)
            self.stretch = {"sigmoid": 1.0, "tanh": 2.0}[self.activation]  # tanh(x) = 2 sigmoid(2 x) - 1
        except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise _Wrong(f"It is not a certificate of a proof, or it is damaged: {error!r}.") from None
        counts = self.ahead, self.beginning, bits
        if not (fitting and H and N and all(1 <= count <= 64 for count in counts)):
            raise _Wrong("Its parts do not fit together, or hold what is not a number.")

        # The machine, and what each input sends to the units. Input c has the bits of c, the first operand's lowest.
        inputs = [bits[::-1] for bits in product((0, 1), repeat=I)]
        steps = np.array([[rule(state, x) for x in inputs] for state in range(states)])
        self.following, self.right, self.X = steps[:, :, 0], steps[:, :, 1] * 2 - 1, 2**I  # (states, X); 1 and -1
        self.first_read = bits - 1 if self.task == "comparison" else 0  # a comparison is read at its last position
        weights = {name[8:]: parts[name].astype(np.float64) for name in forms if name.startswith("weights.")}
        self.W, self.W_hy, W_xh = weights["W_hh"], weights["W_hy"][:, 0], weights["W_xh"]
        b_h, self.b_y = weights.get("b_h", np.zeros(H)), float(weights.get("b_y", [0.0])[0])
        self.x = np.array(inputs) @ W_xh + b_h  # (X, H)
        # In float64 states are within -1 and 1, but for rounding. Nowhere is the activation steeper than stretch^2 / 4.
        self.rough = GAMMA * (np.abs(W_xh).sum(axis=0) + np.abs(b_h) + 1.01 * np.abs(self.W).sum(axis=0))
        self.slip = self.rough * self.stretch**2 / 4 + 1e-12
        self._take_boxes(parts)

    def _take_boxes(self, parts: dict[str, Any]) -> None:
        """Read the boxes and their words."""
        self.centers, self.radii, self.axes = (parts[name].astype(np.float64) for name in ("centers", "radii", "axes"))
        self.frames, *self.words = (
            parts[name].astype(np.int64) for name in ("frames", "words.lengths", "words.states", "words.inputs")
        )
        lengths, before, codes = self.words
        self.longest, states, F, H = int(lengths.max()), len(self.right), len(self.axes), len(self.W)
        good = (
            (lengths >= 0) & (before >= 0) & (before < states) & (codes >= 0) & (self.frames >= 0) & (self.frames < F)
        )
        if not (
            self.X**self.longest < 2**40 and good.all() and (codes < self.X**lengths).all() and (self.radii >= 0).all()
        ):
            raise _Wrong("A box has a word that does not exist, no axes, or a width below zero.")
        numbers = self._number(lengths, before, codes)
        self.order = np.argsort(numbers)
        self.numbers = numbers[self.order]
        # Axes are orthonormal but for a defect D: h = center + axes^T u with abs(u) <= radii + D / (1 - D) max(radii).
        products = np.matmul(self.axes, self.axes.transpose(0, 2, 1)) - np.eye(H)
        D = np.abs(products).sum(axis=2).max(axis=1) + GAMMA * H * (1 + np.square(self.axes).sum(axis=(1, 2)))
        if not (D < 0.5).all():
            raise _Wrong("The axes of a box are not orthonormal.")
        self.reach = self.radii + ((D / (1 - D))[self.frames] * self.radii.max(axis=1))[:, None]

    def _number(self, length: Any, state: Any, codes: Any) -> Any:
        return (length * len(self.right) + state) * self.X**self.longest + codes

    def run(self) -> Checked:
        """Follow the start and every box."""
        (N, H), (lengths, before, codes), n = self.centers.shape, self.words, self.longest
        start = np.full((1, n + 1), -1)
        start[0, n] = 0
        self._follow(
            np.zeros((1, H)), np.zeros((1, 0, H)), np.zeros((1, H)), start, np.zeros(1, int), 0, self.beginning
        )
        self.first_read = 0  # within a box it may be any position
        past = np.full((N, n + 1), -1)
        past[np.arange(N), n - lengths] = before
        for k in range(n, 0, -1):  # k inputs ago
            known, read = past[:, n - k] >= 0, codes // self.X ** (k - 1) % self.X
            past[known, n - k + 1] = self.following[past[known, n - k], read[known]]
        for at in np.array_split(np.arange(N), -(-N // TOGETHER)):
            generators = self.reach[at, :, None] * self.axes[self.frames[at]]
            own = np.zeros((len(at), H))
            self._follow(self.centers[at], generators, own, past[at], codes[at], 0, self.ahead)
        margin = float(sigmoid(np.array(self.least)) - 0.5 - SIGMOID)
        sentence = (
            f"Proved: this network of {H} {self.activation} units does {self.task.replace('_', ' ')} right on numbers "
            f"of any length. Every output is at least {margin:.3f} away from one half. {N:,} boxes show it."
        )
        return Checked(True, sentence, margin, self.least)

    def step(self, c: Any, G: Any, own: Any) -> tuple[Any, ...]:
        """Read all inputs from the sets c + e G + u own, where e and u are any numbers from -1 to 1.

        Args:
            c: (m, H).
            G: (m, g, H).
            own: (m, H).

        Returns:
            sums (m, g + H, H); slope, center, rest (m, X, H): the new states are center + slope ((e, u) sums) +- rest,
            with the same e and u. size (m, X, H): none is larger. logit, spread (m, X): the outputs before the sigmoid
            are logit +- spread.
        """
        k = self.stretch
        sums = np.concatenate([np.matmul(G, self.W), own[:, :, None] * self.W], axis=1)
        rough = self.rough + GAMMA * ((np.abs(c) + np.abs(G).sum(axis=1) + own) @ np.abs(self.W))
        reach, rough = (np.abs(sums).sum(axis=1) + rough)[:, None], rough[:, None]  # (m, 1, H)
        middle = (c @ self.W)[:, None] + self.x  # (m, X, H)
        slope, height, distance = line(k * (middle - reach), k * (middle + reach))
        center, slope = k * (slope * (k * middle) + height) - (k - 1), k * k * slope
        rest = k * distance + slope * rough + self.slip
        size = np.abs(center) + slope * reach + rest
        logit = center @ self.W_hy + self.b_y
        spread = np.abs(np.matmul(sums, (slope * self.W_hy).transpose(0, 2, 1))).sum(axis=1)
        spread += rest @ np.abs(self.W_hy) + GAMMA * (size @ np.abs(self.W_hy) + abs(self.b_y))
        return sums, slope, center, rest, size, logit, spread

    def _follow(self, c: Any, G: Any, own: Any, past: Any, codes: Any, t: int, ahead: int) -> None:
        """Read all inputs from m sets, again and again, until all that comes out is in boxes.

        Args:
            c: the sets, as for `step`.
            G: the same.
            own: the same.
            past: (m, longest + 1) the machine's state so many inputs ago, last the present one; -1 where not known.
            codes: (m,) the inputs as a number to the base X, the last one is the last digit.
            t: how many inputs were read since the start or the box.
            ahead: how many may be.
        """
        self.pause()
        (m, H), X, n = c.shape, self.X, self.longest
        self.steps += m * X
        sums, slope, c, own, size, logit, spread = self.step(c, G, own)
        least = float((self.right[past[:, -1]] * logit - spread).min())
        if t >= self.first_read:
            if not least > SURE:
                raise _Wrong("It does not show of all outputs that they are on the right side of one half.")
            self.least = min(self.least, least)

        past = np.concatenate([np.repeat(past, X, axis=0), self.following[past[:, -1]].reshape(-1, 1)], axis=1)[:, 1:]
        codes = (np.repeat(codes, X) * X + np.tile(np.arange(X), m)) % X**n
        place = np.full(m * X, -1)  # the box in whose word ends what was read
        for length in range(n + 1):
            number = self._number(length, past[:, n - length], codes % X**length)
            near = np.minimum(np.searchsorted(self.numbers, number), len(self.numbers) - 1)
            place = np.where((past[:, n - length] >= 0) & (self.numbers[near] == number), self.order[near], place)
        c, own, size, slope = (array.reshape(-1, H) for array in (c, own, size, slope))
        axes, center = self.axes[self.frames[place]], self.centers[place]
        turned = (axes * slope[:, None]).reshape(m, X * H, H).transpose(0, 2, 1)
        width = np.abs(np.matmul(sums, turned)).sum(axis=1).reshape(-1, H)
        width += np.matmul(np.abs(axes), (own + GAMMA * (size + np.abs(center)))[:, :, None])[:, :, 0]
        width += np.abs(np.matmul(axes, (c - center)[:, :, None])[:, :, 0])
        outside = np.flatnonzero((place < 0) | ~(width <= self.radii[place] * (1 - GAMMA)).all(axis=1))
        if len(outside) and t + 1 >= ahead:
            raise _Wrong(f"There are states that come into no box within {ahead} positions.")
        if self.steps > MOST_STEPS:
            raise _Wrong(f"It needs more than {MOST_STEPS:,} steps to be checked.")
        for at in np.array_split(outside, -(-len(outside) // TOGETHER)) if len(outside) else ():
            self._follow(c[at], sums[at // X] * slope[at][:, None], own[at], past[at], codes[at], t + 1, ahead)
