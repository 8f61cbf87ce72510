"""The figures of `rnn-adder inspect`, one for each thing that is found inside a network. They need matplotlib."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from rnn_core.network.parts import make_task
from rnn_core.types import Array

from .inspection import Inspection, percent

MARKERS = "os^Dvp*"
"""The shape of each state of the machine, so that colour is not all that tells them apart."""


def drawn(path: Path, draw: Callable[[Axes], None], width: float = 7, height: float = 5) -> bool:
    """Draw one pair of axes into a file.

    Raises:
        OSError: the place can't be written to.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.add_subplot())
    figure.savefig(path, dpi=150)
    return True


def draw_states(path: Path, found: Inspection) -> bool:
    """Where the hidden states lie, by what the machine would remember."""
    states = found.states
    if states is None:
        return False

    def draw(axes: Axes) -> None:
        places = states.places()
        for number, name in enumerate(states.names):
            here = places[states.labels == number]
            axes.plot(here[:, 0], here[:, 1], MARKERS[number % len(MARKERS)], label=name, markersize=4, alpha=0.6)
        axes.set_xlabel("from one mean of the states to the other")
        axes.set_ylabel("the largest rest of their variation")
        axes.set_title(f"told right: {percent(states.separation)}; by a guess: {percent(states.base_rate)}")
        axes.legend()

    return drawn(path, draw)


def draw_machine(path: Path, found: Inspection) -> bool:
    """The states and steps of the extracted machine."""
    machine = found.machine

    def draw(axes: Axes) -> None:
        count = len(machine.states)
        angles = np.pi - 2 * np.pi * np.arange(count) / count
        places = {
            name: np.array([np.cos(angle), np.sin(angle)]) for name, angle in zip(machine.states, angles, strict=True)
        }
        labels: dict[tuple[str, str], list[str]] = {}
        for step in machine.steps:
            read = " ".join(map(str, step.bits))
            labels.setdefault((step.state, step.next), []).append(f"{read} / {step.output}  ({step.count:,})")
        for (before, after), lines in labels.items():
            start, end = places[before], places[after]
            if before == after:
                outward = 1 if start[0] >= 0 else -1
                _arrow(axes, start * 1.12 + [0, 0.12], start * 1.12 - [0, 0.12], bend=-2 * outward, gap=2)
                _write(axes, start * 1.12 + [0.65 * outward, 0], "\n".join(lines))
            else:
                _arrow(axes, start, end, bend=0.25, gap=26)
                aside = np.array([end[1] - start[1], start[0] - end[0]]) * 0.17
                _write(axes, (start + end) / 2 + aside, "\n".join(lines))
        for name, place in places.items():
            width = 2 if name == machine.start else 1
            circle = {"boxstyle": "circle,pad=0.6", "fc": "white", "lw": width}
            axes.text(float(place[0]), float(place[1]), name, ha="center", va="center", fontsize=9, bbox=circle)
        axes.set_xlim(-2.2, 2.2)
        axes.set_ylim(*((-0.8, 0.8) if count < 3 else (-1.4, 1.4)))
        axes.axis("off")
        equals = "the machine of the task" if machine.equals_task else "not the machine of the task"
        axes.set_title(f"{equals}; as the network on {percent(machine.agrees_with_network)}: bits read / bit written")

    return drawn(path, draw, 9, 3.5 if len(machine.states) < 3 else 6)


def _arrow(axes: Axes, start: Array, end: Array, bend: float, gap: float) -> None:
    """A bent arrow; `gap` points are left free at both ends."""
    bent = f"arc3,rad={bend}"
    ends = (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))
    axes.add_patch(
        FancyArrowPatch(*ends, connectionstyle=bent, arrowstyle="->", mutation_scale=14, shrinkA=gap, shrinkB=gap)
    )


def _write(axes: Axes, place: Array, text: str) -> None:
    """A small text around a place."""
    axes.text(float(place[0]), float(place[1]), text, ha="center", va="center", fontsize=8)


def draw_lengths(path: Path, found: Inspection) -> bool:
    """The share of right answers by the width of the numbers."""

    def draw(axes: Axes) -> None:
        reach = found.lengths
        axes.plot(reach.widths, 100 * np.array(reach.random), "o-", label="random problems")
        axes.plot(reach.widths, 100 * np.array(reach.hard), "s--", label="hard problems")
        axes.axvline(found.config.bits, color="grey", linestyle=":", label="the width of training")
        axes.set_xscale("log", base=2)
        axes.set_ylim(-2, 102)
        axes.set_xlabel("bits")
        axes.set_ylabel("answered right, in %")
        axes.legend()

    return drawn(path, draw)


def draw_map(path: Path, found: Inspection) -> bool:
    """The margin of every pair."""
    pairs = found.map
    if pairs is None:
        return False

    def draw(axes: Axes) -> None:
        side = len(pairs.margins) * pairs.side
        picture = axes.imshow(
            pairs.margins, cmap="RdBu", vmin=-0.5, vmax=0.5, origin="lower", extent=(0, side, 0, side)
        )
        axes.set_xlabel("b")
        axes.set_ylabel("a")
        figure = axes.get_figure()
        assert isinstance(figure, Figure)
        figure.colorbar(picture, label="least margin of a bit; below zero it is wrong")
        axes.set_title(f"{pairs.right:,} of {pairs.tried:,} right")

    return drawn(path, draw, 7, 6)


def draw_reach(path: Path, found: Inspection) -> bool:
    """How far back the errors of a hard problem reach."""

    def draw(axes: Axes) -> None:
        norms = np.log10(np.where(found.reach.norms > 0, found.reach.norms, np.nan))
        picture = axes.imshow(norms, cmap="viridis")
        axes.invert_xaxis()  # as on the stage: the most significant position on the left
        axes.set_xlabel("the state after position")
        axes.set_ylabel("the error at position")
        figure = axes.get_figure()
        assert isinstance(figure, Figure)
        figure.colorbar(picture, label="log10 of the norm of the gradient")
        task = make_task(found.config)
        axes.set_title(f"the way back for {task.expression.format(**dict(zip('abc', found.problem, strict=False)))}")

    return drawn(path, draw, 7, 6)


FIGURES: dict[str, Callable[[Path, Inspection], bool]] = {
    "states": draw_states,
    "machine": draw_machine,
    "lengths": draw_lengths,
    "map": draw_map,
    "reach": draw_reach,
}
"""What draws each figure, by the name of its file; False where the task has no such thing."""
