"""The sets of a proof as a picture: outlines of what they cover on the two axes of the panel Memory.

A set of hidden states is a box along axes of its own, so its shadow on a plane is a polygon. There may be thousands of
sets, so neighbours of the same state of the machine share an outline: the picture has at most `MOST` of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.analysis.axes import Axes
from rnn_core.proof import Boxes
from rnn_core.types import Array, Integers

MOST = 192
"""The most outlines of a picture."""

SIDES = 12
"""The number of sides of an outline. It touches what it stands for on each of them."""

FAR = 99.0
"""Where what grows without end is cut off. A hidden state is never so far away."""

_ANGLES = 2 * np.pi * np.arange(SIDES) / SIDES
_NORMALS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)  # (SIDES, 2)
_CORNERS = np.linalg.inv(np.stack([_NORMALS, np.roll(_NORMALS, -1, axis=0)], axis=1))  # (SIDES, 2, 2)
"""From the distances of two neighbouring sides to the corner between them."""


@dataclass(frozen=True)
class Outlines:
    """A picture of N sets, with G outlines.

    Attributes:
        states: (G,) the machine's state of each, by its place.
        leaving: (G,) how many sets leave it yet.
        corners: (G, SIDES, 2), in order around it.
        groups: (N,) which outline each set belongs to.
    """

    states: Integers
    leaving: Integers
    corners: Array
    groups: Integers

    def told(self) -> list[dict[str, Any]]:
        """The outlines as data for JSON, with four digits."""
        return [
            {"state": state, "leaving": leaving, "points": corners}
            for state, leaving, corners in zip(
                self.states.tolist(), self.leaving.tolist(), self.corners.round(4).tolist(), strict=True
            )
        ]


def outlines(boxes: Boxes, axes: Axes, groups: Integers | None = None) -> Outlines:
    """The shadows of sets on two axes.

    Args:
        boxes: the sets.
        axes: as `hidden_states` fits them.
        groups: which outline each set belongs to, as in an earlier picture of as many sets, so that outlines can be
            followed from one picture to the next.
    """
    middles = axes.places(boxes.centers)  # (N, 2)
    if groups is None or len(groups) != len(middles):
        groups = grouped(boxes.states, middles)
    sides = np.abs((boxes.axes * boxes.radii[:, :, None]) @ axes.vectors.T @ _NORMALS.T).sum(axis=1)  # (N, SIDES)
    reach = np.full((int(groups.max()) + 1, SIDES), -np.inf)
    np.maximum.at(reach, groups, middles @ _NORMALS.T + sides)
    ends = np.stack([reach, np.roll(reach, -1, axis=1)], axis=2)  # (G, SIDES, 2)
    corners = np.einsum("sij,gsj->gsi", _CORNERS, np.clip(np.nan_to_num(ends), -FAR, FAR))
    states, leaving = np.zeros(len(reach), dtype=np.int64), np.zeros(len(reach), dtype=np.int64)
    states[groups] = boxes.states
    np.add.at(leaving, groups, boxes.leaving)
    return Outlines(states, leaving, corners, groups)


def grouped(states: Integers, places: Array, most: int = MOST) -> Integers:
    """Groups of neighbours that have the same state, at most `most`: (N,) the group of each place.

    The group that covers most is cut again and again, in the middle of its longer side: so clouds come apart first.
    """
    kinds = [np.flatnonzero(states == state) for state in np.unique(states)]
    share = max(1, most // len(kinds))
    groups = np.empty(len(states), dtype=np.int64)
    count = 0
    for kind in kinds:
        parts = [_part(kind, places)]
        while len(parts) < min(share, len(kind)):
            _, part, axis = parts.pop(max(range(len(parts)), key=lambda k: parts[k][0]))
            along = places[part, axis]
            near = along <= (along.min() + along.max()) / 2
            if near.all():  # they all lie at one place
                near = np.arange(len(part)) < len(part) // 2
            parts += [_part(part[near], places), _part(part[~near], places)]
        for _, part, _ in parts:
            groups[part] = count
            count += 1
    return groups


def _part(members: Integers, places: Array) -> tuple[tuple[float, int], Integers, int]:
    """A group: how much it covers (and its size, where nothing else tells), its members, and its longer side."""
    spread = np.ptp(places[members], axis=0)
    axis = int(spread[1] > spread[0])
    return (float(spread[axis]) if len(members) > 1 else -1.0, len(members)), members, axis
