"""Two axes along which one sees what a hidden state remembers. They are fitted to states of which it is known what
should be remembered.

Let m_k be the mean of the states in which the task's machine is in its state k.

- **First axis**: the direction in which these means differ most, their first principal component. With two states of
  the machine it is the line through both means, (m_1 - m_0) / || m_1 - m_0 ||. It points from the machine's first state
  to its last one.
- **Second axis**: the direction in which the states differ most, apart from the first axis: the first principal
  component of the states when the first axis is projected out. It points to where the output says 1, that is, along
  W_hy.
- **Origin**: the mean of the m_k.

The axes are unit vectors, and at right angles. What can't be told apart gets a defined axis, too: if the means are the
same, the first axis is the first principal component of the states; if nothing differs at all, it is that of the first
unit. A network with one unit has one direction only: its second axis is zero.

Sources: Pearson 1901, "On lines and planes of closest fit to systems of points in space", for principal components. The
difference of means as the direction of what a network represents: Marks & Tegmark 2023, "The geometry of truth".
"""

from dataclasses import dataclass

import numpy as np

from rnn_core.assessment.cases import TOGETHER
from rnn_core.pieces import Pieces
from rnn_core.types import Array, Flags, Integers

SAME = 1e-9
"""Lengths below this share of the largest number of a state are rounding: such means or states are the same."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Two axes and the place where they cross.

    Attributes:
        vectors: (2, H), orthonormal; with one unit the second is zero.
        origin: (H,).
    """

    vectors: Array
    origin: Array

    def places(self, states: Array) -> Array:
        """Where states (n, H) lie on the axes, (n, 2)."""
        return (states - self.origin) @ self.vectors.T


def fitted_axes(states: Array, labels: Integers, kinds: int, upward: Array) -> Pieces[Axes]:
    """The axes of some states, in pieces.

    Args:
        states: (n, H) finite numbers, n > 0.
        labels: (n,) the state of the machine that belongs to each, from 0.
        kinds: the number of states of the machine.
        upward: (H,) the direction to which axes without a direction of their own point.
    """
    yield
    size = float(np.abs(states).max()) or 1.0
    scaled = states / size
    means = np.stack([scaled[labels == kind].mean(axis=0) for kind in range(kinds) if (labels == kind).any()])
    origin = means.mean(axis=0)
    around = scaled - scaled.mean(axis=0)
    first = means_axis(means - origin)
    if first is None:
        first = turned((yield from principal_axis(around)), upward)
    elif first @ (means[-1] - means[0]) < 0:
        first = -first
    if states.shape[1] == 1:
        second = np.zeros(1)
    else:
        second = turned((yield from principal_axis(around - np.outer(around @ first, first), first)), upward)
    return Axes(np.stack([first, second]), origin * size)


def means_axis(means: Array) -> Array | None:
    """The direction in which means (k, H) differ most, or None if they do not differ. Their own mean is zero."""
    _, lengths, directions = np.linalg.svd(means, full_matrices=False)
    return directions[0] if lengths[0] > SAME else None


def principal_axis(around: Array, apart_from: Array | None = None) -> Pieces[Array]:
    """The first principal component, (H,), of states (n, H) whose mean is zero, at right angles to another axis.

    If nothing differs, it is the direction of the unit that has the smallest share in the other axis.
    """
    size = around.shape[1]
    products = np.zeros((size, size))
    together = max(1, TOGETHER // size**2)
    for start in range(0, len(around), together):
        yield
        some = around[start : start + together]
        products += some.T @ some
    lengths, directions = np.linalg.eigh(products / len(around))
    if lengths[-1] > SAME**2:
        axis = directions[:, -1]
    else:
        axis = np.eye(size)[0 if apart_from is None else int(np.argmin(np.abs(apart_from)))]
    if apart_from is not None:
        axis = axis - (axis @ apart_from) * apart_from
    unit: Array = axis / np.linalg.norm(axis)
    return unit


def turned(axis: Array, upward: Array) -> Array:
    """The axis or its opposite: the one that points upward. If neither does, its largest number is positive."""
    height = float(axis @ upward)
    if abs(height) <= SAME * float(np.linalg.norm(upward)):
        height = float(axis[np.argmax(np.abs(axis))])
    return -axis if height < 0 else axis


def best_threshold(places: Array, beyond: Flags) -> float:
    """Where to cut a line so that most of what should lie beyond the cut does, and most of the rest does not.

    Of equally good cuts it is the middle of the widest gap. It may be infinite: all on one side.

    Args:
        places: (n,) on the line.
        beyond: (n,) whether each should lie beyond the cut.
    """
    order = np.argsort(places, kind="stable")
    along, should = places[order], beyond[order]
    # The cut before place k has k places on the near side.
    right = np.concatenate([[0], np.cumsum(~should)]) + np.concatenate([np.cumsum(should[::-1])[::-1], [0]])
    ends = np.concatenate([[-np.inf], along, [np.inf]])
    gaps = ends[1:] - ends[:-1]  # (n + 1,)
    possible = gaps > 0
    best = possible & (right == right[possible].max())
    inner = best & np.isfinite(gaps)
    cut = int(np.argmax(np.where(inner if inner.any() else best, gaps, -1.0)))
    low, high = ends[cut], ends[cut + 1]
    return float((low + high) / 2) if np.isfinite(high - low) else float(low if np.isinf(low) else high)
