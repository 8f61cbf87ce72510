"""One sweep in memory: its plan, what was found so far, and who waits for news."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnn_core import TrainingConfig
from rnn_core.config import RULES
from rnn_core.text import Text
from rnn_core.types import Array

from ..messages.outgoing import SweepCell, SweepMember, SweepMessage, SweepStatus
from ..storage.kept_sweeps import KeptSweep
from ..sweep import Member, Recorded, Summary
from ..sweep_plan import Plan
from .viewer import Farewell

State = Literal["running", "paused", "finished", "failed"]

ENDED = Text("The server ended while this sweep was running. What was finished is kept; Resume goes on from there.")


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of a member that has ended.

    Attributes:
        member: its result.
        errors: (n,) the mean error of each stretch of its iterations, in stretches of equal length.
    """

    member: Member
    errors: Array


def found_of(config: TrainingConfig, data: Mapping[str, Any]) -> Found:
    """The result of a member as `app.sweep_child` writes it.

    Raises:
        LookupError, TypeError, ValueError: it is no such result.
    """
    findings = Recorded(float(data["accuracy"]), data["hard_accuracy"], bool(data["flawless"]))
    iterations, reached = int(data["iterations"]), data["reached"]
    member = Member(config, iterations, findings, reached, done=True, diverged=bool(data["diverged"]))
    return Found(member, np.array(data["errors"], dtype=np.float64))


class Sweep:
    """A sweep.

    Attributes:
        id: as in its address.
        number: the order of creation.
        name: the name that people see.
        plan: what it trains.
        state: what it does.
        detail: why it does not run, or why it waits, in words.
        turn: the order in which running sweeps are trained.
        found: what was found so far, by member.
        version: how often something has changed.
        farewell: why those who watch are sent away, with the reason in words; None while they are not.
    """

    def __init__(self, sweep_id: str, number: int, name: str, plan: Plan, state: State, detail: str | None) -> None:
        """Begin with no results."""
        self.id, self.number, self.name, self.plan = sweep_id, number, name, plan
        self.state: State = state
        self.detail = detail
        self.turn = 0
        self.found: dict[int, Found] = {}
        self.version = 0
        self.farewell: tuple[Farewell, str] | None = None
        self._under_way = 0  # iterations of members that have not ended
        self._over = 0  # iterations of those that have, those that diverged left out
        self._total = sum(config.max_iterations for config in plan.configs)
        self._cells: list[tuple[int, SweepCell]] = [(0, self._summed(cell)) for cell in range(len(plan.combinations))]
        self._changed = asyncio.Event()

    def kept(self) -> KeptSweep:
        """The sweep as it is stored, without its results."""
        return KeptSweep(self.id, self.number, self.name, self.state, self.detail, self.plan.to_data())

    @property
    def left(self) -> list[int]:
        """The members that have not ended."""
        return [member for member in range(len(self.plan.configs)) if member not in self.found]

    def cell_of(self, member: int) -> int:
        """The cell that a member belongs to."""
        return member // len(self.plan.seeds)

    def members_of(self, cell: int) -> range:
        """The members of a cell."""
        size = len(self.plan.seeds)
        return range(cell * size, (cell + 1) * size)

    # Changes

    def tell(self) -> None:
        """Have those who watch look again."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def put(self, state: State, detail: str | None = None) -> None:
        """Change the state."""
        self.state, self.detail = state, detail
        self._under_way = 0
        self.tell()

    def advance(self, iterations: int) -> None:
        """Note that members have done so many iterations."""
        self._under_way += iterations
        self.tell()

    def take(self, found: Mapping[int, Found]) -> None:
        """Take over what was found of members that have ended."""
        self.found |= found
        for each in found.values():
            self._over += each.member.config.max_iterations
            self._under_way = max(0, self._under_way - each.member.iteration)
        for cell in {self.cell_of(member) for member in found}:
            self._cells[cell] = (self.version + 1, self._summed(cell))
        self.tell()

    async def changed_since(self, version: int) -> None:
        """Wait until there is a newer version, or those who watch are sent away."""
        while self.version == version and self.farewell is None:
            await self._changed.wait()

    def send_away(self, why: Farewell, reason: str) -> None:
        """Close the sockets of those who watch."""
        self.farewell = (why, reason)
        self.tell()

    # What is told

    def members(self, cell: int) -> list[Member]:
        """The members of a cell, with what was found of them."""
        configs = self.plan.configs
        return [
            self.found[member].member if member in self.found else Member(configs[member])
            for member in self.members_of(cell)
        ]

    def _summed(self, cell: int) -> SweepCell:
        values = self.plan.combinations[cell]
        summary = Summary(values, tuple(self.members(cell)))
        return SweepCell(
            place=cell,
            values=values,
            members=len(summary.members),
            done=sum(member.done for member in summary.members),
            learned=summary.flawless,
            sampled=summary.sampled,
            diverged=summary.diverged,
            reached=None if summary.quartiles is None else list(summary.quartiles),
            reached_by=len(summary.reached),
        )

    def _progress(self, waits_for: str | None) -> dict[str, Any]:
        detail = self.detail
        if detail is None and waits_for is not None:
            detail = Text("It waits until “{name}” is done.", name=waits_for)
        share = (self._over + self._under_way) / self._total
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "detail": detail,
            "done": len(self.found),
            "members": len(self.plan.configs),
            "progress": 1.0 if self.state == "finished" else min(1.0, share),
        }

    def status(self, waits_for: str | None = None) -> SweepStatus:
        """Where it stands. `waits_for` is the name of the sweep that goes first."""
        cells = [cell for _, cell in self._cells]
        return SweepStatus(**self._progress(waits_for), cells=cells, **self.plan.to_data())

    def news(self, since: int, waits_for: str | None = None) -> SweepMessage:
        """What has changed since a version; everything if that is negative."""
        cells = [cell for changed, cell in self._cells if changed > since]
        return SweepMessage(**self._progress(waits_for), cells=cells)

    def row(self, member: int) -> dict[str, Any]:
        """What was found of a member, as a message of the kind `SweepMember` holds it."""
        found = self.found.get(member)
        config = self.plan.configs[member]
        result = Member(config) if found is None else found.member
        return {
            "member": member,
            "cell": self.cell_of(member),
            "config": config.to_dict(),
            "done": result.done,
            "iterations": result.iteration,
            "accuracy": result.accuracy if result.done else None,
            "hard_accuracy": None if result.evaluation is None else result.evaluation.hard_accuracy,
            "learned": result.flawless,
            "sampled": result.sampled,
            "reached": result.reached,
            "diverged": result.diverged,
            "errors": np.empty(0) if found is None else found.errors,
        }

    def table(self, members: Sequence[int]) -> dict[str, list[Any]]:
        """What was found of those of these members that have ended, as columns: first the fields of a configuration."""
        rows = [self.row(member) for member in members if member in self.found]
        columns: dict[str, list[Any]] = {name: [row["config"][name] for row in rows] for name in RULES}
        for name in ("every", "engine"):
            columns[name] = [getattr(self.plan, name)] * len(rows)
        others = [name for name in SweepMember.model_fields if name not in ("config", "cell", "done", "errors")]
        found = {name: [row[name] for row in rows] for name in others}  # "cell" is the kind of network here
        return {**columns, **found, "errors": [row["errors"].tolist() for row in rows]}
