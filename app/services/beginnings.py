"""What a run in memory begins with: nothing, the past of another run, or what is on disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.marks import Marks
from rnn_core.checkpoint import Opened
from rnn_core.edits import Edits, edits_of_data
from rnn_core.network.parts import make_cell
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

from ..run_state import State
from ..storage.rows import Row
from ..storage.store import Inheritance
from .backlog import Backlog
from .error_series import ErrorSeries
from .keyframes import Keyframes
from .proofs import Known

ENDED = Text(
    "The server ended while this run was training. It stands where it was last saved; Start goes on from here."
)


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a run in memory begins with.

    Attributes:
        snapshot: where the run stands.
        errors: the errors of its iterations so far.
        keyframes: moments from which its past is computed again.
        backlog: what is not on disk yet.
        generation: as in the run's status, as are state, detail and error.
        accuracies: (iteration, accuracy) of its scheduled moments that are evaluated already.
        marks: what the network got wrong at those moments at which that is known.
        proofs: what was found out about whether its network is right on numbers of any length.
    """

    snapshot: Snapshot
    errors: ErrorSeries
    keyframes: Keyframes
    backlog: Backlog
    generation: int = 0
    state: State = "ready"
    detail: str | None = None
    error: float | None = None
    accuracies: Sequence[tuple[int, float]] = ()
    marks: Sequence[tuple[int, Marks]] = ()
    proofs: Sequence[Known] = ()

    @classmethod
    def fresh(
        cls, config: TrainingConfig, engine: str, changes: Sequence[tuple[int, float]] = (), edits: Edits = ()
    ) -> "Beginning":
        """The beginning of a new or reset run, with planned changes of its learning rate, and planned edits."""
        trainer = Trainer(config, engine)
        trainer.plan(changes)
        trainer.plan_edits(edits)
        return cls._beginning_at(trainer.snapshot(), {})

    @classmethod
    def of_import(cls, opened: Opened) -> "Beginning":
        """The beginning from a checkpoint: where the run stands is known, its past is not."""
        detail = None
        for note in opened.notes:
            detail = note if detail is None else Text("{one} {other}", one=detail, other=note)
        return replace(cls._beginning_at(opened.snapshot, {}), detail=detail)

    @classmethod
    def of_branch(
        cls,
        moment: Snapshot,
        errors: ErrorSeries,
        origin: tuple[str, int],
        keyframes: Sequence[tuple[int, Snapshot | None]],
        accuracies: Sequence[tuple[int, float]] = (),
        marks: Sequence[tuple[int, Marks]] = (),
    ) -> "Beginning":
        """The beginning of a branch, with the past of another run up to a moment.

        Args:
            moment: where the branch begins.
            errors: the other run's errors up to there, in a separate series.
            origin: the other run's id and generation.
            keyframes: the other run's keyframes up to there, by iteration; None for one that is only on disk.
            accuracies: the other run's accuracies up to there.
            marks: what it got wrong at these moments.
        """
        earlier = {place: kept for place, kept in keyframes if place < moment.iteration}
        return replace(cls._beginning_at(moment, earlier, errors, origin), accuracies=accuracies, marks=marks)

    @classmethod
    def _beginning_at(
        cls,
        snapshot: Snapshot,
        earlier: dict[int, Snapshot | None],
        errors: ErrorSeries | None = None,
        origin: tuple[str, int] = ("", 0),
    ) -> "Beginning":
        on_disk = tuple(place for place, kept in earlier.items() if kept is None)
        backlog = Backlog(Inheritance(*origin, on_disk) if on_disk else None)
        keyframes = {**earlier, snapshot.iteration: snapshot}
        for kept in keyframes.values():
            if kept is not None:
                backlog.add(kept)
        return cls(
            snapshot,
            ErrorSeries(snapshot.iteration) if errors is None else errors,
            Keyframes(keyframes),
            backlog,
            state=state_of(snapshot),
            error=None if snapshot.trace is None else snapshot.trace.error,
        )

    def anew_from(self, iteration: int) -> "Beginning":
        """The same, but everything from an iteration on is written again: computed again, it has other errors."""
        assert self.backlog.kept is not None
        kept = replace(self.backlog.kept, iteration=iteration)
        detail = Text(
            "What was saved last of this run is damaged. Its iterations from {iteration} on were computed again, "
            "and this machine computes them differently.",
            iteration=f"{iteration:,}",
        )
        return replace(self, backlog=Backlog.none(kept), detail=detail)

    @classmethod
    def of_row(cls, row: Row, snapshot: Snapshot, errors: ErrorSeries, keyframes: Sequence[int]) -> "Beginning":
        """The beginning from what is on disk."""
        row = shelved(row)
        return cls(
            snapshot,
            errors,
            Keyframes(dict.fromkeys(keyframes) if keyframes else {snapshot.iteration: snapshot}),
            Backlog.none(row),
            generation=row.generation,
            state=row.state,
            detail=row.detail,
            error=row.error,
            accuracies=row.accuracies,
            marks=row.marks,
        )


def planned_edits(edits: list[Any], config: TrainingConfig) -> Edits:
    """Edits of a new run, as somebody sent them, checked.

    Raises:
        ConfigError: about `edits`.
    """
    return edits_of_data(edits, make_cell(config).shapes, config.max_iterations)


def state_of(snapshot: Snapshot) -> State:
    """The state of a run that stands at this snapshot and does nothing."""
    if snapshot.diverged:
        return "diverged"
    if snapshot.iteration >= snapshot.config.max_iterations:
        return "finished"
    return "paused" if snapshot.iteration else "ready"


def shelved(row: Row) -> Row:
    """A run after the end of the server that trained it: paused if it was running."""
    return replace(row, state="paused", detail=ENDED) if row.state == "running" else row
