"""Finding sets of hidden states that the network never leaves.

1. **Sampling.** Many states that the network comes to, with far ones among them, for each state of the task's machine.
2. **Words.** A word stands for all histories that end in it (`histories.py`). If the samples after a word still differ
   so much that the activation would be far from a line over them, the word is split by what was read before it.
3. **Boxes.** The set of a word is a box along the principal axes of its samples, a little larger than needed for these.
4. **Closing.** From every box every input is read, again and again, with zonotopes, until what comes out lies in the
   box of the word that was read by then. What lies in none after `ahead` positions makes its box grow. Rounds go on
   until nothing leaves its box.

The fourth is Kleene's iteration with widening. Source: Cousot & Cousot 1977, "Abstract interpretation: a unified
lattice model for static analysis of programs by construction or approximation of fixpoints".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnn_core.proof.answer import Boxes
from rnn_core.proof.histories import Histories, Words, longer, shortened, states_of
from rnn_core.proof.zonotopes import Floats, Network, Zonotopes, step
from rnn_core.tasks.minimal import Table
from rnn_core.tasks.task import own_stream
from rnn_core.types import Array, Flags, Integers

DRAWN, FAR = 48, 48
"""How many random and how many far states are sampled, for each state of the machine."""

WARM, STRAY = 40, 24
"""How many random positions are read first, and how many far states are followed then."""

LOOSE, TIGHT = (1.3, 0.05), (1.1, 0.005)
"""How much larger than its samples a box begins: in the proportion of each axis, and by a part of the longest one.
Loose boxes close in fewer rounds. Tight ones close where loose ones are so wide that they would grow without end.
"""

LEAST = 1e-4
"""How much larger a box begins as a length, besides."""

INFLATION = 1.05
"""How much more than needed a box grows."""

SLACK = 2e-6
"""Half of the width that is left free in each box, for the rounding of float32."""

PIECE = 2**14
"""How many zonotopes are computed together, times the square of the number of units: some milliseconds."""

HOPELESS = -20.0
"""The margin of an output, before the sigmoid, below which the boxes have grown out of all bounds."""


@dataclass(frozen=True)
class Effort:
    """How hard it is tried.

    Attributes:
        bend: a word is split while, after one more input, the activations of its samples are together farther than
            this from a line.
        longest: the length of the longest word.
        ahead: how many positions are read from a box, at most.
        rounds: how often boxes may grow.
        steps: how many steps of zonotopes a round may take.
        first: what `ahead` is in the first round. The boxes do not fit yet, so little is gained by more.
        spare: how much larger than its samples a box begins, `LOOSE` or `TIGHT`.
    """

    bend: float
    longest: int
    ahead: int
    rounds: int = 8
    steps: int = 1_500_000
    first: int = 4
    spare: tuple[float, float] = LOOSE


@dataclass
class Sets:
    """A box for each of N words.

    Attributes:
        histories: the words.
        frames: (N,) which of the axes are those of a box.
        axes: (F, H, H), orthonormal rows.
        centers: (N, H).
        radii: (N, H), half of the width along each axis.
    """

    histories: Histories
    frames: Integers
    axes: Floats
    centers: Floats
    radii: Floats

    def boxes(self, leaving: Integers) -> Boxes:
        """To be drawn."""
        axes = self.axes[self.frames].astype(np.float64)
        states = self.histories.words.ends
        return Boxes(states, leaving, self.centers.astype(np.float64), axes, self.radii.astype(np.float64))


@dataclass(frozen=True)
class Problem:
    """What is to be proved: that a network does as a machine.

    Attributes:
        network: the network.
        table: the machine.
        first_read: the outputs of positions below it, from the start, need not be right.
    """

    network: Network
    table: Table
    first_read: int


def sampled(problem: Problem, pause: Callable[[], None]) -> Floats:
    """(states, DRAWN + FAR, H) hidden states that the network comes to, for each state of the machine."""
    network, following = problem.network, problem.table.following
    states, alphabet = following.shape
    random = own_stream("proof")
    machine = np.zeros(1024 * states, dtype=np.int64)
    hidden = np.zeros((len(machine), len(network.readout)), dtype=np.float32)
    for _ in range(WARM):
        codes = random.randint(alphabet, size=len(machine))
        hidden, machine = network.step(hidden, codes), following[machine, codes]
    directions = random.standard_normal((hidden.shape[1], FAR)).astype(np.float32)
    for _ in range(STRAY):
        pause()
        origin, codes = np.repeat(np.arange(len(machine)), alphabet), np.tile(np.arange(alphabet), len(machine))
        reached, after = network.step(hidden[origin], codes), following[machine[origin], codes]
        kept: list[Integers] = []
        for state in range(states):
            here = np.flatnonzero(after == state)
            kept += [here[random.randint(len(here), size=DRAWN)], here[np.argmax(reached[here] @ directions, axis=0)]]
        chosen = np.concatenate(kept)
        hidden, machine = reached[chosen], after[chosen]
    return hidden.reshape(states, DRAWN + FAR, -1)


def sets_of(
    problem: Problem,
    population: Floats,
    effort: Effort,
    fits: Callable[[int, int], bool],
    pause: Callable[[], None],
) -> Sets | None:
    """Words, and a box around the samples of each; None if there would be too many.

    Args:
        problem: what is to be proved.
        population: what `sampled` returned.
        effort: how fine they are.
        fits: whether so many boxes with so many different axes may be.
        pause: called now and then.
    """
    network, following = problem.network, problem.table.following
    done: list[Words] = []
    spreads: list[Array] = []
    words, count = states_of(following), 0
    while len(words):
        split = []
        for part in _parts(words):
            pause()
            samples = _after(problem, population, part)
            bent = (
                _bend(network, samples) > effort.bend if part.lengths[0] < effort.longest else np.zeros(len(part)) > 0
            )
            done.append(part.at(~bent))
            split.append(part.at(bent))
            spreads.append(_spread(samples[~bent]))
            count += len(done[-1])
        words = longer(Words.joined(split), following)
        if not fits(count + len(words), 1):
            return None
    every = Words.joined(done)
    frames = _frames(every, following, fits)
    if frames is None:
        return None
    pooled = np.zeros((int(frames.max()) + 1, *spreads[0].shape[1:]))
    np.add.at(pooled, frames, np.concatenate(spreads))
    axes = np.ascontiguousarray(np.linalg.eigh(pooled)[1].transpose(0, 2, 1), dtype=np.float32)
    centers, radii, begun = [], [], 0
    for part in done:
        pause()
        own = axes[frames[begun : begun + len(part)]]
        begun += len(part)
        seen = np.matmul(_after(problem, population, part), own.transpose(0, 2, 1))  # (n, samples, H)
        low, high = seen.min(axis=1), seen.max(axis=1)
        centers.append(_back(own, (low + high) / 2))
        radii.append((high - low) / 2)
    length = np.concatenate(radii)
    larger, thicker = effort.spare
    length = larger * length + thicker * length.max(axis=1, keepdims=True) + np.float32(LEAST)
    return Sets(Histories(every, following), frames, axes, np.concatenate(centers), length)


def _parts(words: Words) -> Iterator[Words]:
    """Some hundred words after the other."""
    for start in range(0, len(words), 256):
        yield words.at(slice(start, start + 256))


def _after(problem: Problem, population: Floats, words: Words) -> Floats:
    """(n, DRAWN + FAR, H) the samples after words, which are all of the same length."""
    alphabet = problem.table.following.shape[1]
    samples = population[words.states]
    length = int(words.lengths.max(initial=0))
    for t in range(length):
        codes = words.inputs // alphabet ** (length - 1 - t) % alphabet
        read = np.repeat(codes, samples.shape[1])
        samples = problem.network.step(samples.reshape(len(read), -1), read).reshape(samples.shape)
    return samples


def _spread(samples: Floats) -> Array:
    """(n, H, H) which way samples differ; the sizes are made equal, so that all count alike in a sum."""
    apart = (samples - samples.mean(axis=1, keepdims=True)).astype(np.float64)
    spread = np.matmul(apart.transpose(0, 2, 1), apart)
    size = np.trace(spread, axis1=1, axis2=2)[:, None, None]
    result: Array = spread / np.maximum(size, 1e-12)
    return result


def _frames(words: Words, following: Integers, fits: Callable[[int, int], bool]) -> Integers | None:
    """(N,) which axes a box has. Words that end in the same inputs share them, if there is not enough room."""
    for most in range(int(words.lengths.max()), -1, -1):
        short = shortened(words, following, most)
        rows = np.column_stack([short.lengths, short.states, short.inputs])
        found, frames = np.unique(rows, axis=0, return_inverse=True)
        if fits(len(words), len(found)):
            return np.asarray(frames.reshape(-1), dtype=np.int64)
    return None


def _bend(network: Network, samples: Floats) -> Floats:
    """(n,) how far from a line the activations of these samples are after one more input: the sum over all units."""
    sums = np.matmul(samples, network.recurrent)
    low, high = sums.min(axis=1)[:, None], sums.max(axis=1)[:, None]
    middle = (low + high) / 2 + network.drive
    distance = network.line(middle, np.broadcast_to((high - low) / 2, middle.shape))[2]
    bend: Floats = distance.sum(axis=2).max(axis=1)
    return bend


def _back(axes: Floats, along: Floats) -> Floats:
    """(n, H) the vectors whose parts along the axes are given."""
    vectors: Floats = np.matmul(along[:, None], axes)[:, 0]
    return vectors


@dataclass
class Round:
    """What a round has found.

    Attributes:
        low, high: (N, H) what each box must reach along its axes, from its center.
        left: (N,) how many sets belong into each box and do not fit.
        margin: the least margin of an output, before the sigmoid.
        steps: how many steps of zonotopes it took.
        broken: whether it was broken off.
    """

    low: Floats
    high: Floats
    left: Integers
    margin: float = np.inf
    steps: int = 0
    broken: bool = False


def beginning_of(alphabet: int) -> int:
    """How many positions are read from the start before what comes out has to be in a box: 2**14 histories."""
    return int(14 / np.log2(alphabet))


def one_round(
    problem: Problem, sets: Sets, effort: Effort, pause: Callable[[], None], grew: Flags | None = None
) -> Round:
    """From the start and from every box, read all inputs until what comes out is in a box.

    Args:
        problem: what is to be proved.
        sets: the boxes.
        effort: how hard it is tried.
        pause: called now and then.
        grew: (N,) only from these boxes, those that grew after the last round. What comes out of the others lay in
            boxes then, or made them grow; so it lies in them still.
    """
    found = Round(-sets.radii, sets.radii.copy(), np.zeros(len(sets.radii), dtype=np.int64))
    zero = np.zeros((1, sets.radii.shape[1]), dtype=np.float32)
    start = _Followed(Zonotopes(zero, zero[:, :0, None] * zero, zero), np.array([sets.histories.start]))
    if grew is None:
        ahead = beginning_of(len(problem.network.drive))
        _follow(problem, sets, start, ahead, problem.first_read, effort.steps, found, pause)
        grew = np.ones(len(sets.radii), dtype=bool)
    generators = sets.axes[sets.frames[grew]] * sets.radii[grew, :, None]
    centers = sets.centers[grew]
    boxes = _Followed(Zonotopes(centers, generators, np.zeros_like(centers)), sets.histories.nodes[grew])
    _follow(problem, sets, boxes, effort.ahead, 0, effort.steps, found, pause)
    return found


def grown(sets: Sets, found: Round) -> Sets:
    """The sets of the next round."""
    leaving = found.left[:, None] > 0
    middle = np.where(leaving, (found.low + found.high) / 2, 0)
    radii = np.where(leaving, (found.high - found.low) / 2 * INFLATION + np.float32(5 * SLACK), sets.radii)
    centers = sets.centers + _back(sets.axes[sets.frames], middle)
    return Sets(sets.histories, sets.frames, sets.axes, centers, radii)


class _Followed(NamedTuple):
    """Zonotopes that have not yet come into a box, and what was read before each: a node of `Histories`."""

    sets: Zonotopes
    nodes: Integers

    def at(self, places: slice) -> "_Followed":
        return _Followed(Zonotopes(*(array[places] for array in vars(self.sets).values())), self.nodes[places])

    @staticmethod
    def joined(parts: list["_Followed"]) -> "_Followed":
        arrays = zip(*(vars(part.sets).values() for part in parts), strict=True)
        return _Followed(Zonotopes(*map(np.concatenate, arrays)), np.concatenate([part.nodes for part in parts]))


def _follow(
    problem: Problem,
    sets: Sets,
    begun: _Followed,
    ahead: int,
    first_read: int,
    most: int,
    found: Round,
    pause: Callable[[], None],
) -> None:
    """Read all inputs, until what comes out is in a box. What is in none after `ahead` positions makes its box grow.

    The deepest sets that fill a piece go first. So there are never many that wait.
    """
    histories, signs = sets.histories, 2 * problem.table.outputs - 1
    units = sets.radii.shape[1]
    together = max(1, min(512, PIECE // units**2))
    waiting = {0: [begun]}
    while waiting:
        pause()
        full = [t for t, parts in waiting.items() if sum(len(part.nodes) for part in parts) >= together]
        t = max(full, default=min(waiting))
        parts = _Followed.joined(waiting.pop(t))
        if len(parts.nodes) > together:
            waiting[t] = [parts.at(slice(together, None))]
            parts = parts.at(slice(together))

        after = step(problem.network, parts.sets)
        if t >= first_read:
            margin = signs[histories.ends[parts.nodes]] * after.logits - after.spread
            found.margin = min(found.margin, float(margin.min()))
        nodes = histories.following[parts.nodes].reshape(-1)
        places = histories.place[nodes]
        frames = sets.axes[sets.frames[places]]
        middle, width = after.seen_along(frames, sets.centers[places])
        found.steps += len(places)
        inside = (places >= 0) & (np.abs(middle) + width <= sets.radii[places] - np.float32(SLACK)).all(axis=1)
        if t >= ahead - 1:
            leaving = np.flatnonzero(~inside & (places >= 0))
            np.minimum.at(found.low, places[leaving], (middle - width)[leaving])
            np.maximum.at(found.high, places[leaving], (middle + width)[leaving])
            np.add.at(found.left, places[leaving], 1)
            inside |= places >= 0
        if not found.margin > HOPELESS or found.steps > most:
            found.broken = True
            return
        outside = np.flatnonzero(~inside)
        if len(outside):
            waiting.setdefault(t + 1, []).append(_Followed(after.at(outside), nodes[outside]))
